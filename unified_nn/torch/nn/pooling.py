"""Pooling layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from unified_nn.layers import pool
from unified_nn.torch.define import tensor_argument
from unified_nn.torch.nn import functional
from unified_nn.torch.nn.functions.pooling import (
    adaptive,
    check_input,
    check_windows,
    max_grad_fn,
    pads_of,
    strides,
)  # fmt: skip
from unified_nn.torch.nn.functions.sizes import sizes, sizes_rule
from unified_nn.torch.nn.layer import Layer
from unified_nn.torch.nn.module import Module
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.entry import RuleMaker
from unified_nn.vocabulary.rules import Inexpressible, Rule, computed, mapped

ROUNDING = mapped("ceil_mode", {False: "floor", True: "ceil_inside"})


def stride_rule(rank: int) -> Rule:
    """`stride`, the kernel's size where it is None."""

    def read(stride: Any, kernel: Any) -> Any:
        return strides(stride, sizes(kernel, rank, "kernel_size"))

    return computed(("stride", "kernel_size"), read, lambda v: {"stride": v[0] if len(set(v)) == 1 else v})


def pads_rule(*dilation: str) -> RuleMaker:
    """`padding`, at most half of the kernel; with the name of the argument `dilation` where there is one."""

    def write(pads: Any) -> dict[str, Any]:
        if pads == "same" or any(lo != hi for lo, hi in pads):
            raise Inexpressible(f"padding is symmetric, cannot say {pads!r}")
        found = tuple(lo for lo, _ in pads)
        return {"padding": found[0] if len(set(found)) == 1 else found}

    def of_rank(rank: int) -> Rule:
        def read(padding: Any, kernel: Any, dilation: Any = 1) -> Any:
            return pads_of(padding, sizes(kernel, rank, "kernel_size"), sizes(dilation, rank, "dilation"))

        return computed(("padding", "kernel_size", *dilation), read, write)

    return of_rank


class _Window(Layer):
    """A layer that PyTorch records alike with and without a batch axis."""

    to: ClassVar[Any]
    kind: ClassVar[str]

    def check(self, given: Mapping[str, Any]) -> None:
        check_windows(given, self.rank or 0)

    def forward(self, input: Any, *others: Any) -> Any:
        """The windows of the input."""
        x = tensor_argument(type(self).__name__, input)
        layer = cast("pool.MaxPool | pool.AvgPool", self.layer)
        check_input(self.kind, x, self.rank or 0, layer.kernel, getattr(layer, "index", False))
        out = super().forward(x, *others)
        return self._labelled(out, x) if x.ndim == self.unbatched and self.rank != 1 else out


class _MaxPool(_Window, canonical=pool.MaxPool):
    args = "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False"
    to = {
        "kernel": sizes_rule("kernel_size"), "stride": stride_rule, "pads": pads_rule("dilation"),
        "dilation": sizes_rule("dilation"),
        "rounding": ROUNDING, "index": "return_indices",
    }  # fmt: skip
    shows = "kernel_size={kernel_size}, stride={stride}, padding={padding}, dilation={dilation}, ceil_mode={ceil_mode}"
    kind = "max"

    def keep(self, name: str, value: Any) -> Any:
        return self.arguments["kernel_size"] if name == "stride" and value is None else value

    def _labelled(self, out: Any, x: Tensor) -> Any:  # PyTorch's name depends on the rank
        if isinstance(out, tuple):
            return max_grad_fn(out[0], x, self.rank or 0), out[1]
        return max_grad_fn(out, x, self.rank or 0)


class MaxPool1d(_MaxPool, rank=1):
    """The largest value of each window of (N, C, L)."""

    unbatched = 2


class MaxPool2d(_MaxPool, rank=2):
    """The largest value of each window of (N, C, H, W)."""

    unbatched = 3


class MaxPool3d(_MaxPool, rank=3):
    """The largest value of each window of (N, C, D, H, W)."""

    unbatched = 4


