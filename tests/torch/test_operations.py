"""Functions and methods of tensors against real PyTorch, on every backend: see `expressions`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.torch as ours

sys.path.insert(0, str(Path(__file__).parent))
from expressions import FAMILIES

#: What a backend does not have, and says so.
WITHOUT = {"mxnet": ("torch.tensor([1j])",)}


def names(torch: Any) -> dict[str, Any]:
    """The tensors of the expressions, of either PyTorch."""
    random = np.random.RandomState(0)

    def leaf(*shape: int, positive: bool = False) -> Any:
        values = random.rand(*shape) + 0.1 if positive else random.randn(*shape)
        return torch.tensor(values.astype("float32"), requires_grad=True)

    return {
        "torch": torch, "np": np, "x": leaf(3, 4), "y": leaf(3, 4), "p": leaf(3, 4, positive=True), "v": leaf(4),
        "m": leaf(4, 5), "b": leaf(2, 3, 4), "c": leaf(2, 4, 5), "s": leaf(3, 3),
        "q": torch.tensor(random.rand(3, 4).astype("float32") * 0.8 + 0.1, requires_grad=True),
        "o": torch.tensor(1.5, requires_grad=True),
        "i": torch.tensor(random.randint(0, 3, (3, 4))),
        "j": torch.tensor(random.randint(0, 3, (3, 4)).astype("int32")),
        "h": torch.tensor(random.randn(3, 4).astype("float16")), "d": torch.tensor(random.randn(3, 4)),
        "k": torch.tensor(random.randn(3, 4) > 0),
    }  # fmt: skip


def parts(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) and type(result).__name__ != "Size" else [result]


def described(part: Any) -> Any:
    """What must be equal to the letter."""
    if not hasattr(part, "grad_fn"):
        return repr(part)
    name = None if part.grad_fn is None else part.grad_fn.name()
    return (str(part.dtype), tuple(part.shape), part.requires_grad, name)


def gradients(torch: Any, result: list[Any], given: dict[str, Any]) -> dict[str, Any]:
    tracked = [t for t in result if hasattr(t, "grad_fn") and t.grad_fn is not None]
    if not tracked:
        return {}
    heads = [torch.linspace(-1, 1, t.numel(), dtype=t.dtype).reshape(t.shape) for t in tracked]
    torch.autograd.backward(tracked, heads)
    return {name: t.grad for name, t in given.items() if getattr(t, "requires_grad", False)}


def close(got: Any, wanted: Any, name: str) -> None:
    tolerance = 2e-3 if "float16" in str(wanted.dtype) else 2e-5
    a, b = got.detach().numpy(), wanted.detach().numpy()
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("family", FAMILIES)
def test_as_pytorch(family: str, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType]) -> None:
    torch = oracle("torch")
    problems = []
    for expression in FAMILIES[family]:
        if expression in WITHOUT.get(backend.name, ()):
            with pytest.raises(unified_nn.UnifiedError, match="complex"):
                eval(expression, names(ours))
            continue
        try:
            check(torch, expression)
        except Exception as error:  # every expression is tried, and all that fail are reported together
            problems.append(f"{expression}: {type(error).__name__} {str(error).strip()[:300]}")
    assert not problems, f"{len(problems)} of {len(FAMILIES[family])}:\n" + "\n".join(problems)


def check(torch: Any, expression: str) -> None:
    theirs_given, ours_given = names(torch), names(ours)
    wanted = parts(eval(expression, theirs_given))
    got = parts(eval(expression, ours_given))
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted, strict=True):
        assert described(a) == described(b)
        if hasattr(b, "grad_fn"):
            close(a, b, expression)
    theirs, mine = gradients(torch, wanted, theirs_given), gradients(ours, got, ours_given)
    for name, g in theirs.items():
        assert (g is None) == (mine[name] is None), f"gradient of {name}"
        if g is not None:
            close(mine[name], g, f"{expression}: gradient of {name}")
