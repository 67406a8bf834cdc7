"""The linear function."""

from __future__ import annotations

from typing import Any, cast

from unified_nn import tensor as core
from unified_nn.autodiff import Label
from unified_nn.errors import DTypeError, ShapeError
from unified_nn.layers import linear as layers
from unified_nn.ops.linalg import linear as op
from unified_nn.torch import graph
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.nn.functions.bound import Bound
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


@define(function=False, method=False, takes="any")
def bilinear(input1: Tensor, input2: Tensor, weight: Any, bias: Any = None) -> Tensor:
    """sum over i, j of input1[i] * weight[k, i, j] * input2[j] + bias[k], over the last axes."""
    given = zip(("input1", "input2", "weight"), (input1, input2, weight), strict=True)
    x, y, w = (tensor_argument("bilinear", value, at, name) for at, (name, value) in enumerate(given, 1))
    b = None if bias is None else tensor_argument("bilinear", bias, 4, "bias")
    _check_bilinear(x, y, w, b)
    layer = layers.Bilinear(w._shape[1], w._shape[2], w._shape[0], b is not None)
    out = layer.forward(Bound({"w": w, "b": b}, False), x, y)
    return cast(Tensor, graph.label(out, "ViewBackward0" if b is None else "AddBackward0", graph.edges((x, y, w, b))))


def _check_bilinear(x: Tensor, y: Tensor, w: Tensor, b: Tensor | None) -> None:
    if any(each is not None and each._dtype is not w._dtype for each in (x, y, b)):
        message = f"All tensors must have the same dtype, got {x.dtype!r}, {y.dtype!r} and weight {w.dtype!r}"
        raise w._error(DTypeError, "bilinear", message)
    if x._shape[:-1] != y._shape[:-1]:
        message = f"input batch dimensions do not match: {list(x._shape)} and {list(y._shape)}"
        raise w._error(ShapeError, "bilinear", message)
    if w.ndim != 3 or not x.ndim or (x._shape[-1], y._shape[-1]) != w._shape[1:]:
        message = (
            f"expected inputs with last axes {list(w._shape[1:])}, got {list(x._shape)} and {list(y._shape)}; weight "
            f"{list(w._shape)}"
        )
        raise w._error(ShapeError, "bilinear", message)
    if b is not None and b._shape != w._shape[:1]:
        raise w._error(ShapeError, "bilinear", f"bias has size {list(b._shape)}, expected {list(w._shape[:1])}")


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
