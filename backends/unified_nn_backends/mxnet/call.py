"""The one place where MXNet's operators are called and its arrays are made.

The natives are `mxnet.numpy.ndarray`: they have bool, 0-d and zero-size arrays, which MXNet allows only while its switch
"NumPy shapes" is on. The switch belongs to the thread and changes what the user's own MXNet code means, so it is on only
inside a call here. Going through the C API with attributes as ready-made text halves the cost of MXNet's Python
functions, and Python numbers as text cannot carry NumPy 2's `np.int64(4)`, which MXNet's parser refuses.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import POINTER, byref, c_bool, c_char_p, c_int, c_uint, c_void_p
from functools import cache, lru_cache
from typing import Any

import numpy as np

from unified_nn.errors import DTypeError, UnifiedError, make
from unified_nn_backends.mxnet.patches import load

mx = load()

_LIBRARY = mx.base._LIB
_switch = _LIBRARY.MXSetIsNumpyShape
_invoke = _LIBRARY.MXImperativeInvokeEx
_ON, _OFF = c_int(1), c_int(0)

#: The element types of MXNet that its CPU kernels know, with the number that its C API uses for each.
CODES: dict[str, int] = {
    "float32": 0, "float64": 1, "float16": 2, "uint8": 3, "int32": 4, "int8": 5, "int64": 6, "bool": 7,
}  # fmt: skip

Array = Any


@contextmanager
def numpy_shapes() -> Iterator[None]:
    """NumPy's shapes in this thread inside the `with` block; the user's own setting again after it."""
    before = c_int()
    _switch(_ON, byref(before))
    try:
        yield
    finally:
        if not before.value:
            _switch(_OFF, byref(before))


def check(status: int) -> None:
    """Raise MXNet's own error where a function of its C API failed; its first lines are C++ files, its last the reason."""
    if status:
        try:
            mx.base.check_call(status)
        except mx.base.MXNetError as error:
            reason = str(error).strip().splitlines()[-1].removeprefix("MXNetError: ")
            raise type(error)(reason) from None


@cache
def _operator(name: str) -> c_void_p:
    found = c_void_p()
    check(_LIBRARY.NNGetOpHandle(c_char_p(name.encode()), byref(found)))
    return found


def _text(value: Any) -> str:
    """An attribute as MXNet's parser reads it."""
    if isinstance(value, (tuple, list)):
        return f"({','.join(map(_text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, (bool, np.bool_)) or value is None or isinstance(value, str):
        return str(value)
    return repr(float(value)) if isinstance(value, (float, np.floating)) else str(int(value))


@lru_cache(maxsize=4096)
def _attributes(names: tuple[str, ...], texts: tuple[str, ...]) -> tuple[Any, Any]:
    kind = c_char_p * len(names)
    return kind(*(n.encode() for n in names)), kind(*(t.encode() for t in texts))


def _run(name: str, arrays: tuple[Array, ...], attrs: dict[str, Any]) -> tuple[int, Any]:
    operator = _operator(name)
    keys, values = _attributes(tuple(attrs), tuple(map(_text, attrs.values())))
    inputs = (c_void_p * len(arrays))(*[a.handle for a in arrays])
    count, outputs, storage, before = c_int(0), POINTER(c_void_p)(), POINTER(c_int)(), c_int()
    _switch(_ON, byref(before))
    try:
        status = _invoke(operator, c_int(len(arrays)), inputs, byref(count), byref(outputs), c_int(len(attrs)), keys,
                         values, byref(storage))  # fmt: skip
    finally:
        if not before.value:
            _switch(_OFF, byref(before))
    check(status)
    return count.value, outputs


def wrap(address: int) -> Array:
    """The array behind an address that MXNet's C API returned."""
    return mx.np.ndarray(handle=c_void_p(address))


def invoke(name: str, *arrays: Array, **attrs: Any) -> Array:
    """The (first) result of MXNet's operator of that name."""
    count, outputs = _run(name, arrays, attrs)
    for position in range(1, count):
        wrap(outputs[position])  # takes ownership, so that it is freed
    return wrap(outputs[0])


def invoke_many(name: str, *arrays: Array, **attrs: Any) -> list[Array]:
    """All results of MXNet's operator of that name."""
    count, outputs = _run(name, arrays, attrs)
    return [wrap(outputs[position]) for position in range(count)]


# ---- arrays --------------------------------------------------------------------------------------------------------


def is_array(value: object) -> bool:
    """Whether the value is an array of this backend."""
    return isinstance(value, mx.np.ndarray)


def dtype_name(x: Array) -> str:
    """The name of an array's element type."""
    code = c_int()
    check(_LIBRARY.MXNDArrayGetDType(x.handle, byref(code)))
    return _NAMES[code.value]


_NAMES: dict[int, str] = {code: name for name, code in CODES.items()}


def refuse_dtype(name: str) -> UnifiedError:
    return make(DTypeError, f"backend 'mxnet' has no {name} arrays; MXNet 1.9.1 on the CPU knows {', '.join(CODES)}")


