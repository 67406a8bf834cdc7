"""The functions and methods of tensors by family; each is defined once (`unified_nn.torch.define`)."""

from __future__ import annotations

from unified_nn.torch.operations import (  # noqa: F401  every family registers its functions
    activation,
    comparison,
    conversion,
    einsum,
    indexing,
    joining,
    matrices,
    operators,
    placing,
    pointwise,
    reduction,
    scanning,
    shaping,
    sorting,
)
