"""NAdam."""

from __future__ import annotations

from typing import Any

from unified_nn import optim
from unified_nn.torch.optim.adaptive import ADAM_LIMITS, Adaptive, counted
from unified_nn.torch.optim.optimizer import Group


class NAdam(Adaptive):
    """Adam with Nesterov's momentum (Dozat, ICLR workshop 2016)."""

    args = (
        "lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3, decoupled_weight_decay=False, *, "
        "foreach=None, maximize=False, capturable=False, differentiable=False"
    )
    options = (
        "lr", "betas", "eps", "weight_decay", "momentum_decay", "decoupled_weight_decay", "maximize", "foreach",
        "capturable", "differentiable",
    )  # fmt: skip
    limits = {**ADAM_LIMITS, "momentum_decay": "momentum_decay value"}
    names = {"product": "mu_product", "m": "exp_avg", "v": "exp_avg_sq"}

    def start(self, p: Any, group: Group) -> dict[str, Any]:
        state = super().start(p, group)
        state["mu_product"] = counted(1.0, p)
        return state

    def decay(self, group: Group) -> float:
        return 0.0 if group["decoupled_weight_decay"] else super().decay(group)

    def rule(self, group: Group) -> optim.Rule:
        apart = float(group["weight_decay"]) if group["decoupled_weight_decay"] else 0.0
        beta1, beta2 = group["betas"]
        return optim.NAdam(beta1, beta2, group["eps"], group["momentum_decay"], apart)
