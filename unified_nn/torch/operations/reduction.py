"""Functions that reduce axes, with PyTorch's dtypes: sums of integers are int64, a mean of them is refused."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.dtypes import bool_, int64
from unified_nn.errors import ArgumentError, DTypeError, IndexRangeError, InputTypeError, NotOfferedError, make
from unified_nn.ops import elementwise as ops
from unified_nn.ops import reduce
from unified_nn.ops.elementwise import as_dtype
from unified_nn.ops.index import gather
from unified_nn.ops.norm import log_softmax as log_softmax_op
from unified_nn.ops.norm import softmax as softmax_op
from unified_nn.ops.shape import reshape, squeeze
from unified_nn.torch import dtypes, graph
from unified_nn.torch.creation import made
from unified_nn.torch.define import define
from unified_nn.torch.operations.pointwise import maximum, minimum
from unified_nn.torch.return_types import returned
from unified_nn.torch.tensor import Tensor


def axes_of(x: core.Tensor, dim: Any) -> Any:
    """`dim` as an axis, a tuple of axes, or None for all; checked."""
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return None
    if isinstance(dim, (tuple, list)):
        found = tuple(axis_of(x, d) for d in dim)
        if len(set(found)) != len(found):
            raise x._error(
                ArgumentError, "dim", f"dim {found[0]} appears multiple times in the list of dims {tuple(dim)}"
            )
        return None if not x._shape else found
    return axis_of(x, dim) if x._shape else (axis_of(x, dim) and None)


def axis_of(x: core.Tensor, dim: Any, extra: int = 0) -> int:
    """One axis from the front; raises PyTorch's IndexError when the rank does not have it."""
    rank = max(x.ndim + extra, 1)
    if not hasattr(dim, "__index__"):
        raise x._error(InputTypeError, "", f"argument 'dim' must be int, not {type(dim).__name__} {dim!r}")
    at: int = dim.__index__()
    if not -rank <= at < rank:
        message = f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got {at})"
        message += f"; input {x._shape}"
        raise x._error(IndexRangeError, "", message)
    return at % rank


def _as(x: core.Tensor, dtype: Any) -> core.Tensor:
    return x if dtype is None else as_dtype(x, dtypes.canonical(dtype))


def _summable(x: core.Tensor, dtype: Any) -> core.Tensor:
    """In the given dtype; integers and bools as int64."""
    if dtype is None and x._dtype.kind in "biu":
        return as_dtype(x, int64)
    return _as(x, dtype)


def _labelled(out: core.Tensor, name: str, dim: Any, x: core.Tensor) -> core.Tensor:
    if out._body.node is not None:
        graph.label(out, f"{name}Backward{int(dim is not None)}", graph.edges((x,)))
    return out


