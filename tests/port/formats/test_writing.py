"""Writing: the old file or the complete new one, nothing else, whatever happens; one tensor in memory at a time."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from unified_nn.errors import UnifiedError
from unified_nn.port.formats import FORMATS, WeightFileError, atomic, read, write

WRITTEN = [format.name for format in FORMATS if format.name != "sharded"]
MANY = [name for name in WRITTEN if name != "npy"]
OLD = b"the old file"


def arrays(name: str) -> dict[str, np.ndarray]:
    return {"arr_0": np.arange(999.0)} if name == "npy" else {"a": np.arange(999.0), "b": np.ones((2, 3), "f4")}


def only(folder: Path, name: str = "a", content: bytes = OLD) -> None:
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_bytes() == content


@pytest.fixture
def old(tmp_path):
    (tmp_path / "a").write_bytes(OLD)
    yield tmp_path / "a"
    only(tmp_path)


class Interrupted(dict):
    """Fails when the second tensor is read for the second time, that is, while it is written."""

    def __init__(self, values, error):
        super().__init__(values)
        self.error, self.reads = error, 0

    def __getitem__(self, name):
        self.reads += 1
        if self.reads > 2 * len(self) - 1:
            raise self.error
        return super().__getitem__(name)


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(1), OSError("of the source"), MemoryError()], ids=repr
)
@pytest.mark.parametrize("name", WRITTEN)
def test_an_error_of_the_source_passes_and_leaves_the_old_file(old, name, error):
    with pytest.raises(type(error)) as caught:
        write(old, Interrupted(arrays(name), error), name)
    assert caught.value is error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("of the source")], ids=repr)
@pytest.mark.parametrize("name", WRITTEN)
def test_an_error_of_an_iterable_passes_and_leaves_the_old_file(old, name, error):
    def tensors():
        yield from arrays(name).items()
        raise error

    with pytest.raises(type(error)) as caught:
        write(old, tensors(), name)
    assert caught.value is error


class Full:
    """A file that has room for `room` bytes."""

    room = 0

    def __init__(self, *arguments):
        self.file = FILE(*arguments)

    def __getattr__(self, name):
        return getattr(self.file, name)

    def write(self, data):
        if self.file.tell() + len(data) > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)


FILE = atomic.FileIO


@pytest.mark.parametrize("room", [0, 100, 5000, 7900])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_full_disk(old, monkeypatch, name, room):
    monkeypatch.setattr(atomic, "FileIO", Full)
    monkeypatch.setattr(Full, "room", room)
    with pytest.raises(WeightFileError, match="cannot be written: No space left on device"):
        write(old, arrays(name), name)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_write_that_takes_only_a_part_is_continued(tmp_path, monkeypatch, name):
    class Slow(Full):
        def write(self, data):
            return self.file.write(data[:7])

    write(tmp_path / "a", arrays(name), name)
    monkeypatch.setattr(atomic, "FileIO", Slow)
    write(tmp_path / "b", arrays(name), name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace"])
@pytest.mark.parametrize("name", ["torch", "safetensors"])
def test_the_last_steps_fail(old, monkeypatch, name, call):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(call, fail)
        with pytest.raises(WeightFileError, match="Input/output error"):
            write(old, arrays(name), name)


LIMITED = """
import resource, sys
import numpy as np
from unified_nn.port.formats import WeightFileError, write
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
for name in {names!r}:
    for tensors in ({{"arr_0": np.zeros(99_999)}}, iter([("arr_0", np.zeros(99_999))])):
        try:
            write("a", tensors, name)
        except WeightFileError as error:
            assert "File too large" in str(error), error
        else:
            sys.exit(name + " was written")
"""


def run(code: str, folder: Path) -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_limit_of_the_system(old):
    run(LIMITED.format(names=WRITTEN), old.parent)


@pytest.fixture
def without_rights():
    """A folder that this process may not write to, even if it was started by root."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "a").write_bytes(OLD)
        Path(name).chmod(0o555)
        if os.geteuid() == 0:
            os.seteuid(65534)
            yield Path(name)
            os.seteuid(0)
        else:
            yield Path(name)
        Path(name).chmod(0o755)


