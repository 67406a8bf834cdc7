"""`torch.backends`: what user code asks before it chooses a device; settings of libraries that are not here."""

from __future__ import annotations

from typing import Any

from unified_nn.errors import NotOfferedError, make
from unified_nn.vocabulary.missing import refuse

__all__ = ["cpu", "cuda", "cudnn", "mha", "mkldnn", "mps"]


class _Absent:
    """A library that this vocabulary does not drive itself: never available, and its switches change nothing."""

    _name: str

    def __init__(self, name: str, **switches: Any) -> None:
        self.__dict__.update(_name=name, **switches)

    def is_available(self) -> bool:
        """False: whatever the backend uses below is its own matter."""
        return False

    is_built = is_available

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__dict__:
            raise make(NotOfferedError, f"torch.backends.{self._name}.{name} is not offered", AttributeError)
        self.__dict__[name] = value


mps, mkldnn, cuda, cpu = (_Absent(name) for name in ("mps", "mkldnn", "cuda", "cpu"))
#: Results here are deterministic whatever these say; they choose between equal algorithms.
cudnn = _Absent("cudnn", enabled=False, benchmark=False, deterministic=True)


class _Attention:
    """Whether attention and encoders take the shorter way in inference, which differs where all is masked."""

    def __init__(self) -> None:
        self._enabled = True

    def get_fastpath_enabled(self) -> bool:
        return self._enabled

    def set_fastpath_enabled(self, value: bool) -> None:
        self._enabled = value


mha = _Attention()

__getattr__ = refuse(__name__, __all__)
