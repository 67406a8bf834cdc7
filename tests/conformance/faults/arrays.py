"""Faults of traps 42 to 54, 56, 57 and 59: reductions, dtypes, shapes, pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from faults.fault import Patch, default, fault
from unified_nn.mindspore import nn as ms
from unified_nn.mindspore import ops as ms_ops
from unified_nn.mindspore.nn.layer import normalization
from unified_nn.mindspore.ops.function import image_func
from unified_nn.mxnet import nd
from unified_nn.mxnet.gluon import nn as mx
from unified_nn.mxnet.gluon.data.vision import transforms
from unified_nn.mxnet.ndarray import elementwise, indexing, reduce, shape
from unified_nn.ops import elementwise as ops
from unified_nn.torch.operations import reduction
from unified_nn.vocabulary.rules import spread

default(42, ms_ops.std, ddof=1)
default(51, mx.Dense, flatten=False)
default(53, nd.contrib.BilinearResize2D, align_corners=False)
default(56, nd.topk, ret_typ="value")


@fault(43)
def argmax_of_integers(patch: Patch) -> None:
    original = nd.argmax
    patch.setattr(nd, "argmax", lambda *args, **more: original(*args, **more).astype("int64"))


@fault(44)
def arrays_keep_their_dtype(patch: Patch) -> None:
    original = nd.array

    def array(values: Any, ctx: Any = None, dtype: Any = None) -> Any:
        kept = np.asarray(values).dtype.name if dtype is None and not isinstance(values, nd.NDArray) else dtype
        return original(values, ctx, kept)

    patch.setattr(nd, "array", array)


@fault(45)
def true_division(patch: Patch) -> None:
    def quotient(x: Any, y: Any) -> Any:
        return ops.div(*(ops.cast(v, dtype=elementwise.float64) for v in (x, y)))

    patch.setattr(elementwise, "_whole_quotient", quotient)


@fault(46)
def mixed_dtypes_promote(patch: Patch) -> None:
    patch.setattr(elementwise, "same_dtype", lambda title, x, y: None)


@fault(47)
def comparisons_give_bool(patch: Patch) -> None:
    patch.setattr(nd.NDArray, "__gt__", lambda x, y: ops.greater(x, y))


@fault(48)
def halves_to_even(patch: Patch) -> None:
    patch.setattr(elementwise, "_rounded", ops.round_)


@fault(49)
def sums_stay_narrow(patch: Patch) -> None:
    patch.setattr(reduction, "_summable", lambda x, dtype: x)


@fault(50)
def no_axes_left(patch: Patch) -> None:
    patch.setattr(reduce, "at_least_1d", lambda x: x)


@fault(52)
def zero_is_a_size(patch: Patch) -> None:
    original = shape.reshape_codes

    def codes(old: Any, wanted: Any, reverse: bool = False) -> Any:
        return tuple(wanted) if 0 in wanted else original(old, wanted, reverse)

    for module in (shape, indexing):  # the function and the method
        patch.setattr(module, "reshape_codes", codes)


@fault(54)
def alpha_is_divided(patch: Patch) -> None:
    original = image_func.lrn

    def lrn(x: Any, radius: int, bias: float, alpha: float, beta: float) -> Any:
        return original(x, radius, bias, alpha / (2 * radius + 1), beta)

    patch.setattr(normalization, "lrn", lrn)


@fault(57)
def computed_behind(patch: Patch) -> None:
    def construct(self: Any, x: Any) -> Any:
        return replace(self.layer, extra=spread(self.output_padding, 2, "output_padding")).forward(self, x)

    patch.setattr(ms.Conv2dTranspose, "construct", construct)


@fault(59)
def channels_stay_last(patch: Patch) -> None:
    patch.setattr(transforms.ToTensor, "hybrid_forward", lambda self, F, x: x.astype("float32") / 255.0)
