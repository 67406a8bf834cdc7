"""Recurrent networks: one layer in one direction over a sequence, time first.

x (T, N, C), states (N, H), weights (G * H, C) and (G * H, H), biases (G * H,) with G gates in the order that PyTorch,
MindSpore and MXNet share: input, forget, cell, output; reset, update, new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unified_nn.errors import ArgumentError, ShapeError
from unified_nn.op import Spec, composite
from unified_nn.ops import _rules as rules
from unified_nn.ops.activation import relu, sigmoid
from unified_nn.ops.elementwise import add, less, mul, select, sub, tanh, zeros_like
from unified_nn.ops.linalg import linear
from unified_nn.ops.shape import reshape, stack, unsqueeze, unstack
from unified_nn.tensor import Tensor

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"tanh": tanh, "relu": relu}

States = tuple[Tensor, ...]
#: The next states from one step's input product and the states; the first of them is the output.
Step = Callable[[Tensor, States], States]


# ---- rules ---------------------------------------------------------------------------------------------------------


def _check(
    gates: int, x: Spec, states: dict[str, Spec], w_ih: Spec, w_hh: Spec, b_ih: Spec | None, b_hh: Spec | None
) -> None:
    rules.rank("x", x, 3, "(T, N, C)")
    rules.rank("w_hh", w_hh, 2, "(G * H, H)")
    rules.floating("x", x)
    steps, batch, features = x.shape
    size = w_hh.shape[1]
    if not steps:
        raise ShapeError(f"x has no steps, expected at least 1 (axis 0); x {x}")
    if w_ih.ndim != 2 or w_ih.shape[1] != features:
        expected = w_ih.shape[-1] if w_ih.ndim == 2 else f"{w_ih}"
        raise ShapeError(f"x has {features} features (last axis), w_ih expects {expected}; x {x}, w_ih {w_ih}")
    for name, w in (("w_ih", w_ih), ("w_hh", w_hh), ("b_ih", b_ih), ("b_hh", b_hh)):
        if w is not None and w.shape[0] != gates * size:
            raise ShapeError(f"{name} {w} has {w.shape[0]} rows, expected {gates} gates of {size}")
    for name, state in states.items():
        if state.shape != (batch, size):
            raise ShapeError(f"{name} has shape {state}, expected ({batch}, {size}): one row per sample; x {x}")
    rules.same_dtype(x=x, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh, **states)


def _rnn_rule(
    x: Spec, h: Spec, w_ih: Spec, w_hh: Spec, b_ih: Spec | None = None, b_hh: Spec | None = None, *,
    activation: str = "tanh", reverse: bool = False,
) -> None:  # fmt: skip
    if activation not in ACTIVATIONS:
        raise ArgumentError(f"activation={activation!r} is not one of {', '.join(ACTIVATIONS)}")
    _check(1, x, {"h": h}, w_ih, w_hh, b_ih, b_hh)


def _lstm_rule(
    x: Spec, h: Spec, c: Spec, w_ih: Spec, w_hh: Spec, b_ih: Spec | None = None, b_hh: Spec | None = None, *,
    reverse: bool = False,
) -> None:  # fmt: skip
    _check(4, x, {"h": h, "c": c}, w_ih, w_hh, b_ih, b_hh)


def _gru_rule(
    x: Spec, h: Spec, w_ih: Spec, w_hh: Spec, b_ih: Spec | None = None, b_hh: Spec | None = None, *,
    reverse: bool = False,
) -> None:  # fmt: skip
    _check(3, x, {"h": h}, w_ih, w_hh, b_ih, b_hh)


# ---- steps ---------------------------------------------------------------------------------------------------------


def _gates(z: Tensor, count: int) -> tuple[Tensor, ...]:
    rows, width = z._shape
    return unstack(reshape(z, shape=(rows, count, width // count)), axis=1)


def _rnn_step(w_hh: Tensor, b_hh: Tensor | None, activation: str) -> Step:
    def step(z: Tensor, states: States) -> States:
        return (ACTIVATIONS[activation](add(z, linear(states[0], w_hh, b_hh))),)

    return step


def _lstm_step(w_hh: Tensor, b_hh: Tensor | None, w_hr: Tensor | None = None) -> Step:
    def step(z: Tensor, states: States) -> States:
        h, c = states
        into, forget, cell, out = _gates(add(z, linear(h, w_hh, b_hh)), 4)
        c = add(mul(sigmoid(forget), c), mul(sigmoid(into), tanh(cell)))
        h = mul(sigmoid(out), tanh(c))
        return h if w_hr is None else linear(h, w_hr), c

    return step


def _gru_step(w_hh: Tensor, b_hh: Tensor | None) -> Step:
    def step(z: Tensor, states: States) -> States:
        (h,) = states
        x_reset, x_update, x_new = _gates(z, 3)
        h_reset, h_update, h_new = _gates(linear(h, w_hh, b_hh), 3)
        update = sigmoid(add(x_update, h_update))
        new = tanh(add(x_new, mul(sigmoid(add(x_reset, h_reset)), h_new)))
        return (add(new, mul(update, sub(h, new))),)

    return step


def _run(step: Step, z: Tensor, states: States, reverse: bool, lengths: Tensor | None = None) -> tuple[Tensor, ...]:
    """All outputs and the last states. Steps from a sample's length on leave its states and give zeros."""
    parts = unstack(z, axis=0)
    order = range(len(parts) - 1, -1, -1) if reverse else range(len(parts))
    outs: list[Tensor] = [z] * len(parts)
    for t in order:
        new = step(parts[t], states)
        if lengths is None:
            states, outs[t] = new, new[0]
            continue
        runs = unsqueeze(less(t, lengths), axis=1)
        states = tuple(select(runs, after, before) for after, before in zip(new, states, strict=True))
        outs[t] = select(runs, new[0], zeros_like(new[0]))
    return (stack(*outs, axis=0), *states)


