"""Backends by name: the current one, unknown and missing ones, mixing two."""

from __future__ import annotations

import asyncio
import importlib.metadata
import threading

import numpy as np
import pytest

import unified_nn
from unified_nn import Tensor, registry
from unified_nn.errors import (
    ArgumentError,
    BackendUnavailableError,
    MixedBackendsError,
    UnifiedError,
    UnknownBackendError,
)
from unified_nn.ops.elementwise import add


def test_numpy_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_process_default", None)
    monkeypatch.delenv(registry.VARIABLE, raising=False)
    assert unified_nn.backend().name == "numpy"


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_process_default", None)
    monkeypatch.setenv(registry.VARIABLE, "tourch")
    with pytest.raises(UnknownBackendError, match="Did you mean 'torch'"):
        unified_nn.backend()


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(ValueError, match="no backend 'nunpy'; known: .* Did you mean 'numpy'"):
        unified_nn.set_backend("nunpy")


def test_a_missing_library_gets_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = registry.Entry("no_such_package.here:Backend", extra="cuda")
    monkeypatch.setitem(registry.BUILTIN, "absent", missing)
    with pytest.raises(BackendUnavailableError, match=r'No module named .* Try: pip install "unified-nn\[cuda\]"'):
        unified_nn.backend("absent")
    with pytest.raises(ImportError):
        unified_nn.backend("absent")
    status = next(s for s in registry.report() if s.name == "absent")
    assert not status.usable
    assert status.hint == 'pip install "unified-nn[cuda]"'


def test_an_entry_point_adds_a_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    point = importlib.metadata.EntryPoint("mine", "unified_nn_backends.numpy:NumpyBackend", registry.GROUP)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [point])
    assert "mine" in registry.entries()
    assert unified_nn.backend("mine") is unified_nn.backend("numpy")  # the same class gives the same instance


def test_one_instance_per_way_of_differentiating() -> None:
    assert unified_nn.backend("numpy") is unified_nn.backend("numpy", "tape")
    with pytest.raises(ArgumentError, match="autodiff is 'tape'"):
        unified_nn.backend("numpy", "native")


def test_use_backend_is_for_the_block(backend: unified_nn.Backend) -> None:
    with unified_nn.use_backend("numpy"):
        assert Tensor.from_numpy(1.0).backend.name == "numpy"
        with unified_nn.use_backend(backend.name):
            assert Tensor.from_numpy(1.0).backend.name == backend.name
        assert unified_nn.backend().name == "numpy"


def test_threads_and_tasks_choose_for_themselves() -> None:
    tape = unified_nn.backend("numpy")
    seen: dict[str, str] = {}

    def work() -> None:
        seen["thread"] = unified_nn.backend().name

    async def task(name: str) -> str:
        with unified_nn.use_backend(tape):
            await asyncio.sleep(0)
            return name + unified_nn.backend().name

    async def both() -> list[str]:
        return await asyncio.gather(task("a"), task("b"))

    with unified_nn.use_backend("numpy"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert seen == {"thread": "numpy"}
    assert asyncio.run(both()) == ["anumpy", "bnumpy"]


def test_two_backends_do_not_mix(backend: unified_nn.Backend) -> None:
    if backend.name == "numpy":
        pytest.skip("needs a second backend")
    a = Tensor.from_numpy(np.ones(2, "float32"), backend="numpy")
    b = Tensor.from_numpy(np.ones(2, "float32"))
    with pytest.raises(MixedBackendsError, match=rf"'numpy' and '{backend.name}' met.*to_backend\('numpy'\)") as caught:
        add(a, b)
    assert isinstance(caught.value, RuntimeError)
    assert isinstance(caught.value, UnifiedError)
    assert add(a, b.to_backend("numpy")).numpy().tolist() == [2, 2]
