"""Every function of every vocabulary with arguments that it does not take: one clear error, never Python's from inside."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from unified_nn import mindspore, mxnet, torch
from unified_nn.errors import UnifiedError
from unified_nn.mxnet.ndarray.function import FUNCTIONS as MXNET
from unified_nn.torch.define import FUNCTIONS as TORCH
from unified_nn.torch.nn import functional

#: What Python says of a call that does not fit a function's signature.
SIGNATURE = re.compile(r"keyword argument|positional argument|required keyword|multiple values|keyword-only")
#: They change the process, or need files.
LEFT_OUT = {"load", "manual_seed", "save", "seed", "set_default_device", "set_default_dtype", "set_grad_enabled",
            "set_num_threads", "set_printoptions", "set_rng_state", "waitall"}  # fmt: skip

Function = Callable[..., Any]


def _functions(names: dict[str, Any]) -> dict[str, Function]:
    return {n: f for n, f in sorted(names.items()) if callable(f) and not isinstance(f, type) and n not in LEFT_OUT}


FUNCTIONS: dict[str, tuple[dict[str, Function], Callable[[Any], Any]]] = {
    "torch": (_functions(TORCH), torch.tensor),
    "torch.nn.functional": (_functions({n: getattr(functional, n) for n in functional.__all__}), torch.tensor),
    "mindspore.ops": (
        _functions({n: getattr(mindspore.ops, n) for n in mindspore.ops.__all__ if n[0].islower()}), mindspore.Tensor,
    ),
    "mxnet.nd": (_functions(MXNET), lambda a: mxnet.nd.array(a, dtype=np.asarray(a).dtype.name)),
}  # fmt: skip


def wrong(make: Callable[[Any], Any]) -> list[tuple[Any, ...]]:
    x, y = make(np.ones((2, 3), "float32")), make(np.ones((4, 5), "float32"))
    i, zero = make(np.array([7], "int64")), make(np.float32(1))
    return [
        (None,), ([1.0],), ("a",), (np.ones(2),), (zero,), (i,), (x, None), (x, "a"), (x, object()), (x, 1.5), (x, 99),
        (x, y), (x, i), (x, x, 99), (x, y, i),
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("vocabulary", FUNCTIONS)
def test_wrong_arguments(vocabulary: str) -> None:
    functions, make = FUNCTIONS[vocabulary]
    foreign = []
    for name, function in functions.items():
        for arguments in wrong(make):
            try:
                function(*arguments)
            except UnifiedError:
                continue
            except Exception as error:
                if not (isinstance(error, TypeError) and SIGNATURE.search(str(error))):
                    foreign.append(f"{name}{arguments}: {type(error).__name__}: {error}")
    assert len(functions) > 20
    assert foreign == []


def test_a_users_own_exception_comes_through() -> None:
    def lost(*xs: Any) -> Any:
        raise KeyError("mine")

    class Row:
        def __iter__(self) -> Any:
            raise ValueError("mine, too")

    with pytest.raises(KeyError, match="mine"):
        mindspore.grad(lost)(mindspore.Tensor(1.0))
    with pytest.raises(ValueError, match="^mine, too$"):
        torch.zeros(Row())
