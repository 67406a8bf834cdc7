"""Which backends exist, which one is current, and what is missing to use the others."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from threading import RLock
from typing import Any

from unified_nn.backend import Autodiff, Backend
from unified_nn.errors import BackendUnavailableError, UnknownBackendError, make, nearest


@dataclass(frozen=True)
class Entry:
    """Where a backend is, how to install it, and the version it was tested with."""

    target: str  # "module:Class", imported when first asked for
    extra: str | None = None  # the extra of unified-nn that installs the library
    tested: str | None = None

    @property
    def hint(self) -> str | None:
        return f'pip install "unified-nn[{self.extra}]"' if self.extra else None


BUILTIN: dict[str, Entry] = {
    "cupy": Entry("unified_nn_backends.cupy:CupyBackend", extra="cuda", tested="13"),
    "mindspore": Entry("unified_nn_backends.mindspore:MindsporeBackend", extra="mindspore", tested="2.10.0"),
    "mxnet": Entry("unified_nn_backends.mxnet:MxnetBackend", extra="mxnet", tested="1.9.1"),
    "numpy": Entry("unified_nn_backends.numpy:NumpyBackend", tested="1.26.4"),
    "torch": Entry("unified_nn_backends.torch:TorchBackend", extra="torch", tested="2.13.0"),
}
GROUP = "unified_nn.backends"
DEFAULT = "numpy"
VARIABLE = "UNIFIED_NN_BACKEND"

_lock = RLock()
_instances: dict[tuple[str, Autodiff | None], Backend] = {}
_current: ContextVar[Backend | None] = ContextVar("unified_nn_backend", default=None)
_process_default: Backend | None = None


def entries() -> dict[str, Entry]:
    """All known backends by name: the built-in table and the entry points `unified_nn.backends`."""
    from importlib.metadata import entry_points  # a sixth of the import time of this package

    foreign = entry_points(group=GROUP)
    return {**{point.name: Entry(point.value) for point in foreign}, **BUILTIN}


def backend(name: str | Backend | None = None, autodiff: Autodiff | None = None) -> Backend:
    """The backend of that name (the current one without a name), imported on first use."""
    if isinstance(name, Backend):
        return name
    if name is None:
        return current()
    key = (name, autodiff)
    with _lock:
        if key not in _instances:
            created = _create(name, autodiff)
            # One instance per way of differentiating: naming the default explicitly gives the same one.
            same = next((b for b in _instances.values() if type(b) is type(created) and b.name == created.name
                         and b.autodiff == created.autodiff), created)  # fmt: skip
            _instances[key] = same
        return _instances[key]


def _create(name: str, autodiff: Autodiff | None) -> Backend:
    entry = BUILTIN.get(name) or entries().get(name)
    if entry is None:
        known = entries()
        message = f"no backend {name!r}; known: {', '.join(known)}.{nearest(name, known)}"
        raise make(UnknownBackendError, message)
    module, _, attribute = entry.target.partition(":")
    try:
        created: Backend = getattr(importlib.import_module(module), attribute)(autodiff)
    except (ImportError, AttributeError) as cause:
        hint = f" Try: {entry.hint}" if entry.hint else ""
        message = f"backend {name!r} is known but not importable: {cause}.{hint}"
        raise make(BackendUnavailableError, message) from cause
    return created


def current() -> Backend:
    """The backend that new tensors are made on."""
    found = _current.get()
    if found is None:
        found = _process_default or _first_default()
    return found


def _first_default() -> Backend:
    global _process_default
    chosen = backend(os.environ.get(VARIABLE) or DEFAULT)
    _process_default = chosen
    return chosen


def set_backend(name: str | Backend, *, autodiff: Autodiff | None = None) -> Backend:
    """Make this backend current, here and in threads that have not chosen one of their own."""
    global _process_default
    chosen = backend(name, autodiff)
    _process_default = chosen
    _current.set(chosen)
    return chosen


@contextmanager
def use_backend(name: str | Backend, *, autodiff: Autodiff | None = None) -> Iterator[Backend]:
    """Make this backend current inside the `with` block; safe across threads and asyncio tasks."""
    chosen = backend(name, autodiff)
    token = _current.set(chosen)
    try:
        yield chosen
    finally:
        _current.reset(token)


@dataclass(frozen=True)
class Status:
    """What `unified-nn backends` says of one backend."""

    name: str
    usable: bool
    version: str | None = None
    tested: str | None = None
    degraded: list[str] = field(default_factory=list)
    hint: str | None = None
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def report() -> list[Status]:
    """The state of every known backend on this machine."""
    found = []
    for name, entry in sorted(entries().items()):
        try:
            made = backend(name)
        except BackendUnavailableError as error:
            found.append(Status(name, False, tested=entry.tested, hint=entry.hint, reason=str(error)))
        else:
            found.append(Status(name, True, made.version, entry.tested, made.degraded()))
    return found
