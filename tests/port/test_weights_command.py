"""`unified-nn port weights`: files, reports, exit statuses, and what is left behind when it fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from unified_nn import load
from unified_nn.port import formats, weights

NET = {
    "0.weight": (4, 3, 3),
    "0.bias": (4,),
    "1.weight": (4,),
    "1.bias": (4,),
    "1.running_mean": (4,),
    "1.running_var": (4,),
}
MODEL = """
from torch import nn

def net():
    return nn.Sequential(nn.Conv1d(3, 4, 3), nn.BatchNorm1d(4))
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "definition_of_net.py").write_text(MODEL)
    sys.modules.pop("definition_of_net", None)
    return f"{tmp_path}/definition_of_net.py:net"


def report(out: str) -> dict[str, list[str]]:
    """Name in the file -> the cells of its line."""
    lines = out.split("\n\n")[0].splitlines()[1:]
    return {line.split()[0]: line.split() for line in lines}


def test_names_forms_and_values(file, port, model: str, tmp_path: Path) -> None:
    source, target = file("a.pt", NET), tmp_path / "b.ckpt"
    status, out, err = port("weights", source, "-o", target, "--model", model)
    assert (status, err) == (0, "")
    before, after = load(source), load(target)
    expected = {"0.weight": "0.weight", "0.bias": "0.bias", "1.moving_mean": "1.running_mean",
                "1.moving_variance": "1.running_var", "1.gamma": "1.weight", "1.beta": "1.bias"}  # fmt: skip
    assert list(after) == list(expected)
    assert all(np.array_equal(after[a].reshape(before[b].shape), before[b]) for a, b in expected.items())
    assert after["0.weight"].shape == (4, 3, 1, 3)
    assert report(out)["0.weight"][-1] == "reshaped"
    assert out.splitlines()[-1] == "torch -> mindspore: 1 taken, 4 renamed, 1 reshaped"


def test_there_and_back_is_the_same_file(file, port, model: str, tmp_path: Path) -> None:
    source = file("a.npz", {**NET, "1.num_batches_tracked": ()})
    for step in ("b.params", "c.ckpt", "d.pt"):
        before = tmp_path / ("a.npz" if step == "b.params" else {"c.ckpt": "b.params", "d.pt": "c.ckpt"}[step])
        assert port("weights", before, "-o", tmp_path / step, "--model", model)[0] == 0
    found, expected = load(tmp_path / "d.pt"), load(source)
    assert list(found) == list(expected)
    for name in list(NET):
        assert found[name].tobytes() == expected[name].tobytes()
    assert found["1.num_batches_tracked"] == 0


def test_what_is_uncertain_writes_nothing_and_says_how_to_settle_it(file, port, tmp_path: Path) -> None:
    source, target = file("a.pt", {"words.weight": (5, 2)}), tmp_path / "b.ckpt"
    target.write_text("old")
    status, out, _ = port("weights", source, "-o", target)
    assert (status, target.read_text()) == (1, "old")
    assert "words.weight (5, 2): could be Linear or Embedding" in out
    assert '[kinds]\n"words" = "Linear" or "Embedding" or "Other"' in out
    (tmp_path / "rules.toml").write_text('[kinds]\n"words" = "Embedding"')
    assert port("weights", source, "-o", target, "--map", tmp_path / "rules.toml")[0] == 0
    assert list(load(target)) == ["words.embedding_table"]


def test_a_dry_run_writes_nothing(file, port, tmp_path: Path) -> None:
    status, out, _ = port("weights", file("a.pt", NET), "-o", tmp_path / "b.params", "--dry-run", "--json")
    found = json.loads(out)
    assert (status, found["written"], found["from"], found["to"]) == (0, False, "torch", "mxnet")
    assert found["counts"] == {"taken": 4, "renamed": 2, "unused": 0, "uncertain": 0}
    assert [t["name"] for t in found["tensors"]][2] == "1.gamma"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pt"]


@pytest.mark.parametrize(("short", "dtype"), [("bf16", "bfloat16"), ("f16", "float16"), ("f32", "float32")])
def test_casting(short: str, dtype: str, tmp_path: Path, port) -> None:
    values = np.random.default_rng(1).standard_normal((3, 4))
    formats.write(tmp_path / "a.npz", {"w": values, "n": np.arange(3), "b": np.array([True])})
    assert port("weights", tmp_path / "a.npz", "-o", tmp_path / "b.safetensors", "--dtype", short)[0] == 0
    found = load(tmp_path / "b.safetensors")
    kind = np.dtype(ml_dtypes.bfloat16) if short == "bf16" else np.dtype(dtype)
    assert found["w"].dtype == kind
    assert np.array_equal(found["w"].astype("f4"), values.astype("f4").astype(kind).astype("f4"))
    assert (found["n"].dtype, found["b"].dtype) == (np.dtype("i8"), np.dtype("?"))


