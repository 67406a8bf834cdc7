"""`torch.cuda`: what the current backend says of GPUs."""

from __future__ import annotations

from typing import Any

from unified_nn import registry
from unified_nn.errors import ArgumentError, make
from unified_nn.torch.random import manual_seed as _manual_seed
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "current_device", "device_count", "empty_cache", "get_device_name", "is_available", "is_initialized", "manual_seed",
    "manual_seed_all", "set_device", "synchronize",
]  # fmt: skip


def device_count() -> int:
    """How many GPUs the current backend has."""
    return sum(name.startswith("cuda") for name in registry.current().devices())


def is_available() -> bool:
    """Whether the current backend has a GPU."""
    return device_count() > 0


def is_initialized() -> bool:
    return is_available()


def _need() -> None:
    if not is_available():
        message = f"there is no GPU here: backend {registry.current().name!r} has {registry.current().devices()}"
        raise make(ArgumentError, message, RuntimeError)


def current_device() -> int:
    """The number of the GPU in use."""
    _need()
    return 0


def set_device(device: Any) -> None:
    """Only the first GPU can be the current one."""
    _need()
    number = getattr(device, "index", device)
    if int(number or 0) != 0:
        raise make(
            ArgumentError, f"set_device: only GPU 0 can be current, got {device!r}; use device='cuda:N'", RuntimeError
        )


def get_device_name(device: Any = None) -> str:
    """What the GPU is called here."""
    _need()
    return f"cuda:{getattr(device, 'index', device) or 0}"


def synchronize(device: Any = None) -> None:
    """Wait until everything that was started has been computed."""
    registry.current().synchronize()


def empty_cache() -> None:
    """Nothing: memory is the backend's own matter."""


def manual_seed(seed: int) -> None:
    """Seed GPU streams; there is one stream, on the host, so nothing happens without a GPU."""
    if is_available():
        _manual_seed(seed)


manual_seed_all = manual_seed

__getattr__ = refuse(__name__, __all__)
