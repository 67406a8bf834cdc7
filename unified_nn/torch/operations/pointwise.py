"""Functions of each element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

from unified_nn import tensor as core
from unified_nn.dtypes import DType, bool_, int64
from unified_nn.errors import ArgumentError, DTypeError, make
from unified_nn.ops import activation as act
from unified_nn.ops import elementwise as ops
from unified_nn.ops.elementwise import as_dtype
from unified_nn.torch import dtypes, graph
from unified_nn.torch.define import define
from unified_nn.torch.promotion import common, promoted
from unified_nn.torch.tensor import Tensor


def floating(x: Tensor) -> core.Tensor:
    """Integers and bools as the default floating dtype."""
    return x if x._dtype.kind in "fc" else cast(Tensor, as_dtype(x, dtypes.default()))


def _named(function: Any, name: str, doc: str | None) -> Any:
    function.__name__, function.__doc__ = name, doc
    return function


# ---- of one, floating results: name -> (op, grad_fn, more names) ----

_FLOATING: dict[str, tuple[Callable[[Any], core.Tensor], tuple[str, ...]]] = {
    "exp": (ops.exp, ()), "expm1": (ops.expm1, ()), "log": (ops.log, ()), "log2": (ops.log2, ()),
    "log10": (ops.log10, ()), "log1p": (ops.log1p, ()), "sqrt": (ops.sqrt, ()), "rsqrt": (ops.rsqrt, ()),
    "reciprocal": (ops.reciprocal, ()), "sin": (ops.sin, ()), "cos": (ops.cos, ()), "tan": (ops.tan, ()),
    "asin": (ops.arcsin, ("arcsin",)), "acos": (ops.arccos, ("arccos",)), "atan": (ops.arctan, ("arctan",)),
    "sinh": (ops.sinh, ()), "cosh": (ops.cosh, ()), "tanh": (ops.tanh, ()), "sigmoid": (act.sigmoid, ("expit",)),
    "erf": (ops.erf, ()),
}  # fmt: skip


def _of_floating(op: Callable[[Any], core.Tensor]) -> Callable[[Any], core.Tensor]:
    return lambda input: op(floating(input))


for _name, (_op, _names) in _FLOATING.items():
    define(inplace=True, names=_names)(_named(_of_floating(_op), _name, _op.__doc__))


# ---- of one, in the dtype of the input ----


def _whole(op: Callable[[Any], core.Tensor]) -> Callable[[Any], core.Tensor]:
    """Rounding leaves integers as they are."""
    return lambda input: op(input) if input._dtype.kind == "f" else clone(input)


@define("CloneBackward0")
def clone(input: Tensor, *, memory_format: Any = None) -> core.Tensor:
    """A copy, through which gradients flow."""
    return cast(Tensor, copied(input))


def copied(x: Tensor) -> core.Tensor:
    """The same values in a body of its own, recorded."""
    if x._dtype.kind == "b":
        return cast(Tensor, ops.logical_or(x, False))
    return cast(Tensor, ops.add(x, 0) if x._dtype.kind in "iu" else ops.mul(x, 1.0))


for _name, _op, _names in (
    ("floor", ops.floor, ()), ("ceil", ops.ceil, ()), ("trunc", ops.trunc, ("fix",)),
):  # fmt: skip
    define(inplace=True, names=_names)(_named(_whole(_op), _name, _op.__doc__))


@define(inplace=True)
def round_(input: Tensor, *, decimals: int = 0) -> core.Tensor:
    """The nearest whole number (or number with `decimals` places), halves to even."""
    if input._dtype.kind != "f":
        return clone(input)
    if decimals == 0:
        return ops.round_(input)
    scale = 10.0 ** abs(decimals)
    first, last = (ops.mul, ops.div) if decimals > 0 else (ops.div, ops.mul)
    made = last(ops.round_(first(input, scale)), scale)
    return cast(Tensor, graph.label(made, "RoundBackward1", graph.edges((input,))))


@define("NegBackward0", inplace=True, names=("negative",))
def neg(input: Tensor) -> core.Tensor:
    """-x."""
    if input._dtype.kind == "b":
        message = "Negation, the `-` operator, on a bool tensor is not supported. Use the `~` operator instead."
        raise input._error(DTypeError, "neg", message)
    return ops.neg(input)


@define(inplace=True, names=("absolute",))
def abs_(input: Tensor) -> core.Tensor:
    """|x|."""
    return ops.abs_(input)


@define(inplace=True)
def sign(input: Tensor) -> core.Tensor:
    """-1, 0 or 1."""
    return ops.sign(input)


@define("SgnBackward0", inplace=True)
def sgn(input: Tensor) -> core.Tensor:
    """-1, 0 or 1."""
    return ops.sign(input)


@define()
def positive(input: Tensor) -> core.Tensor:
    """x."""
    return input


@define("PowBackward0", inplace=True)
def square(input: Tensor) -> core.Tensor:
    """x * x; that of bools is a whole number."""
    return ops.square(as_dtype(input, int64) if input._dtype is bool_ else input)


@define("FracBackward0", inplace=True)
def frac(input: Tensor) -> core.Tensor:
    """x - trunc(x)."""
    return ops.sub(input, ops.trunc(input))


@define("Exp2Backward0", inplace=True)
def exp2(input: Tensor) -> core.Tensor:
    """2 ** x."""
    return ops.pow_(2.0, floating(input))


@define("ErfcBackward0", inplace=True)
def erfc(input: Tensor) -> core.Tensor:
    """1 - erf(x)."""
    return ops.sub(1.0, ops.erf(floating(input)))


def _degrees(name: str, factor: float, doc: str) -> None:
    define(f"{name.title()}Backward0", inplace=True)(_named(lambda input: ops.mul(floating(input), factor), name, doc))


_degrees("deg2rad", math.pi / 180.0, "Degrees as radians.")
_degrees("rad2deg", 180.0 / math.pi, "Radians as degrees.")


@define("LogitBackward0", inplace=True)
def logit(input: Tensor, eps: float | None = None) -> core.Tensor:
    """log(x / (1 - x)), with x limited to [eps, 1 - eps]; NaN outside [0, 1] without eps, as is its gradient."""
    x = floating(input)
    low, high = (0.0, 1.0) if eps is None or eps < 0 else (eps, 1.0 - eps)
    inside = ops.logical_and(ops.greater_equal(x, low), ops.less_equal(x, high))
    held = ops.where(inside, x, 0.5)  # so that no gradient of infinity is multiplied by 0
    value = ops.sub(ops.log(held), ops.log(ops.sub(1.0, held)))
    if eps is None or eps < 0:
        return ops.where(inside, value, ops.mul(ops.where(inside, 0.0, x), math.nan))
    ends = [_logit(p) for p in (low, high)]
    return ops.where(ops.less(x, low), ends[0], ops.where(ops.greater(x, high), ends[1], value))


def _logit(p: float) -> float:
    if p in (0, 1):
        return math.inf if p else -math.inf
    return math.log(p / (1.0 - p)) if 0 < p < 1 else math.nan


@define("NanToNumBackward0", inplace=True)
def nan_to_num(input: Tensor, nan: float | None = None, posinf: float | None = None,
               neginf: float | None = None) -> core.Tensor:  # fmt: skip
    """NaN and infinities replaced: by 0 and the largest and lowest numbers by default."""
    if input._dtype.kind != "f":
        return clone(input)
    limits = dtypes.finfo(input.dtype)
    x = ops.where(ops.isnan(input), 0.0 if nan is None else nan, input)
    x = ops.where(ops.equal(x, math.inf), limits.max if posinf is None else posinf, x)
    return ops.where(ops.equal(x, -math.inf), limits.min if neginf is None else neginf, x)


# ---- activations that torch itself has ----


@define(inplace=True)
def relu(input: Tensor) -> core.Tensor:
    """max(x, 0)."""
    return act.relu(input)


# ---- of two ----


def _arithmetic(op: Any, grad_fn: str, wraps: bool = True) -> Callable[[Any, Any], core.Tensor]:
    """op on promoted operands. `wraps`: PyTorch counts a Python number among the edges."""

    def call(input: Any, other: Any) -> core.Tensor:
        x, y = promoted(input, other)
        made: core.Tensor = op(x, y)
        if made._body.node is not None:
            pair = (input, other) if wraps else tuple(v for v in (input, other) if isinstance(v, core.Tensor))
            graph.label(made, grad_fn, [graph.edge(v) for v in pair])
        return made

    return call


_add = _arithmetic(ops.add, "AddBackward0")
_sub = _arithmetic(ops.sub, "SubBackward0")
_mul = _arithmetic(ops.mul, "MulBackward0")
_div = _arithmetic(ops.div, "DivBackward0")


def _scaled(other: Any, alpha: Any) -> Any:
    return other if alpha == 1 else _mul(other, alpha)


@define(inplace=True)
def add(input: Any, other: Any, *, alpha: Any = 1) -> core.Tensor:
    """input + alpha * other."""
    return _add(input, _scaled(other, alpha))


def _refuse_bools(*operands: Any) -> None:
    if any(isinstance(o, bool) or (isinstance(o, core.Tensor) and o._dtype.kind == "b") for o in operands):
        message = (
            "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
        raise Tensor._error(DTypeError, "sub", message)


@define(inplace=True, names=("subtract",))
def sub(input: Any, other: Any, *, alpha: Any = 1) -> core.Tensor:
    """input - alpha * other."""
    _refuse_bools(input, other)
    return _sub(input, _scaled(other, alpha))


@define()
def rsub(input: Any, other: Any, *, alpha: Any = 1) -> core.Tensor:
    """other - alpha * input."""
    _refuse_bools(input, other)
    x, y = promoted(other, _scaled(input, alpha))
    name = "RsubBackward0" if isinstance(other, core.Tensor) else "RsubBackward1"
    return cast(Tensor, graph.label(ops.sub(x, y), name, graph.edges((input, other))))


@define(inplace=True, names=("multiply",))
def mul(input: Any, other: Any) -> core.Tensor:
    """input * other."""
    return _mul(input, other)


def _true(input: Any, other: Any) -> tuple[Any, Any]:
    """Operands for a true division: integers as the default floating dtype."""
    chosen = common(input, other)
    if chosen.kind in "biu":
        chosen = dtypes.default()
    return _as(input, chosen), _as(other, chosen)


def _as(value: Any, dtype: DType) -> Any:
    return as_dtype(value, dtype) if isinstance(value, core.Tensor) else value


@define(inplace=True, names=("divide", "true_divide"))
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> core.Tensor:
    """input / other, or rounded to "floor" or "trunc"."""
    if rounding_mode is None:
        x, y = _true(input, other)
        if not isinstance(x, core.Tensor):  # PyTorch: number / x is number * reciprocal(x)
            made = ops.mul(ops.reciprocal(y), x)
            return cast(
                Tensor, graph.label(made, "MulBackward0", [graph.virtual("ReciprocalBackward0", other), (None, 0)])
            )
        made = ops.div(x, y)
        return cast(Tensor, graph.label(made, "DivBackward0", [graph.edge(input), graph.edge(other)]))
    x, y = promoted(input, other)
    made = _rounded_quotient(x, y, rounding_mode)
    return cast(Tensor, graph.label(made, "DivBackward2", [graph.edge(input), graph.edge(other)]))


def _rounded_quotient(x: Any, y: Any, rounding_mode: str) -> core.Tensor:
    if rounding_mode == "floor":
        return ops.floor_div(x, y)
    if rounding_mode != "trunc":
        message = f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        raise make(ArgumentError, message, RuntimeError)
    if common(x, y).kind in "iu":
        quotient = ops.floor_div(ops.abs_(x), ops.abs_(y) if isinstance(y, core.Tensor) else abs(y))
        signs = ops.mul(ops.sign(x), ops.sign(y) if isinstance(y, core.Tensor) else (y > 0) - (y < 0))
        return ops.mul(quotient, signs)
    return ops.trunc(ops.div(x, y))


@define("torch::autograd::NotImplemented", inplace=True)
def floor_divide(input: Any, other: Any) -> core.Tensor:
    """floor(input / other)."""
    return ops.floor_div(*promoted(input, other))


@define(inplace=True)
def remainder(input: Any, other: Any) -> core.Tensor:
    """The remainder with the sign of other, as Python's %."""
    made = ops.mod(*promoted(input, other))
    name = "RemainderBackward1" if isinstance(other, core.Tensor) else "RemainderBackward0"
    return cast(Tensor, graph.label(made, name, graph.edges((input, other))))


