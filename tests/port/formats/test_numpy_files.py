"""npz and npy against NumPy itself, and archives that must not be accepted."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import ml_dtypes
import numpy as np
import pytest

from unified_nn.port.formats import WeightFileError, detect, read, write

TYPES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]


def npy(array: np.ndarray, version=(1, 0)) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version)
    return buffer.getvalue()


def header(text: str | bytes, data: bytes = bytes(8), version: bytes = b"\1\0") -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return b"\x93NUMPY" + version + struct.pack("<H" if version[0] == 1 else "<I", len(raw)) + raw + data


def described(descr="'<f4'", fortran="False", shape="(2,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"


def npz(members: dict[str, bytes] | None = None, method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in ({"a.npy": npy(np.arange(3.0))} if members is None else members).items():
            file.writestr(name, data)
        file.comment = comment
    return buffer.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["stored", "deflated"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("byteorder", ["<", ">"], ids=["little", "big"])
def test_reads_what_numpy_writes(tmp_path, samples, same, everything, save, order, byteorder):
    arrays = samples(*TYPES)
    save(
        tmp_path / "a.npz",
        **{n: np.asarray(a.astype(a.dtype.newbyteorder(byteorder)), order=order) for n, a in arrays.items()},
    )
    same(everything(tmp_path / "a.npz"), arrays)
    assert detect(tmp_path / "a.npz") == "npz"


def test_numpy_reads_what_we_write(tmp_path, samples, same):
    arrays = samples(*TYPES)
    assert write(tmp_path / "a.npz", arrays) == ()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        same(dict(found), arrays)


@pytest.mark.parametrize("dtype", TYPES)
def test_one_array(tmp_path, samples, same, everything, dtype):
    for array in samples(dtype).values():
        np.save(tmp_path / "a.npy", array)
        same(everything(tmp_path / "a.npy"), {"arr_0": array})
        assert write(tmp_path / "b.npy", {"arr_0": array}) == ()
        same({"b": np.load(tmp_path / "b.npy")}, {"b": array})
    assert detect(tmp_path / "b.npy") == "npy"


def test_the_name_that_npy_loses_is_told(tmp_path):
    assert "'w' is lost" in write(tmp_path / "a.npy", {"w": np.ones(2)})[0]
    with pytest.raises(WeightFileError, match="holds one array"):
        write(tmp_path / "a.npy", {"w": np.ones(2), "v": np.ones(2)})


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)], ids=str)
def test_versions(tmp_path, same, everything, version):
    (tmp_path / "a.npy").write_bytes(npy(np.arange(6.0).reshape(2, 3), version))
    same(everything(tmp_path / "a.npy"), {"arr_0": np.arange(6.0).reshape(2, 3)})


@pytest.mark.parametrize(
    "text",
    [
        "{'shape': (2L,), 'fortran_order': False, 'descr': '<f4'}\n",
        '{"descr": "<f4", "fortran_order": False, "shape": (2,)}',
        described() + " " * 9000 + "\n",
    ],
    ids=["Python 2", "double quotes", "long padding"],
)
def test_headers_of_other_writers(tmp_path, same, everything, text):
    (tmp_path / "a.npy").write_bytes(header(text, np.ones(2, "f4").tobytes()))
    same(everything(tmp_path / "a.npy"), {"arr_0": np.load(tmp_path / "a.npy", max_header_size=10_000)})


@pytest.mark.parametrize("name", ["a", "a/b:0", "é", "a.npy", "..a", "a b", "..."])
def test_names_like_numpy(tmp_path, everything, name):
    np.savez(tmp_path / "a.npz", **{name: np.ones(1)})
    assert list(everything(tmp_path / "a.npz")) == [name]
    write(tmp_path / "b.npz", {name: np.ones(1)})
    with np.load(tmp_path / "b.npz") as found:
        assert list(found) == [name]


def test_an_empty_archive(tmp_path, everything):
    np.savez(tmp_path / "a.npz")
    assert everything(tmp_path / "a.npz") == {}


def test_large_sizes_use_zip64(tmp_path, everything, same, monkeypatch):
    monkeypatch.setattr("unified_nn.port.formats.limits.ZIP64_BYTES", 1)
    arrays = {"a": np.arange(6.0)}
    write(tmp_path / "a.npz", arrays)
    write(tmp_path / "a.pt", arrays)
    same(everything(tmp_path / "a.npz"), arrays)
    same(everything(tmp_path / "a.pt"), arrays)
    with np.load(tmp_path / "a.npz") as found:
        same(dict(found), arrays)


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "..\\a", "C:/a", ".."])
def test_a_path_as_name_is_neither_read_nor_written(tmp_path, refused, name):
    (tmp_path / "a.npz").write_bytes(npz({name + ".npy": npy(np.ones(1))}))
    assert "path" in refused(tmp_path / "a.npz")
    with pytest.raises(WeightFileError, match="path"):
        write(tmp_path / "b.npz", {name: np.ones(1)})


@pytest.mark.parametrize("dtype", [ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn], ids=["bfloat16", "float8"])
@pytest.mark.parametrize("extension", ["npy", "npz"])
def test_numpy_files_hold_no_bfloat16(tmp_path, extension, dtype):
    with pytest.raises(WeightFileError, match="cannot hold"):
        write(tmp_path / f"a.{extension}", {"a": np.ones(2, dtype)})


def test_a_large_compressed_array_needs_leave(tmp_path, everything, refused):
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(1 << 18))
    with pytest.raises(WeightFileError, match="max_expanded"):
        read(tmp_path / "a.npz", max_expanded=1 << 20)
    with read(tmp_path / "a.npz", max_expanded=1 << 21) as weights:
        assert weights["a"].shape == (1 << 18,)


HEADERS = {
    "objects": header(described("'|O'")),
    "void": header(described("'|V4'")),
    "text": header(described("'<U1'")),
    "bytes": header(described("'|S4'")),
    "dates": header(described("'<M8[ns]'")),
    "structured": header(described("[('a', '<f4')]")),
    "long double": header(described("'<f16'"), bytes(32)),
    "native order": header(described("'f4'")),
    "order of nonsense": header(described("'=f4'")),
    "type is a number": header(described("4")),
    "type is a call": header(described("__import__('os').system('true')")),
    "shape is a number": header(described(shape="2")),
    "shape is a list": header(described(shape="[2]")),
    "negative shape": header(described(shape="(-2,)")),
    "shape of truth values": header(described(shape="(True, 2)")),
    "fractional shape": header(described(shape="(2.0,)")),
    "shape of 2^62": header(described(shape=f"({1 << 62},)")),
    "shape overflows": header(described(shape=f"({1 << 32}, {1 << 32})"), b""),
    "shape overflows to the right size": header(described(shape=f"({(1 << 62) + 1}, 2)")),
    "huge and empty": header(described(shape=f"(0, {1 << 62})"), b""),
    "shape of 5000 digits": header(described(shape=f"({'9' * 5000},)")),
    "100 dimensions": header(described(shape=str((1,) * 100)), bytes(4)),
    "order is a number": header(described(fortran="0")),
    "key missing": header("{'descr': '<f4', 'shape': (2,)}"),
    "key too many": header(described()[:-1] + "'x': 1}"),
    "not a dict": header("('<f4', False, (2,))"),
    "empty text": header(""),
    "not closed": header("{'descr': '<f4'"),
    "nested 4000 deep": header(described(shape="(" * 4000 + ")" * 4000)),
    "many signs": header(described(shape="(" + "-" * 9000 + "1,)")),
    "many sums": header(described(shape="(" + "1+" * 4000 + "1,)")),
    "expression": header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,) * 999999999}"),
    "comprehension": header("{'descr': '<f4', 'fortran_order': False, 'shape': (x for x in y)}"),
    "formatted text": header(described("f'{1}'")),
    "header of 60 KB": header(described() + " " * 60_000),
    "header of 4 GB": b"\x93NUMPY\2\0\xff\xff\xff\xff" + described().encode(),
    "version 0": header(described(), version=b"\0\0"),
    "version 9": header(described(), version=b"\x09\0"),
    "minor version": header(described(), version=b"\1\1"),
    "control characters": header(described("'<f4\x1b[2J'")),
    "not UTF-8": header(b"\xff" + described().encode(), version=b"\3\0"),
    "data too short": header(described(), bytes(7)),
    "data too long": header(described(), bytes(9)),
    "bool of 2": header(described("'|b1'"), b"\1\2"),
}


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: npz({"a.npy": data})], ids=["npy", "npz"])
@pytest.mark.parametrize("name", HEADERS)
def test_refuses_a_header(tmp_path, refused, wrap, name):
    (tmp_path / "a").write_bytes(wrap(HEADERS[name]))
    refused(tmp_path / "a")


def test_a_pickled_array_is_named(tmp_path, refused):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert "unpickled" in refused(tmp_path / "a.npy")


GOOD = npz()
START = GOOD.index(b"PK\1\2")
END = GOOD.index(b"PK\5\6")
ARRAY = npy(np.arange(3.0))


def patched(*changes: tuple[int, bytes], data: bytes = GOOD) -> bytes:
    found = bytearray(data)
    for offset, new in changes:
        found[offset : offset + len(new)] = new
    return bytes(found)


def duplicate(same_data: bool) -> bytes:
    """Two directory entries with one name: for one member, or for two."""
    double = npz({"a.npy": ARRAY, "b.npy": ARRAY})
    if not same_data:
        return double.replace(b"b.npy", b"a.npy")
    entry = GOOD[START:END]
    return GOOD[:END] + entry + patched((8, b"\2\0\2\0"), (12, struct.pack("<L", 2 * len(entry))), data=GOOD[END:])


def overlapping() -> bytes:
    """Fifield's bomb: the second name shares the first one's bytes."""
    entry = GOOD[START:END].replace(b"a.npy", b"b.npy")
    end = patched((8, b"\2\0\2\0"), (12, struct.pack("<L", 2 * len(entry))), data=GOOD[END:])
    return GOOD[:END] + entry + end


def nested() -> bytes:
    """The first member's data is itself a whole member, to which the second name points."""
    inner = npz({"b.npy": ARRAY})
    member = inner[: inner.index(b"PK\1\2")]
    outer = npz({"a.npy": npy(np.frombuffer(member, np.uint8))})
    start, end = outer.index(b"PK\1\2"), outer.index(b"PK\5\6")
    second = patched((42, struct.pack("<L", start - len(member))), data=inner[len(member) : inner.index(b"PK\5\6")])
    size = struct.pack("<L", end - start + len(second))
    return outer[:end] + second + patched((8, b"\2\0\2\0"), (12, size), data=outer[end:])


