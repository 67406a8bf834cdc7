"""Functions on each element, and Python's operators."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from unified_nn.dtypes import float64
from unified_nn.errors import ArgumentError, InputTypeError, ShapeError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray.function import METHODS, define, same_dtype
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.mxnet.scope import gated
from unified_nn.op import REGISTRY
from unified_nn.ops import elementwise as ops
from unified_nn.ops.activation import relu, sigmoid, softsign
from unified_nn.tensor import Tensor

Unary = Callable[[Tensor], Tensor]

# ---- functions of one ----------------------------------------------------------------------------------------------


def _rounded(x: Tensor) -> Tensor:
    """Halves away from zero."""
    whole = ops.trunc(x)
    rest = ops.sub(x, whole)
    far = ops.cast(ops.greater_equal(ops.abs_(rest), 0.5), dtype=x._dtype)
    return ops.add(whole, ops.mul(ops.sign(rest), far))


def _rint(x: Tensor) -> Tensor:
    """Halves down."""
    low, high = ops.floor(x), ops.ceil(x)
    return ops.where(ops.less_equal(ops.sub(x, low), ops.sub(high, x)), low, high)


def _sign(x: Tensor) -> Tensor:
    """The sign; 0 for NaN."""
    return ops.where(ops.isnan(x), 0.0, ops.sign(x)) if x._dtype.is_floating else ops.sign(x)


def _odd(function: Unary) -> Unary:
    """The function that is `function` above 0 and its mirror image below; at 0 its gradient is that from above."""

    def call(x: Tensor) -> Tensor:
        sign = ops.sub(ops.mul(ops.cast(ops.greater_equal(x, 0), dtype=x._dtype), 2), 1)
        return ops.mul(sign, function(ops.mul(x, sign)))

    return call


_cbrt = _odd(lambda x: ops.pow_(x, 1 / 3))


def _arcsinh(x: Tensor) -> Tensor:
    """log(x + sqrt(x ** 2 + 1)) for x >= 0, exact near 0 and without overflow."""
    large = ops.greater(x, 1e8)
    y = ops.where(large, 1.0, x)
    squared = ops.square(y)
    near = ops.log1p(ops.add(y, ops.div(squared, ops.add(ops.sqrt(ops.add(squared, 1.0)), 1.0))))
    return ops.where(large, ops.add(ops.log(ops.where(large, x, 1.0)), math.log(2.0)), near)


def _as_number(test: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A test whose answer is 1 or 0 in the dtype of the arguments, as MXNet gives it."""

    def call(x: Any, *others: Any) -> Tensor:
        like = x if isinstance(x, Tensor) else others[0]
        return ops.cast(test(x, *others), dtype=like._dtype)

    return call


#: Functions that give integers for integers.
_ANY: dict[str, Unary] = {
    "abs": ops.abs_, "ceil": ops.ceil, "fix": ops.trunc, "floor": ops.floor, "logical_not": _as_number(ops.logical_not),
    "negative": ops.neg, "relu": relu, "rint": lambda x: x if x._dtype.kind in "iub" else _rint(x),
    "round": lambda x: x if x._dtype.kind in "iub" else _rounded(x), "sign": _sign, "square": ops.square,
    "trunc": ops.trunc,
}  # fmt: skip
#: Functions that MXNet computes in double precision for integers, and then cuts to integers.
_FLOATING: dict[str, Unary] = {
    "arccos": ops.arccos, "arccosh": lambda x: ops.log(ops.add(x, ops.sqrt(ops.sub(ops.square(x), 1.0)))),
    "arcsin": ops.arcsin,
    "arcsinh": _odd(_arcsinh),
    "arctan": ops.arctan, "arctanh": lambda x: ops.mul(ops.sub(ops.log1p(x), ops.log1p(ops.neg(x))), 0.5),
    "cbrt": _cbrt, "cos": ops.cos, "cosh": ops.cosh, "degrees": lambda x: ops.mul(x, 180 / math.pi), "erf": ops.erf,
    "exp": ops.exp, "expm1": ops.expm1, "log": ops.log, "log10": ops.log10, "log1p": ops.log1p, "log2": ops.log2,
    "radians": lambda x: ops.mul(x, math.pi / 180), "rcbrt": lambda x: ops.reciprocal(_cbrt(x)),
    "reciprocal": ops.reciprocal, "rsqrt": ops.rsqrt, "sigmoid": sigmoid, "sin": ops.sin, "sinh": ops.sinh,
    "softsign": softsign, "sqrt": ops.sqrt, "tan": ops.tan, "tanh": ops.tanh,
}  # fmt: skip
_NO_METHOD = frozenset(("erf", "logical_not", "negative", "softsign"))


