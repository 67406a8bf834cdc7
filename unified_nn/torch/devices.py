"""`torch.device`."""

from __future__ import annotations

import re
from contextvars import ContextVar, Token
from typing import Any

from unified_nn import registry
from unified_nn.errors import ArgumentError, InputTypeError, make

_TYPES = ("cpu", "cuda", "mps", "meta", "xpu")
_default: ContextVar[str | None] = ContextVar("unified_nn_torch_device", default=None)


class NoDeviceError(RuntimeError, AssertionError):
    """PyTorch built without CUDA raises AssertionError, PyTorch without a GPU RuntimeError."""


class device:  # noqa: N801  PyTorch's name
    """Where a tensor lives: a type and, for accelerators, a number; a context manager for new tensors."""

    __slots__ = ("_tokens", "index", "type")

    type: str
    index: int | None

    def __init__(self, type: str | device | int, index: int | None = None) -> None:
        self._tokens: list[Token[str | None]] = []
        if isinstance(type, device):
            self.type, self.index = type.type, type.index
            return
        if isinstance(type, int):
            self.type, self.index = "cuda", type
            return
        if not isinstance(type, str):
            raise make(InputTypeError, f"device(): argument 'type' must be str, device or int, not {type!r}")
        found = re.fullmatch(r"([a-z]+)(?::(\d+))?", type)
        if found is None or found[1] not in _TYPES:
            message = f"device(): {type!r} is not a device; known types: {', '.join(_TYPES)}, such as 'cuda:0'"
            raise make(ArgumentError, message, RuntimeError)
        if found[2] is not None and index is not None:
            raise make(ArgumentError, f"device(): {type!r} has an index already, got index={index}", RuntimeError)
        self.type = found[1]
        self.index = int(found[2]) if found[2] is not None else index

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (f", index={self.index})" if self.index is not None else ")")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (str(self),)

    def __enter__(self) -> device:
        self._tokens.append(_default.set(name_of(self)))
        return self

    def __exit__(self, *exc: object) -> None:
        _default.reset(self._tokens.pop())


def name_of(given: device | str | int | None) -> str:
    """The core's name of a device ("cpu", "cuda:0"); the default device without one. One that is not there raises."""
    if given is None:
        return _default.get() or "cpu"
    chosen = given if isinstance(given, device) else device(given)
    if chosen.type == "cpu":
        return "cpu"
    name = f"{chosen.type}:{chosen.index or 0}"
    known = registry.current().devices()
    if name not in known:
        message = f"device {str(chosen)!r} is not there: backend {registry.current().name!r} has {known}"
        raise make(ArgumentError, message, NoDeviceError)
    return name


def set_default_device(device: device | str | int | None) -> None:
    """Put new tensors on this device where they name none."""
    _default.set(None if device is None else name_of(device))


def get_default_device() -> device:
    """The device of new tensors that name none."""
    return device(_default.get() or "cpu")