@pytest.mark.parametrize("form", [dict, lambda values: iter(values.items())], ids=["mapping", "iterable"])
@pytest.mark.parametrize("name", ["torch", "npz"])
def test_a_folder_without_rights(without_rights, name, form):
    with pytest.raises(WeightFileError, match="Permission denied"):
        write(without_rights / "a", form(arrays(name)), name)
    only(without_rights)


def test_a_missing_folder(tmp_path):
    with pytest.raises(WeightFileError, match="No such file"):
        write(tmp_path / "no" / "a.pt", {"a": np.ones(1)})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/null")])
def test_what_is_no_file_is_not_replaced(tmp_path, make):
    make(tmp_path / "a")
    with pytest.raises(WeightFileError, match="cannot be replaced"):
        write(tmp_path / "a", {"a": np.ones(1)}, "npz")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert not (tmp_path / "a").is_file()


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o027], ids=oct)
def test_the_mode_follows_the_umask(tmp_path, umask):
    (tmp_path / "a.npz").touch(0o400)  # MindSpore leaves its files like this
    before = os.umask(umask)
    try:
        write(tmp_path / "a.npz", {"a": np.ones(1)})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.npz").stat().st_mode) == 0o666 & ~umask


def test_a_link_stays_and_its_file_is_replaced(tmp_path, everything):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "b.npz").write_bytes(OLD)
    (tmp_path / "a.npz").symlink_to("far/b.npz")
    write(tmp_path / "a.npz", {"a": np.ones(1)})
    assert (tmp_path / "a.npz").is_symlink()
    assert list(everything(tmp_path / "far" / "b.npz")) == ["a"]
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["b.npz"]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_can_be_written_over_itself(tmp_path, same, everything, name):
    write(tmp_path / "a", arrays(name), name)
    with read(tmp_path / "a") as weights:
        write(tmp_path / "a", weights, name)
    same(everything(tmp_path / "a"), arrays(name))


@pytest.mark.parametrize("to", MANY)
@pytest.mark.parametrize("start", MANY)
def test_every_format_into_every_other(tmp_path, samples, same, everything, start, to):
    tensors = samples("float32", "int64", "bool", "float16", shapes={"m": (3, 5), "e": (0, 3), "o": (1,)})
    write(tmp_path / "a", tensors, start)
    with read(tmp_path / "a") as weights:
        write(tmp_path / "b", weights, to)
    same(everything(tmp_path / "b"), tensors)


