"""Look-up tables in three vocabularies, with what each does to an index outside."""

from __future__ import annotations

from unified_nn_conformance.case import layer, register
from unified_nn_conformance.sample import given, index

I64, I32 = index(2, 3, high=10), index(2, 3, high=10, dtype="int32")

register(
    [
        layer("torch", "nn.Embedding(10, 4)", I64),
        layer("torch", "nn.Embedding(10, 4, padding_idx=3)", given([[1, 3, 3], [3, 0, 9]], "int64")),
        layer("torch", "nn.Embedding(10, 4)", given([1, 99], "int64"), id="nn.Embedding 99", expects="IndexError"),
        layer("torch", "nn.Embedding(10, 4)", given([1, -3], "int64"), id="nn.Embedding -3", expects="IndexError"),
        layer("torch", "nn.Embedding(10, 4)", given([1.0, 2.0]), id="nn.Embedding float", expects="RuntimeError"),
        layer("mindspore", "nn.Embedding(10, 4)", I32),
        layer(
            "mindspore", "nn.Embedding(10, 4)", given([1, 99], "int32"), id="nn.Embedding 99", expects="RuntimeError"
        ),
        layer("mxnet", "nn.Embedding(10, 4)", I32),
        layer("mxnet", "nn.Embedding(10, 4)", given([1, 99, -3], "int32"), id="nn.Embedding clips"),
        layer("mxnet", "nn.Embedding(10, 4)", given([1.0, 2.9]), id="nn.Embedding float", gradient=False),
    ]
)