@define(inplace=True)
def fmod(input: Any, other: Any) -> core.Tensor:
    """The remainder with the sign of input, as C's fmod."""
    made = ops.fmod(*promoted(input, other))
    name = "FmodBackward1" if isinstance(other, core.Tensor) else "FmodBackward0"
    return cast(Tensor, graph.label(made, name, graph.edges((input, other))))


@define(inplace=True, takes="any")
def pow_(input: Any, exponent: Any) -> core.Tensor:
    """input ** exponent."""
    x, y = promoted(input, exponent)
    whole = common(x, y).kind in "iu"
    if whole and not isinstance(exponent, core.Tensor) and exponent < 0:
        raise Tensor._error(ArgumentError, "pow", "Integers to negative integer powers are not allowed.")
    made = ops.pow_(x, y)
    number = 2 if not isinstance(input, core.Tensor) else int(isinstance(exponent, core.Tensor))
    return cast(Tensor, graph.label(made, f"PowBackward{number}", graph.edges((input, exponent))))


def _two(name: str, op: Any, grad_fn: str, doc: str, names: tuple[str, ...] = (), true: bool = False) -> Any:
    """Define a function of two tensors."""

    def call(input: Any, other: Any) -> core.Tensor:
        made: core.Tensor = op(*(_true(input, other) if true else promoted(input, other)))
        return made

    return define(grad_fn, inplace=True, names=names)(_named(call, name, doc))