def from_host(values: np.ndarray[Any, Any]) -> Array:
    """An MXNet array of its own with the values of a NumPy array."""
    code = CODES.get(values.dtype.name)
    if code is None:
        raise refuse_dtype(values.dtype.name)
    values = np.require(values, values.dtype.newbyteorder("="), "C")
    shape = (c_uint * values.ndim)(*values.shape)
    made = c_void_p()
    with numpy_shapes():
        check(_LIBRARY.MXNDArrayCreateEx(shape, c_uint(values.ndim), c_int(1), c_int(0), c_int(0), c_int(code),
                                         byref(made)))  # fmt: skip
        if values.size:
            source = values.ctypes.data_as(c_void_p)
            check(_LIBRARY.MXNDArraySyncCopyFromCPU(made, source, ctypes.c_size_t(values.size)))
    return mx.np.ndarray(handle=made)


def to_host(x: Array) -> np.ndarray[Any, Any]:
    """The values on the host; waits for them."""
    found: np.ndarray[Any, Any] = x.asnumpy()
    return found


def detach(x: Array) -> Array:
    """The same memory without a gradient history."""
    made = c_void_p()
    check(_LIBRARY.MXNDArrayDetach(x.handle, byref(made)))
    return mx.np.ndarray(handle=made)


def full(shape: tuple[int, ...], value: float, dtype: str) -> Array:
    """An array with one value everywhere."""
    return from_host(np.full(shape, value, dtype))


def zeros(shape: tuple[int, ...], dtype: str) -> Array:
    """An array of zeros."""
    return invoke("_npi_zeros", shape=shape, dtype=dtype, ctx="cpu(0)")


def _truth(text: str) -> bool:
    return text == "True"


@lru_cache(maxsize=1024)
def _constant(text: str, kind: Callable[[str], float], dtype: str) -> Array:
    value = kind(text)
    try:
        return from_host(np.asarray(value, dtype))
    except OverflowError:  # as NumPy's own integers: the low bits
        bits = 8 * np.dtype(dtype).itemsize
        return from_host(np.asarray(int(value) % (1 << bits), f"uint{bits}").astype(dtype))


def constant(value: float, dtype: str) -> Array:
    """A 0-d array of a Python number."""
    # Recording ties an array to one graph, so that every use of a kept array needs a handle of its own.
    kind = _truth if value.__class__ is bool else int if value.__class__ is int else float
    return detach(_constant(repr(value), kind, dtype))


_RANGES: dict[str, tuple[int, int]] = {
    "bool": (1, 0), "uint8": (0, 255), "int8": (-128, 127), "int32": (-(2**31), 2**31 - 1), "int64": (-(2**53), 2**53),
}  # fmt: skip


def spelled_exactly(value: float, dtype: str) -> bool:
    """Whether MXNet's parser of numbers gives this very value in the dtype.

    It is off by up to three units in the last place of a float64, takes infinities only while the C library's error
    number happens to be clear, and refuses denormal numbers.
    """
    if value.__class__ is not float:
        low, high = _RANGES.get(dtype, (-(2**53), 2**53))
        return low <= value <= high
    if dtype in _RANGES:
        return False
    if value == 0.0:
        return math.copysign(1.0, value) > 0
    if not 1e-300 < abs(value) < 1e300:
        return False
    return dtype != "float64" or (value == round(value * 1024) / 1024 and abs(value) < 2**40)


def size(shape: Sequence[int]) -> int:
    """How many elements an array of the shape has."""
    return math.prod(shape)


def reshaped(x: Array, shape: tuple[int, ...]) -> Array:
    """x in that shape, which has no -1; x itself where it has it already.

    A copy: MXNet's own arrays of another shape on the same memory get wrong gradients from `Pooling`, and break where
    `Convolution` keeps its weights in a layout of its own.
    """
    return x if x.shape == shape else invoke("_npi_reshape", x, newshape=shape)


def part(x: Array, axis: int, start: int, stop: int) -> Array:
    """x from start to before stop along one axis; not empty."""
    return invoke("slice_axis", x, axis=axis, begin=start, end=stop)


def is_recording() -> bool:
    """Whether MXNet records what is called now."""
    found = c_bool()
    check(_LIBRARY.MXAutogradIsRecording(byref(found)))
    return found.value


def anchored(values: Array, *arrays: Array) -> Array:
    """`values` with the arrays in its gradient graph, if there is one: they get a gradient of zeros.

    MXNet leaves gradients unset, or fails, behind results without elements; `trunc` has zeros whatever comes after it.
    """
    for x in arrays if is_recording() else ():
        still = invoke("_npi_trunc", x)
        if size(x.shape):  # the sign is finite, of NaN too
            zero = invoke("_npi_multiply_scalar", invoke("_np_max", invoke("_npi_sign", still)), scalar=0.0)
        else:
            row = reshaped(still, (1, 0))
            padded = invoke("_npi_pad", row, pad_width=((0, 0), (0, 1)), mode="constant", constant_value=0.0)
            zero = reshaped(padded, ())
        values = invoke("_npi_add", values, invoke("_npi_cast", zero, dtype=dtype_name(values)))
    return values
