"""The neutral base class: takes `forward` or `construct`, nests with modules of all vocabularies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from unified_nn.autodiff import Leaf
from unified_nn.errors import ArgumentError, make
from unified_nn.init import Initializer
from unified_nn.layers.base import Param
from unified_nn.random import RandomStream, default_generator
from unified_nn.tensor import Tensor
from unified_nn.vocabulary import names, tree
from unified_nn.vocabulary.entry import Row, shown


class Parameter(Tensor, face=Tensor):
    """A tensor that a network learns."""

    def __new__(cls, data: Tensor) -> Parameter:
        made = cls._wrap(data._detached().native, data.backend)
        made._body.node = Leaf(data.backend)
        return made

    def __repr__(self) -> str:
        return f"Parameter({self.numpy()!r}, backend={self.backend.name!r})"


class Module(tree.Module):
    """Base of networks in the neutral vocabulary; tensors keep the face that they come with."""

    _vocabulary = "neutral"
    _parameter_types = (Parameter,)

    def __init__(self) -> None:
        self._set_up()

    def forward(self, *xs: Any) -> Any:
        """Compute the outputs; a subclass defines this or `construct`."""
        message = f"{type(self).__name__} defines neither forward nor construct"
        raise make(ArgumentError, message, NotImplementedError)

    def parameters(self) -> Iterator[Tensor]:
        """Every learned tensor below, each once, of all vocabularies."""
        return (tensor for _, tensor in self.named_parameters())

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Every learned tensor below with its dotted name, each once."""
        for name, slot in self._slots("_parameters"):
            yield name, tree.tensor_of(slot)

    def children(self) -> Iterator[tree.Module]:
        return (child for child in self._modules.values() if child is not None)

    def modules(self) -> Iterator[tree.Module]:
        return (module for _, module in self._walk())

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all below between training and inference."""
        self._set_training(mode)
        return self

    def eval(self) -> Self:
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self, names: str | None = None) -> dict[str, Tensor]:
        """Every array by name: own names, or those of the vocabulary "torch", "mindspore" or "mxnet"."""
        return dict(_state(self, names))

    def load_state_dict(self, state: Mapping[str, Any], names: str | None = None, strict: bool = True) -> None:
        """Take arrays under the names of a vocabulary; raises StateError before anything is changed."""
        _load(self, state, names, strict=strict)

    def register_hook(self, hook: Callable[[Any, Any, Any], Any]) -> tree.Handle:
        """Call hook(module, inputs, output) after each forward; what it returns replaces the output."""
        return tree.add_hook(self._hooks, hook)

    def __repr__(self) -> str:
        lines = [f"  ({name}): {repr(child).replace(chr(10), chr(10) + '  ')}" for name, child in self._modules.items()]
        inside = shown(self) if isinstance(self, Row) else ""
        if not lines:
            return f"{type(self).__name__}({inside})"
        body = "\n".join([f"  {inside}", *lines] if inside else lines)
        return f"{type(self).__name__}(\n{body}\n)"


_state, _load = names.named_state, names.load_state
Cell = Block = Module


class Layer(Row, Module):
    """Base of the neutral rows."""

    def _make_parameter(self, name: str, param: Param, initializer: Initializer) -> None:
        values = Tensor.from_numpy(initializer(param.shape, self.stream, param.dtype))
        if param.learned:
            self._parameters[name] = Parameter(values)
        else:
            self._buffers[name] = values

    @property
    def stream(self) -> RandomStream:
        return default_generator

    def forward(self, *xs: Tensor) -> Any:
        self._count(xs)
        if self.layer.is_open:
            self.layer = self.layer.resolve(*(x._shape for x in xs))
            self._make_parameters(self.arguments)
        return self.layer.forward(self, *xs)
