"""Cells around networks: losses, gradients and training steps."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import InputTypeError, NotOfferedError, make
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.nn.layer.basic import Identity
from unified_nn.mindspore.ops.function.grad import GradOperation, value_and_grad
from unified_nn.ops import elementwise as el


class WithLossCell(Cell):
    """loss_fn(backbone(data), label)."""

    def __init__(self, backbone: Any, loss_fn: Any) -> None:
        super().__init__(auto_prefix=False)
        self._backbone = backbone
        self._loss_fn = loss_fn

    def construct(self, data: Any, label: Any) -> Any:
        return self._loss_fn(self._backbone(data), label)

    @property
    def backbone_network(self) -> Any:
        return self._backbone


class WithEvalCell(Cell):
    """(loss, outputs, label) of a network."""

    def __init__(self, network: Any, loss_fn: Any, add_cast_fp32: bool = False) -> None:
        super().__init__(auto_prefix=False)
        if add_cast_fp32:
            raise make(NotOfferedError, "mindspore.nn.WithEvalCell(add_cast_fp32=True) is not offered")
        self._network = network
        self._loss_fn = loss_fn

    def construct(self, data: Any, label: Any) -> Any:
        outputs = self._network(data)
        return self._loss_fn(outputs, label), outputs, label


class TrainOneStepCell(Cell):
    """One step of an optimizer for a network that computes its loss; gives the loss from before the step."""

    def __init__(self, network: Any, optimizer: Any, sens: Any = None, return_grad: bool = False) -> None:
        super().__init__(auto_prefix=False)
        for name, given, needed in ("network", network, "set_grad"), ("optimizer", optimizer, "parameters"):
            if not hasattr(given, needed):
                message = (
                    f"the {name} must be a {'Cell' if name == 'network' else 'mindspore.nn optimizer'}, got {given!r}"
                )
                raise make(InputTypeError, message, AttributeError, "mindspore.nn.TrainOneStepCell")
        self.network = network
        self.optimizer = optimizer
        self.grad_reducer = Identity()
        self.sens = 1.0 if sens is None else sens
        self.return_grad = return_grad
        self.weights = self.optimizer.parameters

    def construct(self, *inputs: Any) -> Any:
        loss, grads = value_and_grad(self.network, None, self.optimizer.parameters)(*inputs)
        if self.sens != 1.0:
            grads = tuple(el.mul(g, self.sens) for g in grads)
        self.optimizer(grads)
        if self.return_grad:
            return loss, dict(zip((p.name for p in self.weights), grads, strict=True))
        return loss


class ForwardValueAndGrad(Cell):
    """(result, gradients) of a network."""

    def __init__(
        self, network: Any, weights: Any = None, get_all: bool = False, get_by_list: bool = False,
        sens_param: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(auto_prefix=False)
        self.network = network
        self._weights = weights
        self._options = (get_all, get_by_list, sens_param)

    def construct(self, *inputs: Any) -> Any:
        sens = self._options[2]
        loss = self.network(*(inputs[:-1] if sens else inputs))
        return loss, GradOperation(*self._options)(self.network, self._weights)(*inputs)


__all__ = ["ForwardValueAndGrad", "TrainOneStepCell", "WithEvalCell", "WithLossCell"]
