"""How MindSpore prints a tensor: `str` is NumPy's, `repr` is its own.

The repr has fixed widths, heeds no NumPy option and follows C++ streams: `%g` for scalars, complex numbers and
bfloat16, a sign on negative nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from unified_nn import dtypes
from unified_nn.array_text import array_text

_NAMES = {
    "bool": "Bool",
    "bfloat16": "BFloat16",
    **{f"int{bits}": f"Int{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"UInt{bits}" for bits in (8, 16, 32, 64)},
    **{f"float{bits}": f"Float{bits}" for bits in (16, 32, 64)},
    **{f"complex{bits}": f"Complex{bits}" for bits in (64, 128)},
}

_EDGE = 3  # elements shown at each end of a summarised axis
_LONGEST_AXIS = 2 * _EDGE
_LONGEST_VECTOR = 1000


def format_tensor(array: Any, *, dtype_name: str) -> tuple[str, str]:
    """`(str(tensor), repr(tensor))`; `array` may be wider than `dtype_name` (bfloat16 held as float32)."""
    values = np.asarray(array)
    if dtype_name == "bfloat16":
        values = values.astype(np.float64)
        return _bfloat16_text(values), _repr(values.shape, dtype_name, _contents(values, dtype_name))
    return array_text(values), _repr(values.shape, dtype_name, _contents(values, dtype_name))


def format_uninitialized(shape: tuple[int, ...], *, dtype_name: str) -> tuple[str, str]:
    """`(str, repr)` of `initializer(...)` before `init_data()`: the repr shows zeros, whatever will be drawn."""
    zeros = np.zeros(shape, "float32" if dtype_name == "bfloat16" else dtype_name)
    return _repr(shape, dtype_name, "<uninitialized>"), format_tensor(zeros, dtype_name=dtype_name)[1]


def format_parameter(name: str, shape: Iterable[int], *, dtype_name: str, requires_grad: bool = True) -> str:
    """Both `str` and `repr` of a Parameter."""
    facts = f"name={name}, shape={tuple(shape)}, dtype={_name(dtype_name)}, requires_grad={requires_grad}"
    return f"Parameter ({facts})"


def _name(dtype_name: str) -> str:
    return _NAMES[dtypes.canonical(dtype_name).name]


def _repr(shape: tuple[int, ...], dtype_name: str, contents: str) -> str:
    gap = "\n" if len(shape) > 1 else " " if contents != "<uninitialized>" else ""
    return f"Tensor(shape={list(shape)}, dtype={_name(dtype_name)}, value={gap}{contents})"


# ---- str ----


class _BFloat16(float):
    """A number that prints as the scalars of MindSpore's own NumPy dtype do."""

    def __repr__(self) -> str:
        return _signed_nan(self) or f"{float(self):f}"

    __str__ = __repr__


def _bfloat16_text(values: np.ndarray[Any, Any]) -> str:
    """NumPy's layout of a dtype that it does not know: every element by its repr, nothing aligned."""
    if values.ndim == 0:
        return str(_BFloat16(values.item()))
    users: dict[str, Any] = dict(np.get_printoptions()["formatter"] or {})
    show = users.get("numpystr") or users.get("str_kind") or users.get("all") or repr
    return np.array2string(values, formatter={"float_kind": lambda value: show(_BFloat16(value))})


def _signed_nan(value: float) -> str:
    """`-nan` or `nan` as C prints them, or nothing for a number."""
    if not math.isnan(value):
        return ""
    return "-nan" if math.copysign(1.0, value) < 0 else "nan"


# ---- repr ----


class _Element(NamedTuple):
    """How one dtype's elements are written between brackets."""

    show: Callable[[Any], str]
    width: int | None  # None: as wide as the widest
    per_line: int  # elements of a vector before a line break


def _general(value: float) -> str:
    return _signed_nan(value) or f"{value:g}"


def _scientific(precision: int) -> Callable[[float], str]:
    return lambda value: _signed_nan(value) or f"{value:.{precision}e}"


def _complex(value: complex) -> str:
    imaginary = _general(value.imag)
    return _general(value.real) + ("" if imaginary.startswith("-") else "+") + imaginary + "j"


_ELEMENTS = {
    "bfloat16": _Element(_general, None, 24),
    "float16": _Element(_scientific(4), 11, 12),
    "f": _Element(_scientific(8), 15, 12),
    "c": _Element(_complex, 0, 24),
    "b": _Element(str, 5, 12),
    "i": _Element(str, None, 24),
    "u": _Element(str, None, 24),
}  # by dtype, else by kind


def _contents(values: np.ndarray[Any, Any], dtype_name: str) -> str:
    if values.size == 0:
        return ""
    kind = dtypes.canonical(dtype_name).kind
    show, width, per_line = _ELEMENTS.get(dtype_name) or _ELEMENTS[kind]
    if values.ndim == 0:
        return (_general if kind == "f" else show)(values.item())
    longest = _LONGEST_VECTOR if values.ndim == 1 else _LONGEST_AXIS
    fixed = max(map(len, map(show, _shown(values, longest)))) if width is None else width

    def cell(value: Any) -> str:
        return show(value).rjust(fixed)

    if values.ndim == 1 and values.size <= longest:
        return "[" + _lines(list(map(cell, values.tolist())), per_line) + "]"
    return _nested(values, 0, cell)


def _shown(values: np.ndarray[Any, Any], longest: int) -> list[Any]:
    """The elements that are printed: they alone decide the width."""
    for axis, size in enumerate(values.shape):
        if size > longest:
            values = values.take([*range(_EDGE), *range(size - _EDGE, size)], axis)
    return list(values.reshape(-1).tolist())


def _lines(texts: list[str], per_line: int) -> str:
    lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
    # A line break follows every full line, the last one too: `1, 1, 1\n ]`.
    return ", \n ".join(lines) + ("\n " if len(texts) % per_line == 0 else "")


def _nested(values: np.ndarray[Any, Any], depth: int, cell: Callable[[Any], str]) -> str:
    halves = [values[:_EDGE], values[-_EDGE:]] if len(values) > _LONGEST_AXIS else [values]
    if values.ndim == 1:
        return "[" + " ... ".join(", ".join(map(cell, half.tolist())) for half in halves) + "]"
    indent = " " * (depth + 1)
    texts = [f",\n{indent}".join(_nested(row, depth + 1, cell) for row in half) for half in halves]
    return "[" + f",\n{indent}...\n{indent}".join(texts) + "]"
