"""Gluon's parameters: an array that may have to wait for its shape, with its gradient and its update settings."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from unified_nn import tensor
from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, NotOfferedError, StateError, make
from unified_nn.mxnet import gradient, initializer
from unified_nn.mxnet.base import MXNetError
from unified_nn.mxnet.context import Context, context_of, current_context
from unified_nn.mxnet.dtypes import public_name, resolve
from unified_nn.mxnet.ndarray.creation import array, check_size
from unified_nn.mxnet.ndarray.ndarray import NDArray, place
from unified_nn.mxnet.printing import format_parameter
from unified_nn.mxnet.symbol import Symbol, var

Shape = tuple[int, ...]
_DEFAULT = initializer.Uniform()


class DeferredInitializationError(MXNetError):
    """The parameter's shape is not known before the first forward pass."""


def is_known(shape: Shape | None) -> bool:
    """Whether no size is 0, which means unknown."""
    return shape is not None and 0 not in shape


def one_context(ctx: Any) -> Context:
    """The one device that a parameter lives on."""
    if ctx is None:
        return current_context()
    found = list(ctx) if isinstance(ctx, (list, tuple)) else [ctx]
    if len(found) != 1:
        message = f"gluon: ctx={found}; a network lives on one device here, give one context"
        raise make(NotOfferedError, message)
    return found[0]  # type: ignore[no-any-return]


