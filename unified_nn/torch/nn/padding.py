"""Padding layers: the sizes are given from the last axis backwards, (left, right, top, bottom, front, back)."""

from __future__ import annotations

from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.layers import pads
from unified_nn.torch.nn.layer import Layer
from unified_nn.vocabulary.rules import Inexpressible, Rule


def _tuple(value: Any, rank: int) -> tuple[int, ...]:
    if isinstance(value, int):
        return (value,) * (2 * rank)
    found = tuple(value)
    if len(found) != 2 * rank:
        raise make(ArgumentError, f"padding={value!r} has {len(found)} entries, expected {2 * rank}", RuntimeError)
    return found


def _pads(rank: int) -> Rule:
    def read(a: Any) -> Any:
        flat = _tuple(a["padding"], rank)
        return tuple(zip(flat[::2], flat[1::2], strict=True))[::-1]

    def write(value: Any) -> dict[str, Any]:
        if len(value) != rank:
            raise Inexpressible(f"it pads {rank} axes, not {len(value)}")
        return {"padding": tuple(size for pair in value[::-1] for size in pair)}

    return Rule(("padding",), read, write)


class _Pad(Layer, canonical=pads.PadLayer):
    args = "padding"
    to = {"pads": _pads}
    shows = "{padding}"

    grad_fn = "ConstantPadNdBackward0"

    def keep(self, name: str, value: Any) -> Any:
        return _tuple(value, self.rank or 1) if name == "padding" else value


class _ConstantPad(_Pad):
    args = "padding, value"
    shows = "padding={padding}, value={value}"


class ConstantPad1d(_ConstantPad, rank=1):
    pass


class ConstantPad2d(_ConstantPad, rank=2):
    pass


class ConstantPad3d(_ConstantPad, rank=3):
    pass


class ZeroPad1d(_Pad, rank=1):
    pass


class ZeroPad2d(_Pad, rank=2):
    pass


class ZeroPad3d(_Pad, rank=3):
    pass


class _InnerPad(_Pad):
    """Pads by the input's own values: only the spatial axes, with or without a batch axis."""

    refusal: ClassVar[type[Exception]] = NotImplementedError

    def forward(self, *xs: Any) -> Any:
        x = xs[0]
        assert self.rank is not None
        if x.ndim not in (self.rank + 1, self.rank + 2):
            message = f"{type(self).__name__} takes {self.rank + 1}D or {self.rank + 2}D input, got {x.ndim}D"
            raise make(ShapeError, message, self.refusal, "pad")
        sides: tuple[tuple[int, int], ...] = self.layer.pads  # type: ignore[attr-defined]
        left = [size + lo + hi for size, (lo, hi) in zip(x._shape[-self.rank :], sides, strict=True)]
        if all(size < 1 for size in left) or (self.refusal is ValueError and min(left) < 1):
            message = f"the padding {self.padding} leaves nothing of an input of size {list(x._shape)}"
            raise make(ShapeError, message, RuntimeError, "pad")
        return super().forward(x)


class ReflectionPad1d(_InnerPad, rank=1, mode="reflect"):
    grad_fn = "ReflectionPad1DBackward0"


class ReflectionPad2d(_InnerPad, rank=2, mode="reflect"):
    grad_fn = "ReflectionPad2DBackward0"


class ReflectionPad3d(_InnerPad, rank=3, mode="reflect"):
    grad_fn = "ReflectionPad3DBackward0"


class ReplicationPad1d(_InnerPad, rank=1, mode="replicate"):
    grad_fn = "ReplicationPad1DBackward0"


class ReplicationPad2d(_InnerPad, rank=2, mode="replicate"):
    grad_fn = "ReplicationPad2DBackward0"


class ReplicationPad3d(_InnerPad, rank=3, mode="replicate"):
    grad_fn = "ReplicationPad3DBackward0"


class _CircularPad(_InnerPad, mode="circular"):
    grad_fn = "torch::autograd::CopySlices"
    refusal = ValueError


class CircularPad1d(_CircularPad, rank=1):
    pass


class CircularPad2d(_CircularPad, rank=2):
    pass


class CircularPad3d(_CircularPad, rank=3):
    pass
