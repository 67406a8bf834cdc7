"""Pooling.  Unlike PyTorch's, the default kernel and stride are 1, and "same" padding is not averaged over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from unified_nn.dtypes import float32
from unified_nn.errors import ArgumentError, DTypeError, ShapeError, make
from unified_nn.layers import pool
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.layer import Layer
from unified_nn.mindspore.nn.layer.padding_mode import MODES
from unified_nn.ops.elementwise import cast, maximum
from unified_nn.ops.shape import reshape
from unified_nn.tensor import map_tensors
from unified_nn.vocabulary.entry import axis_rule
from unified_nn.vocabulary.rules import Inexpressible, Rule, mapped, per_axis, same, spread

_ROUNDING = mapped("ceil_mode", {False: "floor", True: "ceil_inside"})


def both_sides(padding: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """The same padding on both sides of each axis, from one number or one per axis."""
    if not isinstance(padding, (int, tuple, list)):
        message = f"the type of 'padding' must be int, tuple or list, but got {type(padding).__name__}"
        raise make(ArgumentError, message, TypeError)
    sides = spread(padding, rank, "padding")
    if any(p < 0 for p in sides):
        raise make(ArgumentError, f"the 'padding' must not be negative, but got {padding!r}")
    return tuple((p, p) for p in sides)


def _pads(rank: int) -> Rule:
    """The same padding on both sides of each axis with pad_mode "pad", none with "valid"."""

    def read(a: Mapping[str, Any]) -> Any:
        return "same" if a["pad_mode"].lower() == "same" else both_sides(a["padding"], rank)

    def write(pads: Any) -> dict[str, Any]:
        if pads == "same":
            return {"pad_mode": "same"}
        if any(lo != hi for lo, hi in pads):
            raise Inexpressible(f"padding is symmetric, cannot say {pads!r}")
        if not any(lo for lo, _ in pads):
            return {}
        flat = tuple(lo for lo, _ in pads)
        return {"pad_mode": "pad", "padding": flat[0] if len(set(flat)) == 1 else flat}

    return Rule(("pad_mode", "padding"), read, write)


def batched(x: Tensor) -> Any:
    """A tensor without a batch axis as a batch of one."""
    return reshape(x, shape=(1, *x.shape))


class Window(Layer):
    """A pool over `rank` axes of a batch, or of one sample."""

    def require_rank(self, x: Any) -> None:
        """Refuse a tensor that is neither a batch nor one sample."""
        assert self.rank is not None
        if isinstance(x, Tensor) and x.ndim not in (self.rank + 1, self.rank + 2):
            axes = f"{self.rank + 1} or {self.rank + 2} axes ((batch,) channels, and {self.rank} of space)"
            raise self.refused(ShapeError, f"x must have {axes}, but got {x.shape}")

    def construct(self, *xs: Tensor) -> Any:
        self._count(xs)
        x: Any = xs[0]
        self.require_rank(x)
        assert self.rank is not None
        if isinstance(x, Tensor) and x.ndim == self.rank + 1:  # without a batch axis
            out = super().construct(batched(x))
            return map_tensors(out, lambda t: reshape(t, shape=t._shape[1:]))
        return super().construct(x)

    def refused(self, kind: type, message: str, base: type[BaseException] = ValueError) -> Exception:
        """An error of this layer."""
        return make(kind, message, base, f"mindspore.nn.{type(self).__name__}")


class _Pool(Window):
    """What the pools with a window share."""

    to = {"kernel": axis_rule("kernel_size"), "stride": axis_rule("stride"), "pads": _pads, "rounding": _ROUNDING}
    shows = "kernel_size={kernel_size}, stride={stride}, pad_mode={pad_mode}"
    #: Whether sizes are one number and no tuple, not even of one.
    _plain: ClassVar[bool] = False

    def check(self, given: Mapping[str, Any]) -> None:
        for name in ("kernel_size", "stride"):
            value = given[name]
            sizes = value if isinstance(value, tuple) else (value,)
            if not isinstance(value, int if self._plain else (int, tuple)):
                message = f"the type of '{name}' must be int{'' if self._plain else ' or tuple'}, but got {value!r}"
                raise make(ArgumentError, message, TypeError)
            if not all(isinstance(s, int) and s > 0 for s in sizes):
                message = f"the '{name}' must be an positive int number or a tuple, but got {value!r}"
                raise make(ArgumentError, message)
        if not isinstance(given["pad_mode"], str):
            raise make(ArgumentError, f"the type of 'pad_mode' must be str, but got {given['pad_mode']!r}", TypeError)
        if given["pad_mode"].lower() not in MODES:
            raise make(ArgumentError, f"pad_mode={given['pad_mode']!r} is not one of 'VALID', 'SAME', 'PAD'")
        both_sides(given["padding"], self.rank or 0)
        if given.get("data_format", "NCHW") != "NCHW":
            raise make(ArgumentError, f"data_format={given['data_format']!r} only supports the GPU target; give 'NCHW'")

    def keep(self, name: str, value: Any) -> Any:
        if name == "pad_mode":
            return str(value).upper()
        if name in ("kernel_size", "stride") and isinstance(value, tuple) and len(value) == 1:
            return value[0]
        return value


def _padded(rule: Rule, default: Any) -> Rule:
    """A setting that only pad_mode "pad" has, but for its default."""
    return replace(rule, write=lambda v: {} if v == default else {**rule.write(v), "pad_mode": "pad"})


class _MaxPool(_Pool, canonical=pool.MaxPool):
    to = {
        **_Pool.to,
        "dilation": lambda rank: _padded(per_axis("dilation", rank), (1,) * rank),
        "index": lambda rank: _padded(same("return_indices"), False),
        "rounding": lambda rank: _padded(_ROUNDING, "floor"),
    }

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        extras = {"padding": 0, "dilation": 1, "return_indices": False, "ceil_mode": False}
        changed = [name for name, default in extras.items() if given[name] != default]
        if changed and given["pad_mode"].lower() != "pad":
            message = f"{', '.join(changed)} can only be changed with pad_mode='pad', got {given['pad_mode']!r}"
            raise make(ArgumentError, message)
        dilation = given["dilation"]
        steps = dilation if isinstance(dilation, tuple) else (dilation,)
        if not all(isinstance(step, int) and step > 0 for step in steps):
            raise make(ArgumentError, f"the 'dilation' must be a positive int or a tuple of them, but got {dilation!r}")

    def construct(self, *xs: Tensor) -> Any:
        self._count(xs)
        x: Any = xs[0]
        if isinstance(x, Tensor):
            if self._by_three_axes() and x._dtype.kind in "iu":
                x = from_zero(x)
            elif x._dtype.kind != "f":
                floats: Any = cast(x, dtype=float32)
                super().construct(floats)  # a window that is too large is refused first
                raise self.refused(DTypeError, f"x must have a floating dtype, but got {x.dtype}", TypeError)
            if 0 in x.shape and self.arguments["pad_mode"].lower() != "pad":
                raise self.refused(ShapeError, f"no size of x may be 0, but got {x.shape}")
        refuse_wide_pads(self.layer, f"nn.{type(self).__name__}")
        return super().construct(x)

    def _by_three_axes(self) -> bool:
        """Whether MindSpore's pool over three axes that knows places does the work; it alone takes integers."""
        padded = self.arguments["pad_mode"].lower() == "pad"
        return padded and (self.rank != 3 or self.arguments["return_indices"])


