"""Misuses that no real framework knows: backends, mixtures, names that are not there, samples that fail in a loader."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import unified_nn
from unified_nn import Tensor, mindspore, mxnet, nn, torch
from unified_nn.errors import (
    BackendUnavailableError,
    MissingNameError,
    MixedBackendsError,
    NotOfferedError,
    StateError,
    TooLargeError,
    UnifiedError,
    UnknownBackendError,
)
from unified_nn.mindspore import nn as ms_nn
from unified_nn.mxnet.gluon import nn as mx_nn
from unified_nn.torch import nn as torch_nn

WITHOUT = {name for name in ("cupy",) if not any(s.name == name and s.usable for s in unified_nn.registry.report())}


@pytest.mark.parametrize(
    "call", [unified_nn.set_backend, unified_nn.backend, lambda n: unified_nn.use_backend(n).__enter__()]
)
@pytest.mark.parametrize(("name", "meant"), [("tourch", "torch"), ("NumPy", "numpy"), ("mxnett", "mxnet")])
def test_an_unknown_backend(call: Any, name: str, meant: str) -> None:
    with pytest.raises(UnknownBackendError) as caught:
        call(name)
    assert isinstance(caught.value, ValueError)
    assert f"no backend {name!r}; known: " in str(caught.value)
    assert f"Did you mean {meant!r}?" in str(caught.value)


@pytest.mark.skipif("cupy" not in WITHOUT, reason="CuPy is installed here")
def test_a_backend_that_is_not_installed() -> None:
    with pytest.raises(ImportError) as caught:
        unified_nn.set_backend("cupy")
    assert isinstance(caught.value, BackendUnavailableError)
    assert str(caught.value).endswith("No module named 'cupy'. Try: pip install \"unified-nn[cuda]\"")


def test_a_framework_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unified_nn.registry, "_instances", {})
    monkeypatch.setitem(sys.modules, "unified_nn_backends.mxnet", None)
    with pytest.raises(BackendUnavailableError, match=r'Try: pip install "unified-nn\[mxnet\]"$'):
        unified_nn.backend("mxnet")


MIXED = {
    "operator": lambda a, b: a + b,
    "op": lambda a, b: unified_nn.ops.linalg.matmul(a, b),
    "function": lambda a, b: torch.matmul(a.as_face(torch.Tensor), b.as_face(torch.Tensor)),
    "concat": lambda a, b: torch.cat([a.as_face(torch.Tensor), b.as_face(torch.Tensor)]),
    "mindspore": lambda a, b: mindspore.ops.add(a.as_face(mindspore.Tensor), b.as_face(mindspore.Tensor)),
    "mxnet": lambda a, b: mxnet.nd.dot(a.as_face(mxnet.nd.NDArray), b.as_face(mxnet.nd.NDArray)),
    "layer": lambda a, b: _layer(a)(b),
}  # fmt: skip


def _layer(like: Tensor) -> Any:
    with unified_nn.use_backend(like.backend):
        return nn.Linear(2, 2)


@pytest.mark.parametrize("call", MIXED.values(), ids=MIXED)
def test_two_backends_in_one_op(call: Any) -> None:
    a = Tensor.from_numpy(np.ones((2, 2), "float32"), backend="numpy")
    b = Tensor.from_numpy(np.ones((2, 2), "float32"), backend=unified_nn.backend("numpy", "tape"))
    other = next((n for n in ("torch", "mxnet", "mindspore") if _usable(n)), None)
    if other is None:
        pytest.skip("not run: no second backend is installed")
    b = b.to_backend(other)
    with pytest.raises(MixedBackendsError) as caught:
        call(a, b)
    assert isinstance(caught.value, RuntimeError)
    assert "tensors of backends " in str(caught.value)
    assert "move one of them with .to_backend(" in str(caught.value)


def _usable(name: str) -> bool:
    return any(s.name == name and s.usable for s in unified_nn.registry.report())


NAMES = {
    "torch": (lambda: torch.zeross, "Did you mean 'zeros'?"),
    "torch.nn": (lambda: torch_nn.Linaer, "Did you mean 'Linear'?"),
    "torch.nn.functional": (lambda: torch_nn.functional.reluu, "Did you mean 'relu'?"),
    "torch tensor": (lambda: torch.ones(2).reqires_grad, "Did you mean 'requires_grad'?"),
    "mindspore.nn": (lambda: ms_nn.Dence, "Did you mean 'Dense'?"),
    "mindspore.ops": (lambda: mindspore.ops.reluu, "Did you mean 'relu'?"),
    "mxnet.nd": (lambda: mxnet.nd.reluu, "Did you mean 'relu'?"),
    "mxnet.gluon.nn": (lambda: mx_nn.Dence, "Did you mean 'Dense'?"),
    "mxnet array": (lambda: mxnet.nd.ones((2,)).shap, "Did you mean 'shape'?"),
}


@pytest.mark.parametrize(("get", "hint"), NAMES.values(), ids=NAMES)
def test_a_name_that_is_not_there(get: Any, hint: str) -> None:
    with pytest.raises(MissingNameError) as caught:
        get()
    assert isinstance(caught.value, AttributeError)
    assert hint in str(caught.value)


def test_a_layer_is_no_sequence() -> None:
    for layer in (torch_nn.Linear(2, 2), ms_nn.Dense(2, 2), mx_nn.Dense(2), nn.Linear(2, 2)):
        with pytest.raises(TypeError, match=r"object is not iterable"):
            list(layer)
        with pytest.raises(TypeError, match=r"object is not subscriptable; got \[0\]"):
            layer[0]


def test_what_is_too_large_is_refused_before_it_is_allocated(backend: unified_nn.Backend) -> None:
    huge = 10**9
    calls = {
        RuntimeError: lambda: torch_nn.Linear(huge, huge),
        MemoryError: lambda: ms_nn.Dense(huge, huge),
        mxnet.base.MXNetError: lambda: mxnet.nd.zeros((huge, huge)),
    }
    for base, call in calls.items():
        with pytest.raises(base, match=f"{huge}, {huge}") as caught:
            call()
        assert isinstance(caught.value, TooLargeError)
    with pytest.raises(MemoryError, match=r"w of shape \(1000000000, 1000000000\) needs 4000000000000000000 bytes"):
        nn.Linear(huge, huge)


class Data:
    def __init__(self, bad: int, error: Exception) -> None:
        self.bad, self.error = bad, error

    def __len__(self) -> int:
        return 6

    def __getitem__(self, i: int) -> Any:
        if i == self.bad:
            raise self.error
        return torch.ones(2 if i < 4 else 3)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_says_which_sample_failed(workers: int) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        list(torch.utils.data.DataLoader(Data(3, ZeroDivisionError("no")), batch_size=2, num_workers=workers))
    notes = caught.value.__notes__
    assert notes[0] == "DataLoader: dataset[3] raised this"
    assert notes[1] == "DataLoader: while fetching samples [2, 3] of the dataset"
    with pytest.raises(RuntimeError, match=r"got \[2\] at entry 0 and \[3\] at entry 4") as caught:
        list(torch.utils.data.DataLoader(Data(9, ValueError()), batch_size=5, num_workers=workers))
    assert caught.value.__notes__ == ["DataLoader: while fetching samples [0, 1, 2, 3, 4] of the dataset"]


def test_a_state_names_every_problem_at_once(backend: unified_nn.Backend) -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    state = net.state_dict()
    state["0.w"] = np.ones((3, 5), "float32")
    state["extra"] = state.pop("1.b")
    with pytest.raises(StateError) as caught:
        net.load_state_dict(state)
    for fact in ("0.w", "(3, 5)", "(3, 4)", "1.b", "extra"):
        assert fact in str(caught.value)


def test_what_is_not_offered_says_what_is() -> None:
    with pytest.raises(RuntimeError) as caught:  # MindSpore raises RuntimeError
        mindspore.set_context(device_target="GPU")
    assert isinstance(caught.value, NotOfferedError)
    assert "tensors are made on the CPU" in str(caught.value)


def test_every_kind_is_caught_as_unified_error_and_as_its_own_class() -> None:
    for call, base in (
        (lambda: torch.ones(2, 3) + torch.ones(2, 4), RuntimeError),
        (lambda: torch.ones(2)[5], IndexError),
        (lambda: ms_nn.Dense(4, -3), ValueError),
        (lambda: mxnet.nd.zeros((2, 3)) + mxnet.nd.zeros((2, 4)), mxnet.base.MXNetError),
    ):
        with pytest.raises(base) as caught:
            call()
        assert isinstance(caught.value, UnifiedError)
