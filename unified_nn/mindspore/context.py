"""`set_context`: the settings that this vocabulary knows; all others are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.vocabulary.missing import refuse

GRAPH_MODE, PYNATIVE_MODE = 0, 1
#: Settings that change no result: what is computed is the same in both modes and with any value of these.
_FREE: dict[str, tuple[type, ...]] = {
    "save_graphs": (bool, int), "save_graphs_path": (str,), "max_call_depth": (int,), "max_device_memory": (str,),
    "pynative_synchronize": (bool,), "enable_graph_kernel": (bool,), "runtime_num_threads": (int,),
    "enable_compile_cache": (bool,), "compile_cache_path": (str,), "jit_level": (str,), "jit_config": (dict,),
    "deterministic": (str,),
}  # fmt: skip
_TARGETS = ("CPU", "GPU", "Ascend", "Davinci")

_settings: dict[str, Any] = {
    "mode": PYNATIVE_MODE, "device_target": "CPU", "device_id": 0, "save_graphs": 0, "max_call_depth": 1000,
    "pynative_synchronize": False, "deterministic": "OFF",
}  # fmt: skip


def _error(message: str, kind: type[Exception] = ValueError) -> Exception:
    return make(ArgumentError, message, kind, "mindspore.set_context")


def _mode(value: Any) -> Any:
    if value not in (GRAPH_MODE, PYNATIVE_MODE):
        raise _error(f"the argument 'mode' should be GRAPH_MODE (0) or PYNATIVE_MODE (1), but got {value}")
    return value


def _target(value: Any) -> Any:
    if value not in _TARGETS:
        raise _error(f"the argument 'device_target' must be one of {list(_TARGETS)}, but got {value}")
    if value != "CPU":
        message = f"device_target={value!r} is not offered; tensors are made on the CPU of the current backend"
        raise make(NotOfferedError, message, RuntimeError, "mindspore.set_context")
    return value


def _device(value: Any) -> Any:
    if not isinstance(value, int) or value < 0:
        raise _error(f"the argument 'device_id' must be a whole number, but got {value!r}", TypeError)
    return value


_READERS: dict[str, Callable[[Any], Any]] = {"mode": _mode, "device_target": _target, "device_id": _device}


def set_context(**kwargs: Any) -> None:
    """Set what is known; graph mode computes the same as PyNative mode does."""
    for name, value in kwargs.items():
        if name in _READERS:
            _settings[name] = _READERS[name](value)
        elif name in _FREE:
            if not isinstance(value, _FREE[name]):
                raise _error(f"the argument {name!r} must be {_FREE[name][0].__name__}, but got {value!r}", TypeError)
            _settings[name] = value
        else:
            raise _error(f"the keyword argument {name} is not recognized; known: {', '.join((*_READERS, *_FREE))}")


def get_context(attr_key: str) -> Any:
    """The value of a setting."""
    if attr_key not in _settings:
        message = f"the argument {attr_key!r} is not recognized; known: {', '.join(_settings)}"
        raise make(ArgumentError, message, ValueError, "mindspore.get_context")
    return _settings[attr_key]


def set_device(device_target: str, device_id: int | None = None) -> None:
    """Choose the device; only the CPU is offered."""
    set_context(device_target=device_target, **({} if device_id is None else {"device_id": device_id}))


__all__ = ["GRAPH_MODE", "PYNATIVE_MODE", "get_context", "set_context", "set_device"]
__getattr__ = refuse(__name__, __all__)
