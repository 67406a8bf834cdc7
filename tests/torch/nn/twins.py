"""The same layer in real PyTorch and in ours, compared in everything that a user can see."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import unified_nn.torch as ours
from unified_nn.torch import nn as our_nn


def namespaces(torch: Any) -> list[dict[str, Any]]:
    """What the texts of the cases refer to: ours first, then real PyTorch's."""
    return [{"torch": ours, "nn": our_nn, "F": our_nn.functional, "np": np},
            {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "np": np}]  # fmt: skip


def values(shape: tuple[int, ...] | np.ndarray[Any, Any], dtype: str, seed: int = 0) -> np.ndarray[Any, Any]:
    if isinstance(shape, np.ndarray):
        return shape
    return np.asarray(np.random.RandomState(seed).randn(*shape), dtype)


def array(tensor: Any) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = (
        tensor.detach().float().numpy() if "16" in str(tensor.dtype) else tensor.detach().numpy()
    )
    return found


def close(a: Any, b: Any, rtol: float, atol: float, what: str) -> None:
    """Equal class, shape, dtype and, within rounding, values."""
    if a is None or b is None:
        assert a is b, what
        return
    assert tuple(a.shape) == tuple(b.shape), what
    assert str(a.dtype) == str(b.dtype), what
    np.testing.assert_allclose(array(a), array(b), rtol, atol, err_msg=what)


def build(space: dict[str, Any], text: str) -> Any:
    space["torch"].manual_seed(11)
    return eval(text, space)


def tensors(space: dict[str, Any], shapes: list[Any], dtype: str) -> list[Any]:
    torch = space["torch"]
    found = []
    for place, shape in enumerate(shapes):
        t = torch.tensor(values(shape, dtype, place))
        found.append(t.requires_grad_() if t.is_floating_point() else t)
    return found


def name_of(out: Any) -> str | None:
    return None if out.grad_fn is None else out.grad_fn.name()


def compare_construction(made: list[Any]) -> None:
    """Printed form, and the names, order, dtypes and values of the state."""
    a, b = made
    assert repr(a) == repr(b)
    assert list(a.state_dict()) == list(b.state_dict())
    for key, value in b.state_dict().items():
        close(a.state_dict()[key], value, 0, 0, key)
    assert [n for n, _ in a.named_parameters()] == [n for n, _ in b.named_parameters()]


def compare_calls(
    made: list[Any],
    spaces: list[dict[str, Any]],
    shapes: list[Any],
    dtype: str,
    rtol: float,
    atol: float,
    calls: int = 2,
) -> None:
    """Outputs in training and in inference, `grad_fn`, gradients, and the state afterwards."""
    for training in (True, False):
        for call in range(calls):
            inputs = [tensors(space, shapes, dtype) for space in spaces]
            outs = []
            for layer, given, space in zip(made, inputs, spaces, strict=True):
                space["torch"].manual_seed(call)
                layer.train(training)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    outs.append(layer(*given))
            where = f"training={training}, call {call}"
            close(outs[0], outs[1], rtol, atol, where)
            assert (name_of(outs[0]), where) == (name_of(outs[1]), where)
            if outs[1].requires_grad:
                _compare_gradients(made, inputs, outs, spaces, rtol, atol, where)
    for key, value in made[1].state_dict().items():
        close(made[0].state_dict()[key], value, rtol, atol, key)


def _compare_gradients(
    made: list[Any], inputs: list[list[Any]], outs: list[Any], spaces: list[dict[str, Any]], rtol: float, atol: float,
    where: str,
) -> None:  # fmt: skip
    for layer, out, space in zip(made, outs, spaces, strict=True):
        layer.zero_grad()
        head = space["torch"].tensor(values(tuple(out.shape), str(out.dtype).removeprefix("torch."), 9))
        out.backward(head)
    for place, (a, b) in enumerate(zip(*inputs, strict=True)):
        if b.is_floating_point():
            close(a.grad, b.grad, rtol * 10, atol * 10, f"{where}: gradient of input {place}")
    for (name, a), (_, b) in zip(made[0].named_parameters(), made[1].named_parameters(), strict=True):
        close(a.grad, b.grad, rtol * 10, atol * 10, f"{where}: gradient of {name}")