def test_numbers_too_large_for_the_new_type_are_refused(tmp_path: Path, port) -> None:
    formats.write(tmp_path / "a.npz", {"w": np.array([1e6, -1e6, 1.0, np.inf], "f4")})
    status, _, err = port("weights", tmp_path / "a.npz", "-o", tmp_path / "b.npz", "--dtype", "f16")
    assert (status, err) == (2, f"error: {tmp_path}/a.npz: 2 values of 'w' are too large for float16\n")
    assert not (tmp_path / "b.npz").exists()


def test_a_network_cannot_lose_what_it_computes_with(tmp_path: Path, port) -> None:
    (tmp_path / "affine_free.py").write_text("from mindspore import nn\nnet = nn.BatchNorm2d(2, affine=False)")
    ones, zeros = np.ones(2, "f4"), np.zeros(2, "f4")
    arguments = ("-o", tmp_path / "b.pt", "--model", f"{tmp_path}/affine_free.py:net")
    formats.write(tmp_path / "a.ckpt", {"mean": zeros, "variance": ones, "gamma": ones, "beta": zeros})
    assert port("weights", tmp_path / "a.ckpt", *arguments)[0] == 0
    formats.write(tmp_path / "a.ckpt", {"mean": zeros, "variance": ones, "gamma": 2 * ones, "beta": zeros})
    status, _, err = port("weights", tmp_path / "a.ckpt", *arguments)
    reason = "'gamma' is not all 1, but that is what the network computes with in its place"
    assert (status, err) == (2, f"error: {tmp_path}/a.ckpt: {reason}\n")


def test_what_the_format_cannot_hold_is_refused(tmp_path: Path, port) -> None:
    formats.write(tmp_path / "a.npz", {"w": np.zeros(2, "c8")})
    status, _, err = port("weights", tmp_path / "a.npz", "-o", tmp_path / "b.params", "--from", "mxnet")
    assert (status, err.count("\n")) == (2, 1)
    assert "cannot hold complex64" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz"]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("nothing", "--model nothing: expected MODULE:NAME"),
        ("no_such_module:Net", "No module named 'no_such_module'"),
        ("json:dumps", "TypeError: dumps() missing 1 required positional argument"),
        ("collections:OrderedDict", "expected a network of unified_nn, a class or a function that makes one, got collections.OrderedDict"),
    ],
)  # fmt: skip
def test_a_model_that_is_none(model: str, message: str, file, port, tmp_path: Path) -> None:
    status, _, err = port("weights", file("a.pt", NET), "-o", tmp_path / "b.ckpt", "--model", model)
    assert (status, err.count("\n")) == (2, 1)
    assert message in err


