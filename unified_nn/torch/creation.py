"""New tensors: from data, of one value, in steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from unified_nn import memory, registry
from unified_nn import tensor as core
from unified_nn.dtypes import DType, bool_, int64, of_numpy
from unified_nn.errors import ArgumentError, DTypeError, InputTypeError, NotOfferedError, make
from unified_nn.ops.elementwise import as_dtype
from unified_nn.torch import dtypes
from unified_nn.torch.define import define
from unified_nn.torch.devices import device as device_type
from unified_nn.torch.devices import name_of
from unified_nn.torch.tensor import Tensor

Device = device_type | str | int | None


def made(
    values: np.ndarray[Any, Any], dtype: DType | None = None, device: Device = None, requires_grad: bool = False,
    like: core.Tensor | None = None,
) -> Tensor:  # fmt: skip
    """A tensor of these values; on the backend and device of `like` where that is given."""
    backend = registry.current() if like is None else like.backend
    place = name_of(device) if device is not None or like is None else like._device
    if dtype is not None and values.dtype != dtype.numpy():
        values = cast_values(values, dtype)
    found = Tensor._wrap(backend.from_numpy(values, place), backend)
    return found.requires_grad_() if requires_grad else found


def cast_values(values: np.ndarray[Any, Any], dtype: DType) -> np.ndarray[Any, Any]:
    with np.errstate(all="ignore"):
        return values.astype(dtype.numpy())


def refuse_options(name: str, layout: Any = None, pin_memory: Any = False, memory_format: Any = None) -> None:
    """Layouts other than strided, and pinned memory, do not exist here."""
    if layout is not None and str(layout) != "torch.strided":
        raise make(NotOfferedError, f"{name}: layout={layout} is not offered; tensors are torch.strided")
    if pin_memory:
        raise make(NotOfferedError, f"{name}: pin_memory=True is not offered")
    if memory_format is not None and str(memory_format) not in ("torch.contiguous_format", "torch.preserve_format"):
        raise make(NotOfferedError, f"{name}: memory_format={memory_format} is not offered; it changes no values")


# ---- from data ----


def _shape_of(data: Any, depth: int = 0) -> None:
    """Raises what PyTorch raises for lists of different lengths."""
    if isinstance(data, (list, tuple)) and data and isinstance(data[0], (list, tuple)):
        for position, part in enumerate(data):
            if not isinstance(part, (list, tuple)):
                message = f"expected sequence at dim {depth + 1}, entry {position} is {part!r}"
                raise make(InputTypeError, message, TypeError)
            if len(part) != len(data[0]):
                message = f"expected sequence of length {len(data[0])} at dim {depth + 1} (got {len(part)})"
                raise make(ArgumentError, message, ValueError)
            _shape_of(part, depth + 1)


def _plain(data: Any) -> Any:
    """The data with tensors in lists as NumPy arrays."""
    if isinstance(data, core.Tensor):
        return data.backend.to_numpy(data.native)
    if isinstance(data, (list, tuple)):
        return [_plain(part) for part in data]
    return data


def _first(data: Any) -> Any:
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return data


def array_of(data: Any, dtype: DType | None) -> np.ndarray[Any, Any]:
    """NumPy's array of the data with the dtype that PyTorch infers."""
    if isinstance(data, core.Tensor):
        values = data.backend.to_numpy(data.native)
        return values if dtype is None else cast_values(values, dtype)
    if isinstance(data, (np.ndarray, np.generic)):
        of_numpy(data.dtype)
        return np.asarray(data) if dtype is None else cast_values(np.asarray(data), dtype)
    if isinstance(_first(data), (str, bytes)):
        base = TypeError if isinstance(data, (str, bytes)) else ValueError
        raise make(InputTypeError, "tensor: invalid data type 'str'; expected numbers", base)
    if data is None or isinstance(data, (dict, set)) or _first(data) is None:
        raise make(InputTypeError, f"tensor: could not infer dtype of {type(_first(data)).__name__}", RuntimeError)
    _shape_of(data)
    first = _first(data)
    try:
        values = np.asarray(_plain(data) if isinstance(data, (list, tuple)) else data)
    except ValueError as error:
        raise make(ArgumentError, f"tensor: {error}", ValueError) from None
    if values.dtype == object:
        kind = type(first).__name__
        if isinstance(first, int) and not isinstance(first, bool):
            raise make(ArgumentError, "tensor: Overflow when unpacking long long", RuntimeError)
        raise make(InputTypeError, f"tensor: could not infer dtype of {kind}", RuntimeError)
    if dtype is None:
        dtype = _inferred(values, first)
    return cast_values(values, dtype)


