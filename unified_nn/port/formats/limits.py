"""What a weight file may ask for; checked before anything is allocated."""

from __future__ import annotations

import numpy as np

HEADER_BYTES = 100_000_000
"""A JSON header, a pickle, a zip directory or an index."""

NAME_BYTES = 65_536
"""One tensor's name."""

NAMES_CHARACTERS = 32_000_000
"""All names of one file together: nested containers could otherwise repeat a long prefix without end."""

ENTRIES = 200_000
"""Tensors that a JSON header or index may name: the largest published indexes have about 140 000."""

MEMBERS = 50_000
"""Tensors or archive members of one file whose parts are read one by one."""

FIELDS = 1_000_000
"""Fields and sizes of one protobuf file, with those that are passed over."""

DIRECTORY_BYTES = 32_000_000
"""A zip directory."""

PARSED_BYTES = 400_000_000
"""Memory that JSON text takes, with everything parsed from it; about 200 bytes for each part."""

METADATA_VALUES = 10_000
"""Values besides tensors that are kept of a checkpoint; the rest is only counted."""

DIMENSIONS = 64 if int(np.__version__.split(".")[0]) >= 2 else 32
"""NumPy's own limit."""

ELEMENTS = 1 << 48

EXPANDED_BYTES = 1 << 30
"""Bytes that a tensor may have beyond what the file holds for it (deflate, strided views, sparse), unless raised."""

REPEATED = 16
"""How often a file's bytes may be used over all its tensors, beyond EXPANDED_BYTES (tied weights)."""

SHARDS = 4096
"""Files that one index may name; each is kept open."""

PICKLE_OPCODES = 2_000_000
PICKLE_TEXT = 200_000_000
"""Memory for all texts of one pickle; a character may take four bytes."""

PICKLE_MEMO = 1_000_000
PICKLE_STACK = 100_000
PICKLE_MARKS = 1_000
LEAVES = 1_000_000
"""Values met while walking an unpickled object; containers may be shared, so this is not bounded by the file."""

NESTING = 32

ZIP64_BYTES = 1 << 31
"""From this size on a zip member is written with 64-bit sizes."""
