"""The faults: each puts one trap's confusion back into our code, for as long as a test runs."""

from __future__ import annotations

from faults import arrays, further, layers, training
from faults.fault import FAULTS

__all__ = ["FAULTS", "arrays", "further", "layers", "training"]
