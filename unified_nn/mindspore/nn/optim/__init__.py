"""Optimizers: one formula of `unified_nn.optim` each, with its state under MindSpore's names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from unified_nn import optim
from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.mindspore.common.parameter import Parameter
from unified_nn.mindspore.nn.optim.optimizer import Entry, Optimizer, put
from unified_nn.ops import elementwise as el


class SGD(Optimizer):
    """v = momentum * v + (1 - dampening) * g, w -= lr * v."""

    decays_by_step = False

    def __init__(
        self, params: Any, learning_rate: Any = 0.1, momentum: float = 0.0, dampening: float = 0.0,
        weight_decay: float = 0.0, nesterov: bool = False, loss_scale: float = 1.0,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        self._number("momentum", momentum)
        self._number("dampening", dampening)
        self._switch(nesterov=nesterov)
        if nesterov and (momentum <= 0 or dampening != 0):
            message = f"nesterov needs momentum > 0 and dampening 0, but got {momentum} and {dampening}"
            raise make(ArgumentError, message, ValueError, self._where())
        self.rule = optim.SGD(float(momentum), float(dampening), bool(nesterov))
        self._has_momentum = momentum > 0.0
        self._keep({"momentum": momentum}, velocity=("accum", 0.0), fresh=("stat", 1.0))

    def _held(self, entry: Entry, step: int) -> Iterable[tuple[str, Parameter]]:
        # MindSpore's mark that the first velocity, which is the gradient itself, is still to come.
        is_fresh = bool(entry.state["fresh"].numpy().any())
        return () if is_fresh else [("velocity", entry.state["velocity"])]

    def _move(self, entry: Entry, g: core.Tensor, rate: float, step: int) -> None:
        super()._move(entry, g, rate, step)
        if self._has_momentum:
            fresh = entry.state["fresh"]
            fresh._assign(el.mul(fresh, 0.0))


class Momentum(Optimizer):
    """v = momentum * v + g, w -= lr * v; MindSpore's CPU build does the same with `use_nesterov`, and so does this."""

    def __init__(
        self, params: Any, learning_rate: Any, momentum: float, weight_decay: float = 0.0, loss_scale: float = 1.0,
        use_nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        self._switch(use_nesterov=use_nesterov)
        if not isinstance(momentum, float):
            message = f"the type of 'momentum' should be 'float', but got type '{type(momentum).__name__}'"
            raise make(ArgumentError, message, TypeError, self._where())
        self.use_nesterov = use_nesterov
        self.rule = optim.SGD(self._number("momentum", momentum), keeps=True)
        self._keep({"momentum": momentum}, velocity=("moments", 0.0))


class Adam(Optimizer):
    """w -= lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + eps).

    `use_locking`, `use_lazy` and `use_offload` choose between equal computations and change nothing here.
    """

    def __init__(
        self, params: Any, learning_rate: Any = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
        use_locking: bool = False, use_nesterov: bool = False, weight_decay: float = 0.0, loss_scale: float = 1.0,
        use_amsgrad: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        unknown = set(kwargs) - {"use_lazy", "use_offload"}
        if unknown:
            message = f"invalid keys {sorted(unknown)}; 'use_lazy' and 'use_offload' are the only ones"
            raise make(ArgumentError, message, KeyError, self._where())
        _betas(self._where(), beta1, beta2, eps)
        self._switch(use_locking=use_locking, use_nesterov=use_nesterov, use_amsgrad=use_amsgrad, **kwargs)
        asked = [name for name, value in {"use_amsgrad": use_amsgrad, **kwargs}.items() if value]
        if len(asked) > 1:
            raise make(ArgumentError, f"{' and '.join(asked)} cannot be True together", ValueError, self._where())
        self.use_nesterov, self.use_amsgrad = use_nesterov, use_amsgrad
        self.rule = optim.Adam(
            beta1, beta2, eps, "before", amsgrad=use_amsgrad, nesterov=use_nesterov and not use_amsgrad
        )
        self._betas = {"beta1_power": beta1, "beta2_power": beta2}
        self._keep({"beta1_power": 1.0, "beta2_power": 1.0}, m=("moment1", 0.0), v=("moment2", 0.0))
        if use_amsgrad:
            self._keep(largest=("vhat", 0.0))

    def _begin(self, step: int) -> None:
        for name, beta in self._betas.items():
            put(self._parameters[name], beta**step)


def _betas(where: str, beta1: Any, beta2: Any, eps: Any) -> None:
    for name, value in (("beta1", beta1), ("beta2", beta2)):
        if not isinstance(value, float) or not 0 < value < 1:
            kind = ValueError if isinstance(value, float) else TypeError
            raise make(ArgumentError, f"the '{name}' must be a float in (0.0, 1.0), but got {value!r}", kind, where)
    if not isinstance(eps, float) or eps <= 0:
        kind = ValueError if isinstance(eps, float) else TypeError
        raise make(ArgumentError, f"the 'eps' must be a float > 0, but got {eps!r}", kind, where)


class AdamWeightDecay(Optimizer):
    """w -= lr * (m / (sqrt(v) + eps) + weight_decay * w), without correcting the bias of m and v."""

    def __init__(
        self, params: Any, learning_rate: Any = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-6,
        weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay)
        _betas(self._where(), beta1, beta2, eps)
        self.rule = optim.Adam(beta1, beta2, eps, "before", corrected=False)
        self._keep(m=("adam_m", 0.0), v=("adam_v", 0.0))

    def _move(self, entry: Entry, g: core.Tensor, rate: float, step: int) -> None:
        self.rule = replace(self.rule, decay=self._decay_now(entry))  # type: ignore[call-arg]
        super()._move(entry, g, rate, step)

    def _prepared(self, entry: Entry, w: core.Tensor, g: core.Tensor) -> core.Tensor:
        return g


class RMSProp(Optimizer):
    """v: running mean of g**2 from 1; u = momentum * u + lr * g / sqrt(v + eps), w -= u."""

    def __init__(
        self, params: Any, learning_rate: Any = 0.1, decay: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-10,
        use_locking: bool = False, centered: bool = False, loss_scale: float = 1.0, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        _unlocked(self._where(), use_locking)
        self.rule = optim.RMSprop(
            self._number("decay", decay), self._number("epsilon", epsilon), self._number("momentum", momentum),
            bool(centered), "inside", 1.0, True,
        )  # fmt: skip
        if centered:
            self._keep(m=("mean_grad", 0.0))
        self._keep(v=("mean_square", 1.0), velocity=("moment", 0.0))


def _unlocked(where: str, use_locking: bool) -> None:
    if use_locking:
        raise make(NotOfferedError, "use_locking=True is not offered", None, where)


class Adagrad(Optimizer):
    """s += g**2 from `accum`, w -= lr * g / sqrt(s)."""

    def __init__(
        self, params: Any, accum: float = 0.1, learning_rate: Any = 0.001, update_slots: bool = True,
        loss_scale: float = 1.0, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        if not update_slots:
            raise make(NotOfferedError, "update_slots=False is not offered", None, self._where())
        self.rule = optim.Adagrad(eps=0.0, start=self._number("accum", accum))
        self._keep(sum=("accum", accum))


class Adadelta(Optimizer):
    """d = g * sqrt(u + eps) / sqrt(v + eps), w -= lr * d, with running means v of g**2 and u of d**2."""

    def __init__(
        self, params: Any, learning_rate: Any = 1.0, rho: float = 0.9, epsilon: float = 1e-6, loss_scale: float = 1.0,
        weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        self.rule = optim.Adadelta(self._number("rho", rho), self._number("epsilon", epsilon))
        self._keep(v=("accum", 0.0), u=("accum_update", 0.0))


class AdaMax(Optimizer):
    """u = max(beta2 * u, |g|), w -= lr / (1 - beta1**t) * m / u."""

    def __init__(
        self, params: Any, learning_rate: Any = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
        weight_decay: float = 0.0, loss_scale: float = 1.0,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        _betas(self._where(), beta1, beta2, eps)
        self.rule = optim.Adamax(beta1, beta2, eps)
        self._beta1 = beta1
        self._keep({"beta1_power": [1.0]}, m=("moment1", 0.0), largest=("moment2", 0.0))

    def _begin(self, step: int) -> None:
        put(self.beta1_power, [self._beta1**step])


__all__ = ["SGD", "AdaMax", "Adadelta", "Adagrad", "Adam", "AdamWeightDecay", "Momentum", "Optimizer", "RMSProp"]
