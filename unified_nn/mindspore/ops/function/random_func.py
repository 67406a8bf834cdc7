"""Random tensors, from the one stream that `mindspore.set_seed` starts; the numbers are not MindSpore's own."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import NotOfferedError, make
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.ops.arguments import shape_of, sizes_of, told
from unified_nn.random import default_generator


def _no_seed(seed: Any, where: str) -> None:
    if seed is not None:
        raise make(NotOfferedError, f"mindspore.{where}: a seed of its own is not offered; use mindspore.set_seed")


def _dtype(dtype: Any, where: str) -> str:
    return "float32" if dtype is None else mstype.to_canonical(dtype, f"{where}: dtype").name


def rand(*size: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Uniform in [0, 1)."""
    _no_seed(seed, "ops.rand")
    return Tensor.from_numpy(default_generator.uniform(sizes_of(size, "ops.rand"), dtype=_dtype(dtype, "ops.rand")))


def randn(*size: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Standard normal."""
    _no_seed(seed, "ops.randn")
    return Tensor.from_numpy(default_generator.normal(sizes_of(size, "ops.randn"), dtype=_dtype(dtype, "ops.randn")))


def randint(low: int, high: int, size: Any, seed: Any = None, *, dtype: Any = None) -> Tensor:
    """Whole numbers in [low, high), int64 by default."""
    _no_seed(seed, "ops.randint")
    values = default_generator.integers(shape_of(size, "ops.randint"), low, high)
    return Tensor.from_numpy(values, "int64" if dtype is None else mstype.to_canonical(dtype, "ops.randint: dtype"))


@told
def randperm(n: int, seed: int = 0, offset: int = 0, dtype: Any = mstype.int64) -> Tensor:
    """0 ... n - 1 in random order."""
    if seed or offset:
        raise make(NotOfferedError, "mindspore.ops.randperm: seed and offset are not offered; use mindspore.set_seed")
    return Tensor.from_numpy(default_generator.permutation(n), mstype.to_canonical(dtype, "ops.randperm: dtype"))


def normal(shape: Any, mean: Any, stddev: Any, seed: Any = None) -> Tensor:
    """Normal with numbers, or tensors that broadcast, as mean and standard deviation."""
    _no_seed(seed, "ops.normal")
    drawn = Tensor.from_numpy(default_generator.normal(shape_of(shape, "ops.normal")))
    made: Any = drawn * stddev + mean
    return made  # type: ignore[no-any-return]


def standard_normal(shape: Any, seed: Any = None) -> Tensor:
    """Standard normal."""
    return randn(shape_of(shape, "ops.standard_normal"), seed=seed)


def uniform(shape: Any, minval: Any, maxval: Any, seed: Any = None, dtype: Any = mstype.float32) -> Tensor:
    """Uniform in [minval, maxval)."""
    _no_seed(seed, "ops.uniform")
    name = mstype.to_canonical(dtype, "ops.uniform: dtype").name
    drawn = default_generator.uniform(shape_of(shape, "ops.uniform"), float(minval), float(maxval), name)
    return Tensor.from_numpy(drawn)


__all__ = ["normal", "rand", "randint", "randn", "randperm", "standard_normal", "uniform"]
