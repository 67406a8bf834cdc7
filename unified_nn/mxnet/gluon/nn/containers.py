"""Blocks made of blocks, and of functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.mxnet.gluon.block import Block, indented
from unified_nn.mxnet.gluon.hybrid import HybridBlock, is_symbolic
from unified_nn.mxnet.ndarray.function import FUNCTIONS
from unified_nn.vocabulary import tree


class _Stack(Block):
    """One child after the other."""

    def add(self, *blocks: tree.Module) -> None:
        """Append children."""
        for block in blocks:
            self.register_child(block)

    def _through(self, x: Any, args: tuple[Any, ...]) -> Any:
        for block in self._children.values():
            x = block(x, *args)
            args = ()
            if isinstance(x, (tuple, list)):
                args, x = tuple(x[1:]), x[0]
        return [x, *args] if args else x

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[tree.Module]:
        return iter(self._children.values())

    def __getitem__(self, key: int | slice) -> Any:
        found = list(self._children.values())[key]
        if not isinstance(found, list):
            return found
        part = type(self)(prefix=self.prefix)
        with part.name_scope():
            part.add(*found)
        return part

    def __repr__(self) -> str:
        lines = "\n".join(f"  ({name}): {indented(child)}" for name, child in self._children.items())
        return f"{type(self).__name__}(\n{lines}\n)"


class Sequential(_Stack):
    """Children of any kind, one after the other."""

    def forward(self, x: Any, *args: Any) -> Any:
        return self._through(x, args)


class HybridSequential(_Stack, HybridBlock):
    """Hybrid children, one after the other."""

    def forward(self, x: Any, *args: Any) -> Any:
        if is_symbolic((x, *args)):
            return self.trace(x, *args)
        return self._through(x, args)

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **params: Any) -> Any:  # noqa: N803
        return self._through(x, args)


def _function(given: Any, title: str) -> tuple[Callable[..., Any], str]:
    """A function and its name, from itself or from the name of one of mxnet.nd."""
    if isinstance(given, str):
        if given not in FUNCTIONS:
            raise make(ArgumentError, f"{title}: function name {given} is not found in mxnet.nd.", AssertionError)
        return FUNCTIONS[given], given
    if not callable(given):
        message = f"{title}: unrecognized function in lambda: {given} of type {type(given).__name__}"
        raise make(ArgumentError, message, ValueError)
    return given, getattr(given, "__name__", type(given).__name__)


class Lambda(Block):
    """function(x, ...), a function or the name of one of mxnet.nd."""

    def __init__(self, function: Any, prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        self.__dict__["_func_impl"], self.__dict__["_func_name"] = _function(function, "Lambda")

    def forward(self, *args: Any) -> Any:
        return self.__dict__["_func_impl"](*args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.__dict__['_func_name']})"


class HybridLambda(HybridBlock):
    """function(F, x, ...), or the name of a function of mxnet.nd."""

    def __init__(self, function: Any, prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        found, name = _function(function, "HybridLambda")
        takes_functions = not isinstance(function, str)
        self.__dict__["_func"] = found if takes_functions else lambda F, *args: getattr(F, name)(*args)  # noqa: N803
        self.__dict__["_func_name"] = name

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **params: Any) -> Any:  # noqa: N803
        return self.__dict__["_func"](F, x, *args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.__dict__['_func_name']})"
