"""The faults: each puts one trap's confusion back into our code, for as long as a test runs."""

from __future__ import annotations

from faults import arrays, layers, training
from faults.fault import FAULTS

__all__ = ["FAULTS", "arrays", "layers", "training"]
