"""Inputs for every op, awkward ones included: what a delegating backend is compared on, see conftest.py beside this."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unified_nn import dtypes
from unified_nn.ops.index import ARRAY

_random = np.random.default_rng(7)
NAN, INF = float("nan"), float("inf")
ALL = slice(None)


def normal(*shape: int) -> np.ndarray[Any, Any]:
    return _random.standard_normal(shape)


def positive(*shape: int) -> np.ndarray[Any, Any]:
    return _random.uniform(0.3, 2.5, shape)


def inside(*shape: int) -> np.ndarray[Any, Any]:
    """Within (-0.9, 0.9)."""
    return _random.uniform(-0.9, 0.9, shape)


def distinct(*shape: int) -> np.ndarray[Any, Any]:
    """No two values are equal or near each other."""
    count = int(np.prod(shape))
    return (_random.permutation(count).reshape(shape) - count / 2 + 0.25) / max(count, 1) * 4


def whole(low: int, high: int, *shape: int) -> np.ndarray[Any, Any]:
    return _random.integers(low, high, shape)


def floats(*values: float) -> np.ndarray[Any, Any]:
    return np.array(values, "float64")


@dataclass(frozen=True)
class Sample:
    """One call of an op; `smooth` says that its gradient can be compared, `twice` its second one."""

    op: str
    arrays: tuple[Any, ...]
    attrs: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    smooth: bool = True
    twice: bool = True

    @property
    def id(self) -> str:
        return f"{self.op}-{self.note}" if self.note else self.op


def sample(op: str, *arrays: Any, note: str = "", smooth: bool = True, twice: bool = True, **attrs: Any) -> Sample:
    return Sample(op, arrays, attrs, note, smooth, twice)


def _elementwise() -> list[Sample]:
    found = []
    for op in ("add", "sub", "mul", "div", "maximum", "minimum", "arctan2"):
        found += [
            sample(op, normal(3, 4), positive(3, 4)),
            sample(op, normal(3, 1), positive(2, 1, 4), note="broadcast"),
            sample(op, positive(2, 3), 1.5, note="number-right"),
            sample(op, 1.5, positive(2, 3), note="number-left"),
            sample(op, normal(), positive(), note="0d"),
            sample(op, normal(0, 3), positive(0, 3), note="empty"),
        ]
    found += [
        sample("maximum", floats(1, 2, 3), floats(1, 3, 2), note="tie"),
        sample("minimum", floats(1, 2, 3), floats(1, 3, 2), note="tie"),
        sample("maximum", floats(NAN, 2, NAN), floats(1, NAN, NAN), note="nan", smooth=False),
        sample("minimum", floats(NAN, 2, NAN), floats(1, NAN, NAN), note="nan", smooth=False),
        sample("div", floats(1, -1, 0), floats(0, 0, 0), note="by-zero", smooth=False),
        sample("pow", positive(3, 4), normal(3, 4)),
        sample("pow", positive(3, 4), 3, note="number-right"),
        sample("pow", normal(3, 4), 2.0, note="square"),
        sample("pow", normal(3, 4), 0, note="zeroth"),
        sample("pow", 2.0, normal(3, 4), note="number-left"),
        sample("pow", whole(1, 5, 3), whole(0, 4, 3), note="int"),
        sample("pow", floats(0.0, 0.0), floats(0.0, 2.0), note="at-zero", twice=False),
    ]
    for op in ("floor_div", "mod", "fmod"):
        found += [
            sample(op, normal(3, 4) * 5, positive(3, 4)),
            sample(op, normal(3, 4) * 5, -1.75, note="number-right"),
            sample(op, 7.5, positive(3, 4), note="number-left"),
            sample(op, whole(-9, 9, 8), whole(1, 5, 8), note="int"),
            sample(op, whole(-9, 9, 8), -3, note="int-number"),
        ]
    for op in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
        found += [
            sample(op, whole(0, 3, 3, 4), whole(0, 3, 4), note="int"),
            sample(op, floats(1, NAN, INF, -INF), floats(NAN, NAN, INF, 0)),
            sample(op, floats(1, 2, 3), 2.0, note="number-right"),
            sample(op, 2, whole(0, 4, 5), note="number-left"),
            sample(op, normal(0), normal(0), note="empty"),
        ]
    for op in ("logical_and", "logical_or", "logical_xor"):
        found += [
            sample(op, floats(0, 1, 0, 2), floats(0, 0, 3, 4)),
            sample(op, np.array([True, False]), True, note="number-right"),
            sample(op, whole(0, 2, 6), whole(0, 2, 6), note="int"),
        ]
    for op in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        found += [
            sample(op, whole(-9, 9, 6), whole(-9, 9, 6)),
            sample(op, whole(0, 9, 6), 5, note="number-right"),
            sample(op, np.array([True, False]), np.array([True, True]), note="bool"),
        ]
    found += [
        sample("logical_not", floats(0, 1, NAN)),
        sample("bitwise_not", whole(-9, 9, 6)),
        sample("bitwise_not", np.array([True, False]), note="bool"),
        *(sample(op, floats(0, NAN, INF, -INF)) for op in ("isnan", "isinf", "isfinite")),
        *(sample(op, normal(3, 4)) for op in ("neg", "abs", "exp", "expm1", "sin", "cos", "sinh", "cosh", "tanh",
          "erf", "square", "arctan", "sigmoid")),
        *(sample(op, positive(3, 4)) for op in ("log", "log1p", "log2", "log10", "sqrt", "rsqrt", "reciprocal")),
        *(sample(op, inside(3, 4)) for op in ("tan", "arcsin", "arccos")),
        *(sample(op, floats(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.2, -0.7)) for op in
          ("floor", "ceil", "trunc", "round", "sign")),
        *(sample(op, normal(0, 3), note="empty") for op in ("exp", "tanh", "erf", "floor", "neg", "relu", "sigmoid")),
        *(sample(op, np.array(0.7), note="0d") for op in ("exp", "tanh", "erf", "floor", "neg", "relu", "sigmoid")),
        sample("abs", floats(0, -1, 2), note="at-zero", twice=False),
        sample("abs", whole(-9, 9, 6), note="int"),
        sample("neg", whole(-9, 9, 6), note="int"),
        sample("sign", whole(-9, 9, 6), note="int"),
        sample("sign", floats(NAN, 0, -INF), note="nan", smooth=False),
        sample("log", floats(0, -1, INF), note="edges", smooth=False),
        sample("expm1", floats(1e-12, -1e-12), note="small"),
        sample("log1p", floats(1e-12, -1e-12), note="small"),
        sample("sigmoid", floats(-800, 800, 0), note="far"),
        sample("select", np.array([True, False, True]), normal(2, 3), normal(3)),
        sample("select", np.array(True), normal(2, 3), normal(2, 3), note="0d-condition"),
        sample("where", np.array([True, False, True]), normal(2, 3), 0.0, note="number-right"),
        sample("where", np.array([True, False, True]), 1.0, normal(2, 3), note="number-left"),
        sample("where", np.array([True, False, True]), whole(0, 5, 3), 1.5, note="int-number"),
        sample("where", np.array([True, False, True]), 1.0, 2.0, note="numbers"),
        sample("clip", floats(-2, -1, 0, 1, 2), low=-1.0, high=1.0, twice=False),
        sample("clip", floats(-2, -1, 0, 1, NAN), low=None, high=0.5, note="high", twice=False),
        sample("clip", normal(3, 4), low=0.1, high=None, note="low", twice=False),
        sample("clip", whole(-9, 9, 6), low=-2, high=3, note="int"),
        sample("cast", normal(3, 4) * 9, dtype=dtypes.int32, note="int32"),
        sample("cast", normal(3, 4), dtype=dtypes.float32, note="float32", smooth=False),
        sample("cast", floats(0, 1, -0.5), dtype=dtypes.bool_, note="bool"),
        sample("cast", np.array([True, False]), dtype=dtypes.float64, note="of-bool"),
        sample("cast", whole(-300, 300, 9), dtype=dtypes.int8, note="wraps"),
    ]  # fmt: skip
    return found


def _activation() -> list[Sample]:
    x = normal(3, 5) * 2
    return [
        sample("relu", x), sample("relu", floats(0, NAN, -1), note="kink", smooth=False),
        *(sample(op, x) for op in ("log_sigmoid", "silu", "mish", "selu", "softsign", "tanh_shrink", "softplus")),
        sample("softplus", x, beta=2.0, threshold=1.0, note="threshold", twice=False),
        sample("softplus", floats(-800, 800, 3), note="far"),
        sample("softplus", floats(0.0, 0.5), note="at-zero"),
        sample("log_sigmoid", floats(-800, 800, 3), note="far"),
        sample("log_sigmoid", floats(0.0, 0.5), note="at-zero"),
        sample("gelu", x), sample("gelu", x, approximate=True, note="tanh"),
        sample("leaky_relu", floats(-1, 0, 2), slope=0.1, twice=False),
        sample("prelu", x, positive(5)),
        sample("elu", x, alpha=0.7), sample("celu", x, alpha=0.7),
        sample("elu", floats(-900, 0.0, 900), note="far", twice=False),
        sample("hard_tanh", floats(-2, -1, 0, 1, 2), twice=False),
        sample("hard_tanh", x, low=-0.3, high=0.8, note="bounds", twice=False),
        sample("hard_sigmoid", floats(-4, -3, 0.5, 3, 4), twice=False),
        sample("hard_sigmoid", x, slope=0.2, offset=0.4, note="slope", twice=False),
        sample("hard_swish", floats(-4, -2.5, 0.5, 2.5, 4), twice=False),
        sample("hard_shrink", floats(-1, -0.5, 0.2, 0.5, 1), twice=False),
        sample("soft_shrink", floats(-1, -0.5, 0.2, 0.5, 1), twice=False),
        sample("soft_shrink", x, lambd=0.3, note="lambd", twice=False),
        sample("threshold", x, limit=0.2, value=-3.0, twice=False),
    ]  # fmt: skip


def _shape() -> list[Sample]:
    return [
        sample("reshape", normal(2, 6), shape=(3, -1)),
        sample("reshape", normal(1), shape=(), note="0d"),
        sample("reshape", normal(0, 6), shape=(2, 0, 3), note="empty"),
        sample("transpose", normal(2, 3, 4), axes=(2, 0, 1)),
        sample("transpose", normal(2, 3), axes=(-1, 0), note="negative"),
        sample("transpose", normal(), axes=(), note="0d"),
        sample("transpose", normal(2, 0, 3), axes=(1, 2, 0), note="empty"),
        sample("expand", normal(3, 1), shape=(2, 3, 4)),
        sample("expand", normal(), shape=(2, 3), note="0d"),
        sample("expand", normal(1, 3), shape=(0, 3), note="empty"),
        sample("concat", normal(2, 3), normal(2, 1), normal(2, 2), axis=-1),
        sample("concat", normal(2, 3), axis=0, note="one"),
        sample("concat", normal(0, 3), normal(2, 3), axis=0, note="empty"),
        sample("concat", whole(0, 9, 2), whole(0, 9, 3), axis=0, note="int"),
        sample("stack", normal(2, 3), normal(2, 3), axis=1),
        sample("stack", normal(), normal(), axis=0, note="0d"),
        sample("flip", normal(2, 3, 4), axes=(0, -1)),
        sample("flip", normal(2, 3), axes=(), note="no-axes"),
        sample("flip", normal(0, 3), axes=(0,), note="empty"),
        sample("flip", np.array([True, False]), axes=(0,), note="bool"),
        sample("pad", normal(2, 3), pads=((1, 2), (0, 1))),
        sample("pad", normal(2, 3), pads=((0, 0), (0, 0)), note="none"),
        sample("pad", normal(2, 1, 2, 2, 1), pads=((1, 0), (0, 1), (2, 1), (0, 0), (1, 1)), value=1.5, note="rank5"),
        sample("pad", whole(0, 9, 3), pads=((1, 1),), value=4, note="int"),
        sample("pad", np.array([True, False]), pads=((1, 1),), value=True, note="bool"),
        sample("pad", normal(0, 2), pads=((1, 0), (0, 1)), note="empty"),
    ]


def _reduce() -> list[Sample]:
    found = []
    for op in ("sum", "mean", "max", "min", "logsumexp", "var", "std"):
        x = distinct(2, 3, 4)
        found += [
            sample(op, x),
            sample(op, x, axis=1, note="axis"),
            sample(op, x, axis=(0, -1), keepdims=True, note="axes"),
            sample(op, x, axis=None, keepdims=True, note="keepdims"),
            sample(op, normal(0, 3), axis=1, note="empty", smooth=op not in ("var", "std")),
        ]
        if op not in ("var", "std"):
            found += [sample(op, normal(2, 3), axis=(), note="no-axes"), sample(op, normal(), note="0d")]
    for op in ("any", "all"):
        found += [
            sample(op, np.array([[0.0, 1.0], [0.0, 0.0]]), axis=1),
            sample(op, np.array([[True, False], [True, True]]), axis=(0, 1), note="axes"),
            sample(op, np.array([[2, 0], [0, 0]], "uint8"), keepdims=True, note="uint8"),
            sample(op, np.ones((0, 2), bool), axis=0, note="empty"),
        ]
    for op in ("argmax", "argmin"):
        found += [
            sample(op, distinct(3, 4), axis=1),
            sample(op, distinct(3, 4), note="flat"),
            sample(op, distinct(3, 4), axis=-1, keepdims=True, note="keepdims"),
            sample(op, floats(1, 3, 1, 3), axis=0, note="tie"),
            sample(op, floats(1, NAN, 3, NAN), axis=0, note="nan"),
            sample(op, np.array([False, True, False]), axis=0, note="bool"),
            sample(op, whole(0, 4, 3, 5), axis=1, note="int"),
            sample(op, np.array(3.0), note="0d"),
            sample(op, normal(0, 3), axis=1, note="empty"),
        ]
    found += [
        sample("max", floats(1, 3, 3), axis=0, note="tie", twice=False),
        sample("min", floats(1, 1, 3), axis=0, note="tie", twice=False),
        sample("max", floats(1, NAN, 3), axis=0, note="nan", smooth=False),
        sample("min", floats(1, NAN, 3), axis=0, note="nan", smooth=False),
        sample("max", whole(-9, 9, 3, 4), axis=0, note="int"),
        sample("sum", whole(-9, 9, 3, 4), axis=0, note="int"),
        sample("sum", np.array([100, 100], "int8"), note="int8"),
        sample("sum", normal(0, 3), axis=0, note="empty-axis"),
        sample("mean", normal(0, 3), axis=0, note="empty-axis", smooth=False),
        sample("var", distinct(3, 4), axis=1, ddof=1, note="ddof"),
        sample("var", distinct(1, 4), axis=0, ddof=1, note="no-freedom", smooth=False),
        sample("logsumexp", floats(1000, 1001, -1000), axis=0, note="far"),
        sample("logsumexp", floats(-INF, -INF), axis=0, note="minus-inf", smooth=False),
        sample("prod", positive(3, 4), axis=1),
        sample("prod", positive(3, 4), note="all"),
        sample("prod", positive(3, 4), keepdims=True, note="keepdims"),
        sample("prod", floats(2, 0, 3), axis=0, note="zero"),
        sample("prod", floats(2, 0, 0), axis=0, note="zeros", twice=False),
        sample("prod", whole(1, 4, 3), axis=0, note="int"),
        sample("prod", normal(0, 3), axis=0, note="empty-axis"),
        sample("cumsum", normal(3, 4), axis=1),
        sample("cumsum", normal(3, 4), axis=-2, note="negative"),
        sample("cumsum", np.array([100, 100], "int8"), axis=0, note="int8"),
        sample("cumsum", normal(0, 3), axis=0, note="empty"),
        sample("argsort", distinct(3, 5), axis=1),
        sample("argsort", distinct(3, 5), axis=0, note="first"),
        sample("argsort", np.repeat(floats(2, 1), 20), axis=0, note="stable"),
        sample("argsort", floats(3, NAN, 1, INF), axis=0, note="nan"),
        sample("argsort", whole(0, 3, 4, 30), axis=-1, note="int"),
        sample("argsort", normal(0, 3), axis=0, note="empty"),
    ]
    return found


def _conv() -> list[Sample]:
    shapes = [
        ("plain", (2, 3, 6, 5), (4, 3, 3, 2), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
        ("stride", (2, 4, 7, 6), (6, 2, 3, 3), (2, 1), ((1, 1), (1, 1)), (1, 1), 2),
        ("uneven", (1, 3, 6, 5), (4, 3, 3, 2), (2, 2), ((0, 1), (1, 2)), (1, 1), 1),
        ("dilated", (1, 2, 9, 8), (2, 2, 3, 3), (2, 3), ((2, 2), (1, 0)), (2, 1), 1),
        ("depthwise", (2, 4, 5, 5), (4, 1, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 4),
        ("1d", (2, 3, 8), (4, 3, 3), (2,), ((1, 1),), (1,), 1),
        ("1d-uneven", (2, 3, 8), (4, 3, 3), (3,), ((2, 0),), (1,), 1),
        ("3d", (1, 2, 4, 4, 3), (2, 2, 2, 2, 2), (1, 2, 1), ((0, 0), (0, 0), (1, 1)), (1, 1, 1), 1),
        ("3d-uneven", (1, 2, 4, 4, 3), (2, 2, 2, 2, 2), (1, 2, 1), ((0, 1), (0, 0), (1, 0)), (1, 1, 1), 1),
        ("no-batch", (0, 3, 6, 5), (4, 3, 3, 2), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
        ("crop", (1, 2, 6, 6), (2, 2, 3, 3), (2, 2), ((1, -1), (0, 0)), (1, 1), 1),
    ]
    found = []
    for note, xs, ws, stride, pads, dilation, groups in shapes:
        attrs = {"stride": stride, "pads": pads, "dilation": dilation, "groups": groups}
        count = tuple(
            (s + lo + hi - d * (k - 1) - 1) // st + 1
            for s, k, st, (lo, hi), d in zip(xs[2:], ws[2:], stride, pads, dilation, strict=True)
        )
        x, w, g = normal(*xs), normal(*ws), normal(xs[0], ws[0], *count)
        found += [
            sample("conv", x, w, normal(ws[0]), note=note, **attrs),
            sample("conv_dx", g, w, note=note, size=xs[2:], **attrs),
            sample("conv_dw", x, g, note=note, kernel=ws[2:], **attrs),
        ]
    attrs = {"stride": (2, 1), "pads": ((1, 1), (0, 0)), "dilation": (1, 1), "groups": 1}
    uneven = {"stride": (2, 3), "pads": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
    found += [
        sample("conv", normal(1, 3, 5, 5), normal(2, 3, 3, 3), note="no-bias", **attrs),
        sample("conv_transpose", normal(2, 3, 4, 4), normal(3, 2, 3, 3), normal(2), extra=(1, 0), **attrs),
        sample("conv_transpose", normal(1, 4, 3, 3), normal(4, 2, 2, 2), extra=(1, 2), note="uneven", **uneven),
    ]
    return found


def _pool() -> list[Sample]:
    shapes = [
        ("plain", (2, 3, 6, 4), (2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1)),
        ("padded", (1, 2, 7, 7), (3, 3), (2, 2), ((1, 1), (1, 1)), (1, 1)),
        ("uneven", (1, 2, 6, 5), (3, 2), (2, 2), ((0, 1), (1, 1)), (1, 1)),
        ("wide", (1, 2, 4, 4), (2, 2), (1, 1), ((2, 2), (0, 0)), (1, 1)),
        ("dilated", (1, 2, 8, 8), (2, 3), (2, 1), ((1, 1), (0, 0)), (2, 2)),
        ("1d", (2, 3, 7), (3,), (2,), ((1, 1),), (1,)),
        ("3d", (1, 2, 4, 5, 4), (2, 2, 2), (2, 1, 2), ((0, 0), (1, 1), (0, 0)), (1, 1, 1)),
        ("no-batch", (0, 2, 4, 4), (2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1)),
    ]
    found = []
    for note, xs, kernel, stride, pads, dilation in shapes:
        x = distinct(*xs)
        attrs: dict[str, Any] = {"kernel": kernel, "stride": stride, "pads": pads, "dilation": dilation}
        count = tuple(
            (s + lo + hi - d * (k - 1) - 1) // st + 1
            for s, k, st, (lo, hi), d in zip(xs[2:], kernel, stride, pads, dilation, strict=True)
        )
        if note != "wide":
            found += [
                sample("max_pool", x, note=note, **attrs),
                sample("max_pool_index", x, note=note, **attrs),
            ]
            found += [
                sample("max_pool_dx", normal(*xs[:2], *count), x, note=note, **attrs),
                sample("max_pool_pick", normal(*xs), x, note=note, **attrs),
            ]
        if any(d != 1 for d in dilation):
            continue
        del attrs["dilation"]
        none = ((0, 0),) * len(kernel)
        for kind, more in (
            ("counts-padding", {"count_pad": pads}),
            ("excludes-padding", {"count_pad": none}),
            ("divisor", {"count_pad": pads, "divisor": 3}),
        ):
            if note == "wide" and kind == "excludes-padding":
                continue
            found += [
                sample("avg_pool", x, note=f"{note}-{kind}", **attrs, **more),
                sample("avg_pool_dx", normal(*xs[:2], *count), note=f"{note}-{kind}", size=xs[2:], **attrs, **more),
            ]
    overhang = {"kernel": (3, 3), "stride": (2, 2), "pads": ((1, 2), (1, 2)), "count_pad": ((1, 1), (1, 1))}
    tie = np.array([[[[1.0, 1.0], [1.0, 0.0]]]])
    two = {"kernel": (2, 2), "stride": (2, 2), "pads": ((0, 0), (0, 0)), "dilation": (1, 1)}
    found += [
        sample("avg_pool", normal(1, 1, 6, 6), note="overhang", **overhang),
        sample("avg_pool_dx", normal(1, 1, 4, 4), note="overhang", size=(6, 6), **overhang),
        sample("max_pool", tie, note="tie", twice=False, **two),
        sample("max_pool_index", tie, note="tie", **two),
        sample("max_pool", np.array([[[[1.0, NAN], [2.0, 0.0]]]]), note="nan", smooth=False, **two),
        sample("max_pool", whole(-9, 0, 1, 1, 4, 4), note="int", **two),
        sample("max_pool", np.full((1, 1, 2, 2), -INF), note="minus-inf", smooth=False,
               **{**two, "pads": ((0, 1), (1, 0))}),
        sample("max_pool_index", np.full((1, 1, 2, 2), -INF), note="minus-inf", **{**two, "pads": ((0, 1), (1, 0))}),
    ]  # fmt: skip
    return found


def _index() -> list[Sample]:
    i, j = np.array([2, 0, 2]), np.array([[1], [-1]])
    mask = np.array([[True, False, True], [False, False, True]])
    indices: list[tuple[str, tuple[int, ...], tuple[Any, ...], tuple[Any, ...]]] = [
        ("int", (3, 4), (), (1,)),
        ("negative-int", (3, 4), (), (-1, 2)),
        ("slice", (5, 4), (), (slice(1, 4, 2), slice(None, -1))),
        ("backwards", (5, 4), (), (slice(None, None, -1), slice(3, 0, -2))),
        ("empty-slice", (5, 4), (), (slice(3, 1),)),
        ("new-axis", (3, 4), (), (None, 1, Ellipsis, None)),
        ("ellipsis", (2, 3, 4), (), (Ellipsis, 1)),
        ("nothing", (2, 3), (), ()),
        ("array", (3, 4), (i,), (ARRAY,)),
        ("array-later", (2, 3, 4), (i,), (ALL, ARRAY)),
        ("array-int32", (3, 4), (i.astype("int32"),), (ARRAY,)),
        ("array-uint8", (3, 4), (i.astype("uint8"),), (ARRAY,)),
        ("array-2d", (3, 4), (j,), (ALL, ARRAY)),
        ("two-arrays", (3, 3, 4), (i, j), (ARRAY, ARRAY)),
        ("apart", (3, 4, 3), (i, i), (ARRAY, ALL, ARRAY)),
        ("int-apart", (2, 4, 3), (i,), (0, ALL, ARRAY)),
        ("int-beside", (2, 3, 4), (i,), (1, ARRAY)),
        ("array-backwards", (3, 4), (i,), (ARRAY, slice(None, None, -1))),
        ("array-0d", (3, 4), (np.array(1),), (ARRAY,)),
        ("no-places", (3, 4), (np.zeros(0, "int64"),), (ARRAY,)),
        ("mask", (2, 3, 4), (mask,), (ARRAY,)),
        ("mask-later", (2, 3), (np.array([True, False, True]),), (ALL, ARRAY)),
        ("mask-none", (2, 3), (np.zeros(2, bool),), (ARRAY,)),
        ("0d", (), (), (Ellipsis,)),
    ]
    found = []
    for note, shape, arrays, index in indices:
        x = normal(*shape)
        supply = iter(arrays)
        region = x[tuple(next(supply) if part is ARRAY else part for part in index)].shape
        repeats = note in ("array", "array-later", "array-int32", "array-uint8", "two-arrays", "apart", "int-apart",
                           "int-beside", "array-backwards")  # fmt: skip
        found.append(sample("getitem", x, *arrays, note=note, index=index))
        if not repeats:
            found.append(sample("setitem", x, normal(*region), *arrays, note=note, index=index))
        found.append(sample("index_add", x, normal(*region), *arrays, note=note, index=index))
    x, cut = normal(3, 4, 2), whole(0, 4, 2, 5, 2)
    found += [
        sample("setitem", normal(3, 4), normal(), note="0d-value", index=(slice(0, 2),)),
        sample("setitem", normal(3, 4), normal(1), np.array([0, 2]), note="broadcast-value", index=(ARRAY,)),
        sample("getitem", whole(0, 9, 3, 4), i, note="of-int", index=(ARRAY,)),
        sample("getitem", np.array([[True, False]]), note="of-bool", index=(0, slice(None, None, -1))),
        sample("take", x, whole(0, 4, 2, 3), axis=1),
        sample("take", normal(4, 3), whole(0, 4, 2, 3), axis=0, note="rows"),
        sample("take", normal(4, 3), np.array(2), axis=0, note="0d"),
        sample("take", normal(4, 3), np.zeros((0,), "int64"), axis=-1, note="no-places"),
        sample("take", whole(0, 9, 4, 3), np.array([3, 3], "int32"), axis=0, note="int32"),
        sample("gather", x, whole(0, 4, 3, 5, 2), axis=1),
        sample("gather", x, cut, axis=-2, note="smaller"),
        sample("gather", x, np.zeros((3, 0, 2), "int64"), axis=1, note="no-places"),
        sample("scatter_add", x, cut, normal(2, 5, 2), axis=1),
        sample("scatter_add", x, cut.astype("int32"), normal(3, 6, 2), axis=1, note="larger", smooth=False),
    ]
    return found


def _linalg_norm_loss() -> list[Sample]:
    labels = np.array([2, 0, 1, 2])
    x = normal(2, 3, 4)
    return [
        sample("matmul", normal(3, 4), normal(4, 2)),
        sample("matmul", normal(2, 1, 3, 4), normal(5, 4, 2), note="broadcast"),
        sample("matmul", normal(4), normal(4), note="vectors"),
        sample("matmul", normal(4), normal(2, 4, 3), note="vector-left"),
        sample("matmul", normal(2, 3, 4), normal(4), note="vector-right"),
        sample("matmul", normal(0, 4), normal(4, 2), note="no-rows"),
        sample("matmul", normal(2, 0), normal(0, 3), note="no-inner"),
        sample("matmul", whole(0, 9, 2, 3), whole(0, 9, 3, 2), note="int"),
        sample("linear", normal(2, 3, 4), normal(5, 4), normal(5)),
        sample("linear", normal(4), normal(5, 4), note="vector"),
        sample("linear", normal(0, 4), normal(5, 4), normal(5), note="no-batch"),
        sample("softmax", x, axis=1), sample("softmax", x * 500, axis=-1, note="far"),
        sample("softmax", normal(0, 3), axis=1, note="empty"),
        sample("log_softmax", x, axis=1), sample("log_softmax", x * 500, axis=0, note="far"),
        sample("log_softmax", normal(0, 3), axis=1, note="empty"),
        sample("batch_norm", x, normal(3), positive(3), positive(3), normal(3), eps=1e-5),
        sample("batch_norm", x, normal(4), positive(4), eps=1e-3, axis=-1, note="last-axis"),
        sample("batch_norm", normal(2, 3), normal(3), positive(3), positive(3), None, eps=1e-5, note="scale-only"),
        sample("layer_norm", x, positive(4), normal(4), axes=1, eps=1e-5),
        sample("layer_norm", x, axes=2, eps=1e-3, note="plain"),
        sample("layer_norm", x, None, normal(3, 4), axes=2, eps=1e-3, note="shift-only"),
        sample("attention_weights", normal(2, 3, 4), normal(2, 5, 4), normal(3, 5), scale=0.3),
        sample("attention_weights", normal(3, 4), normal(5, 4), causal=True, note="causal"),
        sample("scaled_dot_product_attention", normal(2, 4, 3, 5), normal(2, 2, 6, 5), normal(2, 2, 6, 5), grouped=True,
               note="grouped", twice=False),
        sample("squared_error", normal(2, 3), normal(2, 3)), sample("absolute_error", normal(2, 3), normal(2, 3)),
        sample("huber", normal(2, 3), normal(2, 3), delta=0.7),
        sample("nll", normal(4, 3), labels), sample("nll", normal(2, 3, 4), whole(0, 3, 2, 4), note="spatial"),
        sample("nll", normal(4, 3), whole(0, 4, 3), axis=0, note="first-axis"),
        sample("cross_entropy", normal(4, 3), labels),
        sample("cross_entropy", normal(4, 3), labels.astype("int32"), note="int32"),
        sample("cross_entropy", normal(2, 3, 4, 2), whole(0, 3, 2, 4, 2), note="spatial"),
        sample("cross_entropy", normal(3), np.array(1), axis=0, note="one"),
        sample("cross_entropy", normal(0, 3), np.zeros(0, "int64"), note="empty"),
        sample("soft_cross_entropy", normal(4, 3), positive(4, 3)),
        sample("binary_cross_entropy_logits", normal(2, 3), inside(2, 3)),
        sample("binary_cross_entropy_logits", normal(2, 3), inside(3), note="broadcast"),
        sample("binary_cross_entropy_logits", floats(0.0, -800, 800), floats(0.3, 0.5, 0.5), note="far"),
    ]  # fmt: skip


SAMPLES: list[Sample] = [
    *_elementwise(), *_activation(), *_shape(), *_reduce(), *_conv(), *_pool(), *_index(), *_linalg_norm_loss(),
]  # fmt: skip
