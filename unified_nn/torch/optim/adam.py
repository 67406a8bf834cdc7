"""Adam."""

from __future__ import annotations

from unified_nn import optim
from unified_nn.errors import ArgumentError, make
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
        if not any(all(isinstance(beta, kind) for beta in betas) for kind in (float, Tensor)):
            message = f"betas must be either both floats or both Tensors, got {betas!r}"
            raise make(ArgumentError, message, ValueError)
        for name, value in (("lr", group["lr"]), *zip(("betas[0]", "betas[1]"), betas, strict=True)):
            if isinstance(value, Tensor) and group["foreach"]:
                message = f"{name} as a Tensor is not supported for capturable=False and foreach=True"
                raise make(ArgumentError, message, ValueError)
            if isinstance(value, Tensor) and value.numel() != 1:
                raise make(ArgumentError, f"Tensor {name} must be 1-element, got {list(value._shape)}", ValueError)
        group["betas"] = tuple(beta.reshape(()) if isinstance(beta, Tensor) else beta for beta in betas)

    def first_values(self, group: Group) -> dict[str, float]:
        values = super().first_values(group)
        if not group["amsgrad"]:
            del values["max_exp_avg_sq"]
        return values

    def decay(self, group: Group) -> float:
        return 0.0 if group["decoupled_weight_decay"] else super().decay(group)

    def rule(self, group: Group) -> optim.Rule:
        apart = float(group["weight_decay"]) if group["decoupled_weight_decay"] else 0.0
        beta1, beta2 = (float(beta) for beta in group["betas"])
        return optim.Adam(beta1, beta2, group["eps"], amsgrad=group["amsgrad"], decay=apart)
