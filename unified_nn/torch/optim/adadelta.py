"""Adadelta."""

from __future__ import annotations

from unified_nn import optim
from unified_nn.errors import ArgumentError, make
from unified_nn.torch.optim.adaptive import ADAM_LIMITS, Adaptive
from unified_nn.torch.optim.optimizer import Group


class Adadelta(Adaptive):
    """d = g * sqrt(u + eps) / sqrt(v + eps), w -= lr * d; v, u: running means of g**2 and d**2 (arXiv:1212.5701)."""

    args = (
        "lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, foreach=None, *, capturable=False, maximize=False, "
        "differentiable=False"
    )
    options = ("lr", "rho", "eps", "weight_decay", "maximize", "capturable", "foreach", "differentiable")
    limits = ADAM_LIMITS
    names = {"v": "square_avg", "u": "acc_delta"}

    def check_more(self, group: Group) -> None:
        if not 0.0 <= group["rho"] <= 1.0:
            raise make(ArgumentError, f"Invalid rho value: {group['rho']}", ValueError)

    def rule(self, group: Group) -> optim.Rule:
        return optim.Adadelta(group["rho"], group["eps"])
