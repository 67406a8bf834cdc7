"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from unified_nn import optim
from unified_nn.errors import ArgumentError, make
from unified_nn.torch.optim.optimizer import Group, RuleOptimizer, at_least_zero, one_way, refuse


class SGD(RuleOptimizer):
    """v = momentum * v + (1 - dampening) * g, w -= lr * v; the first v is g.

    `foreach` and `fused` choose between equal computations in PyTorch and change nothing here.
    """

    names = {"velocity": "momentum_buffer"}

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        self.check(defaults)
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        at_least_zero(group, lr="learning rate", momentum="momentum value", weight_decay="weight_decay value")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise make(ArgumentError, "Nesterov momentum requires a momentum and zero dampening", ValueError)
        refuse(group, differentiable=True)
        one_way(group)

    def rule(self, group: Group) -> optim.Rule:
        return optim.SGD(float(group["momentum"]), float(group["dampening"]), group["nesterov"])
