"""Adam."""

from __future__ import annotations

from unified_nn import optim
from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.torch.optim.adaptive import ADAM_LIMITS, Adaptive
from unified_nn.torch.optim.optimizer import Group
from unified_nn.torch.tensor import Tensor


class Adam(Adaptive):
    """w -= lr * m' / (sqrt(v') + eps), with the bias taken out of the running means m, v (arXiv:1412.6980).

    `foreach` and `fused` choose between equal computations in PyTorch and change nothing here.
    """

    args = (
        "lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, *, foreach=None, maximize=False, "
        "capturable=False, differentiable=False, fused=None, decoupled_weight_decay=False"
    )
    options = (
        "lr", "betas", "eps", "weight_decay", "amsgrad", "maximize", "foreach", "capturable", "differentiable", "fused",
        "decoupled_weight_decay",
    )  # fmt: skip
    limits = ADAM_LIMITS
    names = {"m": "exp_avg", "v": "exp_avg_sq", "largest": "max_exp_avg_sq"}

    def check_more(self, group: Group) -> None:
        betas = group["betas"]
        if any(isinstance(beta, Tensor) for beta in betas):
            raise make(NotOfferedError, "Adam: betas that are tensors are not offered; give numbers")
        if not all(isinstance(beta, float) for beta in betas):
            message = f"betas must be either both floats or both Tensors, got {betas!r}"
            raise make(ArgumentError, message, ValueError)

    def first_values(self, group: Group) -> dict[str, float]:
        values = super().first_values(group)
        if not group["amsgrad"]:
            del values["max_exp_avg_sq"]
        return values

    def decay(self, group: Group) -> float:
        return 0.0 if group["decoupled_weight_decay"] else super().decay(group)

    def rule(self, group: Group) -> optim.Rule:
        apart = float(group["weight_decay"]) if group["decoupled_weight_decay"] else 0.0
        beta1, beta2 = group["betas"]
        return optim.Adam(beta1, beta2, group["eps"], amsgrad=group["amsgrad"], decay=apart)
