"""`unified-nn port` as a program: killed and stopped at every step, on a full disk, without rights, with odd streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from unified_nn.port import formats

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    **os.environ, "OMP_NUM_THREADS": "1",
    "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("", "backends", "conformance")),
}  # fmt: skip
COMMAND = f"{sys.executable} -m unified_nn port"
NAMES = ["b.npz", "b.pt", "b.safetensors", "b.ckpt", "b.params", "b.safetensors.index.json"]
ARRAYS = {f"w{number}": np.full(1 << 17, number, "f8") for number in range(3)}  # large enough for a thread of its own

#: Runs the conversion in children that get a signal before, within or after the n-th step that changes the disk.
STEPS = """
import io, json, os, signal, sys, time
from pathlib import Path
from unified_nn import cli
from unified_nn.port import formats, verify, weights
from unified_nn.port.formats import atomic
name, number, source = sys.argv[1], int(sys.argv[2]), sys.argv[3]
FileIO, replace, unlink = atomic.FileIO, Path.replace, Path.unlink
os.fsync = fsync = lambda descriptor: None  # what it does outlives no power cut here, and it is slow

def child(stop):
    steps = 0
    def step():
        nonlocal steps
        steps += 1
        if steps == stop:
            os.kill(os.getpid(), number)
            time.sleep(0.01)  # for the handler, which runs in the main thread
    class Stepping(FileIO):
        def write(self, data):
            step()
            half = super().write(data[: len(data) // 2])
            step()
            return half + super().write(data[half:])
    def around(function):
        def stepping(*given, **more):
            step()
            result = function(*given, **more)
            step()
            return result
        return stepping
    atomic.FileIO, os.fsync, Path.replace, Path.unlink = Stepping, around(fsync), around(replace), around(unlink)
    sys.stdout = sys.stderr = io.StringIO()
    status = cli.main(["port", "weights", source, "-o", f"out/{name}", *(["--shard", "1MB"] if "index" in name else [])])
    os._exit(50 + status if status < 50 else status)

stop, found = 0, []
while True:
    stop += 1
    pid = os.fork()
    if not pid:
        try:
            child(stop)
        finally:
            os._exit(99)
    status = os.waitpid(pid, 0)[1]
    with formats.read(f"out/{name}") as weights:
        kinds = {float(weights[n][0]) - int(n[1:]) for n in weights if weights[n].min() == weights[n].max()}
        whole = len(weights) == 3 and len(kinds) == 1
    parts = json.loads(Path(f"out/{name}").read_text())["weight_map"].values() if "index" in name else ()
    left = sorted(set(os.listdir("out")) - {name, *parts})
    found.append([os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status), whole, kinds.pop(), left])
    if found[-1][0] == -50:
        break
    for file in left:
        os.unlink(f"out/{file}")
    formats.write(f"out/{name}", {n: a + 100 for n, a in formats.read(source).items()}, shard_bytes=1_000_000 if "index" in name else None)
print(json.dumps(found))
"""


def steps(folder: Path, name: str, number: int) -> list[list[object]]:
    (folder / "out").mkdir()
    formats.write(folder / "a.npz", ARRAYS)
    formats.write(folder / "out" / name, {key: array + 100 for key, array in ARRAYS.items()})
    ran = subprocess.run(
        [sys.executable, "-c", STEPS, name, str(number), "a.npz"],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    found: list[list[object]] = json.loads(ran.stdout.splitlines()[-1])
    assert len(found) > 10
    assert found[-1] == [-50, True, 0.0, []]  # not stopped at last, as there are no more steps
    return found


@pytest.mark.parametrize("name", ["b.pt", "b.safetensors", "b.ckpt", "b.safetensors.index.json"])
def test_killed_at_any_step_the_old_file_or_the_new_one_is_there(name: str, tmp_path: Path) -> None:
    killed = steps(tmp_path, name, 9)[:-1]
    assert all(status == 9 and whole and offset in (0.0, 100.0) for status, whole, offset, _ in killed), killed
    assert {offset for _, _, offset, _ in killed} == {0.0, 100.0}


@pytest.mark.parametrize(
    ("name", "number"), [("b.pt", 2), ("b.ckpt", 15), ("b.safetensors.index.json", 15)], ids=["pt", "ckpt", "index"]
)
def test_stopped_at_any_step_nothing_is_left_behind(name: str, number: int, tmp_path: Path) -> None:
    stopped = steps(tmp_path, name, number)[:-1]
    # The last steps come when the new file is in its place: then the command may also come to its end.
    assert not [step for step in stopped if step[0] not in (-128 - number, -50) or not step[1] or step[3]]
    assert stopped[0][0] == -128 - number
    assert stopped[0][2] == 100.0


def mounted(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    yield from mounted(tmp_path / "small", "size=1m")


@pytest.fixture
def read_only_disk(tmp_path: Path) -> Iterator[Path]:
    for folder in mounted(tmp_path / "frozen", "size=1m"):
        (folder / "b.npz").write_text("old")
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield folder


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk(name: str, small_disk: Path, tmp_path: Path, port: Callable[..., tuple[int, str, str]]) -> None:
    formats.write(tmp_path / "a.npz", ARRAYS)
    (small_disk / name).write_text("old")
    status, out, err = port("weights", tmp_path / "a.npz", "-o", small_disk / name)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "cannot be written: No space left on device" in err
    assert [(path.name, path.read_text()) for path in small_disk.iterdir()] == [(name, "old")]


def test_a_read_only_disk(read_only_disk: Path, tmp_path: Path, port: Callable[..., tuple[int, str, str]]) -> None:
    formats.write(tmp_path / "a.npz", {"w": np.ones(1)})
    status, out, err = port("weights", tmp_path / "a.npz", "-o", read_only_disk / "b.npz")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "cannot be written: Read-only file system" in err
    assert [(path.name, path.read_text()) for path in read_only_disk.iterdir()] == [("b.npz", "old")]


WRITE = "weights a.npz -o b.npz"
SHELL = {
    "closed streams": (f"{COMMAND} {WRITE} <&- >&- 2>&-", 0, "", True),
    "closed output and a failure": (f"{COMMAND} weights no.npz -o b.npz >&-", 2, "error: no.npz: cannot be opened", False),
    "full output": (f"{COMMAND} {WRITE} >/dev/full", 2, "error: <stdout> cannot be written: No space left", True),
    "full output and errors": (f"{COMMAND} {WRITE} >/dev/full 2>/dev/full", 2, "", True),
    "output that nobody reads": (f"(sleep 1; {COMMAND} {WRITE}; echo $? >&2) | true", 0, "0\n", True),
    "input from a pipe": (f"cat a.npz | {COMMAND} weights /dev/stdin -o b.npz", 2, "found a pipe", False),
    "input from a file as a stream": (f"{COMMAND} weights /dev/stdin -o b.npz <a.npz", 0, "", True),
    "output to a pipe": (f"{COMMAND} weights a.npz --format npz -o /dev/stdout | cat; exit ${{PIPESTATUS[0]}}", 2,
                         "error: /dev/stdout: cannot be ", False),
    "a device": (f"{COMMAND} weights /dev/zero -o b.npz", 2, "found a device", False),
    "names that are no text": (f"{COMMAND} weights $'n\\xff\\x1b[31m\\n.pt' -o b.npz", 2,
                               "error: n\\udcff\\x1b[31m\\n.pt: cannot be opened", False),
    "C locale": (f"LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {COMMAND} weights a.npz -o ä.npz && mv ä.npz b.npz",
                 0, "", True),
}  # fmt: skip


@pytest.mark.parametrize("case", SHELL)
def test_odd_streams_and_names(case: str, tmp_path: Path) -> None:
    line, status, error, made = SHELL[case]
    formats.write(tmp_path / "a.npz", {"größe": np.arange(3.0)})
    ran = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, timeout=120)
    err = ran.stderr.decode()
    assert ran.returncode == status, err
    assert error in err if error else err == ""
    assert err.count("\n") <= 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", *["b.npz"] * made]
    if made:
        assert np.load(tmp_path / "b.npz")["größe"].tolist() == [0, 1, 2]


def test_closed_streams_get_no_file_of_ours() -> None:
    code = "import os; from unified_nn.port.terminal import guarded; guarded(lambda: 0, 2); os._exit(os.open('/', 0))"
    ran = subprocess.run(["bash", "-c", f'{sys.executable} -c "{code}" <&- >&- 2>&-'], env=ENVIRONMENT)
    assert ran.returncode > 2


def test_an_output_that_points_nowhere_is_made_there(tmp_path: Path, port: Callable[..., tuple[int, str, str]]) -> None:
    formats.write(tmp_path / "a.npz", {"w": np.ones(1)})
    (tmp_path / "b.npz").symlink_to("c.npz")
    assert port("weights", tmp_path / "a.npz", "-o", tmp_path / "b.npz")[0] == 0
    assert (tmp_path / "b.npz").is_symlink()
    assert np.load(tmp_path / "c.npz")["w"] == 1


def test_an_output_that_may_not_be_read_is_replaced(tmp_path: Path, port: Callable[..., tuple[int, str, str]]) -> None:
    formats.write(tmp_path / "a.npz", {"w": np.ones(1)})
    (tmp_path / "b.npz").touch(0)
    assert port("weights", tmp_path / "a.npz", "-o", tmp_path / "b.npz")[0] == 0
    assert np.load(tmp_path / "b.npz")["w"] == 1


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_names_reach_no_terminal_raw(
    more: list[str], tmp_path: Path, port: Callable[..., tuple[int, str, str]]
) -> None:
    evil = "a\x1b[31m\r\u202eb"
    formats.write(tmp_path / "a.npz", {evil: np.zeros(1)})
    formats.write(tmp_path / "b.npz", {evil: np.ones(1), f"{evil}.c": np.ones(1)})
    for arguments in (("inspect", "a.npz"), ("diff", "a.npz", "b.npz"), ("weights", "a.npz", "-o", "c.npz"),
                      ("weights", "b.npz", "-o", "c.ckpt", "--from", "torch")):  # fmt: skip
        files = [str(tmp_path / part) if part[1:2] == "." else part for part in arguments]
        _, out, err = port(*files, *more)
        assert "a" in out
        assert (out + err).replace("\n", "").isprintable()
