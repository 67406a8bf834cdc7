"""The neutral optimizer: an update rule applied to tensors of any vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, make
from unified_nn.optim import Rule, State, decayed
from unified_nn.tensor import Tensor


class Optimizer:
    """Moves parameters along their gradients by a rule of `unified_nn.optim`.

    rate is the learning rate: a number, or a function of the step from 1. decay is the L2 penalty, added to the
    gradient.
    """

    def __init__(
        self, parameters: Iterable[Tensor], rule: Rule, rate: float | Callable[[int], float], decay: float = 0.0
    ) -> None:
        self.parameters = list(parameters)
        if not self.parameters:
            raise make(ArgumentError, "Optimizer: there are no parameters")
        self.rule, self.rate, self.decay = rule, rate, decay
        self.states: list[State] = [{} for _ in self.parameters]
        self.steps = 0

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        self.steps += 1
        rate = self.rate(self.steps) if callable(self.rate) else self.rate
        with recording(False):
            for parameter, state in zip(self.parameters, self.states, strict=True):
                g = parameter.grad
                if g is not None:
                    w = parameter.as_face(Tensor)
                    w._assign(self.rule.step(w, decayed(w, g.as_face(Tensor), self.decay), state, rate, self.steps))

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None
