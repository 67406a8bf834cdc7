"""Shape and dtype rules: what an op demands of its arrays, raised as an error that says what came and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unified_nn.errors import DTypeError, IndexRangeError, ShapeError
from unified_nn.op import Spec


def axis_name(axis: int, ndim: int, name: str = "axis") -> int:
    """The axis counted from the front; raises when the rank does not have it."""
    if not -ndim <= axis < max(ndim, 1):
        raise IndexRangeError(f"{name} {axis} is out of range for rank {ndim} (expected {-ndim} to {ndim - 1})")
    return axis % ndim if ndim else 0


def axes(x: Spec, axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """All reduced axes counted from the front."""
    if axis is None:
        return tuple(range(x.ndim))
    found = tuple(axis_name(a, x.ndim) for a in (axis if isinstance(axis, tuple) else (axis,)))
    if len(set(found)) != len(found):
        raise ShapeError(f"axis {axis} names one axis twice")
    return found


def broadcast(*arrays: Any) -> None:
    """All shapes must broadcast together."""
    specs = [a for a in arrays if isinstance(a, Spec)]
    rank = max((s.ndim for s in specs), default=0)
    for back in range(1, rank + 1):
        sizes = {s.shape[-back] for s in specs if s.ndim >= back and s.shape[-back] != 1}
        if len(sizes) > 1:
            shapes = " and ".join(str(s) for s in specs)
            sizes_text = " and ".join(str(s.shape[-back]) for s in specs if s.ndim >= back)
            raise ShapeError(f"shapes {shapes} do not broadcast: sizes {sizes_text} at axis {-back} differ")


def binary(x: Any, y: Any, **attrs: Any) -> None:
    broadcast(x, y)


def ternary(x: Any, y: Any, z: Any, **attrs: Any) -> None:
    broadcast(x, y, z)


def bits(*arrays: Any, **attrs: Any) -> None:
    """Bits are of integers and bools."""
    for a in arrays:
        if isinstance(a, Spec) and a.dtype.kind not in "biu":
            raise DTypeError(f"not implemented for {a.dtype.name}; expected integers or bools; shape {a}")
    broadcast(*arrays)


def reduce(x: Spec, *, axis: int | tuple[int, ...] | None = None, **attrs: Any) -> None:
    for a in axes(x, axis):
        if x.shape[a] == 0 and attrs.get("needs_elements"):
            raise ShapeError(f"axis {a} of x {x} is empty, and the result has no value for it")


def floating(name: str, x: Spec) -> None:
    if x.dtype.kind not in "fc":
        raise DTypeError(f"{name} is {x.dtype.name}, expected a floating dtype; x {x}")


def same_dtype(**arrays: Spec | None) -> None:
    """All present arrays must have one dtype."""
    present = {name: a for name, a in arrays.items() if a is not None}
    first_name, first = next(iter(present.items()))
    for name, a in present.items():
        if a.dtype is not first.dtype:
            raise DTypeError(
                f"{first_name} is {first.dtype.name} but {name} is {a.dtype.name}; expected one dtype, "
                f"cast one of them; {first_name} {first}, {name} {a}"
            )


def rank(name: str, x: Spec, expected: int, axes_text: str) -> None:
    if x.ndim != expected:
        raise ShapeError(f"{name} has rank {x.ndim}, expected {expected} {axes_text}; {name} {x}")


def reshape(x: Spec, *, shape: Sequence[int]) -> None:
    count = size(x.shape)
    known = size(tuple(s for s in shape if s != -1))
    unknown = sum(s == -1 for s in shape)
    if unknown > 1:
        raise ShapeError(f"shape {tuple(shape)} has more than one -1")
    if any(s < -1 for s in shape):
        raise ShapeError(f"shape {tuple(shape)} has a negative size")
    if (known != count) if not unknown else (known == 0 or count % known):
        raise ShapeError(f"shape '{list(shape)}' is invalid for input of size {count}; x {x}")


def size(shape: Sequence[int]) -> int:
    total = 1
    for s in shape:
        total *= s
    return total


def concat(*xs: Spec, axis: int) -> None:
    first = xs[0]
    at = axis_name(axis, first.ndim)
    for position, x in enumerate(xs[1:], 1):
        if x.ndim != first.ndim:
            raise ShapeError(f"array {position} has rank {x.ndim}, array 0 has rank {first.ndim}: {x} and {first}")
        for a, (have, want) in enumerate(zip(x.shape, first.shape, strict=True)):
            if a != at and have != want:
                raise ShapeError(
                    f"sizes must match except at axis {at}: array {position} has {have} at axis {a}, array 0 has "
                    f"{want}; {x} and {first}"
                )


def stack(*xs: Spec, axis: int) -> None:
    for position, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise ShapeError(f"array {position} has shape {x}, array 0 {xs[0]}; expected one shape")
    axis_name(axis, xs[0].ndim + 1)


def matmul(x: Spec, y: Spec) -> None:
    if x.ndim == 0 or y.ndim == 0:
        raise ShapeError(f"both arrays need at least one axis; x {x}, y {y}")
    inner_x, inner_y = x.shape[-1], y.shape[-2] if y.ndim > 1 else y.shape[0]
    if inner_x != inner_y:
        raise ShapeError(f"x has {inner_x} columns (last axis), y has {inner_y} rows, expected equal; x {x}, y {y}")
    broadcast(Spec(x.shape[:-2], x.dtype), Spec(y.shape[:-2], y.dtype))
    same_dtype(x=x, y=y)


def linear(x: Spec, w: Spec, b: Spec | None = None) -> None:
    rank("w", w, 2, "(features, in_features)")
    if x.ndim == 0:
        raise ShapeError(f"x has rank 0, expected at least 1 (..., features); w {w}")
    if x.shape[-1] != w.shape[1]:
        raise ShapeError(f"expected last dim {w.shape[1]}, got {x.shape[-1]}, input {x}; weight {w}")
    if b is not None and b.shape != (w.shape[0],):
        raise ShapeError(f"bias has shape {b}, expected ({w.shape[0]},); weight {w}")
    same_dtype(x=x, w=w, b=b)


def softmax(x: Spec, *, axis: int, **attrs: Any) -> None:
    axis_name(axis, x.ndim)
    floating("x", x)


def conv(
    x: Spec, w: Spec, b: Spec | None = None, *, stride: tuple[int, ...], pads: tuple[tuple[int, int], ...],
    dilation: tuple[int, ...], groups: int,
) -> None:  # fmt: skip
    n = len(stride)
    rank("x", x, n + 2, "(batch, channels, *space)")
    rank("w", w, n + 2, "(out, in/groups, *kernel)")
    if x.shape[1] != w.shape[1] * groups:
        raise ShapeError(
            f"x has {x.shape[1]} channels (axis 1), w expects {w.shape[1] * groups}; x {x}, w {w}, groups={groups}"
        )
    if w.shape[0] % groups:
        raise ShapeError(f"w has {w.shape[0]} output channels, not divisible by groups={groups}; w {w}")
    if b is not None and b.shape != (w.shape[0],):
        raise ShapeError(f"bias has shape {b}, expected ({w.shape[0]},); w {w}")
    windows(x, w.shape[2:], stride, pads, dilation)
    same_dtype(x=x, w=w, b=b)
    floating("x", x)


def windows(
    x: Spec, kernel: Sequence[int], stride: Sequence[int], pads: Sequence[tuple[int, int]], dilation: Sequence[int]
) -> None:
    """Every spatial axis must hold at least one window."""
    for a, (length, k, (lo, hi), d) in enumerate(zip(x.shape[2:], kernel, pads, dilation, strict=True)):
        extent = d * (k - 1) + 1
        if length + lo + hi < extent:
            raise ShapeError(
                f"the kernel spans {extent} at axis {a + 2} (size {k}, dilation {d}), the padded input only "
                f"{length + lo + hi}; x {x}, pads={tuple(pads)}"
            )
    if any(s < 1 for s in stride):
        raise ShapeError(f"stride {tuple(stride)} must be positive")


def pool(x: Spec, *, kernel: tuple[int, ...], stride: tuple[int, ...], pads: tuple[tuple[int, int], ...],
         dilation: tuple[int, ...] | None = None, **attrs: Any) -> None:  # fmt: skip
    rank("x", x, len(kernel) + 2, "(batch, channels, *space)")
    windows(x, kernel, stride, pads, dilation or (1,) * len(kernel))
