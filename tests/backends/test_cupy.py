"""The CuPy backend against a stand-in for CuPy: no GPU is needed to see that nothing is converted behind its back."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import unified_nn
from tests.backends.op_samples import SAMPLES, Sample
from tests.backends.strict_array_module import Device, StrictArray, StrictArrayModule
from unified_nn import dtypes, errors, registry
from unified_nn.autodiff import Leaf, gradients
from unified_nn.op import REGISTRY
from unified_nn.tensor import Tensor

NUMPY = unified_nn.backend("numpy")
NAME = "unified_nn_backends.cupy"


@pytest.fixture
def module() -> StrictArrayModule:
    return StrictArrayModule()


@pytest.fixture
def cupy(module: StrictArrayModule, monkeypatch: pytest.MonkeyPatch) -> Iterator[unified_nn.Backend]:
    """The backend, imported afresh with the stand-in in CuPy's place."""
    monkeypatch.setitem(sys.modules, "cupy", module)
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    monkeypatch.setattr(registry, "_instances", {})
    yield importlib.import_module(NAME).CupyBackend()
    sys.modules.pop(NAME, None)


def tensors(sample: Sample, backend: unified_nn.Backend, *, tracked: bool) -> list[Any]:
    found: list[Any] = []
    for value in sample.arrays:
        if isinstance(value, np.ndarray):
            value = Tensor.from_numpy(value, backend=backend)
            if tracked and value._dtype.is_floating:
                value._body.node = Leaf(backend)
        found.append(value)
    return found


def test_the_stand_in_refuses_what_cupy_refuses(module: StrictArrayModule) -> None:
    x = module.asarray(np.ones(3))
    for convert in (
        np.asarray,
        list,
        lambda v: np.add(v, 1),
        lambda v: v + np.ones(3),
        lambda v: module.add(v, np.ones(3)),
    ):
        with pytest.raises(TypeError):
            convert(x)
    with pytest.raises(AttributeError):
        module.errstate  # noqa: B018
    with pytest.raises(TypeError, match="where"):
        module.add(x, x, where=True)
    np.testing.assert_array_equal(x.get(), np.ones(3))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.id)
def test_every_op_gives_what_numpy_gives(sample: Sample, cupy: unified_nn.Backend) -> None:
    mine, expected = (REGISTRY[sample.op](*tensors(sample, b, tracked=False), **sample.attrs) for b in (cupy, NUMPY))
    assert isinstance(mine.native, StrictArray)
    assert mine._dtype is expected._dtype
    np.testing.assert_allclose(mine.numpy(), expected.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.smooth], ids=lambda s: s.id)
def test_every_gradient_is_what_numpy_gives(sample: Sample, cupy: unified_nn.Backend) -> None:
    found = []
    for backend in (cupy, NUMPY):
        given = tensors(sample, backend, tracked=True)
        leaves = [x for x in given if isinstance(x, Tensor) and x.tracked]
        out = REGISTRY[sample.op](*given, **sample.attrs)
        if not out.tracked:
            assert not leaves or not REGISTRY[sample.op].differentiable or not out._dtype.is_floating
            return
        seed = np.random.default_rng(1).standard_normal(out._shape).astype(out._dtype.numpy())
        found.append(gradients([out], [Tensor.from_numpy(seed, backend=backend)], leaves))
    for mine, expected in zip(*found, strict=True):
        assert (mine is None) == (expected is None)
        if mine is not None:
            np.testing.assert_allclose(mine.numpy(), expected.numpy(), rtol=1e-12, atol=1e-12)


def test_repeated_places_of_integers_are_added(cupy: unified_nn.Backend) -> None:
    """CuPy adds int64 atomically only under another name."""
    x, i, y = (cupy.from_numpy(np.array(v)) for v in ([5, -5], [1, 1, 1], [-1, -2, 7]))
    out = cupy.functions["scatter_add"](x, i, y, axis=0)
    assert out.dtype == "int64"
    np.testing.assert_array_equal(out.get(), [5, -1])


def test_devices(cupy: unified_nn.Backend, module: StrictArrayModule) -> None:
    assert cupy.devices() == ["cuda:0", "cuda:1"]
    x = cupy.from_numpy(np.ones(2), "cuda:1")
    assert cupy.device(x) == "cuda:1"
    assert Device.current == 0
    assert cupy.device(cupy.from_numpy(np.ones(2))) == "cuda:0"
    moved = cupy.to_device(x, "cuda:0")
    assert cupy.device(moved) == "cuda:0"
    assert cupy.to_device(moved, "cuda:0") is moved
    cupy.synchronize()
    assert module.synchronized == 1


@pytest.mark.parametrize("device", ["cuda:2", "cuda:x", "npu:0", "gpu"])
def test_a_device_that_is_not_there_is_refused(device: str, cupy: unified_nn.Backend) -> None:
    with pytest.raises(errors.ArgumentError, match=rf"no device '{device}'; it has \['cuda:0', 'cuda:1'\]"):
        cupy.from_numpy(np.ones(2), device)


def test_nothing_moves_to_the_host_as_a_device(cupy: unified_nn.Backend) -> None:
    with pytest.raises(errors.ArgumentError, match=r"\.to_backend\('numpy'\)"):
        cupy.to_device(cupy.from_numpy(np.ones(2)), "cpu")


def test_without_a_device_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", StrictArrayModule(devices=0))
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    made = importlib.import_module(NAME).CupyBackend()
    sys.modules.pop(NAME, None)
    assert made.devices() == []
    assert any("no CUDA device" in line for line in made.degraded())


def test_without_cupy_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    monkeypatch.setattr(registry, "_instances", {})
    with pytest.raises(errors.BackendUnavailableError, match=r'pip install "unified-nn\[cuda\]"'):
        unified_nn.backend("cupy")


def test_bfloat16_is_refused_by_name(cupy: unified_nn.Backend) -> None:
    pytest.importorskip("ml_dtypes")
    with pytest.raises(errors.DTypeError, match="backend 'cupy' has no dtype bfloat16"):
        cupy.from_numpy(np.ones(2, dtypes.bfloat16.numpy()))
