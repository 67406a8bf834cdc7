"""Update rules: how a parameter moves along its gradient, each as one formula with its state.

w is the parameter, g its gradient (weight decay already added where the vocabulary couples it), t the number of this
step from 1. The vocabularies' optimizers collect parameters, schedules and options around these. All arithmetic is in
ops, so that it runs on any backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unified_nn.ops.elementwise import abs_, add, div, full_like, maximum, mul, sqrt, square, sub, zeros_like
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
    differs once the learning rate changes. Without momentum there is no v, but `keeps` it (MindSpore's Momentum).
    """

    momentum: float = 0.0
    dampening: float = 0.0
    nesterov: bool = False
    inside: bool = False
    keeps: bool = False

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        if self.momentum == 0.0 and not self.keeps:
            return sub(w, mul(g, lr))
        moved = mul(g, lr) if self.inside else g
        before = state.get("velocity")
        if before is None:
            velocity = moved if self.inside else mul(moved, 1.0)  # not g itself, which a script may set to 0 in place
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
    lr * decay * w on its own (AdamW, arXiv:1711.05101). `nesterov` takes beta1 * m + (1 - beta1) * g in the place of m.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    placement: Literal["after", "before"] = "after"
    amsgrad: bool = False
    corrected: bool = True
    decay: float = 0.0
    nesterov: bool = False

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        zeros = zeros_like(w) if "m" not in state else None
        m = add(mul(state["m"] if zeros is None else zeros, self.beta1), mul(g, 1.0 - self.beta1))
        v = add(mul(state["v"] if zeros is None else zeros, self.beta2), mul(square(g), 1.0 - self.beta2))
        state.update(m=m, v=v)
        if self.nesterov:
            m = add(mul(m, self.beta1), mul(g, 1.0 - self.beta1))
        if self.amsgrad:
            v = state["largest"] = maximum(state["largest"], v) if "largest" in state else v
        bias1 = 1.0 - self.beta1**t if self.corrected else 1.0
        bias2 = 1.0 - self.beta2**t if self.corrected else 1.0
        if self.decay:
            w = mul(w, 1.0 - lr * self.decay)
        if self.placement == "before":
            return sub(w, div(mul(m, lr * bias2**0.5 / bias1), add(sqrt(v), self.eps)))
        return sub(w, div(mul(m, lr / bias1), add(mul(sqrt(v), bias2**-0.5), self.eps)))


@dataclass(frozen=True)
class RMSprop(Rule):
    """v: running mean of g**2; w -= lr * g / (sqrt(v) + eps) (Hinton, Coursera lecture 6e, 2012).

    `centered` takes the square of g's running mean out of v (arXiv:1308.0850); with momentum
    u = momentum * u + g / (sqrt(v) + eps), w -= lr * u. MindSpore has eps inside the root (`placement`), v start from 1
    (`start`) and the learning rate inside u (`inside`).
    """

    alpha: float = 0.99
    eps: float = 1e-8
    momentum: float = 0.0
    centered: bool = False
    placement: Literal["outside", "inside"] = "outside"
    start: float = 0.0
    inside: bool = False

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        if self.start and "v" not in state:
            state["v"] = full_like(w, value=self.start)
        square_mean = state["v"] = _mean(state, "v", square(g), self.alpha)
        if self.centered:
            mean = state["m"] = _mean(state, "m", g, self.alpha)
            square_mean = sub(square_mean, square(mean))
        inside = self.placement == "inside"
        root = sqrt(add(square_mean, self.eps)) if inside else add(sqrt(square_mean), self.eps)
        moved = div(mul(g, lr) if self.inside else g, root)
        if self.momentum > 0.0 or self.inside:  # MindSpore keeps u without momentum, too
            before = state.get("velocity")
            moved = state["velocity"] = moved if before is None else add(mul(before, self.momentum), moved)
        return sub(w, moved if self.inside else mul(moved, lr))


