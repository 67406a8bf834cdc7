"""Files that are mistaken for weight files, and what to tell the user."""

from __future__ import annotations

from unified_nn.port.formats.source import Source

_TEXT_CHARACTERS = frozenset(range(32, 127)) | {9, 10, 13}
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "a git-lfs pointer, not the file itself; run: git lfs pull"),
    (b"<", "a web page or XML, not weights; was the download refused?"),
    (b"\x1f\x8b", "gzip data; unpack it first"),
    (b"BZh", "bzip2 data; unpack it first"),
    (b"\xfd7zXZ", "xz data; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "zstd data; unpack it first"),
    (b"\x89HDF", "an HDF5 file (Keras); this format is not read"),
    (b"GGUF", "a GGUF file; this format is not read"),
    *(
        (bytes((cipher, 0x5E, 0x3A, 0x7F)), "an encrypted MindSpore checkpoint; decrypt it with MindSpore first")
        for cipher in (0xD8, 0xD9, 0xDA)
    ),
    (b"PK", "a zip archive, but neither of torch.save nor of numpy.savez"),
    *((bytes((0x80, protocol)), "a bare pickle, and unpickling could run any code") for protocol in range(2, 6)),
)


def what_it_is(source: Source, head: bytes) -> str:
    """A sentence about a file that no format recognises."""
    if not head:
        return "the file is empty"
    if head[257:262] == b"ustar":
        return "a tar archive (torch before 0.1.10 wrote such files): load and save it again with a newer torch"
    text = head.lstrip()
    for beginning, meaning in _BEGINNINGS:
        if (text if beginning == b"<" else head).startswith(beginning):
            return f"this is {meaning}"
    if set(head) <= _TEXT_CHARACTERS:
        return "this is a text file, not weights"
    return "not a weight file of a known format"
