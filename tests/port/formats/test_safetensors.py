"""safetensors against the reference library, and files that it must not accept."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from unified_nn.port.formats import WeightFileError, detect, read, write

PLAIN = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "uint16",
    "float16",
    "int32",
    "uint32",
    "float32",
    "int64",
    "uint64",
    "float64",
    "complex64",
]
BEYOND = ["bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"]


def file(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype: object = "F32", shape: object = (2,), offsets: object = (0, 8), **more: object) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets, **more}


@pytest.mark.parametrize("dtype", PLAIN)
def test_reads_what_the_library_writes(tmp_path, samples, same, everything, safetensors_numpy, dtype):
    arrays = samples(dtype)
    safetensors_numpy.save_file(arrays, tmp_path / "a.safetensors", {"who": "reference"})
    found = everything(tmp_path / "a.safetensors")
    same(dict(sorted(found.items())), dict(sorted(arrays.items())))
    with read(tmp_path / "a.safetensors") as weights:
        assert weights.metadata == {"who": "reference"}
        assert weights.format == detect(tmp_path / "a.safetensors") == "safetensors"


@pytest.mark.parametrize("dtype", PLAIN)
def test_the_library_reads_what_we_write(tmp_path, samples, same, safetensors_numpy, dtype):
    arrays = samples(dtype)
    assert write(tmp_path / "a.safetensors", arrays, metadata={"é": "\n"}) == ()
    found = safetensors_numpy.load_file(tmp_path / "a.safetensors")
    same({name: found[name] for name in arrays}, arrays)


@pytest.mark.parametrize("dtype", BEYOND)
def test_types_beyond_numpy_agree_with_torch(tmp_path, samples, same, everything, torch, dtype):
    from safetensors.torch import load_file, save_file

    arrays = samples(dtype)
    write(tmp_path / "ours.safetensors", arrays)
    found = load_file(tmp_path / "ours.safetensors")
    assert {name: (t.dtype, tuple(t.shape)) for name, t in found.items()} == {
        name: (getattr(torch, dtype), array.shape) for name, array in arrays.items()
    }
    save_file(found, tmp_path / "theirs.safetensors")
    theirs = everything(tmp_path / "theirs.safetensors")
    same({name: theirs[name] for name in arrays}, arrays)


def test_a_checksum_of_mindspore_is_verified(tmp_path, mindspore, everything, refused):
    path = tmp_path / "a.safetensors"
    parameters = [{"name": n, "data": mindspore.Tensor(np.arange(6, dtype="f4") + i)} for i, n in enumerate("ba")]
    mindspore.save_checkpoint(parameters, str(path), format="safetensors", crc_check=True)
    np.testing.assert_array_equal(everything(path)["a"], np.arange(6, dtype="f4") + 1)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    assert "checksum" in refused(path)


GOOD = {
    "no tensors": file({}),
    "padded": file(json.dumps({"a": entry()}).encode() + b"     ", bytes(8)),
    "out of order": file({"b": entry(offsets=(8, 16)), "a": entry()}, bytes(16)),
    "empty tensors share an offset": file(
        {"z": entry(shape=(0,), offsets=(8, 8)), "y": entry(shape=(0, 9), offsets=(0, 0)), "a": entry()}, bytes(8)
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_unusual_files_read_like_the_library(tmp_path, same, everything, safetensors_numpy, name):
    (tmp_path / "a.safetensors").write_bytes(GOOD[name])
    expected = safetensors_numpy.load_file(tmp_path / "a.safetensors")
    found = everything(tmp_path / "a.safetensors")
    same({key: found[key] for key in sorted(found)}, {key: expected[key] for key in sorted(expected)})


HOSTILE = {
    "header of 2^47 bytes": file({}, length=1 << 47),
    "header longer than the file": file({"a": entry()}, bytes(8), length=90_000_000),
    "header of 200 MB": file({}, length=200_000_000),
    "header is a list": file(b'{"a":[]}'),
    "not JSON": file(b"{'a': 1}"),
    "JSON cut short": file(b'{"a":'),
    "not UTF-8": file(b'{"\xff":1}'),
    "NaN": file(b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,0]}}'),
    "Infinity": file(b'{"a":{"dtype":"F32","shape":[Infinity],"data_offsets":[0,0]}}'),
    "number of 5000 digits": file(b'{"a":{"dtype":"F32","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,0]}}'),
    "nested 100000 deep": file(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "nested objects": file(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "two million containers": file(b'{"a":[' + b"[]," * 1_600_000 + b"[]]}"),
    "name twice": file(b'{"a":%b,"a":%b}' % ((json.dumps(entry()).encode(),) * 2), bytes(8)),
    "key of an entry twice": file(b'{"a":{"dtype":"F32","dtype":"I32","shape":[2],"data_offsets":[0,8]}}', bytes(8)),
    "lone surrogate in a name": file(b'{"\\ud800":%b}' % json.dumps(entry()).encode(), bytes(8)),
    "zero character in a name": file({"a\0b": entry()}, bytes(8)),
    "hole at the start": file({"a": entry(offsets=(4, 12))}, bytes(12)),
    "hole between": file({"a": entry(), "b": entry(offsets=(12, 20))}, bytes(20)),
    "overlap": file({"a": entry(), "b": entry(offsets=(4, 12))}, bytes(12)),
    "same range twice": file({"a": entry(), "b": entry()}, bytes(8)),
    "bytes behind": file({"a": entry()}, bytes(9)),
    "bytes missing": file({"a": entry()}, bytes(7)),
    "length is not shape times type": file({"a": entry(shape=(3,))}, bytes(8)),
    "shape product overflows": file({"a": entry(shape=(1 << 32, 1 << 32), offsets=(0, 0))}),
    "shape product overflows to the right size": file({"a": entry(shape=((1 << 62) + 1, 2))}, bytes(8)),
    "huge empty shape": file({"a": entry(shape=(0, 1 << 62), offsets=(0, 0))}),
    "100 dimensions": file({"a": entry(shape=(1,) * 100, offsets=(0, 4))}, bytes(4)),
    "negative size": file({"a": entry(shape=(-2, -1))}, bytes(8)),
    "fractional size": file({"a": entry(shape=(2.0,))}, bytes(8)),
    "truth value as size": file({"a": entry(shape=(True, 2))}, bytes(8)),
    "size as text": file({"a": entry(shape=("2",))}, bytes(8)),
    "shape is a number": file({"a": entry(shape=2)}, bytes(8)),
    "shape is missing": file({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, bytes(8)),
    "negative offset": file({"a": entry(offsets=(-8, 0))}, bytes(8)),
    "offsets backwards": file({"a": entry(offsets=(8, 0))}, bytes(8)),
    "three offsets": file({"a": entry(offsets=(0, 4, 8))}, bytes(8)),
    "offsets of 2^64": file({"a": entry(offsets=((1 << 64) - 8, 1 << 64))}, bytes(8)),
    "unknown dtype": file({"a": entry("F31")}, bytes(8)),
    "dtype of 4 bits": file({"a": entry("F4", (4,), (0, 2))}, bytes(2)),
    "dtype is a list": file({"a": entry(["F32"])}, bytes(8)),
    "unknown key in an entry": file({"a": entry(more=1)}, bytes(8)),
    "entry is a number": file({"a": 8}, bytes(8)),
    "bool of 2": file({"a": entry("BOOL", (2,), (0, 2))}, b"\1\2"),
    "metadata is a list": file({"__metadata__": [], "a": entry()}, bytes(8)),
    "metadata value is a number": file({"__metadata__": {"a": 1}, "a": entry()}, bytes(8)),
    "metadata twice": file(b'{"__metadata__":{},"__metadata__":{}}'),
    "mindspore checksum wrong": file({"__metadata__": {"format": "ms", "crc_num": "7"}, "a": entry()}, bytes(8)),
    "escape sequences in a name": file({"\x1b[2J\u202e": entry("F31")}, bytes(8)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(tmp_path, refused, name):
    (tmp_path / "a.safetensors").write_bytes(HOSTILE[name])
    # Counting containers needs the header in memory, nothing more.
    refused(tmp_path / "a.safetensors", memory=24 << 20)


def test_as_many_dimensions_as_numpy_has(tmp_path, everything, refused):
    path = tmp_path / "a.safetensors"
    path.write_bytes(file({"a": entry(shape=(1,) * 32, offsets=(0, 4))}, bytes(4)))
    assert everything(path)["a"].ndim == 32
    path.write_bytes(file({"a": entry(shape=(1,) * 33, offsets=(0, 4))}, bytes(4)))
    if np.lib.NumpyVersion(np.__version__) < "2.0.0":
        assert "at most 32" in refused(path)
    else:
        assert everything(path)["a"].ndim == 33


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"a": np.zeros(2, "c16")}, "cannot hold complex128"),
        ({"__metadata__": np.zeros(2)}, "keeps the name"),
        ({"\ud800": np.zeros(2)}, "lone surrogate"),
        ({"a\0": np.zeros(2)}, "zero character"),
    ],
    ids=["complex128", "metadata", "surrogate", "zero"],
)
def test_refuses_to_write(tmp_path, tensors, reason):
    with pytest.raises(WeightFileError, match=reason):
        write(tmp_path / "a.safetensors", tensors)
    assert list(tmp_path.iterdir()) == []


def index(tmp_path, weight_map: object, **more: object) -> None:
    (tmp_path / "m.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map, **more}))


def test_reads_a_sharded_model(tmp_path, samples, same, everything, safetensors_numpy):
    arrays = samples("float32", "int64")
    names = list(arrays)
    for number in (0, 1):
        part = {name: arrays[name] for name in names[number::2]}
        safetensors_numpy.save_file(part, tmp_path / f"m-{number}.safetensors", {"format": "pt"})
    index(tmp_path, {n: f"m-{i % 2}.safetensors" for i, n in enumerate(names)}, metadata={"total_size": 1 << 40})
    same(everything(tmp_path / "m.safetensors.index.json"), arrays)
    with read(tmp_path / "m.safetensors.index.json") as weights:
        assert weights.metadata == {"total_size": 1 << 40}
        assert weights.format == "sharded"


def test_reads_shards_of_torch(tmp_path, torch, everything):
    torch.save({"a": torch.arange(3)}, tmp_path / "pytorch_model-1.bin")
    (tmp_path / "pytorch_model.bin.index.json").write_text('{"weight_map": {"a": "pytorch_model-1.bin"}}')
    assert everything(tmp_path / "pytorch_model.bin.index.json")["a"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "weight_map",
    [
        {"a": "../m-0.safetensors"},
        {"a": "/etc/passwd"},
        {"a": "sub/m-0.safetensors"},
        {"a": "C:m-0.safetensors"},
        {"a": "..\\m-0.safetensors"},
        {"a": ".."},
        {"a": ""},
        {"a": "m-0.safetensors\0"},
        {"a": 3},
        {"a": "missing.safetensors"},
        {"a": "m.safetensors.index.json"},
        {"a": "m-0.safetensors", "b": "m-0.safetensors"},
        {"b": "m-0.safetensors"},
        {f"a{i}": f"m-{i}.safetensors" for i in range(5000)},
        ["a"],
    ],
    ids=lambda weight_map: str(weight_map)[:40],
)
def test_refuses_an_index(tmp_path, weight_map):
    write(tmp_path / "m-0.safetensors", {"a": np.zeros(2)})
    index(tmp_path, weight_map)
    with pytest.raises(WeightFileError), read(tmp_path / "m.safetensors.index.json"):
        pass


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


FOUR = {name: np.full(2, number, "f4") for number, name in enumerate("abcd")}
INDEX = "m.safetensors.index.json"


def test_writes_a_sharded_model_that_the_library_reads(tmp_path, same, everything, samples, safetensors_numpy):
    arrays = samples("float32", "int64") | {"large": np.zeros(500, "f4")}
    told = write(tmp_path / INDEX, arrays, shard_bytes=300)
    found = json.loads((tmp_path / INDEX).read_text())
    assert found["metadata"] == {"total_size": sum(array.nbytes for array in arrays.values())}
    files = sorted(set(found["weight_map"].values()))
    assert names(tmp_path) == sorted([INDEX, *files])
    assert files == [f"m-{n + 1:05}-of-{len(files):05}.safetensors" for n in range(len(files))]
    assert len(files) == 3
    assert files[0] in told[0]
    merged = {}
    for file in files:
        part = safetensors_numpy.load_file(tmp_path / file)
        assert {name for name, holder in found["weight_map"].items() if holder == file} == part.keys()
        assert sum(array.nbytes for array in part.values()) <= 300 or list(part) == ["large"]
        merged |= part
    same({name: merged[name] for name in arrays}, arrays)
    same(everything(tmp_path / INDEX), arrays)


def test_a_sharded_model_takes_the_place_of_another(tmp_path, same, everything):
    write(tmp_path / INDEX, FOUR, shard_bytes=8)
    (tmp_path / "m-notes.safetensors").write_text("mine")
    before = names(tmp_path)
    with read(tmp_path / INDEX) as weights:  # over itself
        write(tmp_path / INDEX, weights, shard_bytes=16)
    same(everything(tmp_path / INDEX), FOUR)
    assert len(names(tmp_path)) == 4
    write(tmp_path / INDEX, FOUR, shard_bytes=8)
    assert (len(names(tmp_path)), names(tmp_path)) == (6, before)


def test_a_sharded_model_is_complete_or_the_old_one(tmp_path, same, everything):
    class Fails(dict):
        reads = 0

        def __getitem__(self, name):
            self.reads += 1
            if self.reads > 7:
                raise OSError("of the source")
            return super().__getitem__(name)

    write(tmp_path / INDEX, FOUR, shard_bytes=8)
    before = names(tmp_path)
    with pytest.raises(OSError, match="of the source"):
        write(tmp_path / INDEX, Fails(FOUR), shard_bytes=8)
    assert names(tmp_path) == before
    same(everything(tmp_path / INDEX), FOUR)


def test_what_an_index_cannot_be(tmp_path):
    write(tmp_path / INDEX, FOUR)
    assert len(names(tmp_path)) == 2
    (tmp_path / f"link{INDEX}").symlink_to(INDEX)
    for name, more, reason in (
        ("m.bin.index.json", {}, "ends in .safetensors.index.json"),
        (f"link{INDEX}", {}, "is a link"),
        ("m.safetensors", {"shard_bytes": 8}, "only an index has shards"),
        (INDEX, {"shard_bytes": 0}, "only an index has shards"),
    ):
        with pytest.raises(WeightFileError, match=reason):
            write(tmp_path / name, FOUR, **more)
    assert len(names(tmp_path)) == 3


def test_an_index_that_is_damaged_takes_no_files_with_it(tmp_path, everything):
    write(tmp_path / INDEX, FOUR, shard_bytes=8)
    (tmp_path / INDEX).write_text('{"weight_map": {"a": "m-00001-of-00004.safetensors", "a": 1}}')
    write(tmp_path / INDEX, FOUR)
    assert len(names(tmp_path)) == 6
    assert len(everything(tmp_path / INDEX)) == 4
