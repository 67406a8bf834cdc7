"""`torch.save` and `torch.load` against files of real PyTorch: nested, shared, resumed, and never executed."""

from __future__ import annotations

import io
import pickle
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.torch as ours
from unified_nn.errors import NotOfferedError
from unified_nn.port.formats import WeightFileError

Oracle = Callable[[str], ModuleType]
DTYPES = [
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
    "complex64",
    "complex128",
]
UNTYPED = ("uint16", "uint32", "uint64")  # the older form has no storage classes for them


def checkpoint(torch: Any, dtypes: Iterable[str] = ()) -> dict[Any, Any]:
    """What training programs save, and more, made by either side."""
    torch.manual_seed(0)
    tied = torch.nn.Linear(2, 2)
    tied.weight = (first := torch.nn.Linear(2, 2)).weight
    net = torch.nn.Sequential(first, tied, torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net(torch.ones(4, 2)).sum().backward()
    optimizer.step()
    base, same = torch.arange(12), [1, 2]
    return {
        "model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "loss": 0.1,
        "args": ["a", None, True, 2**70, -5, (1, (2,)), 1 + 2j, b"ab\xff", bytearray(b"x"), {1, 2}, Counter("aab")],
        "size": torch.Size([1, 2]), "device": torch.device("cuda:1"), "dtype": torch.bfloat16, 3: "int", None: 2.5,
        "parameter": first.weight, "learned": torch.ones(2, requires_grad=True), "rng": torch.get_rng_state(),
        "same": [same, same], "base": base, "transposed": base[2:8].view(2, 3).t(), "strided": base[::3],
        "expanded": torch.ones(1).expand(3), "scalar": torch.tensor(3.0), "empty": torch.empty(0, 3),
        "dtypes": {name: torch.ones(2).to(getattr(torch, name)) for name in dtypes},
    }  # fmt: skip


def described(value: Any) -> Any:
    """A value of either side in terms that compare: types, keys in order, dtypes, shapes, elements."""
    kind = type(value).__name__
    if kind in ("Tensor", "Parameter"):
        return kind, str(value.dtype), tuple(value.shape), value.tolist(), value.requires_grad
    if isinstance(value, Mapping):
        items = [(key, described(item)) for key, item in value.items()]
        return kind, items, getattr(value, "_metadata", None)
    if isinstance(value, (list, tuple)):
        return kind, [described(item) for item in value]
    return kind, str(value)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_checkpoints_of_each_side_are_the_same_on_the_other(legacy: bool, oracle: Oracle) -> None:
    torch = oracle("torch")
    for writer in ours, torch:
        file = io.BytesIO()
        given = checkpoint(writer, [name for name in DTYPES if not (legacy and name in UNTYPED)])
        writer.save(given, file, _use_new_zipfile_serialization=not legacy)
        for reader in torch, ours:
            file.seek(0)
            assert described(reader.load(file, weights_only=True)) == described(given), (writer, reader)


@pytest.mark.parametrize("reader", ["torch", "ours"])
def test_what_was_shared_is_shared(reader: str, backend: unified_nn.Backend, oracle: Oracle) -> None:
    torch = oracle("torch")
    for writer in ours, torch:
        file = io.BytesIO()
        writer.save(checkpoint(writer), file)
        file.seek(0)
        read = (torch if reader == "torch" else ours).load(file)
        read["model"]["0.weight"].zero_()
        read["base"].zero_()
        assert read["same"][0] is read["same"][1]
        assert not read["model"]["1.weight"].any()
        assert not read["parameter"].any()
        assert read["transposed"].tolist() == [[0, 0]] * 3
        assert read["model"]["0.bias"].any()


def test_real_pytorch_reads_a_network_of_every_backend(
    tmp_path: Path, backend: unified_nn.Backend, oracle: Oracle
) -> None:
    torch = oracle("torch")
    net = ours.nn.Sequential(ours.nn.Linear(2, 3), ours.nn.ReLU(), ours.nn.Conv2d(1, 2, 3), ours.nn.BatchNorm2d(2))
    ours.save(net.state_dict(), tmp_path / "net.pt")
    theirs = torch.nn.Sequential(
        torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2)
    )
    read = torch.load(tmp_path / "net.pt")
    assert str(theirs.load_state_dict(read)) == "<All keys matched successfully>"
    assert read._metadata == theirs.state_dict()._metadata
    torch.save(theirs.state_dict(), tmp_path / "theirs.pt")
    again = ours.load(tmp_path / "theirs.pt", map_location="cpu", mmap=True)
    assert described(again) == described(net.state_dict())


