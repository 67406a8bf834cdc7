"""The same call in our PyTorch and in the real one, compared in values, `grad_fn`, gradients and errors."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from twins import close, name_of, namespaces

Arrays = Mapping[str, np.ndarray[Any, Any]]


def _given(space: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    """The arrays as tensors; those whose name is a small letter require gradients where they can."""
    found = {}
    for name, values in arrays.items():
        tensor = space["torch"].tensor(values)
        learns = name.islower() and tensor.is_floating_point()
        found[name] = tensor.requires_grad_() if learns else tensor
    return found


def _outputs(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)


def same_call(torch: Any, text: str, arrays: Arrays, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    """The text gives the same values, warnings, `grad_fn` names and gradients in both."""
    spaces = namespaces(torch)
    given = [_given(space, arrays) for space in spaces]
    outs, said = [], []
    for space, tensors in zip(spaces, given, strict=True):
        space["torch"].manual_seed(3)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            outs.append(_outputs(eval(text, {**space, **tensors})))
        said.append([str(w.message) for w in heard if "zero-element" not in str(w.message)])
    assert said[0] == said[1]
    for place, (a, b) in enumerate(zip(*outs, strict=True)):
        close(a, b, rtol, atol, f"output {place}")
        assert name_of(a) == name_of(b)
        assert a.requires_grad == b.requires_grad
    if not outs[1][0].requires_grad:
        return
    wanted = outs[1][0].detach().numpy()
    head = np.asarray(np.random.RandomState(9).randn(*wanted.shape), wanted.dtype)
    for space, out in zip(spaces, outs, strict=True):
        out[0].backward(space["torch"].tensor(head))
    for name, tensor in given[1].items():
        if tensor.requires_grad:
            close(given[0][name].grad, tensor.grad, rtol * 10, atol * 10, f"gradient of {name}")


def raised(space: Mapping[str, Any], text: str, arrays: Arrays) -> BaseException | None:
    """What the text raises, if anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            eval(text, {**space, **_given(space, arrays)})
        except Exception as error:
            return error
    return None


def same_refusal(torch: Any, text: str, arrays: Arrays) -> None:
    """Both refuse the text, ours with an error that is caught as the real one's class, and not by accident."""
    from unified_nn.errors import NativeError, UnifiedError

    ours, real = (raised(space, text, arrays) for space in namespaces(torch))
    assert real is not None, "real PyTorch takes it"
    assert ours is not None, f"we take it; real PyTorch raises {real!r}"
    assert isinstance(ours, type(real)), (ours, real)
    assert isinstance(ours, (UnifiedError, TypeError)), ours
    assert not isinstance(ours, NativeError), ours
