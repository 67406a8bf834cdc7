"""`mxnet.init`: first values of parameters."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, make, nearest
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.random import default_generator
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.missing import refuse

_registry: dict[str, type[Initializer]] = {}
_aliases = {"zeros": "zero", "ones": "one"}


class InitDesc(str):
    """A parameter's name with what is known of it."""

    __slots__ = ("attrs", "global_init")
    attrs: dict[str, Any]
    global_init: Any

    def __new__(cls, name: str, attrs: dict[str, Any] | None = None, global_init: Any = None) -> InitDesc:
        made = super().__new__(cls, name)
        made.attrs, made.global_init = attrs or {}, global_init
        return made


def register(klass: type[Initializer]) -> type[Initializer]:
    """Let `create` and layers find the class by its name in lower case."""
    _registry[klass.__name__.lower()] = klass
    return klass


def create(initializer: Any, **kwargs: Any) -> Initializer:
    """An initializer from itself, its name, or what `dumps` wrote."""
    if isinstance(initializer, Initializer):
        return initializer
    if callable(initializer) and not isinstance(initializer, str):
        return initializer  # type: ignore[no-any-return]  # Load and user functions are called as initializers are
    if isinstance(initializer, str) and initializer.startswith("["):
        name, kwargs = json.loads(initializer)
    else:
        name = initializer
    found = _registry.get(_aliases.get(str(name).lower(), str(name).lower()))
    if found is None:
        known = sorted({*_registry, *_aliases})
        message = f"init: {name!r} is no initializer; known: {', '.join(known)}.{nearest(str(name), known)}"
        raise make(ArgumentError, message, AssertionError)
    return found(**kwargs)


class Initializer:
    """Base of initializers: a subclass defines `_init_weight(name, array)`."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs

    def dumps(self) -> str:
        """The name and the arguments as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Initializer) and type(self) is type(other) and self._kwargs == other._kwargs

    __hash__ = object.__hash__

    def __call__(self, desc: Any, arr: NDArray) -> None:
        """Fill the array: by the parameter's own initializer, or by the ending of its name."""
        own = getattr(desc, "attrs", {}).get("__init__", "")
        if own:
            create(own)._init_weight(desc, arr)
            return
        for ending, value in _BY_ENDING.items():
            if desc.endswith(ending):
                arr[:] = value
                return
        if not desc.endswith("weight"):
            message = (
                f"init: the name {str(desc)!r} does not say how to start it; names end in weight, bias, gamma, beta, "
                "running_mean or running_var, or the parameter has an init of its own"
            )
            raise make(ArgumentError, message)
        self._init_weight(desc, arr)

    def _init_weight(self, name: Any, arr: NDArray) -> None:
        values = self._values(arr.shape)
        arr[:] = values

    def _values(self, shape: tuple[int, ...]) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define _init_weight")


_BY_ENDING = {
    "bias": 0.0, "gamma": 1.0, "beta": 0.0, "running_mean": 0.0, "moving_mean": 0.0, "running_var": 1.0,
    "moving_var": 1.0, "moving_inv_var": 0.0, "moving_avg": 0.0,
}  # fmt: skip


@register
class Zero(Initializer):
    """0 everywhere."""

    def _values(self, shape: tuple[int, ...]) -> Any:
        return 0.0


@register
class One(Initializer):
    """1 everywhere."""

    def _values(self, shape: tuple[int, ...]) -> Any:
        return 1.0


@register
class Constant(Initializer):
    """One value everywhere, or an array."""

    def __init__(self, value: Any) -> None:
        super().__init__(value=value)
        self.value = value

    def _values(self, shape: tuple[int, ...]) -> Any:
        return self.value

    def dumps(self) -> str:
        value = self.value.numpy() if isinstance(self.value, Tensor) else self.value
        return json.dumps(["constant", {"value": value.tolist() if isinstance(value, np.ndarray) else value}])


@register
class Uniform(Initializer):
    """Uniform in [-scale, scale)."""

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _values(self, shape: tuple[int, ...]) -> Any:
        return default_generator.uniform(shape, -self.scale, self.scale)


@register
class Normal(Initializer):
    """Normal with mean 0 and standard deviation sigma."""

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _values(self, shape: tuple[int, ...]) -> Any:
        return default_generator.normal(shape, 0.0, self.sigma)


@register
class Orthogonal(Initializer):
    """A matrix with orthonormal rows or columns, times scale (arXiv:1312.6120)."""

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        self.scale, self.rand_type = scale, rand_type

    def _values(self, shape: tuple[int, ...]) -> Any:
        size = (shape[0], math.prod(shape[1:]))
        if self.rand_type == "uniform":
            drawn = default_generator.uniform(size, -1.0, 1.0, "float64")
        else:
            drawn = default_generator.normal(size, 0.0, 1.0, "float64")
        u, _, v = np.linalg.svd(drawn, full_matrices=False)
        return (self.scale * (u if u.shape == size else v)).reshape(shape)


@register
class Xavier(Initializer):
    """Zero mean, spread sqrt(magnitude / fan) with the fan in, out or their average (Glorot and Bengio 2010)."""

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type, self.factor_type, self.magnitude = rnd_type, factor_type, float(magnitude)

    def _values(self, shape: tuple[int, ...]) -> Any:
        if len(shape) < 2:
            raise make(ArgumentError, f"init: Xavier needs a weight with two axes or more, got shape {shape}")
        field = math.prod(shape[2:])
        fan_in, fan_out = shape[1] * field, shape[0] * field
        fans = {"avg": (fan_in + fan_out) / 2, "in": fan_in, "out": fan_out}
        if self.factor_type not in fans or self.rnd_type not in ("uniform", "gaussian"):
            message = (
                f"init: factor_type={self.factor_type!r}, rnd_type={self.rnd_type!r}; expected avg, in or out, and "
                "uniform or gaussian"
            )
            raise make(ArgumentError, message)
        scale = math.sqrt(self.magnitude / fans[self.factor_type])
        if self.rnd_type == "uniform":
            return default_generator.uniform(shape, -scale, scale)
        return default_generator.normal(shape, 0.0, scale)


@register
class MSRAPrelu(Xavier):
    """Xavier, normal, with magnitude 2 / (1 + slope ** 2) (He et al. 2015)."""

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


@register
class Bilinear(Initializer):
    """The kernel that enlarges images by linear interpolation."""

    def _values(self, shape: tuple[int, ...]) -> Any:
        f = math.ceil(shape[3] / 2.0)
        c = (2 * f - 1 - f % 2) / (2.0 * f)
        line = 1 - np.abs(np.arange(shape[3]) / f - c)
        column = 1 - np.abs(np.arange(shape[2]) / f - c)
        return np.broadcast_to(column[:, None] * line, shape)


@register
class LSTMBias(Initializer):
    """0, but forget_bias for the second of the four gates."""

    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _values(self, shape: tuple[int, ...]) -> Any:
        values = np.zeros(shape)
        quarter = shape[0] // 4
        values[quarter : 2 * quarter] = self.forget_bias
        return values


def alias(*names: str) -> Callable[[type[Initializer]], type[Initializer]]:
    """Let `create` find the class under further names."""

    def decorate(klass: type[Initializer]) -> type[Initializer]:
        _aliases.update({name.lower(): klass.__name__.lower() for name in names})
        return klass

    return decorate


_REFUSED = dict.fromkeys(("Mixed", "Load", "FusedRNN"), "give each parameter its own init")
__getattr__ = refuse("mxnet.initializer", globals(), _REFUSED)
