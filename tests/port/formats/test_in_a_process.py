"""Every hostile file of these tests, and the worst that the limits let through, given to the command in one process.

The process may have 512 MiB of address space; each file must be refused within 5 seconds of its time, with one line,
nothing run and nothing written.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from unified_nn.port.formats import FORMATS, limits, write

HERE = Path(__file__).parent
SECONDS, BYTES = 5.0, 512 << 20
WATCHED = """
import io, json, os, sys, time
from unified_nn import cli
from unified_nn.port import verify, weights  # whatever it imports later is the file's doing
events, watching = [], False
def audit(event, arguments):
    if not watching or event in ("open", "os.listdir", "os.scandir"):
        if not watching or event != "open" or not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
    if os.path.dirname(str(arguments[0])) == os.getcwd() and str(arguments[0]).endswith(".tmp"):
        return  # the result was begun, as values are checked when they are read; `made` says that it is gone
    if event.split(".")[0] in ("open", "os", "subprocess", "import", "exec", "socket", "shutil", "ctypes"):
        events.append(f"{event} {str(arguments)[:200]}")
folder, found = sys.argv[1], {}
for codec in ("cp437", "utf-32-le", "unicode_escape"):
    "".encode(codec)  # Python imports a codec at its first use
cli.main(["port", "inspect", os.path.join(folder, "0.warm")])  # and the modules that a refusal needs
sys.addaudithook(audit)
for name in sorted(os.listdir(folder)):
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    begun, watching = time.process_time(), True
    status = cli.main(["port", "weights", os.path.join(folder, name), "-o", "out.npz"])
    watching = False
    took = time.process_time() - begun
    out, err, sys.stdout, sys.stderr = sys.stdout.getvalue(), sys.stderr.getvalue(), sys.__stdout__, sys.__stderr__
    made = [file for file in os.listdir(".")]
    found[name] = [status, took, out, err, events[:], made]
    events.clear()
