"""`mxnet.gluon.data`: data sets, samplers, loaders."""

from __future__ import annotations

from unified_nn.mxnet.gluon.data import vision
from unified_nn.mxnet.gluon.data.dataloader import DataLoader
from unified_nn.mxnet.gluon.data.dataset import ArrayDataset, Dataset, SimpleDataset
from unified_nn.mxnet.gluon.data.sampler import (
    BatchSampler,
    FilterSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
)
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "ArrayDataset",
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "FilterSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SimpleDataset",
    "vision",
]
__getattr__ = refuse("mxnet.gluon.data", globals(), {"RecordFileDataset": "read the file into arrays first"})
