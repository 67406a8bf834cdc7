"""Cells in a row, in a list, in a dictionary."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from unified_nn.errors import ArgumentError, IndexRangeError, make
from unified_nn.mindspore.nn.cell import Cell, rename
from unified_nn.vocabulary.tree import Module


def _cell(value: Any, where: str) -> Module:
    if not isinstance(value, Module):
        message = f"each cell must be subclass of Cell, but got {type(value).__name__}"
        raise make(ArgumentError, message, TypeError, where)
    return value


class _Numbered(Cell):
    """Children named 0, 1, 2, ..., whose parameters are named after them."""

    def _add(self, name: str, cell: Any) -> None:
        checked = _cell(cell, type(self).__name__)
        if self._auto_prefix:
            rename(checked, f"{self._prefix()}{name}.")
        self._modules[name] = checked

    def _prefix(self) -> str:
        """What comes before the children's names in the names of their parameters, once this cell has a parent."""
        for key, child in self._modules.items():
            for path, p in Cell.parameters_and_names(child) if isinstance(child, Cell) else ():
                own = f"{key}.{path}"
                return p.name.removesuffix(own) if p.name.endswith(own) else ""
        return ""

    def _renumber(self, cells: Iterable[Module]) -> None:
        prefix = self._prefix()
        self._modules.clear()
        for number, cell in enumerate(cells):
            self._modules[str(number)] = cell
            if self._auto_prefix:
                rename(cell, f"{prefix}{number}.")

    def _place(self, index: Any, length: int) -> int:
        if not isinstance(index, int):
            message = f"the type of 'index' must be int or slice, but got {type(index).__name__}"
            raise make(ArgumentError, message, TypeError, type(self).__name__)
        if not -length <= index < length:
            message = f"the value of 'index' must be in [{-length}, {length}), but got {index}"
            raise make(IndexRangeError, message, IndexError, type(self).__name__)
        return index % length

    def __len__(self) -> int:
        return len(self._modules)

    def __bool__(self) -> bool:
        return bool(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._modules.values()))

    def __setitem__(self, index: int, cell: Any) -> None:
        self._add(list(self._modules)[self._place(index, len(self))], cell)

    def __delitem__(self, index: int | slice) -> None:
        cells = list(self._modules.values())
        del cells[index if isinstance(index, slice) else self._place(index, len(self))]
        self._renumber(cells)

    def append(self, cell: Any) -> None:
        """Add a cell at the end."""
        self._add(str(len(self)), cell)

    def insert(self, index: int, cell: Any) -> None:
        """Add a cell before the one at `index`."""
        cells = list(self._modules.values())
        cells.insert(self._place(index, len(self) + 1), _cell(cell, type(self).__name__))
        self._renumber(cells)


class SequentialCell(_Numbered):
    """Each cell's output is the next one's input."""

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            for name, cell in args[0].items():
                setattr(self, name, _cell(cell, "SequentialCell"))
            return
        cells = args[0] if len(args) == 1 and isinstance(args[0], (list, tuple)) else args
        for cell in cells:
            self.append(cell)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return list(self._modules.values())[self._place(index, len(self))]

    @property
    def cell_list(self) -> list[Any]:
        return list(self._modules.values())

    def construct(self, input_data: Any) -> Any:
        for cell in self._modules.values():
            input_data = cell(input_data)
        return input_data


class CellList(_Numbered):
    """A list of cells that are registered."""

    def construct(self, *xs: Any) -> Any:
        raise make(ArgumentError, "a CellList computes nothing; call its cells", NotImplementedError, "CellList")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(kwargs.pop("auto_prefix", True))
        if kwargs:
            raise TypeError(f"CellList.__init__() got an unexpected keyword argument {next(iter(kwargs))!r}")
        if args:
            self.extend(*args)

    def extend(self, cells: list[Any]) -> CellList:
        """Add all cells of a list at the end."""
        if not isinstance(cells, list):
            message = f"the new cells should be instance of list, but got {type(cells).__name__}"
            raise make(ArgumentError, message, TypeError, "CellList")
        for cell in cells:
            self.append(cell)
        return self

    __iadd__ = extend

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return CellList(list(self._modules.values())[index])
        return list(self._modules.values())[self._place(index, len(self))]


class CellDict(Cell):
    """A dictionary of cells that are registered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(kwargs.pop("auto_prefix", True))
        if args:
            self.update(args[0])

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, cell: Any) -> None:
        self.insert_child_to_cell(key, _cell(cell, "CellDict"))
        if self._auto_prefix:
            rename(cell, f"{key}.")

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        self._modules.clear()

    def pop(self, key: str) -> Any:
        return self._modules.pop(key)

    def keys(self) -> Any:
        return self._modules.keys()

    def values(self) -> Any:
        return self._modules.values()

    def items(self) -> Any:
        return self._modules.items()

    def update(self, cells: Any) -> None:
        """Add all pairs of a mapping or a list."""
        for key, cell in cells.items() if isinstance(cells, (Mapping, CellDict)) else cells:
            self[key] = cell


__all__ = ["CellDict", "CellList", "SequentialCell"]
