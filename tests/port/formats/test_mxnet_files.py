"""MXNet .params against MXNet itself, and files that must not be accepted."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from unified_nn.port.formats import WeightFileError, detect, read, write
from unified_nn.port.formats.mxnet_arrays import FLAGS, V1, V2, V3

TYPES = ["bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64"]
SHAPES = {"matrix": (3, 5), "one": (1,), "cube": (2, 1, 7)}
SIX = np.arange(6, dtype="f4").tobytes()
DEVICE = struct.pack("<2i", 1, 0)


def shape_of(*sizes: int) -> bytes:
    return struct.pack(f"<i{len(sizes)}q", len(sizes), *sizes)


def flag(number: int) -> bytes:
    return struct.pack("<i", number)


def record(shape: bytes = shape_of(2, 3), kind: int = 0, data: bytes = SIX, magic: int = V2, stype: int = 0) -> bytes:
    return struct.pack("<Ii", magic, stype) + shape + DEVICE + flag(kind) + data


def file(*records: bytes, names: tuple[bytes, ...] | None = None, count: int | None = None) -> bytes:
    names = tuple(b"w%d" % i for i in range(len(records))) if names is None else names
    head = struct.pack("<3Q", 0x112, 0, len(records) if count is None else count)
    return head + b"".join(records) + named(*names)


def named(*names: bytes) -> bytes:
    return struct.pack("<Q", len(names)) + b"".join(struct.pack("<Q", len(name)) + name for name in names)


def sparse(stype: int, block: tuple[int, ...], shape: tuple[int, ...], data: bytes, *indices: list[int], kind: int = 6):
    arrays = [np.array(index, {4: "i4", 6: "i8", 0: "f4"}[kind]) for index in indices]
    about = b"".join(flag(kind) + shape_of(*array.shape) for array in arrays)
    opening = struct.pack("<Ii", V2, stype) + shape_of(*block) + shape_of(*shape) + DEVICE + flag(0)
    return opening + about + data + b"".join(array.tobytes() for array in arrays)


def rows(*index: int, shape=(4, 3), block=(2, 3), data=SIX, kind=6) -> bytes:
    return sparse(1, block, shape, data, list(index), kind=kind)


def csr(starts: list[int], columns: list[int], shape=(3, 4), data=SIX[:12], block=(3,)) -> bytes:
    return sparse(2, block, shape, data, starts, columns)


@pytest.mark.parametrize("dtype", TYPES)
def test_reads_what_mxnet_writes(tmp_path, samples, same, everything, mxnet, dtype):
    arrays = samples(dtype, shapes=SHAPES)
    mxnet.nd.save(str(tmp_path / "a.params"), {n: mxnet.nd.array(a, dtype=a.dtype) for n, a in arrays.items()})
    same(everything(tmp_path / "a.params"), arrays)
    assert detect(tmp_path / "a.params") == "mxnet"


@pytest.mark.parametrize("dtype", [*TYPES, "bfloat16"])
def test_mxnet_reads_what_we_write(tmp_path, samples, mxnet, dtype):
    arrays = samples(dtype, shapes={**SHAPES, "empty": (0, 3)})
    assert write(tmp_path / "a.params", arrays) == ()
    found = mxnet.nd.load(str(tmp_path / "a.params"))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].shape == array.shape
        assert found[name].asnumpy().tobytes() == array.tobytes()


def test_numpy_shapes_agree_with_mxnet(tmp_path, samples, same, everything, mxnet):
    arrays = samples("float32", "int64", "bool")
    mxnet.npx.set_np()
    try:
        theirs = {name: mxnet.np.array(array, dtype=array.dtype) for name, array in arrays.items()}
        mxnet.npx.save(str(tmp_path / "theirs.params"), theirs)
        same(everything(tmp_path / "theirs.params"), arrays)
        assert "set_np" in write(tmp_path / "ours.params", arrays)[0]
        found = mxnet.npx.load(str(tmp_path / "ours.params"))
        same({name: array.asnumpy() for name, array in found.items()}, arrays)
    finally:
        mxnet.npx.reset_np()


def test_recovers_a_0d_array_that_mxnet_itself_cannot_load(tmp_path, everything, mxnet):
    path = str(tmp_path / "a.params")
    mxnet.nd.save(path, {"s": mxnet.nd.array(7), "w": mxnet.nd.ones((2, 3))})
    with pytest.raises(mxnet.MXNetError):
        mxnet.nd.load(path)
    found = everything(tmp_path / "a.params")
    assert (found["s"].shape, found["s"][()], found["w"].sum()) == ((), 7, 6)


def test_reads_sparse_arrays(tmp_path, everything, mxnet):
    kinds = mxnet.nd.sparse
    arrays = {
        "rows": kinds.row_sparse_array((np.arange(6, dtype="f4").reshape(2, 3), [0, 2]), shape=(4, 3)),
        "csr": kinds.csr_matrix((np.array([1, 2, 3], "f4"), [0, 2, 1], [0, 2, 2, 3]), shape=(3, 4)),
        "no rows": kinds.zeros("row_sparse", (3, 2)),
        "empty csr": kinds.zeros("csr", (3, 2)),
        "rows of matrices": mxnet.nd.ones((3, 2, 2)).tostype("row_sparse"),
    }
    mxnet.nd.waitall()  # MXNet 1.9.1 saves a wrong shape for a sparse array that is still being computed
    mxnet.nd.save(str(tmp_path / "a.params"), arrays)
    found = everything(tmp_path / "a.params")
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array.tostype("default").asnumpy(), strict=True)
    with read(tmp_path / "a.params") as weights:
        assert [note.split("(")[1].split(")")[0] for note in weights.notes[:2]] == ["row_sparse", "csr"]


def test_reads_all_versions_as_mxnet_does(tmp_path, same, everything, mxnet):
    old = struct.pack("<Ii2q", V1, 2, 2, 3) + struct.pack("<2i", 2, 7) + flag(0) + SIX
    oldest = struct.pack("<3I", 2, 3, 2) + DEVICE + flag(4) + SIX
    (tmp_path / "a.params").write_bytes(file(old, oldest, record()))
    expected = mxnet.nd.load(str(tmp_path / "a.params"))
    same(everything(tmp_path / "a.params"), {name: array.asnumpy() for name, array in expected.items()})


def test_reads_gluon_and_exported_files(tmp_path, everything, mxnet):
    net = mxnet.gluon.nn.HybridSequential()
    net.add(mxnet.gluon.nn.Dense(4), mxnet.gluon.nn.BatchNorm())
    net.initialize()
    net.hybridize()
    net(mxnet.nd.ones((2, 3)))
    net.save_parameters(str(tmp_path / "a.params"))
    net.export(str(tmp_path / "b"))
    structural, exported = everything(tmp_path / "a.params"), everything(tmp_path / "b-0000.params")
    assert {"0.weight", "1.running_var"} < set(structural)
    parameters = net.collect_params()
    assert sorted(exported) == sorted(parameters)
    for name, array in exported.items():
        np.testing.assert_array_equal(array, parameters[name].data().asnumpy(), strict=True)
    with read(tmp_path / "b-0000.params") as weights:
        assert [name.rsplit("_", 2)[-2:] for name in weights.metadata["aux"]] == [
            ["running", "mean"],
            ["running", "var"],
        ]
        assert "arg: and aux:" in weights.notes[0]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((b"arg:w", b"aux:w"), ["arg:w", "aux:w"]),
        ((b"arg:w", b"v"), ["arg:w", "v"]),
        ((b"arg:w", b"aux:v"), ["w", "v"]),
        ((), ["0", "1"]),
    ],
    ids=["would collide", "only one", "both", "list"],
)
def test_names(tmp_path, everything, names, found):
    (tmp_path / "a.params").write_bytes(file(record(), record(), names=names))
    assert list(everything(tmp_path / "a.params")) == found


@pytest.mark.parametrize(
    "empty",
    [
        struct.pack("<Ii", V2, 0) + shape_of(),
        struct.pack("<Iii", V2, -1, 0),
        struct.pack("<I", 0),
        struct.pack("<Iii", V3, 0, -1),
    ],
)
def test_an_array_without_value_is_left_out_and_told(tmp_path, everything, empty):
    (tmp_path / "a.params").write_bytes(file(record(), empty, record()))
    assert list(everything(tmp_path / "a.params")) == ["w0", "w2"]
    with read(tmp_path / "a.params") as weights:
        assert "'w1'" in weights.notes[0]


def test_integers_of_mxnet_2_are_read_but_not_written(tmp_path, everything):
    (tmp_path / "a.params").write_bytes(
        file(*(record(shape_of(2), kind, bytes(16)[: 2 * size]) for kind, size in ((8, 2), (9, 2), (10, 4), (11, 8))))
    )
    assert [array.dtype.name for array in everything(tmp_path / "a.params").values()] == [
        "int16",
        "uint16",
        "uint32",
        "uint64",
    ]
    with pytest.raises(WeightFileError, match="cannot hold int16"):
        write(tmp_path / "b.params", {"a": np.zeros(2, "i2")})


def test_the_flags_are_those_of_mxnet(mxnet):
    theirs = mxnet.ndarray.ndarray._DTYPE_MX_TO_NP
    assert {n: np.dtype(theirs[n]).name for n in FLAGS if n != 12} == {n: name for n, name in FLAGS.items() if n != 12}


HOSTILE = {
    "reserved word": b"\x12\1\0\0\0\0\0\0" + b"\1" + bytes(15) + named(),
    "2^63 arrays": file(record(), count=1 << 63),
    "one array too many": file(record(), count=2),
    "one array too few": file(record(), record(), count=1),
    "no arrays but names": file(names=(b"a",)),
    "one name too few": file(record(), record(), names=(b"a",)),
    "2^62 names": file(record())[:-18] + struct.pack("<Q", 1 << 62) + bytes(18),
    "name of 2^63": file(record(), names=())[:-8] + struct.pack("<2Q", 1, 1 << 63),
    "name cut short": file(record())[:-1],
    "name that is no UTF-8": file(record(), names=(b"\xff",)),
    "name with a zero character": file(record(), names=(b"a\0b",)),
    "name twice": file(record(), record(), names=(b"a", b"a")),
    "bytes behind": file(record()) + b"x",
    "unknown magic": file(record(magic=0xF993FACB)),
    "storage type 3": file(record(stype=3)),
    "storage type -2": file(record(stype=-2)),
    "undefined with a shape": file(record(stype=-1)),
    "V3 sparse": file(rows(0, 2).replace(struct.pack("<I", V2), struct.pack("<I", V3))),
    "2^31 dimensions": file(record(shape=struct.pack("<i", (1 << 31) - 1))),
    "65 dimensions": file(record(shape=shape_of(*(1,) * 65), data=SIX[:4])),
    "-2 dimensions": file(record(shape=struct.pack("<i", -2))),
    "negative size": file(record(shape=shape_of(-2, -3))),
    "size of 2^62": file(record(shape=shape_of(1 << 62))),
    "sizes overflow": file(record(shape=shape_of(1 << 32, 1 << 32), data=b"")),
    "sizes overflow to the right size": file(record(shape=shape_of((1 << 62) + 1, 4), data=SIX[:16])),
    "huge and empty": file(record(shape=shape_of(0, 1 << 62), data=b"")),
    "data cut short": file(record(data=SIX[:-4])),
    "data too long": file(record(data=SIX + b"1234")),
    "flag 13": file(record(kind=13)),
    "flag -1": file(record(kind=-1)),
    "bool of 2": file(record(shape_of(2), 7, b"\1\2")),
    "V0 of 2^31 dimensions": file(struct.pack("<I", 1 << 30)),
    "V1 cut short": file(struct.pack("<Ii", V1, 2)),
    "rows out of order": file(rows(2, 0)),
    "row twice": file(rows(2, 2)),
    "row beyond": file(rows(0, 4)),
    "negative row": file(rows(-1, 2)),
    "rows that wrap around": file(rows((1 << 63) - 1, -(1 << 63))),
    "rows as floats": file(rows(0, 2, kind=0)),
    "more rows than there are": file(rows(0, 1, shape=(1, 3))),
    "rows of another width": file(rows(0, 2, shape=(4, 4))),
    "fewer indices than rows": file(rows(0)),
    "terabytes of empty rows": file(rows(shape=(1 << 20, 1 << 20), block=(0, 1 << 20), data=b"")),
    "2 GB of empty rows": file(rows(shape=(1 << 29,), block=(0,), data=b"")),
    "csr of three dimensions": file(csr([0, 2, 2, 3], [0, 2, 1], shape=(3, 4, 1))),
    "csr starts too few": file(csr([0, 2, 3], [0, 2, 1])),
    "csr starts not at 0": file(csr([1, 2, 2, 3], [0, 2, 1])),
    "csr ends too early": file(csr([0, 2, 2, 2], [0, 2, 1])),
    "csr ends too late": file(csr([0, 2, 2, 4], [0, 2, 1])),
    "csr goes backwards": file(csr([0, 3, 2, 3], [0, 2, 1])),
    "csr that wraps around": file(csr([0, (1 << 63) - 1, -2, 3], [0, 2, 1])),
    "csr column beyond": file(csr([0, 2, 2, 3], [0, 4, 1])),
    "csr negative column": file(csr([0, 2, 2, 3], [0, 2, -1])),
    "csr column twice": file(csr([0, 2, 2, 3], [2, 2, 1])),
    "csr columns too few": file(csr([0, 2, 2, 3], [0, 2])),
    "csr values of two dimensions": file(csr([0, 2, 2, 3], [0, 2, 1], block=(3, 1))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(tmp_path, refused, name):
    (tmp_path / "a.params").write_bytes(HOSTILE[name])
    refused(tmp_path / "a.params")


def test_refuses_a_file_that_can_be_read_in_two_ways(tmp_path, refused):
    """Without a value and with a name of five bytes, or an int8 number and no names."""
    (tmp_path / "a.params").write_bytes(file(struct.pack("<Ii", V2, 0) + shape_of(), names=(bytes(5),)))
    assert "ambiguous" in refused(tmp_path / "a.params")


def test_the_builders_make_good_files(tmp_path, everything):
    """Otherwise the files above would be refused for the wrong reason."""
    good = file(record(), rows(0, 2), rows(0, 2, kind=4), csr([0, 2, 2, 3], [0, 2, 1]), record(magic=V3))
    (tmp_path / "a.params").write_bytes(good)
    assert [array.shape for array in everything(tmp_path / "a.params").values()] == [
        (2, 3),
        (4, 3),
        (4, 3),
        (3, 4),
        (2, 3),
    ]
