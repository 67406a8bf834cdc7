"""All that the author of a backend reads: what a backend is and what the core asks of it.

A backend is a subclass of `Backend` in any package. It says how each op runs (`functions`: op name -> function on
native arrays, arrays positional and attributes by keyword, as the op's stub in `unified_nn/ops/` has them), how arrays
come and go (`from_numpy`, `to_numpy`), and, where the library has an autograd of its own, how gradients are taken.
`backends/README.md` shows one file at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal

import numpy as np

from unified_nn.dtypes import DType
from unified_nn.errors import ArgumentError, NotOfferedError, make

Native = Any  # an array of the real library; the one place where the core knows nothing
Function = Callable[..., Any]
Autodiff = Literal["native", "tape"]


class _Array:
    """The placeholder for an array in the index of `getitem`, `setitem` and `index_add`."""

    def __repr__(self) -> str:
        return "ARRAY"


ARRAY: Final = _Array()


class Backend(ABC):
    """One library that runs ops."""

    name: ClassVar[str]
    #: What the library can do itself; "tape" where it has no imperative autograd.
    autodiffs: ClassVar[tuple[Autodiff, ...]] = ("tape",)
    #: True where an in-place change is seen by the native library's own views (PyTorch).
    mutates: ClassVar[bool] = False
    #: Whether several threads may run ops at once.
    threads: ClassVar[bool] = True

    #: Whether `gradient(create=True)` also records how the result depends on the seeds.
    differentiates_seeds: ClassVar[bool] = False

    functions: Mapping[str, Function]

    def __init__(self, autodiff: Autodiff | None = None) -> None:
        self.autodiff = self.autodiffs[0] if autodiff is None else autodiff

    @property
    def autodiff(self) -> Autodiff:
        """Who differentiates: the native library, or the core's tape over the backend's forward functions."""
        return self._autodiff

    @autodiff.setter
    def autodiff(self, value: Autodiff) -> None:
        if value not in self.autodiffs:
            options = " or ".join(map(repr, self.autodiffs))
            raise make(ArgumentError, f"backend {self.name!r}: autodiff is {options}, got {value!r}")
        self._autodiff: Autodiff = value
        self.is_tape = value == "tape"

    def __repr__(self) -> str:
        return f"<backend {self.name!r} {self.version}, autodiff={self.autodiff!r}>"

    # -- about the library --

    @property
    @abstractmethod
    def version(self) -> str:
        """The native library's version."""

    def degraded(self) -> list[str]:
        """What does not work here and why, one sentence each; empty when everything does."""
        return []

    def devices(self) -> list[str]:
        """The devices that exist here: "cpu", "cuda:0", ..."""
        return ["cpu"]

    # -- arrays --

    @abstractmethod
    def from_numpy(self, array: np.ndarray[Any, Any], device: str = "cpu") -> Native:
        """A native array with the values, shape and dtype of `array`; never shares memory that NumPy may change."""

    @abstractmethod
    def to_numpy(self, native: Native) -> np.ndarray[Any, Any]:
        """The values on the host, cut off from any gradient recording."""

    @abstractmethod
    def shape(self, native: Native) -> tuple[int, ...]: ...

    @abstractmethod
    def dtype(self, native: Native) -> DType: ...

    @abstractmethod
    def owns(self, value: object) -> bool:
        """Whether `value` is a native array of this library."""

    def device(self, native: Native) -> str:
        return "cpu"

    def to_device(self, native: Native, device: str) -> Native:
        if device not in self.devices():
            raise make(ArgumentError, f"backend {self.name!r} has no device {device!r}; it has {self.devices()}")
        return native

    def assign(self, target: Native, value: Native) -> Native:
        """Put `value` in the place of `target`; the result is what the tensor holds from now on.

        A library whose arrays are values returns `value`; one that mutates writes into `target` and returns it.
        """
        return value

    def synchronize(self) -> None:
        """Wait until everything that was started has been computed; nothing to do where results come at once."""
        return

    # -- native autodiff; only called where `autodiffs` has "native" --

    def variable(self, native: Native) -> Native:
        """A leaf with the same values whose gradient the native autograd records from now on."""
        raise self._no_native()

    def detach(self, native: Native) -> Native:
        """The same values without a gradient history."""
        return native

    def record(self, function: Function, natives: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
        """Call `function` so that the native autograd records it."""
        return function(*natives, **attrs)

    def gradient(
        self, outs: Sequence[Native], inputs: Sequence[Native], seeds: Sequence[Native], *, retain: bool, create: bool
    ) -> list[Native | None]:
        """d(sum of outs * seeds)/d(inputs); None for an input that the outs do not depend on."""
        raise self._no_native()

    def _no_native(self) -> Exception:
        return make(NotOfferedError, f"backend {self.name!r} has no native autograd; use autodiff='tape'")
