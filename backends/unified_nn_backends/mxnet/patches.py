"""What MXNet 1.9.1 (of 2022) needs before its import on today's Python and NumPy; put there once, taken away after it.

Python 3.12 dropped `distutils`, of which MXNet compares two versions; NumPy 1.24 dropped `numpy.bool`, NumPy 1.20 and 2
dropped names that MXNet copies into its own modules while it is imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

#: Names that NumPy dropped and that still have a meaning: what stands for them.
CONSTANTS: dict[str, float] = {
    "Inf": math.inf, "PINF": math.inf, "NINF": -math.inf, "NaN": math.nan, "NAN": math.nan, "PZERO": 0.0, "NZERO": -0.0,
}  # fmt: skip
RENAMED: dict[str, str] = {
    "product": "prod", "alltrue": "all", "sometrue": "any", "round_": "round", "row_stack": "vstack",
    "trapz": "trapezoid", "in1d": "isin", "msort": "sort",
}  # fmt: skip
FINANCIAL: tuple[str, ...] = ("mirr", "npv", "pmt", "ppmt", "pv", "rate")


class Version:
    """A version number as a list of its numbers; compares as `distutils.version` compared plain releases."""

    def __init__(self, text: str) -> None:
        self.version = [int(part) for part in re.findall(r"\d+", text)]

    def __lt__(self, other: Version | str) -> bool:
        return self.version < _version(other).version

    def __le__(self, other: Version | str) -> bool:
        return self.version <= _version(other).version

    def __gt__(self, other: Version | str) -> bool:
        return self.version > _version(other).version

    def __ge__(self, other: Version | str) -> bool:
        return self.version >= _version(other).version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Version, str)) and self.version == _version(other).version

    def __hash__(self) -> int:
        return hash(tuple(self.version))


def _version(value: Version | str) -> Version:
    return value if isinstance(value, Version) else Version(value)


def _removed(name: str) -> Callable[..., Any]:
    def call(*args: Any, **attrs: Any) -> Any:
        raise AttributeError(f"numpy.{name} is not in NumPy {np.__version__}; the package numpy_financial has it")

    return call


def _missing_names() -> dict[str, Any]:
    """The names that MXNet asks NumPy for and this NumPy does not have."""
    found: dict[str, Any] = {name: value for name, value in CONSTANTS.items() if name not in vars(np)}
    for name, now in RENAMED.items():
        if name not in vars(np):
            found[name] = getattr(np, now)
    for name in FINANCIAL:
        if name not in vars(np):
            found[name] = _removed(name)
    return found


def _missing_modules() -> dict[str, ModuleType]:
    """A stand-in for `distutils.version` where Python has none."""
    if importlib.util.find_spec("distutils") is not None:
        return {}
    package, version = ModuleType("distutils"), ModuleType("distutils.version")
    vars(version).update(LooseVersion=Version, StrictVersion=Version)
    vars(package).update(version=version, __path__=[])
    return {"distutils": package, "distutils.version": version}


@contextmanager
def patched() -> Iterator[None]:
    """Everything that the import of MXNet needs, inside the `with` block only.

    `numpy.bool` stays where NumPy 1.x has none: MXNet's own functions read it later too. On NumPy 2 it exists, and
    means NumPy's own scalar class.
    """
    vars(np).setdefault("bool", bool)
    names, modules = _missing_names(), _missing_modules()
    vars(np).update(names)
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in names:
            delattr(np, name)
        for name in modules:
            sys.modules.pop(name, None)


def load() -> Any:
    """The real MXNet; raises ImportError where it is not installed."""
    if "mxnet" in sys.modules:
        return sys.modules["mxnet"]
    with patched():
        return importlib.import_module("mxnet")