def _inferred(values: np.ndarray[Any, Any], first: Any) -> DType:
    """Python's floats become the default dtype; NumPy's and tensors' elements keep theirs."""
    if values.size == 0 and not isinstance(first, (np.ndarray, core.Tensor)):
        return dtypes.default()
    if isinstance(first, (core.Tensor, np.ndarray, np.generic)):
        return of_numpy(values.dtype)
    kind = values.dtype.kind
    if kind == "b":
        return bool_
    if kind in "iu":
        return int64
    return dtypes.default_complex() if kind == "c" else dtypes.default()


def _dtype(given: Any) -> DType | None:
    return None if given is None else dtypes.canonical(given)


@define(method=False, takes="any")
def tensor(data: Any, *, dtype: Any = None, device: Device = None, requires_grad: bool = False,
           pin_memory: bool = False) -> Tensor:  # fmt: skip
    """A new leaf with a copy of the data."""
    refuse_options("tensor", pin_memory=pin_memory)
    return made(array_of(data, _dtype(dtype)), None, device, requires_grad)


@define(method=False, takes="any")
def asarray(
    obj: Any, *, dtype: Any = None, device: Device = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:  # fmt: skip
    """The object as a tensor, which is another one with copy=True."""
    found: Any = as_tensor(obj, dtype=dtype, device=device)
    if copy and found is obj:
        found = found.clone()
    return cast(Tensor, found.requires_grad_() if requires_grad else found)


@define(method=False, takes="any")
def as_tensor(data: Any, *, dtype: Any = None, device: Device = None) -> Tensor:
    """The data as a tensor: a tensor that fits already is given back."""
    if isinstance(data, core.Tensor):
        found = cast(Tensor, data.as_face(Tensor))
        chosen = _dtype(dtype)
        if device is not None and name_of(device) != found._device:
            found = found.to(device)
        return found if chosen is None else cast(Tensor, as_dtype(found, chosen))
    return made(array_of(data, _dtype(dtype)), None, device)


@define(method=False, takes="any")
def from_numpy(ndarray: Any) -> Tensor:
    """A tensor with the array's values and dtype. Unlike PyTorch's it has memory of its own."""
    if not isinstance(ndarray, np.ndarray):
        raise make(InputTypeError, f"expected np.ndarray (got {type(ndarray).__name__})", TypeError)
    return made(ndarray)


@define(method=False, takes="any")
def scalar_tensor(s: Any, *, dtype: Any = None, device: Device = None, requires_grad: bool = False) -> Tensor:
    """A 0-d tensor; of the default dtype where none is given."""
    return made(np.asarray(s), _dtype(dtype) or dtypes.default(), device, requires_grad)


# ---- of one value ----


def _listed(name: str, size: Any) -> tuple[Any, ...]:
    try:
        return tuple(size)
    except TypeError:
        message = f"argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}"
        raise make(InputTypeError, message, TypeError, f"{name}()") from None


def sizes_of(name: str, size: Sequence[Any], given: Any = None) -> tuple[int, ...]:
    """The shape from `f(2, 3)`, `f((2, 3))` or `f(size=(2, 3))`."""
    if given is not None:
        size = (given,)
    if (len(size) == 1 and not hasattr(size[0], "__index__")) or (
        len(size) == 1 and isinstance(size[0], core.Tensor) and size[0].ndim
    ):
        size = _listed(name, size[0])
    try:
        found = tuple(s.__index__() for s in size)
    except (AttributeError, TypeError):
        message = f"{name}(): the size must be integers, got {tuple(size)!r}"
        raise make(InputTypeError, message, TypeError) from None
    if any(s < 0 for s in found):
        bad = next(s for s in found if s < 0)
        raise make(ArgumentError, f"Trying to create tensor with negative dimension {bad}: {list(found)}", RuntimeError)
    memory.check(found, op=name, base=RuntimeError)
    return found


def _filling(name: str, value: float, doc: str) -> None:
    """Define `zeros`, `ones`, `empty` and their `_like` and `new_` forms."""

    def create(*size: Any, dtype: Any = None, device: Device = None, requires_grad: bool = False, layout: Any = None,
               pin_memory: bool = False, memory_format: Any = None, **options: Any) -> Tensor:  # fmt: skip
        shape = sizes_of(name, size, options.pop("size", None))
        if options:
            raise TypeError(f"{name}() got an unexpected keyword argument {next(iter(options))!r}")
        refuse_options(name, layout, pin_memory, memory_format)
        chosen = _dtype(dtype) or dtypes.default()
        return made(np.full(shape, value, chosen.numpy()), None, device, requires_grad)

    def like(input: Tensor, *, dtype: Any = None, device: Device = None, requires_grad: bool = False,
             layout: Any = None, memory_format: Any = None) -> Tensor:  # fmt: skip
        refuse_options(f"{name}_like", layout, memory_format=memory_format)
        return _full(input, input._shape, value, dtype, device, requires_grad)

    def new(self: Tensor, *size: Any, dtype: Any = None, device: Device = None, requires_grad: bool = False) -> Tensor:
        return _full(self, sizes_of(f"new_{name}", size), value, dtype, device, requires_grad)

    create.__name__, like.__name__, new.__name__ = name, f"{name}_like", f"new_{name}"
    create.__doc__, like.__doc__, new.__doc__ = f"{doc} of the shape.", f"{doc} as `input` has.", f"{doc} of the shape."
    define(method=False, takes="any")(create)
    define(method=False)(like)
    define(function=False)(new)


def _full(like: Tensor, shape: tuple[int, ...], value: Any, dtype: Any, device: Device, requires_grad: bool) -> Tensor:
    chosen = _dtype(dtype) or like._dtype
    return made(np.full(shape, value, chosen.numpy()), None, device, requires_grad, like)


_filling("zeros", 0, "Zeros")
_filling("ones", 1, "Ones")
#: PyTorch leaves these uninitialised; here they are 0, so that nothing depends on chance.
_filling("empty", 0, "Zeros, standing for any values,")


@define(method=False, takes="any")
def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """`fill_value` everywhere; its kind gives the dtype."""
    value = fill_value._item() if isinstance(fill_value, core.Tensor) else fill_value
    chosen = _dtype(dtype) or _inferred(np.asarray(value), value)
    return made(np.full(sizes_of("full", (size,)), value).astype(chosen.numpy()), None, device, requires_grad)


@define(method=False)
def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, device: Device = None,
              requires_grad: bool = False, memory_format: Any = None) -> Tensor:  # fmt: skip
    """`fill_value` everywhere, as `input` has."""
    refuse_options("full_like", memory_format=memory_format)
    value = fill_value._item() if isinstance(fill_value, core.Tensor) else fill_value
    return _full(input, input._shape, value, dtype, device, requires_grad)


