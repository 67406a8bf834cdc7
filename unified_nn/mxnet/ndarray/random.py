"""`nd.random`: draws from the project's own stream, which is the same on every backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.context import Context
from unified_nn.mxnet.dtypes import resolve
from unified_nn.mxnet.ndarray.creation import shape_of
from unified_nn.mxnet.ndarray.function import FUNCTIONS, define, told
from unified_nn.mxnet.ndarray.ndarray import NDArray, place
from unified_nn.ops.index import take
from unified_nn.random import default_generator
from unified_nn.tensor import Tensor

Array = np.ndarray[Any, Any]
Draw = Callable[..., Array]


def _shape(title: str, shape: Any) -> tuple[int, ...]:
    return (1,) if shape is None or shape == () else shape_of(title, shape)


def _drawn(
    title: str, draw: Draw, first: Any, second: Any, shape: Any, dtype: object, ctx: Context | None, out: Any
) -> NDArray:
    """Draws of the shape; where the parameters are arrays, draws of the shape for each of their elements."""
    wanted = resolve(dtype)
    if out is not None and shape is None:
        shape = out._shape
    if isinstance(first, Tensor) or isinstance(second, Tensor):
        a, b = np.broadcast_arrays(np.asarray(first), np.asarray(second))
        inner = () if shape is None else shape_of(title, shape)
        parts = [draw(float(x), float(y), inner or (1,)) for x, y in zip(a.ravel(), b.ravel(), strict=True)]
        values = np.stack(parts).reshape(a.shape + inner)
    else:
        values = draw(first, second, _shape(title, shape))
    made = place(values, wanted, ctx)
    if out is None:
        return made
    out[:] = made
    return out  # type: ignore[no-any-return]


def uniform(
    low: Any = 0, high: Any = 1, shape: Any = None, dtype: object = None, ctx: Context | None = None, out: Any = None
) -> NDArray:
    """Uniform in [low, high)."""
    return _drawn(
        "uniform", lambda a, b, s: default_generator.uniform(s, a, b, "float64"), low, high, shape, dtype, ctx, out
    )


def normal(
    loc: Any = 0, scale: Any = 1, shape: Any = None, dtype: object = None, ctx: Context | None = None, out: Any = None
) -> NDArray:
    """Normal with mean loc and standard deviation scale."""
    return _drawn(
        "normal", lambda a, b, s: default_generator.normal(s, a, b, "float64"), loc, scale, shape, dtype, ctx, out
    )


def randn(*shape: int, loc: Any = 0, scale: Any = 1, dtype: object = None, ctx: Context | None = None) -> NDArray:
    """Normal, the shape given one size after the other."""
    return normal(loc, scale, shape or (1,), dtype, ctx)


def exponential(
    scale: Any = 1, shape: Any = None, dtype: object = None, ctx: Context | None = None, out: Any = None
) -> NDArray:
    """Exponential with the mean `scale`."""

    def draw(mean: float, _: float, size: Any) -> Array:
        values: Array = -mean * np.log1p(-default_generator.uniform(size, 0.0, 1.0, "float64"))
        return values

    return _drawn("exponential", draw, scale, 0, shape, dtype, ctx, out)


def randint(
    low: int, high: int, shape: Any = None, dtype: object = "int32", ctx: Context | None = None, out: Any = None
) -> NDArray:
    """Whole numbers in [low, high)."""
    values = default_generator.integers(_shape("randint", shape), int(low), int(high))
    made = place(values, resolve(dtype), ctx)
    if out is None:
        return made
    out[:] = made
    return out  # type: ignore[no-any-return]


def multinomial(data: Tensor, shape: Any = None, get_prob: bool = False, dtype: object = "int32") -> Any:
    """Places drawn with the probabilities along the last axis; with get_prob also the logarithms of those."""
    chances = data.numpy().astype(np.float64)
    rows = chances.reshape(-1, chances.shape[-1])
    inner = () if shape is None else shape_of("multinomial", shape)
    count = int(np.prod(inner, dtype=np.int64))
    u = default_generator.uniform((len(rows), count), 0.0, 1.0, "float64")
    drawn = np.stack([np.searchsorted(np.cumsum(row), line, side="right") for row, line in zip(rows, u, strict=True)])
    drawn = np.minimum(drawn, rows.shape[1] - 1)
    size = chances.shape[:-1] + inner or (1,)
    places = place(drawn.reshape(size), resolve(dtype), None)
    if not get_prob:
        return places
    logs = np.log(np.take_along_axis(rows, drawn, 1)).reshape(size)
    return [places, place(logs, data._dtype, None)]


def shuffle(data: Tensor, out: Any = None) -> Tensor:
    """The slices along the first axis in random order."""
    order = default_generator.permutation(data._shape[0])
    made = take(data, Tensor.from_numpy(order, "int64", data.backend, data._device), axis=0)
    if out is None:
        return made
    out[:] = made
    return out  # type: ignore[no-any-return]


def _like(draw: Callable[..., NDArray]) -> Callable[..., NDArray]:
    def call(data: Tensor, *args: Any, **kwargs: Any) -> NDArray:
        return draw(*args, shape=data._shape, dtype=data._dtype.name, **kwargs)

    return call


uniform_like, normal_like = _like(uniform), _like(normal)


def _at_top() -> None:
    """The names that `mxnet.nd` has for these functions as well."""
    table: dict[tuple[str, ...], Callable[..., Any]] = {
        ("random_uniform", "uniform"): uniform, ("random_normal", "normal"): normal,
        ("random_exponential",): exponential, ("random_randint",): randint, ("sample_multinomial",): multinomial,
        ("shuffle",): shuffle,
    }  # fmt: skip
    for names, function in table.items():
        for name in names:
            FUNCTIONS[name] = told(name, function)


_at_top()


@define("sample_uniform")
def sample_uniform(low: Tensor, high: Tensor, shape: Any = None, dtype: object = None) -> NDArray:
    """Uniform draws for each element of low and high."""
    return uniform(low, high, shape, dtype)


@define("sample_normal")
def sample_normal(mu: Tensor, sigma: Tensor, shape: Any = None, dtype: object = None) -> NDArray:
    """Normal draws for each element of mu and sigma."""
    return normal(mu, sigma, shape, dtype)


def __getattr__(name: str) -> Any:
    if name in ("gamma", "poisson", "negative_binomial", "generalized_negative_binomial"):
        message = f"mxnet.nd.random.{name} is not offered; draw with NumPy and give the values to nd.array"
        raise failure(ArgumentError, "random", message, AttributeError)
    raise AttributeError(f"module 'mxnet.ndarray.random' has no attribute {name!r}")