def from_zero(x: Any) -> Any:
    """Integers as that pool sees them: its largest starts at 0, and its place at the window's first."""
    return maximum(x, 0)


def refuse_wide_pads(layer: Any, where: str) -> None:
    """MindSpore pads by at most half a window, so that none lies outside of the input."""
    if layer.pads != "same" and any(2 * lo > k for (lo, _), k in zip(layer.pads, layer.kernel, strict=True)):
        pads = tuple(lo for lo, _ in layer.pads)
        message = f"the padding {pads} must be at most half of the kernel_size {layer.kernel}"
        raise make(ArgumentError, message, ValueError, f"mindspore.{where}")


class MaxPool2d(_MaxPool, rank=2):
    args = (
        "kernel_size=1, stride=1, pad_mode='valid', padding=0, dilation=1, return_indices=False, ceil_mode=False, "
        "data_format='NCHW'"
    )


class MaxPool3d(_MaxPool, rank=3):
    args = "kernel_size=1, stride=1, pad_mode='valid', padding=0, dilation=1, return_indices=False, ceil_mode=False"


def _flat(keep: Callable[[str, Any], Any], given: Mapping[str, Any], name: str, value: Any) -> Any:
    """One axis is shown as the last of the two, or three, that MindSpore pools over."""
    if name not in ("kernel_size", "stride"):
        return keep(name, value)
    if given["pad_mode"].lower() == "pad":
        return (1, 1, value)
    return (1, value)


