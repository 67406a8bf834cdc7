"""MXNet's array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from unified_nn import registry, tensor
from unified_nn.backend import Native
from unified_nn.errors import (
    ArgumentError,
    GradientError,
    InputTypeError,
    MissingNameError,
    ShapeError,
    UnifiedError,
    make,
    nearest,
)
from unified_nn.mxnet import gradient
from unified_nn.mxnet.base import error_base, failure
from unified_nn.mxnet.context import Context, context_of, device_of
from unified_nn.mxnet.dtypes import public, resolve
from unified_nn.mxnet.ndarray import indexing
from unified_nn.mxnet.ndarray.function import FUNCTIONS, METHODS
from unified_nn.mxnet.printing import format_ndarray
from unified_nn.mxnet.scope import gated, is_recording
from unified_nn.ops.elementwise import as_dtype, cast, logical_and, mul
from unified_nn.ops.shape import reshape, transpose
from unified_nn.tensor import Tensor


class NDArray(tensor.Tensor):
    """An array that behaves and prints as `mxnet.nd.NDArray`."""

    # -- what it is --

    @property
    def dtype(self) -> Any:
        return public(self._dtype)

    @property
    def size(self) -> int:
        count = 1
        for length in self._shape:
            count *= length
        return count

    @property
    def context(self) -> Context:
        return context_of(self._device)

    ctx = context

    @property
    def stype(self) -> str:
        return "default"

    @property
    def writable(self) -> bool:
        return True

    @property
    def T(self) -> NDArray:  # noqa: N802  MXNet's name
        """The array with its axes in reverse order."""
        return gated(transpose)(self, axes=tuple(range(self.ndim))[::-1])  # type: ignore[return-value]

    def __repr__(self) -> str:
        return format_ndarray(self.numpy(), context=str(self.context))

    __str__ = __repr__

    def __bool__(self) -> bool:
        if self.size != 1:
            raise failure(
                ArgumentError, "bool", f"the truth value of an NDArray of shape {self._shape} is ambiguous", ValueError
            )
        return bool(self.numpy().reshape(())[()])

    def __len__(self) -> int:
        return self._shape[0]

    def __iter__(self) -> Iterator[NDArray]:
        return (self[i] for i in range(len(self)))

    def __float__(self) -> float:
        raise _no_number("float")

    def __int__(self) -> int:
        raise _no_number("int")

    def __index__(self) -> int:
        raise make(InputTypeError, "'NDArray' object cannot be interpreted as an integer; use int(array.asscalar())")

    def __getattr__(self, name: str) -> Any:
        message = f"'NDArray' object has no attribute {name!r}"
        raise make(MissingNameError, message if name.startswith("_") else message + nearest(name, dir(type(self))))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.numpy(), self._dtype.name)

    def __copy__(self) -> NDArray:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> NDArray:
        return self.copy()

    # -- values --

    def asnumpy(self) -> np.ndarray[Any, Any]:
        """The values as a NumPy array of its own."""
        return self.numpy()

    def asscalar(self) -> Any:
        """The value of an array with one element, as a NumPy scalar."""
        if self.size != 1:
            message = f"the array has shape {self._shape}, expected one element; use asnumpy()"
            raise failure(ArgumentError, "asscalar", message, ValueError)
        values = self.numpy()
        return values[0] if values.ndim == 1 else values[()]

    def astype(self, dtype: object, copy: bool = True) -> NDArray:
        """The values as another dtype; a copy also where it is the same one, unless copy is False."""
        wanted = resolve(dtype)
        if wanted is self._dtype:
            return self.copy() if copy else self
        return gated(_cast)(self, wanted)

    def copy(self) -> NDArray:
        return gated(_copied)(self)

    def copyto(self, other: NDArray | Context) -> NDArray:
        """Write the values into another array, or copy them to a context."""
        if isinstance(other, Context):
            return self.as_in_context(other) if other != self.context else self.copy()
        other[:] = self
        return other

    def as_in_context(self, context: Context) -> NDArray:
        """The array on a device: itself where it is there already."""
        if not isinstance(context, Context):
            raise failure(
                InputTypeError, "as_in_context", f"got {context!r}, expected an mxnet.Context such as mx.cpu()"
            )
        device = device_of(context, self.backend)
        if device == self._device:
            return self
        return NDArray._wrap(self.backend.to_device(self._body.native, device), self.backend)

    as_in_ctx = as_in_context

    def as_nd_ndarray(self) -> NDArray:
        return self

    def tostype(self, stype: str) -> NDArray:
        if stype != "default":
            raise failure(ArgumentError, "tostype", f"stype={stype!r} is not offered; arrays are dense ('default')")
        return self

    def wait_to_read(self) -> None:
        """Return once the values have been computed."""
        self.backend.synchronize()

    # -- gradient --

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Make room for the gradient and record what is computed from this array; its history is dropped."""
        if stype not in (None, "default"):
            raise failure(ArgumentError, "attach_grad", f"stype={stype!r} is not offered; gradients are dense")
        if grad_req not in gradient.REQUESTS:
            message = f"grad_req={grad_req!r} is not one of {', '.join(gradient.REQUESTS)}"
            raise failure(ArgumentError, "attach_grad", message, KeyError)
        gradient.attach(self, grad_req)

    def backward(self, out_grad: NDArray | None = None, retain_graph: bool = False, train_mode: bool = True) -> None:
        """Write or add the gradients of this array, times out_grad (ones by default), where attach_grad was called.

        They are those of what was recorded, in the mode in which it was recorded. Real MXNet runs the gradients of
        BatchNorm in `train_mode`, and gives wrong ones where that is not the mode of the recording.
        """
        gradient.backward([self], [out_grad], retain_graph)

    def detach(self) -> NDArray:
        """The same values, shared, outside the graph."""
        return self._detached()  # type: ignore[return-value]

    # -- shape --

    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """The same values with another shape: 0 keeps a size, -1 is worked out, -2 to -4 as in MXNet.

        Shares memory with this array, unless gradients are recorded.
        """
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = tuple(shape[0])
        elif not shape:
            shape = tuple(kwargs.pop("shape"))
        reverse = kwargs.pop("reverse", False)
        if kwargs:
            raise make(InputTypeError, f"reshape() takes shape and reverse, got {sorted(kwargs)}")
        wanted = indexing.reshape_codes(self._shape, shape, bool(reverse))
        count = int(np.prod(wanted, dtype=np.int64))
        if count != self.size:
            message = f"cannot reshape an array of {self.size} elements {self._shape} into {wanted}"
            base = ValueError if count < self.size and not is_recording() else None
            raise failure(ShapeError, "reshape", message, base)
        made = gated(reshape)(self, shape=wanted)
        if not is_recording():
            tensor.mark_view(made._body, self._body, reshape, {"shape": wanted})
        return made  # type: ignore[return-value]

    def broadcast_to(self, shape: tuple[int, ...]) -> NDArray:
        """The array broadcast to the shape."""
        have = (1,) * (len(shape) - self.ndim) + self._shape
        if len(have) != len(shape) or any(s < 1 or h not in (1, s) for h, s in zip(have, shape, strict=True)):
            message = f"{self._shape} does not broadcast to {tuple(shape)}"
            raise failure(ShapeError, "broadcast_to", message, ValueError)
        return FUNCTIONS["broadcast_to"](self, shape)  # type: ignore[no-any-return]

    # -- index --

    def __getitem__(self, key: Any) -> Any:
        return indexing.getitem(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._change(gated(indexing.setitem)(self, key, value))

    # -- in place --

    def _change(self, value: Tensor) -> Self:
        """Take the values of an array of this shape and dtype; refused in a recorded computation."""
        if self.tracked and is_recording():
            message = (
                "an array that is part of a recorded computation cannot be changed; do it outside autograd.record()"
            )
            raise failure(GradientError, "in-place", message)
        return self._assign(value)

    def _assign(self, value: Tensor) -> Self:
        # Results of MXNet's functions are copies, which a native library may keep as views: it must not write.
        tensor._write(self, value, is_recording())
        return self

    @classmethod
    def _error_base(cls, op: str, kind: type[UnifiedError]) -> type[BaseException]:
        return error_base(op, kind)

    def __hash__(self) -> int:
        return id(self) >> 4


def _no_number(name: str) -> UnifiedError:
    return make(InputTypeError, f"{name}() does not take an NDArray; use array.asscalar()")


def _copied(x: NDArray) -> NDArray:
    return logical_and(x, x) if x._dtype.kind == "b" else mul(x, 1)  # type: ignore[return-value]


def _cast(x: NDArray, dtype: Any) -> NDArray:
    """Negative and too large floats wrap around in unsigned integers, as C's conversion through a wide integer does."""
    if x._dtype.is_floating and dtype.kind in "u":
        x = as_dtype(x, resolve("int64"))  # type: ignore[assignment]
    return cast(x, dtype=dtype)  # type: ignore[return-value]


def _rebuilt(values: np.ndarray[Any, Any], dtype: str) -> NDArray:
    return NDArray.from_numpy(values, dtype)


def place(values: np.ndarray[Any, Any], dtype: Any, ctx: Context | None) -> NDArray:
    """A new array with these values on a context of the current backend."""
    backend = registry.current()
    device = device_of(ctx, backend)
    native: Native = backend.from_numpy(np.asarray(values, dtype.numpy()), device)
    return NDArray._wrap(native, backend)


def add_methods() -> None:
    """Give NDArray the functions that are methods as well."""
    for name, function in METHODS.items():
        if name not in NDArray.__dict__:
            setattr(NDArray, name, function)
