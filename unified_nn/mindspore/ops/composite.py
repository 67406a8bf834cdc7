"""Gradient operations and tensor functions under their older names."""

from __future__ import annotations

import functools
import math
from typing import Any

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.mindspore.ops.arguments import tensor, told
from unified_nn.mindspore.ops.function.grad import GradOperation
from unified_nn.mindspore.ops.function.math_func import clip_by_value
from unified_nn.mindspore.ops.function.reduce_func import norm
from unified_nn.ops import elementwise as el
from unified_nn.ops import reduce
from unified_nn.vocabulary.missing import refuse


@told
def clip_by_global_norm(x: Any, clip_norm: float = 1.0, use_norm: Any = None) -> Any:
    """A tensor, or several, scaled so that the norm of all together is at most clip_norm."""
    alone = isinstance(x, core.Tensor)
    parts = [tensor(part, "ops.clip_by_global_norm") for part in ([x] if alone else x)]
    if clip_norm <= 0:
        message = f"the 'clip_norm' must be > 0, but got {clip_norm}"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.clip_by_global_norm")
    if use_norm is not None:
        message = f"the 'use_norm' must be None, but got {use_norm}"
        raise make(ArgumentError, message, ValueError, "mindspore.ops.clip_by_global_norm")
    total: Any = 0.0
    for part in parts:
        total = el.add(reduce.sum_(el.square(part)), total)
    factor = el.div(clip_norm, el.maximum(el.sqrt(total), clip_norm))
    clipped = tuple(el.mul(part, factor) for part in parts)
    return clipped[0] if alone else clipped


def clip_by_norm(x: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False) -> Any:
    """Tensors times max_norm / (the norm of all together + 1e-6), unless that is 1 or more; a tensor or several."""
    alone = isinstance(x, core.Tensor)
    parts = [tensor(part, "ops.clip_by_norm") for part in ([x] if alone else x)]
    if norm_type == math.inf:
        total: Any = functools.reduce(el.maximum, [reduce.max_(el.abs_(part)) for part in parts])
    elif norm_type == 2:
        total = el.sqrt(functools.reduce(el.add, [reduce.sum_(el.square(part)) for part in parts]))
    else:  # MindSpore computes something of its own for these
        message = f"norm_type={norm_type} is not offered; 2.0 and inf are"
        raise make(NotOfferedError, message, None, "mindspore.ops.clip_by_norm")
    if error_if_nonfinite and not math.isfinite(float(total)):
        message = f"the total norm of order {norm_type} from input is non-finite"
        raise make(ArgumentError, message, RuntimeError, "mindspore.ops.clip_by_norm")
    factor = el.div(max_norm, el.add(total, 1e-6))
    if not float(factor) < 1:
        return x
    clipped = tuple(el.mul(part, factor) for part in parts)
    return clipped[0] if alone else clipped


class HyperMap:
    """A function on each item of tuples or lists."""

    def __init__(self, ops: Any = None, reverse: bool = False) -> None:
        self.ops, self.reverse = ops, reverse

    def __call__(self, *args: Any) -> Any:
        function, sequences = (self.ops, args) if self.ops is not None else (args[0], args[1:])
        if not isinstance(sequences[0], (tuple, list)):
            return function(*sequences)
        pairs = list(zip(*sequences, strict=True))
        made = [self._on(function, items) for items in (pairs[::-1] if self.reverse else pairs)]
        return type(sequences[0])(made[::-1] if self.reverse else made)

    def _on(self, function: Any, items: tuple[Any, ...]) -> Any:
        return HyperMap(function, self.reverse)(*items)


Map = HyperMap
__all__ = ["GradOperation", "HyperMap", "Map", "clip_by_global_norm", "clip_by_norm", "clip_by_value", "norm"]
__getattr__ = refuse(__name__, __all__)
