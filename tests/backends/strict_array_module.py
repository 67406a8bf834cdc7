"""A stand-in for CuPy on machines without a GPU: NumPy behind CuPy's rules.

It has only names that CuPy has, its arrays do not become NumPy arrays unless `.get()` asks for it, NumPy's arrays are
not accepted beside them, and a ufunc has neither `where` nor methods other than `at`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np

FUNCTIONS = {
    "all", "any", "arange", "argmax", "argmin", "argsort", "broadcast_to", "concatenate", "copyto", "cumsum", "empty",
    "flatnonzero", "flip", "full", "max", "min", "ones", "prod", "sum", "take_along_axis", "where", "zeros",
}  # fmt: skip
UFUNCS = {
    "absolute", "add", "arccos", "arcsin", "arctan", "arctan2", "bitwise_and", "bitwise_or", "bitwise_xor", "ceil",
    "copysign", "cos", "cosh", "equal", "exp", "expm1", "floor", "floor_divide", "fmod", "greater", "greater_equal",
    "invert", "isfinite", "isinf", "isnan", "less", "less_equal", "log", "log10", "log1p", "log2", "logical_and",
    "logical_not", "logical_or", "logical_xor", "matmul", "maximum", "minimum", "multiply", "negative", "not_equal",
    "power", "reciprocal", "remainder", "rint", "sign", "sin", "sinh", "sqrt", "square", "subtract", "tan", "tanh",
    "true_divide", "trunc",
}  # fmt: skip
METHODS = {"all", "any", "astype", "copy", "max", "min", "reshape", "sum", "swapaxes", "take", "transpose", "view"}
PROPERTIES = {"T", "dtype", "ndim", "real", "shape", "size", "strides"}
BINARY = {"add", "and", "eq", "ge", "gt", "le", "lt", "mod", "mul", "ne", "or", "pow", "sub", "truediv", "xor"}


class StrictArray:
    """Stands for cupy.ndarray."""

    def __init__(self, hidden: np.ndarray, number: int = 0) -> None:
        self._hidden = hidden
        self.device = SimpleNamespace(id=number)

    def get(self) -> np.ndarray:
        """The one way back to the host."""
        return self._hidden.copy()

    def _implicit(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`.")

    __array__ = __iter__ = __len__ = _implicit
    __hash__ = None  # type: ignore[assignment]

    def __array_ufunc__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a NumPy function was called on an array of the device")

    def __array_function__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a NumPy function was called on an array of the device")

    def __bool__(self) -> bool:
        return bool(self._hidden)

    def __int__(self) -> int:
        return int(self._hidden)

    def __getitem__(self, index: Any) -> StrictArray:
        return wrapped(self._hidden[unwrapped(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._hidden[unwrapped(index)] = unwrapped(value)

    def __neg__(self) -> StrictArray:
        return wrapped(-self._hidden)

    def __invert__(self) -> StrictArray:
        return wrapped(~self._hidden)


def unwrapped(value: Any) -> Any:
    """What NumPy gets instead of the device's arrays; its own arrays are refused as CuPy refuses them."""
    if isinstance(value, StrictArray):
        return value._hidden
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (tuple, list)):
        return type(value)(unwrapped(v) for v in value)
    return value


def wrapped(value: Any) -> Any:
    return StrictArray(np.asarray(value)) if isinstance(value, (np.ndarray, np.generic)) else value


def through(function: Callable[..., Any], *refused: str) -> Callable[..., Any]:
    """The function on the device's arrays."""

    def call(*args: Any, **options: Any) -> Any:
        if set(options) & set(refused):
            raise TypeError(f"CuPy's {function.__name__} has no {sorted(set(options) & set(refused))}")
        with np.errstate(all="ignore"):
            return wrapped(function(*map(unwrapped, args), **{k: unwrapped(v) for k, v in options.items()}))

    return call


class StrictUfunc:
    """Stands for cupy.ufunc."""

    def __init__(self, ufunc: np.ufunc) -> None:
        self._call = through(ufunc, "where", "casting")
        if ufunc in (np.add, np.subtract, np.maximum, np.minimum):
            self.at = through(ufunc.at)

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._call(*args, **options)


def _method(name: str) -> Callable[..., Any]:
    def call(self: StrictArray, *args: Any, **options: Any) -> Any:
        return through(getattr(self._hidden, name))(*args, **options)

    return call


def _in_place(name: str) -> Callable[..., StrictArray]:
    def call(self: StrictArray, other: Any) -> StrictArray:
        with np.errstate(all="ignore"):
            getattr(operator, f"__i{name}__")(self._hidden, unwrapped(other))
        return self

    return call


for _name in METHODS:
    setattr(StrictArray, _name, _method(_name))
for _name in PROPERTIES:
    setattr(StrictArray, _name, property(lambda self, name=_name: wrapped(getattr(self._hidden, name))))
for _name in BINARY:
    setattr(StrictArray, f"__{_name}__", _method(f"__{_name}__"))
    if _name not in {"lt", "le", "gt", "ge", "eq", "ne"}:
        setattr(StrictArray, f"__r{_name}__", _method(f"__r{_name}__"))
        setattr(StrictArray, f"__i{_name}__", _in_place(_name))


class CUDARuntimeError(RuntimeError):
    pass


class Device:
    """Stands for cupy.cuda.Device: arrays made inside the `with` block are on it."""

    current = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def __enter__(self) -> None:
        self._before, Device.current = Device.current, self.number

    def __exit__(self, *_: object) -> None:
        Device.current = self._before


class StrictArrayModule(SimpleNamespace):
    """Stands for the module cupy, with so many devices."""

    def __init__(self, devices: int = 2) -> None:
        super().__init__(**{name: through(getattr(np, name)) for name in FUNCTIONS})
        self.__dict__.update((name, StrictUfunc(getattr(np, name))) for name in UFUNCS)
        self.__version__ = "13.0 (stand-in)"
        self.ndarray = StrictArray
        self.asarray = self._asarray
        self.array = lambda x: StrictArray(x._hidden.copy(), Device.current)
        self.asnumpy = lambda x: x.get()
        self.lib = SimpleNamespace(stride_tricks=SimpleNamespace(as_strided=through(np.lib.stride_tricks.as_strided)))
        self.synchronized = 0
        self.cuda = SimpleNamespace(
            Device=Device,
            get_current_stream=lambda: SimpleNamespace(synchronize=self._synchronize),
            runtime=SimpleNamespace(
                CUDARuntimeError=CUDARuntimeError, getDevice=lambda: Device.current, getDeviceCount=self._count
            ),
        )
        self._devices = devices

    def _asarray(self, value: Any, dtype: Any = None) -> StrictArray:
        """The explicit way to the device."""
        hidden = value._hidden if isinstance(value, StrictArray) else np.array(value, dtype)
        return StrictArray(hidden, Device.current)

    def _count(self) -> int:
        if not self._devices:
            raise CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")
        return self._devices

    def _synchronize(self) -> None:
        self.synchronized += 1
