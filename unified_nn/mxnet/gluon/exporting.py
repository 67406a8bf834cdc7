"""Blocks as graphs in files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from unified_nn.errors import ArgumentError, InputTypeError, NotOfferedError, StateError, make
from unified_nn.mxnet import symbol
from unified_nn.mxnet.symbol import Symbol
from unified_nn.port import formats
from unified_nn.tensor import Tensor

if TYPE_CHECKING:
    from unified_nn.mxnet.gluon.hybrid import HybridBlock

#: How arguments are nested: "array", None, or a list of these.
Form = Any


def form_of(value: Any) -> Form:
    """How the arguments of a call are nested."""
    if isinstance(value, (list, tuple)):
        return [form_of(part) for part in value]
    return "array" if isinstance(value, (Tensor, Symbol)) else None


def _count(form: Form) -> int:
    return sum(_count(part) for part in form) if isinstance(form, list) else form is not None


def _filled(form: Form, names: Iterator[str]) -> Any:
    if isinstance(form, list):
        return [_filled(part, names) for part in form]
    return None if form is None else symbol.var(next(names))


def flat(out: Any) -> list[Symbol]:
    """The symbols in an output, in order."""
    if isinstance(out, (list, tuple)):
        return [part for one in out for part in flat(one)]
    if out is None:
        return []
    if not isinstance(out, Symbol):
        message = f"HybridBlock output must be (nested) list of Symbol or NDArray, got {type(out).__name__}"
        raise make(InputTypeError, message, ValueError)
    return [out]


def graph_of(block: HybridBlock) -> Symbol:
    """The graph of a hybridized block that has been called."""
    own = block.__dict__
    if own.get("_graph") is not None:
        return own["_graph"]  # type: ignore[no-any-return]
    form = own["_called_with"]
    if form is None:
        message = (
            "Please first call block.hybridize() and then run forward with this block at least once before calling "
            "export."
        )
        raise make(StateError, message, RuntimeError)
    _require_gluon(block)
    count = _count(form)
    names = iter(["data"]) if count == 1 else (f"data{i}" for i in range(count))
    return symbol.Group(flat(block.trace(*_filled(form, names))))


def _require_gluon(block: HybridBlock) -> None:
    for path, part in block._walk():
        if part._vocabulary != "mxnet":
            message = (
                f"{path} is a {type(part).__name__} of {part._vocabulary}; only Gluon's blocks have a graph of MXNet"
            )
            raise make(NotOfferedError, message, op="HybridBlock.export")


def export(block: HybridBlock, path: str, epoch: int) -> None:
    """Write the graph, and the values of all variables that are parameters."""
    if not isinstance(epoch, int) or not epoch >= 0:
        raise make(
            ArgumentError, f"epoch={epoch!r}, expected a whole number from 0 on", TypeError, "HybridBlock.export"
        )
    graph = graph_of(block)
    params = block.collect_params()
    states = set(graph.list_auxiliary_states())
    arrays = {
        f"{'aux' if name in states else 'arg'}:{name}": params[name].data().numpy()
        for name in graph.list_inputs() if name in params
    }  # fmt: skip
    graph.save(f"{path}-symbol.json")
    formats.write(f"{path}-{epoch:04d}.params", arrays, "mxnet")
