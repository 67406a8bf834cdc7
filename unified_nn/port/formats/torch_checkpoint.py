"""A torch file as the object that was saved in it, nested and shared as it was: what `torch.load` and `save` need."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from unified_nn.port.formats import limits, torch_legacy, torch_zip
from unified_nn.port.formats.atomic import replacing
from unified_nn.port.formats.dtypes import DTYPES
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.impostors import what_it_is
from unified_nn.port.formats.pending import Pending
from unified_nn.port.formats.source import Source
from unified_nn.port.formats.torch_nodes import View
from unified_nn.port.formats.torch_views import Opened, stored
from unified_nn.port.formats.weight_file import Array

_HEAD_BYTES = 512


class Checkpoint:
    """An open torch file: `top` is the object, of plain values and nodes; `array` reads the values of a tensor.

    `max_expanded` bounds what all tensors together may take beyond the bytes of the file (repeated, strided views).
    """

    def __init__(self, path: str | os.PathLike[str], max_expanded: int = limits.EXPANDED_BYTES) -> None:
        self.source = Source(path)
        try:
            self._opened = _opened(self.source)
        except BaseException:
            self.source.close()
            raise
        self.top = self._opened.top
        self._left = limits.REPEATED * self.source.size + max_expanded
        self._max_expanded = max_expanded

    def array(self, view: View, name: str) -> Array:
        """The values of one tensor, as an array of its own in C order."""
        found = stored(self.source, name, view, self._opened)
        self._left -= found.nbytes
        if self._left < 0 or found.nbytes > max(found.span, self._max_expanded):
            raise self.source.error(
                f"tensor {quoted(name)} would grow from {found.span} to {found.nbytes} bytes of memory",
                expected=f"at most {self._max_expanded} bytes more than the file holds",
            )
        return found.load()

    def whole(self, view: View) -> View:
        """All of the storage that a tensor is a view of, as one axis of the tensor's elements."""
        count = view.storage.count
        if view.storage.dtype is None:
            count //= DTYPES[view.dtype].itemsize
        return View(view.storage, view.dtype, 0, (count,), (1,))

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.source.close()


def _opened(source: Source) -> Opened:
    head = source.read(0, min(source.size, _HEAD_BYTES), "beginning")
    if torch_zip.recognises(source, head):
        return torch_zip.opened(source)
    if torch_legacy.recognises(source, head):
        return torch_legacy.opened(source)
    raise source.error(what_it_is(source, head), expected="a file of torch.save")


def write(path: str | os.PathLike[str], top: object, storages: Sequence[Pending], *, legacy: bool = False) -> None:
    """Write an object of plain values and nodes; the storages are those its tensors name as "0", "1", ...

    The old file stays until the new one is complete.
    """
    with replacing(Path(path)) as target:
        (torch_legacy if legacy else torch_zip).write_object(target, top, storages)
