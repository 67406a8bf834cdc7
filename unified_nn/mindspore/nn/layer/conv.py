"""Convolutions.  Unlike PyTorch's they pad by default ("same") and have no bias by default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError, UnifiedError, make
from unified_nn.layers import conv
from unified_nn.layers.base import Param
from unified_nn.mindspore.common.initializer import HeUniform, Initializer, Uniform
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.layer.layer import Layer, positive
from unified_nn.mindspore.nn.layer.padding_mode import MODES, pad_mode
from unified_nn.ops.shape import pad, reshape, unsqueeze
from unified_nn.vocabulary.entry import axis_rule
from unified_nn.vocabulary.rules import Rule, constant, spread

_ARGS = (
    "in_channels, out_channels, kernel_size, stride=1, pad_mode='same', padding=0, {}dilation=1, group=1, {}"
    "has_bias=False, weight_init=None, bias_init=None, {}dtype=mstype.float32"
)


class _Conv(Layer, canonical=conv.Conv):
    """What all convolutions share; `rank` counts the spatial axes."""

    to = {
        "in_features": "in_channels", "features": "out_channels", "kernel": axis_rule("kernel_size"),
        "stride": axis_rule("stride"), "dilation": axis_rule("dilation"), "pads": pad_mode, "groups": "group",
        "bias": "has_bias", "pad_mode": constant("zeros"),
    }  # fmt: skip
    params = {"w": "weight", "b": "bias"}
    initials = {"w": "weight_init", "b": "bias_init"}
    first_generation = {"weight_init": "normal", "bias_init": "zeros"}
    _layout = "NCHW"
    shows = (
        "input_channels={in_channels}, output_channels={out_channels}, kernel_size={kernel_size}, stride={stride}, "
        "pad_mode={pad_mode}, padding={padding}, dilation={dilation}, group={group}, has_bias={has_bias}, "
        "weight_init={weight_init}, bias_init={bias_init}, format=NCHW"
    )

    def check(self, given: Mapping[str, Any]) -> None:
        where = type(self).__name__
        positive(where, in_channels=given["in_channels"], out_channels=given["out_channels"], group=given["group"])
        for name in ("kernel_size", "stride", "dilation"):
            positive(where, **{f"{name} item": min(self._each(given, name))})
        self._check_pad_mode(given["pad_mode"])
        if not isinstance(given["has_bias"], bool):
            raise make(ArgumentError, f"the 'has_bias' must be bool, but got {given['has_bias']!r}", TypeError)
        if given["in_channels"] % given["group"] or given["out_channels"] % given["group"]:
            counts = f"in_channels={given['in_channels']}, out_channels={given['out_channels']}"
            raise make(ArgumentError, f"group={given['group']} should divide {counts}")
        layout = given.get("data_format", self._layout)
        if layout != self._layout:
            raise make(ArgumentError, f"data_format={layout!r} is not computed on the CPU; give {self._layout!r}")

    def _each(self, given: Mapping[str, Any], name: str) -> tuple[int, ...]:
        """The argument once per axis: one whole number, or a tuple of as many as there are axes."""
        value, rank = given[name], self.rank or 0
        if not isinstance(value, (int, tuple)) or isinstance(value, bool):
            message = f"the type of '{name}' must be int or tuple[int], but got {type(value).__name__} {value!r}"
            raise make(ArgumentError, message, TypeError)
        if isinstance(value, tuple) and len(value) != rank:
            message = f"the '{name}' must be one whole number or a tuple of {rank}, but got {value!r}"
            raise make(ArgumentError, message, TypeError if rank == 2 else ValueError)
        return spread(value, rank, name)

    def _check_pad_mode(self, mode: Any) -> None:
        """Only the layers of three axes take the mode in capitals."""
        if not isinstance(mode, str):
            message = f"the 'pad_mode' must be str, but got {mode!r}"
            raise make(ArgumentError, message, ValueError if self.rank == 1 else TypeError)
        if mode not in MODES and (self.rank != 3 or mode.lower() not in MODES):
            raise make(ArgumentError, f"the 'pad_mode' must be in {list(MODES)}, but got {mode!r}")

    def keep(self, name: str, value: Any) -> Any:
        if name in ("kernel_size", "stride", "dilation"):
            assert self.rank is not None
            return spread(value, self.rank, name)
        return value

    def default_initial(self, param: Param) -> Initializer:
        if param.name == "w":
            return HeUniform(math.sqrt(5))
        weight = self.layer_weight_shape()
        fan_in = weight[1] * math.prod(weight[2:])
        return Uniform(1 / math.sqrt(fan_in))

    def layer_weight_shape(self) -> tuple[int, ...]:
        return next(p.shape for p in self.layer.params())

    def construct(self, *xs: Tensor) -> Any:
        (x,) = xs
        if isinstance(x, Tensor) and x.ndim != self.layer_rank():
            message = f"x has rank {x.ndim}, expected {self.layer_rank()}; x {x.shape}"
            raise make(ArgumentError, message, ValueError, f"mindspore.nn.{type(self).__name__}")
        return super().construct(x)

    def layer_rank(self) -> int:
        return len(self.layer_weight_shape())


class _Flat(_Conv):
    """One spatial axis, which MindSpore keeps as two: its weight has shape (out, in, 1, kernel)."""

    def keep(self, name: str, value: Any) -> Any:
        if name in ("kernel_size", "stride", "dilation"):
            return (1, value)
        return (0, 0, value, value) if name == "padding" else value

    def check(self, given: Mapping[str, Any]) -> None:
        for name in ("kernel_size", "stride", "padding", "dilation"):
            if not isinstance(given[name], int):
                message = f"the type of '{name}' must be int, but got {type(given[name]).__name__}"
                raise make(ArgumentError, message, TypeError)
        super().check(given)

    def held_shape(self, param: Param) -> tuple[int, ...]:
        return (*param.shape[:2], 1, param.shape[2]) if param.name == "w" else param.shape

    def _initializer(self, param: Param, given: Mapping[str, Any]) -> Any:
        weight = given["weight_init"]
        if param.name == "w" and isinstance(weight, Tensor):
            object.__setattr__(self, "weight_init", unsqueeze(weight, axis=2))
        return super()._initializer(param, given)

    def get(self, name: str) -> Any:
        found = super().get(name)
        if name != "w" or found is None:
            return found
        return reshape(found, shape=(*found._shape[:2], found._shape[3]))


class Conv1d(_Flat, rank=1):
    args = _ARGS.format("", "", "")


class Conv2d(_Conv, rank=2):
    args = _ARGS.format("", "", "data_format='NCHW', ")


class Conv3d(_Conv, rank=3):
    args = _ARGS.format("", "", "data_format='NCDHW', ")
    _layout = "NCDHW"
    shows = _Conv.shows.replace("NCHW", "NCDHW")


def _transposed_pads(span: int, stride: int, mode: str) -> tuple[tuple[int, int], int]:
    """(lo, hi) to crop and how much to add at the far end, so that S becomes S * stride ("same") or the full size."""
    surplus = span - stride
    if mode == "valid" or surplus < 0:
        return (0, 0), max(-surplus, 0)
    return (surplus // 2, surplus - surplus // 2), 0


def _cropped(rank: int) -> Rule:
    """What is cropped off each end; said with pad_mode "pad", which alone adds nothing."""
    said = pad_mode(rank)

    def write(pads: Any) -> dict[str, Any]:
        return {"padding": 0, **said.write(pads), "pad_mode": "pad"}

    return Rule(said.reads, said.read, write)


class _Transpose(_Conv, canonical=conv.ConvTranspose):
    """The output size is S * stride for pad_mode "same", and at least that for "valid"; with "pad" it is
    (S - 1) * stride + span - padding.
    """

    to = {
        **{name: rule for name, rule in _Conv.to.items() if name != "pad_mode"}, "pads": _cropped,
        "extra": lambda rank: constant((0,) * rank),
    }  # fmt: skip

    @classmethod
    def _build(cls, given: Mapping[str, Any]) -> conv.ConvTranspose:
        settings = {name: rule.read(given) for name, rule in cls.rules.items()}
        pads, extra, mode = settings.pop("pads"), settings.pop("extra"), given["pad_mode"].lower()
        if mode != "pad":
            spans = [d * (k - 1) + 1 for k, d in zip(settings["kernel"], settings["dilation"], strict=True)]
            both = [_transposed_pads(span, s, mode) for span, s in zip(spans, settings["stride"], strict=True)]
            pads, extra = tuple(p for p, _ in both), tuple(e for _, e in both)
        return conv.ConvTranspose(**settings, pads=pads, extra=extra)

    def _added(self, given: Mapping[str, Any]) -> tuple[int, ...]:
        """`output_padding` once per axis."""
        value, rank = given["output_padding"], self.rank or 0
        if not isinstance(value, (int, tuple)):
            message = f"the type of 'output_padding' must be int or tuple[int], but got {type(value).__name__}"
            raise make(ArgumentError, message, TypeError)
        added = value if isinstance(value, tuple) else (value,) * rank
        if len(added) != rank:
            raise make(ArgumentError, f"the 'output_padding' must be one whole number or {rank} of them, got {value!r}")
        if any(added) and given["pad_mode"].lower() != "pad":
            raise make(ArgumentError, f"output_padding={added} needs pad_mode='pad', got {given['pad_mode']!r}")
        both = zip(self._each(given, "stride"), self._each(given, "dilation"), strict=True)
        limits = [max(stride, dilation) for stride, dilation in both]
        if any(not 0 <= a < limit for a, limit in zip(added, limits, strict=True)):
            raise make(ArgumentError, f"output_padding={added} must be at least 0 and below {limits}")
        return added


class Conv1dTranspose(_Flat, _Transpose, rank=1):
    args = _ARGS.format("", "", "")


class Conv2dTranspose(_Transpose, rank=2):
    """`output_padding` adds zeros (and no bias) behind the output, which is not what PyTorch's argument means."""

    args = _ARGS.format("output_padding=0, ", "", "")

    def construct(self, *xs: Tensor) -> Any:
        out = super().construct(*xs)
        try:
            zeros = self._added(self.arguments)  # MindSpore, too, looks at it last
        except UnifiedError as error:
            raise self._argument_error(error) from None
        return pad(out, pads=((0, 0), (0, 0), *((0, a) for a in zeros))) if any(zeros) else out


class Conv3dTranspose(_Transpose, rank=3):
    """`output_padding` takes less of the far padding away, as PyTorch's does; the depth has no dilation."""

    args = _ARGS.format("", "output_padding=0, ", "data_format='NCDHW', ")
    to = {**_Transpose.to, "extra": axis_rule("output_padding")}
    _layout = "NCDHW"
    shows = _Conv.shows.replace("NCHW", "NCDHW")

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        self._added(given)
        if self._each(given, "dilation")[0] != 1:
            raise make(ArgumentError, f"the depth of 'dilation' must be 1, but got {given['dilation']!r}")


__all__ = ["Conv1d", "Conv1dTranspose", "Conv2d", "Conv2dTranspose", "Conv3d", "Conv3dTranspose"]
