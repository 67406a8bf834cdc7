"""One recurrent layer in one direction, and the slices along an axis, against PyTorch."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from unified_nn_conformance.case import Case, op, register
from unified_nn_conformance.drivers import NAMES
from unified_nn_conformance.sample import Sample, f32, f64

#: PyTorch's function -> op, gates, states.
CELLS = {"rnn_tanh": ("rnn", 1, 1), "rnn_relu": ("rnn", 1, 1), "lstm": ("lstm", 4, 2), "gru": ("gru", 3, 1)}
SIZES = ((5, 2, 4, 3), (1, 1, 2, 3), (2, 3, 7, 1))  # steps, batch, features, size


def _case(
    function: str, sizes: tuple[int, ...], bias: bool = True, reverse: bool = False, f: Callable[..., Sample] = f32
) -> Case:
    name, gates, states = CELLS[function]
    steps, batch, features, size = sizes
    # Small weights: MindSpore's own tanh is off by 1e-4 where it is nearly 1.
    weights = [f(gates * size, features, kind="small"), f(gates * size, size, kind="small")]
    weights += [f(gates * size, kind="small")] * 2 * bias
    arrays = [f(steps, batch, features), *[f(batch, size)] * states, *weights]
    attrs: dict[str, Any] = {"reverse": reverse} | ({"activation": "relu"} if function == "rnn_relu" else {})
    title = f"{function} {list(sizes)} bias={bias} reverse={reverse} {arrays[0].dtype}"
    return op(name, _text(function, states, len(arrays), bias, reverse), *arrays, id=title, attrs=attrs)


def _text(function: str, states: int, count: int, bias: bool, reverse: bool) -> str:
    """PyTorch's call: the states have a leading axis, and the reverse direction turns the steps round twice."""
    initial = ", ".join(f"{name}[None]" for name in NAMES[1 : 1 + states])
    weights = ", ".join(NAMES[1 + states : count])
    turn = ".flip(0)" if reverse else ""
    state = f"({initial})" if states > 1 else initial
    call = f"torch.{function}(x{turn}, {state}, [{weights}], {bias}, 1, 0.0, True, False, False)"
    return f"(lambda out, *last: (out{turn}, *(s[0] for s in last)))(*{call})"


register(
    _case(function, sizes, bias, reverse)
    for function, sizes, bias, reverse in itertools.product(CELLS, SIZES, (True, False), (False, True))
)
register(_case(function, SIZES[0], f=f64) for function in CELLS)
register(_case(function, (3, 0, 4, 6)) for function in CELLS)
register(op("unstack", f"x.unbind({axis})", f32(3, 2, 4), attrs={"axis": axis}) for axis in (0, 1, -1))
register([
    op("unstack", "x.unbind(0)", f32(3), attrs={"axis": 0}, id="vector"),
    op("unstack", "x.unbind(1)", f32(2, 3, 0), attrs={"axis": 1}, id="empty"),
])  # fmt: skip
