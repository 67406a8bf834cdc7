"""Gluon's Trainer: moves a network's parameters along their gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from unified_nn.errors import ArgumentError, GradientError, NotOfferedError, make
from unified_nn.mxnet import optimizer as opt
from unified_nn.mxnet.gluon.parameter import Parameter
from unified_nn.mxnet.gluon.parameter_dict import ParameterDict
from unified_nn.mxnet.gradient import Gradient
from unified_nn.mxnet.optimizer import states
from unified_nn.port.formats import mxnet_states


class Trainer:
    """An optimizer for parameters, given as a dictionary (`net.collect_params()`) or a list."""

    def __init__(
        self, params: Any, optimizer: str | opt.Optimizer, optimizer_params: Mapping[str, Any] | None = None,
        kvstore: Any = "device", compression_params: Any = None, update_on_kvstore: Any = None,
    ) -> None:  # fmt: skip
        self._params = _parameters(params)
        if compression_params is not None or (kvstore is not None and str(kvstore).startswith("dist")):
            message = f"Trainer: kvstore={kvstore!r}, compression_params are not offered; training runs on one device"
            raise make(NotOfferedError, message)
        given = dict(optimizer_params or {})
        if isinstance(optimizer, opt.Optimizer):
            if given:
                message = "optimizer_params must be None if optimizer is an instance of Optimizer instead of str"
                raise make(ArgumentError, message, AssertionError)
            self._optimizer = optimizer
            optimizer.param_dict = dict(enumerate(self._params))
        else:
            self._optimizer = opt.create(optimizer, param_dict=dict(enumerate(self._params)), **given)
        self._scale = self._optimizer.rescale_grad
        self._updater = opt.get_updater(self._optimizer)

    @property
    def optimizer(self) -> opt.Optimizer:
        return self._optimizer

    @property
    def learning_rate(self) -> float:
        return self._optimizer.learning_rate

    def set_learning_rate(self, lr: float) -> None:
        self._optimizer.set_learning_rate(lr)

    def step(self, batch_size: float, ignore_stale_grad: bool = False) -> None:
        """Move all parameters, their gradients divided by batch_size.

        Raises UserWarning for a gradient that no backward pass has written since the last step.
        """
        self.update(batch_size, ignore_stale_grad)

    def update(self, batch_size: float, ignore_stale_grad: bool = False) -> None:
        """The same as `step`: there is one device, so that gradients need no summing."""
        self._optimizer.rescale_grad = self._scale / batch_size
        for parameter in self._params:
            parameter.data()  # all of them must be there
        for index, parameter in enumerate(self._params):
            if parameter.grad_req == "null":
                continue
            data, grad = parameter.data(), parameter.grad()
            leaf = data._body.node
            assert isinstance(leaf, Gradient)
            if not leaf.fresh:
                if ignore_stale_grad:
                    continue
                message = (
                    f"Gradient of Parameter `{parameter.name}` on context {data.context} has not been updated by "
                    "backward since last `step`. This could mean a bug in your model that made it only use a subset of "
                    "the Parameters (Blocks) for this iteration. If you are intentionally only using a subset, call "
                    "step with ignore_stale_grad=True to suppress this warning and skip updating of Parameters with "
                    "stale gradient"
                )
                raise make(GradientError, message, UserWarning)
            self._updater(index, grad, data)
            leaf.fresh = False

    def allreduce_grads(self) -> None:
        """Nothing: there is one device."""

    def save_states(self, fname: str) -> None:
        """Write the optimizer and its arrays as MXNet does; the old file stays until the new one is complete."""
        mxnet_states.write(fname, states.saved(self._updater))

    def load_states(self, fname: str) -> None:
        """Go on with the optimizer and the arrays of a file; it is a pickle, of which nothing is run."""
        Path(fname).stat()  # FileNotFoundError, as MXNet's
        shapes = {index: tuple(parameter.shape or ()) for index, parameter in enumerate(self._params)}
        self._updater = states.restored(mxnet_states.read(fname), self._optimizer, shapes)
        self._optimizer = self._updater.optimizer
        self._optimizer.param_dict = dict(enumerate(self._params))


def _parameters(params: Any) -> list[Parameter]:
    if isinstance(params, (Mapping, ParameterDict)):
        found: Iterable[Any] = [params[name] for name in sorted(params.keys())]
    elif isinstance(params, (list, tuple)):
        found = list(params)
    else:
        raise make(ArgumentError, f"First argument must be a list or dict of Parameters, got {type(params)}.")
    for parameter in found:
        if not isinstance(parameter, Parameter):
            raise make(
                ArgumentError, f"First argument must be a list or dict of Parameters, got list of {type(parameter)}."
            )
    return list(found)