@define(names=())
def sum_(input: core.Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> core.Tensor:
    """The sum over the axes; of integers and bools as int64."""
    out = reduce.sum_(_summable(input, dtype), axis=axes_of(input, dim), keepdims=keepdim)
    return _labelled(cast(Tensor, out), "Sum", dim, input)


def _floating(name: str, x: Tensor, dtype: Any = None) -> core.Tensor:
    found = cast(Tensor, _as(x, dtype))
    if found._dtype.kind not in "fc":
        message = (
            "could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {x.dtype!r}"
        )
        raise x._error(DTypeError, f"{name}()", message)
    return found


@define()
def mean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> core.Tensor:
    """The mean over the axes, of floating tensors."""
    out = reduce.mean(_floating("mean", input, dtype), axis=axes_of(input, dim), keepdims=keepdim)
    return _labelled(cast(Tensor, out), "Mean", dim, input)


@define("NansumBackward0")
def nansum(input: core.Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> core.Tensor:
    """The sum with NaN as 0."""
    x = ops.where(ops.isnan(input), 0.0, input) if input._dtype.kind == "f" else input
    return sum_(x, dim, keepdim, dtype=dtype)


@define("DivBackward0")
def nanmean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> core.Tensor:
    """The mean of what is not NaN."""
    x = _floating("nanmean", input, dtype)
    count = sum_(ops.logical_not(ops.isnan(x)), dim, keepdim)
    return ops.div(nansum(x, dim, keepdim), as_dtype(count, x._dtype))


@define()
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> core.Tensor:
    """The product over one axis or all; of integers and bools as int64."""
    out = reduce.prod(_summable(input, dtype), axis=axes_of(input, dim), keepdims=keepdim)
    return _labelled(cast(Tensor, out), "Prod", dim, input)


# ---- extremes ----


def _not_empty(name: str, x: Tensor, axis: Any) -> None:
    sizes = (
        x._shape if axis is None else [x._shape[a] for a in (axis if isinstance(axis, tuple) else (axis,)) if x._shape]
    )
    if 0 in sizes:
        message = f"Expected reduction dim to be specified for input.numel() == 0; input has shape {list(x._shape)}"
        if axis is not None:
            message = f"Expected reduction dim {axis} to have non-zero size; input has shape {list(x._shape)}"
        whole = IndexRangeError if name.startswith("arg") else ArgumentError
        raise x._error(whole if axis is None else IndexRangeError, f"{name}()", message)


def _extreme(name: str, pick: Any, whole: Any, pairwise: Any, doc: str) -> Any:
    """Define `max` or `min`: of all, along one axis with places, or of two tensors."""

    def call(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        if other is not None or isinstance(dim, core.Tensor):
            return pairwise(input, dim if other is None else other)
        axis = axes_of(input, dim)
        _not_empty(name, input, axis)
        capital = name.capitalize()
        if dim is None:
            out = whole(input)
            return graph.label(out, f"{capital}Backward1", graph.edges((input,)))
        values, places = along(input, pick, dim, keepdim)
        graph.label(values, f"{capital}Backward0", graph.edges((input,)))
        return returned(name, values=values, indices=places)

    call.__name__, call.__doc__ = name, doc
    return define()(call)


def along(x: Tensor, pick: Any, dim: int, keepdim: bool) -> tuple[core.Tensor, core.Tensor]:
    """The values at the places that `pick` (argmax or argmin) finds along one axis, and the places."""
    if not x._shape:
        return reshape(x, shape=()), made(np.zeros((), np.int64), None, None, False, x)
    axis = axis_of(x, dim)
    places = pick(x.detach(), axis=axis, keepdims=True)
    values = gather(x, places, axis=axis)
    if keepdim:
        return cast(Tensor, values), places
    return cast(Tensor, squeeze(values, axis=axis)), cast(Tensor, squeeze(places, axis=axis))


max_ = _extreme("max", reduce.argmax, reduce.max_, maximum, "The largest element, along an axis with its place.")
min_ = _extreme("min", reduce.argmin, reduce.min_, minimum, "The smallest element, along an axis with its place.")


def _among(name: str, op: Any, doc: str) -> None:
    def call(input: Tensor, dim: Any = (), keepdim: bool = False) -> core.Tensor:
        axis = axes_of(input, dim)
        _not_empty(name, input, axis)
        out: core.Tensor = op(input, axis=axis, keepdims=keepdim)
        return out

    call.__name__, call.__doc__ = name, doc
    define(f"{name.capitalize()}Backward0")(call)


_among("amax", reduce.max_, "The largest element over the axes; ties share the gradient.")
_among("amin", reduce.min_, "The smallest element over the axes; ties share the gradient.")


@define("AminmaxBackward0")
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest and the largest element."""
    axis = axes_of(input, dim)
    low, high = (op(input, axis=axis, keepdims=keepdim) for op in (reduce.min_, reduce.max_))
    return returned("aminmax", min=low, max=high)


def _place(name: str, op: Any, doc: str) -> None:
    def call(input: Tensor, dim: int | None = None, keepdim: bool = False) -> core.Tensor:
        axis = axes_of(input, dim)
        _not_empty(name, input, axis)
        if input._dtype.kind == "b":
            raise input._error(DTypeError, name, "\"argmax_cpu\" not implemented for 'Bool'; convert it: .int()")
        out: core.Tensor = op(input, axis=axis, keepdims=keepdim)
        return out

    call.__name__, call.__doc__ = name, doc
    define()(call)


_place("argmax", reduce.argmax, "The place of the largest element, in the flattened tensor or along an axis.")
_place("argmin", reduce.argmin, "The place of the smallest element, in the flattened tensor or along an axis.")


def _whether(name: str, op: Any, doc: str) -> None:
    def call(input: Tensor, dim: Any = None, keepdim: bool = False) -> core.Tensor:
        out: core.Tensor = op(input, axis=axes_of(input, dim), keepdims=keepdim)
        return cast(Tensor, as_dtype(out, input._dtype)) if input._dtype.name == "uint8" else out

    call.__name__, call.__doc__ = name, doc
    define()(call)


_whether("any", reduce.any_, "Whether any element is not zero.")
_whether("all", reduce.all_, "Whether no element is zero.")


@define()
def count_nonzero(input: Tensor, dim: Any = None) -> core.Tensor:
    """How many elements are not zero."""
    return sum_(ops.not_equal(input, False if input._dtype is bool_ else 0), dim)


# ---- moments ----


def _freedom(correction: Any, unbiased: bool | None) -> float:
    if correction is not None and unbiased is not None:
        raise make(ArgumentError, "only one of unbiased and correction can be given", TypeError)
    if unbiased is not None:
        return int(unbiased)
    return 1 if correction is None else correction


def _moment(name: str, op: Any) -> Any:
    def call(input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
             correction: Any = None) -> core.Tensor:  # fmt: skip
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if input._dtype.kind not in "fc":
            message = f"{name} only support floating point and complex dtypes; got {input.dtype!r}"
            raise input._error(DTypeError, f"{name}()", message)
        ddof = _freedom(correction, unbiased)
        if not input._shape:
            return op(reshape(input, shape=(1,)), axis=0, ddof=ddof)  # type: ignore[no-any-return]
        out: core.Tensor = op(input, axis=axes_of(input, dim), keepdims=keepdim, ddof=ddof)
        return out

    call.__name__, call.__doc__ = name, op.__doc__
    return define(f"{name.capitalize()}Backward0")(call)


var = _moment("var", reduce.var)
std = _moment("std", reduce.std)


def _with_mean(name: str, op: Any) -> None:
    def call(input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
             correction: Any = None) -> tuple[core.Tensor, core.Tensor]:  # fmt: skip
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        return op(input, dim, unbiased, keepdim, correction=correction), mean(input, dim, keepdim)

    call.__name__ = name
    call.__doc__ = f"The {name.removesuffix('_mean')} and the mean."
    define(f"{'Var' if op is var else 'Std'}MeanBackward0")(call)


_with_mean("var_mean", var)
_with_mean("std_mean", std)


# ---- norms and exponentials ----


@define("LogsumexpBackward0")
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> core.Tensor:
    """log(sum(e ** x)) over the axes, without overflow."""
    return reduce.logsumexp(_as_floating(input), axis=axes_of(input, dim), keepdims=keepdim)


def _as_floating(x: Tensor) -> core.Tensor:
    return cast(Tensor, x if x._dtype.kind in "fc" else as_dtype(x, dtypes.default()))


def _soft(name: str, op: Any, grad_fn: str, doc: str) -> Any:
    def call(input: Tensor, dim: int, dtype: Any = None) -> core.Tensor:
        axis = axis_of(input, dim)
        x = _as(input, dtype)
        if x._dtype.kind != "f":
            raise input._error(DTypeError, name, f"not implemented for {input.dtype!r}; expected a floating dtype")
        if not input._shape:
            return cast(Tensor, reshape(op(reshape(x, shape=(1,)), axis=0), shape=()))
        return cast(Tensor, op(x, axis=axis))

    call.__name__, call.__doc__ = name, doc
    return define(grad_fn)(call)


softmax = _soft("softmax", softmax_op, "SoftmaxBackward0", "e ** x / sum(e ** x) along the axis.")
log_softmax = _soft("log_softmax", log_softmax_op, "LogSoftmaxBackward0", "x - log(sum(e ** x)) along the axis.")


@define("LinalgVectorNormBackward0")
def norm(input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None) -> core.Tensor:
    """The vector norm over the axes; "fro" is p = 2."""
    if p == "nuc":
        raise make(NotOfferedError, "norm: p='nuc' is not offered; offered are numbers, inf, -inf and 'fro'")
    return vector_norm(input, 2.0 if p in ("fro", None) else p, dim, keepdim, dtype)


def vector_norm(x: Tensor, order: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> core.Tensor:
    """sum(|x| ** order) ** (1 / order) over the axes."""
    x = cast(Tensor, _floating("linalg.vector_norm", x, dtype))
    axis = axes_of(x, dim)
    order = float(order)
    if math.isinf(order):
        return (reduce.max_ if order > 0 else reduce.min_)(ops.abs_(x), axis=axis, keepdims=keepdim)
    if order == 0:
        return reduce.sum_(as_dtype(ops.not_equal(x, 0), x._dtype), axis=axis, keepdims=keepdim)
    if order == 1:
        return reduce.sum_(ops.abs_(x), axis=axis, keepdims=keepdim)
    if order == 2:
        return _root(reduce.sum_(ops.square(x), axis=axis, keepdims=keepdim))
    return ops.pow_(reduce.sum_(ops.pow_(ops.abs_(x), order), axis=axis, keepdims=keepdim), 1.0 / order)


def _root(total: core.Tensor) -> core.Tensor:
    """The square root, whose gradient is 0 (not NaN) where all elements are 0."""
    if total._body.node is None:
        return ops.sqrt(total)
    nothing = ops.equal(total._detached(), 0)
    return ops.where(nothing, 0.0, ops.sqrt(ops.where(nothing, 1.0, total)))


@define("DistBackward0")
def dist(input: Tensor, other: Tensor, p: float = 2) -> core.Tensor:
    """The norm of input - other."""
    return norm(input - other, p)


def _from_places(x: Tensor, places: np.ndarray[Any, Any], axis: int, keepdim: bool) -> tuple[core.Tensor, core.Tensor]:
    where = made(np.expand_dims(places, axis), None, None, False, x)
    values = gather(x, where, axis=axis)
    if keepdim:
        return cast(Tensor, values), where
    return cast(Tensor, squeeze(values, axis=axis)), cast(Tensor, squeeze(where, axis=axis))


@define()
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower median: of all, or along an axis with its place."""
    flat = dim is None
    x = cast(Tensor, reshape(input, shape=(-1,))) if flat or not input._shape else input
    axis = 0 if flat or not input._shape else axis_of(x, cast(int, dim))
    order = np.argsort(x._values(), axis=axis, kind="stable")
    nan = np.isnan(x._values()).any(axis=axis, keepdims=True) if x._dtype.kind == "f" else False
    middle = np.where(nan, x._shape[axis] - 1, (x._shape[axis] - 1) // 2)
    middle = np.broadcast_to(middle, tuple(1 if a == axis else s for a, s in enumerate(order.shape)))
    values, places = _from_places(x, np.take_along_axis(order, middle, axis).squeeze(axis), axis, keepdim and not flat)
    if flat and values._body.node is not None and not nan:  # several medians share the gradient
        values = cast(Tensor, reduce.max_(ops.where(ops.equal(x, values._detached()), x, -math.inf)))
    graph.label(values, f"MedianBackward{int(not flat)}", graph.edges((input,)))
    return values if flat else returned("median", values=values, indices=places)