class MaxPool1d(_MaxPool, rank=1):
    args = "kernel_size=1, stride=1, pad_mode='valid', padding=0, dilation=1, return_indices=False, ceil_mode=False"
    _plain = True

    def keep(self, name: str, value: Any) -> Any:
        return _flat(super().keep, self.arguments, name, value)


class _AvgPool(_Pool, canonical=pool.AvgPool):
    to = {**_Pool.to, "count_pad": "count_include_pad"}

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        divisor = given.get("divisor_override")
        if divisor is not None and divisor <= 0:
            raise make(ArgumentError, f"the 'divisor_override' must be > 0, but got {divisor}")
        if given["padding"] != 0 and given["pad_mode"].lower() != "pad":
            raise make(ArgumentError, f"padding={given['padding']!r} needs pad_mode='pad', got {given['pad_mode']!r}")

    @classmethod
    def _is_wide(cls, given: Mapping[str, Any]) -> bool:
        """Whether MindSpore's pool over three axes does the work, as it does for all but the plainest calls."""
        unusual = given["ceil_mode"] or not given["count_include_pad"] or given.get("divisor_override") is not None
        return cls.rank == 3 or given["pad_mode"].lower() == "pad" or bool(unusual)

    @classmethod
    def _build(cls, given: Mapping[str, Any]) -> pool.AvgPool:
        settings = {name: rule.read(given) for name, rule in cls.rules.items()}
        if settings["pads"] == "same" and not cls._is_wide(given):
            settings["count_pad"] = False
        return pool.AvgPool(**settings)

    def construct(self, *xs: Tensor) -> Any:
        self.require_rank(xs[0])
        refuse_wide_pads(self.layer, f"nn.{type(self).__name__}")
        if self.rank == 1 and not self._is_wide(self.arguments):
            return super().construct(*xs)
        return runtime_error(super().construct, *xs)


def runtime_error(call: Callable[..., Any], *args: Any) -> Any:
    """What the call gives; a window that is too large is the RuntimeError of MindSpore's average pooling."""
    try:
        return call(*args)
    except ShapeError as error:
        raise make(ShapeError, str(error), RuntimeError) from None


class AvgPool2d(_AvgPool, rank=2):
    args = (
        "kernel_size=1, stride=1, pad_mode='valid', padding=0, ceil_mode=False, count_include_pad=True, "
        "divisor_override=None, data_format='NCHW'"
    )
    to = {**_AvgPool.to, "divisor": "divisor_override"}


class AvgPool3d(_AvgPool, rank=3):
    args = (
        "kernel_size=1, stride=1, pad_mode='valid', padding=0, ceil_mode=False, count_include_pad=True, "
        "divisor_override=None"
    )
    to = {**_AvgPool.to, "divisor": "divisor_override"}