@define(function=False)
def new_full(self: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Device = None,
             requires_grad: bool = False) -> Tensor:  # fmt: skip
    """`fill_value` everywhere, with this tensor's dtype and device."""
    return _full(self, sizes_of("new_full", (size,)), fill_value, dtype, device, requires_grad)


@define(function=False)
def new_tensor(self: Tensor, data: Any, *, dtype: Any = None, device: Device = None,
               requires_grad: bool = False) -> Tensor:  # fmt: skip
    """The data as a new leaf with this tensor's dtype and device."""
    return made(array_of(data, _dtype(dtype) or self._dtype), None, device, requires_grad, self)


# ---- in steps ----


@define(method=False, takes="any")
def arange(*bounds: Any, dtype: Any = None, device: Device = None, requires_grad: bool = False,
           **named: Any) -> Tensor:  # fmt: skip
    """start, start + step, ... below end: arange(end), arange(start, end) or arange(start, end, step)."""
    given = [_number(b) for b in bounds]
    if len(given) == 1 and "end" not in named:
        given = [0, *given]
    names = ("start", "end", "step")
    values = dict(zip(names, given, strict=False)) | {name: _number(value) for name, value in named.items()}
    if len(given) > 3 or values.keys() - set(names) or "end" not in values:
        raise make(
            InputTypeError, f"arange(): expected (end), (start, end) or (start, end, step), got {bounds}, {named}"
        )
    start, end, step = values.get("start", 0), values["end"], values.get("step", 1)
    if step == 0 or (end - start) / step < 0:
        reason = "step must be nonzero" if step == 0 else "upper bound and lower bound inconsistent with step sign"
        raise make(ArgumentError, f"arange: {reason}; start={start}, end={end}, step={step}", RuntimeError)
    whole = all(isinstance(v, (int, np.integer)) for v in (start, end, step))
    chosen = _dtype(dtype) or (int64 if whole else dtypes.default())
    count = -(-(end - start) // step) if whole else math.ceil((end - start) / step)
    found = start + np.arange(count) * step  # as PyTorch: one product and one sum each
    return made(found, chosen, device, requires_grad)


def _number(value: Any) -> Any:
    return value._item() if isinstance(value, core.Tensor) else value


@define(method=False, takes="any")
def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None, device: Device = None,
             requires_grad: bool = False) -> Tensor:  # fmt: skip
    """`steps` values from start to end, both included, evenly apart; the second half is counted from the end."""
    chosen = _dtype(dtype) or dtypes.default()
    return made(_even(_number(start), _number(end), steps, chosen), chosen, device, requires_grad)


