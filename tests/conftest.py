"""Shared fixtures: which frameworks are here, and a current backend that does not leak between tests."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from types import ModuleType

import hypothesis
import pytest

import unified_nn
from unified_nn import registry

os.environ.setdefault("GLOG_v", "3")

# In CI a property test tries the same examples every time; elsewhere new ones.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")

DELEGATING = ("torch", "mindspore", "mxnet")


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def pytest_configure(config: pytest.Config) -> None:
    """UNIFIED_NN_REQUIRE=torch,mindspore,mxnet turns a missing framework from "not run" into a failure."""
    required = [name for name in os.environ.get("UNIFIED_NN_REQUIRE", "").split(",") if name]
    missing = [name for name in required if not installed(name)]
    if missing:
        raise pytest.UsageError(f"required by UNIFIED_NN_REQUIRE but not installed: {', '.join(missing)}")


def pytest_report_header(config: pytest.Config) -> str:
    missing = [name for name in DELEGATING if not installed(name)]
    return f"frameworks not run: {', '.join(missing)}" if missing else "frameworks: all three are installed"


@pytest.fixture(params=["numpy", *DELEGATING])
def backend(request: pytest.FixtureRequest) -> Iterator[unified_nn.Backend]:
    """Each of the four backends in turn as the current one; a missing framework is reported as not run."""
    name = request.param
    if name != "numpy" and not installed(name):
        pytest.skip(f"not run: {name} is not installed")
    with unified_nn.use_backend(name) as chosen:
        yield chosen


def real(name: str) -> ModuleType:
    """The real framework, imported as its backend imports it (with the patches it needs)."""
    if not installed(name):
        pytest.skip(f"not run: {name} is not installed")
    unified_nn.backend(name)
    return importlib.import_module(name)


@pytest.fixture
def oracle() -> Callable[[str], ModuleType]:
    """Gives a real framework by name; a missing one is reported as not run."""
    return real


@pytest.fixture(autouse=True)
def _keep_backend() -> Iterator[None]:
    before = registry._process_default
    token = registry._current.set(None)
    yield
    registry._current.reset(token)
    registry._process_default = before
