"""Update rules that MXNet has in a form of its own.

w is the parameter, g the gradient, t the number of the step from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from unified_nn.ops.elementwise import (
    abs_,
    add,
    clip,
    div,
    maximum,
    mul,
    neg,
    sign,
    sqrt,
    square,
    sub,
    zeros_like,
)
from unified_nn.optim import Rule, State
from unified_nn.tensor import Tensor


def kept(state: State, name: str, like: Tensor) -> Tensor:
    """An array of the state, which starts at 0."""
    return state[name] if name in state else zeros_like(like)


def followed(state: State, name: str, value: Tensor, keep: float) -> Tensor:
    """The running mean keep * old + (1 - keep) * value, stored."""
    state[name] = add(mul(kept(state, name, value), keep), mul(value, 1.0 - keep))
    return state[name]


@dataclass(frozen=True)
class NAG(Rule):
    """v = momentum * v + lr * (g + decay * w), w -= momentum * v + lr * (g + decay * w).

    MXNet has already replaced w when it stores v, so that the decay in the stored v is that of the new w.
    """

    momentum: float

    def decayed_step(self, w: Tensor, g: Tensor, state: State, lr: float, decay: float) -> Tensor:
        before = mul(kept(state, "velocity", w), self.momentum)
        move = mul(add(g, mul(w, decay)), lr)
        w = sub(w, add(mul(before, self.momentum), mul(move, self.momentum + 1.0)))
        state["velocity"] = add(before, mul(add(g, mul(w, decay)), lr))
        return w


@dataclass(frozen=True)
class RMSProp(Rule):
    """n: running mean of g**2; w -= lr * g / sqrt(n + eps).

    Centered (arXiv:1308.0850): delta = gamma2 * delta - lr * g / sqrt(n - mean(g)**2 + eps), w += delta.
    """

    gamma1: float = 0.9
    gamma2: float = 0.9
    eps: float = 1e-8
    centered: bool = False
    limit: float | None = None

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        n = followed(state, "n", square(g), self.gamma1)
        if self.centered:
            mean = followed(state, "g", g, self.gamma1)
            move = div(mul(g, lr), sqrt(add(sub(n, square(mean)), self.eps)))
            state["delta"] = sub(mul(kept(state, "delta", w), self.gamma2), move)
            w = add(w, state["delta"])
        else:
            w = sub(w, div(mul(g, lr), sqrt(add(n, self.eps))))
        return w if not self.limit else clip(w, low=-self.limit, high=self.limit)


@dataclass(frozen=True)
class AdaGrad(Rule):
    """h: sum of g**2; w -= lr * (g / sqrt(h + eps) + decay * w)."""

    eps: float = 1e-7

    def decayed_step(self, w: Tensor, g: Tensor, state: State, lr: float, decay: float) -> Tensor:
        state["history"] = add(kept(state, "history", w), square(g))
        return sub(w, mul(add(div(g, sqrt(add(state["history"], self.eps))), mul(w, decay)), lr))


@dataclass(frozen=True)
class AdaDelta(Rule):
    """d = sqrt(D + eps) / sqrt(G + eps) * g with running means G of g**2 and D of d**2; w -= d + decay * w."""

    rho: float = 0.9
    eps: float = 1e-5

    def decayed_step(self, w: Tensor, g: Tensor, state: State, lr: float, decay: float) -> Tensor:
        squares = followed(state, "g", square(g), self.rho)
        before = kept(state, "delta", w)
        move = mul(div(sqrt(add(before, self.eps)), sqrt(add(squares, self.eps))), g)
        followed(state, "delta", square(move), self.rho)
        return sub(w, add(move, mul(w, decay)))


@dataclass(frozen=True)
class Adamax(Rule):
    """m: running mean of g, u = max(beta2 * u, |g|); w -= lr / (1 - beta1**t) * m / u (arXiv:1412.6980)."""

    beta1: float = 0.9
    beta2: float = 0.999

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        m = followed(state, "m", g, self.beta1)
        state["u"] = maximum(mul(kept(state, "u", w), self.beta2), abs_(g))
        return sub(w, mul(div(m, state["u"]), lr / (1.0 - self.beta1**t)))


@dataclass(frozen=True)
class Nadam(Rule):
    """Adam with Nesterov momentum (Dozat 2016). The momentum's product is one for all parameters, as in MXNet."""

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    schedule_decay: float = 0.004
    product: list[float] = field(default_factory=lambda: [1.0], compare=False)

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        now, following = (self.beta1 * (1.0 - 0.5 * 0.96 ** (s * self.schedule_decay)) for s in (t, t + 1))
        self.product[0] *= now
        ahead = self.product[0] * following
        m = followed(state, "m", g, self.beta1)
        v = followed(state, "v", square(g), self.beta2)
        mean = add(
            mul(g, (1.0 - now) / (1.0 - self.product[0])),
            mul(m, following / (1.0 - ahead)),
        )
        return sub(w, div(mul(mean, lr), add(sqrt(div(v, 1.0 - self.beta2**t)), self.eps)))


@dataclass(frozen=True)
class Ftrl(Rule):
    """Follow the regularised leader: w = -(sign(z) * max(|z| - lamda1, 0)) / ((beta + sqrt(n)) / lr + decay)."""

    lamda1: float = 0.01
    beta: float = 1.0

    def decayed_step(self, w: Tensor, g: Tensor, state: State, lr: float, decay: float) -> Tensor:
        before = kept(state, "n", w)
        state["n"] = add(before, square(g))
        sigma = div(sub(sqrt(state["n"]), sqrt(before)), lr)
        z = state["z"] = sub(add(kept(state, "z", w), g), mul(sigma, w))
        shrunk = mul(sign(z), maximum(sub(abs_(z), self.lamda1), 0.0))
        return div(neg(shrunk), add(div(add(sqrt(state["n"]), self.beta), lr), decay))


@dataclass(frozen=True)
class Signum(Rule):
    """v = momentum * v - (1 - momentum) * (g + decay * w), w = (1 - lr * wd_lh) * w + lr * sign(v).

    Without momentum w = (1 - lr * decay) * w - lr * sign(g) (arXiv:1802.04434).
    """

    momentum: float = 0.9
    wd_lh: float = 0.0

    def decayed_step(self, w: Tensor, g: Tensor, state: State, lr: float, decay: float) -> Tensor:
        if self.momentum == 0.0:
            return sub(mul(w, 1.0 - lr * decay), mul(sign(g), lr))
        full = mul(add(g, mul(w, decay)), 1.0 - self.momentum)
        v = state["v"] = sub(mul(kept(state, "v", w), self.momentum), full)
        return add(mul(w, 1.0 - lr * self.wd_lh), mul(sign(v), lr))
