"""What the optimizers share: they are called with the gradients, in the order of their parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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

    learning_rate: Parameter

    def __init__(self, rates: Iterable[float], name: str) -> None:
        super().__init__(auto_prefix=False)
        self.learning_rate = Parameter(Tensor(np.array(list(rates), np.float32)), name=name)

    def construct(self, global_step: Any) -> Any:
        step, count = int(Tensor(global_step).numpy().item()), self.learning_rate.size
        if step >= count:
            message = f"the learning rates are for {count} steps, this is step {step}"
            raise make(IndexRangeError, message, RuntimeError, "mindspore.nn.Optimizer")
        return self.learning_rate[step]


_KEYS = ("params", "lr", "weight_decay", "order_params", "grad_centralization")


@dataclass
class Entry:
    """One parameter with what its group says."""

    parameter: Parameter
    rate: Any
    decay: Any  # a number, or a cell of the step
    centralized: bool = False
    #: the formula's name of a state -> the parameter that holds it
    state: dict[str, Parameter] = field(default_factory=dict)


class Optimizer(Cell):
    """Base of the optimizers.

    Parameters are given in a list, or as groups: dictionaries with `params`, `lr` and `weight_decay`.  Without groups,
    weight decay leaves out every parameter whose name contains beta or gamma.

    The number of steps, learning rates and moments are parameters themselves, under MindSpore's names, so that they are
    saved in checkpoints.
    """

    rule: optim.Rule
    global_step: Parameter
    #: whether weight decay may be a cell of the step
    decays_by_step = True

    def __init__(self, learning_rate: Any, parameters: Any, weight_decay: Any = 0.0, loss_scale: float = 1.0) -> None:
        super().__init__(auto_prefix=False)
        self.loss_scale = self._number("loss_scale", loss_scale, least=1e-300)
        given = self._listed(parameters, "parameters")
        self.global_step = Parameter(Tensor([0], mstype.int32), name="global_step")
        default = self._rate(learning_rate, "learning_rate")
        decay = self._decay(weight_decay)
        self.is_group = isinstance(given[0], dict)
        self._entries = self._grouped(given, default, decay) if self.is_group else self._plain(given, default, decay)
        self._register_rates(default)
        self.parameters = ParameterTuple(e.parameter for e in self._entries)

    def _register_rates(self, default: Any) -> None:
        """Learning rates that are parameters are the optimizer's; those of schedules the schedules' own."""
        if all(e.rate is default for e in self._entries):
            self.learning_rate = default
            return
        rates = dict.fromkeys([*(e.rate for e in self._entries), default])
        for rate in rates:
            if isinstance(rate, Parameter):
                self.insert_param_to_cell(rate.name, rate)
            else:
                self.insert_child_to_cell(f"learning_rate_{len(self._modules)}", rate)
        object.__setattr__(self, "learning_rate", tuple(e.rate for e in self._entries))

    def _keep(self, scalars: Mapping[str, Any] | None = None, **moments: tuple[str, float]) -> None:
        """Make the parameters that hold the state: single ones, then one for each parameter and state of the formula.

        `moments`: the formula's name of the state -> (MindSpore's name before the parameter's, the first value).
        """
        for name, value in (scalars or {}).items():
            self.insert_param_to_cell(name, Parameter(Tensor(value, mstype.float32), name=name))
        for own, (prefix, first) in moments.items():
            for entry in self._entries:
                p = entry.parameter
                values = np.full(p._shape, first, np.float32 if p._dtype.kind != "f" else p._dtype.numpy())
                name = f"{prefix}.{p.name}"
                entry.state[own] = Parameter(Tensor.from_numpy(values, backend=p.backend), name=name)
                self.insert_param_to_cell(name, entry.state[own], check_name_contain_dot=False)

    # -- reading arguments --

    def _where(self) -> str:
        return f"mindspore.nn.{type(self).__name__}"

    def _number(self, name: str, value: Any, least: float = 0.0) -> float:
        if not isinstance(value, (int, float)):
            what = f"the argument '{name}' must be int or float, but got {type(value).__name__}"
            raise make(ArgumentError, what, TypeError, self._where())
        if value < least:
            raise make(
                ArgumentError, f"the '{name}' must be float and must >= 0, but got {value}", ValueError, self._where()
            )
        return float(value)

    def _switch(self, **switches: Any) -> None:
        """Refuse what is no bool."""
        for name, value in switches.items():
            if not isinstance(value, bool):
                message = f"the type of '{name}' should be 'bool', but got type '{type(value).__name__}'"
                raise make(ArgumentError, message, TypeError, self._where())

    def _decay(self, value: Any) -> Any:
        """Weight decay as a number, or as a cell that gives it for each step."""
        if not isinstance(value, Cell):
            return self._number("weight_decay", value)
        if not self.decays_by_step:
            message = "weight decay must be float or int, a cell is not supported here, as in MindSpore"
            raise make(ArgumentError, message, TypeError, self._where())
        return value

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
        if isinstance(rate, str):
            raise make(ArgumentError, f"the 'learning_rate' is no number: {rate!r}", ValueError, self._where())
        if isinstance(rate, (int, float)):
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
        return _IteratorLearningRate(rate, name)

    def _plain(self, given: list[Parameter], rate: Any, decay: Any) -> list[Entry]:
        names = [p.name for p in given]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise make(ArgumentError, f"the parameter {twice} is given twice", ValueError, self._where())
        return [Entry(p, rate, 0.0 if "beta" in p.name or "gamma" in p.name else decay) for p in ParameterTuple(given)]

    def _grouped(self, given: list[dict[str, Any]], rate: Any, decay: Any) -> list[Entry]:
        found: list[Entry] = []
        order: list[Parameter] | None = None
        for number, group in enumerate(given):
            unknown = [key for key in group if key not in _KEYS]
            if unknown or not {"params", "order_params"} & set(group):
                message = f"the keys of a group must be among {_KEYS} with 'params' there, but got {list(group)}"
                raise make(ArgumentError, message, KeyError, self._where())
            if "order_params" in group:
                order = list(group["order_params"])
                continue
            centralized = group.get("grad_centralization", False)
            self._switch(grad_centralization=centralized)
            own = self._rate(group["lr"], f"learning_rate_group_{number}") if "lr" in group else rate
            own_decay = self._decay(group.get("weight_decay", decay))
            if "params" not in group:
                message = f"a group needs 'params', but got {sorted(group)}"
                raise make(ArgumentError, message, KeyError, self._where())
            for p in self._listed(group["params"], "group `params`"):
                if any(p is e.parameter for e in found):
                    message = f"the {p.name} parameter already exists, it does not support repeated setting"
                    raise make(ArgumentError, message, RuntimeError, self._where())
                found.append(Entry(p, own, own_decay, centralized))
        return found if order is None else self._ordered(found, order)

    def _ordered(self, found: list[Entry], order: list[Parameter]) -> list[Entry]:
        by_name = {e.parameter.name: e for e in found}
        if len(order) != len(found) or any(p.name not in by_name for p in order):
            message = f"order_params names {len(order)} parameters, the groups hold {len(found)}; they must be the same"
            raise make(ArgumentError, message, ValueError, self._where())
        return [by_name[p.name] for p in order]

    # -- what users ask --

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
        return float(rate(Tensor(self.global_step.numpy(), mstype.int32)).reshape(()).item())

    def construct(self, gradients: Any) -> Any:
        """Move every parameter by its gradient."""
        found = tuple(gradients)
        if len(found) != len(self._entries):
            message = f"there are {len(self._entries)} parameters, but {len(found)} gradients"
            raise make(ArgumentError, message, RuntimeError, self._where())
        with recording(False):
            step = int(self.global_step.numpy()[0]) + 1
            self._begin(step)
            rates = {id(e.rate): self._now(e.rate) for e in self._entries}
            for entry, g in zip(self._entries, found, strict=True):
                self._move(entry, g, rates[id(entry.rate)], step)
            put(self.global_step, [step])
        return (True,) * len(found)

    def _begin(self, step: int) -> None:
        """What changes once in each step; a subclass overrides it."""

    def _move(self, entry: Entry, g: core.Tensor, rate: float, step: int) -> None:
        p = entry.parameter
        if g._shape != p._shape:
            message = f"the gradient of {p.name} has shape {g._shape}, the parameter {p.shape}"
            raise make(ArgumentError, message, RuntimeError, self._where())
        w = Tensor._wrap(p.native, p.backend)
        g = self._prepared(entry, w, g.as_face(Tensor))
        state = {name: core.Tensor._wrap(held.native, held.backend) for name, held in self._held(entry, step)}
        new = self.rule.step(w, g, state, rate, step)
        p._assign(el.as_dtype(new, p._dtype))
        for name, held in entry.state.items():
            if name in state:
                held._assign(el.as_dtype(state[name], held._dtype))

    def _held(self, entry: Entry, step: int) -> Iterable[tuple[str, Parameter]]:
        """The state that the formula goes on from; a subclass leaves out what it has not begun."""
        return entry.state.items()

    def _prepared(self, entry: Entry, w: core.Tensor, g: core.Tensor) -> core.Tensor:
        """The gradient with the loss scale taken out and weight decay added."""
        if entry.centralized and w.ndim > 1 and w._shape[1] % 16 == 0:  # MindSpore leaves all others as they are
            message = f"grad_centralization of shape {w._shape} has no CPU kernel in MindSpore, and is not offered"
            raise make(NotOfferedError, message, RuntimeError, self._where())
        if self.loss_scale != 1.0:
            g = el.mul(g, 1.0 / self.loss_scale)
        return optim.decayed(w, g, self._decay_now(entry))

    def _decay_now(self, entry: Entry) -> float:
        return self._now(entry.decay) if isinstance(entry.decay, Cell) else float(entry.decay)


def put(parameter: Parameter, values: Any) -> None:
    """Give a parameter numbers, on the backend that it is on."""
    array = np.asarray(values, parameter._dtype.numpy())
    parameter._assign(Tensor.from_numpy(array, backend=parameter.backend, device=parameter._device))


__all__ = ["Optimizer"]