@dataclass(frozen=True)
class Adagrad(Rule):
    """s += g**2, w -= lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps) (JMLR 12, 2011)."""

    eps: float = 1e-10
    lr_decay: float = 0.0
    start: float = 0.0

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        before = state["sum"] if "sum" in state else full_like(w, value=self.start)
        total = state["sum"] = add(before, square(g))
        return sub(w, mul(div(g, add(sqrt(total), self.eps)), lr / (1.0 + (t - 1) * self.lr_decay)))


@dataclass(frozen=True)
class Adadelta(Rule):
    """d = g * sqrt(u + eps) / sqrt(v + eps), w -= lr * d; v, u: running means of g**2 and d**2 (arXiv:1212.5701)."""

    rho: float = 0.9
    eps: float = 1e-6

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        square_mean = state["v"] = _mean(state, "v", square(g), self.rho)
        before = state["u"] if "u" in state else zeros_like(w)
        delta = mul(div(sqrt(add(before, self.eps)), sqrt(add(square_mean, self.eps))), g)
        state["u"] = _mean(state, "u", square(delta), self.rho)
        return sub(w, mul(delta, lr))


@dataclass(frozen=True)
class Adamax(Rule):
    """u = max(beta2 * u, |g| + eps), w -= lr / (1 - beta1**t) * m / u (arXiv:1412.6980, section 7.1)."""

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        m = state["m"] = _mean(state, "m", g, self.beta1)
        before = state["largest"] if "largest" in state else zeros_like(w)
        largest = state["largest"] = maximum(mul(before, self.beta2), add(abs_(g), self.eps))
        return sub(w, mul(div(m, largest), lr / (1.0 - self.beta1**t)))


@dataclass(frozen=True)
class NAdam(Rule):
    """Adam with Nesterov's momentum, whose share mu grows with t (Dozat, ICLR workshop 2016).

    mu_t = beta1 * (1 - 0.5 * 0.96**(t * momentum_decay)); `product`, which multiplies them up, is part of the state,
    in float32.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    momentum_decay: float = 4e-3
    decay: float = 0.0

    def _share(self, t: int) -> float:
        return float(self.beta1 * (1.0 - 0.5 * 0.96 ** (t * self.momentum_decay)))

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        share, following = self._share(t), self._share(t + 1)
        if self.decay:
            w = mul(w, 1.0 - lr * self.decay)
        m = state["m"] = _mean(state, "m", g, self.beta1)
        v = state["v"] = _mean(state, "v", square(g), self.beta2)
        held = state["product"] if "product" in state else Tensor.from_numpy(1.0, "float32", w.backend, w._device)
        state["product"] = mul(held, share)
        product = state["product"]._item()
        below = add(sqrt(mul(v, 1.0 / (1.0 - self.beta2**t))), self.eps)
        w = sub(w, mul(div(g, below), lr * (1.0 - share) / (1.0 - product)))
        return sub(w, mul(div(m, below), lr * following / (1.0 - product * following)))


@dataclass(frozen=True)
class RAdam(Rule):
    """Adam that leaves v out of the first steps, where its variance is not known well (arXiv:1908.03265)."""

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    decay: float = 0.0

    def step(self, w: Tensor, g: Tensor, state: State, lr: float, t: int) -> Tensor:
        if self.decay:
            w = mul(w, 1.0 - lr * self.decay)
        m = state["m"] = _mean(state, "m", g, self.beta1)
        v = state["v"] = _mean(state, "v", square(g), self.beta2)
        moved = mul(m, lr / (1.0 - self.beta1**t))
        bias2 = 1.0 - self.beta2**t
        longest = 2.0 / (1.0 - self.beta2) - 1.0
        length = longest - 2.0 * t * self.beta2**t / bias2
        if length > 5.0:
            known = (length - 4.0) * (length - 2.0) * longest
            rectified = (known / ((longest - 4.0) * (longest - 2.0) * length)) ** 0.5
            moved = mul(div(moved, add(sqrt(v), self.eps)), rectified * bias2**0.5)
        return sub(w, moved)


def _mean(state: State, name: str, value: Tensor, keep: float) -> Tensor:
    """keep * before + (1 - keep) * value, from 0."""
    fresh = mul(value, 1.0 - keep)
    return add(mul(state[name], keep), fresh) if name in state else fresh