def apart() -> bytes:
    """Bytes between two members that belong to neither."""
    double = npz({"a.npy": ARRAY, "b.npy": ARRAY})
    second, start, end = double.index(b"PK\3\4", 4), double.index(b"PK\1\2"), double.index(b"PK\5\6")
    moved = start + (end - start) // 2 + 42
    found = patched((moved, struct.pack("<L", second + 100)), (end + 16, struct.pack("<L", start + 100)), data=double)
    return found[:second] + bytes(100) + found[second:]


def zip64(narrow: bytes, entries: int = 1) -> bytes:
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, END - START, START)
    return GOOD[:END] + wide + b"PK\6\7" + bytes(4) + struct.pack("<QL", END, 1) + narrow


def deflated(declared: int, data: bytes, crc: int | None = None) -> bytes:
    """One deflated member whose header declares another size than it has."""
    good = npz({"a.npy": data}, zipfile.ZIP_DEFLATED)
    start = good.index(b"PK\1\2")
    size = struct.pack("<L", declared)
    changes = [(22, size), (start + 24, size)]
    if crc is not None:
        changes += [(14, struct.pack("<L", crc)), (start + 16, struct.pack("<L", crc))]
    return patched(*changes, data=good)


LONG = npy(np.arange(200.0))


def claiming(total: int) -> bytes:
    """An array file that says it is `total` bytes long, and is not."""
    text = described(shape=f"({(total - 128) // 4},)")
    return header(text + " " * (118 - len(text)), bytes(1000))


