"""RAdam."""

from __future__ import annotations

from unified_nn import optim
from unified_nn.torch.optim.adaptive import ADAM_LIMITS, Adaptive
from unified_nn.torch.optim.optimizer import Group


class RAdam(Adaptive):
    """Adam that leaves v out of the first steps, where its variance is not known well (arXiv:1908.03265)."""

    args = (
        "lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, decoupled_weight_decay=False, *, foreach=None, "
        "maximize=False, capturable=False, differentiable=False"
    )
    options = (
        "lr", "betas", "eps", "weight_decay", "maximize", "foreach", "capturable", "decoupled_weight_decay",
        "differentiable",
    )  # fmt: skip
    limits = ADAM_LIMITS
    names = {"m": "exp_avg", "v": "exp_avg_sq"}

    def decay(self, group: Group) -> float:
        return 0.0 if group["decoupled_weight_decay"] else super().decay(group)

    def rule(self, group: Group) -> optim.Rule:
        apart = float(group["weight_decay"]) if group["decoupled_weight_decay"] else 0.0
        beta1, beta2 = group["betas"]
        return optim.RAdam(beta1, beta2, group["eps"], apart)
