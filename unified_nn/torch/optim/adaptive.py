"""What PyTorch's optimizers with a step count share: a table of options, and the state that a parameter starts with."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from unified_nn.errors import ArgumentError, make
from unified_nn.ops.elementwise import full_like
from unified_nn.torch import dtypes
from unified_nn.torch.creation import made
from unified_nn.torch.optim.optimizer import Group, RuleOptimizer, at_least_zero, one_way, refuse
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.entry import parse_signature
from unified_nn.vocabulary.signatures import bound

_BETAS = (0, 1)


class Adaptive(RuleOptimizer):
    """Base of the optimizers with a step count; the class attributes are the table.

    args      the arguments after `params`, with PyTorch's defaults
    options   the names that a group keeps, in PyTorch's order; all of `args` where it is empty
    limits    option -> PyTorch's words for it where it is negative
    names     the formula's state -> PyTorch's name of it, in PyTorch's order
    """

    args: ClassVar[str] = ""
    options: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[Mapping[str, str]] = {}
    signature: ClassVar[inspect.Signature]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "args" in cls.__dict__:
            cls.signature = parse_signature(f"params, {cls.args}")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = bound(f"{type(self).__name__}.__init__", self.signature, args, kwargs)
        params = given.pop("params")
        options = self.options or tuple(given)
        defaults = {**{name: given[name] for name in options if name in given}, **self.fixed()}
        self.check(defaults)
        super().__init__(params, {name: defaults[name] for name in options})

    @classmethod
    def fixed(cls) -> dict[str, Any]:
        """Options that are no arguments."""
        return {}

    def check(self, group: Group) -> None:
        at_least_zero(group, **self.limits)
        self._check_betas(group.get("betas"))
        self.check_more(group)
        refuse(group, differentiable=True, capturable=True)
        one_way(group)

    def _check_betas(self, betas: Any) -> None:
        for place in _BETAS if betas is not None else ():
            if not 0.0 <= betas[place] < 1.0:
                raise make(ArgumentError, f"Invalid beta parameter at index {place}: {betas[place]}", ValueError)

    def check_more(self, group: Group) -> None:
        """Refuse further options; a subclass overrides it."""

    # -- state --

    def first_values(self, group: Group) -> dict[str, float]:
        """The state's names with the value that fills them at first."""
        return dict.fromkeys(self.names.values(), 0.0)

    def start(self, p: Any, group: Group) -> dict[str, Any]:
        """The state of a parameter that has made no step."""
        state: dict[str, Any] = {"step": counted(0, p)}
        for name, value in self.first_values(group).items():
            state[name] = full_like(p._detached(), value=value).as_face(Tensor)
        return state

    def update(self, p: Any, grad: Any, state: dict[str, Any], group: Group) -> None:
        if not state:
            state.update(self.start(p, group))
        super().update(p, grad, state, group)

    def count(self, state: dict[str, Any]) -> int:
        number = int(state["step"]) + 1
        state["step"] = counted(number, state["step"])
        return number


def counted(number: float, like: Any) -> Tensor:
    """A count as PyTorch keeps it: a scalar of float32, or of float64 where that is the default."""
    kind = dtypes.float64 if dtypes.get_default_dtype() is dtypes.float64 else dtypes.float32
    return made(np.asarray(number, kind.canonical.numpy()), like=like)


ADAM_LIMITS = {"lr": "learning rate", "eps": "epsilon value", "weight_decay": "weight_decay value"}
