"""Arithmetic, comparison, reductions and matrix products."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from unified_nn import dtypes
from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.mindspore.ops.arguments import (
    axis_of,
    floating,
    operand,
    operands,
    tensor,
    told,
    widened,
)  # fmt: skip
from unified_nn.ops import elementwise as el
from unified_nn.ops import linalg, shape
from unified_nn.ops import sort as order
from unified_nn.tensor import Tensor as Core

Function = Callable[..., Any]


def _named(function: Function, name: str, doc: str | None) -> Function:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def taking(function: Function, arguments: str) -> Function:
    """The function with arguments of these names, such as "x, y"."""
    space: dict[str, Any] = {"function": function}
    exec(f"def call({arguments}): return function({arguments})", space)  # the text is the project's own
    return _named(space["call"], function.__name__, function.__doc__)


def unary(name: str, op: Any, read: Callable[[Any, str], Any]) -> Function:
    """The function `name(input)` for an op of one array; `read` says which dtypes it takes."""
    where = f"ops.{name}"

    def function(input: Any) -> Any:
        return op(read(input, where))

    return _named(function, name, op.__doc__)


def binary(name: str, op: Any, adapt: Callable[[Any, Any], tuple[Any, Any]] | None = None) -> Function:
    """The function `name(input, other)` for an op of two arrays, of which one may be a number."""
    where = f"ops.{name}"

    def function(input: Any, other: Any) -> Any:
        x, y = operands(input, other, where)
        if adapt is not None:
            x, y = adapt(x, y)
        return op(x, y)

    return _named(function, name, op.__doc__)


#: name -> (op, which dtypes it takes): floating only; any; integers become float32.
_UNARY: dict[str, tuple[Any, Callable[[Any, str], Any]]] = {
    **{name: (getattr(el, name), floating) for name in ("exp", "expm1", "log", "sin", "cos", "tan", "erf", "tanh")},
    **{name: (getattr(el, name), floating) for name in ("sinh", "cosh", "log1p", "floor", "ceil")},
    **{name: (getattr(el, name), widened) for name in ("sqrt", "rsqrt", "reciprocal", "log2", "log10")},
    "asin": (el.arcsin, floating), "acos": (el.arccos, floating), "atan": (el.arctan, floating),
    "abs": (el.abs_, tensor), "neg": (el.neg, tensor), "square": (el.square, tensor), "sign": (el.sign, tensor),
    "isinf": (el.isinf, tensor), "isfinite": (el.isfinite, tensor),
    "logical_not": (el.logical_not, tensor), "trunc": (el.trunc, tensor),
}  # fmt: skip
_UNARY["isnan"] = (lambda x: el.not_equal(x, x), tensor)
_SAME = {
    "absolute": "abs", "negative": "neg", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
}  # fmt: skip


def _floats(x: Any, y: Any) -> tuple[Any, Any]:
    """Two integers divide as float32."""
    return _float(x), _float(y)


def _float(x: Any) -> Any:
    if isinstance(x, Core):
        return x if x._dtype.kind in "fc" else el.as_dtype(x, dtypes.float32)
    return float(x)


def _bool(x: Any) -> Any:
    return x if not isinstance(x, Core) or x._dtype is dtypes.bool_ else el.not_equal(x, 0)


def _bools(x: Any, y: Any) -> tuple[Any, Any]:
    return _bool(x), _bool(y)


def _arithmetic(op: Any, joined: Any) -> Any:
    """The op, which for two bools is a logical one in MindSpore."""

    def function(x: Any, y: Any) -> Any:
        both = builtins.all(v.__class__ is bool or (isinstance(v, Core) and v._dtype is dtypes.bool_) for v in (x, y))
        return joined(x, y) if both else op(x, y)

    function.__doc__ = op.__doc__
    return function


def _whole(x: Any) -> bool:
    return x._dtype.kind in "iu" if isinstance(x, Core) else isinstance(x, int)


def _power(x: Any, y: Any) -> Any:
    """x ** y; whole numbers to a negative power lose the fraction: 2 ** -1 is 0."""
    if not (_whole(x) and _whole(y)) or not ((y.numpy() < 0).any() if isinstance(y, Core) else y < 0):
        return el.pow_(x, y)
    like = x if isinstance(x, Core) else y
    wide = [el.cast(v, dtype=dtypes.float64) if isinstance(v, Core) else float(v) for v in (x, y)]
    broken = el.trunc(el.pow_(*wide))
    if not isinstance(y, Core):
        return el.cast(broken, dtype=like._dtype)
    plain = el.pow_(x, el.maximum(y, 0))
    return el.where(el.less(y, 0), el.cast(broken, dtype=plain._dtype), plain)


#: name -> (op, how the operands are adapted)
_BINARY: dict[str, tuple[Any, Any]] = {
    "add": (_arithmetic(el.add, el.logical_or), None), "mul": (_arithmetic(el.mul, el.logical_and), None),
    "sub": (el.sub, None), "pow": (_power, None), "true_divide": (el.div, _floats), "floor_div": (el.floor_div, None),
    "remainder": (el.mod, None), "fmod": (el.fmod, None), "maximum": (el.maximum, None), "minimum": (el.minimum, None),
    "atan2": (el.arctan2, _floats), "equal": (el.equal, None), "not_equal": (el.not_equal, None),
    "less": (el.less, None), "less_equal": (el.less_equal, None), "greater": (el.greater, None),
    "greater_equal": (el.greater_equal, None), "logical_and": (el.logical_and, _bools),
    "logical_or": (el.logical_or, _bools), "logical_xor": (el.logical_xor, _bools),
    "bitwise_and": (el.bitwise_and, None), "bitwise_or": (el.bitwise_or, None), "bitwise_xor": (el.bitwise_xor, None),
}  # fmt: skip
_SAME |= {
    "multiply": "mul", "floor_divide": "floor_div", "floor_mod": "remainder", "eq": "equal", "ne": "not_equal",
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "arctan2": "atan2",
}  # fmt: skip

_made: dict[str, Function] = {
    **{name: unary(name, op, read) for name, (op, read) in _UNARY.items()},
    **{name: binary(name, op, adapt) for name, (op, adapt) in _BINARY.items()},
}
_made |= {name: _made[target] for name, target in _SAME.items()}
#: What MindSpore calls the arguments where it is not input and other.
_ARGUMENTS = {
    "sqrt": "x", "arcsin": "x", "floor_div": "x, y", "floor_mod": "x, y", "pow": "input, exponent",
    "true_divide": "dividend, divisor",
}  # fmt: skip
_made |= {name: taking(_made[name], arguments) for name, arguments in _ARGUMENTS.items()}
globals().update(_made)
add, mul, sub, equal, less, greater = (_made[n] for n in ("add", "mul", "sub", "equal", "less", "greater"))


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """input / other; rounded down for "floor", towards 0 for "trunc"."""
    if rounding_mode is None:
        return _made["true_divide"](input, other)
    if rounding_mode == "floor":
        return _made["floor_div"](input, other)
    if rounding_mode != "trunc":
        message = f"rounding_mode={rounding_mode!r} is not one of None, 'floor', 'trunc'"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.div")
    x, y = operands(input, other, "ops.div")
    quotient = el.trunc(el.div(*_floats(x, y)))
    whole = builtins.all(
        not isinstance(v, float) and (not isinstance(v, Core) or v._dtype.kind in "iub") for v in (x, y)
    )
    kept = next(v._dtype for v in (x, y) if isinstance(v, Core))
    return el.as_dtype(quotient, kept) if whole else quotient


divide = div


def subtract(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """input - alpha * other."""
    return sub(input, other if alpha == 1 else mul(other, alpha))


def round(input: Any, *, decimals: int = 0) -> Any:
    """The nearest whole number, or multiple of 10 ** -decimals; halves go to the even one."""
    x = tensor(input, "ops.round")
    if x._dtype.kind in "iub":
        return x
    return el.round_(x) if decimals == 0 else el.div(el.round_(el.mul(x, 10.0**decimals)), 10.0**decimals)


@told
def addn(x: Any) -> Any:
    """The sum of several tensors."""
    total = x[0]
    for other in x[1:]:
        total = add(total, other)
    return total


def addcmul(input: Any, tensor1: Any, tensor2: Any, value: Any = 1) -> Any:
    """input + value * tensor1 * tensor2."""
    return add(input, mul(mul(tensor1, tensor2), value))


def addcdiv(input: Any, tensor1: Any, tensor2: Any, value: Any = 1) -> Any:
    """input + value * tensor1 / tensor2."""
    return add(input, mul(div(tensor1, tensor2), value))


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """input + weight * (end - input)."""
    return add(input, mul(weight, sub(end, input)))


def xlogy(input: Any, other: Any) -> Any:
    """input * log(other), also where input is 0: 0 * log(0) is NaN, and its gradient for the input 0."""
    x, y = operands(input, other, "ops.xlogy")
    y = y if isinstance(y, Core) else el.full_like(x, value=y)
    logs = el.log(_float(y))
    if isinstance(x, Core):
        x = el.where(el.logical_and(el.equal(x, 0), el.less_equal(y, 0)), x._detached(), x)
    return el.mul(x, logs)


def isclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """|input - other| <= atol + rtol * |other|."""
    x, y = tensor(input, "ops.isclose"), tensor(other, "ops.isclose")
    same = el.equal(x, y)
    near = el.less_equal(el.abs_(el.sub(x, y)), el.add(el.mul(el.abs_(y), rtol), atol))
    near = el.logical_and(near, el.isfinite(_float(y)))
    if equal_nan:
        same = el.logical_or(same, el.logical_and(el.not_equal(x, x), el.not_equal(y, y)))
    return el.logical_or(same, near)


# ---- matrices ------------------------------------------------------------------------------------------------------


def matmul(input: Any, other: Any) -> Any:
    """The matrix product; leading axes broadcast."""
    x, y = tensor(input, "ops.matmul"), tensor(other, "ops.matmul")
    if 0 in (x.ndim, y.ndim):
        message = f"expected at least one axis each, got x {x.shape} and y {y.shape}"
        raise make(ShapeError, message, ValueError, "mindspore.ops.matmul")
    return linalg.matmul(x, y)


def bmm(input_x: Any, mat2: Any) -> Any:
    """The matrix products of two batches."""
    x, y = tensor(input_x, "ops.bmm"), tensor(mat2, "ops.bmm")
    if x.ndim < 3 or y.ndim != x.ndim:
        message = f"both inputs need the same rank, 3 or more; got {x.shape} and {y.shape}"
        raise x._error(ShapeError, "mindspore.ops.bmm", message)
    return linalg.matmul(x, y)


def mv(mat: Any, vec: Any) -> Any:
    """A matrix times a vector."""
    return matmul(mat, vec)


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta * input + alpha * (mat1 @ mat2)."""
    return add(mul(input, beta), mul(matmul(mat1, mat2), alpha))


