"""MindSpore checkpoints against MindSpore itself, and files that must not be accepted."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from unified_nn.port.formats import WeightFileError, detect, limits, read, write
from unified_nn.port.formats.mindspore import SLICE_BYTES
from unified_nn.port.formats.protobuf import encoded_bytes, encoded_varint

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
]
#: MindSpore drops zero-size parameters when it saves, and reads an empty vector as the number 0.
FULL = {"matrix": (3, 5), "scalar": (), "one": (1,), "cube": (2, 1, 7)}
LOADED = {**FULL, "empty": (0, 3)}


def tensor(dims=(2,), kind=b"Float32", content=bytes(8), packed=False) -> bytes:
    sizes = b"".join(encoded_varint(size) for size in dims)
    shape = encoded_bytes(1, sizes) if packed else b"".join(b"\x08" + encoded_varint(size) for size in dims)
    return shape + encoded_bytes(2, kind) + encoded_bytes(3, content)


def value(tag=b"a", body: bytes | None = None, **more) -> bytes:
    return encoded_bytes(1, encoded_bytes(1, tag), encoded_bytes(2, tensor(**more) if body is None else body))


def summed(data: bytes) -> bytes:
    return data + b"crc_num" + zlib.crc32(data).to_bytes(10, "big")


def as_parameters(ms, arrays):
    return [{"name": name, "data": ms.Tensor(array)} for name, array in arrays.items()]


@pytest.mark.parametrize("checked", [False, True], ids=["plain", "crc"])
def test_reads_what_mindspore_writes(tmp_path, samples, same, everything, mindspore, checked):
    arrays = samples(*TYPES, shapes=FULL)
    mindspore.save_checkpoint(as_parameters(mindspore, arrays), str(tmp_path / "a.ckpt"), crc_check=checked)
    same(everything(tmp_path / "a.ckpt"), arrays)
    assert detect(tmp_path / "a.ckpt") == "mindspore"


def test_mindspore_reads_what_we_write(tmp_path, samples, mindspore):
    arrays = samples(*TYPES, shapes=LOADED)
    assert write(tmp_path / "a.ckpt", arrays) == ()
    found = mindspore.load_checkpoint(str(tmp_path / "a.ckpt"))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        other = found[name].asnumpy()
        assert (other.dtype, other.shape) == (array.dtype, array.shape)
        assert other.tobytes() == array.tobytes()


def test_bfloat16_agrees_with_mindspore(tmp_path, same, everything, mindspore):
    numbers = np.random.default_rng(0).standard_normal((3, 5)).astype("f4")
    theirs = mindspore.Tensor(numbers).astype(mindspore.bfloat16)
    mindspore.save_checkpoint([{"name": "a", "data": theirs}], str(tmp_path / "theirs.ckpt"))
    found = everything(tmp_path / "theirs.ckpt")
    assert found["a"].dtype.name == "bfloat16"
    write(tmp_path / "ours.ckpt", found)
    back = mindspore.load_checkpoint(str(tmp_path / "ours.ckpt"))["a"]
    assert back.dtype == mindspore.bfloat16
    np.testing.assert_array_equal(back.float().asnumpy(), found["a"].astype("f4"))


def test_reads_a_network_and_its_extra_values(tmp_path, everything, mindspore):
    net = mindspore.nn.SequentialCell(mindspore.nn.Dense(3, 4), mindspore.nn.BatchNorm1d(4))
    extra = {"epoch": 3, "rate": 0.5, "flag": True, "note": "é\U0001f600"}
    mindspore.save_checkpoint(net, str(tmp_path / "a.ckpt"), append_dict=extra)
    found = everything(tmp_path / "a.ckpt")
    expected = mindspore.load_checkpoint(str(tmp_path / "a.ckpt"))
    assert expected.pop("note") == "é\U0001f600"
    assert {name: a.shape for name, a in found.items()} == {name: p.shape for name, p in expected.items()}
    assert (found["epoch"][()], found["rate"][()], found["flag"][()]) == (3, 0.5, True)
    np.testing.assert_array_equal(found["1.gamma"], net[1].gamma.asnumpy())
    with read(tmp_path / "a.ckpt") as weights:
        assert weights.metadata == {"note": "é\U0001f600"}
        assert "'note'" in weights.notes[0]


@pytest.mark.parametrize("limit", [8, 12, 4096], ids=str)
def test_slices_are_written_as_mindspore_joins_them(tmp_path, samples, same, everything, mindspore, monkeypatch, limit):
    arrays = samples("float32", "float64", shapes=FULL)
    monkeypatch.setattr("unified_nn.port.formats.mindspore.SLICE_BYTES", limit)
    write(tmp_path / "a.ckpt", arrays)
    same(everything(tmp_path / "a.ckpt"), arrays)
    found = mindspore.load_checkpoint(str(tmp_path / "a.ckpt"))
    assert {name: p.asnumpy().tobytes() for name, p in found.items()} == {n: a.tobytes() for n, a in arrays.items()}


def test_reads_slices_that_mindspore_writes(tmp_path, same, everything, mindspore, monkeypatch):
    monkeypatch.setattr("mindspore.train.serialization.SLICE_SIZE", 1)  # kilobytes; 512 MiB without this
    arrays = {"a": np.arange(700.0), "b": np.arange(3.0), "c": np.arange(3000, dtype="f4").reshape(3, 1000)}
    mindspore.save_checkpoint(as_parameters(mindspore, arrays), str(tmp_path / "a.ckpt"), crc_check=True)
    assert (tmp_path / "a.ckpt").read_bytes().count(b"Float32") == 12
    same(everything(tmp_path / "a.ckpt"), arrays)


GOOD = {
    "packed dims": value(dims=(1, 2), packed=True),
    "old scalar": value(dims=(0,), content=bytes(4)),
    "fields in another order": encoded_bytes(
        1,
        encoded_bytes(2, encoded_bytes(3, bytes(8)) + encoded_bytes(2, b"Float32") + b"\x08\x02"),
        encoded_bytes(1, b"a"),
    ),
    "unknown fields": b"\x48\x07"
    + encoded_bytes(9, b"xyz")
    + b"\x55"
    + bytes(4)
    + b"\x59"
    + bytes(8)
    + encoded_bytes(1, encoded_bytes(1, b"a"), encoded_bytes(2, tensor() + b"\x78\x01")),
    "odd name": value("é/..\n".encode()),
    "checksum": summed(value()),
}


@pytest.mark.parametrize("name", [name for name in GOOD if name != "unknown fields"])
def test_unusual_files_read_like_mindspore(tmp_path, everything, mindspore, name):
    (tmp_path / "a.ckpt").write_bytes(GOOD[name])
    ((key, expected),) = mindspore.load_checkpoint(str(tmp_path / "a.ckpt")).items()
    np.testing.assert_array_equal(everything(tmp_path / "a.ckpt")[key], expected.asnumpy(), strict=True)


def test_unknown_fields_are_passed_over(tmp_path, everything):
    (tmp_path / "a.ckpt").write_bytes(value() + GOOD["unknown fields"].replace(b"\x0a\x01a", b"\x0a\x01b"))
    assert list(everything(tmp_path / "a.ckpt")) == ["a", "b"]


@pytest.mark.parametrize("mode", ["AES-GCM", "AES-CBC", "SM4-CBC"])
def test_names_an_encrypted_checkpoint(tmp_path, refused, mindspore, mode):
    parameter = {"name": "a", "data": mindspore.Tensor(np.zeros(3, "f4"))}
    mindspore.save_checkpoint([parameter], str(tmp_path / "a.ckpt"), enc_key=b"0123456789abcdef", enc_mode=mode)
    assert "encrypted MindSpore" in refused(tmp_path / "a.ckpt")


def test_an_empty_vector_is_left_out_and_told(tmp_path, everything):
    told = write(tmp_path / "a.ckpt", {"a": np.zeros(0), "b": np.zeros((0, 2)), "c": np.ones(1)})
    assert "'a'" in told[0]
    assert list(everything(tmp_path / "a.ckpt")) == ["b", "c"]


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"a": np.zeros(2, "c8")}, "cannot hold complex64"),
        ({}, "cannot be empty"),
        ({"a": np.zeros(0)}, "cannot be empty"),
    ],
    ids=["complex64", "nothing", "only empty"],
)
def test_refuses_to_write(tmp_path, tensors, reason):
    with pytest.raises(WeightFileError, match=reason):
        write(tmp_path / "a.ckpt", tensors)
    assert list(tmp_path.iterdir()) == []


FIRST = value(b"first")
HOSTILE = {
    "name twice in a row": value() + value(),
    "name twice": value() + FIRST + value(),
    "empty name twice": value(dims=(0, 3), content=b"") * 2,
    "slices of two shapes": value(dims=(4,)) + value(dims=(2, 2)),
    "slices of two types": value(dims=(4,)) + value(dims=(4,), kind=b"Int32"),
    "slice missing": value(dims=(4,)),
    "slice too many": value(dims=(4,)) * 3,
    "content too long": value(content=bytes(12)),
    "content too short": value(content=bytes(7)),
    "dims of 2^60": value(dims=(1 << 60,)),
    "dims overflow": value(dims=(1 << 32, 1 << 32), content=b""),
    "dims overflow to the right size": value(dims=((1 << 63) + 1, 2)),
    "negative dims": FIRST
    + encoded_bytes(1, encoded_bytes(1, b"a"), encoded_bytes(2, b"\x08" + b"\xff" * 9 + b"\x01" + tensor())),
    "1000 dims": FIRST + value(dims=(1,) * 1000, content=bytes(4)),
    "1000 packed dims": FIRST + value(dims=(1,) * 1000, content=bytes(4), packed=True),
    "dims of another wire type": FIRST + value(body=b"\x0d" + bytes(4) + tensor()[2:]) + b"\1",
    "unknown type": value(kind=b"Float31"),
    "4-bit type": value(kind=b"Int4"),
    "type that is no UTF-8": FIRST + value(kind=b"\xff"),
    "type is missing": FIRST + value(body=b"\x08\x02" + encoded_bytes(3, bytes(8))),
    "content is missing": FIRST + value(body=b"\x08\x02" + encoded_bytes(2, b"Float32")),
    "type twice": FIRST + value(body=tensor() + encoded_bytes(2, b"Int32")),
    "content twice": FIRST + value(body=tensor() + encoded_bytes(3, bytes(8))),
    "content is a number": FIRST + value(body=encoded_bytes(2, b"Float32") + b"\x18\x01"),
    "tag is missing": FIRST + encoded_bytes(1, encoded_bytes(2, tensor())),
    "tag twice": FIRST + encoded_bytes(1, encoded_bytes(1, b"a") * 2, encoded_bytes(2, tensor())),
    "tag that is no UTF-8": FIRST + value(b"\xff\xfe"),
    "tag with a zero character": value(b"a\0b"),
    "tag of 1 MB": FIRST + value(b"a" * 1_000_000),
    "tensor is missing": FIRST + encoded_bytes(1, encoded_bytes(1, b"a")),
    "tensor twice": FIRST + encoded_bytes(1, encoded_bytes(1, b"a"), encoded_bytes(2, tensor()) * 2),
    "map tensor": FIRST + encoded_bytes(1, encoded_bytes(1, b"a"), encoded_bytes(3, encoded_bytes(1, tensor()))),
    "length of 2^63": FIRST + b"\x0a" + b"\xff" * 8 + b"\x7f",
    "length beyond the file": FIRST + b"\x0a\x50" + b"a" * 79,
    "inner length beyond the outer": FIRST + b"\x0a\x03\x0a\x10" + bytes(40),
    "number of 11 bytes": FIRST + b"\x0a" + b"\xff" * 10 + b"\x01",
    "number above 64 bits": FIRST + b"\x0a" + b"\xff" * 9 + b"\x7f",
    "number above 64 bits in an unknown field": FIRST + b"\x48" + b"\xff" * 9 + b"\x7f",
    "number cut short": FIRST + b"\x0a\xff",
    "group": FIRST + b"\x0b\x0c",
    "unknown wire type": FIRST + b"\x0f",
    "field 0": FIRST + b"\x02\x00",
    "field 2^29": FIRST + encoded_varint(1 << 32 | 2) + b"\0",
    "zeros behind": FIRST + bytes(100),
    "checksum wrong": FIRST + b"crc_num" + bytes(10),
    "checksum cut short": summed(FIRST)[:-1],
    "checksum alone": summed(b""),
    "checksum in front": summed(FIRST) + value(),
    "text that is no UTF-32": FIRST + value(dims=(0,), kind=b"str", content=b"\xff" * 8),
    "text of half a character": FIRST + value(dims=(0,), kind=b"str", content=b"aaa"),
    "text twice": value(dims=(0,), kind=b"str") * 2 + FIRST,
    "bool of 2": value(kind=b"Bool", content=b"\1\2"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses(tmp_path, refused, name):
    (tmp_path / "a.ckpt").write_bytes(HOSTILE[name])
    refused(tmp_path / "a.ckpt")


def test_refuses_entries_without_end(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(limits, "MEMBERS", 100)
    (tmp_path / "a.ckpt").write_bytes(b"".join(value(b"%d" % i) for i in range(101)))
    assert "too many parameters" in refused(tmp_path / "a.ckpt")


def test_the_slice_size_is_that_of_mindspore(mindspore):
    from mindspore.train import serialization

    assert serialization.SLICE_SIZE << 10 == SLICE_BYTES


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_reads_complex_numbers_that_mindspore_itself_cannot_load(tmp_path, same, everything, mindspore, dtype):
    arrays = {"a": (np.arange(6) - 2j).astype(dtype).reshape(2, 3)}
    mindspore.save_checkpoint(as_parameters(mindspore, arrays), str(tmp_path / "a.ckpt"))
    same(everything(tmp_path / "a.ckpt"), arrays)
    with pytest.raises(Exception, match="Complex"):
        mindspore.load_checkpoint(str(tmp_path / "a.ckpt"))


def test_zero_size_parameters_that_mindspore_drops_are_missing(tmp_path, everything, mindspore):
    arrays = {"a": np.zeros((0, 3), "f4"), "b": np.ones(2, "f4")}
    mindspore.save_checkpoint(as_parameters(mindspore, arrays), str(tmp_path / "a.ckpt"))
    assert list(everything(tmp_path / "a.ckpt")) == ["b"]
