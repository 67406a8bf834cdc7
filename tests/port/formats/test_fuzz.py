"""Random damage to good files: what comes out is a weight file or a WeightFileError, and never anything else."""

from __future__ import annotations

import contextlib
import io
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_nn.port.formats import FORMATS, WeightFileError, read, write

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
