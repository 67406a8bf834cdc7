"""Convolution layers."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import NotOfferedError, make
from unified_nn.layers import conv
from unified_nn.mxnet import profile
from unified_nn.mxnet.gluon.nn.basic_layers import Activated
from unified_nn.mxnet.ndarray.layers import LAYOUTS
from unified_nn.vocabulary.entry import axis_rule, pads_rule
from unified_nn.vocabulary.rules import deferred, spread

_TAIL = (
    "groups=1, layout='{layout}', activation=None, use_bias=True, weight_initializer=None, bias_initializer='zeros', "
    "in_channels=0"
)
_INITS = {"w": lambda a, layer: a["weight_initializer"], "b": lambda a, layer: a["bias_initializer"]}


def require_layout(title: str, given: Any, rank: int) -> None:
    if given["layout"] != LAYOUTS[rank]:
        message = f"layout={given['layout']!r} is not offered; use {LAYOUTS[rank]!r} and transpose the data"
        raise make(NotOfferedError, message)


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
        require_layout(type(self).__name__, given, self.rank or 0)

    def _each(self, name: str) -> tuple[int, ...]:
        """An argument as one value per spatial axis."""
        return spread(self.arguments[name], self.rank or 0, name)

    def _settings_of_operator(self) -> dict[str, Any]:
        a = self.arguments
        return {
            "kernel": self._each("kernel_size"), "stride": self._each("strides"), "dilate": self._each("dilation"),
            "pad": self._each("padding"), "num_filter": a["channels"], "num_group": a["groups"],
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
        each = {name: self._each(name) for name in ("kernel_size", "strides", "padding", "dilation")}
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