class _AvgPool(_Window, canonical=pool.AvgPool):
    args = "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None"
    to = {
        "kernel": sizes_rule("kernel_size"), "stride": stride_rule, "pads": pads_rule(), "rounding": ROUNDING,
        "count_pad": "count_include_pad", "divisor": "divisor_override",
    }  # fmt: skip
    shows = "kernel_size={kernel_size}, stride={stride}, padding={padding}"
    kind = "avg"

    def keep(self, name: str, value: Any) -> Any:
        return self.arguments["kernel_size"] if name == "stride" and value is None else value


class AvgPool1d(_AvgPool, rank=1):
    """The mean of each window of (N, C, L)."""

    args = "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True"
    to = {name: rule for name, rule in _AvgPool.to.items() if name != "divisor"}
    grad_fn = "SqueezeBackward1"
    unbatched = 2

    def keep(self, name: str, value: Any) -> Any:
        """PyTorch keeps one-dimensional settings as tuples, in this class only."""
        value = super().keep(name, value)
        return sizes(value, 1, name) if name in ("kernel_size", "stride", "padding") else value


class AvgPool2d(_AvgPool, rank=2):
    """The mean of each window of (N, C, H, W)."""

    grad_fn = "AvgPool2DBackward0"
    unbatched = 3


class AvgPool3d(_AvgPool, rank=3):
    """The mean of each window of (N, C, D, H, W)."""

    grad_fn = "AvgPool3DBackward0"
    unbatched = 4


# ---- to a given size ----


def _size_rule(rank: int) -> Rule:
    """`output_size`: a size for all axes, or one each; None keeps an axis as it is."""

    def read(size: Any) -> Any:
        return tuple(size) if isinstance(size, (tuple, list)) else (size,) * rank

    return computed(("output_size",), read, lambda v: {"output_size": v[0] if len(set(v)) == 1 else v})


class _Adaptive(Layer):
    """A layer whose bins cover its input; wrong sizes are refused by the call, as in PyTorch."""

    args = "output_size"
    to = {"size": _size_rule}
    shows = "output_size={output_size}"
    kind = "avg"

    def forward(self, input: Any) -> Any:
        """The bins of the input."""
        x = tensor_argument(type(self).__name__, input)
        return adaptive(self.kind, x, self.output_size, self.rank or 0, bool(self.arguments.get("return_indices")))


class _AdaptiveAvgPool(_Adaptive, canonical=pool.AdaptiveAvgPool):
    pass


class AdaptiveAvgPool1d(_AdaptiveAvgPool, rank=1):
    """The means of `output_size` bins of (N, C, L)."""


class AdaptiveAvgPool2d(_AdaptiveAvgPool, rank=2):
    """The means of `output_size` bins of (N, C, H, W)."""


class AdaptiveAvgPool3d(_AdaptiveAvgPool, rank=3):
    """The means of `output_size` bins of (N, C, D, H, W)."""


class _AdaptiveMaxPool(_Adaptive, canonical=pool.AdaptiveMaxPool):
    args = "output_size, return_indices=False"
    to = {"size": _size_rule, "index": "return_indices"}
    kind = "max"


class AdaptiveMaxPool1d(_AdaptiveMaxPool, rank=1):
    """The largest values of `output_size` bins of (N, C, L)."""


class AdaptiveMaxPool2d(_AdaptiveMaxPool, rank=2):
    """The largest values of `output_size` bins of (N, C, H, W)."""


class AdaptiveMaxPool3d(_AdaptiveMaxPool, rank=3):
    """The largest values of `output_size` bins of (N, C, D, H, W)."""


# ---- norms ----


class _LPPool(Module):
    """(sum of x ** norm_type) ** (1 / norm_type) of each window."""

    function = ""

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, input: Any) -> Any:
        """The norms of the input's windows."""
        function = getattr(functional, self.function)
        return function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """The norm of each window of (N, C, L)."""

    function = "lp_pool1d"


class LPPool2d(_LPPool):
    """The norm of each window of (N, C, H, W)."""

    function = "lp_pool2d"


class LPPool3d(_LPPool):
    """The norm of each window of (N, C, D, H, W)."""

    function = "lp_pool3d"