def _through_double(function: Unary) -> Unary:
    def call(x: Tensor) -> Tensor:
        if x._dtype.is_floating:
            return function(x)
        return ops.cast(function(ops.cast(x, dtype=float64)), dtype=x._dtype)

    return call


def _define_unary(name: str, function: Unary) -> None:
    def body(data: Tensor) -> Tensor:
        return function(data)

    body.__doc__ = f"{name}(data), element by element."
    define(name, method=name not in _NO_METHOD)(body)


for _name, _function in _ANY.items():
    _define_unary(_name, _function)
for _name, _function in _FLOATING.items():
    _define_unary(_name, _through_double(_function))


@define("identity", "_copy")
def identity(data: Tensor) -> Any:
    """The values."""
    return data.copy()  # type: ignore[attr-defined]


@define("BlockGrad", "stop_gradient")
def stop_gradient(data: Tensor) -> Any:
    """The values, through which no gradient flows."""
    return data._detached().copy()  # type: ignore[attr-defined]


@define("cast", "Cast")
def cast_(data: Tensor, dtype: object) -> Any:
    """The values as another dtype."""
    return data.astype(dtype)  # type: ignore[attr-defined]


@define("clip", method=True)
def clip(data: Tensor, a_min: float, a_max: float) -> Tensor:
    """data limited to [a_min, a_max]."""
    if data._dtype.kind in "iu":
        return ops.clip(data, low=int(a_min), high=int(a_max))
    return ops.clip(data, low=a_min, high=a_max)


@define("zeros_like", method=True)
def zeros_like(data: Tensor) -> Tensor:
    return ops.zeros_like(data)


@define("ones_like", method=True)
def ones_like(data: Tensor) -> Tensor:
    return ops.ones_like(data)


@define("smooth_l1")
def smooth_l1(data: Tensor, scalar: float = 1.0) -> Tensor:
    """(scalar * x) ** 2 / 2 where |x| < 1 / scalar ** 2, else |x| - 0.5 / scalar ** 2."""
    limit = 1.0 / scalar**2
    near = ops.mul(ops.square(data), 0.5 * scalar**2)
    return ops.where(ops.less(ops.abs_(data), limit), near, ops.sub(ops.abs_(data), 0.5 * limit))


@define("hard_sigmoid")
def hard_sigmoid(data: Tensor, alpha: float = 0.2, beta: float = 0.5) -> Tensor:
    """alpha * x + beta limited to [0, 1]."""
    return REGISTRY["hard_sigmoid"](data, slope=alpha, offset=beta)  # type: ignore[no-any-return]


# ---- functions of two ----------------------------------------------------------------------------------------------


def _whole_quotient(x: Any, y: Any) -> Tensor:
    """Integers divided as C does: towards zero."""
    return ops.floor_div(ops.sub(x, ops.fmod(x, y)), y)


def _divided(x: Any, y: Any) -> Tensor:
    like = x if isinstance(x, Tensor) else y
    return ops.div(x, y) if like._dtype.is_floating else _whole_quotient(x, y)


def _remainder(x: Any, y: Any) -> Tensor:
    """x - y * floor(x / y); 0 where y is 0."""
    like = x if isinstance(x, Tensor) else y
    if not like._dtype.is_floating:
        return ops.mod(x, y)
    if not isinstance(y, Tensor):
        return ops.mod(x, y) if y else ops.zeros_like(x)
    return ops.where(ops.equal(y, 0), 0.0, ops.mod(x, y))


