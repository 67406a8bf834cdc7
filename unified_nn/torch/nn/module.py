"""PyTorch's `nn.Module` and what its layers share."""

from __future__ import annotations

from typing import Any

from unified_nn.init import Initializer
from unified_nn.layers.base import Param
from unified_nn.random import RandomStream
from unified_nn.torch.stream import TorchGenerator

from unified_nn.torch.tensor import Parameter, Tensor
from unified_nn.vocabulary import tree
from unified_nn.vocabulary.entry import Row


default_generator = TorchGenerator()


class Module(tree.Module):
    """Base of all PyTorch-style networks."""

    _face = Tensor
    _vocabulary = "torch"
    _parameter_types = (Parameter,)

    def __init__(self) -> None:
        self._set_up()


class Layer(Row, Module):
    """Base of the rows."""

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
        return self.layer.forward(self, *xs)
