"""The linear function."""

from __future__ import annotations

from typing import Any, cast

from unified_nn import tensor as core
from unified_nn.autodiff import Label
from unified_nn.errors import ShapeError
from unified_nn.ops.linalg import linear as op
from unified_nn.torch import graph
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.tensor import Tensor


@define(function=False, method=False)
def linear(input: Tensor, weight: Any, bias: Any = None) -> Tensor:
    """input @ weight transposed + bias, over the last axis."""
    w = tensor_argument("linear", weight, 2, "weight")
    if not input._shape:
        message = f"both arguments to linear need to be at least 1D, but they are 0D and {w.ndim}D"
        raise input._error(ShapeError, "", message)
    if w.ndim == 1:
        out = cast(Tensor, (input * w).sum(-1))
        return out if bias is None else cast(Tensor, out + bias)
    return labelled(op(input, w, bias), input, w, bias)


def labelled(out: core.Tensor, x: core.Tensor, w: core.Tensor, b: core.Tensor | None) -> Tensor:
    """The result as PyTorch records it, by the rank of x and whether there is a bias."""
    if out._body.node is None:
        return cast(Tensor, out)
    transposed = graph.virtual("TBackward0", w)
    rows: Any = graph.edge(x) if x.ndim == 2 else graph.virtual("ViewBackward0", x)
    into = [rows, transposed] if b is None else [graph.edge(b), rows, transposed]
    name = "MmBackward0" if b is None else "AddmmBackward0"
    if x.ndim == 2:
        return cast(Tensor, graph.label(out, name, into))
    inner = (Label(name, into), 0)
    if b is not None:
        return cast(Tensor, graph.label(out, "ViewBackward0", [inner]))
    return cast(Tensor, graph.label(out, "SqueezeBackward4" if x.ndim == 1 else "UnsafeViewBackward0", [inner]))
