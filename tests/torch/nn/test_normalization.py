"""Normalisation layers against real PyTorch, on every backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from twins import build, compare_calls, compare_construction, namespaces

#: (constructor, shapes of the inputs)
CASES: list[tuple[str, list[Any]]] = [
    ("nn.BatchNorm1d(3)", [(4, 3)]),
    ("nn.BatchNorm1d(3)", [(2, 3, 5)]),
    ("nn.BatchNorm2d(3)", [(2, 3, 4, 5)]),
    ("nn.BatchNorm3d(2)", [(2, 2, 3, 2, 2)]),
    ("nn.BatchNorm2d(3, eps=0.01, momentum=0.3)", [(2, 3, 4, 5)]),
    ("nn.BatchNorm2d(3, momentum=None)", [(2, 3, 4, 5)]),
    ("nn.BatchNorm2d(3, affine=False)", [(2, 3, 4, 5)]),
    ("nn.BatchNorm2d(3, bias=False)", [(2, 3, 4, 5)]),
    ("nn.BatchNorm2d(3, affine=False, bias=False)", [(2, 3, 4, 5)]),
    ("nn.BatchNorm2d(3, track_running_stats=False)", [(2, 3, 4, 5)]),
    ("nn.BatchNorm2d(3, affine=False, track_running_stats=False)", [(2, 3, 4, 5)]),
    ("nn.BatchNorm1d(1)", [(2, 1)]),
    ("nn.BatchNorm2d(3, momentum=0.0)", [(2, 3, 1, 1)]),
    ("nn.BatchNorm2d(3, momentum=1)", [(1, 3, 2, 1)]),
    ("nn.InstanceNorm1d(3)", [(2, 3, 5)]),
    ("nn.InstanceNorm1d(3)", [(3, 5)]),
    ("nn.InstanceNorm2d(3)", [(2, 3, 4, 5)]),
    ("nn.InstanceNorm2d(3, affine=True)", [(2, 3, 4, 5)]),
    ("nn.InstanceNorm2d(3, affine=True, bias=False)", [(3, 4, 5)]),
    ("nn.InstanceNorm2d(3, eps=0.1, momentum=0.3)", [(3, 4, 5)]),
    ("nn.InstanceNorm3d(2)", [(2, 2, 3, 2, 2)]),
    ("nn.LayerNorm(5)", [(2, 3, 5)]),
    ("nn.LayerNorm(5)", [(5,)]),
    ("nn.LayerNorm([3, 5])", [(2, 3, 5)]),
    ("nn.LayerNorm((3, 5), eps=0.1)", [(4, 2, 3, 5)]),
    ("nn.LayerNorm(5, elementwise_affine=False)", [(2, 5)]),
    ("nn.LayerNorm(5, bias=False)", [(2, 5)]),
    ("nn.LayerNorm(1)", [(2, 1)]),
    ("nn.LayerNorm(5)", [(0, 5)]),
    ("nn.RMSNorm(5)", [(2, 3, 5)]),
    ("nn.RMSNorm((3, 5), eps=0.1)", [(2, 3, 5)]),
    ("nn.RMSNorm(5, elementwise_affine=False)", [(2, 5)]),
    ("nn.RMSNorm([5], eps=1e-3)", [(5,)]),
    ("nn.GroupNorm(2, 4)", [(2, 4, 3, 3)]),
    ("nn.GroupNorm(4, 4)", [(2, 4, 3)]),
    ("nn.GroupNorm(1, 4, eps=0.1)", [(2, 4, 5)]),
    ("nn.GroupNorm(2, 4, affine=False)", [(2, 4)]),
    ("nn.GroupNorm(2, 4, bias=False)", [(3, 4, 2, 2, 2)]),
    ("nn.GroupNorm(2, 4, affine=False, bias=False)", [(1, 4, 1)]),
    ("nn.LocalResponseNorm(2)", [(2, 5, 3, 3)]),
    ("nn.LocalResponseNorm(3, alpha=0.1, beta=0.5, k=2.0)", [(2, 5, 4)]),
    ("nn.LocalResponseNorm(5)", [(1, 3, 2, 2, 2)]),
]
IDS = [f"{text.removeprefix('nn.')} {shapes[0]}" for text, shapes in CASES]


@pytest.mark.parametrize(("text", "shapes"), CASES, ids=IDS)
def test_as_in_torch(text: str, shapes: list[Any], backend: Any, oracle: Callable[[str], Any]) -> None:
    spaces = namespaces(oracle("torch"))
    made = [build(space, text) for space in spaces]
    compare_construction(made)
    compare_calls(made, spaces, shapes, "float32", 1e-5, 1e-6, calls=3)


DOUBLE = [
    ("nn.BatchNorm2d(3, dtype=torch.float64)", (2, 3, 4, 5)),
    ("nn.LayerNorm(5, dtype=torch.float64)", (2, 5)),
    ("nn.RMSNorm(5, dtype=torch.float64)", (2, 5)),
    ("nn.GroupNorm(2, 4, dtype=torch.float64)", (2, 4, 3)),
    ("nn.LayerNorm(5).double()", (2, 5)),
    ("nn.BatchNorm1d(3).double()", (4, 3)),
]


@pytest.mark.parametrize(("text", "shape"), DOUBLE, ids=[text for text, _ in DOUBLE])
def test_float64(text: str, shape: Any, backend: Any, oracle: Callable[[str], Any]) -> None:
    spaces = namespaces(oracle("torch"))
    made = [build(space, text) for space in spaces]
    compare_construction(made)
    compare_calls(made, spaces, [shape], "float64", 1e-11, 1e-12)


HALF = ["nn.BatchNorm1d(5).half()", "nn.LayerNorm(5).half()", "nn.GroupNorm(1, 5).half()", "nn.RMSNorm(5).half()"]


@pytest.mark.parametrize("text", HALF)
def test_float16_on_numpy_and_torch(text: str, backend: Any, oracle: Callable[[str], Any]) -> None:
    if backend.name in ("mindspore", "mxnet"):
        pytest.skip("float16 arithmetic on the CPU differs by library; values are compared on numpy and torch")
    spaces = namespaces(oracle("torch"))
    made = [build(space, text) for space in spaces]
    compare_construction(made)
    compare_calls(made, spaces, [(4, 5)], "float16", 1e-2, 5e-3, calls=1)


#: (constructor, input) that PyTorch refuses: in the constructor, or in the call
REFUSED: list[tuple[str, Any]] = [
    ("nn.BatchNorm1d(3)", (2, 3, 4, 5)),
    ("nn.BatchNorm2d(3)", (2, 3, 4)),
    ("nn.BatchNorm3d(3)", (2, 3, 4, 5)),
    ("nn.BatchNorm2d(3)", (2, 4, 2, 2)),
    ("nn.BatchNorm1d(3)", (1, 3)),
    ("nn.BatchNorm2d(3)", (1, 3, 1, 1)),
    ("nn.BatchNorm2d(-1)", (1, 3, 1, 1)),
    ("nn.BatchNorm2d(3.5)", (1, 3, 1, 1)),
    ("nn.BatchNorm2d()", (1, 3, 1, 1)),
    ("nn.BatchNorm2d(3, foo=1)", (1, 3, 1, 1)),
    ("nn.InstanceNorm2d(3)", (2, 3)),
    ("nn.InstanceNorm2d(3)", (2, 3, 1, 1)),
    ("nn.InstanceNorm2d(3, affine=True)", (2, 4, 3, 3)),
    ("nn.InstanceNorm2d(3, affine=True)", (4, 3, 3)),
    ("nn.LayerNorm(5)", (2, 4)),
    ("nn.LayerNorm((3, 5))", (5,)),
    ("nn.LayerNorm(5)", np.ones((2, 5), np.int64)),
    ("nn.LayerNorm()", (2, 4)),
    ("nn.RMSNorm(5)", (2, 4)),
    ("nn.GroupNorm(2, 3)", (2, 3, 4)),
    ("nn.GroupNorm(2, 4)", (2, 3, 4)),
    ("nn.GroupNorm(2, 4)", (4,)),
    ("nn.LocalResponseNorm(2)", (3, 4)),
]


@pytest.mark.parametrize(("text", "shape"), REFUSED, ids=[f"{t} {np.shape(s) or s}" for t, s in REFUSED])
def test_refuses_what_torch_refuses(text: str, shape: Any, backend: Any, oracle: Callable[[str], Any]) -> None:
    ours, real = namespaces(oracle("torch"))
    from twins import tensors

    with pytest.raises(Exception) as expected:  # noqa: PT011  which one is what the test is about
        build(real, text)(*tensors(real, [shape], "float32"))
    with pytest.raises(type(expected.value)):
        build(ours, text)(*tensors(ours, [shape], "float32"))


def test_instance_norm_warns_about_the_number_of_channels(oracle: Callable[[str], Any]) -> None:
    for space in namespaces(oracle("torch")):
        with pytest.warns(UserWarning, match=r"input's size at dim=1 does not match num_features"):
            build(space, "nn.InstanceNorm2d(3)")(space["torch"].ones(2, 4, 3, 3))


def test_running_statistics_that_are_not_kept_change_nothing(oracle: Callable[[str], Any]) -> None:
    for space in namespaces(oracle("torch")):
        layer = build(space, "nn.BatchNorm1d(2, track_running_stats=False)")
        assert layer.running_mean is None
        assert layer.num_batches_tracked is None
        assert layer.weight is not None
        layer.reset_running_stats()


def test_statistics_start_anew(backend: Any, oracle: Callable[[str], Any]) -> None:
    for space in namespaces(oracle("torch")):
        layer = build(space, "nn.BatchNorm1d(2)")
        x = space["torch"].tensor([[1.0, 2.0], [3.0, 5.0]])
        layer(x)
        assert int(layer.num_batches_tracked) == 1
        layer.reset_running_stats()
        assert layer.running_mean.tolist() == [0.0, 0.0]
        assert layer.running_var.tolist() == [1.0, 1.0]
        assert int(layer.num_batches_tracked) == 0
        layer(x)
        layer.weight.data.fill_(7.0)
        layer.reset_parameters()
        assert layer.weight.tolist() == [1.0, 1.0]
        assert int(layer.num_batches_tracked) == 0


def test_momentum_and_eps_may_be_changed_later(backend: Any, oracle: Callable[[str], Any]) -> None:
    found = []
    for space in namespaces(oracle("torch")):
        layer = build(space, "nn.BatchNorm1d(2)")
        layer.momentum, layer.eps = 0.5, 0.25
        x = space["torch"].tensor([[1.0, 2.0], [3.0, 5.0]])
        found.append([layer(x).tolist(), layer.running_mean.tolist(), repr(layer)])
    np.testing.assert_allclose(found[0][0], found[1][0], 1e-6)
    assert found[0][1:] == found[1][1:]