def _power(x: Any, y: Any) -> Tensor:
    like = x if isinstance(x, Tensor) else y
    if like._dtype.is_floating:
        return ops.pow_(x, y)
    wide = [ops.cast(v, dtype=float64) if isinstance(v, Tensor) else v for v in (x, y)]
    return ops.cast(ops.pow_(*wide), dtype=like._dtype)


def _larger(x: Any, y: Any) -> Tensor:
    """The larger; a tie gives its whole gradient to x, as MXNet does."""
    if not isinstance(x, Tensor):
        return _larger(y, x)
    first = ops.logical_or(ops.greater_equal(x, y), ops.isnan(x)) if x._dtype.is_floating else ops.greater_equal(x, y)
    return ops.where(first, x, y)


def _smaller(x: Any, y: Any) -> Tensor:
    if not isinstance(x, Tensor):
        return _smaller(y, x)
    first = ops.logical_or(ops.less_equal(x, y), ops.isnan(x)) if x._dtype.is_floating else ops.less_equal(x, y)
    return ops.where(first, x, y)


def hypot(x: Any, y: Any) -> Tensor:
    return ops.sqrt(ops.add(ops.square(x), ops.square(y)))


#: nd function of two -> (what it computes, Python's own for two numbers, the name after broadcast_).
BINARY: dict[str, tuple[Callable[[Any, Any], Tensor], Callable[[Any, Any], Any], tuple[str, ...]]] = {
    "add": (ops.add, lambda x, y: x + y, ("add", "plus")),
    "subtract": (ops.sub, lambda x, y: x - y, ("sub", "minus")),
    "multiply": (ops.mul, lambda x, y: x * y, ("mul",)),
    "divide": (_divided, lambda x, y: x / y, ("div",)),
    "modulo": (_remainder, lambda x, y: x % y, ("mod",)),
    "power": (_power, lambda x, y: x**y, ("power",)),
    "maximum": (_larger, max, ("maximum",)),
    "minimum": (_smaller, min, ("minimum",)),
    "equal": (_as_number(ops.equal), lambda x, y: float(x == y), ("equal",)),
    "not_equal": (_as_number(ops.not_equal), lambda x, y: float(x != y), ("not_equal",)),
    "greater": (_as_number(ops.greater), lambda x, y: float(x > y), ("greater",)),
    "greater_equal": (_as_number(ops.greater_equal), lambda x, y: float(x >= y), ("greater_equal",)),
    "lesser": (_as_number(ops.less), lambda x, y: float(x < y), ("lesser",)),
    "lesser_equal": (_as_number(ops.less_equal), lambda x, y: float(x <= y), ("lesser_equal",)),
    "logical_and": (_as_number(ops.logical_and), lambda x, y: float(bool(x and y)), ("logical_and",)),
    "logical_or": (_as_number(ops.logical_or), lambda x, y: float(bool(x or y)), ("logical_or",)),
    "logical_xor": (_as_number(ops.logical_xor), lambda x, y: float(bool(x) != bool(y)), ("logical_xor",)),
}  # fmt: skip
_ALIASES = {"divide": ("true_divide",)}
_ELEMWISE: dict[str, Callable[[Any, Any], Tensor]] = {
    "elemwise_add": ops.add,
    "elemwise_sub": ops.sub,
    "elemwise_mul": ops.mul,
    "elemwise_div": _divided,
}
_NUMBERS = (bool, int, float, np.generic)


def combined(name: str, function: Callable[[Any, Any], Tensor], x: Any, y: Any) -> Tensor:
    """function(x, y) of two arrays of one dtype, or of an array and a number in the array's dtype."""
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        same_dtype(name, x, y)
        return function(x, y)
    like, number = (x, y) if isinstance(x, Tensor) else (y, x)
    if not isinstance(number, _NUMBERS):
        message = f"an NDArray and {type(number).__name__} do not go together; convert it with mxnet.nd.array"
        raise failure(InputTypeError, name, message)
    plain = number.item() if isinstance(number, np.generic) else number
    if like._dtype.kind in "iu":
        plain = int(plain)
        if plain == 0 and name in ("divide", "modulo") and number is y:
            raise failure(ArgumentError, name, "an integer array is divided by 0", ZeroDivisionError)
    else:
        plain = float(plain)
    return function(like, plain) if like is x else function(plain, like)


