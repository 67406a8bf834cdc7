"""Adamax."""

from __future__ import annotations

from unified_nn import optim
from unified_nn.torch.optim.adaptive import ADAM_LIMITS, Adaptive
from unified_nn.torch.optim.optimizer import Group


class Adamax(Adaptive):
    """u = max(beta2 * u, |g| + eps), w -= lr / (1 - beta1**t) * m / u (arXiv:1412.6980)."""

    args = (
        "lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None, *, maximize=False, differentiable=False, "
        "capturable=False"
    )
    limits = ADAM_LIMITS
    names = {"m": "exp_avg", "largest": "exp_inf"}

    def rule(self, group: Group) -> optim.Rule:
        beta1, beta2 = group["betas"]
        return optim.Adamax(beta1, beta2, group["eps"])
