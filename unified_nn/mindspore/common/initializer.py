"""Initial values as MindSpore says them: classes, their names as strings, and `initializer(...)`."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from unified_nn import init
from unified_nn.errors import ArgumentError, InputTypeError, make
from unified_nn.init import Array, Shape
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.random import RandomStream, default_generator
from unified_nn.vocabulary.signatures import bound

Maker = Callable[["Initializer"], init.Initializer]


class Initializer:
    """Base of the initializers: `canonical()` is what it means; a subclass may instead write `_initialize(array)`."""

    #: The arguments as MindSpore's signature has them.
    arguments: ClassVar[inspect.Signature | None] = None

    def __init_subclass__(cls, args: str | None = None) -> None:
        if args is not None:
            space: dict[str, Any] = {}
            exec(f"def row({args}): ...", space)  # the text is the project's own
            cls.arguments = inspect.signature(space["row"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given: dict[str, Any] = kwargs
        if self.arguments is not None:
            given = bound(f"{type(self).__name__}.__init__", self.arguments, args, kwargs)
        elif args:
            raise make(
                InputTypeError,
                f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given",
            )
        self._kwargs = given
        self.__dict__.update(given)

    def __repr__(self) -> str:
        return f"<mindspore.common.initializer.{type(self).__name__} object at {id(self):#x}>"

    def canonical(self) -> init.Initializer:
        """The neutral initializer."""
        raise NotImplementedError

    def _initialize(self, arr: Array) -> None:
        """Fill the array; what a user's own initializer overrides."""
        arr[...] = self.canonical()(arr.shape, default_generator, arr.dtype.name)

    def __call__(self, arr: Array) -> None:
        self._initialize(arr)

    def draw(self, shape: Shape, stream: RandomStream, dtype: str = "float32") -> Array:
        """The values for a new parameter."""
        if type(self)._initialize is not Initializer._initialize:
            made = np.zeros(shape, dtype)
            self._initialize(made)
            return made
        return self.canonical()(shape, stream, dtype)


def row(name: str, args: str, meaning: Callable[..., init.Initializer], doc: str) -> type[Initializer]:
    """A subclass of Initializer from its signature and its meaning."""

    def canonical(self: Initializer) -> init.Initializer:
        return meaning(**self._kwargs)

    members = {"canonical": canonical, "__doc__": doc, "__module__": __name__}
    return type(name, (Initializer,), members, args=args)


def _gain(nonlinearity: str, slope: Any) -> float:
    """The factor that keeps the variance through this activation (arXiv:1502.01852)."""
    fixed = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2.0)}
    fixed |= dict.fromkeys(("conv1d", "conv2d", "conv3d"), 1.0)
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1 + (0.01 if slope is None else slope) ** 2))
    if nonlinearity not in fixed:
        raise make(ArgumentError, f"nonlinearity={nonlinearity!r} is not one of {', '.join(fixed)}, leaky_relu")
    return fixed[nonlinearity]


def _he(kind: Any) -> Callable[..., init.Initializer]:
    def meaning(negative_slope: float, mode: str, nonlinearity: str) -> init.Initializer:
        if mode not in ("fan_in", "fan_out"):
            raise make(ArgumentError, f"mode={mode!r} is not one of 'fan_in', 'fan_out'")
        fan: Any = mode.removeprefix("fan_")
        return init.Scaled(_gain(nonlinearity, negative_slope) ** 2, fan, kind)

    return meaning


Normal = row("Normal", "sigma=0.01, mean=0.0", lambda sigma, mean: init.Normal(sigma, mean), "N(mean, sigma ** 2).")
Uniform = row("Uniform", "scale=0.07", lambda scale: init.Uniform(-scale, scale), "U(-scale, scale).")
TruncatedNormal = row(
    "TruncatedNormal", "sigma=0.01, mean=0.0, a=-2.0, b=2.0",
    lambda sigma, mean, a, b: init.TruncatedNormal(sigma, mean, (a - mean) / sigma, (b - mean) / sigma),
    "N(mean, sigma ** 2) within [a, b].",
)  # fmt: skip
HeUniform = row(
    "HeUniform", "negative_slope=0, mode='fan_in', nonlinearity='leaky_relu'", _he("uniform"),
    "U(-b, b) with b = gain * sqrt(3 / fan).",
)  # fmt: skip
HeNormal = row(
    "HeNormal", "negative_slope=0, mode='fan_in', nonlinearity='leaky_relu'", _he("normal"),
    "N(0, gain ** 2 / fan).",
)  # fmt: skip
XavierUniform = row(
    "XavierUniform", "gain=1", lambda gain: init.Scaled(gain**2, "average", "uniform"),
    "U(-b, b) with b = gain * sqrt(6 / (fan_in + fan_out)).",
)  # fmt: skip
XavierNormal = row(
    "XavierNormal", "gain=1", lambda gain: init.Scaled(gain**2, "average", "normal"),
    "N(0, 2 * gain ** 2 / (fan_in + fan_out)).",
)  # fmt: skip
One = row("One", "", lambda: init.ONES, "1 everywhere.")
Zero = row("Zero", "", lambda: init.ZEROS, "0 everywhere.")
Constant = row("Constant", "value", lambda value: init.Constant(value), "One value everywhere.")
Orthogonal = row(
    "Orthogonal", "gain=1.0", lambda gain: init.Orthogonal(gain), "Orthonormal rows or columns, times gain."
)


