"""What is checked of every backend that delegates: one op on one sample, by the native autograd, the tape and NumPy."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import unified_nn
from tests.backends.op_samples import SAMPLES, Sample
from unified_nn import dtypes
from unified_nn.autodiff import Leaf, gradients
from unified_nn.backend import Backend
from unified_nn.op import REGISTRY
from unified_nn.ops import elementwise as el
from unified_nn.ops import index, linalg, norm, reduce, shape
from unified_nn.tensor import Tensor

REFERENCE = unified_nn.backend("numpy")
#: Relative to the largest value of the exact result.
TOLERANCE = {"float64": 1e-9, "float32": 2e-4, "float16": 1e-2, "bfloat16": 6e-2}


def is_floating(a: Any) -> bool:
    return isinstance(a, np.ndarray) and dtypes.of_numpy(a.dtype).is_floating


FLOATING = [s for s in SAMPLES if any(map(is_floating, s.arrays)) and s.op not in ("cast", "argsort")]
SMOOTH = [s for s in SAMPLES if s.smooth and any(map(is_floating, s.arrays)) and REGISTRY[s.op].differentiable]
TWICE = [s for s in SMOOTH if s.twice]


def leaf(values: Any, backend: Backend) -> Tensor:
    made = Tensor.from_numpy(values, backend=backend)
    made._body.node = Leaf(backend)
    return made


def in_dtype(sample: Sample, dtype: str) -> Sample:
    """The sample with its floating arrays rounded to the dtype."""
    to = dtypes.BY_NAME[dtype].numpy()
    return replace(sample, arrays=tuple(a.astype(to) if is_floating(a) else a for a in sample.arrays))


def result(sample: Sample, backend: Backend) -> Tensor:
    args = [Tensor.from_numpy(a, backend=backend) if isinstance(a, np.ndarray) else a for a in sample.arrays]
    found: Tensor = REGISTRY[sample.op](*args, **sample.attrs)
    return found


def _seed(like: Tensor, phase: float) -> Tensor:
    values = np.cos(np.arange(int(np.prod(like._shape))) * 1.7 + phase).reshape(like._shape)
    return Tensor.from_numpy(values, like._dtype.name, backend=like.backend)


def _values(found: list[Tensor | None], inputs: list[Tensor]) -> list[np.ndarray]:
    """As float64; no gradient is a gradient of 0."""
    return [
        np.zeros(x._shape) if g is None else g.numpy().astype("float64") for g, x in zip(found, inputs, strict=True)
    ]


def gradient(sample: Sample, backend: Backend, order: int = 1) -> list[np.ndarray]:
    """The gradients for all floating arrays, of the result or (order 2) of all first gradients together."""
    leaves: list[Tensor] = []
    args: list[Any] = []
    for a in sample.arrays:
        if is_floating(a):
            leaves.append(leaf(a, backend))
            args.append(leaves[-1])
        else:
            args.append(Tensor.from_numpy(a, backend=backend) if isinstance(a, np.ndarray) else a)
    out = REGISTRY[sample.op](*args, **sample.attrs)
    if not out.tracked:
        return _values([None] * len(leaves), leaves)
    first = gradients([out], [_seed(out, 1)], leaves, create_graph=order == 2)
    if order == 1:
        return _values(first, leaves)
    outs = [g for g in first if g is not None and g.tracked]
    second = gradients(outs, [_seed(g, 2) for g in outs], leaves) if outs else [None] * len(leaves)
    return _values(second, leaves)


def assert_near(got: np.ndarray, exact: np.ndarray, tolerance: float) -> None:
    assert got.shape == exact.shape
    values = exact.reshape(-1) if exact.dtype.kind == "f" else np.zeros(0)
    scale = min(np.abs(values[np.isfinite(values)]).max(initial=1.0), 1e3)
    np.testing.assert_allclose(got.astype(exact.dtype), exact, rtol=tolerance, atol=tolerance * scale)


def check_value(sample: Sample, backend: Backend, dtype: str = "float64") -> None:
    """The op's value is NumPy's in float64 of the same (rounded) inputs, in the dtype that the op promises."""
    rounded = in_dtype(sample, dtype)
    exact = result(in_dtype(rounded, "float64"), REFERENCE).numpy()
    got = result(rounded, backend)
    expected = dtypes.of_numpy(exact.dtype)
    if dtype != "float64" and expected is dtypes.float64:
        expected = dtypes.BY_NAME[dtype]
    assert got._dtype is expected
    assert_near(got.numpy(), exact, TOLERANCE[dtype])


def check_gradient(sample: Sample, backend: Backend, order: int = 1, dtype: str = "float64") -> None:
    """The gradient is what NumPy and the tape give in float64."""
    rounded = in_dtype(sample, dtype)
    exact = gradient(in_dtype(rounded, "float64"), REFERENCE, order)
    for got, want in zip(gradient(rounded, backend, order), exact, strict=True):
        assert_near(got, want, 3 * TOLERANCE[dtype])


# ---- random programs -----------------------------------------------------------------------------------------------


def _turned(t: Tensor) -> Tensor:
    return shape.transpose(t, axes=(1, 0))


def _rows(t: Tensor) -> Tensor:
    places = Tensor.from_numpy(np.arange(t._shape[0])[::-1] % 2, backend=t.backend)
    return index.take(t, places, axis=0)


STEPS: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda t: el.mul(t, t),
    _turned,
    _rows,
    lambda t: shape.reshape(t, shape=t._shape[::-1]),
    lambda t: norm.softmax(t, axis=-1),
    lambda t: norm.log_softmax(t, axis=0),
    lambda t: el.sub(t, reduce.mean(t, axis=0, keepdims=True)),
    lambda t: el.mul(t, reduce.max_(t)),
    lambda t: el.add(t, reduce.sum_(t)),
    lambda t: reduce.cumsum(t, axis=1),
    lambda t: shape.expand(reduce.sum_(t, axis=0, keepdims=True), shape=t._shape),
    lambda t: shape.concat(index.getitem(t, index=(slice(1, None),)), index.getitem(t, index=(slice(1),)), axis=0),
    lambda t: shape.pad(index.getitem(t, index=(slice(None), slice(1, None))), pads=((0, 0), (1, 0))),
    lambda t: index.setitem(t, index.getitem(t, index=(1,)), index=(0,)),
    lambda t: el.where(el.greater(t, 0.1), t, el.neg(t)),
    lambda t: el.pow_(el.add(el.mul(t, t), 1.0), -0.5),
)
JOINS: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
    el.add,
    el.mul,
    el.maximum,
    lambda a, b: linalg.matmul(linalg.matmul(a, _turned(b)), a),
)


def program(number: int, backend: Backend, *, middle: bool = True) -> list[np.ndarray]:
    """A random program's gradients for its three leaves and for one value in the middle."""
    choose, numbers = random.Random(number), np.random.default_rng(number)
    leaves = [leaf(numbers.standard_normal((3, 4)), backend) for _ in range(3)]
    values = list(leaves)
    for _ in range(choose.randint(4, 9)):
        a, b = choose.choice(values), choose.choice(values)
        if choose.random() < 0.6:
            made = choose.choice(STEPS)(a)
        else:
            made = choose.choice(JOINS)(a, b if a._shape == b._shape else _turned(b))
        values.append(el.tanh(made))
    inputs = [*leaves, values[len(values) // 2]] if middle else leaves
    return _values(gradients([values[-1]], [_seed(values[-1], 1)], inputs), inputs)
