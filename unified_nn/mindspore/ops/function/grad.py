"""MindSpore's way to gradients: functions that return functions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from unified_nn import tensor as core
from unified_nn.autodiff import Leaf, gradients, recording
from unified_nn.errors import ArgumentError, GradientError, NotOfferedError, make
from unified_nn.mindspore.common.parameter import Parameter
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell, grad_depth
from unified_nn.ops.elementwise import ones_like, zeros_like
from unified_nn.tensor import map_tensors

Positions = tuple[int, ...]


def _differentiate(
    fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], positions: Positions,
    weights: tuple[Parameter, ...], seed: Any, has_aux: bool,
) -> tuple[Any, list[Any], list[Any]]:  # fmt: skip
    """fn's result, its gradients for the arguments at `positions`, and those for the weights."""
    inputs = [_checked(args[position], position) for position in positions]
    depth = grad_depth.get()
    token = grad_depth.set(depth + 1)
    # MindSpore differentiates by the tensor itself, wherever fn meets it: twice among its arguments, or in a closure.
    fresh = {id(x): x for x in inputs if not x.tracked}
    try:
        for x in fresh.values():
            x._body.node = Leaf(x.backend)
        with recording(True):
            out = fn(*args, **kwargs)
            found = _gradients_of(out, seed, [*inputs, *weights], has_aux, create=depth > 0)
    finally:
        grad_depth.reset(token)
        for x in fresh.values():
            x._body.node = None
    if depth == 0:
        out = map_tensors(out, lambda t: t._detached())
    return out, found[: len(positions)], found[len(positions) :]


def _checked(x: Any, position: int) -> core.Tensor:
    """The argument, which must have a gradient."""
    if not isinstance(x, core.Tensor) or x._dtype.kind not in "fc":
        what = f"a tensor of {x._dtype.name}" if isinstance(x, core.Tensor) else f"a {type(x).__name__}"
        message = f"the gradient of argument {position}, {what}, is not offered; only floating tensors have one"
        raise make(NotOfferedError, message)
    return x


def _gradients_of(out: Any, seed: Any, wanted: list[Any], has_aux: bool, create: bool) -> list[Any]:
    outs = _tensors(out[:1] if has_aux else out)
    seeds = _seeds(outs, seed)
    pairs = [(t, s) for t, s in zip(outs, seeds, strict=True) if t.tracked]
    learned = {id(t): t for t in wanted if t.tracked}
    found: list[Any] = []
    if pairs and learned:
        found = gradients([t for t, _ in pairs], [s for _, s in pairs], list(learned.values()), create_graph=create)
    by_tensor = dict(zip(learned, found, strict=False))
    return [_gradient(t, by_tensor.get(id(t))) for t in wanted]


def _gradient(t: core.Tensor, g: Any) -> Any:
    return zeros_like(t.as_face(Tensor)) if g is None else g.as_face(Tensor)


def _tensors(out: Any) -> list[core.Tensor]:
    """All tensors in (nested tuples, lists and dictionaries of) a result."""
    found: list[core.Tensor] = []
    map_tensors(out, lambda t: found.append(t) or t)  # type: ignore[func-returns-value]
    return found


def _seeds(outs: list[core.Tensor], seed: Any) -> list[Any]:
    if seed is None:
        return [ones_like(t) for t in outs]
    seeds = _tensors(seed)
    if len(seeds) != len(outs):
        message = f"sens has {len(seeds)} tensors, the function's result {len(outs)}"
        raise make(ArgumentError, message, ValueError, "mindspore.grad")
    for t, s in zip(outs, seeds, strict=True):
        if t._shape != s._shape:
            raise make(GradientError, f"sens has shape {s._shape}, the function's result {t._shape}", ValueError)
    return seeds


def _weights_of(weights: Any) -> tuple[tuple[Parameter, ...], bool]:
    """The weights, and whether a single one was given."""
    if isinstance(weights, Parameter):
        return (weights,), True
    if weights is None:
        return (), False
    if not isinstance(weights, Iterable):
        raise make(ArgumentError, f"the weights must be Parameters, got {type(weights).__name__}", TypeError)
    found = tuple(weights)
    for p in found:
        if not isinstance(p, Parameter):
            raise make(ArgumentError, f"the weights must be Parameters, got {type(p).__name__}", TypeError)
    return found, False


