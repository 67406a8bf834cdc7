"""Optimizers: called with the gradients, in the order of their parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from unified_nn import optim
from unified_nn import tensor as core
from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, IndexRangeError, NotOfferedError, make
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.parameter import Parameter, ParameterTuple
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.nn.learning_rate_schedule import LearningRateSchedule
from unified_nn.ops import elementwise as el


class _IteratorLearningRate(LearningRateSchedule):
    """A list of learning rates, one for each step."""

    def __init__(self, rates: Iterable[float]) -> None:
        super().__init__()
        object.__setattr__(self, "learning_rate", Tensor(np.array(list(rates), np.float32)))

    def construct(self, global_step: Any) -> Any:
        step, count = int(Tensor(global_step).reshape(()).item()), self.learning_rate.size  # type: ignore[attr-defined]
        if step >= count:
            message = f"the learning rates are for {count} steps, this is step {step}"
            raise make(IndexRangeError, message, RuntimeError, "mindspore.nn.Optimizer")
        return self.learning_rate[step]


_KEYS = ("params", "lr", "weight_decay", "order_params", "grad_centralization")


@dataclass
class _Entry:
    """One parameter with what its group says."""

    parameter: Parameter
    rate: Any
    decay: float
    state: dict[str, core.Tensor]


class Optimizer(Cell):
    """Base of the optimizers.

    Parameters are given in a list, or as groups: dictionaries with `params`, `lr` and `weight_decay`.  Without groups,
    weight decay leaves out every parameter whose name contains beta or gamma.
    """

    rule: optim.Rule

    def __init__(self, learning_rate: Any, parameters: Any, weight_decay: Any = 0.0, loss_scale: float = 1.0) -> None:
        super().__init__(auto_prefix=False)
        self.loss_scale = self._number("loss_scale", loss_scale, least=1e-300)
        given = self._listed(parameters, "parameters")
        default = self._rate(learning_rate, "learning_rate")
        decay = self._number("weight_decay", weight_decay)
        self.is_group = isinstance(given[0], dict)
        self._entries = self._grouped(given, default, decay) if self.is_group else self._plain(given, default, decay)
        self.parameters = tuple(e.parameter for e in self._entries)
        if all(e.rate is default for e in self._entries):
            self.learning_rate = default
        else:
            object.__setattr__(self, "learning_rate", tuple(e.rate for e in self._entries))
        self._step = 0

    # -- reading arguments --

    def _where(self) -> str:
        return f"mindspore.nn.{type(self).__name__}"

    def _number(self, name: str, value: Any, least: float = 0.0) -> float:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            what = f"the argument '{name}' must be int or float, but got {type(value).__name__}"
            kind = NotOfferedError if isinstance(value, Cell) else ArgumentError
            raise make(kind, what, TypeError, self._where())
        if value < least:
            raise make(
                ArgumentError, f"the '{name}' must be float and must >= 0, but got {value}", ValueError, self._where()
            )
        return float(value)

    def _listed(self, parameters: Any, name: str) -> list[Any]:
        if parameters is None:
            raise make(ArgumentError, f"the argument {name} can not be None.", ValueError, self._where())
        if not isinstance(parameters, Iterable):
            message = f"the argument {name} must be Iterable type, but got {type(parameters)}."
            raise make(ArgumentError, message, TypeError, self._where())
        found = list(parameters)
        if not found:
            raise make(ArgumentError, f"the argument {name} must not be empty.", ValueError, self._where())
        kinds = (Parameter,) if name != "parameters" else (Parameter, dict)
        if not all(isinstance(p, kinds) for p in found) or len({isinstance(p, dict) for p in found}) > 1:
            message = f"all elements of the argument {name} must be Parameters, or all dictionaries"
            raise make(ArgumentError, message, TypeError, self._where())
        return found

    def _rate(self, rate: Any, name: str) -> Any:
        """A learning rate as a Parameter or a schedule."""
        if isinstance(rate, (int, float)) and not isinstance(rate, bool):
            return Parameter(Tensor(self._number("learning rate", rate), mstype.float32), name=name)
        if isinstance(rate, LearningRateSchedule):
            return rate
        if isinstance(rate, core.Tensor):
            if rate.ndim > 1:
                message = f"a Tensor as 'learning_rate' should have rank 0 or 1, but got {rate.ndim}"
                raise make(ArgumentError, message, ValueError, self._where())
            if rate.ndim == 0:
                return Parameter(Tensor(rate.numpy(), mstype.float32), name=name)
            rate = rate.numpy().tolist()
        if not isinstance(rate, Iterable):
            message = f"the argument 'learning_rate' must be a number, Tensor, list or schedule, got {type(rate)}"
            raise make(ArgumentError, message, TypeError, self._where())
        return _IteratorLearningRate(rate)

    def _plain(self, given: list[Parameter], rate: Any, decay: float) -> list[_Entry]:
        return [
            _Entry(p, rate, 0.0 if "beta" in p.name or "gamma" in p.name else decay, {}) for p in ParameterTuple(given)
        ]

    def _grouped(self, given: list[dict[str, Any]], rate: Any, decay: float) -> list[_Entry]:
        found: list[_Entry] = []
        order: list[Parameter] | None = None
        for number, group in enumerate(given):
            unknown = [key for key in group if key not in _KEYS]
            if unknown:
                raise KeyError(f"{self._where()}: the key in group params must be one of {_KEYS}, but got {unknown}")
            if "order_params" in group:
                order = list(group["order_params"])
                continue
            if group.get("grad_centralization"):
                raise make(NotOfferedError, "grad_centralization=True is not offered", None, self._where())
            own = self._rate(group["lr"], f"learning_rate_group_{number}") if "lr" in group else rate
            own_decay = self._number("weight_decay", group.get("weight_decay", decay))
            for p in self._listed(group["params"], "group `params`"):
                if any(p is e.parameter for e in found):
                    message = f"the {p.name} parameter already exists, it does not support repeated setting"
                    raise make(ArgumentError, message, RuntimeError, self._where())
                found.append(_Entry(p, own, own_decay, {}))
        return found if order is None else self._ordered(found, order)

    def _ordered(self, found: list[_Entry], order: list[Parameter]) -> list[_Entry]:
        by_name = {e.parameter.name: e for e in found}
        if len(order) != len(found) or any(p.name not in by_name for p in order):
            message = f"order_params names {len(order)} parameters, the groups hold {len(found)}; they must be the same"
            raise make(ArgumentError, message, ValueError, self._where())
        return [by_name[p.name] for p in order]

    # -- what users ask --

    @property
    def global_step(self) -> Parameter:
        """How many steps were taken."""
        return Parameter(Tensor([self._step], mstype.int32), name="global_step")

    def get_lr(self) -> Any:
        """The learning rate of the next step: one, or one per parameter where groups have their own."""
        rates = self.learning_rate
        return tuple(map(self._shown_rate, rates)) if isinstance(rates, tuple) else self._shown_rate(rates)

    def _shown_rate(self, rate: Any) -> Any:
        return rate if isinstance(rate, Parameter) else Tensor(self._now(rate), mstype.float32)

    def get_lr_parameter(self, param: Any) -> Any:
        """The learning rate of a parameter, as it was given."""
        asked = param if isinstance(param, list) else [param]
        found = []
        for p in asked:
            entry = next((e for e in self._entries if e.parameter is p), None)
            if entry is None:
                message = f"the parameter {getattr(p, 'name', p)} is not in optimizer"
                raise make(ArgumentError, message, ValueError, self._where())
            found.append(entry.rate)
        return found if isinstance(param, list) else found[0]

    # -- a step --

    def _now(self, rate: Any) -> float:
        if isinstance(rate, Parameter):
            return float(rate.item())
        return float(rate(Tensor([self._step], mstype.int32)).reshape(()).item())

    def construct(self, gradients: Any) -> Any:
        """Move every parameter by its gradient."""
        found = tuple(gradients)
        if len(found) != len(self._entries):
            message = f"there are {len(self._entries)} parameters, but {len(found)} gradients"
            raise make(ArgumentError, message, ValueError, self._where())
        with recording(False):
            for entry, g in zip(self._entries, found, strict=True):
                self._move(entry, g)
        self._step += 1
        return (True,) * len(found)

    def _move(self, entry: _Entry, g: core.Tensor) -> None:
        p = entry.parameter
        if g._shape != p._shape:
            message = f"the gradient of {p.name} has shape {g._shape}, the parameter {p.shape}"
            raise make(ArgumentError, message, ValueError, self._where())
        w = Tensor._wrap(p.native, p.backend)
        g = self._prepared(entry, w, g.as_face(Tensor))
        new = self.rule.step(w, g, entry.state, self._now(entry.rate), self._step + 1)
        p._assign(el.as_dtype(new, p._dtype))

    def _prepared(self, entry: _Entry, w: core.Tensor, g: core.Tensor) -> core.Tensor:
        """The gradient with the loss scale taken out and weight decay added."""
        if self.loss_scale != 1.0:
            g = el.mul(g, 1.0 / self.loss_scale)
        return optim.decayed(w, g, entry.decay)


class SGD(Optimizer):
    """v = momentum * v + (1 - dampening) * g, w -= lr * v."""

    def __init__(
        self, params: Any, learning_rate: Any = 0.1, momentum: float = 0.0, dampening: float = 0.0,
        weight_decay: float = 0.0, nesterov: bool = False, loss_scale: float = 1.0,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        self._number("momentum", momentum)
        self._number("dampening", dampening)
        if nesterov and (momentum <= 0 or dampening != 0):
            message = f"nesterov needs momentum > 0 and dampening 0, but got {momentum} and {dampening}"
            raise make(ArgumentError, message, ValueError, self._where())
        self.rule = optim.SGD(float(momentum), float(dampening), bool(nesterov))


class Momentum(Optimizer):
    """v = momentum * v + g, w -= lr * v; MindSpore's CPU build does the same with `use_nesterov`, and so does this."""

    def __init__(
        self, params: Any, learning_rate: Any, momentum: float, weight_decay: float = 0.0, loss_scale: float = 1.0,
        use_nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        self.use_nesterov = use_nesterov
        self.rule = optim.SGD(self._number("momentum", momentum))


class Adam(Optimizer):
    """w -= lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + eps)."""

    def __init__(
        self, params: Any, learning_rate: Any = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
        use_locking: bool = False, use_nesterov: bool = False, weight_decay: float = 0.0, loss_scale: float = 1.0,
        use_amsgrad: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        switches = {"use_locking": use_locking, "use_nesterov": use_nesterov, "use_amsgrad": use_amsgrad, **kwargs}
        asked = [name for name, value in switches.items() if value]
        if asked:
            raise make(NotOfferedError, f"{', '.join(asked)} not offered", None, self._where())
        _betas(self._where(), beta1, beta2, eps)
        self.rule = optim.Adam(beta1, beta2, eps, "before")


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
        self._rules = {
            decay: optim.Adam(beta1, beta2, eps, "before", corrected=False, decay=decay)
            for decay in {e.decay for e in self._entries}
        }

    def _move(self, entry: _Entry, g: core.Tensor) -> None:
        self.rule = self._rules[entry.decay]
        super()._move(entry, g)

    def _prepared(self, entry: _Entry, w: core.Tensor, g: core.Tensor) -> core.Tensor:
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


class Adadelta(Optimizer):
    """d = g * sqrt(u + eps) / sqrt(v + eps), w -= lr * d, with running means v of g**2 and u of d**2."""

    def __init__(
        self, params: Any, learning_rate: Any = 1.0, rho: float = 0.9, epsilon: float = 1e-6, loss_scale: float = 1.0,
        weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        self.rule = optim.Adadelta(self._number("rho", rho), self._number("epsilon", epsilon))


class AdaMax(Optimizer):
    """u = max(beta2 * u, |g|), w -= lr / (1 - beta1**t) * m / u."""

    def __init__(
        self, params: Any, learning_rate: Any = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
        weight_decay: float = 0.0, loss_scale: float = 1.0,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, params, weight_decay, loss_scale)
        _betas(self._where(), beta1, beta2, eps)
        self.rule = optim.Adamax(beta1, beta2, eps)


__all__ = ["SGD", "AdaMax", "Adadelta", "Adagrad", "Adam", "AdamWeightDecay", "Momentum", "Optimizer", "RMSProp"]
