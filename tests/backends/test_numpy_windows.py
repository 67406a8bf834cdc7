"""Convolution and pooling of the NumPy backend against their definitions, element by element, and against PyTorch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unified_nn_backends.numpy import columns, depthwise, parallel, pool

import unified_nn

FUNCTIONS = unified_nn.backend("numpy").functions
INF, NAN = math.inf, math.nan


@pytest.fixture(params=["whole", "small-parts", "two-threads"])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the work is divided: not at all, into very small parts, or between two threads."""
    if request.param != "whole":
        monkeypatch.setattr(columns, "PART", 200)
        monkeypatch.setattr(columns, "LARGEST", 400)
        monkeypatch.setattr(depthwise, "PART", 30)
        monkeypatch.setattr(pool, "PART", 60)
    if request.param == "two-threads":
        monkeypatch.setattr(parallel, "WORTH", 0)
        monkeypatch.setattr(parallel, "threads", lambda: 2)
    return request.param


def how_many(size: Any, kernel: Any, stride: Any, pads: Any, dilation: Any) -> list[int]:
    """How many windows fit on each axis."""
    return [
        (s + lo + hi - d * (k - 1) - 1) // step + 1
        for s, k, step, (lo, hi), d in zip(size, kernel, stride, pads, dilation, strict=True)
    ]


def position(place: Any, k: Any, stride: Any, pads: Any, dilation: Any) -> tuple[int, ...]:
    """Where in x the window of this place has its element k."""
    return tuple(p * step + i * d - lo for p, step, i, d, (lo, _) in zip(place, stride, k, dilation, pads, strict=True))


def is_inside(at: Any, size: Any) -> bool:
    return all(0 <= a < s for a, s in zip(at, size, strict=True))


# ---- convolution ---------------------------------------------------------------------------------------------------


