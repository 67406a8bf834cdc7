"""Matrix products of torch tensors."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812

from unified_nn.backend import Function

FUNCTIONS: dict[str, Function] = {"matmul": torch.matmul, "linear": F.linear}
