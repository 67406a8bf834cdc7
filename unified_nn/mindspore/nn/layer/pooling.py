"""Pooling.  Unlike PyTorch's, the default kernel and stride are 1, and "same" padding is not averaged over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import pool
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.layer import Layer
from unified_nn.mindspore.nn.layer.padding_mode import MODES
from unified_nn.ops.shape import reshape
from unified_nn.tensor import map_tensors
from unified_nn.vocabulary.entry import axis_rule
from unified_nn.vocabulary.rules import Inexpressible, Rule, mapped, per_axis, same, spread

_ROUNDING = mapped("ceil_mode", {False: "floor", True: "ceil_inside"})


def _pads(rank: int) -> Rule:
    """The same padding on both sides of each axis with pad_mode "pad", none with "valid"."""

    def read(a: Mapping[str, Any]) -> Any:
        mode = str(a["pad_mode"]).lower()
        if mode not in MODES:
            raise make(ArgumentError, f"pad_mode={a['pad_mode']!r} is not one of 'VALID', 'SAME', 'PAD'")
        return "same" if mode == "same" else tuple((p, p) for p in spread(a["padding"], rank, "padding"))

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


class _Pool(Layer):
    """What the pools with a window share."""

    to = {"kernel": axis_rule("kernel_size"), "stride": axis_rule("stride"), "pads": _pads, "rounding": _ROUNDING}
    shows = "kernel_size={kernel_size}, stride={stride}, pad_mode={pad_mode}"

    def check(self, given: Mapping[str, Any]) -> None:
        for name in ("kernel_size", "stride"):
            value = given[name]
            sizes = value if isinstance(value, tuple) else (value,)
            if not isinstance(value, (int, tuple)):
                message = f"the type of '{name}' must be int or tuple, but got {type(value).__name__}"
                raise make(ArgumentError, message, TypeError)
            if not all(isinstance(s, int) and s > 0 for s in sizes):
                message = f"the '{name}' must be an positive int number or a tuple, but got {value!r}"
                raise make(ArgumentError, message)
        if not isinstance(given["pad_mode"], str):
            raise make(ArgumentError, f"the type of 'pad_mode' must be str, but got {given['pad_mode']!r}", TypeError)
        if given.get("data_format", "NCHW") != "NCHW":
            raise make(ArgumentError, f"data_format={given['data_format']!r} only supports the GPU target; give 'NCHW'")

    def keep(self, name: str, value: Any) -> Any:
        if name == "pad_mode":
            return str(value).upper()
        if name in ("kernel_size", "stride") and isinstance(value, tuple) and len(value) == 1:
            return value[0]
        return value

    def construct(self, *xs: Tensor) -> Any:
        x: Any = xs[0]
        assert self.rank is not None
        if isinstance(x, Tensor) and x.ndim == self.rank + 1:  # without a batch axis
            out = super().construct(batched(x))
            return map_tensors(out, lambda t: reshape(t, shape=t._shape[1:]))
        return super().construct(x)


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
        if given["pad_mode"].lower() == "same" and (given["ceil_mode"] or divisor is not None):
            raise make(ArgumentError, "pad_mode='same' goes neither with ceil_mode=True nor with divisor_override")

    @classmethod
    def _build(cls, given: Mapping[str, Any]) -> pool.AvgPool:
        settings = {name: rule.read(given) for name, rule in cls.rules.items()}
        if settings["pads"] == "same":
            settings["count_pad"] = False
        return pool.AvgPool(**settings)


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
    args = "kernel_size=1, stride=1, pad_mode='valid', padding=0, ceil_mode=False, count_include_pad=True"

    def keep(self, name: str, value: Any) -> Any:
        given = self.arguments
        if given["pad_mode"].lower() == "pad" or given["ceil_mode"] or not given["count_include_pad"]:
            return super().keep(name, value)
        return _flat(super().keep, given, name, value)


def _sizes(rank: int) -> Rule:
    """One size for all axes, or one each; None keeps an axis."""

    def read(a: Mapping[str, Any]) -> Any:
        size = a["output_size"]
        found = size if isinstance(size, tuple) else (size,) * rank
        if len(found) != rank or not all(s is None or (isinstance(s, int) and s > 0) for s in found):
            raise make(ArgumentError, f"output_size={size!r} must be a positive int, or {rank} of them or None")
        return found

    return Rule(("output_size",), read, lambda v: {"output_size": v[0] if len(set(v)) == 1 else tuple(v)})


class _AdaptiveAvgPool(Layer, canonical=pool.AdaptiveAvgPool):
    args = "output_size"
    to = {"size": _sizes}

    def construct(self, *xs: Tensor) -> Any:
        x: Any = xs[0]
        assert self.rank is not None
        if isinstance(x, Tensor) and x.ndim == self.rank + 1:
            out = super().construct(batched(x))
            return reshape(out, shape=out._shape[1:])
        return super().construct(x)


class AdaptiveAvgPool1d(_AdaptiveAvgPool, rank=1):
    pass


class AdaptiveAvgPool2d(_AdaptiveAvgPool, rank=2):
    pass


class AdaptiveAvgPool3d(_AdaptiveAvgPool, rank=3):
    pass


__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "MaxPool1d",
    "MaxPool2d", "MaxPool3d",
]  # fmt: skip
