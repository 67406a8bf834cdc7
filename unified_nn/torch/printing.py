"""How PyTorch prints a tensor: one number format for all elements, lines of 80 columns, then what is not default."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unified_nn import dtypes
from unified_nn.errors import InputTypeError, make

Show = Callable[[Any], str]  # one element -> its text

#: dtypes that a reader knows from the digits alone; the floating default and its complex twin join them.
_SELF_EVIDENT = ("int64", "bool")


@dataclass
class PrintOptions:
    """What `set_printoptions` changes; one object for the process, as in PyTorch."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES: dict[str, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}

_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Changes how tensors print from now on; None keeps an option, except `sci_mode`, which it makes automatic.

    A profile that is not "default", "short" or "full" changes nothing, as in PyTorch.
    """
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    chosen = _PROFILES.get(profile, {}) if profile is not None else {}
    for name, value in {**chosen, **{name: value for name, value in given.items() if value is not None}}.items():
        setattr(_options, name, value)
    _options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The current options, as `set_printoptions` takes them."""
    return asdict(_options)


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Other print options inside a `with` block."""
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


def format_tensor(
    array: Any,
    *,
    dtype_name: str,
    requires_grad: bool = False,
    grad_fn: str | None = None,
    device: str | None = None,
    default_dtype: str = "float32",
    prefix: str = "tensor(",
) -> str:
    """`repr` of a tensor with these values, as `torch.Tensor.__repr__` writes it.

    `array` may be wider than `dtype_name` says (a bfloat16 tensor held as float32). `device` is given only when it is
    not the default one; `grad_fn` is a node's class name, such as `AddmmBackward0`; `prefix` names a subclass.
    """
    values = _printable(array, dtype_name)
    suffixes = [f"device='{device}'"] if device is not None else []
    suffixes += _size_and_dtype(values, dtype_name, default_dtype)
    if grad_fn is not None:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    return _with_suffixes(prefix + _contents(values, len(prefix)), suffixes, len(prefix))


def format_parameter(array: Any, *, dtype_name: str, requires_grad: bool = True, **facts: Any) -> str:
    """`repr` of a `torch.nn.Parameter`; the keywords are those of `format_tensor`."""
    text = format_tensor(array, dtype_name=dtype_name, requires_grad=requires_grad, **facts)
    return f"Parameter containing:\n{text}"


def format_item(array: Any, spec: str, *, dtype_name: str) -> str:
    """`format(tensor, spec)` of a 0-d tensor: its number formatted by Python.

    PyTorch formats only plain tensors so: a 0-d Parameter, like any tensor with axes, has `object.__format__`.
    """
    values = _printable(array, dtype_name)
    if values.ndim:
        message = f"torch: a tensor of shape {values.shape} takes no format spec, got {spec!r}; format its elements"
        raise make(InputTypeError, message)
    return format(values.item(), spec)


def _printable(array: Any, dtype_name: str) -> np.ndarray[Any, Any]:
    """The values in a type whose items are Python numbers; bfloat16 and float16 widen exactly."""
    kind = dtypes.canonical(dtype_name).kind
    wide = {"f": np.float64, "c": np.complex128}.get(kind)
    return np.asarray(array) if wide is None else np.asarray(array).astype(wide)


def _size_and_dtype(values: np.ndarray[Any, Any], dtype_name: str, default_dtype: str) -> list[str]:
    shown_size = values.ndim != 1 if values.size == 0 else not _options.edgeitems
    found = [f"size={values.shape}"] if shown_size else []
    default_complex = "complex128" if default_dtype == "float64" else "complex64"
    evident = (default_dtype,) if values.size == 0 else (default_dtype, default_complex, *_SELF_EVIDENT)
    return found if dtype_name in evident else [*found, f"dtype=torch.{dtype_name}"]


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    used = len(text) - text.rfind("\n") + 1  # two more than the last line has: PyTorch counts so
    for suffix in suffixes:
        if used + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            used = indent + len(suffix)
        else:
            text += ", " + suffix
            used += len(suffix) + 2
    return text + ")"


# ---- the numbers ----


def _contents(values: np.ndarray[Any, Any], indent: int) -> str:
    if values.size == 0:
        return "[]"
    summarize = values.size > _options.threshold
    show, width = _element_format(_edges(values) if summarize else values)
    if values.ndim == 0:
        return show(values.item())
    return _nested(values, indent, summarize, show, width)


def _edges(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The elements that a summary shows; the others have no say in the format."""
    count = _options.edgeitems
    for axis, size in enumerate(values.shape):
        if size > 2 * count:
            kept = [*range(count), *range(size - count, size)]
            values = values.take(kept, axis)
    return values


