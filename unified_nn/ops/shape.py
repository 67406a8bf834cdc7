"""Ops that move values without changing them."""

from __future__ import annotations

from collections.abc import Sequence

from unified_nn.errors import ShapeError
from unified_nn.op import Spec, composite, primitive
from unified_nn.ops import _rules as rules
from unified_nn.ops.elementwise import as_dtype
from unified_nn.tensor import Tensor


@primitive(view=True, saves=False, rule=rules.reshape, vjp={"x": lambda g, out, x, *, shape: reshape(g, shape=x._shape)},
           written=lambda x, new, *, shape: reshape(new, shape=x._shape))  # fmt: skip
def reshape(x: Tensor, *, shape: tuple[int, ...]) -> Tensor:
    """The same values in C order with another shape; one size may be -1 and is worked out."""
    ...


def _transpose_rule(x: Spec, *, axes: tuple[int, ...]) -> None:
    found = tuple(rules.axis_name(a, x.ndim) for a in axes)
    if sorted(found) != list(range(x.ndim)):
        raise ShapeError(f"axes {axes} are not an order of the {x.ndim} axes of x {x}")


def _inverse(axes: Sequence[int]) -> tuple[int, ...]:
    order = [a % len(axes) for a in axes]
    return tuple(order.index(a) for a in range(len(axes)))


@primitive(view=True, saves=False, rule=_transpose_rule,
           vjp={"x": lambda g, out, x, *, axes: transpose(g, axes=_inverse(axes))},
           written=lambda x, new, *, axes: transpose(new, axes=_inverse(axes)))  # fmt: skip
def transpose(x: Tensor, *, axes: tuple[int, ...]) -> Tensor:
    """Axis i of the result is axis axes[i] of x."""
    ...


def _expand_rule(x: Spec, *, shape: tuple[int, ...]) -> None:
    fits = len(shape) >= x.ndim and all(a in (1, b) for a, b in zip(x.shape[::-1], shape[::-1], strict=False))
    if not fits:
        raise ShapeError(f"x {x} does not broadcast to {shape}")


@primitive(view=True, saves=False, rule=_expand_rule, vjp={"x": lambda g, out, x, *, shape: g})
def expand(x: Tensor, *, shape: tuple[int, ...]) -> Tensor:
    """x broadcast to the shape."""
    ...


def _concat_vjp(g: Tensor, out: Tensor, position: int, *xs: Tensor, axis: int) -> Tensor:
    start = sum(x._shape[axis] for x in xs[:position])
    return narrow(g, axis=axis, start=start, length=xs[position]._shape[axis])


@primitive(promotes=True, saves=False, rule=rules.concat, vjp={"xs": _concat_vjp})
def concat(*xs: Tensor, axis: int) -> Tensor:
    """The arrays one after the other along an axis."""
    ...


@composite(rule=rules.stack, checked=True, saves=False)
def stack(*xs: Tensor, axis: int) -> Tensor:
    """The arrays, all of one shape, along a new axis."""
    return concat(*(unsqueeze(x, axis=axis) for x in xs), axis=axis)


def _flip_rule(x: Spec, *, axes: tuple[int, ...]) -> None:
    rules.axes(x, axes)


@primitive(saves=False, rule=_flip_rule, vjp={"x": lambda g, out, x, *, axes: flip(g, axes=axes)})
def flip(x: Tensor, *, axes: tuple[int, ...]) -> Tensor:
    """The values in reverse order along the axes."""
    ...


def _pad_rule(x: Spec, *, pads: tuple[tuple[int, int], ...], value: float = 0.0) -> None:
    if len(pads) != x.ndim:
        raise ShapeError(f"pads has {len(pads)} pairs, x has rank {x.ndim}; x {x}, pads={pads}")
    for a, (lo, hi) in enumerate(pads):
        if lo < 0 or hi < 0:
            raise ShapeError(f"pads {lo, hi} at axis {a} are negative; crop with a slice instead")


def _pad_vjp(g: Tensor, out: Tensor, x: Tensor, *, pads: tuple[tuple[int, int], ...], value: float = 0.0) -> Tensor:
    for axis, (lo, hi) in enumerate(pads):
        if lo or hi:
            g = narrow(g, axis=axis, start=lo, length=x._shape[axis])
    return g


