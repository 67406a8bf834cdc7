"""Max pooling's partial inverse as layers."""

from __future__ import annotations

from typing import Any, ClassVar

from unified_nn.torch.nn.functions import unpooling as functions
from unified_nn.torch.nn.module import Module


class _MaxUnpool(Module):
    """The values at the places that pooling with return_indices=True gives, 0 elsewhere."""

    rank: ClassVar[int]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = self._each(kernel_size)
        self.stride = self._each(kernel_size if stride is None else stride)
        self.padding = self._each(padding)

    def _each(self, value: Any) -> tuple[int, ...]:
        return tuple(value) if isinstance(value, (tuple, list)) else (value,) * self.rank

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """The unpooled input; `output_size` chooses among the sizes that pool to it."""
        function = (functions.max_unpool1d, functions.max_unpool2d, functions.max_unpool3d)[self.rank - 1]
        return function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    rank = 1


class MaxUnpool2d(_MaxUnpool):
    rank = 2


class MaxUnpool3d(_MaxUnpool):
    rank = 3