@pytest.mark.parametrize("name", ["missing/b.npz", "folder.npz", "/dev/full"])
def test_a_place_that_cannot_be_written(name: str, file, port, tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    source = file("a.npz", NET)
    status, out, err = port("weights", source, "-o", tmp_path / name, "--format", "npz")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {tmp_path / name}: cannot be ")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "folder.npz"]


def test_several_files_and_an_index(file, port, tmp_path: Path) -> None:
    source, target = file("a.pt", NET), tmp_path / "out" / "m.safetensors.index.json"
    target.parent.mkdir()
    assert port("weights", source, "-o", target, "--shard", "0.1kB")[0] == 0
    assert len(list(target.parent.iterdir())) == 3
    assert port("diff", source, target)[0] == 0
    assert port("weights", source, "-o", tmp_path / "b.pt", "--shard", "1MB")[0] == 2
    with pytest.raises(SystemExit):
        port("weights", source, "-o", target, "--shard", "0")


def test_in_place_is_complete_or_old(file, port) -> None:
    source = file("a.safetensors", NET)
    assert port("weights", source, "-o", source, "--dtype", "bf16")[0] == 0
    assert {array.dtype for array in load(source).values()} == {np.dtype(ml_dtypes.bfloat16)}


def test_one_tensor_at_a_time_is_in_memory(tmp_path: Path) -> None:
    import tracemalloc

    formats.write(tmp_path / "a.npz", {f"w{n}": np.zeros(1 << 20, "f4") for n in range(16)})
    with formats.read(tmp_path / "a.npz") as source:
        made = weights.plan(source.entries, None)
        tracemalloc.start()
        weights.convert(source, made, str(tmp_path / "b.safetensors"))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 3 * (4 << 20)


SLOW = """
import sys, time
from unified_nn.port import command, weights
load = weights._pieces
def slow(*given):
    print("begun", flush=True)
    time.sleep(0.2)
    return load(*given)
weights._pieces = slow
sys.exit(command.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"])
def test_a_signal_leaves_the_old_file(name: str, file, tmp_path: Path) -> None:
    source = file("a.npz", {f"w{n}": (4,) for n in range(50)})
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "b.safetensors").write_text("old")
    folders = [str(Path(__file__).parents[2] / part) for part in ("", "backends", "conformance")]
    command = [sys.executable, "-c", SLOW, "weights", str(source), "-o", str(folder / "b.safetensors")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        running.send_signal(getattr(signal, name))
        _, err = running.communicate(timeout=30)
    assert (folder / "b.safetensors").read_text() == "old"
    if name == "SIGKILL":
        return
    assert running.returncode == 128 + getattr(signal, name)
    assert err == {"SIGINT": "error: interrupted\n"}.get(name, f"error: stopped by {name}\n")
    assert [p.name for p in folder.iterdir()] == ["b.safetensors"]


def test_no_framework_is_imported(file, tmp_path: Path, model: str) -> None:
    source = file("a.pt", NET)
    code = f"""
        import sys
        from unified_nn import cli
        status = cli.main(["port", "weights", {str(source)!r}, "-o", {str(tmp_path / "b.ckpt")!r}, "--model", {model!r}])
        assert status == 0
        assert not {{"torch", "mindspore", "mxnet"}} & sys.modules.keys()
    """
    folders = [str(Path(__file__).parents[2] / part) for part in ("", "backends", "conformance")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


SHARED = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
        self.b.weight = self.a.weight
"""


@pytest.mark.parametrize("change", [0, 1], ids=["equal", "different"])
def test_two_names_of_one_array_must_agree(change: int, tmp_path: Path, port) -> None:
    (tmp_path / f"shared_{change}.py").write_text(SHARED)
    values = np.arange(4, dtype="f4").reshape(2, 2)
    formats.write(tmp_path / "a.pt", {"a.weight": values, "b.weight": values + change})
    arguments = ("--model", f"{tmp_path}/shared_{change}.py:Net")
    status, _, err = port("weights", tmp_path / "a.pt", "-o", tmp_path / "b.ckpt", *arguments)
    if change:
        assert status == 2
        assert "'b.weight' and 'a.weight' differ, but the network has one array for both" in err
        return
    assert status == 0
    assert list(load(tmp_path / "b.ckpt")) == ["a.weight"]
    assert port("weights", tmp_path / "b.ckpt", "-o", tmp_path / "c.pt", *arguments)[0] == 0
    assert list(load(tmp_path / "c.pt")) == ["a.weight", "b.weight"]


def test_a_gamma_that_gluon_would_ignore_is_refused(tmp_path: Path, port) -> None:
    (tmp_path / "fixed_gamma.py").write_text(
        "from mxnet.gluon import nn\nnet = nn.BatchNorm(scale=False, in_channels=2)"
    )
    names = {"weight": 2.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}
    formats.write(tmp_path / "a.pt", {name: np.full(2, value, "f4") for name, value in names.items()})
    arguments = ("--model", f"{tmp_path}/fixed_gamma.py:net")
    status, _, err = port("weights", tmp_path / "a.pt", "-o", tmp_path / "b.params", *arguments)
    assert (status, "'weight' is not all 1" in err) == (2, True)


def test_every_tensor_is_in_the_report(file, port, model: str, tmp_path: Path) -> None:
    source = file(
        "a.npz", {**{f"module.{n}": s for n, s in NET.items()}, "step": (), "module.1.num_batches_tracked": ()}
    )
    _, out, _ = port("weights", source, "-o", tmp_path / "b.ckpt", "--model", model, "--json", "--dry-run")
    found = json.loads(out)
    told = [t["source"] for t in found["tensors"]] + [t["name"] for t in found["unused"]]
    assert sorted(told) == sorted(load(source))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--verify", "--dry-run"], "--verify needs the result"),
        (["--input", "2,3"], "--input goes with --verify and --model"),
        (["--verify"], "--verify: say with --to"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_do_not_go_together(arguments: list[str], message: str, file, port, tmp_path: Path) -> None:
    status, _, err = port("weights", file("a.npz", NET), "-o", tmp_path / "b.npz", *arguments)
    assert (status, err.startswith(f"error: {message}"), (tmp_path / "b.npz").exists()) == (2, True, False)


def test_a_progress_bar_where_a_person_looks(file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    status, _, err = port("weights", file("a.npz", NET), "-o", tmp_path / "b.npz")
    assert status == 0
    assert "converting" in err