def _even(start: float, end: float, steps: int, chosen: DType) -> np.ndarray[Any, Any]:
    if steps < 0:
        raise make(ArgumentError, f"number of steps must be non-negative, got {steps}", RuntimeError)
    if steps < 2:
        return np.full(steps, start)
    kind = chosen.numpy().type if chosen.kind == "f" else np.float64
    step = kind((kind(end) - kind(start)) / kind(steps - 1))
    i = np.arange(steps)
    from_start = kind(start) + step * i.astype(kind)
    from_end = kind(end) - step * (steps - 1 - i).astype(kind)
    return cast("np.ndarray[Any, Any]", np.where(i < steps // 2, from_start, from_end))


@define(method=False, takes="any")
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None, device: Device = None,
             requires_grad: bool = False) -> Tensor:  # fmt: skip
    """base ** linspace(start, end, steps)."""
    chosen = _dtype(dtype) or dtypes.default()
    powers = np.power(float(base), _even(_number(start), _number(end), steps, chosen).astype(np.float64))
    return made(powers, chosen, device, requires_grad)


@define(method=False, takes="any")
def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """Ones on the diagonal of an n x m matrix (n x n by default), zeros elsewhere."""
    return made(np.eye(n, m), _dtype(dtype) or dtypes.default(), device, requires_grad)


def _triangle(name: str, pick: Any, doc: str) -> None:
    def indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Device = None) -> Tensor:
        found = np.stack(pick(row, offset, col))
        return made(found, _dtype(dtype) or int64, device)

    indices.__name__, indices.__doc__ = name, doc
    define(method=False, takes="any")(indices)


_triangle("tril_indices", np.tril_indices, "The places of the lower triangle of a row x col matrix, (2, N).")
_triangle("triu_indices", np.triu_indices, "The places of the upper triangle of a row x col matrix, (2, N).")


@define(method=False, takes="any")
def is_tensor(obj: object) -> bool:
    """Whether it is a tensor."""
    return isinstance(obj, core.Tensor)


def _window(name: str, coefficients: Sequence[float]) -> None:
    def window(window_length: int, periodic: bool = True, *, dtype: Any = None, device: Device = None,
               requires_grad: bool = False) -> Tensor:  # fmt: skip
        count = window_length + periodic - 1
        angle = np.arange(window_length) * (2 * math.pi / count if count > 0 else 0.0)
        values = sum(c * np.cos(k * angle) * (-1) ** k for k, c in enumerate(coefficients))
        ones = np.ones(window_length)
        chosen = _dtype(dtype) or dtypes.default()
        if chosen.kind != "f":
            raise make(DTypeError, f"{name} expects floating point dtypes, got {chosen.name}", RuntimeError)
        return made(ones if window_length == 1 else np.asarray(values), chosen, device, requires_grad)

    window.__name__, window.__doc__ = name, f"The {name.replace('_', ' ')} of that length."
    define(method=False, takes="any")(window)


_window("hann_window", (0.5, 0.5))
_window("hamming_window", (0.54, 0.46))
_window("blackman_window", (0.42, 0.5, 0.08))