def outer(input: Any, vec2: Any) -> Any:
    """Every element of one vector times every element of the other."""
    x, y = tensor(input, "ops.outer"), tensor(vec2, "ops.outer")
    return mul(shape.reshape(x, shape=(-1, 1)), shape.reshape(y, shape=(1, -1)))


ger = outer


def dot(input: Any, other: Any) -> Any:
    """The product over the last axis of input and the last but one of other."""
    x, y = tensor(input, "ops.dot"), tensor(other, "ops.dot")
    if x.ndim <= 2 and y.ndim <= 2:
        return linalg.matmul(x, y)
    raise make(NotOfferedError, f"mindspore.ops.dot of ranks {x.ndim} and {y.ndim} is not offered; use ops.matmul")


def t(input: Any) -> Any:
    """A matrix with its axes exchanged; vectors and numbers stay."""
    x = tensor(input, "ops.t")
    if x.ndim > 2:
        raise x._error(ShapeError, "mindspore.ops.t", f"the rank must be at most 2, got {x.shape}")
    return shape.swapaxes(x, 0, 1) if x.ndim == 2 else x


@told
def topk(input: Any, k: int, dim: Any = None, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) along the axis, best first, and their places as int32."""
    x = tensor(input, "ops.topk")
    values, places = order.topk(x, k=k, axis=axis_of(x, -1 if dim is None else dim, "ops.topk"), largest=largest)
    return values, el.as_dtype(places, dtypes.int32)


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """input limited to [min, max], which may be tensors."""
    x = tensor(input, "ops.clamp")
    if min is None and max is None:
        message = "at least one of 'min' and 'max' must not be None"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.clamp")
    if not isinstance(min, Core) and not isinstance(max, Core):
        return el.clip(x, low=min, high=max)
    if min is not None:
        low = operand(min, "ops.clamp")
        x = el.where(_made["less"](x, low), low, x)
    if max is None:
        return x
    high = operand(max, "ops.clamp")
    return el.where(_made["greater"](x, high), high, x)


clip = clamp


def clip_by_value(x: Any, clip_value_min: Any = None, clip_value_max: Any = None) -> Any:
    """x, or each of a tuple or list of tensors, limited to [min, max]; at a limit half of the gradient passes."""
    if isinstance(x, (tuple, list)):
        return type(x)(clip_by_value(part, clip_value_min, clip_value_max) for part in x)
    where = "ops.clip_by_value"
    if clip_value_min is None and clip_value_max is None:
        message = "at least one of 'clip_value_min' and 'clip_value_max' must not be None"
        raise make(ArgumentError, message, ValueError, f"mindspore.{where}")
    found = tensor(x, where)
    for op, limit in ((el.maximum, clip_value_min), (el.minimum, clip_value_max)):
        if limit is not None:
            bound = el.as_dtype(limit, found._dtype) if isinstance(limit, Core) else operand(limit, where)
            found = op(found, bound)
    return found


__all__ = sorted({*_made} | {
    "addcdiv", "addcmul", "addmm", "addn", "bmm", "clamp", "clip", "clip_by_value", "div", "divide", "dot", "ger",
    "isclose", "lerp", "matmul", "mv", "outer", "round", "subtract", "t", "topk", "xlogy",
})  # fmt: skip