@pytest.mark.parametrize("name", WRITTEN)
def test_equal_weights_are_equal_files(tmp_path, name):
    write(tmp_path / "a", arrays(name), name)
    write(tmp_path / "b", iter(arrays(name).items()), name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("name", MANY)
def test_one_tensor_in_memory_at_a_time(tmp_path, name):
    """16 tensors of 1 MiB are written from an iterable, read, and written from a mapping, in less than 5 MiB."""

    def tensors():
        for number in range(16):
            yield f"t{number}", np.full(1 << 17, number, "f8")

    tracemalloc.start()
    write(tmp_path / "a", tensors(), name)
    with read(tmp_path / "a") as weights:
        assert sum(int(array[-1]) for array in weights.values()) == 120
        write(tmp_path / "b", weights, name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 << 20
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_arrays_of_any_layout(tmp_path, same, everything):
    base = np.arange(24, dtype="f4").reshape(2, 3, 4)
    tensors = {
        "transposed": base.T,
        "reversed": base[:, ::-1],
        "strided": base[..., ::2],
        "broadcast": np.broadcast_to(np.float32(3), (2, 2)),
        "big-endian": base.astype(">f4"),
        "big-endian complex": (base + 1j * base).astype(">c8"),
        "scalar": np.float32(3),
        "mapped": np.memmap(tmp_path / "map", "i4", "w+", shape=(3,)),
        "matrix": np.asmatrix(base[0]),
    }
    write(tmp_path / "a.pt", tensors)
    same(everything(tmp_path / "a.pt"), {n: np.array(a, a.dtype.newbyteorder("=")) for n, a in tensors.items()})


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({3: np.ones(1)}, "is no string"),
        ({"a": [1.0]}, "expected a numpy array, found list"),
        ({"a": 1.0}, "expected a numpy array, found float"),
        ({"a": np.array(["x"])}, "found dtype <U1"),
        ({"a": np.array([{}], object)}, "found dtype object"),
        ({"a": np.zeros(1, "M8[s]")}, "found dtype datetime64"),
        ({"a": np.zeros(1, np.longdouble)}, "found dtype float128"),
        ({"a": np.zeros(1, [("x", "f4")])}, "found dtype"),
        ({"a": np.ma.masked_array([1.0, 2.0], [True, False])}, "found MaskedArray"),
        ([("a", np.ones(1)), ("a", np.ones(1))], "two tensors have the name 'a'"),
        ({"a" * 70_000: np.ones(1)}, "at most 65536 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("name", ["torch", "mxnet"])
def test_what_cannot_be_written(old, tensors, reason, name):
    with pytest.raises(WeightFileError, match=reason) as caught:
        write(old, tensors, name)
    assert isinstance(caught.value, UnifiedError)


def test_a_mapping_that_changes(old):
    class Changing(dict):
        def __getitem__(self, name):
            self[name] = np.append(super().__getitem__(name), 1.0)
            return super().__getitem__(name)

    with pytest.raises(WeightFileError, match="changed while"):
        write(old, Changing(a=np.ones(3)), "npz")


@pytest.mark.parametrize(
    ("file", "more", "reason"),
    [
        ("a", {}, "the extension names no format"),
        ("a.h5", {}, "the extension names no format"),
        ("a.pt", {"format": "safetensor"}, "Did you mean 'safetensors'"),
        ("a.pt", {"metadata": {"a": "b"}}, "no place for metadata"),
    ],
)
def test_what_cannot_be_chosen(tmp_path, file, more, reason):
    with pytest.raises(WeightFileError, match=reason):
        write(tmp_path / file, {"a": np.ones(1)}, **more)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "format"),
    [("a.PT", "torch"), ("a.pth", "torch"), ("a.bin", "torch"), ("a.ckpt", "mindspore"), ("a.params", "mxnet")],
)
def test_the_extension_chooses(tmp_path, file, format):
    write(tmp_path / file, {"a": np.ones(1)})
    with read(tmp_path / file) as weights:
        assert weights.format == format


def test_raw_bits_can_be_written(tmp_path, everything):
    bits = np.array([1, 2, 3], "u2").view([("bfloat16", "<u2")])
    write(tmp_path / "a.safetensors", {"a": bits})
    assert everything(tmp_path / "a.safetensors")["a"].dtype == ml_dtypes.bfloat16


WITHOUT = """
import sys
sys.modules["ml_dtypes"] = None
import numpy as np
from unified_nn.port.formats import read, write
with read("a.safetensors") as weights:
    array = weights["a"]
    assert array.dtype == np.dtype([("bfloat16", "<u2")]), array.dtype
    assert [entry.dtype for entry in weights.entries] == ["bfloat16", "float8_e5m2"]
    try:
        array + array
    except TypeError:
        pass
    else:
        sys.exit("raw bits were added")
    write("b.pt", weights)
for framework in ("torch", "mindspore", "mxnet", "safetensors", "jax"):
    assert framework not in sys.modules, framework
"""


def test_without_ml_dtypes_bits_are_exact_and_no_framework_is_imported(tmp_path, same, everything):
    tensors = {"a": np.arange(6).astype(ml_dtypes.bfloat16), "b": np.ones(2, ml_dtypes.float8_e5m2)}
    write(tmp_path / "a.safetensors", tensors)
    run(WITHOUT, tmp_path)
    same(everything(tmp_path / "b.pt"), tensors)


MEMORY = """
import resource, sys
from unified_nn.port.formats import WeightFileError, read
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (32 << 20),) * 2)
try:
    with read("a.npz") as weights:
        weights["a"]
except WeightFileError as error:
    assert "does not fit into memory" in str(error), error
else:
    sys.exit("64 MB were read into 32 MB")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the address space is measured through /proc")
def test_memory_that_is_not_there(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(1 << 23))
    run(MEMORY, tmp_path)
