"""Operators that `mxnet.nd` has no public name for: what `x + 1` and `zeros` are called in a graph."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, ShapeError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.context import Context
from unified_nn.mxnet.ndarray import creation
from unified_nn.mxnet.ndarray.elementwise import BINARY, combined, hypot
from unified_nn.mxnet.ndarray.function import FUNCTIONS, define, same_dtype
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.mxnet.ndarray.pending import OpenRows
from unified_nn.ops import elementwise as ops
from unified_nn.tensor import Tensor

#: operator with a number -> the function of two, whether the number comes first, and the older name.
_WITH_NUMBER: dict[str, tuple[str, bool, str]] = {
    "_plus_scalar": ("add", False, "_PlusScalar"),
    "_minus_scalar": ("subtract", False, "_MinusScalar"),
    "_rminus_scalar": ("subtract", True, "_RMinusScalar"),
    "_mul_scalar": ("multiply", False, "_MulScalar"),
    "_div_scalar": ("divide", False, "_DivScalar"),
    "_rdiv_scalar": ("divide", True, "_RDivScalar"),
    "_mod_scalar": ("modulo", False, "_ModScalar"),
    "_rmod_scalar": ("modulo", True, "_RModScalar"),
    "_power_scalar": ("power", False, "_PowerScalar"),
    "_rpower_scalar": ("power", True, "_RPowerScalar"),
    "_maximum_scalar": ("maximum", False, "_MaximumScalar"),
    "_minimum_scalar": ("minimum", False, "_MinimumScalar"),
    "_equal_scalar": ("equal", False, "_EqualScalar"),
    "_not_equal_scalar": ("not_equal", False, "_NotEqualScalar"),
    "_greater_scalar": ("greater", False, "_GreaterScalar"),
    "_greater_equal_scalar": ("greater_equal", False, "_GreaterEqualScalar"),
    "_lesser_scalar": ("lesser", False, "_LesserScalar"),
    "_lesser_equal_scalar": ("lesser_equal", False, "_LesserEqualScalar"),
    "_logical_and_scalar": ("logical_and", False, "_LogicalAndScalar"),
    "_logical_or_scalar": ("logical_or", False, "_LogicalOrScalar"),
    "_logical_xor_scalar": ("logical_xor", False, "_LogicalXorScalar"),
}
#: operator on two arrays of one shape -> the function of two, and the older name.
_SAME_SHAPE: dict[str, tuple[str, str]] = {
    "_mod": ("modulo", "_Mod"),
    "_power": ("power", "_Power"),
    "_maximum": ("maximum", "_Maximum"),
    "_minimum": ("minimum", "_Minimum"),
    "_equal": ("equal", "_Equal"),
    "_not_equal": ("not_equal", "_Not_Equal"),
    "_greater": ("greater", "_Greater"),
    "_greater_equal": ("greater_equal", "_Greater_Equal"),
    "_lesser": ("lesser", "_Lesser"),
    "_lesser_equal": ("lesser_equal", "_Lesser_Equal"),
    "_logical_and": ("logical_and", "_Logical_And"),
    "_logical_or": ("logical_or", "_Logical_Or"),
    "_logical_xor": ("logical_xor", "_Logical_Xor"),
}
#: The older names of operators that have a public one.
_OLDER = {
    "elemwise_add": ("_Plus", "_plus", "_add"), "elemwise_sub": ("_Minus", "_minus", "_sub"),
    "elemwise_mul": ("_Mul", "_mul"), "elemwise_div": ("_Div", "_div"),
}  # fmt: skip


def _define_with_number(name: str, binary: str, reflected: bool, older: str) -> None:
    function = BINARY[binary][0]

    def body(data: Tensor, scalar: float = 1.0, is_int: bool = True) -> Tensor:
        first, second = (scalar, data) if reflected else (data, scalar)
        return combined(binary, function, first, second)

    body.__doc__ = f"{binary} of an array and a number{', the number first' if reflected else ''}."
    define(name, older)(body)


def _define_same_shape(name: str, binary: str, older: str) -> None:
    function = BINARY[binary][0]

    def body(lhs: Tensor, rhs: Tensor) -> Tensor:
        same_shape(name, lhs, rhs)
        return function(lhs, rhs)

    body.__doc__ = f"{binary} of two arrays of one shape."
    define(name, older)(body)


def same_shape(title: str, lhs: Tensor, rhs: Tensor) -> None:
    """Raise unless both have one shape and one dtype."""
    if lhs._shape != rhs._shape:
        raise failure(ShapeError, title, f"lhs has shape {lhs._shape}, rhs {rhs._shape}; expected equal shapes")
    same_dtype(title, lhs, rhs)


for _name, (_binary, _reflected, _older_name) in _WITH_NUMBER.items():
    _define_with_number(_name, _binary, _reflected, _older_name)
for _name, (_binary, _older_name) in _SAME_SHAPE.items():
    _define_same_shape(_name, _binary, _older_name)
for _name, _older_names in _OLDER.items():
    FUNCTIONS.update(dict.fromkeys(_older_names, FUNCTIONS[_name]))


@define("_hypot", "_Hypot")
def _hypot(lhs: Tensor, rhs: Tensor) -> Tensor:
    """sqrt(lhs ** 2 + rhs ** 2) of two arrays of one shape."""
    same_shape("_hypot", lhs, rhs)
    return hypot(lhs, rhs)


@define("_hypot_scalar", "_HypotScalar")
def _hypot_scalar(data: Tensor, scalar: float = 1.0, is_int: bool = True) -> Tensor:
    """sqrt(data ** 2 + scalar ** 2)."""
    return ops.sqrt(ops.add(ops.square(data), float(scalar) ** 2))


# ---- arrays of nothing ---------------------------------------------------------------------------------------------


@define("_zeros")
def _zeros(shape: Any = (), ctx: Context | None = None, dtype: object = "float32") -> NDArray:
    """Zeros of the shape; sizes of 0 are open until the zeros meet another array."""
    sizes = shape if isinstance(shape, (tuple, list)) else (shape,)
    if 0 in sizes:
        return _open_zeros(tuple(sizes), dtype)
    return creation.zeros(shape, ctx, dtype)  # type: ignore[no-any-return]


def _open_zeros(shape: tuple[int, ...], dtype: object) -> NDArray:
    def settle(wanted: tuple[int, ...]) -> NDArray:
        if len(wanted) != len(shape) or any(s not in (0, w) for s, w in zip(shape, wanted, strict=True)):
            raise failure(ShapeError, "_zeros", f"zeros of shape {shape} are used where {wanted} is expected")
        return creation.zeros(wanted, None, dtype)  # type: ignore[no-any-return]

    in_first = shape[0] == 0 and 0 not in shape[1:]
    return OpenRows.made(settle, (lambda count: settle((count, *shape[1:]))) if in_first else None)


@define("_ones")
def _ones(shape: Any = (), ctx: Context | None = None, dtype: object = "float32") -> NDArray:
    """Ones of the shape."""
    return creation.ones(shape, ctx, dtype)  # type: ignore[no-any-return]


@define("_full")
def _full(value: float, shape: Any = (), ctx: Context | None = None, dtype: object = "float32") -> NDArray:
    """One value in every place."""
    return creation.full(shape, value, ctx, dtype)  # type: ignore[no-any-return]


@define("_arange")
def _arange(
    start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1, infer_range: bool = False,
    ctx: Context | None = None, dtype: object = "float32",
) -> NDArray:  # fmt: skip
    """start, start + step, ... below stop."""
    return creation.arange(start, stop, step, repeat, infer_range, ctx, dtype)  # type: ignore[no-any-return]


@define("_linspace")
def _linspace(
    start: float, stop: float, num: int, endpoint: bool = True, ctx: Context | None = None, dtype: object = "float32"
) -> NDArray:
    """num evenly spaced values from start to stop."""
    return creation.linspace(start, stop, num, endpoint, ctx, dtype)  # type: ignore[no-any-return]


@define("_eye")
def _eye(
    N: int,  # noqa: N803
    M: int = 0,  # noqa: N803
    k: int = 0,
    ctx: Context | None = None,
    dtype: object = "float32",
) -> NDArray:
    """1 on the k-th diagonal."""
    return creation.eye(N, M, k, ctx, dtype)  # type: ignore[no-any-return]


# ---- parts ---------------------------------------------------------------------------------------------------------


@define("_split_v2")
def _split_v2(data: Tensor, indices: Any, axis: int = 1, squeeze_axis: bool = False, sections: int = 0) -> Any:
    """Parts along an axis: `sections` equal ones, or each from one index to the next."""
    split = FUNCTIONS["split_v2"]
    if sections > 0:
        return split(data, sections, axis=axis, squeeze_axis=squeeze_axis)
    if not indices or indices[0] != 0:
        raise failure(ArgumentError, "_split_v2", f"indices={indices}, expected them to begin with 0")
    parts = split(data, tuple(indices[1:]), axis=axis, squeeze_axis=squeeze_axis)
    return parts if len(parts) > 1 else parts[0]


@define("amp_cast")
def _amp_cast(data: Tensor, dtype: object) -> Any:
    """Floating-point values as another dtype; others stay."""
    return FUNCTIONS["cast"](data, dtype) if data._dtype.is_floating else data
