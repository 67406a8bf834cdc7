"""Elementwise ops on torch tensors. A Python number becomes a 0-d tensor where torch takes tensors only."""

from __future__ import annotations

import operator
from typing import Any

import torch

from unified_nn.backend import Function
from unified_nn.dtypes import DType

Array = Any


def scalar(value: Any, like: Array) -> Array:
    return torch.scalar_tensor(value, dtype=like.dtype, device=like.device)


def on_tensors(function: Function) -> Function:
    """The function of two tensors, for a tensor and a Python number too."""

    def call(x: Any, y: Any) -> Array:
        if not isinstance(x, torch.Tensor):
            x = scalar(x, y)
        elif not isinstance(y, torch.Tensor):
            y = scalar(y, x)
        return function(x, y)

    return call


def floor_div(x: Any, y: Any) -> Array:
    return torch.div(x, y, rounding_mode="floor")


def clip(x: Array, *, low: float | None, high: float | None) -> Array:
    if not x.is_floating_point():  # torch would answer with floats
        low, high = (None if v is None else scalar(v, x) for v in (low, high))
    return torch.clamp(x, low, high)


def cast(x: Array, *, dtype: DType) -> Array:
    return x.to(getattr(torch, dtype.name), copy=True)


def where(c: Array, x: Any, y: Any) -> Array:
    if isinstance(x, torch.Tensor):
        return torch.where(c, x, y if isinstance(y, torch.Tensor) else scalar(y, x))
    if isinstance(y, torch.Tensor):
        return torch.where(c, scalar(x, y), y)
    return torch.where(c, float(x), float(y)).to(torch.float32)


FUNCTIONS: dict[str, Function] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": on_tensors(torch.div),  # number / tensor is number * reciprocal(tensor) in torch, which overflows early
    "pow": operator.pow,
    "floor_div": on_tensors(floor_div),
    "mod": on_tensors(torch.remainder),
    "fmod": on_tensors(torch.fmod),
    "maximum": on_tensors(torch.maximum),
    "minimum": on_tensors(torch.minimum),
    "arctan2": on_tensors(torch.atan2),
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "logical_and": on_tensors(torch.logical_and),
    "logical_or": on_tensors(torch.logical_or),
    "logical_xor": on_tensors(torch.logical_xor),
    "logical_not": torch.logical_not,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
    "bitwise_not": torch.bitwise_not,
    "isnan": torch.isnan,
    "isinf": torch.isinf,
    "isfinite": torch.isfinite,
    "neg": torch.neg,
    "abs": torch.abs,
    "sign": torch.sign,
    "exp": torch.exp,
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "log2": torch.log2,
    "log10": torch.log10,
    "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt,
    "square": torch.square,
    "reciprocal": torch.reciprocal,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "arcsin": torch.asin,
    "arccos": torch.acos,
    "arctan": torch.atan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "erf": torch.erf,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "trunc": torch.trunc,
    "round": torch.round,
    "select": torch.where,
    "where": where,
    "clip": clip,
    "cast": cast,
}
