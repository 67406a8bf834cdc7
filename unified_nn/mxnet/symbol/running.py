"""Graphs run on arrays, node by node, through the functions of `mxnet.nd`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from unified_nn import registry
from unified_nn.errors import UnifiedError, make
from unified_nn.mxnet.base import MXNetError
from unified_nn.mxnet.dtypes import resolve
from unified_nn.mxnet.ndarray.ndarray import NDArray, place
from unified_nn.mxnet.ndarray.pending import OpenRows, Pending, settled
from unified_nn.mxnet.symbol.attributes import sizes
from unified_nn.mxnet.symbol.graph import Entry, Node, ordered

if TYPE_CHECKING:
    from unified_nn.mxnet.symbol.symbol import Symbol


class Program:
    """A graph made ready to run: every result has a place, and is let go after its last use."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        nodes = ordered(entries)
        places: dict[tuple[int, int], int] = {}
        self.inputs: dict[str, int] = {}
        steps: list[tuple[Node, list[int], list[int]]] = []
        for node in nodes:
            if node.operator is None:
                # Variables of one name are one array, as in MXNet.
                places[id(node), 0] = self.inputs.setdefault(node.name, len(places))
                continue
            taken = [places[id(entry.node), entry.index] for entry in node.inputs]
            made = []
            for index in range(len(node.outputs)):
                places[id(node), index] = len(places)
                made.append(places[id(node), index])
            steps.append((node, taken, made))
        self._count = len(places)
        self._outputs = [places[id(entry.node), entry.index] for entry in entries]
        self._steps = list(zip(steps, self._last_uses(steps), strict=True))

    def _last_uses(self, steps: list[tuple[Node, list[int], list[int]]]) -> list[list[int]]:
        """For each step the places that nothing after it reads."""
        kept = set(self._outputs)
        found: list[list[int]] = []
        for _, taken, made in reversed(steps):
            done = [place for place in {*taken, *made} if place not in kept]
            kept.update(done)
            found.append(done)
        return found[::-1]

    def __call__(self, arrays: Mapping[str, Any]) -> list[Any]:
        """The outputs for arrays by the names of the variables."""
        values: list[Any] = [None] * self._count
        for name, at in self.inputs.items():
            values[at] = arrays[name]
        for (node, taken, made), done in self._steps:
            assert node.operator is not None
            try:
                out = _computed(node, [values[at] for at in taken])
            except UnifiedError as error:
                error.message = f"node {node.name!r}: {error.message}"
                raise
            for at, part in zip(made, out if isinstance(out, (list, tuple)) else (out,), strict=True):
                values[at] = part
            for at in done:
                values[at] = None
        return [values[at] for at in self._outputs]


#: Operators that compute each row from the same row of what they take, and those whose arrays have one shape.
_BY_ROW = {"FullyConnected", "SliceChannel", "Activation", "sigmoid", "tanh", "relu", "softsign", "ones_like", "_copy"}
_ONE_SHAPE = {"elemwise_add", "elemwise_sub", "elemwise_mul", "elemwise_div"}


def _computed(node: Node, arrays: list[Any]) -> Any:
    """What the node's operator gives; arrays with an open number of rows stay open, or get that of another array."""
    assert node.operator is not None
    operator, settings = node.operator, node.settings
    is_open = [isinstance(array, OpenRows) for array in arrays]
    if not any(is_open) or operator.name not in _BY_ROW | _ONE_SHAPE:
        return operator.run(arrays, settings)
    if operator.name in _ONE_SHAPE and not all(is_open):
        shape = next(array._shape for array, unknown in zip(arrays, is_open, strict=True) if not unknown)
        return operator.run([settled(array, shape) for array in arrays], settings)
    found: dict[int, Any] = {}

    def rows(count: int) -> list[Any]:
        if count not in found:
            known = [a.rows(count) if isinstance(a, OpenRows) and a.rows is not None else a for a in arrays]
            out = operator.run(known, settings)
            found[count] = out if isinstance(out, (list, tuple)) else [out]
        return found[count]  # type: ignore[no-any-return]

    def part(place: int) -> OpenRows:
        return OpenRows.made(lambda shape: rows(shape[0])[place], lambda count: rows(count)[place])

    return [part(place) for place in range(len(node.outputs))]


def shapes(symbol: Symbol, given: Mapping[str, tuple[int, ...]]) -> tuple[Any, Any, Any]:
    """The shapes of arguments, outputs and auxiliary states, found by running the graph on zeros.

    Variables without a shape get theirs from the operator that takes them; (None, None, None) where one stays open.
    """
    found: dict[str, tuple[int, ...]] = {}
    variables = {node.name: node for node in ordered(symbol._entries) if node.operator is None}
    with registry.use_backend("numpy"):
        arrays = {name: _open_array(name, node, given.get(name), found) for name, node in variables.items()}
        try:
            outs = Program(symbol._entries)(arrays)
        except _OpenError:
            return None, None, None
    states = set(symbol.list_auxiliary_states())
    if any(name not in found for name in variables):
        return None, None, None
    arguments = [found[name] for name in symbol.list_arguments()]
    return arguments, [out._shape for out in outs], [found[name] for name in symbol.list_inputs() if name in states]


class _OpenError(Exception):
    """A variable's shape is asked for before an operator has said it."""


def _open_array(name: str, node: Node, shape: tuple[int, ...] | None, found: dict[str, tuple[int, ...]]) -> NDArray:
    text = node.attributes.get("__shape__")
    known = shape if shape is not None or text is None else sizes(text)
    dtype = resolve(None)

    def settle(wanted: tuple[int, ...]) -> NDArray:
        if known is not None and (
            len(known) != len(wanted) or any(k not in (0, w) for k, w in zip(known, wanted, strict=True))
        ):
            message = f"{name} has shape {known}, expected {wanted}"
            raise make(UnifiedError, message, MXNetError, "infer_shape")
        found[name] = wanted
        return place(np.zeros(wanted), dtype, None)

    if known is not None and all(size > 0 for size in known):
        return settle(tuple(known))
    return Pending(settle, _OpenError)
