"""Misuse of ops: the same clear error on every backend, never a bare traceback from a native library."""

from __future__ import annotations

import numpy as np
import pytest

import unified_nn
from unified_nn import Tensor
from unified_nn.errors import DTypeError, IndexRangeError, ShapeError, UnifiedError
from unified_nn.ops import conv, elementwise, index, linalg, loss, norm, pool, reduce, shape

CONV = {"stride": (1, 1), "pads": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
POOL = {"kernel": (5, 5), "stride": (1, 1), "pads": ((0, 0), (0, 0)), "dilation": (1, 1)}


def f(*sizes: int, dtype: str = "float32") -> Tensor:
    return Tensor.from_numpy(np.ones(sizes, dtype))


def i(*values: int) -> Tensor:
    return Tensor.from_numpy(np.array(values, "int64"))


MISUSES = {
    "add": (lambda: elementwise.add(f(2, 3), f(2, 4)), ShapeError, "(2, 3) and (2, 4) do not broadcast"),
    "matmul": (lambda: linalg.matmul(f(2, 3), f(4, 5)), ShapeError, "x has 3 columns (last axis), y has 4 rows"),
    "matmul-dtype": (lambda: linalg.matmul(f(2, 3), f(3, 2, dtype="float64")), DTypeError, "float32 but y is float64"),
    "linear": (lambda: linalg.linear(f(2, 5), f(3, 4), f(3)), ShapeError, "expected last dim 4, got 5, input (2, 5)"),
    "linear-0d": (lambda: linalg.linear(f(), f(3, 4)), ShapeError, "x has rank 0"),
    "linear-dtype": (lambda: linalg.linear(f(2, 4, dtype="float64"), f(3, 4)), DTypeError, "x is float64 but w is float32"),
    "conv-channels": (
        lambda: conv.conv(f(8, 3, 32, 32), f(16, 4, 3, 3), **CONV), ShapeError,
        "x has 3 channels (axis 1), w expects 4; x (8, 3, 32, 32), w (16, 4, 3, 3), groups=1"),
    "conv-rank": (lambda: conv.conv(f(3, 8), f(8, 3, 3, 3), **CONV), ShapeError, "x has rank 2, expected 4"),
    "conv-kernel": (lambda: conv.conv(f(1, 3, 2, 2), f(8, 3, 5, 5), **CONV), ShapeError, "the kernel spans 5 at axis 2"),
    "conv-int": (lambda: conv.conv(f(1, 3, 8, 8, dtype="int32"), f(8, 3, 3, 3), **CONV), DTypeError, "x is int32"),
    "conv-dtype": (lambda: conv.conv(f(1, 3, 8, 8, dtype="float64"), f(8, 3, 3, 3), **CONV), DTypeError, "x is float64"),
    "pool": (lambda: pool.max_pool(f(1, 3, 2, 2), **POOL), ShapeError, "the kernel spans 5 at axis 2"),
    "layer-norm": (lambda: norm.layer_norm(f(2, 5), f(6), f(6), axes=1, eps=1e-5), ShapeError, "got input (2, 5)"),
    "batch-norm": (
        lambda: norm.batch_norm(f(2, 3, 4, 4), f(4), f(4), f(4), f(4), eps=1e-5), ShapeError, "x has 3 channels (axis 1)"),
    "take-high": (lambda: index.take(f(10, 4), i(99), axis=0), IndexRangeError, "99"),
    "take-low": (lambda: index.take(f(10, 4), i(-11), axis=0), IndexRangeError, "-11"),
    "take-float": (lambda: index.take(f(10, 4), f(2), axis=0), DTypeError, "indices are float32"),
    "label": (lambda: loss.cross_entropy(f(2, 3), i(1, 7)), IndexRangeError, "7"),
    "label-count": (lambda: loss.cross_entropy(f(2, 3), i(1, 1, 1)), ShapeError, "needs labels of shape (2,), got (3,)"),
    "reshape": (lambda: shape.reshape(f(2, 3), shape=(4, 2)), ShapeError, "'[4, 2]' is invalid for input of size 6"),
    "concat": (lambda: shape.concat(f(2, 3), f(2, 4), axis=0), ShapeError, "array 1 has 4 at axis 1, array 0 has 3"),
    "softmax-axis": (lambda: norm.softmax(f(2, 3), axis=5), IndexRangeError, "axis 5 is out of range for rank 2"),
    "sum-axis": (lambda: reduce.sum_(f(2, 3), axis=2), IndexRangeError, "axis 2 is out of range for rank 2"),
    "index": (lambda: f(2, 3)[5], IndexRangeError, "index 5 is out of"),
    "too-many-indices": (lambda: f(2)[0, 0], IndexRangeError, "too many indices: 2 for"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "text"), MISUSES.values(), ids=MISUSES)
def test_misuse(backend: unified_nn.Backend, call, kind: type[UnifiedError], text: str) -> None:
    with pytest.raises(kind) as caught:
        call().numpy()
    assert text in str(caught.value)
    assert isinstance(caught.value, kind.neutral)


def test_a_foreign_failure_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(x):
        raise OSError("the disk is on fire\nand more")

    backend = unified_nn.backend("numpy")
    monkeypatch.setitem(backend.functions, "exp", broken)
    with pytest.raises(
        UnifiedError, match=r"^exp: backend 'numpy' failed on \(\(2,\) float32\): the disk is on fire$"
    ) as e:
        elementwise.exp(Tensor.from_numpy(np.ones(2, "float32"), backend="numpy"))
    assert isinstance(e.value.__cause__, OSError)


def test_an_op_that_a_backend_lacks_says_who_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = unified_nn.backend("numpy")
    monkeypatch.delitem(backend.functions, "exp")
    with pytest.raises(NotImplementedError, match="exp: backend 'numpy' does not offer this op"):
        elementwise.exp(Tensor.from_numpy(np.ones(2, "float32"), backend="numpy"))


def test_values_that_no_tensor_holds() -> None:
    with pytest.raises(DTypeError, match="is not one that tensors have"):
        Tensor.from_numpy(np.array(["a", "b"]))
