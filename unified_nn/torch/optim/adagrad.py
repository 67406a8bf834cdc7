"""Adagrad."""

from __future__ import annotations

from typing import Any

from unified_nn import optim
from unified_nn.torch.optim.adaptive import Adaptive
from unified_nn.torch.optim.optimizer import Group


class Adagrad(Adaptive):
    """s += g**2, w -= lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps) (JMLR 12, 2011)."""

    args = (
        "lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, foreach=None, *, maximize=False, "
        "differentiable=False, fused=None"
    )
    options = (
        "lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value", "foreach", "maximize", "differentiable",
        "fused",
    )  # fmt: skip
    limits = {
        "lr": "learning rate", "lr_decay": "lr_decay value", "weight_decay": "weight_decay value",
        "initial_accumulator_value": "initial_accumulator_value value", "eps": "epsilon value",
    }  # fmt: skip
    names = {"sum": "sum"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for group in self.param_groups:  # PyTorch makes this state at once, the others' at the first step
            for p in group["params"]:
                self.state[p] = self.start(p, group)

    def first_values(self, group: Group) -> dict[str, float]:
        return {"sum": float(group["initial_accumulator_value"])}

    def rule(self, group: Group) -> optim.Rule:
        return optim.Adagrad(group["eps"], group["lr_decay"])
