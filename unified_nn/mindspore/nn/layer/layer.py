"""What the rows of this vocabulary share: initial values, dtypes, the errors of constructors, and 1.x defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from unified_nn.errors import ArgumentError, make
from unified_nn.init import Initializer
from unified_nn.layers.base import Param
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.initializer import initializer
from unified_nn.mindspore.common.parameter import Parameter
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.random import RandomStream, default_generator
from unified_nn.vocabulary.entry import Row, shown


class Layer(Row, Cell):
    """Base of the rows."""

    names = {"mstype": mstype}
    #: canonical parameter -> the argument that says its initial values
    initials: ClassVar[Mapping[str, str]] = {}
    #: canonical parameter -> the name that MindSpore gives the Parameter where it is not the attribute's
    titles: ClassVar[Mapping[str, str]] = {}
    #: argument -> its default in MindSpore 1.x
    first_generation: ClassVar[Mapping[str, Any]] = {}

    def _set_up_row(self, given: dict[str, Any]) -> None:
        Cell.__init__(self)

    @classmethod
    def _bind(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        from unified_nn.mindspore.profile import is_first_generation

        if cls.first_generation and is_first_generation():
            kwargs = {**kwargs, **cls._older(args, kwargs)}
        given = super()._bind(args, kwargs)
        if "dtype" in given:
            mstype.to_canonical(given["dtype"], f"{cls.__name__}: dtype")
        return given

    @classmethod
    def _older(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The 1.x defaults of the arguments that are not given."""
        taken = set(list(cls.signature.parameters)[: len(args)]) | set(kwargs)
        return {name: value for name, value in cls.first_generation.items() if name not in taken}

    def default_initial(self, param: Param) -> Any:
        """What is drawn where the argument is None; a row with such an argument says it."""
        raise NotImplementedError

    def _initializer(self, param: Param, given: Mapping[str, Any]) -> Initializer:
        argument = self.initials.get(param.name)
        if argument is None:
            return param.init
        if given[argument] is None:
            object.__setattr__(self, argument, self.default_initial(param))
        return Drawn(getattr(self, argument))

    def _make_parameter(self, name: str, param: Param, initializer: Initializer) -> None:
        dtype = self.dtype_of(param)
        values = Tensor.from_numpy(initializer(self.held_shape(param), self.stream, dtype), dtype)
        title = self.titles.get(param.name, name)
        self._parameters[name] = Parameter(values, name=title, requires_grad=self.learns(param))

    def dtype_of(self, param: Param) -> str:
        """The dtype in which MindSpore keeps the parameter."""
        return mstype.to_canonical(self.arguments.get("dtype", mstype.float32)).name

    def held_shape(self, param: Param) -> tuple[int, ...]:
        """The shape in which MindSpore keeps the parameter."""
        return param.shape

    def learns(self, param: Param) -> bool:
        return param.learned

    @property
    def stream(self) -> RandomStream:
        return default_generator

    def extend_repr(self) -> str:
        return shown(self)

    def construct(self, *xs: Tensor) -> Any:
        for x in xs:
            if not isinstance(x, Tensor):
                message = f"the input must be a Tensor, but got {type(x)}"
                raise make(ArgumentError, message, TypeError, f"mindspore.nn.{type(self).__name__}")
        self._count(xs)
        return self.layer.forward(self, *xs)


class Drawn:
    """What an argument such as `weight_init` means: a tensor's values, or an initializer's."""

    def __init__(self, init: Any) -> None:
        self.init = init

    def __call__(self, shape: tuple[int, ...], stream: RandomStream, dtype: str = "float32") -> np.ndarray[Any, Any]:
        made = initializer(self.init, shape, mstype.of(mstype.loosely(dtype)))
        if made.init is None:
            return made.numpy().astype(dtype)
        return made.init.draw(shape, stream, dtype)


def positive(where: str, **values: Any) -> None:
    """Refuse sizes that are not positive whole numbers, as MindSpore's constructors do."""
    for name, value in values.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise make(ArgumentError, f"the '{name}' must be int and must > 0, but got {value!r}", TypeError, where)
        if value < 1:
            raise make(ArgumentError, f"the '{name}' must be int and must > 0, but got {value!r}", ValueError, where)