def defined(x: np.ndarray, w: np.ndarray, stride: Any, pads: Any, dilation: Any, groups: int) -> np.ndarray:
    """sum over c, k of x[n, c, s * stride + k * dilation - lo] * w[m, c, k], with 0 outside x."""
    size, kernel = x.shape[2:], w.shape[2:]
    count = how_many(size, kernel, stride, pads, dilation)
    out = np.zeros((x.shape[0], w.shape[0], *count), x.dtype)
    per_group, filters = w.shape[1], w.shape[0] // groups
    for m, place in itertools.product(range(w.shape[0]), itertools.product(*map(range, count))):
        channels = slice(m // filters * per_group, (m // filters + 1) * per_group)
        for k in itertools.product(*map(range, kernel)):
            at = [
                p * step + i * d - lo for p, step, i, d, (lo, _) in zip(place, stride, k, dilation, pads, strict=True)
            ]
            if all(0 <= a < s for a, s in zip(at, size, strict=True)):
                out[(slice(None), m, *place)] += (x[(slice(None), channels, *at)] * w[(m, slice(None), *k)]).sum(axis=1)
    return out


LAYOUTS = {  # x, w, stride, pads, dilation, groups
    "plain": ((3, 3, 6, 5), (4, 3, 3, 2), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "pointwise": ((2, 6, 4, 3), (4, 6, 1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "pointwise-groups": ((2, 6, 4, 3), (4, 3, 1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 2),
    "pointwise-strided": ((2, 4, 5, 5), (3, 4, 1, 1), (2, 2), ((0, 0), (0, 0)), (1, 1), 1),
    "uneven": ((2, 4, 7, 6), (6, 2, 3, 3), (2, 1), ((0, 2), (1, 0)), (1, 2), 2),
    "far-padding": ((1, 2, 3, 3), (2, 2, 2, 2), (1, 1), ((5, 4), (0, 3)), (1, 1), 1),
    "crop": ((2, 2, 6, 6), (2, 2, 3, 3), (2, 2), ((1, -1), (-1, 0)), (1, 1), 1),
    "depthwise": ((3, 4, 5, 6), (4, 1, 3, 3), (1, 1), ((1, 1), (1, 0)), (1, 1), 4),
    "depthwise-strided": ((2, 4, 7, 6), (4, 1, 3, 2), (2, 3), ((1, 1), (0, 1)), (2, 1), 4),
    "depthwise-crop": ((2, 3, 6, 6), (3, 1, 3, 3), (1, 2), ((-1, 0), (0, -1)), (1, 1), 3),
    "multiplier": ((2, 3, 5, 5), (6, 1, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 3),
    "many-in": ((2, 8, 5, 5), (2, 8, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    "many-out": ((2, 2, 5, 5), (8, 2, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    "1d": ((3, 3, 9), (4, 3, 3), (2,), ((2, 0),), (2,), 1),
    "1d-depthwise": ((3, 3, 9), (3, 1, 4), (1,), ((3, 0),), (1,), 3),
    "3d": ((1, 2, 4, 5, 3), (4, 1, 2, 3, 2), (1, 2, 1), ((0, 1), (1, 1), (1, 0)), (2, 1, 1), 2),
}


def operands(name: str, dtype: str = "float64") -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
    xs, ws, stride, pads, dilation, groups = LAYOUTS[name]
    draw = np.random.default_rng(3)
    x, w, b = (draw.standard_normal(s).astype(dtype) for s in (xs, ws, ws[:1]))
    return x, w, b, {"stride": stride, "pads": pads, "dilation": dilation, "groups": groups}


@pytest.mark.parametrize("name", LAYOUTS)
def test_conv_is_its_definition(name: str, parts: str) -> None:
    x, w, b, attrs = operands(name)
    expected = defined(x, w, **attrs)
    np.testing.assert_allclose(FUNCTIONS["conv"](x, w, **attrs), expected, rtol=1e-12, atol=1e-12)
    biased = expected + b.reshape(-1, *(1,) * (x.ndim - 2))
    np.testing.assert_allclose(FUNCTIONS["conv"](x, w, b, **attrs), biased, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", LAYOUTS)
def test_conv_gradients_are_its_transposes(name: str, parts: str) -> None:
    """conv is linear in x and in w: moving one element moves <conv, g> by that element of the gradient."""
    x, w, _, attrs = operands(name)
    g = np.random.default_rng(4).standard_normal(defined(x, w, **attrs).shape)
    dx = FUNCTIONS["conv_dx"](g, w, size=x.shape[2:], **attrs)
    dw = FUNCTIONS["conv_dw"](x, g, kernel=w.shape[2:], **attrs)
    assert dx.shape == x.shape
    assert dw.shape == w.shape
    for array, gradient, moved in ((x, dx, lambda v: (v, w)), (w, dw, lambda v: (x, v))):
        for place in range(0, array.size, max(1, array.size // 7)):
            one = np.zeros_like(array)
            one.flat[place] = 1
            np.testing.assert_allclose(gradient.flat[place], (defined(*moved(one), **attrs) * g).sum(), atol=1e-11)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_conv_and_its_gradients_agree_on_any_layout(data: st.DataObject) -> None:
    axes = data.draw(st.integers(1, 3), "axes")
    small = st.integers(1, 3)
    kernel, stride, dilation = (tuple(data.draw(small) for _ in range(axes)) for _ in range(3))
    pads = tuple((data.draw(st.integers(-1, 3)), data.draw(st.integers(-1, 3))) for _ in range(axes))
    least = [d * (k - 1) + 1 - lo - hi for k, d, (lo, hi) in zip(kernel, dilation, pads, strict=True)]
    size = tuple(
        max(1, 1 - lo, 1 - hi, low) + data.draw(st.integers(0, 4)) for low, (lo, hi) in zip(least, pads, strict=True)
    )
    groups, per_group, filters = data.draw(small), data.draw(small), data.draw(small)
    draw = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = draw.standard_normal((data.draw(st.integers(0, 3)), groups * per_group, *size))
    w = draw.standard_normal((groups * filters, per_group, *kernel))
    attrs: dict[str, Any] = {"stride": stride, "pads": pads, "dilation": dilation, "groups": groups}
    out = FUNCTIONS["conv"](x, w, **attrs)
    g = draw.standard_normal(out.shape)
    dx = FUNCTIONS["conv_dx"](g, w, size=size, **attrs)
    dw = FUNCTIONS["conv_dw"](x, g, kernel=kernel, **attrs)
    inner = (out * g).sum()
    np.testing.assert_allclose((x * dx).sum(), inner, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose((w * dw).sum(), inner, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["plain", "pointwise", "depthwise-strided", "uneven", "many-out"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_narrow_conv_is_rounded_once(name: str, dtype: str) -> None:
    narrow = np.dtype(pytest.importorskip("ml_dtypes").bfloat16) if dtype == "bfloat16" else np.dtype(dtype)
    x, w, b, attrs = operands(name)
    x, w, b = (a.astype(narrow) for a in (x, w, b))
    wide = [a.astype("float32") for a in (x, w, b)]
    g = FUNCTIONS["conv"](x, w, b, **attrs)
    np.testing.assert_array_equal(g, FUNCTIONS["conv"](*wide, **attrs).astype(narrow))
    for op, arrays, more in (
        ("conv_dx", (0, 1), {"size": x.shape[2:]}),
        ("conv_dw", (1, 0), {"kernel": w.shape[2:]}),
    ):
        first, second = ((g, w), (x, g))[arrays[0]]
        found = FUNCTIONS[op](first, second, **attrs, **more)
        expected = FUNCTIONS[op](first.astype("float32"), second.astype("float32"), **attrs, **more).astype(narrow)
        assert found.dtype == narrow
        np.testing.assert_array_equal(found, expected)


def test_conv_does_not_depend_on_memory_order() -> None:
    x, w, b, attrs = operands("uneven")
    expected = FUNCTIONS["conv"](x, w, b, **attrs)
    found = FUNCTIONS["conv"](np.asfortranarray(x), w[::-1][::-1].copy("F"), b[::-1][::-1], **attrs)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_results_do_not_share_buffers() -> None:
    x, w, _, attrs = operands("plain")
    first = FUNCTIONS["conv"](x, w, **attrs)
    kept = first.copy()
    FUNCTIONS["conv"](x * 2, w, **attrs)
    np.testing.assert_array_equal(first, kept)


def test_gradient_of_another_size_is_refused() -> None:
    _, w, _, attrs = operands("plain")
    with pytest.raises(unified_nn.errors.ShapeError, match=r"g has shape \(3, 4, 5, 4\), the convolution's result has"):
        FUNCTIONS["conv_dx"](np.ones((3, 4, 5, 4)), w, size=(6, 5), **attrs)


# ---- pooling -------------------------------------------------------------------------------------------------------

POOLS = {  # x, kernel, stride, pads, dilation
    "plain": ((2, 3, 6, 4), (2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1)),
    "overlapping": ((2, 2, 7, 7), (3, 3), (2, 2), ((1, 1), (1, 1)), (1, 1)),
    "uneven": ((3, 2, 6, 5), (3, 2), (2, 3), ((0, 1), (1, 0)), (1, 1)),
    "gaps": ((1, 2, 7, 7), (1, 2), (2, 3), ((0, 0), (0, 0)), (1, 1)),
    "dilated": ((2, 2, 8, 8), (2, 3), (2, 1), ((1, 1), (0, 0)), (2, 2)),
    "all-padding": ((1, 1, 2, 2), (2, 2), (1, 1), ((0, 3), (2, 0)), (1, 1)),
    "1d": ((3, 2, 9), (3,), (2,), ((1, 1),), (1,)),
    "3d": ((1, 2, 4, 5, 4), (2, 2, 3), (2, 1, 2), ((0, 0), (1, 1), (1, 0)), (1, 1, 1)),
    "no-batch": ((0, 2, 4, 4), (2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1)),
}


def windows(
    size: Any, kernel: Any, stride: Any, pads: Any, dilation: Any
) -> Iterator[tuple[tuple[int, ...], list[Any]]]:
    """Each window's place in the result, and all its places in x, also those outside of it, in C order."""
    count = how_many(size, kernel, stride, pads, dilation)
    for place in itertools.product(*map(range, count)):
        yield (
            place,
            [
                tuple(
                    p * step + i * d - lo
                    for p, step, i, d, (lo, _) in zip(place, stride, k, dilation, pads, strict=True)
                )
                for k in itertools.product(*map(range, kernel))
            ],
        )


def winners(x: np.ndarray, attrs: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """(n, c, place) and where the window's first largest value is, its last NaN, or None where all is padding."""
    for place, ats in windows(x.shape[2:], **attrs):
        ats = [at for at in ats if is_inside(at, x.shape[2:])]
        for n, c in itertools.product(range(x.shape[0]), range(x.shape[1])):
            best = None
            for at in ats:
                value = x[(n, c, *at)]
                if best is None or value > x[(n, c, *best)] or np.isnan(value):
                    best = at
            yield (n, c, *place), best


def values(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    draw = np.random.default_rng(5)
    x = draw.standard_normal(shape)
    if kind == "ties":
        x = draw.integers(0, 3, shape).astype("float64")
    if kind == "special":
        x = draw.choice([NAN, INF, -INF, 1.0, -2.0], shape, p=[0.1, 0.1, 0.5, 0.2, 0.1])
    return draw.integers(-4, 0, shape) if kind == "int" else x


@pytest.mark.parametrize("kind", ["normal", "ties", "special", "int"])
@pytest.mark.parametrize("name", POOLS)
def test_max_pool_is_its_definition(name: str, kind: str, parts: str) -> None:
    shape, *sizes = POOLS[name]
    attrs = dict(zip(("kernel", "stride", "pads", "dilation"), sizes, strict=True))
    x = values(kind, shape)
    out = FUNCTIONS["max_pool"](x, **attrs)
    index = FUNCTIONS["max_pool_index"](x, **attrs)
    g = np.random.default_rng(6).standard_normal(out.shape)
    h = np.random.default_rng(7).standard_normal(x.shape)
    dx, picked = FUNCTIONS["max_pool_dx"](g, x, **attrs), FUNCTIONS["max_pool_pick"](h, x, **attrs)
    expected_dx = np.zeros(x.shape)
    lowest = np.iinfo(x.dtype).min if kind == "int" else -INF
    for at, best in winners(x, attrs):
        if best is None:
            assert out[at] == lowest
            assert index[at] == -1
            assert picked[at] == 0
            continue
        np.testing.assert_equal(out[at], x[(*at[:2], *best)])
        assert index[at] == np.ravel_multi_index(best, x.shape[2:])
        assert picked[at] == h[(*at[:2], *best)]
        expected_dx[(*at[:2], *best)] += g[at]
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-12, atol=1e-12)
    assert out.dtype == x.dtype
    assert index.dtype == np.int64


@pytest.mark.parametrize("value", [INF, NAN])
def test_max_pool_dx_puts_special_gradients_only_where_they_belong(value: float) -> None:
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    g = np.full((1, 1, 2, 2), value, "float32")
    none = ((0, 0), (0, 0))
    dx = FUNCTIONS["max_pool_dx"](g, x.astype("float32"), kernel=(2, 2), stride=(2, 2), pads=none, dilation=(1, 1))
    assert np.count_nonzero(dx != 0) == 4
    np.testing.assert_equal(dx[0, 0, 1::2, 1::2], g[0, 0])


AVERAGES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "counts-padding": lambda pads: {"count_pad": pads},
    "excludes-padding": lambda pads: {"count_pad": tuple((0, 0) for _ in pads)},
    "overhang": lambda pads: {"count_pad": tuple((lo, 0) for lo, _ in pads)},
    "divisor": lambda pads: {"count_pad": pads, "divisor": 5},
}


@pytest.mark.parametrize("counting", AVERAGES)
@pytest.mark.parametrize("name", [name for name in POOLS if name != "dilated"])
def test_avg_pool_is_its_definition(name: str, counting: str, parts: str) -> None:
    shape, kernel, stride, pads, dilation = POOLS[name]
    more = AVERAGES[counting](pads)
    attrs = {"kernel": kernel, "stride": stride, "pads": pads, **more}
    x = np.random.default_rng(8).standard_normal(shape)
    out = FUNCTIONS["avg_pool"](x, **attrs)
    g = np.random.default_rng(9).standard_normal(out.shape)
    expected, expected_dx = np.zeros(out.shape), np.zeros(x.shape)
    bounds = [(-near, s + far) for s, (near, far) in zip(shape[2:], more["count_pad"], strict=True)]
    for place, ats in windows(shape[2:], kernel, stride, pads, dilation):
        counted = sum(all(lo <= a < hi for a, (lo, hi) in zip(at, bounds, strict=True)) for at in ats)
        divisor = more.get("divisor", max(counted, 1))
        for at in ats:
            if is_inside(at, shape[2:]):
                expected[(slice(None), slice(None), *place)] += x[(slice(None), slice(None), *at)] / divisor
                expected_dx[(slice(None), slice(None), *at)] += g[(slice(None), slice(None), *place)] / divisor
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    dx = FUNCTIONS["avg_pool_dx"](g, size=shape[2:], **attrs)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-12, atol=1e-12)


def test_narrow_pools_are_rounded_once() -> None:
    x = np.random.default_rng(1).standard_normal((2, 3, 6, 6)).astype("float16")
    attrs = {"kernel": (3, 3), "stride": (1, 1), "pads": ((1, 1), (1, 1))}
    count = {"count_pad": ((0, 0), (0, 0))}
    average = FUNCTIONS["avg_pool"](x, **attrs, **count)
    np.testing.assert_array_equal(average, FUNCTIONS["avg_pool"](x.astype("float32"), **attrs, **count).astype("f2"))
    dx = FUNCTIONS["max_pool_dx"](x, x, dilation=(1, 1), **attrs)
    wide = x.astype("float32")
    np.testing.assert_array_equal(dx, FUNCTIONS["max_pool_dx"](wide, wide, dilation=(1, 1), **attrs).astype("f2"))


# ---- against PyTorch -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name not in ("uneven", "far-padding", "crop", "3d")])
def test_conv_is_pytorchs(name: str, oracle: Callable[[str], ModuleType]) -> None:
    torch = oracle("torch")
    x, w, b, attrs = operands(name, "float32")
    lo = [max(lo, 0) for lo, _ in attrs["pads"]]
    attrs["pads"] = tuple((p, p) for p in lo)
    call = getattr(torch.nn.functional, f"conv{x.ndim - 2}d")
    x0, w0, b0 = (torch.from_numpy(a).requires_grad_() for a in (x, w, b))
    expected = call(x0, w0, b0, attrs["stride"], lo, attrs["dilation"], attrs["groups"])
    np.testing.assert_allclose(FUNCTIONS["conv"](x, w, b, **attrs), expected.detach(), rtol=1e-4, atol=1e-5)
    expected.backward(torch.ones_like(expected))
    g = np.ones(expected.shape, "float32")
    dx = FUNCTIONS["conv_dx"](g, w, size=x.shape[2:], **attrs)
    np.testing.assert_allclose(dx, x0.grad, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(FUNCTIONS["conv_dw"](x, g, kernel=w.shape[2:], **attrs), w0.grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["normal", "ties", "special"])
def test_max_pool_is_pytorchs(kind: str, oracle: Callable[[str], ModuleType]) -> None:
    torch = oracle("torch")
    x = values(kind, (2, 3, 9, 8))
    sizes = {"kernel": (3, 2), "stride": (2, 3), "pads": ((1, 1), (1, 1)), "dilation": (2, 1)}
    expected, where = torch.nn.functional.max_pool2d(
        torch.from_numpy(x), (3, 2), (2, 3), 1, (2, 1), return_indices=True
    )
    np.testing.assert_equal(FUNCTIONS["max_pool"](x, **sizes), expected.numpy())
    np.testing.assert_equal(FUNCTIONS["max_pool_index"](x, **sizes), where.numpy())
