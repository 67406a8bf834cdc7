"""MindSpore's Parameter: a tensor with a name that a cell learns."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from unified_nn import tensor as core
from unified_nn.autodiff import Leaf
from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.printing import format_parameter

_numbers = itertools.count(1).__next__
_GENERATED = "Parameter#"


class Parameter(Tensor, face=Tensor):
    """A tensor with a name; `requires_grad` says whether training changes it."""

    def __init__(
        self,
        default_input: Any,
        name: str | None = None,
        requires_grad: bool = True,
        layerwise_parallel: bool = False,
        parallel_optimizer: bool = True,
        storage_format: str = "",
        device: str | None = None,
    ) -> None:
        if layerwise_parallel or storage_format:
            raise make(NotOfferedError, "Parameter: layerwise_parallel and storage_format are not offered")
        given = _first_values(default_input)
        super().__init__(given if given._body.node is None else given._detached(), device=device)
        if not isinstance(default_input, core.Tensor) or given is default_input:
            # A parameter has an array of its own: an in-place change of the source is not seen.
            self._body = core.Body(given.backend.from_numpy(given.numpy()))
        self.layerwise_parallel, self.parallel_optimizer = False, parallel_optimizer
        self.is_init = self.unique = False
        self._name = ""
        self.name = name
        self.requires_grad = requires_grad

    @classmethod
    def over(cls, tensor: core.Tensor, name: str, requires_grad: bool) -> Parameter:
        """A parameter that is the same body as a tensor of another vocabulary: training one trains the other."""
        made = object.__new__(cls)
        made._body, made.backend = tensor._body, tensor.backend
        made.layerwise_parallel, made.parallel_optimizer, made.is_init, made.unique = False, True, False, False
        made._name = name
        if requires_grad and made._body.node is None:
            made._body.node = Leaf(made.backend)
        return made

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        if value is not None and not isinstance(value, str):
            message = f"the type of the Parameter's name should be 'string' or 'None', but got {type(value)}"
            raise make(ArgumentError, message, ValueError)
        self._name = value or f"{_GENERATED}{_numbers()}"

    @property
    def has_generated_name(self) -> bool:
        """Whether the name is a number that the cell's attribute name replaces."""
        return self._name.startswith(_GENERATED)

    @property
    def requires_grad(self) -> bool:
        return self._body.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise make(ArgumentError, f"the argument `requires_grad` must be bool type, but got {value!r}", TypeError)
        if not value:
            self._body.node = None
        elif self._body.node is None:
            self._body.node = Leaf(self.backend)

    @property
    def inited_param(self) -> None:
        return None

    def value(self) -> Tensor:
        """The values as a plain tensor; an in-place change of the parameter is seen by it."""
        return self.data

    def init_data(self, layout: None = None, set_sliced: bool = False, **_: Any) -> Parameter:  # type: ignore[override]
        """The parameter itself: its values were drawn when it was made."""
        if layout is not None or set_sliced:
            raise make(NotOfferedError, "Parameter.init_data(layout, set_sliced) is for parallel training")
        return self

    def set_data(self, data: Any, slice_shape: bool = False) -> Parameter:
        """Take other values, cast to this parameter's dtype; the shape may change."""
        if not isinstance(data, (core.Tensor, int, float)) or isinstance(data, bool):
            message = f"the argument `data` must be a Tensor, int or float, got {type(data).__name__}"
            raise make(ArgumentError, message, TypeError, "Parameter.set_data")
        values = _first_values(data).numpy().astype(self._dtype.numpy())
        self._replace(Tensor.from_numpy(values, self._dtype, self.backend, self._device))
        return self

    def assign_value(self, value: Any) -> Parameter:
        """Take other values of the same shape."""
        return self.set_data(value)

    def _replace(self, value: core.Tensor) -> None:
        """Hold another array from now on; what shared the old one (`data`, slices, reshapes) keeps it."""
        body = self._body
        if body.group is not None:
            body.group.discard(body)
        for view in list(body.views or ()):
            view.derived = None
        body.group = body.derived = body.views = None
        body.native = value._body.native

    def clone(self, init: Any = "same") -> Parameter:
        """A copy with a generated name; `init` draws other values."""
        from unified_nn.mindspore.common.initializer import initializer

        source = (
            self.value() if isinstance(init, str) and init == "same" else initializer(init, self._shape, self.dtype)
        )
        return Parameter(source, requires_grad=self.requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        return Parameter(Tensor.from_numpy(self.numpy(), backend=self.backend), self._name, self.requires_grad)

    def __reduce__(self) -> Any:
        return Parameter, (Tensor.from_numpy(self.numpy()), self._name, self.requires_grad)

    def __repr__(self) -> str:
        return format_parameter(self._name, self._shape, dtype_name=self._dtype.name, requires_grad=self.requires_grad)

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)


def _first_values(data: Any) -> Tensor:
    """The tensor that a parameter starts from."""
    if isinstance(data, core.Tensor):
        face: Any = data.as_face(Tensor)
        return face.init_data() if isinstance(data, Tensor) and data.has_init else face  # type: ignore[no-any-return]
    if isinstance(data, int) and not isinstance(data, bool):
        return Tensor(np.int32(data))
    if isinstance(data, (bool, float, list, np.ndarray)):
        return Tensor(data)
    message = f"the type of `default_input` should be Tensor, list, numpy array or number, got {type(data).__name__}"
    raise make(ArgumentError, message, TypeError, "Parameter")


class ParameterTuple(tuple[Parameter, ...]):
    """A tuple of parameters with different names."""

    def __new__(cls, iterable: Any) -> ParameterTuple:
        found = tuple(iterable)
        names: set[str] = set()
        for p in dict.fromkeys(found):
            if not isinstance(p, Parameter):
                message = f"ParameterTuple takes Parameters, got {type(p).__name__}"
                raise make(ArgumentError, message, TypeError)
            if p.name in names:
                message = f"the name {p.name!r} occurs twice; give every parameter a name of its own"
                raise make(ArgumentError, message, ValueError, "ParameterTuple")
            names.add(p.name)
        return tuple.__new__(cls, found)

    def clone(self, prefix: str, init: Any = "same") -> ParameterTuple:
        """Copies whose names start with `prefix`."""
        copies = []
        for p in self:
            copies.append(p.clone(init))
            copies[-1].name = f"{prefix}.{p.name}"
        return ParameterTuple(copies)


__all__ = ["Parameter", "ParameterTuple"]