def _element_format(values: np.ndarray[Any, Any]) -> tuple[Show, int]:
    """How each element is written, and the width that PyTorch plans for it."""
    if values.dtype.kind == "f":
        return _float_format(values)
    if values.dtype.kind != "c":
        width = max((len(str(value)) for value in values.reshape(-1).tolist()), default=1)
        return lambda value: str(value).rjust(width), width
    show_real, real_width = _float_format(values.real)
    show_imaginary, imaginary_width = _float_format(values.imag)

    def show(value: complex) -> str:
        imaginary = show_imaginary(value.imag).lstrip() + "j"
        sign = "" if imaginary[0] in "+-" else "+"
        return show_real(value.real) + sign + imaginary

    return show, real_width + imaginary_width + 1


def _float_format(values: np.ndarray[Any, Any]) -> tuple[Show, int]:
    """Scientific when the magnitudes spread over 1000 to 1 or are extreme, whole numbers as `2.`, else fixed point.

    Zeros, nan and inf take part in neither the choice nor the width.
    """
    flat = values.reshape(-1)
    ordinary = flat[np.isfinite(flat) & (flat != 0)]
    if ordinary.size == 0:
        return _show_whole, 1
    numbers: list[float] = ordinary.tolist()
    if _is_scientific(np.abs(ordinary)):
        spec = f".{_options.precision}e"
    elif bool((ordinary == np.ceil(ordinary)).all()):
        width = max(len(_show_whole(number)) for number in numbers)
        return lambda value: _show_whole(value).rjust(width), width
    else:
        spec = f".{_options.precision}f"
    width = max(len(format(number, spec)) for number in numbers)
    return lambda value: format(value, spec).rjust(width), width


def _is_scientific(magnitudes: np.ndarray[Any, Any]) -> bool:
    if _options.sci_mode is not None:
        return _options.sci_mode
    smallest, largest = float(magnitudes.min()), float(magnitudes.max())
    return largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4


def _show_whole(value: float) -> str:
    return f"{value:.0f}." if math.isfinite(value) else str(value)


# ---- the brackets ----


def _nested(values: np.ndarray[Any, Any], indent: int, summarize: bool, show: Show, width: int) -> str:
    if values.ndim == 1:
        return _row(values, indent, summarize, show, width)
    count = _options.edgeitems
    rows: list[np.ndarray[Any, Any] | None] = list(values)
    if summarize and len(rows) > 2 * count:
        rows = [*rows[:count], None, *rows[len(rows) - count :]]
    texts = ["..." if row is None else _nested(row, indent + 1, summarize, show, width) for row in rows]
    return "[" + ("," + "\n" * (values.ndim - 1) + " " * (indent + 1)).join(texts) + "]"


def _row(values: np.ndarray[Any, Any], indent: int, summarize: bool, show: Show, width: int) -> str:
    count = _options.edgeitems
    if summarize and not count:
        texts = ["..."]
    elif summarize and values.size > 2 * count:
        first, last = values[:count].tolist(), values[-count:].tolist()
        texts = [*map(show, first), " ...", *map(show, last)]
    else:
        texts = [show(value) for value in values.tolist()]
    per_line = max(1, (_options.linewidth - indent) // (width + 2))
    lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