BIG = npy(np.zeros(1 << 20))
ARCHIVES = {
    "directory missing": GOOD[:START],
    "end missing": GOOD[:END],
    "end cut short": GOOD[:-1],
    "bytes behind": GOOD + b"x",
    "bytes in front": b"PK\3\4" + GOOD,
    "comment": npz(comment=b"hello"),
    "comment that is another end": npz(comment=GOOD[END:]),
    "name twice": duplicate(same_data=False),
    "member twice": duplicate(same_data=True),
    "overlapping members": overlapping(),
    "members within each other": nested(),
    "gap between members": apart(),
    "gap before the directory": GOOD[:START]
    + bytes(100)
    + GOOD[START:END]
    + patched((16, struct.pack("<L", START + 100)), data=GOOD[END:]),
    "other name in the local header": patched((30, b"b")),
    "other method in the local header": patched((8, b"\x08")),
    "other size in the local header": patched((18, b"\1")),
    "local header missing": patched((START + 42, b"\4")),
    "local header beyond": patched((START + 42, b"\xff\xff\xff\x7f")),
    "size of 4 GB": patched((START + 20, b"\xfe\xff\xff\xff\xfe\xff\xff\xff")),
    "size without zip64 field": patched((START + 20, b"\xff" * 8)),
    "stored and full size differ": patched((START + 24, b"\1")),
    "encrypted": patched((6, b"\1"), (START + 8, b"\1")),
    "encrypted only locally": patched((6, b"\1")),
    "method 12": patched((8, b"\x0c"), (START + 10, b"\x0c")),
    "method 99": patched((8, b"\x63"), (START + 10, b"\x63")),
    "wrong CRC": patched((14, b"\0\0\0\0"), (START + 16, b"\0\0\0\0")),
    "two disks": patched((END + 4, b"\1")),
    "member on disk 1": patched((START + 34, b"\1")),
    "65000 members": patched((END + 8, b"\xe8\xfd\xe8\xfd")),
    "no members": patched((END + 8, b"\0\0\0\0")),
    "counts differ": patched((END + 8, b"\2\0")),
    "directory elsewhere": patched((END + 16, struct.pack("<L", START - 1))),
    "directory too long": patched((END + 12, b"\xff\xff")),
    "directory of 4 GB": patched((END + 12, b"\xff\xff\xff\xff")),
    "name of 60 KB": patched((START + 28, b"\x60\xea")),
    "name that is no UTF-8": patched((6, b"\0\x08"), (START + 8, b"\0\x08"), (30, b"\xff"), (START + 46, b"\xff")),
    "name with a zero character": patched((30, b"\0"), (START + 46, b"\0")),
    "zip64 end elsewhere": GOOD[:END] + b"PK\6\7" + bytes(4) + struct.pack("<QL", 7, 1) + GOOD[END:],
    "zip64 end missing": GOOD[:END] + bytes(56) + b"PK\6\7" + bytes(4) + struct.pack("<QL", END, 1) + GOOD[END:],
    "zip64 end counts 7": zip64(GOOD[END:], entries=7),
    "zip64 end disagrees": zip64(patched((16, struct.pack("<L", START - 1)), data=GOOD[END:])),
    "zip64 end disagrees about the size": zip64(patched((12, b"\1"), data=GOOD[END:])),
    "no array": npz({"a.npy": b"hello"}),
    "empty member": npz({"a.npy": b""}),
    "other files": npz({"a.npy": ARRAY, "b.txt": b"hello"}),
    "bomb: goes on behind the declared end": deflated(len(ARRAY), ARRAY + bytes(1 << 22)),
    "bomb: ends before the declared end": deflated(len(LONG), LONG[:-800]),
    "bomb: more than declared": deflated(len(BIG) - 8, BIG),
    "bomb: less than declared": deflated(len(BIG) + 8, BIG),
    "bomb: 512 MB declared": deflated(1 << 29, claiming(1 << 29)),
    "bomb: 4 GB declared": deflated(0xFFFFFFF0, BIG),
    "bomb: true size of 2 GB": deflated(1 << 31, npy(np.zeros(0)) + bytes(1 << 22)),
    "bomb: header claims 8 TB": npz({"a.npy": header(described(shape=f"({1 << 40},)"))}, zipfile.ZIP_DEFLATED),
    "deflate damaged": patched((60, b"\xff" * 20), data=npz({"a.npy": npy(np.arange(99.0))}, zipfile.ZIP_DEFLATED)),
    "deflate with wrong CRC": deflated(len(BIG), BIG, zlib.crc32(b"")),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_refuses_an_archive(tmp_path, refused, name):
    (tmp_path / "a.npz").write_bytes(ARCHIVES[name])
    refused(tmp_path / "a.npz")


def test_a_zip64_end_is_read(tmp_path, everything):
    """Otherwise the ends above would be refused for the wrong reason."""
    (tmp_path / "a.npz").write_bytes(zip64(GOOD[END:]))
    (tmp_path / "b.npz").write_bytes(zip64(patched((8, b"\xff" * 12), data=GOOD[END:])))
    assert everything(tmp_path / "a.npz")["a"].tolist() == everything(tmp_path / "b.npz")["a"].tolist() == [0, 1, 2]


def test_an_archive_of_arrays_under_mxnets_extension(tmp_path, same, everything):
    """MXNet 2 writes .params files like this."""
    np.savez(tmp_path / "a.npz", w=np.arange(3.0))
    (tmp_path / "a.npz").rename(tmp_path / "a.params")
    same(everything(tmp_path / "a.params"), {"w": np.arange(3.0)})
    assert detect(tmp_path / "a.params") == "npz"
