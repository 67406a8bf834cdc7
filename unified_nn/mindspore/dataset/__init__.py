"""Data sets: arrays and generators, batched, shuffled and mapped."""

from __future__ import annotations

from unified_nn.mindspore.dataset.datasets import Dataset, GeneratorDataset, NumpySlicesDataset
from unified_nn.vocabulary.missing import refuse

__all__ = ["Dataset", "GeneratorDataset", "NumpySlicesDataset"]
__getattr__ = refuse(__name__, __all__, instead="use GeneratorDataset or NumpySlicesDataset with arrays of your own.")