class Parameter:
    """A parameter of a block."""

    def __init__(
        self, name: str, grad_req: str = "write", shape: Any = None, dtype: Any = np.float32, lr_mult: float = 1.0,
        wd_mult: float = 1.0, init: Any = None, allow_deferred_init: bool = False, differentiable: bool = True,
        stype: str = "default", grad_stype: str = "default",
    ) -> None:  # fmt: skip
        if stype != "default" or grad_stype != "default":
            message = f"Parameter {name}: stype={stype!r}, grad_stype={grad_stype!r}; only 'default' (dense) is offered"
            raise make(NotOfferedError, message)
        self.name = name
        self._differentiable = differentiable
        self._allow_deferred_init = allow_deferred_init
        self._dtype = dtype
        self._shape: Shape | None = (shape,) if isinstance(shape, int) else None if shape is None else tuple(shape)
        self.lr_mult, self.wd_mult, self.init = lr_mult, wd_mult, init
        self._data: NDArray | None = None
        self._waiting: tuple[Any, Context, Any, NDArray | None] | None = None
        self._var: Symbol | None = None
        self._grad_req = "write"
        self.grad_req = grad_req

    def __repr__(self) -> str:
        return format_parameter(self.name, self.shape, self.dtype)

    # -- what other vocabularies see --

    def tensor(self) -> tensor.Tensor:
        """The array; raises while its shape is not known."""
        return self.data()

    @property
    def is_learned(self) -> bool:
        return self._grad_req != "null"

    # -- settings --

    @property
    def grad_req(self) -> str:
        return self._grad_req

    @grad_req.setter
    def grad_req(self, request: str) -> None:
        if request not in gradient.REQUESTS:
            message = f"Parameter {self.name}: grad_req={request!r}, expected write, add or null"
            raise make(ArgumentError, message, AssertionError)
        request = request if self._differentiable else "null"
        if request == self._grad_req and self._data is None:
            return
        self._grad_req = request
        if self._data is not None:
            self._make_gradient()

    @property
    def dtype(self) -> Any:
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        self.cast(dtype)

    @property
    def shape(self) -> Shape | None:
        """The sizes; 0 for those that are not known yet."""
        return self._shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        new = tuple(shape)
        old = self._shape
        if old is None:
            self._shape = new
            return
        if len(old) != len(new) or any(a not in (0, b) for a, b in zip(old, new, strict=True)):
            message = f"Parameter {self.name}: shape {new} does not agree with the given shape {old}"
            raise make(ArgumentError, message, AssertionError)
        self._shape = new

    # -- first values --

    def initialize(
        self, init: Any = None, ctx: Any = None, default_init: Any = _DEFAULT, force_reinit: bool = False
    ) -> None:
        """Give the parameter its first values, or, where sizes are open, arrange it for the first forward pass."""
        if self._data is not None and not force_reinit:
            message = (
                f"Parameter {self.name!r} is already initialized, ignoring. Set force_reinit=True to re-initialize."
            )
            warnings.warn(message, stacklevel=2)
            return
        self._data = None
        chosen = init if init is not None else default_init if self.init is None else self.init
        self._waiting = (chosen, one_context(ctx), default_init, None)
        if is_known(self._shape):
            self._finish()
        elif not self._allow_deferred_init:
            message = f"Cannot initialize Parameter {self.name!r} because it has invalid shape: {self._shape}."
            raise make(ArgumentError, message)

    def _finish(self) -> None:
        """Make the array, now that the shape is known."""
        if self._waiting is None:
            return
        chosen, ctx, default, data = self._waiting
        self._waiting = None
        assert self._shape is not None
        if any(size < 0 for size in self._shape):
            message = f"Parameter {self.name}: a size cannot be less than 0; shape {self._shape}"
            raise make(ArgumentError, message, AssertionError)
        check_size(f"Parameter {self.name}", self._shape)
        with recording(False):
            if data is None:
                made = place(np.zeros(self._shape), resolve(self._dtype), ctx)
                desc = initializer.InitDesc(self.name, {"__init__": chosen})
                initializer.create(default)(desc, made)
            else:
                made = data.astype(resolve(self._dtype).name).as_in_context(ctx)
        self._hold(made)

    def _hold(self, made: NDArray) -> None:
        self._data = made
        self._make_gradient()

    def _make_gradient(self) -> None:
        assert self._data is not None
        if self._grad_req == "null":
            self._data._body.node = None
        else:
            gradient.attach(self._data, self._grad_req)

    def settle(self, shape: Shape) -> NDArray:
        """The array, once it is known which shape it must have."""
        if self._data is None:
            self.shape = shape
            self._finish()
        return self.data()

    def unsettle(self, shape: Shape | None, waiting: Any) -> None:
        """Wait again: the first pass failed."""
        self._shape, self._waiting, self._data = shape, waiting, None

    @property
    def waiting(self) -> Any:
        """What to do once the shape is known; None for a parameter that has its array."""
        return self._waiting

    # -- access --

    def _require(self) -> NDArray:
        if self._data is not None:
            return self._data
        if self._waiting is not None:
            message = (
                f"Parameter {self.name!r} has not been initialized yet because initialization was deferred: its shape "
                f"{self._shape} is not known before the first forward pass. Pass a batch through the network, or give "
                "the layer its input size (in_units, in_channels)"
            )
            raise make(StateError, message, DeferredInitializationError)
        message = (
            f"Parameter {self.name!r} has not been initialized. Call initialize() on the network first; use "
            "Block.collect_params() and not Block.params, which lacks the parameters of children"
        )
        raise make(StateError, message, RuntimeError)

    def data(self, ctx: Context | None = None) -> NDArray:
        """The array."""
        found = self._require()
        if ctx is not None and ctx != found.context:
            message = f"Parameter {self.name!r} was not initialized on context {ctx}. It was only on {found.context}"
            raise make(StateError, message, RuntimeError)
        return found

    def list_data(self) -> list[NDArray]:
        return [self.data()]

    def grad(self, ctx: Context | None = None) -> NDArray:
        """The gradient's array; it keeps its identity."""
        found = self.data(ctx)
        if self._grad_req == "null":
            message = f"Cannot get gradient array for Parameter {self.name!r} because grad_req='null'"
            raise make(StateError, message, RuntimeError)
        leaf = gradient.adopt(found, self._grad_req)
        if leaf.grad is None:  # another vocabulary's zero_grad takes the array away
            self._make_gradient()
        return found.grad  # type: ignore[no-any-return]

    def list_grad(self) -> list[NDArray]:
        return [self.grad()]

    def list_ctx(self) -> list[Context]:
        if self._data is None and self._waiting is not None:
            return [self._waiting[1]]
        return [context_of(self._require()._device)]

    def zero_grad(self) -> None:
        """Set the gradient to 0."""
        if self._data is not None and self._grad_req != "null":
            with recording(False):
                held = self.grad()
                held[:] = 0
                leaf = gradient.adopt(self._data, self._grad_req)
                leaf.fresh = False

    def set_data(self, data: Any) -> None:
        """Take these values; where the shape was open, it becomes theirs."""
        values = data if isinstance(data, NDArray) else array(data)
        if self._shape is not None and (
            len(self._shape) != values.ndim
            or any(a not in (0, b) for a, b in zip(self._shape, values.shape, strict=True))
        ):
            message = f"Expected shape {values.shape} is incompatible with given shape {self._shape}."
            raise make(ArgumentError, message, AssertionError)
        self._shape = values.shape
        if self._data is None:
            if self._waiting is None:
                raise make(StateError, f"Parameter {self.name!r} has not been initialized", AssertionError)
            self._waiting = (*self._waiting[:3], values)
            return
        with recording(False):
            _fill(self._data, values)

    def load(self, values: np.ndarray[Any, Any], ctx: Any, cast_dtype: bool, dtype_source: str) -> None:
        """Take values from a file, also where nothing was initialized before."""
        shape = values.shape
        if self._shape is not None and (
            len(self._shape) != len(shape) or any(a not in (0, b) for a, b in zip(self._shape, shape, strict=True))
        ):
            message = (
                f"Failed loading Parameter {self.name!r} from saved params: shape incompatible expected {self._shape} "
                f"vs saved {shape}"
            )
            raise make(StateError, message, AssertionError)
        if public_name(values.dtype) != resolve(self._dtype).name:
            if not cast_dtype:
                message = (
                    f"Failed loading Parameter {self.name!r} from saved params: dtype incompatible expected "
                    f"{resolve(self._dtype).name} vs saved {values.dtype}. Set cast_dtype=True to convert"
                )
                raise make(StateError, message, AssertionError)
            if dtype_source == "saved":
                self._dtype = values.dtype.type
        self._shape = shape
        where = one_context(ctx) if ctx is not None or self._data is None else self._data.context
        made = place(values, resolve(self._dtype), where)
        self._waiting = None
        if self._data is None or self._data._dtype is not made._dtype:
            self._hold(made)
        else:
            with recording(False):
                _fill(self._data, made)

    def _load_init(
        self, data: NDArray, ctx: Any = None, cast_dtype: bool = False, dtype_source: str = "current"
    ) -> None:
        """Take values, also where nothing was initialized before: what recipes for pre-trained symbols call."""
        self.load(data.numpy(), ctx, cast_dtype, dtype_source)

    def reset_ctx(self, ctx: Any) -> None:
        """Move the parameter to another device."""
        where = one_context(ctx)
        if self._data is not None:
            self._hold(NDArray._wrap(self._data.detach().as_in_context(where).native, self._data.backend))
        elif self._waiting is not None:
            self._waiting = (self._waiting[0], where, *self._waiting[2:])
        else:
            message = f"Cannot reset context for Parameter {self.name!r} because it has not been initialized."
            raise make(ArgumentError, message)

    def cast(self, dtype: Any) -> None:
        """Convert the values to another dtype."""
        self._dtype = dtype
        if self._data is not None:
            with recording(False):
                self._hold(self._data.detach().astype(dtype))

    def var(self) -> Symbol:
        """The symbol that stands for the parameter in graphs; always the same one."""
        if self._var is None:
            self._var = var(
                self.name, shape=self.shape, dtype=self.dtype, lr_mult=self.lr_mult, wd_mult=self.wd_mult,
                init=self.init, stype="default",
            )  # fmt: skip
        return self._var


