"""Pooling layers."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.layers import pool
from unified_nn.mxnet import profile
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.gluon.hybrid import Layer
from unified_nn.mxnet.gluon.nn.conv_layers import check_sizes
from unified_nn.mxnet.ndarray.windows import LAST, LAYOUTS, channels_first, channels_last, check_pool, entries, leading
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.entry import RuleMaker, axis_rule, pads_rule
from unified_nn.vocabulary.rules import Rule, computed, mapped, spread


def _strides(rank: int) -> Rule:
    """The strides; none given means the window's size."""

    def read(strides: Any, size: Any) -> tuple[int, ...]:
        return spread(size if strides is None else strides, rank, "strides")

    return computed(("strides", "pool_size"), read, lambda value: {"strides": value})


def _ones(rank: int) -> Rule:
    return computed((), lambda: (1,) * rank, lambda value: {} if set(value) == {1} else {"dilation": value})


class _AnyPool(Layer):
    """What pooling layers share: the printed form."""

    kind = "max"

    def _alias(self) -> str:
        return "pool"

    def check(self, given: Any) -> None:
        rank = self.rank or 0
        known = (LAYOUTS[rank], LAST[rank])
        if given["layout"] not in known:
            raise make(ArgumentError, f"layout={given['layout']!r} is not one of {', '.join(known)}")
        if "pool_size" not in given:
            return
        check_sizes(given, "pool_size", rank)
        for name, lowest in (("pool_size", 1), ("strides", 1), ("padding", 0)):
            value = given["pool_size"] if given[name] is None else leading(given[name], rank)
            spread_ = (value,) * rank if isinstance(value, (int, float)) else value
            entries("Pooling", name, spread_, rank, lowest, lowest)

    @classmethod
    def _build(cls, given: Any) -> Any:
        first = {name: leading(given[name], cls.rank or 0) for name in ("strides", "padding") if name in given}
        return super()._build({**given, **first})

    def forward(self, x: Any, *args: Any) -> Any:
        if not isinstance(x, Tensor):
            return super().forward(x, *args)
        rank = self.rank or 0
        if x.ndim != rank + 2:
            message = f"data has shape {x._shape}, expected {rank + 2} axes: {self.arguments['layout']}"
            raise failure(ShapeError, type(self).__name__, message)
        is_last = self.arguments["layout"] == LAST[rank]
        if isinstance(self.layer, (pool.MaxPool, pool.AvgPool)) and self.layer.pads != "same":
            pads = tuple(lo for lo, _ in self.layer.pads)
            check_pool(type(self).__name__, x, self.layer.kernel, pads, is_last=is_last)
        if not is_last:
            return super().forward(x, *args)
        return channels_last(super().forward(channels_first(x), *args))

    def express(self, F: Any, x: Any) -> Any:  # noqa: N803
        shown, a = self._window(), self.arguments
        counts = {"count_include_pad": a["count_include_pad"]} if "count_include_pad" in a else {}
        return F.Pooling(
            x, name="fwd", kernel=shown["size"], stride=shown["stride"], pad=shown["padding"],
            global_pool=shown["global_pool"], pool_type=self.kind, layout=a["layout"],
            pooling_convention="full" if shown["ceil_mode"] else "valid", **counts,
        )  # fmt: skip

    def _window(self) -> dict[str, Any]:
        layer = self.layer
        assert isinstance(layer, (pool.MaxPool, pool.AvgPool))
        assert layer.pads != "same"
        a = self.arguments
        each: dict[str, Any] = {
            "size": layer.kernel,
            "stride": layer.stride,
            "padding": tuple(lo for lo, _ in layer.pads),
        }
        said = {"size": a["pool_size"], "stride": a["strides"], "padding": a["padding"]}
        each |= {name: value for name, value in said.items() if isinstance(value, (tuple, list))}
        return {**each, "ceil_mode": bool(a["ceil_mode"]), "global_pool": False}

    def __repr__(self) -> str:
        shown = self._window()
        if profile.hides("kind of pools"):
            del shown["global_pool"]
        else:
            shown.update(pool_type=self.kind, layout=self.arguments["layout"])
        text = ", ".join(f"{name}={value}" for name, value in shown.items())
        return f"{type(self).__name__}({text})"


_WINDOW: dict[str, str | Rule | RuleMaker] = {
    "kernel": axis_rule("pool_size"),
    "stride": _strides,
    "pads": pads_rule("padding"),
    "rounding": mapped("ceil_mode", {False: "floor", True: "ceil"}),
}


class _MaxPool(_AnyPool, canonical=pool.MaxPool):
    to = {**_WINDOW, "dilation": _ones}


class MaxPool1D(_MaxPool, rank=1):
    args = "pool_size=2, strides=None, padding=0, layout='NCW', ceil_mode=False"


class MaxPool2D(_MaxPool, rank=2):
    args = "pool_size=(2, 2), strides=None, padding=0, layout='NCHW', ceil_mode=False"


class MaxPool3D(_MaxPool, rank=3):
    args = "pool_size=(2, 2, 2), strides=None, padding=0, ceil_mode=False, layout='NCDHW'"


class _AvgPool(_AnyPool, canonical=pool.AvgPool):
    kind = "avg"
    to = {**_WINDOW, "count_pad": "count_include_pad"}


class AvgPool1D(_AvgPool, rank=1):
    args = "pool_size=2, strides=None, padding=0, layout='NCW', ceil_mode=False, count_include_pad=True"


class AvgPool2D(_AvgPool, rank=2):
    args = "pool_size=(2, 2), strides=None, padding=0, ceil_mode=False, layout='NCHW', count_include_pad=True"


class AvgPool3D(_AvgPool, rank=3):
    args = "pool_size=(2, 2, 2), strides=None, padding=0, ceil_mode=False, layout='NCDHW', count_include_pad=True"


class _GlobalPool(_AnyPool, canonical=pool.GlobalPool):
    def _window(self) -> dict[str, Any]:
        ones, zeros = (1,) * (self.rank or 0), (0,) * (self.rank or 0)
        return {"size": ones, "stride": ones, "padding": zeros, "ceil_mode": True, "global_pool": True}


class _GlobalAvgPool(_GlobalPool):
    kind = "avg"


class GlobalAvgPool1D(_GlobalAvgPool, rank=1, kind="avg"):
    args = "layout='NCW'"


class GlobalAvgPool2D(_GlobalAvgPool, rank=2, kind="avg"):
    args = "layout='NCHW'"


class GlobalAvgPool3D(_GlobalAvgPool, rank=3, kind="avg"):
    args = "layout='NCDHW'"


class GlobalMaxPool1D(_GlobalPool, rank=1, kind="max"):
    args = "layout='NCW'"


class GlobalMaxPool2D(_GlobalPool, rank=2, kind="max"):
    args = "layout='NCHW'"


class GlobalMaxPool3D(_GlobalPool, rank=3, kind="max"):
    args = "layout='NCDHW'"