def _define_binary(name: str) -> None:
    function, python, suffixes = BINARY[name]
    run = gated(combined)

    def call(lhs: Any, rhs: Any) -> Any:
        if not isinstance(lhs, Tensor) and not isinstance(rhs, Tensor):
            return python(lhs, rhs)
        return run(name, function, lhs, rhs)

    def arrays_only(lhs: Tensor, rhs: Tensor) -> Tensor:
        same_dtype(name, lhs, rhs)
        return function(lhs, rhs)

    call.__doc__ = arrays_only.__doc__ = f"{name} of two arrays that broadcast, or of an array and a number."
    define(name, *_ALIASES.get(name, ()))(call)
    define(*(f"broadcast_{suffix}" for suffix in suffixes))(arrays_only)


def _define_elemwise(name: str, function: Callable[[Any, Any], Tensor]) -> None:
    def body(lhs: Tensor, rhs: Tensor) -> Tensor:
        if lhs._shape != rhs._shape:
            raise failure(ShapeError, name, f"lhs has shape {lhs._shape}, rhs {rhs._shape}; expected equal shapes")
        same_dtype(name, lhs, rhs)
        return function(lhs, rhs)

    body.__doc__ = f"{name.partition('_')[2]} of two arrays of one shape."
    define(name)(body)


for _name in BINARY:
    _define_binary(_name)
for _name, _combine in _ELEMWISE.items():
    _define_elemwise(_name, _combine)


@define("broadcast_hypot")
def broadcast_hypot(lhs: Tensor, rhs: Tensor) -> Tensor:
    """sqrt(lhs ** 2 + rhs ** 2)."""
    same_dtype("broadcast_hypot", lhs, rhs)
    return hypot(lhs, rhs)


@define("add_n", "ElementWiseSum")
def add_n(*args: Any) -> Tensor:
    """The sum of arrays of one shape."""
    total: Tensor = args[0]
    for position, array in enumerate(args[1:], 1):
        if array._shape != total._shape:
            message = f"array {position} has shape {array._shape}, array 0 has {total._shape}"
            raise failure(ShapeError, "add_n", message)
        same_dtype("add_n", total, array)
        total = ops.add(total, array)
    return total


# ---- operators -----------------------------------------------------------------------------------------------------

_OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "mod": "modulo", "pow": "power",
}  # fmt: skip
_COMPARISONS = {
    "eq": "equal", "ne": "not_equal", "lt": "lesser", "le": "lesser_equal", "gt": "greater", "ge": "greater_equal",
}  # fmt: skip
#: Operators of the core tensor that an NDArray does not have.
_ABSENT = ("matmul", "rmatmul", "floordiv", "rfloordiv", "and", "rand", "or", "ror", "xor", "rxor", "invert")


def _operator(name: str, reflected: bool = False) -> Callable[[Any, Any], Any]:
    function = BINARY[name][0]
    run = gated(combined)
    if reflected:
        return lambda self, other: run(name, function, other, self)
    return lambda self, other: run(name, function, self, other)


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    operator = _operator(name)

    def method(self: Any, other: Any) -> Any:
        made = operator(self, other)
        if made._shape != self._shape:
            raise failure(ShapeError, name, f"the result {made._shape} does not fit into the array {self._shape}")
        return self._change(made)

    return method


def _absent(symbol: str) -> Callable[..., Any]:
    return lambda self, *others: NotImplemented


def _attach_operators() -> None:
    for special, name in _OPERATORS.items():
        setattr(NDArray, f"__{special}__", _operator(name))
        setattr(NDArray, f"__r{special}__", _operator(name, reflected=True))
        setattr(NDArray, f"__i{special}__", _in_place(name))
    for special, name in _COMPARISONS.items():
        setattr(NDArray, f"__{special}__", _operator(name))
    for special in _ABSENT:
        setattr(NDArray, f"__{special}__", _absent(special))
    NDArray.__neg__ = gated(ops.neg)  # type: ignore[method-assign,assignment]
    setattr(NDArray, "__abs__", METHODS["abs"])  # noqa: B010  a table fills the methods


_attach_operators()