def _fill(held: NDArray, values: NDArray) -> None:
    """Take all values; an array without axes, which other vocabularies have, cannot be sliced."""
    if held.ndim:
        held[:] = values
    else:
        held._assign(values)


class Constant(Parameter):
    """An array that is part of a block and not learned."""

    def __init__(self, name: str, value: Any) -> None:
        self.value = value if isinstance(value, NDArray) else array(value)
        super().__init__(name, grad_req="null", shape=self.value.shape, dtype=self.value.dtype,
                         init=initializer.Constant(self.value), differentiable=False)  # fmt: skip

    def var(self) -> Symbol:
        """The symbol that stands for the constant; its initializer has a name of its own, as in MXNet."""
        if self._var is None:
            own, self.init = self.init, f"Constant_{self.name}_{id(self)}"
            super().var()
            self.init = own
        return super().var()

    def __repr__(self) -> str:
        return format_parameter(self.name, self.shape, self.dtype, class_name="Constant")


class Adopted(Parameter):
    """A tensor of another vocabulary's module as a parameter: collected, updated and saved like Gluon's own."""

    def __init__(self, name: str, held: tensor.Tensor, learned: bool) -> None:
        super().__init__(
            name, "write" if learned else "null", held._shape, held._dtype.numpy().type, differentiable=learned
        )
        self._held = held
        face = held.as_face(NDArray)
        assert isinstance(face, NDArray)
        self._data = face
        if learned:
            gradient.adopt(face, "write")

    def _make_gradient(self) -> None:
        if self._data is not None and self._grad_req != "null":
            gradient.adopt(self._data, self._grad_req)

    def initialize(
        self, init: Any = None, ctx: Any = None, default_init: Any = None, force_reinit: bool = False
    ) -> None:
        """Nothing: the other vocabulary has given the values."""

    def _hold(self, made: NDArray) -> None:
        message = f"Parameter {self.name}: change the dtype or device in the vocabulary that the module comes from"
        raise make(NotOfferedError, message)