# ---- ops -----------------------------------------------------------------------------------------------------------


@composite(rule=_rnn_rule, checked=True)
def rnn(
    x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None, *,
    activation: str = "tanh", reverse: bool = False,
) -> tuple[Tensor, ...]:  # fmt: skip
    """h' = activation(w_ih x + b_ih + w_hh h + b_hh) at each step, from the end with `reverse`.

    Gives all states (T, N, H), in the order of x, and the last one (N, H). The activation is tanh or relu.
    """
    return _run(_rnn_step(w_hh, b_hh, activation), linear(x, w_ih, b_ih), (h,), reverse)


@composite(rule=_lstm_rule, checked=True)
def lstm(
    x: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
    b_hh: Tensor | None = None, *, reverse: bool = False,
) -> tuple[Tensor, ...]:  # fmt: skip
    """c' = f * c + i * g, h' = o * tanh(c') at each step (Neural Computation 9(8), 1997), from the end with `reverse`.

    i, f, o = sigmoid and g = tanh of the rows of w_ih x + b_ih + w_hh h + b_hh, in the order i, f, g, o. Gives all h
    (T, N, H), in the order of x, and the last h and c (N, H).
    """
    return _run(_lstm_step(w_hh, b_hh), linear(x, w_ih, b_ih), (h, c), reverse)


@composite(rule=_gru_rule, checked=True)
def gru(
    x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None, *,
    reverse: bool = False,
) -> tuple[Tensor, ...]:  # fmt: skip
    """h' = n + z * (h - n) at each step (arXiv:1406.1078), from the end with `reverse`.

    r, z = sigmoid of the first rows of w_ih x + b_ih + w_hh h + b_hh; n = tanh(w_in x + b_in + r * (w_hn h + b_hn)),
    so that the reset gate acts after the product. Gives all states (T, N, H), in the order of x, and the last (N, H).
    """
    return _run(_gru_step(w_hh, b_hh), linear(x, w_ih, b_ih), (h,), reverse)


def of_lengths(
    cell: str, x: Tensor, states: Sequence[Tensor], lengths: Tensor | None, w_ih: Tensor, w_hh: Tensor,
    b_ih: Tensor | None = None, b_hh: Tensor | None = None, w_hr: Tensor | None = None, *, activation: str = "tanh",
    reverse: bool = False,
) -> tuple[Tensor, ...]:  # fmt: skip
    """`rnn`, `lstm` or `gru` over samples of unequal lengths (N,), integers: steps beyond a sample's length do nothing.

    The outputs there are 0, and the last states are those at the sample's end (with `reverse`, at its start). None is
    for samples of one length. An LSTM with w_hr (P, H) projects its h to P values (arXiv:1402.1128).
    """
    steps: dict[str, Callable[[], Step]] = {
        "rnn": lambda: _rnn_step(w_hh, b_hh, activation),
        "lstm": lambda: _lstm_step(w_hh, b_hh, w_hr),
        "gru": lambda: _gru_step(w_hh, b_hh),
    }
    return _run(steps[cell](), linear(x, w_ih, b_ih), tuple(states), reverse, lengths)
