"""Recurrent networks on arrays of a module `xp`: the input of all steps at once, then step by step in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unified_nn_backends.numpy.linalg import linear
from unified_nn_backends.numpy.width import widened

Array = Any
Module = Any
#: step(z, *states): from the input's product the next states, the first of which is the output.
Step = Callable[..., tuple[Array, ...]]


def _run(
    xp: Module, step: Step, x: Array, states: tuple[Array, ...], w_ih: Array, b_ih: Array | None, reverse: bool
) -> tuple[Array, ...]:
    z = linear(xp, widened(x), widened(w_ih), None if b_ih is None else widened(b_ih))
    states = tuple(widened(s) for s in states)
    out = xp.empty((*x.shape[:2], states[0].shape[1]), z.dtype)
    for t in range(x.shape[0])[:: -1 if reverse else 1]:
        states = step(z[t], *states)
        out[t] = states[0]
    return tuple(part.astype(x.dtype, copy=False) for part in (out, *states))


def _sigmoid(xp: Module, x: Array) -> Array:
    """1 / (1 + e ** -x), in place."""
    xp.negative(x, x)
    xp.exp(x, x)
    x += x.dtype.type(1)
    xp.reciprocal(x, x)
    return x


def _recurrent(xp: Module, w_hh: Array, b_hh: Array | None) -> Callable[[Array], Array]:
    w, b = widened(w_hh), None if b_hh is None else widened(b_hh)
    return lambda h: linear(xp, h, w, b)


def rnn(
    xp: Module, x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None, *,
    activation: str = "tanh", reverse: bool = False,
) -> tuple[Array, ...]:  # fmt: skip
    product = _recurrent(xp, w_hh, b_hh)

    def step(z: Array, h: Array) -> tuple[Array, ...]:
        z += product(h)
        return (xp.tanh(z, z) if activation == "tanh" else xp.maximum(z, z.dtype.type(0), z),)

    return _run(xp, step, x, (h,), w_ih, b_ih, reverse)


def lstm(
    xp: Module, x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None,
    b_hh: Array | None = None, *, reverse: bool = False,
) -> tuple[Array, ...]:  # fmt: skip
    product = _recurrent(xp, w_hh, b_hh)
    size = h.shape[1]

    def step(z: Array, h: Array, c: Array) -> tuple[Array, ...]:
        z += product(h)
        gates = _sigmoid(xp, z[:, : 2 * size])
        cell = xp.tanh(z[:, 2 * size : 3 * size])
        cell *= gates[:, :size]
        cell += gates[:, size:] * c
        out = _sigmoid(xp, z[:, 3 * size :])
        return out * xp.tanh(cell), cell

    return _run(xp, step, x, (h, c), w_ih, b_ih, reverse)


def gru(
    xp: Module, x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None, *,
    reverse: bool = False,
) -> tuple[Array, ...]:  # fmt: skip
    product = _recurrent(xp, w_hh, b_hh)
    size = h.shape[1]

    def step(z: Array, h: Array) -> tuple[Array, ...]:
        y = product(h)
        z[:, : 2 * size] += y[:, : 2 * size]
        gates = _sigmoid(xp, z[:, : 2 * size])
        new = y[:, 2 * size :]
        new *= gates[:, :size]
        new += z[:, 2 * size :]
        xp.tanh(new, new)
        return (new + gates[:, size:] * (h - new),)

    return _run(xp, step, x, (h,), w_ih, b_ih, reverse)