maximum = _two("maximum", ops.maximum, "MaximumBackward0", "The larger of both; NaN if either is.")
minimum = _two("minimum", ops.minimum, "MinimumBackward0", "The smaller of both; NaN if either is.")
_two("atan2", ops.arctan2, "Atan2Backward0", "The angle of the point (other, input).", ("arctan2",), True)


@define("HypotBackward0", inplace=True)
def hypot(input: Tensor, other: Tensor) -> core.Tensor:
    """sqrt(input ** 2 + other ** 2)."""
    x, y = promoted(input, other)
    return ops.sqrt(ops.add(ops.square(x), ops.square(y)))


@define("LogaddexpBackward0")
def logaddexp(input: Tensor, other: Tensor) -> core.Tensor:
    """log(e ** input + e ** other) without overflow."""
    x, y = promoted(input, other)
    gap = ops.sub(x, y)
    smooth = ops.add(ops.maximum(x, y), ops.log1p(ops.exp(ops.neg(ops.abs_(gap)))))
    return ops.where(ops.isnan(gap), ops.maximum(x, y), smooth)  # inf - inf


@define("XlogyBackward0", inplace=True)
def xlogy(input: Tensor, other: Tensor) -> core.Tensor:
    """input * log(other), 0 where input is 0."""
    x, y = _true(input, other)
    if not isinstance(y, core.Tensor):
        y = ops.full_like(x, value=y)
    undefined = ops.logical_or(ops.less_equal(y, 0), ops.equal(y, math.inf))  # the logarithm, or 0 times it
    nothing = ops.logical_and(ops.equal(x, 0), undefined)
    return ops.where(nothing, 0.0, ops.mul(x, ops.log(ops.where(nothing, 1.0, y))))


