"""Convolution layers."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import conv
from unified_nn.mxnet import profile
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.gluon.nn.basic_layers import Activated
from unified_nn.mxnet.ndarray.windows import LAST, LAYOUTS, check_groups, check_layout, check_transposed, entries
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.entry import axis_rule, pads_rule
from unified_nn.vocabulary.rules import deferred, spread

_TAIL = (
    "groups=1, layout='{layout}', activation=None, use_bias=True, weight_initializer=None, bias_initializer='zeros', "
    "in_channels=0"
)
_INITS = {"w": lambda a, layer: a["weight_initializer"], "b": lambda a, layer: a["bias_initializer"]}


def check_sizes(given: Any, name: str, rank: int) -> None:
    """A window's size is one number, or one per axis."""
    value = given[name]
    if not isinstance(value, (int, float)) and not (isinstance(value, (tuple, list)) and len(value) == rank):
        raise make(ArgumentError, f"{name}={value!r} must be a number or a list of {rank} ints")


class _AnyConv(Activated):
    """What convolutions and their transposes share: the printed form."""

    to = {
        "features": "channels", "in_features": deferred("in_channels"), "kernel": axis_rule("kernel_size"),
        "stride": axis_rule("strides"), "pads": pads_rule("padding"), "dilation": axis_rule("dilation"),
        "bias": "use_bias",
    }  # fmt: skip
    params = {"w": "weight", "b": "bias"}  # type: ignore[assignment]
    inits = _INITS
    #: How the operator is called.
    operator = "Convolution"

    def _alias(self) -> str:
        return "conv"

    def check(self, given: Any) -> None:
        rank, title = self.rank or 0, self.operator
        check_sizes(given, "kernel_size", rank)
        known = (LAYOUTS[rank],) if rank == 1 else (LAYOUTS[rank], LAST[rank])
        if given["layout"] not in known:
            raise make(ArgumentError, f"layout={given['layout']!r} is not one of {', '.join(known)}")
        for name, lowest in (("kernel_size", 1), ("strides", 1), ("dilation", 1), ("padding", 0)):
            value = given[name]
            entries(title, name, (value,) * rank if isinstance(value, (int, float)) else value, rank, lowest, lowest)
        counts = {name: given[name] for name in ("channels", "in_channels") if given[name] > 0}
        check_groups(title, given["groups"], **counts)

    def forward(self, x: Any, *args: Any) -> Any:
        if isinstance(x, Tensor):
            check_layout(type(self).__name__, self.arguments["layout"], self.rank or 0)
            if self.arguments["channels"] < 1:
                message = f"channels={self.arguments['channels']}, expected at least 1"
                base = ValueError if self.arguments["channels"] < 0 else None
                raise failure(ArgumentError, type(self).__name__, message, base)
        return super().forward(x, *args)

    def _each(self, name: str) -> tuple[int, ...]:
        """An argument as one value per spatial axis."""
        return spread(self.arguments[name], self.rank or 0, name)

    def _settings_of_operator(self) -> dict[str, Any]:
        a = self.arguments

        def written(name: str) -> Any:
            """A list stays a list, as MXNet writes it."""
            return a[name] if isinstance(a[name], list) else self._each(name)

        return {
            "kernel": written("kernel_size"), "stride": written("strides"), "dilate": written("dilation"),
            "pad": written("padding"), "num_filter": a["channels"], "num_group": a["groups"],
            "no_bias": not a["use_bias"], "layout": a["layout"],
        }  # fmt: skip

    def express(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:  # noqa: N803
        operator = getattr(F, self.operator)
        return self.finish(operator(x, weight, bias, name="fwd", **self._settings_of_operator()))

    def _ends(self) -> str:
        """The channels that go in and come out, as they print."""
        features, inputs = self.weight.shape[:2]
        return f"{inputs or None} -> {features}"

    def __repr__(self) -> str:
        a, rank = self.arguments, self.rank or 0
        names = ("kernel_size", "strides", "padding", "dilation")
        each = {name: a[name] if isinstance(a[name], list) else self._each(name) for name in names}
        parts = [self._ends(), f"kernel_size={each['kernel_size']}", f"stride={each['strides']}"]
        parts += [f"padding={each['padding']}"] if any(each["padding"]) else []
        parts += [f"dilation={each['dilation']}"] if each["dilation"] != (1,) * rank else []
        parts += [f"groups={a['groups']}"] if a["groups"] != 1 else []
        parts += ["bias=False"] if not a["use_bias"] else []
        parts += [repr(self.act)] if self.act is not None and not profile.hides("activation of convolutions") else []
        return f"{type(self).__name__}({', '.join(parts)})"


class _Conv(_AnyConv, canonical=conv.Conv):
    pass


class Conv1D(_Conv, rank=1):
    args = f"channels, kernel_size, strides=1, padding=0, dilation=1, {_TAIL.format(layout='NCW')}"


class Conv2D(_Conv, rank=2):
    args = f"channels, kernel_size, strides=(1, 1), padding=(0, 0), dilation=(1, 1), {_TAIL.format(layout='NCHW')}"


class Conv3D(_Conv, rank=3):
    args = (
        "channels, kernel_size, strides=(1, 1, 1), padding=(0, 0, 0), dilation=(1, 1, 1), "
        f"{_TAIL.format(layout='NCDHW')}"
    )


class _ConvTranspose(_AnyConv, canonical=conv.ConvTranspose):
    to = {**_AnyConv.to, "extra": axis_rule("output_padding")}
    operator = "Deconvolution"

    def check(self, given: Any) -> None:
        super().check(given)
        rank, title = self.rank or 0, self.operator
        each = {name: spread(given[name], rank, name) for name in ("strides", "dilation", "output_padding")}
        check_transposed(title, each["strides"], each["dilation"], each["output_padding"])
        if not given["in_channels"] and given["groups"] != 1:
            message = f"groups={given['groups']} needs in_channels: MXNet cannot work it out here"
            raise failure(ArgumentError, title, message)

    def _settings_of_operator(self) -> dict[str, Any]:
        return {**super()._settings_of_operator(), "adj": self._each("output_padding")}

    def _ends(self) -> str:
        # As MXNet prints it: the weight's second size first, and 0 for an unknown one.
        inputs, features = self.weight.shape[:2]
        return f"{features} -> {inputs}"


class Conv1DTranspose(_ConvTranspose, rank=1):
    args = "channels, kernel_size, strides=1, padding=0, output_padding=0, dilation=1, " + _TAIL.format(layout="NCW")


class Conv2DTranspose(_ConvTranspose, rank=2):
    args = (
        "channels, kernel_size, strides=(1, 1), padding=(0, 0), output_padding=(0, 0), dilation=(1, 1), "
        + _TAIL.format(layout="NCHW")
    )


class Conv3DTranspose(_ConvTranspose, rank=3):
    args = (
        "channels, kernel_size, strides=(1, 1, 1), padding=(0, 0, 0), output_padding=(0, 0, 0), dilation=(1, 1, 1), "
        + _TAIL.format(layout="NCDHW")
    )