def _transform(
    fn: Any, grad_position: Any, weights: Any, has_aux: bool, return_ids: bool, sens_param: bool, name: str
) -> Callable[..., tuple[Any, Any]]:
    if grad_position is None and weights is None:
        raise make(ArgumentError, "`grad_position` and `weight` can not be None at the same time.", ValueError)
    if not isinstance(grad_position, (int, tuple)) and grad_position is not None:
        message = f"the grad_position must be int or tuple, but got {type(grad_position)}"
        raise make(ArgumentError, message, TypeError, f"mindspore.{name}")
    positions: Positions = ()
    if grad_position is not None:
        positions = (grad_position,) if isinstance(grad_position, int) else grad_position
    parameters, single = _weights_of(weights)

    @functools.wraps(fn if not isinstance(fn, Cell) else type(fn).construct)
    def after(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        seed = None
        if sens_param:
            *rest, seed = args
            args = tuple(rest)
        for position in positions:
            if not 0 <= position < len(args):
                message = f"position {position} exceeds the {len(args)} arguments"
                raise make(ArgumentError, message, RuntimeError, f"mindspore.{name}")
        out, by_input, by_weight = _differentiate(fn, args, kwargs, positions, parameters, seed, has_aux)
        inputs: list[Any] = by_input
        learned: list[Any] = by_weight
        if return_ids:
            inputs = list(zip(positions, by_input, strict=True))
            learned = [(p.name, g) for p, g in zip(parameters, by_weight, strict=True)]
        first = inputs[0] if len(positions) == 1 else tuple(inputs)
        second = learned[0] if single else tuple(learned)
        if weights is None:
            return out, first
        return out, second if grad_position is None else (first, second)

    return after


def value_and_grad(
    fn: Any, grad_position: Any = 0, weights: Any = None, has_aux: bool = False, return_ids: bool = False,
    sens_param: bool = False,
) -> Callable[..., Any]:  # fmt: skip
    """A function that returns fn's result and its gradients for arguments, for weights, or for both.

    The result need not be a scalar: what is differentiated is its sum.  With `has_aux` only the first of several
    results is differentiated.
    """
    return _transform(fn, grad_position, weights, has_aux, return_ids, sens_param, "value_and_grad")


def grad(
    fn: Any, grad_position: Any = 0, weights: Any = None, has_aux: bool = False, return_ids: bool = False,
    sens_param: bool = False,
) -> Callable[..., Any]:  # fmt: skip
    """A function that returns fn's gradients; with `has_aux` also the results after the first."""
    both = _transform(fn, grad_position, weights, has_aux, return_ids, sens_param, "grad")

    @functools.wraps(both)
    def after(*args: Any, **kwargs: Any) -> Any:
        out, found = both(*args, **kwargs)
        return (found, tuple(out[1:])) if has_aux else found

    return after


class GradOperation:
    """The older form: GradOperation(get_all, get_by_list, sens_param)(fn, weights) is a gradient function."""

    def __init__(self, get_all: bool = False, get_by_list: bool = False, sens_param: bool = False) -> None:
        for name, value in (("get_all", get_all), ("get_by_list", get_by_list), ("sens_param", sens_param)):
            if not isinstance(value, bool):
                message = f"the '{name}' should be bool, but got {type(value).__name__}"
                raise make(ArgumentError, message, TypeError, "mindspore.ops.GradOperation")
        self.get_all, self.get_by_list, self.sens_param = get_all, get_by_list, sens_param

    def __call__(self, fn: Any, weights: Any = None) -> Callable[..., Any]:
        def after(*args: Any, **kwargs: Any) -> Any:
            seed = None
            if self.sens_param:
                *rest, seed = args
                args = tuple(rest)
            parameters = self._parameters(fn, weights)
            positions = self._positions(args)
            _, by_input, by_weight = _differentiate(fn, args, kwargs, positions, parameters, seed, False)
            if not self.get_by_list:
                return tuple(by_input) if self.get_all else by_input[0]
            return (tuple(by_input), tuple(by_weight)) if self.get_all else tuple(by_weight)

        return after

    def _positions(self, args: tuple[Any, ...]) -> Positions:
        differentiable = tuple(i for i, x in enumerate(args) if isinstance(x, core.Tensor) and x._dtype.kind in "fc")
        if self.get_all:
            return differentiable
        return () if self.get_by_list else (0,)

    def _parameters(self, fn: Any, weights: Any) -> tuple[Parameter, ...]:
        if not self.get_by_list:
            return ()
        if weights is not None:
            return _weights_of(weights)[0]
        if isinstance(fn, Cell):
            return tuple(fn.trainable_params())
        message = "get_by_list=True needs the weights, as a ParameterTuple, for a function that is not a Cell"
        raise make(NotOfferedError, message)


def get_grad(gradients: Any, identifier: Any) -> Any:
    """The gradient of an argument's position, or a parameter or its name, from a result with `return_ids=True`."""
    name = identifier.name if isinstance(identifier, Parameter) else identifier
    stack = [gradients]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple) and len(item) == 2 and item[0].__class__ in (int, str):
            if item[0] == name:
                return item[1]
        elif isinstance(item, tuple):
            stack.extend(item)
    raise make(ArgumentError, f"there is no gradient of {name!r} in the result", ValueError, "mindspore.get_grad")


__all__ = ["GradOperation", "get_grad", "grad", "value_and_grad"]