# ---- of three ----


@define(inplace=True)
def lerp(input: Tensor, end: Tensor, weight: Any) -> core.Tensor:
    """input + weight * (end - input)."""
    x, y = promoted(input, end)
    made = ops.add(x, ops.mul(ops.sub(y, x), weight))
    name = "LerpBackward1" if isinstance(weight, core.Tensor) else "LerpBackward0"
    return cast(Tensor, graph.label(made, name, graph.edges((input, end, weight))))


@define("AddcmulBackward0", inplace=True)
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> core.Tensor:
    """input + value * tensor1 * tensor2."""
    x, a, b = promoted(input, tensor1, tensor2)
    product = ops.mul(a, b)
    return ops.add(x, product if value == 1 else ops.mul(product, value))


@define("AddcdivBackward0", inplace=True)
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> core.Tensor:
    """input + value * tensor1 / tensor2."""
    x, a, b = promoted(input, tensor1, tensor2)
    quotient = ops.div(a, b)
    return ops.add(x, quotient if value == 1 else ops.mul(quotient, value))


@define(inplace=True, names=("clip",))
def clamp(input: Tensor, min: Any = None, max: Any = None) -> core.Tensor:
    """input limited to [min, max]; max wins where it is below min."""
    if min is None and max is None:
        raise make(ArgumentError, "torch.clamp: At least one of 'min' or 'max' must not be None", RuntimeError)
    bounds = [b for b in (min, max) if b is not None]
    if any(isinstance(b, core.Tensor) for b in bounds):
        made: core.Tensor = input
        for beyond, bound in ((ops.less, min), (ops.greater, max)):
            if bound is not None:  # a tie's gradient is the input's
                made, limit = promoted(made, bound)
                made = ops.where(beyond(made, limit), limit, made)
                if isinstance(limit, core.Tensor) and limit._dtype.kind == "f":
                    made = ops.where(ops.isnan(limit), limit._detached(), made)
        return cast(Tensor, graph.label(made, "ClampBackward0", graph.edges((input, min, max))))
    x = as_dtype(input, common(input, *bounds))
    if min is not None and max is not None and min > max:
        min = max
    made = ops.clip(cast(Tensor, x), low=min, high=max)
    return cast(Tensor, graph.label(made, "ClampBackward1", graph.edges((input,))))


@define("ClampMinBackward0", inplace=True)
def clamp_min(input: Tensor, min: Any) -> core.Tensor:
    """max(input, min)."""
    return clamp(input, min=min)


@define("ClampMaxBackward0", inplace=True)
def clamp_max(input: Tensor, max: Any) -> core.Tensor:
    """min(input, max)."""
    return clamp(input, max=max)
