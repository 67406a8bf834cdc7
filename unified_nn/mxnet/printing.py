"""How MXNet prints arrays and parameters: NumPy's text with a frame of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from unified_nn.array_text import array_repr, array_text
from unified_nn.errors import InputTypeError, NotOfferedError, make


def set_printoptions(precision: int | None = None, threshold: int | None = None, **others: Any) -> None:
    """Changes NumPy's own print options, as `mxnet.np.set_printoptions` does."""
    if others:
        unknown = ", ".join(others)
        raise make(NotOfferedError, f"mxnet.np.set_printoptions takes precision and threshold only, not {unknown}")
    np.set_printoptions(precision=precision, threshold=threshold)


def format_ndarray(array: Any, *, context: str = "cpu(0)", class_name: str = "NDArray") -> str:
    """Both `str` and `repr` of an `mx.nd.NDArray`."""
    values = np.asarray(array)
    shape = "x".join(str(size) for size in values.shape)
    return f"\n{array_text(values)}\n<{class_name} {shape} @{context}>"


def format_np_str(array: Any, *, context: str = "cpu(0)") -> str:
    """`str` of an `mx.np.ndarray`; the context shows unless it is the CPU or the array has no axes."""
    values = np.asarray(array)
    shown = "" if _is_cpu(context) or values.ndim == 0 else f" @{context}"
    return array_text(values) + shown


def format_np_repr(array: Any, *, context: str = "cpu(0)") -> str:
    """`repr` of an `mx.np.ndarray`: the dtype shows unless it is float32, or bool with elements."""
    values = np.asarray(array)
    text = array_repr(values)
    if "dtype=" in text:
        text = text[: text.rindex(",")] + ")" if values.dtype == np.float32 else text
    elif values.dtype not in (np.float32, np.bool_):
        text = f"{text[:-1]}, dtype={values.dtype})"
    return text if _is_cpu(context) else f"{text[:-1]}, ctx={context})"


def format_np_item(array: Any, spec: str) -> str:
    """`format(array, spec)` of an `mx.np.ndarray`: a 0-d array formats as its number, others take no spec."""
    values = np.asarray(array)
    if values.ndim == 0:
        return format(values.item(), spec)
    if spec:
        message = f"mxnet.np: an array of shape {values.shape} takes no format spec, got {spec!r}; format its elements"
        raise make(InputTypeError, message)
    return format_np_str(values)


def format_parameter(name: str, shape: tuple[int, ...] | None, dtype: object, *, class_name: str = "Parameter") -> str:
    """`repr` of a Parameter or Constant; `dtype` prints as the user gave it, a name or a class."""
    return f"{class_name} {name} (shape={shape}, dtype={_dtype_text(dtype)})"


def format_parameter_dict(prefix: str, parameters: Iterable[object]) -> str:
    """`repr` of a ParameterDict: one line per parameter."""
    name = f"{prefix} " if prefix else ""
    lines = "\n".join("  " + str(parameter).replace("\n", "\n  ") for parameter in parameters)
    return f"{name}(\n{lines}\n)"


def _is_cpu(context: str) -> bool:
    return context.partition("(")[0] == "cpu"


def _dtype_text(dtype: object) -> str:
    # NumPy 2 renamed the class of its booleans from numpy.bool_ to numpy.bool.
    return "<class 'numpy.bool_'>" if dtype is np.bool_ else str(dtype)
