"""Attention on torch tensors."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from unified_nn.backend import Function

Array = Any


def scaled_dot_product_attention(
    q: Array, k: Array, v: Array, mask: Array | None = None, *, scale: float | None = None, causal: bool = False,
    grouped: bool = False,
) -> Array:  # fmt: skip
    if causal and mask is not None:  # torch takes one of them
        seen = mask.new_ones((q.shape[-2], k.shape[-2]), dtype=torch.bool).tril()
        mask, causal = (mask & seen if mask.dtype == seen.dtype else mask.masked_fill(~seen, float("-inf"))), False
    return F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal, scale=scale, enable_gqa=grouped)


FUNCTIONS: dict[str, Function] = {"scaled_dot_product_attention": scaled_dot_product_attention}
