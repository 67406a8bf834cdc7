"""Update rules: how a parameter moves along its gradient, each as one formula with its state.

w is the parameter, g its gradient (weight decay already added where the vocabulary couples it), t the number of this
step from 1. The vocabularies' optimizers collect parameters, schedules and options around these. All arithmetic is in
ops, so that it runs on any backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unified_nn.ops.elementwise import add, div, maximum, mul, sqrt, square, sub, zeros_like
from unified_nn.tensor import Tensor

State = dict[str, Tensor]


@dataclass(frozen=True)
class Rule:
    """One formula: `step` gives the new w and changes the state."""

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        raise NotImplementedError


def decayed(w: Tensor, g: Tensor, decay: float) -> Tensor:
    """g + decay * w: the L2 penalty as part of the gradient."""
    return add(g, mul(w, decay)) if decay else g


@dataclass(frozen=True)
class SGD(Rule):
    """v = momentum * v + (1 - dampening) * g, w -= lr * v; with Nesterov w -= lr * (g + momentum * v).

    The first v is g itself. `inside` puts the learning rate into v (MXNet): v = momentum * v + lr * g, w -= v, which
    differs once the learning rate changes.
    """

    momentum: float = 0.0
    dampening: float = 0.0
    nesterov: bool = False
    inside: bool = False

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        if self.momentum == 0.0:
            return sub(w, mul(g, lr))
        moved = mul(g, lr) if self.inside else g
        before = state.get("velocity")
        if before is None:
            velocity = moved
        else:
            velocity = add(mul(before, self.momentum), mul(moved, 1.0 - self.dampening))
        state["velocity"] = velocity
        step = add(moved, mul(velocity, self.momentum)) if self.nesterov else velocity
        return sub(w, step if self.inside else mul(step, lr))


@dataclass(frozen=True)
class Adam(Rule):
    """m, v: running means of g and g**2; w -= lr * m' / (sqrt(v') + eps) with the bias taken out (arXiv:1412.6980).

    eps "after": the bias is taken out of v before eps is added (PyTorch); "before": lr * sqrt(1 - beta2**t) /
    (1 - beta1**t) * m / (sqrt(v) + eps) (MindSpore, MXNet). `corrected` False leaves the bias in. `decay` moves w by
    lr * decay * w on its own (AdamW, arXiv:1711.05101).
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    placement: Literal["after", "before"] = "after"
    amsgrad: bool = False
    corrected: bool = True
    decay: float = 0.0

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        zeros = zeros_like(w) if "m" not in state else None
        m = add(mul(state["m"] if zeros is None else zeros, self.beta1), mul(g, 1.0 - self.beta1))
        v = add(mul(state["v"] if zeros is None else zeros, self.beta2), mul(square(g), 1.0 - self.beta2))
        state.update(m=m, v=v)
        if self.amsgrad:
            v = state["largest"] = maximum(state["largest"], v) if "largest" in state else v
        bias1 = 1.0 - self.beta1**t if self.corrected else 1.0
        bias2 = 1.0 - self.beta2**t if self.corrected else 1.0
        if self.decay:
            w = mul(w, 1.0 - lr * self.decay)
        if self.placement == "before":
            return sub(w, div(mul(m, lr * bias2**0.5 / bias1), add(sqrt(v), self.eps)))
        return sub(w, div(mul(m, lr / bias1), add(mul(sqrt(v), bias2**-0.5), self.eps)))
