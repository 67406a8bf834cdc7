"""Dense, Flatten, Dropout and small layers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.layers import dropout, linear
from unified_nn.layers.base import Param
from unified_nn.mindspore.common.initializer import HeUniform, Initializer, Uniform
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.nn.layer.activation import get_activation
from unified_nn.mindspore.nn.layer.layer import Layer, positive
from unified_nn.mindspore.ops.arguments import floating
from unified_nn.mindspore.ops.function.dropout_func import of_channels
from unified_nn.mindspore.ops.function.image_func import interpolate
from unified_nn.ops.shape import squeeze
from unified_nn.vocabulary.rules import Inexpressible, Rule


class Dense(Layer, canonical=linear.Linear):
    args = (
        "in_channels, out_channels, weight_init=None, bias_init=None, has_bias=True, activation=None, "
        "dtype=mstype.float32"
    )
    to = {"in_features": "in_channels", "features": "out_channels", "bias": "has_bias"}
    params = {"w": "weight", "b": "bias"}
    initials = {"w": "weight_init", "b": "bias_init"}
    first_generation = {"weight_init": "normal", "bias_init": "zeros"}

    def check(self, given: Mapping[str, Any]) -> None:
        positive("Dense", in_channels=given["in_channels"], out_channels=given["out_channels"])
        if not isinstance(given["has_bias"], bool):
            raise make(ArgumentError, f"the 'has_bias' must be bool, but got {given['has_bias']!r}", TypeError)
        sizes = {"weight_init": (given["out_channels"], given["in_channels"]), "bias_init": (given["out_channels"],)}
        for name, shape in sizes.items():
            if isinstance(given[name], Tensor) and given[name].shape != shape:
                raise make(ArgumentError, f"{name} has shape {given[name].shape}, expected {shape}")
        activation = given["activation"]
        if activation is not None and not isinstance(activation, (str, Cell)):
            message = f"the 'activation' must be str or Cell, but got {type(activation).__name__}"
            raise make(ArgumentError, message, TypeError)

    def keep(self, name: str, value: Any) -> Any:
        if name == "activation" and isinstance(value, str):
            return get_activation(value)
        return value

    activation: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.activation is not None:  # a child, as in MindSpore, and so printed twice
            child = self.__dict__.pop("activation")
            self.activation = child

    def default_initial(self, param: Param) -> Initializer:
        return HeUniform(math.sqrt(5)) if param.name == "w" else Uniform(1 / math.sqrt(self.arguments["in_channels"]))

    def construct(self, *xs: Tensor) -> Any:
        if xs and isinstance(xs[0], Tensor) and xs[0].ndim == 0:
            message = f"x has rank 0, expected at least 1 (..., {self.in_channels}); weight {self.weight.shape}"
            raise make(ShapeError, message, IndexError, "mindspore.nn.Dense")
        out = super().construct(*xs)
        return out if self.activation is None else self.activation(out)

    def extend_repr(self) -> str:
        text = f"input_channels={self.in_channels}, output_channels={self.out_channels}"
        if self.has_bias:
            text += f", has_bias={self.has_bias}"
        return text if self.activation is None else f"{text}, activation={self.activation}"


class Flatten(Layer, canonical=linear.Flatten):
    args = "start_dim=1, end_dim=-1"
    to = {"start": "start_dim", "end": "end_dim"}


class Identity(Layer, canonical=linear.Identity):
    args = "*args, **kwargs"


def _drop() -> Rule:
    """The probability of 0, from `p`, or as 1 - keep_prob where p is not given."""

    def read(a: Mapping[str, Any]) -> float:
        return round(1.0 - a["keep_prob"], 12) if a["p"] is None else float(a["p"])

    return Rule(("keep_prob", "p"), read, lambda v: {"p": v})


class Dropout(Layer, canonical=dropout.Dropout):
    """The first positional argument is the share that is *kept*; `p` is the share that is dropped."""

    args = "keep_prob=0.5, p=None, dtype=mstype.float32"
    to = {"drop": _drop()}

    def check(self, given: Mapping[str, Any]) -> None:
        keep, p = given["keep_prob"], given["p"]
        if p is None:
            if not isinstance(keep, float):
                raise make(ArgumentError, f"the type of 'keep_prob' must be float, but got {keep!r}", TypeError)
            if not 0 < keep <= 1:
                raise make(ArgumentError, f"the 'keep_prob' must be a number in range (0, 1], but got {keep}")
        elif not isinstance(p, (int, float)) or isinstance(p, bool):
            raise make(ArgumentError, f"the type of 'p' must be float or int, but got {p!r}", TypeError)
        elif not 0 <= p < 1:
            raise make(ArgumentError, f"the 'p' must be a number in range [0, 1), but got {p}")

    def construct(self, *xs: Tensor) -> Any:
        # MindSpore looks at keep_prob even where p was given.
        if self.keep_prob == 1 or self.p == 0 or not self.training:
            return xs[0]
        return super().construct(floating(xs[0], "nn.Dropout"), *xs[1:])

    def extend_repr(self) -> str:
        return f"keep_prob={self.keep_prob}" if self.p is None else f"p={self.p}"


class _DropoutChannels(Layer, canonical=dropout.Dropout):
    """Whole channels are dropped."""

    args = "p=0.5"

    to = {
        "drop": "p",
        "shared": lambda rank: Rule((), lambda a: tuple(range(2, 2 + rank)), lambda v: _only(v, rank)),
    }

    def check(self, given: Mapping[str, Any]) -> None:
        p = given["p"]
        if not isinstance(p, float):
            raise make(ArgumentError, f"the type of 'p' must be float, but got {p!r}", TypeError)
        if not 0 <= p <= 1:
            raise make(ArgumentError, f"the 'p' must be a number in range [0, 1], but got {p}")

    def construct(self, *xs: Tensor) -> Any:
        if not self.training or self.p == 0:
            return xs[0]
        assert self.rank is not None
        x = of_channels(xs[0], self.rank, f"nn.{type(self).__name__}")
        out = super().construct(x)
        return out if x is xs[0] else squeeze(out, axis=0)


def _only(shared: Any, rank: int) -> dict[str, Any]:
    if tuple(shared) != tuple(range(2, 2 + rank)):
        raise Inexpressible(f"whole channels of {rank} axes are dropped, cannot say shared={shared!r}")
    return {}


class Dropout1d(_DropoutChannels, rank=1):
    pass


class Dropout2d(_DropoutChannels, rank=2):
    def extend_repr(self) -> str:
        return f"p={1.0 - self.p}"  # MindSpore prints the share that is kept


class Dropout3d(_DropoutChannels, rank=3):
    def extend_repr(self) -> str:
        return f"p={1.0 - self.p}"


class Unflatten(Cell):
    """One axis as several."""

    def __init__(self, axis: int, unflattened_size: Any) -> None:
        super().__init__()
        self.axis, self.unflattened_size = axis, tuple(unflattened_size)

    def construct(self, input: Tensor) -> Any:
        at = self.axis % input.ndim
        return input.reshape((*input.shape[:at], *self.unflattened_size, *input.shape[at + 1 :]))  # type: ignore[attr-defined]


class Upsample(Cell):
    """The spatial axes with another size, as `ops.interpolate` makes them."""

    def __init__(
        self, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def construct(self, x: Tensor) -> Any:
        return interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor)


__all__ = ["Dense", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "Flatten", "Identity", "Unflatten", "Upsample"]
