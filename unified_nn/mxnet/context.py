"""Devices as MXNet names them: `cpu(0)`, `gpu(1)`."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, ClassVar

from unified_nn import registry
from unified_nn.backend import Backend
from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.mxnet.base import MXNetError


class Context:
    """Where an array lives; as a `with` block, where new arrays are made."""

    device_typeid: int
    device_id: int

    devtype2str: ClassVar[dict[int, str]] = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared"}
    devstr2type: ClassVar[dict[str, int]] = {name: number for number, name in devtype2str.items()}

    def __init__(self, device_type: str | Context, device_id: int = 0) -> None:
        if isinstance(device_type, Context):
            self.device_typeid, self.device_id = device_type.device_typeid, device_type.device_id
        else:
            if device_type not in self.devstr2type:
                message = f"Context: {device_type!r} is not one of {', '.join(self.devstr2type)}"
                raise make(ArgumentError, message, KeyError)
            self.device_typeid, self.device_id = self.devstr2type[device_type], device_id
        self._tokens: list[Any] = []

    @property
    def device_type(self) -> str:
        return self.devtype2str[self.device_typeid]

    def __hash__(self) -> int:
        return hash((self.device_typeid, self.device_id))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Context)
            and self.device_typeid == other.device_typeid
            and self.device_id == other.device_id
        )

    def __str__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    __repr__ = __str__

    def __enter__(self) -> Context:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(self, *exc: object) -> None:
        _current.reset(self._tokens.pop())

    def empty_cache(self) -> None:
        """Nothing: the backend manages its own memory."""


_current: ContextVar[Context | None] = ContextVar("unified_nn_mxnet_context", default=None)
_CPU = Context("cpu", 0)


def cpu(device_id: int = 0) -> Context:
    return Context("cpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    return Context("cpu_pinned", device_id)


def gpu(device_id: int = 0) -> Context:
    return Context("gpu", device_id)


def current_context() -> Context:
    """Where new arrays are made: the innermost `with` context, else the CPU."""
    return _current.get() or _CPU


def num_gpus() -> int:
    """How many GPUs the current backend sees."""
    return sum(name.startswith("cuda") for name in registry.current().devices())


def device_of(context: Context | None, backend: Backend) -> str:
    """The backend's name of a context; raises where it does not have the device."""
    found = context or current_context()
    if not isinstance(found, Context):
        message = f"context is {found!r}, expected an mxnet.Context such as mxnet.cpu()"
        raise make(ArgumentError, message, MXNetError)
    if found.device_type == "gpu":
        device = f"cuda:{found.device_id}"
        if device not in backend.devices():
            message = f"backend {backend.name!r} has no {found}; its devices are {', '.join(backend.devices())}"
            raise make(ArgumentError, message, MXNetError)
        return device
    if found.device_id:
        message = f"context {found}: the backends have one CPU; use mxnet.cpu(0)"
        raise make(NotOfferedError, message, MXNetError)
    return "cpu"


def context_of(device: str) -> Context:
    """The context of a backend's device."""
    if device == "cpu":
        return _CPU
    return Context("gpu", int(device.partition(":")[2] or 0))