class Identity(Initializer, args=""):
    """1 on the diagonal of a matrix, 0 elsewhere."""

    def _initialize(self, arr: Array) -> None:
        if arr.ndim != 2:
            raise make(ArgumentError, f"Identity fills a matrix, got shape {arr.shape}")
        arr[...] = np.eye(arr.shape[0], arr.shape[1])


class Dirac(Initializer, args="groups=1"):
    """A convolution weight that passes its first channels through."""

    groups: int

    def _initialize(self, arr: Array) -> None:
        if not 3 <= arr.ndim <= 5 or arr.shape[0] % self.groups:
            message = (
                f"Dirac needs a weight of rank 3 to 5 whose first axis groups={self.groups} divides, got {arr.shape}"
            )
            raise make(ArgumentError, message)
        arr[...] = 0
        each = arr.shape[0] // self.groups
        centre = tuple(s // 2 for s in arr.shape[2:])
        for group in range(self.groups):
            for i in range(min(each, arr.shape[1])):
                arr[(group * each + i, i, *centre)] = 1


class Sparse(Initializer, args="sparsity, sigma=0.01"):
    """N(0, sigma ** 2) in a matrix of which the share `sparsity` of every column is 0."""

    sparsity: float
    sigma: float

    def _initialize(self, arr: Array) -> None:
        if arr.ndim != 2:
            raise make(ArgumentError, f"Sparse fills a matrix, got shape {arr.shape}")
        rows, columns = arr.shape
        arr[...] = default_generator.normal(arr.shape, 0.0, self.sigma, arr.dtype.name)
        for column in range(columns):
            arr[default_generator.permutation(rows)[: math.ceil(self.sparsity * rows)], column] = 0


class VarianceScaling(Initializer, args="scale=1.0, mode='fan_in', distribution='truncated_normal'"):
    """Zero mean and variance scale / fan, by one of three distributions."""

    scale: float
    mode: str
    distribution: str

    def canonical(self) -> init.Initializer:
        fan: Any = {"fan_in": "in", "fan_out": "out", "fan_avg": "average"}.get(self.mode)
        kind: Any = {"uniform": "uniform", "untruncated_normal": "normal"}.get(self.distribution)
        if self.scale <= 0 or fan is None or self.distribution not in (
            "uniform", "untruncated_normal", "truncated_normal",
        ):  # fmt: skip
            message = f"VarianceScaling: scale={self.scale}, mode={self.mode!r}, distribution={self.distribution!r}"
            raise make(ArgumentError, f"{message} is not a combination that it has")
        return init.Scaled(self.scale, fan, kind) if kind else _Truncated(self.scale, fan)


class _Truncated:
    """A truncated normal whose variance is scale / fan after the cut at two standard deviations."""

    #: The standard deviation of a standard normal cut at -2 and 2.
    CUT = 0.87962566103423978

    def __init__(self, scale: float, fan: str) -> None:
        self.scale, self.fan = scale, fan

    def __call__(self, shape: Shape, stream: RandomStream, dtype: str = "float32") -> Array:
        fan_in, fan_out = init.fans(shape)
        count = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}[self.fan]
        return init.TruncatedNormal(math.sqrt(self.scale / max(count, 1)) / self.CUT)(shape, stream, dtype)


_ALIASES: dict[str, type[Initializer]] = {
    "zero": Zero, "zeros": Zero, "one": One, "ones": One, "normal": Normal, "uniform": Uniform,
    "truncatednormal": TruncatedNormal, "xaviernormal": XavierNormal, "xavier_normal": XavierNormal,
    "xavieruniform": XavierUniform, "xavier_uniform": XavierUniform, "henormal": HeNormal, "he_normal": HeNormal,
    "heuniform": HeUniform, "he_uniform": HeUniform, "identity": Identity, "sparse": Sparse, "dirac": Dirac,
    "orthogonal": Orthogonal, "variancescaling": VarianceScaling,
}  # fmt: skip


def named(init_: Any) -> Initializer:
    """The initializer that a string, a number or an Initializer means."""
    if isinstance(init_, Initializer):
        return init_
    if isinstance(init_, str):
        found = _ALIASES.get(init_.lower())
        if found is None:
            message = f"the class corresponding to {init_!r} was not found; known: {', '.join(_ALIASES)}"
            raise make(ArgumentError, message, ValueError, "initializer")
        return found()
    if isinstance(init_, (int, float)):
        return Constant(init_)
    message = f"init must be a Tensor, a string, a number or an Initializer, got {type(init_).__name__}"
    raise make(ArgumentError, message, TypeError, "initializer")


def initializer(init: Any, shape: Any = None, dtype: mstype.Type = mstype.float32) -> Tensor:
    """A tensor of this shape whose values are drawn by `init_data()`, or when it becomes a Parameter."""
    if isinstance(init, Tensor):
        if shape is not None and init.shape != _plain(shape):
            message = f"the shape of the tensor 'init' is {init.shape}, but 'shape' is {_plain(shape)}"
            raise make(ArgumentError, message, ValueError, "initializer")
        return init
    drawn = named(init)
    return Tensor(shape=(1,) if shape is None else _plain(shape), dtype=dtype, init=drawn)


def _plain(shape: Any) -> Shape:
    return (shape,) if isinstance(shape, int) else tuple(int(s) for s in shape)


__all__ = [
    "Constant", "Dirac", "HeNormal", "HeUniform", "Identity", "Initializer", "Normal", "One", "Orthogonal", "Sparse",
    "TruncatedNormal", "Uniform", "VarianceScaling", "XavierNormal", "XavierUniform", "Zero", "initializer",
]  # fmt: skip
