"""RMSprop."""

from __future__ import annotations

from unified_nn import optim
from unified_nn.torch.optim.adaptive import Adaptive
from unified_nn.torch.optim.optimizer import Group


class RMSprop(Adaptive):
    """v: running mean of g**2; w -= lr * g / (sqrt(v) + eps)."""

    args = (
        "lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, capturable=False, foreach=None, "
        "maximize=False, differentiable=False"
    )
    options = (
        "lr", "momentum", "alpha", "eps", "centered", "weight_decay", "capturable", "foreach", "maximize",
        "differentiable",
    )  # fmt: skip
    limits = {
        "lr": "learning rate", "eps": "epsilon value", "momentum": "momentum value",
        "weight_decay": "weight_decay value", "alpha": "alpha value",
    }  # fmt: skip
    names = {"v": "square_avg", "velocity": "momentum_buffer", "m": "grad_avg"}

    def first_values(self, group: Group) -> dict[str, float]:
        used = {"square_avg": True, "momentum_buffer": group["momentum"] > 0, "grad_avg": group["centered"]}
        return {name: 0.0 for name, needed in used.items() if needed}

    def rule(self, group: Group) -> optim.Rule:
        return optim.RMSprop(group["alpha"], group["eps"], float(group["momentum"]), group["centered"])
