"""PyTorch's dtypes, which print as `torch.float32`, and the default one of new floating tensors."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from unified_nn import dtypes as core
from unified_nn.dtypes import DType
from unified_nn.errors import DTypeError, InputTypeError, make


class dtype:  # noqa: N801  PyTorch's name
    """One element type; there is one object of each."""

    __slots__ = ("canonical", "name")

    def __init__(self, canonical: DType) -> None:
        self.canonical = canonical
        self.name = canonical.name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return named, (self.name,)

    @property
    def is_floating_point(self) -> builtins.bool:
        return self.canonical.kind == "f"

    @property
    def is_complex(self) -> builtins.bool:
        return self.canonical.kind == "c"

    @property
    def is_signed(self) -> builtins.bool:
        return self.canonical.kind in "ifc"

    @property
    def itemsize(self) -> builtins.int:
        return self.canonical.itemsize

    def to_complex(self) -> dtype:
        """The complex dtype whose parts have this one."""
        return complex128 if self in (float64, complex128) else complex64

    def to_real(self) -> dtype:
        """The dtype of a complex one's parts."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)


OF_CANONICAL: dict[DType, dtype] = {d: dtype(d) for d in core.ALL}


def named(name: str) -> dtype:
    """The dtype of that name."""
    return OF_CANONICAL[core.BY_NAME[name]]


bool = named("bool")
uint8, uint16, uint32, uint64 = (named(f"uint{bits}") for bits in (8, 16, 32, 64))
int8, int16, int32, int64 = (named(f"int{bits}") for bits in (8, 16, 32, 64))
float16, float32, float64, bfloat16 = map(named, ("float16", "float32", "float64", "bfloat16"))
complex64, complex128 = map(named, ("complex64", "complex128"))
short, int, long = int16, int32, int64
half, float, double = float16, float32, float64
cfloat, cdouble = complex64, complex128

#: The names that `torch` has of dtypes.
NAMES = (*core.BY_NAME, "short", "int", "long", "half", "float", "double", "cfloat", "cdouble")

_PYTHON = {builtins.bool: bool, builtins.int: int64, builtins.float: float64, builtins.complex: complex128}
_default = float32


def canonical(given: object) -> DType:
    """The core's dtype of `torch.float32` or of Python's bool, int, float, complex; others raise TypeError."""
    if isinstance(given, dtype):
        return given.canonical
    if isinstance(given, type) and given in _PYTHON:
        return _PYTHON[given].canonical
    if isinstance(given, DType):
        return given
    raise make(
        InputTypeError, f"dtype must be a torch.dtype such as torch.float32, not {type(given).__name__} {given!r}"
    )


def get_default_dtype() -> dtype:
    """The dtype of new floating tensors that name none."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Give new floating tensors this dtype where they name none."""
    global _default
    if not isinstance(d, dtype) or not d.is_floating_point:
        message = f"set_default_dtype: only floating-point types are supported as the default type, got {d!r}"
        raise make(DTypeError, message, TypeError)
    _default = d


def default() -> DType:
    return _default.canonical


def default_complex() -> DType:
    return _default.to_complex().canonical


class finfo:  # noqa: N801  PyTorch's name
    """The limits of a floating dtype; the default one without an argument."""

    def __init__(self, type: dtype | None = None) -> None:
        chosen = _default if type is None else type
        if not isinstance(chosen, dtype) or chosen.canonical.kind not in "fc":
            message = f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{chosen!r}'"
            raise make(DTypeError, message, TypeError)
        real = chosen.to_real()
        self.dtype = real.name
        self.bits = real.itemsize * 8
        if real is bfloat16:
            limits = (3.3895313892515355e38, 2.0**-7, 2.0**-126, 2.0**-133, 0.01)
        else:
            found = np.finfo(real.canonical.numpy())
            values = (found.max, found.eps, found.tiny, found.smallest_subnormal, found.resolution)
            limits = tuple(builtins.float(v) for v in values)  # type: ignore[assignment]
        self.max, self.eps, self.tiny, _, self.resolution = limits
        self.min, self.smallest_normal = -self.max, self.tiny

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        return f"finfo({', '.join(f'{name}={getattr(self, name):g}' for name in names)}, dtype={self.dtype})"


class iinfo:  # noqa: N801  PyTorch's name
    """The limits of an integer dtype."""

    def __init__(self, type: dtype) -> None:
        if not isinstance(type, dtype) or type.canonical.kind not in "iu":
            message = f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type!r}'"
            raise make(DTypeError, message, TypeError)
        found = np.iinfo(type.canonical.numpy())
        self.dtype, self.bits = type.name, type.itemsize * 8
        self.min, self.max = builtins.int(found.min), builtins.int(found.max)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
