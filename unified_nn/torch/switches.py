"""Settings of the process, and what runs a program in another way."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from unified_nn.errors import ArgumentError, NotOfferedError, make

_threads = os.cpu_count() or 1


def get_num_threads() -> int:
    """The number given to `set_num_threads`; the backend's library decides how many it uses."""
    return _threads


def set_num_threads(num: int) -> None:
    """Remember a number of threads; results do not depend on it."""
    global _threads
    if num < 1:
        raise make(ArgumentError, f"set_num_threads expects a positive integer, got {num}", RuntimeError)
    _threads = num


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Nothing to switch: the same program gives the same result on the same backend."""


def are_deterministic_algorithms_enabled() -> bool:
    return True


def set_float32_matmul_precision(precision: str) -> None:
    """Products are computed in full float32, which every precision allows."""
    if precision not in ("highest", "high", "medium"):
        raise make(ArgumentError, f"precision must be 'highest', 'high' or 'medium', got {precision!r}", RuntimeError)


def compile(model: Callable[..., Any] | None = None, **options: Any) -> Any:
    """The model itself: it runs as it is, with the same results."""
    return model if model is not None else lambda given: given


class autocast:  # noqa: N801  PyTorch's name
    """Only `enabled=False` is offered; convert with `.half()` or `.to(torch.bfloat16)` instead."""

    def __init__(self, device_type: str = "cpu", dtype: Any = None, enabled: bool = True,
                 cache_enabled: bool | None = None) -> None:  # fmt: skip
        if enabled:
            message = (
                "torch.autocast is not offered; convert with .half() or .to(torch.bfloat16), or give enabled=False"
            )
            raise make(NotOfferedError, message)

    def __enter__(self) -> None: ...

    def __exit__(self, *exc: object) -> None: ...
