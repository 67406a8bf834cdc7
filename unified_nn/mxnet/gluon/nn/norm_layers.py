"""Normalisation layers: all keep gamma and beta, also those that do not learn them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from unified_nn.errors import ArgumentError, make
from unified_nn.layers import norm
from unified_nn.mxnet.gluon.hybrid import HybridBlock, Layer
from unified_nn.mxnet.gluon.parameter_dict import ParameterDict
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.rules import Inexpressible, computed, deferred

_INITS = {
    "gamma": lambda a, layer: a["gamma_initializer"],
    "beta": lambda a, layer: a["beta_initializer"],
    "mean": lambda a, layer: a["running_mean_initializer"],
    "var": lambda a, layer: a["running_variance_initializer"],
}  # fmt: skip


class _Norm(Layer):
    """Layers whose function works their sizes out."""

    inits = _INITS
    #: Whether a gamma or beta that is not learned can never be.
    fixed_for_good = False

    def _make_parameters(self, given: Mapping[str, Any]) -> None:
        learned, self.layer = self.layer, replace(self.layer, scale=True, center=True)  # type: ignore[call-arg]
        super()._make_parameters(given)
        self.layer = learned

    def _settings(self, canonical: str) -> Mapping[str, Any]:
        switch = {"gamma": "scale", "beta": "center"}.get(canonical)
        if switch is None or self.arguments[switch]:
            return {}
        return {"grad_req": "null", "differentiable": False} if self.fixed_for_good else {"grad_req": "null"}

    def forward(self, x: Any, *args: Any) -> Any:
        out = HybridBlock.forward(self, x, *args)
        if self.layer.is_open and isinstance(x, Tensor):
            self.layer = self.layer.resolve(x._shape)
        return out


_BATCH_NORM = (
    "axis=1, momentum=0.9, epsilon=1e-05, center=True, scale=True, use_global_stats=False, beta_initializer='zeros', "
    "gamma_initializer='ones', running_mean_initializer='zeros', running_variance_initializer='ones', in_channels=0"
)


class BatchNorm(_Norm, canonical=norm.BatchNorm, unbiased=False):
    args = _BATCH_NORM
    to = {"features": deferred("in_channels"), "eps": "epsilon", "keep": "momentum", "frozen": "use_global_stats"}
    params = {"mean": "running_mean", "var": "running_var"}  # type: ignore[assignment]
    fixed_for_good = True

    def hybrid_forward(
        self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any  # noqa: N803
    ) -> Any:  # fmt: skip
        a = self.arguments
        return self._operator(F)(
            x, gamma, beta, running_mean, running_var, eps=a["epsilon"], momentum=a["momentum"],
            fix_gamma=not a["scale"], use_global_stats=a["use_global_stats"], axis=a["axis"], name="fwd",
        )  # fmt: skip

    def _operator(self, F: Any) -> Any:  # noqa: N803
        return F.BatchNorm

    def cast(self, dtype: Any) -> None:
        """Half precision keeps float32 statistics and scales, as MXNet does."""
        super().cast("float32" if str(dtype).endswith("float16'>") or str(dtype) == "float16" else dtype)

    def __repr__(self) -> str:
        a = self.arguments
        channels = self.gamma.shape[0] or None
        return (
            f"{type(self).__name__}(axis={a['axis']}, eps={a['epsilon']}, momentum={a['momentum']}, "
            f"fix_gamma={not a['scale']}, use_global_stats={a['use_global_stats']}, in_channels={channels})"
        )


class BatchNormReLU(BatchNorm):
    """BatchNorm, then relu."""

    def _operator(self, F: Any) -> Any:  # noqa: N803
        return F.contrib.BatchNormWithReLU


def _one_axis(shape: tuple[int, ...]) -> dict[str, Any]:
    if len(shape) != 1:
        raise Inexpressible(f"it normalises one axis, not {len(shape)}")
    return {"in_channels": shape[0]}


class LayerNorm(_Norm, canonical=norm.LayerNorm):
    args = (
        "axis=-1, epsilon=1e-05, center=True, scale=True, beta_initializer='zeros', gamma_initializer='ones', "
        "in_channels=0"
    )
    to = {"shape": computed(("in_channels",), lambda n: (n,), _one_axis), "eps": "epsilon"}
    exact = True

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:  # noqa: N803
        a = self.arguments
        return F.LayerNorm(x, gamma, beta, axis=a["axis"], eps=a["epsilon"])

    def forward(self, x: Any, *args: Any) -> Any:
        out = super().forward(x, *args)
        if self.layer.shape == (0,) and isinstance(x, Tensor):  # type: ignore[attr-defined]
            self.layer = replace(self.layer, shape=(x._shape[self.arguments["axis"]],))  # type: ignore[call-arg]
        return out

    def __repr__(self) -> str:
        a = self.arguments
        return (
            f"LayerNorm(eps={a['epsilon']}, axis={a['axis']}, center={a['center']}, scale={a['scale']}, "
            f"in_channels={self.gamma.shape[0]})"
        )


class InstanceNorm(_Norm, canonical=norm.GroupNorm):
    """Normalise each channel of each sample; beta is learned, gamma only with scale=True."""

    args = (
        "axis=1, epsilon=1e-05, center=True, scale=False, beta_initializer='zeros', gamma_initializer='ones', "
        "in_channels=0"
    )
    to = {"groups": deferred("in_channels"), "features": deferred("in_channels"), "eps": "epsilon"}
    exact = True

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:  # noqa: N803
        axis, eps = self.arguments["axis"], self.arguments["epsilon"]
        if axis == 1:
            return F.InstanceNorm(x, gamma, beta, eps=eps, name="fwd")
        return F.InstanceNorm(x.swapaxes(1, axis), gamma, beta, eps=eps, name="fwd").swapaxes(1, axis)

    def forward(self, x: Any, *args: Any) -> Any:
        out = super().forward(x, *args)
        if self.layer.features is None and isinstance(x, Tensor):  # type: ignore[attr-defined]
            channels = x._shape[self.arguments["axis"]]
            self.layer = replace(self.layer, groups=channels, features=channels)  # type: ignore[call-arg]
        return out

    def __repr__(self) -> str:
        a = self.arguments
        return (
            f"InstanceNorm(eps={a['epsilon']}, axis={a['axis']}, center={a['center']}, scale={a['scale']}, "
            f"in_channels={self.gamma.shape[0]})"
        )


class GroupNorm(HybridBlock):
    """Normalise each group of channels of each sample; gamma and beta have one value per group.

    No canonical layer says so: everywhere else they have one value per channel.
    """

    def __init__(
        self, num_groups: int = 1, epsilon: float = 1e-5, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:  # fmt: skip
        super().__init__(prefix, params)
        if num_groups < 1:
            raise make(ArgumentError, f"GroupNorm: num_groups={num_groups}, expected at least 1")
        self._num_groups, self._epsilon, self._center, self._scale = num_groups, epsilon, center, scale
        for name, learned, init in (("gamma", scale, gamma_initializer), ("beta", center, beta_initializer)):
            req, shape = "write" if learned else "null", (num_groups,)
            setattr(self, name, self.params.get(name, grad_req=req, shape=shape, init=init, allow_deferred_init=True))

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:  # noqa: N803
        return F.GroupNorm(x, gamma, beta, num_groups=self._num_groups, eps=self._epsilon)

    def __repr__(self) -> str:
        return (
            f"GroupNorm(eps={self._epsilon}, num_groups={self._num_groups}, center={self._center}, scale={self._scale})"
        )
