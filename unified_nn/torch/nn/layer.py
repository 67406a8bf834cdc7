"""What PyTorch's layers share: a row that is a module."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import numpy as np

from unified_nn import tensor as core
from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, InputTypeError, UnifiedError, kind_of, make
from unified_nn.init import Initializer
from unified_nn.layers.base import Param
from unified_nn.random import RandomStream
from unified_nn.torch import dtypes, graph
from unified_nn.torch.creation import made
from unified_nn.torch.define import tensor_argument
from unified_nn.torch.nn.module import Module
from unified_nn.torch.random import default_generator
from unified_nn.torch.tensor import Parameter, Tensor
from unified_nn.vocabulary.entry import Row


class _Settings:
    """A row's table `to` on the class, and the module's method `to` on an instance: both are called so."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.table = table

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        return self.table if instance is None else functools.partial(Module.to, instance)


class Layer(Row, Module):
    """Base of the rows.

    grad_fn       what the result's `grad_fn` is called; None leaves it to the op
    unbatched     the rank of an input without batch axis, which the layer takes too
    """

    to: ClassVar[Any] = _Settings({})
    grad_fn: ClassVar[str | None] = None
    unbatched: ClassVar[int | None] = None
    first_input = "input"

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        if isinstance(cls.__dict__.get("to"), Mapping):
            cls.to = _Settings(cls.__dict__["to"])

    # -- parameters --

    def _make_parameters(self, given: Mapping[str, Any]) -> None:
        if self.layer.is_open:
            return
        super()._make_parameters(given)
        for own in self.params.values():
            if own not in self._parameters and own not in self._buffers:
                self._parameters[own] = None
        self.reset_parameters()

    def _make_parameter(self, name: str, param: Param, initializer: Initializer) -> None:
        dtype = self.arguments.get("dtype")
        if param.dtype != "float32":
            kind = dtypes.named(param.dtype).canonical
        else:
            kind = dtypes.default() if dtype is None else dtypes.canonical(dtype)
        self._check_sizes(param.shape)
        values = made(np.zeros(param.shape, kind.numpy()), None, self.arguments.get("device"))
        if param.learned:
            self._parameters[name] = Parameter(values)
        else:
            self._buffers[name] = values

    def _check_sizes(self, shape: tuple[int, ...]) -> None:
        if any(not hasattr(size, "__index__") for size in shape):
            message = f"sizes must be whole numbers, but the shape would be {shape}"
            raise make(InputTypeError, message, TypeError, type(self).__name__)
        if any(size < 0 for size in shape):
            bad = next(size for size in shape if size < 0)
            message = f"Trying to create tensor with negative dimension {bad}: {list(shape)}"
            raise make(ArgumentError, message, RuntimeError, type(self).__name__)

    def reset_parameters(self) -> None:
        """Draw the initial values anew."""
        with recording(False):
            for param in self._ordered_params():
                held = self.get(param.name)
                if held is not None:
                    values = self._initializer(param, self.arguments)(held._shape, self.stream, held._dtype.name)
                    held._assign(made(values, held._dtype, None, False, held))

    @property
    def stream(self) -> RandomStream:
        return default_generator

    @classmethod
    def _argument_error(cls, error: UnifiedError) -> UnifiedError:
        kind = kind_of(error)
        base = cls._argument_base(kind) if type(error) is kind else type(error).__bases__[-1]
        return make(kind, error.message, base, f"torch.nn.{cls.__name__}")

    @classmethod
    def _argument_base(cls, kind: type[UnifiedError]) -> type[BaseException]:
        return ValueError if kind is ArgumentError else Tensor._error_base("", kind)

    # -- settings that are changed later --

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in self.signature.parameters and "layer" in self.__dict__ and name not in self.params.values():
            self.arguments[name] = value
            self.layer = self._build(self.arguments)

    # -- calling --

    def forward(self, input: Any, *others: Any) -> Any:
        """The canonical layer on the inputs."""
        self._count((input, *others))
        x = input if isinstance(input, Tensor) else tensor_argument(type(self).__name__, input)
        alone = self.unbatched is not None and x.ndim == self.unbatched
        if alone:
            x = self._batched(x)
        out = self._labelled(self.layer.forward(self, x, *others), x)
        return _unbatched(out) if alone else out

    def _batched(self, x: Tensor) -> Tensor:
        return cast(Tensor, x.unsqueeze(0))

    def _labelled(self, out: Any, x: Tensor) -> Any:
        """The result under PyTorch's name of what made it."""
        if self.grad_fn is not None:
            into = [x, *(slot for slot in self._parameters.values() if isinstance(slot, core.Tensor))]
            graph.label(out, self.grad_fn, graph.edges(into))
        return out

    # -- printing --

    def extra_repr(self) -> str:
        return self.shows.format(**self._shown_values())

    def _shown_values(self) -> dict[str, Any]:
        """The arguments as PyTorch keeps them; for a parameter whether it is there."""
        values = {name: self.__dict__.get(name, value) for name, value in self.arguments.items()}
        for name in self.params.values():
            if name in values:
                values[name] = self._parameters.get(name) is not None
        return values


def _unbatched(out: Any) -> Any:
    if isinstance(out, tuple):
        return tuple(_unbatched(part) for part in out)
    return out.squeeze(0)
