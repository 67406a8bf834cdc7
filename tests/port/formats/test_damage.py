"""Every format: files cut short, with flipped bits, or that are no files at all."""

from __future__ import annotations

import os
import signal
import socket
import zlib
from pathlib import Path

import numpy as np
import pytest

from unified_nn.port.formats import FORMATS, WeightFileError, detect, read, write

WRITTEN = [format.name for format in FORMATS if format.name != "sharded"]
SUMMED = ["npz", "torch", "mindspore", "safetensors of mindspore"]
ARRAYS = {"first.weight": np.arange(12, dtype="f4").reshape(3, 4), "b": np.arange(5), "c": np.ones((2, 1), "f2")}


def content(path: Path, name: str) -> bytes:
    """A small good file of the format."""
    arrays = {"arr_0": ARRAYS["b"]} if name == "npy" else ARRAYS
    write(path, arrays, name.split()[0], metadata=crc_metadata() if "of mindspore" in name else None)
    data = path.read_bytes()
    if name == "mindspore":
        data += b"crc_num" + zlib.crc32(data).to_bytes(10, "big")
    return data


def crc_metadata() -> dict[str, str]:
    crc = 0
    for name in sorted(ARRAYS):
        crc = zlib.crc32(ARRAYS[name].tobytes(), zlib.crc32(name.encode(), crc))
    return {"format": "ms", "crc_num": str(crc)}


def seen(path: Path, data: bytes) -> dict[str, tuple[str, tuple[int, ...], bytes]] | None:
    """What can be read of the data; None if it is refused."""
    path.write_bytes(data)
    try:
        with read(path) as weights:
            return {name: (a.dtype.name, a.shape, a.tobytes()) for name, a in weights.items()}
    except WeightFileError:
        return None


@pytest.mark.parametrize("part", [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])
@pytest.mark.parametrize("name", WRITTEN)
def test_refuses_a_part(tmp_path, refused, name, part):
    data = content(tmp_path / "a", name)
    (tmp_path / "a").write_bytes(data[: int(len(data) * part)])
    refused(tmp_path / "a")


@pytest.mark.parametrize("name", WRITTEN)
def test_refuses_every_part(tmp_path, name):
    data = content(tmp_path / "a", name)
    survivors = [length for length in range(len(data)) if seen(tmp_path / "a", data[:length]) is not None]
    # Nothing in a checkpoint tells that entries are missing behind the last one.
    between = np.cumsum([len(content_of_one(tmp_path / "b", name)) for name in ARRAYS]).tolist()
    assert survivors == (between if name == "mindspore" else [])


def content_of_one(path: Path, name: str) -> bytes:
    write(path, {name: ARRAYS[name]}, "mindspore")
    return path.read_bytes()


@pytest.mark.parametrize("name", SUMMED)
def test_a_flipped_bit_changes_nothing_or_is_refused(tmp_path, name):
    data = content(tmp_path / "a", name)
    good = seen(tmp_path / "a", data)
    assert good is not None
    refusals = 0
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 1 << (position * 5 % 8)
        found = seen(tmp_path / "a", bytes(flipped))
        assert found in (None, good), position
        refusals += found is None
    assert refusals > 0.5 * len(data)


@pytest.mark.parametrize("name", [name for name in WRITTEN if name not in SUMMED] + ["mindspore"])
def test_a_flipped_bit_without_checksum_is_never_another_error(tmp_path, name):
    data = content(tmp_path / "a", name)
    data = data[:-17] if name == "mindspore" else data
    outcomes = set()
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 1 << (position * 5 % 8)
        outcomes.add(seen(tmp_path / "a", bytes(flipped)) is None)
    assert outcomes == {True, False}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_cut_short_while_it_is_open(tmp_path, name):
    data = content(tmp_path / "a", name)
    with read(tmp_path / "a") as weights:
        os.truncate(tmp_path / "a", len(data) // 8)
        with pytest.raises(WeightFileError, match="became shorter"):
            dict(weights)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_closed_file(tmp_path, name):
    content(tmp_path / "a", name)
    with read(tmp_path / "a") as weights:
        pass
    weights.close()
    with pytest.raises(WeightFileError, match="closed"):
        next(iter(weights.values()))


def fifo(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.fspath(path))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.mkdir, "a directory"),
        (fifo, "a pipe"),
        (unix_socket, "a socket"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
        (lambda path: path.symlink_to("/dev/null"), "a device"),
        (lambda path: path.symlink_to("nowhere"), "No such file"),
        (lambda path: path.symlink_to(path.name), "symbolic links"),
        (lambda path: None, "No such file"),
    ],
    ids=["directory", "fifo", "socket", "zero", "null", "dangling", "loop", "missing"],
)
@pytest.mark.parametrize("function", [read, detect])
def test_refuses_what_is_no_file(tmp_path, monkeypatch, make, reason, function):
    monkeypatch.chdir(tmp_path)  # a socket's path may have 107 characters only
    make(Path("a"))
    with pytest.raises(WeightFileError, match=reason):
        function("a")


def test_a_pipe_put_in_the_place_of_a_file_does_not_hang(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "a")
    (tmp_path / "b").write_bytes(b"")
    before = (tmp_path / "b").stat()
    monkeypatch.setattr("unified_nn.port.formats.source.Path.stat", lambda path: before)
    signal.alarm(20)
    try:
        with pytest.raises(WeightFileError, match="a pipe"):
            read(tmp_path / "a")
    finally:
        signal.alarm(0)


def test_a_name_with_control_characters_is_escaped(tmp_path):
    with pytest.raises(WeightFileError) as caught:
        read(tmp_path / "\x1b[31m\n")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        (b"\n <!DOCTYPE html><html>Access denied</html>", "web page"),
        (b"\x1f\x8b\x08\0" + bytes(9), "gzip"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\xfd7zXZ\0" + bytes(9), "xz"),
        (b"\x28\xb5\x2f\xfd" + bytes(9), "zstd"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
        (b"GGUF\3\0\0\0", "GGUF"),
        (b"weights" + bytes(250) + b"ustar\00000" + bytes(300), "tar archive"),
        (b"\xd8\x5e\x3a\x7f" + bytes(40), "encrypted"),
        (b"PK\5\6" + bytes(18) + b"x", "zip directory"),
        (b"\x80\4\x95\5\0\0\0\0\0\0\0}\x94.", "pickle"),
        (b'{"a": 1}', "text file"),
        (b"\nhello", "text file"),
        (b"hello", "text file"),
        (b"\0" * 4096, "not a weight file"),
        (os.urandom(3) + b"\xff" * 4096, "not a weight file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_impostors_are_named(tmp_path, refused, data, reason):
    (tmp_path / "a.pt").write_bytes(data)
    assert reason in refused(tmp_path / "a.pt")


@pytest.mark.parametrize("name", WRITTEN)
def test_the_content_decides_not_the_extension(tmp_path, everything, name):
    path = tmp_path / "a.txt"
    path.write_bytes(content(tmp_path / "b", name))
    assert detect(path) == name
    assert len(everything(path)) in (1, 3)