class AvgPool1d(_AvgPool, rank=1):
    """Where the input is shorter than a window and a stride, the mean of its first window, whatever the pad_mode."""

    args = "kernel_size=1, stride=1, pad_mode='valid', padding=0, ceil_mode=False, count_include_pad=True"

    def construct(self, *xs: Tensor) -> Any:
        x, layer = xs[0], self.layer
        if isinstance(x, Tensor) and not self._is_wide(self.arguments) and isinstance(layer, pool.AvgPool):
            short = x.shape[-1] - layer.kernel[0] < layer.stride[0]
            if short and layer.pads == "same":
                return type(self)(*layer.kernel, *layer.stride)(x)
        return super().construct(*xs)

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        for name in ("kernel_size", "stride"):
            if isinstance(given[name], tuple) and len(given[name]) > 1:
                raise make(ArgumentError, f"the type of '{name}' must be int, but got {given[name]!r}", TypeError)

    def keep(self, name: str, value: Any) -> Any:
        found = super().keep(name, value)
        return found if self._is_wide(self.arguments) else _flat(super().keep, self.arguments, name, found)


class _LPPool(Window, canonical=pool.LPPool):
    args = "norm_type, kernel_size, stride=None, ceil_mode=False"
    to = {
        "power": "norm_type", "kernel": axis_rule("kernel_size"), "rounding": _ROUNDING,
        "stride": lambda rank: _stride_or_kernel(rank),
    }  # fmt: skip

    def check(self, given: Mapping[str, Any]) -> None:
        power = given["norm_type"]
        if not isinstance(power, (int, float)):
            message = f"the type of 'norm_type' must be float or int, but got {type(power).__name__}"
            raise make(ArgumentError, message, TypeError)
        if power == 0:
            raise make(ArgumentError, "the 'norm_type' must not be 0")
        rank = self.rank or 0
        for name in ("kernel_size", "stride"):
            value = given[name]
            if not isinstance(value, int if rank == 1 else (int, tuple)) and not (value is None and name == "stride"):
                message = f"the type of '{name}' must be int{' or tuple' if rank > 1 else ''}, but got {value!r}"
                raise make(ArgumentError, message, TypeError)
            sizes = value if isinstance(value, tuple) else (value,)
            if value is not None and (min(sizes) < 1 or len(sizes) not in {isinstance(value, int) or rank, rank}):
                raise make(ArgumentError, f"the '{name}' must be a positive int or {rank} of them, but got {value!r}")

    def construct(self, *xs: Tensor) -> Any:
        return runtime_error(super().construct, *xs)


def _stride_or_kernel(rank: int) -> Rule:
    """The stride; None means the window's size."""

    def read(a: Mapping[str, Any]) -> Any:
        return spread(a["kernel_size"] if a["stride"] is None else a["stride"], rank, "stride")

    return Rule(("stride", "kernel_size"), read, lambda v: {"stride": v[0] if len(set(v)) == 1 else tuple(v)})


class LPPool1d(_LPPool, rank=1):
    def construct(self, *xs: Tensor) -> Any:
        if isinstance(xs[0], Tensor) and xs[0].ndim not in (2, 3):
            raise self.refused(ShapeError, f"x must have 2 or 3 axes (N, C, L), but got {xs[0].shape}")
        return super().construct(*xs)


class LPPool2d(_LPPool, rank=2):
    def construct(self, *xs: Tensor) -> Any:
        if isinstance(xs[0], Tensor) and xs[0].ndim != 4:
            raise self.refused(ShapeError, f"x must have 4 axes (N, C, H, W), but got {xs[0].shape}")
        return super().construct(*xs)


__all__ = [
    "AvgPool1d", "AvgPool2d", "AvgPool3d", "LPPool1d", "LPPool2d", "MaxPool1d", "MaxPool2d", "MaxPool3d",
]  # fmt: skip
