"""Normalisation.  Unlike PyTorch's, momentum is the share of the old statistics, and LayerNorm's epsilon is 1e-7."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unified_nn.errors import ArgumentError, DTypeError, InputTypeError, NotOfferedError, ShapeError, make
from unified_nn.init import ONES, ZEROS
from unified_nn.layers import norm
from unified_nn.layers.base import Param
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.nn.layer.layer import Layer, positive
from unified_nn.mindspore.ops.function.image_func import check_lrn, lrn
from unified_nn.ops.elementwise import add, mul
from unified_nn.ops.norm import layer_norm
from unified_nn.ops.shape import reshape
from unified_nn.random import RandomStream
from unified_nn.vocabulary.rules import Inexpressible, Rule, same


def check_eps(eps: Any, highest: float | None = None) -> None:
    """Raise unless eps is a float, and within its bounds where it has some."""
    if not isinstance(eps, float):
        raise make(ArgumentError, f"the type of 'eps' must be float, but got {eps!r}", TypeError)
    if highest is not None and not 0 < eps <= highest:
        raise make(ArgumentError, f"the 'eps' must be in (0, {highest:g}], but got {eps}")


_ARGS = (
    "num_features, eps=1e-05, momentum=0.9, affine=True, gamma_init='ones', beta_init='zeros', "
    "moving_mean_init='zeros', moving_var_init='ones', use_batch_statistics=None, {}dtype=mstype.float32"
)


def _frozen() -> Rule:
    """Whether the moving statistics are used in training as well: use_batch_statistics=False."""

    def write(frozen: bool) -> dict[str, Any]:
        return {"use_batch_statistics": False} if frozen else {}

    return Rule(("use_batch_statistics",), lambda a: a["use_batch_statistics"] is False, write)


def batch_norm_params(features: int) -> Iterator[Param]:
    """The arrays that MindSpore keeps whether or not they are learned, in its order."""
    yield Param("mean", (features,), ZEROS, learned=False)
    yield Param("var", (features,), ONES, learned=False)
    yield Param("gamma", (features,), ONES)
    yield Param("beta", (features,), ZEROS)


class _BatchNorm(Layer, canonical=norm.BatchNorm):
    """Without `affine`, gamma and beta stay and are used, but are not learned."""

    to = {
        "features": "num_features", "eps": "eps", "keep": "momentum", "scale": "affine", "center": "affine",
        "frozen": _frozen(),
    }  # fmt: skip
    params = {"mean": "moving_mean", "var": "moving_variance", "gamma": "gamma", "beta": "beta"}
    titles = {"mean": "mean", "var": "variance"}
    initials = {
        "mean": "moving_mean_init", "var": "moving_var_init", "gamma": "gamma_init", "beta": "beta_init"
    }  # fmt: skip
    order = ("mean", "var", "gamma", "beta")
    _ranks: tuple[int, ...] = ()

    def check(self, given: Mapping[str, Any]) -> None:
        features, momentum, batch = given["num_features"], given["momentum"], given["use_batch_statistics"]
        if not isinstance(features, int) or isinstance(features, bool):
            raise make(ArgumentError, f"the type of 'num_features' must be int, but got {features!r}", TypeError)
        if features < 1:
            raise make(ArgumentError, f"the 'num_features' must be at least 1, but got {features}")
        if not isinstance(momentum, (int, float)):
            raise make(ArgumentError, f"the type of 'momentum' must be float, but got {momentum!r}", TypeError)
        if not 0 <= momentum <= 1:
            raise make(ArgumentError, f"the 'momentum' must be a number in range [0, 1], but got {momentum}")
        if not isinstance(given["affine"], bool):
            raise make(ArgumentError, f"the type of 'affine' must be bool, but got {given['affine']!r}", TypeError)
        check_eps(given["eps"], 1.0)
        if batch is not None and not isinstance(batch, bool):
            raise make(ArgumentError, f"the 'use_batch_statistics' must be a boolean value or None, but got {batch!r}")
        if given.get("data_format", "NCHW") != "NCHW":
            raise make(ArgumentError, f"data_format={given['data_format']!r} only supports the GPU target; give 'NCHW'")

    def _ordered_params(self) -> Iterator[Param]:
        yield from batch_norm_params(self.arguments["num_features"])

    def learns(self, param: Param) -> bool:
        return param.learned and bool(self.arguments["affine"])

    def construct(self, *xs: Tensor) -> Any:
        (x,) = xs
        if isinstance(x, Tensor) and x.ndim not in self._ranks:
            wanted = " or ".join(map(str, self._ranks))
            message = f"x has rank {x.ndim}, expected {wanted}; x {x.shape}"
            raise make(ArgumentError, message, ValueError, f"mindspore.nn.{type(self).__name__}")
        held = self.gamma._dtype
        if isinstance(x, Tensor) and (x._dtype.kind != "f" or x._dtype.itemsize > held.itemsize):
            message = f"x is {x.dtype}, expected Float16 or Float32; the parameters are {self.gamma.dtype}"
            raise make(DTypeError, message, TypeError, f"mindspore.nn.{type(self).__name__}")
        if self.arguments["use_batch_statistics"]:
            return self.layer.forward(_Training(self), x)
        return super().construct(x)

    def extend_repr(self) -> str:
        a = self.arguments
        momentum = 1.0 - (1.0 - a["momentum"])  # rounded twice, as MindSpore prints it
        return (
            f"num_features={a['num_features']}, eps={a['eps']}, momentum={momentum}, gamma={self.gamma}, "
            f"beta={self.beta}, moving_mean={self.moving_mean}, moving_variance={self.moving_variance}"
        )


class _Training:
    """A layer's arrays as they are seen while training, whatever the layer's mode."""

    training = True

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    @property
    def stream(self) -> RandomStream:
        return self._layer.stream

    def __getitem__(self, name: str) -> Any:
        return self._layer[name]

    def get(self, name: str) -> Any:
        return self._layer.get(name)

    def update(self, name: str, value: Any) -> None:
        self._layer.update(name, value)


class BatchNorm1d(_BatchNorm):
    args = _ARGS.format("data_format='NCHW', ")
    _ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    args = _ARGS.format("data_format='NCHW', ")
    _ranks = (4,)


class SyncBatchNorm(_BatchNorm):
    """BatchNorm over one device, which is all there is."""

    args = _ARGS.format("process_groups=None, ")
    _ranks = (2, 4)

    def check(self, given: Mapping[str, Any]) -> None:
        super().check(given)
        if given["process_groups"] is not None:
            message = f"process_groups={given['process_groups']!r} is not offered: there is one device; give None"
            raise make(NotOfferedError, message)


class BatchNorm3d(Cell):
    """x (N, C, D, H, W), by a BatchNorm2d that is its child, as in MindSpore."""

    def __init__(
        self, num_features: int, eps: float = 1e-05, momentum: float = 0.9, affine: bool = True,
        gamma_init: Any = "ones", beta_init: Any = "zeros", moving_mean_init: Any = "zeros",
        moving_var_init: Any = "ones", use_batch_statistics: bool | None = None, **dtype: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.bn2d = BatchNorm2d(
            num_features, eps, momentum, affine, gamma_init, beta_init, moving_mean_init, moving_var_init,
            use_batch_statistics, **dtype,
        )  # fmt: skip

    def construct(self, x: Tensor) -> Any:
        if x.ndim != 5:
            message = f"the in_shape must have 5 dims, but got {x.ndim}; x {x.shape}"
            raise make(ArgumentError, message, ValueError, "mindspore.nn.BatchNorm3d")
        n, c, d, h, w = x.shape
        return reshape(self.bn2d(reshape(x, shape=(n, c, d * h, w))), shape=x.shape)


class LayerNorm(Layer, canonical=norm.LayerNorm):
    args = (
        "normalized_shape, begin_norm_axis=-1, begin_params_axis=-1, gamma_init='ones', beta_init='zeros', "
        "epsilon=1e-07, dtype=mstype.float32"
    )
    params = {"gamma": "gamma", "beta": "beta"}
    initials = {"gamma": "gamma_init", "beta": "beta_init"}

    @staticmethod
    def _shape() -> Rule:
        def write(shape: tuple[int, ...]) -> dict[str, Any]:
            if len(shape) != 1:
                raise Inexpressible(f"begin_norm_axis for {len(shape)} axes depends on the rank of the input")
            return {"normalized_shape": shape}

        return Rule(("normalized_shape",), lambda a: tuple(a["normalized_shape"]), write)

    to = {"shape": _shape(), "eps": same("epsilon")}

    def check(self, given: Mapping[str, Any]) -> None:
        shape = given["normalized_shape"]
        if not isinstance(shape, (tuple, list)):
            message = f"the type of 'normalized_shape' must be tuple[int] or list[int], but got {shape!r}"
            raise make(ArgumentError, message, TypeError)
        if not shape:
            raise make(ArgumentError, "normalized_shape must have at least one element, got none")
        if not all(isinstance(size, int) and size > 0 for size in shape):
            raise make(ArgumentError, f"normalized_shape must hold positive whole numbers, got {shape}", ValueError)

    def construct(self, *xs: Tensor) -> Any:
        (x,) = xs
        given, where = self.arguments, "mindspore.nn.LayerNorm"
        if not isinstance(x, Tensor):
            message = f"the input must be a Tensor, but got {type(x)}"
            raise make(InputTypeError, message, AttributeError, where)
        if not isinstance(given["epsilon"], float):
            raise make(ArgumentError, f"the 'epsilon' must be float, but got {given['epsilon']!r}", TypeError, where)
        for name in ("begin_norm_axis", "begin_params_axis"):
            if not -1 <= given[name] < x.ndim:
                message = f"{name}={given[name]} should be in the range [-1, {x.ndim}); x {x.shape}"
                raise make(ArgumentError, message, RuntimeError, where)
        held = x.ndim - given["begin_params_axis"] % x.ndim
        if held != len(given["normalized_shape"]):
            message = f"begin_params_axis={given['begin_params_axis']} does not fit normalized_shape"
            message += f"={given['normalized_shape']} and x {x.shape}"
            raise make(ShapeError, message, ValueError, where)
        axes = x.ndim - given["begin_norm_axis"] % x.ndim
        if axes == held:
            return super().construct(x)
        standard = layer_norm(x, axes=axes, eps=given["epsilon"])
        return add(mul(standard, self["gamma"]), self["beta"])

    def extend_repr(self) -> str:
        a = self.arguments
        return (
            f"normalized_shape={a['normalized_shape']}, begin_norm_axis={a['begin_norm_axis']}, "
            f"begin_params_axis={a['begin_params_axis']}, gamma{self.gamma}, beta={self.beta}"
        )


class GroupNorm(Layer, canonical=norm.GroupNorm):
    """Without `affine`, gamma and beta stay and are used, but are not learned."""

    args = (
        "num_groups, num_channels, eps=1e-05, affine=True, gamma_init='ones', beta_init='zeros', dtype=mstype.float32"
    )
    to = {"groups": "num_groups", "features": "num_channels", "eps": "eps", "scale": "affine", "center": "affine"}
    params = {"gamma": "gamma", "beta": "beta"}
    initials = {"gamma": "gamma_init", "beta": "beta_init"}
    shows = "num_groups={num_groups}, num_channels={num_channels}"

    def check(self, given: Mapping[str, Any]) -> None:
        positive("GroupNorm", num_groups=given["num_groups"], num_channels=given["num_channels"])
        check_eps(given["eps"])
        if not isinstance(given["affine"], bool):
            raise make(ArgumentError, f"the type of 'affine' must be bool, but got {given['affine']!r}", TypeError)
        if given["num_channels"] % given["num_groups"]:
            message = f"num_groups={given['num_groups']} must divide num_channels={given['num_channels']}"
            raise make(ArgumentError, message)

    def _ordered_params(self) -> Iterator[Param]:
        shape = (self.arguments["num_channels"],)
        yield Param("gamma", shape, ONES)
        yield Param("beta", shape, ZEROS)

    def construct(self, *xs: Tensor) -> Any:
        (x,) = xs
        if isinstance(x, Tensor) and x.ndim < 2:
            message = f"x must have at least 2 axes (N, C, ...), but got {x.shape}"
            raise make(ShapeError, message, RuntimeError, "mindspore.nn.GroupNorm")
        return super().construct(x)

    def learns(self, param: Param) -> bool:
        return bool(self.arguments["affine"])


class _InstanceNorm(Layer, canonical=norm.GroupNorm):
    """Without `affine`, gamma and beta stay and are used, but are not learned; the moving statistics never change."""

    args = (
        "num_features, eps=1e-05, momentum=0.1, affine=True, gamma_init='ones', beta_init='zeros', dtype=mstype.float32"
    )
    to = {"groups": "num_features", "features": "num_features", "eps": "eps", "scale": "affine", "center": "affine"}
    params = {"mean": "moving_mean", "var": "moving_variance", "gamma": "gamma", "beta": "beta"}
    titles = {"mean": "mean", "var": "variance"}
    initials = {"gamma": "gamma_init", "beta": "beta_init"}
    differs = "MindSpore has no CPU kernel to compare with; the result is the one of its documentation"

    def check(self, given: Mapping[str, Any]) -> None:
        for name, kind in (("num_features", int), ("eps", float), ("momentum", float), ("affine", bool)):
            if type(given[name]) is not kind:
                message = f"the type of '{name}' must be {kind.__name__}, but got {given[name]!r}"
                raise make(ArgumentError, message, TypeError)
        if given["num_features"] < 1:
            raise make(ArgumentError, f"the 'num_features' must be at least 1, but got {given['num_features']}")
        if not 0 <= given["momentum"] <= 1:
            raise make(ArgumentError, f"the 'momentum' must be a number in range [0, 1], but got {given['momentum']}")

    def _ordered_params(self) -> Iterator[Param]:
        yield from batch_norm_params(self.arguments["num_features"])

    def learns(self, param: Param) -> bool:
        return param.learned and bool(self.arguments["affine"])

    def construct(self, *xs: Tensor) -> Any:
        (x,) = xs
        assert self.rank is not None
        if isinstance(x, Tensor) and x.ndim != self.rank + 2:
            message = f"the in_shape must have {self.rank + 2} dims, but got {x.ndim}; x {x.shape}"
            raise make(ArgumentError, message, ValueError, f"mindspore.nn.{type(self).__name__}")
        return super().construct(x)

    def extend_repr(self) -> str:
        a = self.arguments
        return (
            f"num_features={a['num_features']}, eps={a['eps']}, momentum={a['momentum']}, gamma={self.gamma}, "
            f"beta={self.beta}, moving_mean={self.moving_mean}, moving_variance={self.moving_variance}"
        )


class InstanceNorm1d(_InstanceNorm, rank=1):
    pass


class InstanceNorm2d(_InstanceNorm, rank=2):
    pass


class InstanceNorm3d(_InstanceNorm, rank=3):
    pass


class LRN(Cell):
    """x / (bias + alpha * sum of x ** 2) ** beta over depth_radius channels to both sides."""

    def __init__(
        self, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5,
        norm_region: str = "ACROSS_CHANNELS",
    ) -> None:  # fmt: skip
        super().__init__()
        check_lrn(depth_radius, bias, alpha, beta, norm_region)
        self.depth_radius, self.bias, self.alpha, self.beta = depth_radius, bias, alpha, beta

    def construct(self, input_x: Tensor) -> Any:
        return lrn(input_x, self.depth_radius, self.bias, self.alpha, self.beta)


__all__ = [
    "LRN", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d",
    "InstanceNorm3d", "LayerNorm", "SyncBatchNorm",
]  # fmt: skip
