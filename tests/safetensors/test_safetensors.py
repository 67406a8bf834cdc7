"""`unified_nn.safetensors` against the package: the same bytes, the same errors, and no framework needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.safetensors as ours
import unified_nn.safetensors.numpy as our_numpy
import unified_nn.safetensors.torch as our_torch
import unified_nn.torch as torch
from unified_nn.errors import NotOfferedError

theirs = pytest.importorskip("safetensors", reason="not run: safetensors is not installed")
their_numpy = pytest.importorskip("safetensors.numpy")
Oracle = Callable[[str], ModuleType]
NUMPY = "bool uint8 int8 int16 uint16 float16 int32 uint32 float32 complex64 float64 int64 uint64".split()  # noqa: SIM905


def arrays() -> dict[str, Any]:
    return {f"{n % 3}{name}": np.arange(6).reshape(2, 3).astype(name) for n, name in enumerate(NUMPY)}


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_the_same_bytes_as_the_package(metadata: dict[str, str] | None, tmp_path: Path) -> None:
    given = {**arrays(), "scalar": np.array(3, "f4"), "empty": np.ones((0, 3), "f4")}
    written = our_numpy.save(given, metadata)
    assert written == their_numpy.save(given, metadata)
    our_numpy.save_file(given, tmp_path / "x.safetensors", metadata)
    assert (tmp_path / "x.safetensors").read_bytes() == written
    for read in our_numpy.load(written), our_numpy.load_file(tmp_path / "x.safetensors"):
        assert list(read) == list(their_numpy.load_file(tmp_path / "x.safetensors"))
        for name, array in given.items():
            assert read[name].dtype == array.dtype
            np.testing.assert_array_equal(read[name], array)
    assert dict(ours.deserialize(written)) == dict(theirs.deserialize(written))


def test_tensors_of_every_backend(backend: unified_nn.Backend, tmp_path: Path, oracle: Oracle) -> None:
    oracle("torch")
    import safetensors.torch as their_torch

    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    our_torch.save_file(net.state_dict(), tmp_path / "x.safetensors", {"format": "pt"})
    read = their_torch.load_file(tmp_path / "x.safetensors")
    assert {n: v.tolist() for n, v in read.items()} == {n: v.tolist() for n, v in net.state_dict().items()}
    their_torch.save_file(read, tmp_path / "y.safetensors", {"format": "pt"})
    assert (tmp_path / "x.safetensors").read_bytes() == (tmp_path / "y.safetensors").read_bytes()
    again = our_torch.load_file(tmp_path / "y.safetensors")
    assert type(again["0.weight"]) is torch.Tensor
    assert str(torch.nn.Module.load_state_dict(net, again)) == "<All keys matched successfully>"


def test_opened_files(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    our_numpy.save_file({"b": np.arange(6, dtype="f4").reshape(2, 3), "a": np.ones(2, "i8")}, path, {"k": "v"})
    for package in ours, theirs:
        with package.safe_open(path, framework="np") as file:
            assert file.keys() == ["a", "b"]
            assert file.offset_keys() == ["a", "b"]
            assert file.metadata() == {"k": "v"}
            part = file.get_slice("b")
            assert (part.get_shape(), part.get_dtype()) == ([2, 3], "F32")
            for found, expected in (
                (part[0], [0, 1, 2]), (part[-1], [3, 4, 5]), (part[:, 1:], [[1, 2], [4, 5]]), (part[..., 0], [0, 3]),
            ):  # fmt: skip
                assert np.asarray(found).tolist() == expected
            with pytest.raises(package.SafetensorError, match="Error during slicing"):
                part[5]
            with pytest.raises(package.SafetensorError, match="does not contain tensor none"):
                file.get_tensor("none")
        with pytest.raises(package.SafetensorError, match="File is closed"):
            file.keys()
    with ours.safe_open(path, framework="pt", device="cpu") as file:
        assert file.get_slice("b")[:, 0].tolist() == [0.0, 3.0]


def tied() -> torch.nn.Module:
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    net[1].weight = net[0].weight
    return net


def test_models_with_shared_weights(tmp_path: Path, oracle: Oracle) -> None:
    real = oracle("torch")
    import safetensors.torch as their_torch

    path, net = tmp_path / "x.safetensors", tied()
    with pytest.raises(RuntimeError, match="Some tensors share memory"):
        our_torch.save_file(net.state_dict(), path)
    our_torch.save_model(net, path)
    with theirs.safe_open(path, "pt") as file:
        assert file.metadata() == {"1.weight": "0.weight"}
    same = real.nn.Sequential(real.nn.Linear(2, 2), real.nn.Linear(2, 2))
    same[1].weight = same[0].weight
    assert their_torch.load_model(same, path) == (set(), [])
    other = tied()
    assert our_torch.load_model(other, path) == (set(), [])
    assert other[1].weight.tolist() == same[1].weight.tolist() == net[0].weight.tolist()
    for nn, load in (torch.nn, our_torch.load_model), (real.nn, their_torch.load_model):
        with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "bias", "weight"'):
            load(nn.Linear(2, 2), path)
        assert load(nn.Linear(2, 2), path, strict=False) == ({"weight", "bias"}, ["0.bias", "0.weight", "1.bias"])


def test_what_shares_memory_and_what_does_not() -> None:
    x = torch.arange(12.0)
    our_torch.save({"a": x[:6], "b": x[6:]})
    our_torch.save({"a": x, "b": x.clone(), "c": torch.empty(0), "d": torch.empty(0)})
    for names in {"a": x, "b": x}, {"a": x, "b": x.view(3, 4)}, {"a": x[:7], "b": x[6:]}, {"a": x, "b": x.detach()}:
        with pytest.raises(RuntimeError, match="share memory"):
            our_torch.save(names)


ERRORS: dict[str, Callable[[Any, Any, Any, Path], Any]] = {
    "no file": lambda package, t, T, p: t.load_file(p / "none"),
    "short": lambda package, t, T, p: t.load(b"xx"),
    "text": lambda package, t, T, p: t.load(b"x" * 100),
    "list": lambda package, t, T, p: t.save([1]),
    "number": lambda package, t, T, p: t.save({"a": 1}),
    "metadata": lambda package, t, T, p: t.save({"a": T.ones(2)}, {"a": 1}),
    "name": lambda package, t, T, p: t.save({1: T.ones(2)}),
    "framework": lambda package, t, T, p: package.safe_open(p / "none", "xx"),
    "folder": lambda package, t, T, p: t.save_file({"a": T.ones(2)}, p / "none" / "x"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_have_the_package_s_classes(case: str, tmp_path: Path, oracle: Oracle) -> None:
    real = oracle("torch")
    import safetensors.torch as their_torch

    with pytest.raises(Exception) as expected:  # noqa: PT011  whatever it raises
        ERRORS[case](theirs, their_torch, real, tmp_path)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        ERRORS[case](ours, our_torch, torch, tmp_path)
    kind = ours.SafetensorError if expected.type is theirs.SafetensorError else expected.type
    assert issubclass(caught.type, kind)
    with pytest.raises(NotOfferedError, match="'pt' and 'np'"):
        ours.safe_open(tmp_path / "none", "flax")


PROGRAM = """
import sys
from safetensors import safe_open
from safetensors.torch import load_file, save_file
import torch
save_file({"w": torch.ones(2, dtype=torch.bfloat16)}, "x.safetensors")
with safe_open("x.safetensors", framework="pt", device="cpu") as f:
    print(f.get_tensor("w"), load_file("x.safetensors")["w"].dtype)
print([n for n in ("torch", "safetensors") if n in sys.modules])
"""


def test_programs_need_no_package(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "unified_nn", "run", "program.py"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.stdout == "tensor([1., 1.], dtype=torch.bfloat16) torch.bfloat16\n[]\n", found.stderr