print(json.dumps(found))
"""


def module(name: str) -> ModuleType:
    """Another file of tests, for the files that it makes."""
    spec = importlib.util.spec_from_file_location(f"corpus_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def hostile() -> Iterator[tuple[str, bytes]]:
    """The files that the tests of the single formats refuse."""
    torch, numpy = module("test_hostile_torch"), module("test_numpy_files")
    for form in (torch.archive, torch.legacy):
        for data in (torch.MALICIOUS | torch.BROKEN).values():
            yield f"{form.__name__}.pt", form(data)
        for data in torch.FALSE_TENSORS.values():
            yield f"{form.__name__}.pt", form(torch.state(data))
    yield from (("legacy.pt", torch.legacy(torch.state(torch.tensor()), *more)) for more in torch.FALSE_LEGACY.values())
    yield from (("archive.pt", data) for data in torch.FALSE_ARCHIVES.values())
    yield from ((".safetensors", data) for data in module("test_safetensors").HOSTILE.values())
    yield from ((".ckpt", data) for data in module("test_mindspore_files").HOSTILE.values())
    yield from ((".params", data) for data in module("test_mxnet_files").HOSTILE.values())
    yield from ((".npz", data) for data in numpy.ARCHIVES.values())
    for data in numpy.HEADERS.values():
        yield ".npy", data
        yield ".npz", numpy.npz({"a.npy": data})


def damaged(folder: Path) -> Iterator[tuple[str, bytes]]:
    """A good file of each format, cut short at many places."""
    for format in FORMATS:
        if format.name == "sharded":
            continue
        # One array: nothing in a checkpoint tells that it was cut between two.
        write(folder / "good", {"arr_0": np.arange(12, dtype="f4")}, format.name)
        data = (folder / "good").read_bytes()
        for part in range(16):
            yield format.name, data[: len(data) * part // 16]


def archive(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("r/data.pkl", b"\x80\2" + data)
        file.writestr("r/data/0", bytes(24))
    return buffer.getvalue()


def text(size: int, first: str = "") -> bytes:
    data = first.encode() + b"a" * (size - len(first.encode()))
    return b"X" + struct.pack("<I", size) + data


def header(data: bytes) -> bytes:
    return struct.pack("<Q", len(data)) + data


def entry(number: int) -> bytes:
    name = b"%07d" % number
    tensor = b"\x12\x07Float32\x1a\x04" + bytes(4)
    tag = b"\x0a\x07" + name
    inside = tag + b"\x12" + bytes([len(tensor)]) + tensor
    return b"\x0a" + bytes([len(inside)]) + inside


def worst() -> Iterator[tuple[str, bytes]]:
    """Files as large and as slow as the limits allow, refused at their very end; or far beyond the limits."""
    many = range(limits.MEMBERS - 1)
    yield "opcodes.pt", archive(b"]" + b"}a" * (limits.PICKLE_OPCODES // 2 - 2) + b"}.")
    yield "text.pt", archive(text(60_000_000, "\U0001f600") + b".")
    yield "integers.safetensors", header(b'{"a":[' + b"1," * 40_000_000 + b"1]}")
    yield "text.safetensors", header(b'{"a":"\xf0\x9f\x98\x80' + b"a" * 33_000_000 + b'"}')
    yield "names.safetensors", header(b"{" + b",".join(b'"%d":1' % number for number in range(1_800_000)) + b"}")
    one = b'"%d":{"dtype":"F32","shape":[],"data_offsets":[0,0]}'
    yield "entries.safetensors", header(b"{" + b",".join(one % number for number in range(199_000)) + b"}")
    yield "entries.ckpt", b"".join(map(entry, many)) + b"\x0f"
    yield "unknown.ckpt", entry(0) + b"\x48\1" * 1_100_000
    array = struct.pack("<Iii32qiii", 0xF993FAC9, 0, 32, *[1] * 32, 1, 0, 0) + bytes(4)
    yield "arrays.params", struct.pack("<3Q", 0x112, 0, len(many)) + array * len(many) + struct.pack("<Q", 5)
    good = io.BytesIO()
    np.save(good, np.zeros(0))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for number in many:
            file.writestr(zipfile.ZipInfo(f"{number}.npy"), good.getvalue())
        file.writestr("bad.npy", b"")
    yield "arrays.npz", buffer.getvalue()


def refusals(folder: Path, files: Iterator[tuple[str, bytes]]) -> dict[str, list[object]]:
    """What the command says to each file, all in one process with little memory."""
    (folder / "files").mkdir()
    (folder / "working").mkdir()
    (folder / "files" / "0.warm").write_bytes(b"PK\3\4" + bytes(99))
    for number, (name, data) in enumerate(files):
        (folder / "files" / f"{number:04}{name}").write_bytes(data)
    folders = [str(HERE.parents[2] / part) for part in ("", "backends", "conformance")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED, str(folder / "files")],
        cwd=folder / "working", env=environment, capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES)),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    found: dict[str, list[object]] = json.loads(ran.stdout.splitlines()[-1])
    return found


def check(found: dict[str, list[object]], folder: Path) -> None:
    for name, (status, took, out, err, events, made) in found.items():
        assert (status, out, events, made) == (2, "", [], []), (name, err)
        assert err.startswith(f"error: {folder}/files/{name}: "), (name, err)
        assert err.count("\n") == 1, name
        assert took < SECONDS, name
    assert list((folder / "working").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS binds on Linux only")
def test_hostile_and_damaged_files(tmp_path):
    found = refusals(tmp_path, (file for files in (hostile(), damaged(tmp_path)) for file in files))
    check(found, tmp_path)
    assert len(found) > 600


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS binds on Linux only")
def test_the_worst_files(tmp_path):
    check(refusals(tmp_path, worst()), tmp_path)


MEMORY = """
import os
import numpy as np
from unified_nn.port.formats import read, write
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024
write("a.npz", ((name, np.full(1 << 24, 1, "f4")) for name in "ab"))
chain = ["a.npz", "b.pt", "c.safetensors", "d.ckpt", "e.params", "f.safetensors.index.json", "g.npz"]
for source, target in zip(chain, chain[1:]):
    pid = os.fork()
    if not pid:
        before = peak()
        with read(source) as weights:
            write(target, weights)
        grown = peak() - before
        print(f"{source} -> {target}: {grown >> 20} MiB more", flush=True)
        os._exit(grown > 16 << 20)
    if os.waitpid(pid, 0)[1]:
        raise SystemExit("too much")
assert read("g.npz")["b"].sum() == 1 << 24
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_less_memory_than_one_tensor(tmp_path):
    """Two tensors of 64 MiB through every format, in 16 MiB."""
    folders = [str(HERE.parents[2] / part) for part in ("", "backends", "conformance")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "OMP_NUM_THREADS": "1"}
    ran = subprocess.run([sys.executable, "-c", MEMORY], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