def test_states_without_versions_may_lack_the_count_of_batches(oracle: Oracle) -> None:
    for torch in ours, oracle("torch"):
        net = torch.nn.BatchNorm1d(2)
        state = {name: value for name, value in net.state_dict().items() if name != "num_batches_tracked"}
        net.load_state_dict(state)
        told = OrderedDict(state)
        told._metadata = net.state_dict()._metadata  # type: ignore[attr-defined]
        with pytest.raises(RuntimeError, match="num_batches_tracked"):
            net.load_state_dict(told)


@pytest.mark.parametrize(
    "map_location", ["cpu", ours.device("cpu"), {"cuda:1": "cpu"}, lambda storage, location: storage.cpu()],
    ids=["name", "device", "dict", "function"],
)  # fmt: skip
def test_map_location(map_location: Any) -> None:
    assert ours.load(from_device("cuda:1"), map_location)["w"].tolist() == [1.0, 1.0]


def from_device(name: str) -> io.BytesIO:
    """A file as a program on that device would write it, of the older form, which has no checksums."""
    file = io.BytesIO()
    ours.save({"w": ours.ones(2)}, file, _use_new_zipfile_serialization=False)
    return io.BytesIO(file.getvalue().replace(b"X\3\0\0\0cpu", b"X" + bytes([len(name), 0, 0, 0]) + name.encode()))


@pytest.mark.parametrize("device", ["cuda:7", "xpu:0", "mps", "other"])
@pytest.mark.parametrize(
    "map_location", [None, {"cpu": "cpu"}, lambda storage, location: None], ids=["none", "dict", "function"]
)
def test_a_device_that_nothing_replaces_raises(
    device: str, map_location: Any, oracle: Callable[[str], ModuleType]
) -> None:
    with pytest.raises(RuntimeError):
        oracle("torch").load(from_device(device), map_location)
    with pytest.raises(RuntimeError, match=rf"tensors of device '{device}'.*pass map_location='cpu'"):
        ours.load(from_device(device), map_location)


def test_a_device_that_is_not_there_is_said() -> None:
    file = io.BytesIO()
    ours.save({"w": ours.ones(2)}, file)
    for place in "cuda:7", {"cpu": "cuda:7"}, lambda storage, location: storage.cuda(7):
        file.seek(0)
        with pytest.raises(RuntimeError, match="'cuda:7' is not there"):
            ours.load(file, place)


class Custom:
    pass


REFUSED = {
    "module": (lambda: {"net": ours.nn.Linear(1, 1)}, r"entry \['net'\] is a .*Linear.*save its state_dict\(\)"),
    "function": (lambda: [1, len], r"entry \[1\] is a builtin_function"),
    "class": (lambda: {"a": {"b": Custom()}}, r"entry \['a'\]\['b'\] is a .*Custom"),
    "array": (lambda: np.ones(2), "got a numpy.ndarray.*from_numpy"),
    "numpy float": (lambda: {"loss": np.float64(1)}, r"entry \['loss'\] is a numpy.float64.*item"),
    "key": (lambda: {(1, 2): 3}, "a key of the dict at the top"),
    "deep": (lambda: _deep(300), "nested deeper than 200"),
}


def _deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_not_be_read_back_is_not_written(case: str, tmp_path: Path) -> None:
    made, message = REFUSED[case]
    with pytest.raises(NotOfferedError, match=message):
        ours.save(made(), tmp_path / "x.pt")
    assert not list(tmp_path.iterdir())


def test_pickled_objects_are_refused_by_name(tmp_path: Path, oracle: Oracle) -> None:
    torch = oracle("torch")
    torch.save(torch.nn.Linear(2, 2), tmp_path / "net.pt")
    for weights_only in True, False:
        with pytest.raises(pickle.UnpicklingError, match=r"pickled 'torch.nn.modules.linear.Linear'.*state_dict"):
            ours.load(tmp_path / "net.pt", weights_only=weights_only)


def test_classes_cannot_be_allowed() -> None:
    with pytest.raises(NotOfferedError, match="only plain values and tensors are read"):
        ours.serialization.add_safe_globals([Custom])


def test_files_that_are_none_are_refused_as_pytorch_does(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ours.load(tmp_path / "none.pt")
    ours.save({"w": ours.ones(100)}, tmp_path / "x.pt")
    whole = (tmp_path / "x.pt").read_bytes()
    for damaged in b"", b"text", whole[:-30], whole.replace(b"\0\0\x80\x3f", b"\0\0\x80\x40", 1):
        (tmp_path / "x.pt").write_bytes(damaged)
        with pytest.raises(RuntimeError) as caught:
            ours.load(tmp_path / "x.pt")
        assert isinstance(caught.value, (WeightFileError, pickle.UnpicklingError))
    with pytest.raises(RuntimeError, match="Parent directory .* does not exist"):
        ours.save({}, tmp_path / "no" / "x.pt")