@primitive(saves=False, rule=_pad_rule, vjp={"x": _pad_vjp})
def pad(x: Tensor, *, pads: tuple[tuple[int, int], ...], value: float = 0.0) -> Tensor:
    """x with `value` around it, (lo, hi) many per axis. Reflecting and wrapping are `pad_by_index`."""
    ...


def _unstack_rule(x: Spec, *, axis: int) -> None:
    if x.ndim == 0:
        raise ShapeError("x has no axes, so it has no parts")
    rules.axis_name(axis, x.ndim)


def _unstack_vjp(g: Sequence[Tensor | None], outs: Sequence[Tensor], x: Tensor, *, axis: int) -> Tensor:
    from unified_nn.ops.elementwise import zeros_like

    return stack(*(zeros_like(out) if part is None else part for part, out in zip(g, outs, strict=True)), axis=axis)


@composite(saves=False, checked=True, rule=_unstack_rule, vjp={"x": _unstack_vjp})
def unstack(x: Tensor, *, axis: int) -> tuple[Tensor, ...]:
    """The slices along an axis, without it. One gradient for all of them: as many `getitem` would add up full arrays."""
    return tuple(
        reshape(part, shape=_without(x._shape, axis)) for part in split(x, sizes=(1,) * x._shape[axis], axis=axis)
    )


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    at = axis % len(shape)
    return shape[:at] + shape[at + 1 :]


# ---- composites without a backend function of their own ------------------------------------------------------------


def narrow(x: Tensor, *, axis: int, start: int, length: int) -> Tensor:
    """x[start : start + length] along one axis."""
    from unified_nn.ops.index import getitem

    axis = axis % x.ndim
    return getitem(x, index=(slice(None),) * axis + (slice(start, start + length),))


def split(x: Tensor, *, sizes: Sequence[int], axis: int) -> list[Tensor]:
    """Parts of the given sizes along an axis."""
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return [narrow(x, axis=axis, start=start, length=size) for start, size in zip(starts, sizes, strict=True)]


def squeeze(x: Tensor, *, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """x without axes of size 1: the given ones, or all."""
    chosen = {a for a, s in enumerate(x._shape) if s == 1}
    if axis is not None:
        chosen &= {a % max(x.ndim, 1) for a in (axis if isinstance(axis, tuple) else (axis,))}
    return reshape(x, shape=tuple(s for a, s in enumerate(x._shape) if a not in chosen))


def unsqueeze(x: Tensor, *, axis: int) -> Tensor:
    """x with a new axis of size 1 at that place of the result."""
    at = axis % (x.ndim + 1)
    return reshape(x, shape=(*x._shape[:at], 1, *x._shape[at:]))


def swapaxes(x: Tensor, a: int, b: int) -> Tensor:
    """x with two axes exchanged."""
    order = list(range(x.ndim))
    order[a], order[b] = order[b], order[a]
    return transpose(x, axes=tuple(order))


def flatten(x: Tensor, *, start: int = 1, end: int = -1) -> Tensor:
    """The axes start to end (both included) as one."""
    if x.ndim == 0:
        return reshape(x, shape=(1,))
    first, last = start % x.ndim, end % x.ndim
    return reshape(x, shape=(*x._shape[:first], rules.size(x._shape[first : last + 1]), *x._shape[last + 1 :]))


def sum_to(g: Tensor, *, like: Tensor) -> Tensor:
    """g summed over the axes that `like` was broadcast along, in like's dtype."""
    from unified_nn.ops.reduce import sum_

    shape = like._shape
    have = g._shape
    if have != shape:
        if len(have) == len(shape) or all(b in (1, a) for a, b in zip(have[::-1], shape[::-1], strict=False)):
            extra = len(have) - len(shape)
            axes = tuple(a for a in range(len(have)) if a < extra or (shape[a - extra] == 1 and have[a] != 1))
            if extra >= 0 and axes:
                g = sum_(g, axis=axes, keepdims=True)
                if extra:
                    g = reshape(g, shape=shape)
        if g._shape != shape:
            g = reshape(g, shape=shape) if rules.size(g._shape) == rules.size(shape) else expand(g, shape=shape)
    return as_dtype(g, like._dtype)
