"""Adam with the weight decay apart."""

from __future__ import annotations

from typing import Any

from unified_nn.torch.optim.adam import Adam


class AdamW(Adam):
    """Adam that moves w by lr * weight_decay * w on its own (arXiv:1711.05101)."""

    args = (
        "lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False, *, maximize=False, foreach=None, "
        "capturable=False, differentiable=False, fused=None"
    )

    @classmethod
    def fixed(cls) -> dict[str, Any]:
        return {"decoupled_weight_decay": True}
