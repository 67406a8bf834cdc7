"""`torch.autograd.backward` and `torch.autograd.grad`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from unified_nn import autodiff
from unified_nn import tensor as core
from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, GradientError, NotOfferedError, ShapeError, make
from unified_nn.ops.elementwise import ones_like
from unified_nn.torch.tensor import Tensor


def _listed(value: Any) -> list[Any]:
    return [value] if value is None or isinstance(value, core.Tensor) else list(value)


def _seeds(outs: Sequence[Any], given: Any) -> list[Tensor]:
    """The gradients to start from: the given ones, or 1 for scalars."""
    seeds = _listed(given) if given is not None else [None] * len(outs)
    if len(seeds) != len(outs):
        message = f"got {len(outs)} tensors and {len(seeds)} gradients"
        raise make(ArgumentError, message, RuntimeError)
    return [_seed(out, seed, position) for position, (out, seed) in enumerate(zip(outs, seeds, strict=True))]


def _seed(out: Any, seed: Any, position: int) -> Tensor:
    if not isinstance(out, core.Tensor) or out._body.node is None:
        message = f"element {position} of tensors does not require grad and does not have a grad_fn"
        raise make(GradientError, message, RuntimeError)
    if seed is None:
        if out.backend.shape(out.native) and out._values().size != 1:  # type: ignore[attr-defined]
            message = f"grad can be implicitly created only for scalar outputs; this one has shape {list(out._shape)}"
            raise make(GradientError, message, RuntimeError)
        with recording(False):
            return cast(Tensor, ones_like(out))
    if seed._shape != out._shape:
        message = (
            f"Mismatch in shape: grad_output[{position}] has a shape of {seed.shape} and "
            f"output[{position}] has a shape of {out.shape}."
        )
        raise make(ShapeError, message, RuntimeError)
    return cast(Tensor, seed)


def backward(
    tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    grad_variables: Any = None, inputs: Any = None,
) -> None:  # fmt: skip
    """Accumulate d(sum of tensors * grad_tensors) into the `grad` of the leaves, or of `inputs` only."""
    if grad_variables is not None:
        raise make(NotOfferedError, "backward: grad_variables is PyTorch's old name, use grad_tensors")
    outs = _listed(tensors)
    seeds = _seeds(outs, grad_tensors)
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        autodiff.backward(outs, seeds, retain_graph=retain, create_graph=create_graph)
        return
    targets = _listed(inputs)
    if not targets:
        raise make(ArgumentError, "'inputs' argument to backward() cannot be empty.", RuntimeError)
    found = autodiff.gradients(outs, seeds, targets, retain_graph=retain, create_graph=create_graph)
    with recording(create_graph):
        for target, g in zip(targets, found, strict=True):
            if g is None:
                continue
            node = target._body.node
            if isinstance(node, autodiff.Leaf):
                node.receive(g)
            else:
                target.grad = g if target.grad is None else target.grad + g


def grad(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    only_inputs: bool = True, allow_unused: bool | None = None, is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:  # fmt: skip
    """d(sum of outputs * grad_outputs)/d(inputs), one per input, without accumulating anything."""
    if is_grads_batched or not only_inputs:
        raise make(NotOfferedError, "autograd.grad: is_grads_batched=True and only_inputs=False are not offered")
    outs, targets = _listed(outputs), _listed(inputs)
    for target in targets:
        if target._body.node is None:
            raise make(GradientError, "One of the differentiated Tensors does not require grad", RuntimeError)
    retain = create_graph if retain_graph is None else retain_graph
    found = autodiff.gradients(
        outs, _seeds(outs, grad_outputs), targets, retain_graph=retain, create_graph=create_graph
    )
    return tuple(_answer(g, target, allow_unused, materialize_grads) for g, target in zip(found, targets, strict=True))


def _answer(g: core.Tensor | None, target: Any, allow_unused: bool | None, materialize: bool) -> Any:
    if g is not None:
        return g.as_face(Tensor)
    if materialize:
        from unified_nn.ops.elementwise import zeros_like

        return zeros_like(target)
    if not allow_unused:
        message = (
            "One of the differentiated Tensors appears to not have been used in the graph. "
            "Set allow_unused=True if this is the desired behavior."
        )
        raise make(GradientError, message, RuntimeError)
    return None
