"""Random damage to good files: what comes out is a weight file or a WeightFileError, and never anything else."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_nn.port.formats import FORMATS, WeightFileError, read, write
from unified_nn.port.formats.mxnet_arrays import V1, V2, V3
from unified_nn.port.formats.protobuf import encoded_bytes, encoded_varint

WRITTEN = [format.name for format in FORMATS if format.name != "sharded"]
INTERESTING = [
    0,
    1,
    2,
    7,
    8,
    127,
    128,
    255,
    256,
    65535,
    65536,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 62,
    (1 << 64) - 1,
]


@cache
def good(name: str) -> bytes:
    arrays = {"a.weight": np.arange(6, dtype="f4").reshape(2, 3), "b": np.ones((0, 2), "i8"), "c": np.array([True])}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        write(path, {"arr_0": arrays["a.weight"]} if name == "npy" else arrays, name)
        return path.read_bytes()


@st.composite
def changes(draw, size: int) -> list[tuple[str, int, bytes]]:
    """Up to four edits: bytes overwritten, put in, cut out, a number of 1 to 8 bytes overwritten."""
    edits = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["over", "in", "out", "number", "number"]))
        if kind == "number":
            width = draw(st.sampled_from([1, 2, 4, 8]))
            value = draw(st.sampled_from(INTERESTING)) % (1 << (8 * width))
            data = value.to_bytes(width, draw(st.sampled_from(["little", "big"])))
        else:
            data = draw(st.binary(min_size=1, max_size=9))
        edits.append((kind, draw(st.integers(0, size - 1)), data))
    return edits


def damaged(data: bytes, edits: list[tuple[str, int, bytes]]) -> bytes:
    for kind, position, new in edits:
        keep = position + (0 if kind == "in" else len(new))
        data = data[:position] + (b"" if kind == "out" else new) + data[keep:]
    return data


def check(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(WeightFileError):
        (Path(folder) / "a").write_bytes(data)
        with read(Path(folder) / "a", max_expanded=1 << 20) as weights:
            for entry in weights.entries:
                array = weights[entry.name]
                assert (array.shape, array.nbytes) == (entry.shape, entry.nbytes)


SETTINGS = settings(
    max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("name", WRITTEN)
def test_damage(name):
    @SETTINGS
    @given(changes(len(good(name))))
    def run(edits):
        check(damaged(good(name), edits))

    run()


@pytest.mark.parametrize("name", WRITTEN)
def test_two_files_spliced(name):
    @SETTINGS
    @given(st.sampled_from(WRITTEN), st.integers(0, 2000), st.integers(0, 2000))
    def run(other, first, second):
        check(good(name)[:first] + good(other)[second:])

    run()


OPCODES = [bytes([code]) for code in b"()tQR}]usaeqhjrNKMJX.cb\x80\x85\x86\x87\x88\x89\x8a\x93\x94\x95\x8c"]
TOKENS = [
    b"ctorch\nFloatStorage\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"ctorch._utils\n_rebuild_tensor_v3\n",
    b"ctorch._utils\n_rebuild_parameter\n",
    b"ctorch._tensor\n_rebuild_from_type_v2\n",
    b"ctorch\nTensor\n",
    b"ctorch\nfloat32\n",
    b"ctorch\nSize\n",
    b"ccollections\nOrderedDict\n)R",
    b"ctorch.storage\nUntypedStorage\n",
    b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\6tQ",
    b"X\1\0\0\0a",
    b"K\2K\3\x86",
    b"K\3K\1\x86",
    b"q\1",
    b"h\1",
]


@SETTINGS
@given(st.lists(st.sampled_from(OPCODES + TOKENS * 3), max_size=30))
def test_random_pickles(parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("r/data.pkl", b"\x80\2" + b"".join(parts) + b".")
        archive.writestr("r/data/0", bytes(24))
    check(buffer.getvalue())


# ---- damage that checksums, lengths and syntax do not give away ----


@pytest.mark.parametrize(("name", "ending"), [("torch", "data.pkl"), ("torch", "byteorder"), ("npz", ".npy")])
def test_members_with_the_right_checksum(name, ending):
    with zipfile.ZipFile(io.BytesIO(good(name))) as file:
        members = {member: file.read(member) for member in file.namelist()}
    chosen = next(member for member in members if member.endswith(ending))

    @SETTINGS
    @given(changes(len(members[chosen])), st.booleans())
    def run(edits, packed):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
            for member, data in members.items():
                archive.writestr(member, damaged(data, edits) if member == chosen else data)
        check(buffer.getvalue())

    run()


NUMBERS = st.sampled_from([*INTERESTING, -1, -(1 << 63), 3, 4, 6, 24])
SCALARS = NUMBERS | st.sampled_from([None, True, 1.5, "F32", "BOOL", "BF16", "I64", "", "a", "\0"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner))


@SETTINGS
@given(
    st.lists(st.tuples(st.sampled_from(["a.weight", "b", "c", "new", "__metadata__"]),
                       st.sampled_from([None, "dtype", "shape", "data_offsets", "more"]), VALUES), max_size=4),
    st.integers(0, 40),
)  # fmt: skip
def test_headers_that_are_json(edits, size):
    data = good("safetensors")
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    for name, key, value in edits:
        if key is None:
            header[name] = value
        elif isinstance(header.get(name), dict):
            header[name][key] = value
    text = json.dumps(header).encode()
    check(struct.pack("<Q", len(text)) + text + bytes(size))


FIELD = st.one_of(
    st.builds(lambda size: b"\x08" + encoded_varint(size % (1 << 64)), NUMBERS),
    st.builds(lambda sizes: encoded_bytes(1, *(encoded_varint(n % (1 << 64)) for n in sizes)), st.lists(NUMBERS)),
    st.builds(encoded_bytes, st.just(2), st.sampled_from([b"Float32", b"Bool", b"str", b"Int4", b"\xff"])),
    st.builds(encoded_bytes, st.just(3), st.binary(max_size=24)),
    st.builds(encoded_bytes, st.integers(4, 20), st.binary(max_size=3)),
)
TENSOR = st.lists(FIELD, max_size=6).map(b"".join)
ENTRY = st.lists(
    st.one_of(st.builds(encoded_bytes, st.just(1), st.sampled_from([b"a", b"b", b""])),
              st.builds(encoded_bytes, st.integers(2, 4), TENSOR)), max_size=4).map(b"".join)  # fmt: skip


@SETTINGS
@given(st.lists(ENTRY, max_size=5))
def test_messages_with_the_right_lengths(entries):
    first = encoded_bytes(1, encoded_bytes(1, b"z"), encoded_bytes(2, encoded_bytes(2, b"str"), encoded_bytes(3, b"")))
    check(first + b"".join(encoded_bytes(1, entry) for entry in entries))


SHAPE = st.lists(NUMBERS.filter(lambda n: -(1 << 63) <= n < 1 << 63) | st.integers(0, 3), max_size=3).map(
    lambda sizes: struct.pack(f"<i{len(sizes)}q", len(sizes), *sizes)
)
INDEX = st.builds(lambda flag, shape: struct.pack("<i", flag) + shape, st.sampled_from([4, 6, 0]), SHAPE)
ARRAY = st.builds(
    lambda magic, stype, block, shape, flag, indices, data: (
        struct.pack("<Ii", magic, stype) + (block if stype > 0 else b"") + shape
        + struct.pack("<3i", 1, 0, flag) + b"".join(indices[: max(stype, 0)]) + data
    ),
    st.sampled_from([V1, V2, V2, V3, 0, 2]), st.integers(-1, 3), SHAPE, SHAPE, st.integers(-1, 13),
    st.lists(INDEX, min_size=3, max_size=3), st.sampled_from([0, 4, 8, 12, 24, 48]).map(bytes),
)  # fmt: skip


@SETTINGS
@given(st.lists(ARRAY, max_size=3), st.integers(-1, 1))
def test_arrays_with_the_right_counts(arrays, more):
    names = b"".join(struct.pack("<Q", 1) + b"%d" % number for number in range(len(arrays)))
    head = struct.pack("<3Q", 0x112, 0, max(len(arrays) + more, 0))
    check(head + b"".join(arrays) + struct.pack("<Q", len(arrays)) + names)
