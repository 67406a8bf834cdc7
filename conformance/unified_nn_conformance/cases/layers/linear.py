"""Dense layers and what joins and passes axes, in three vocabularies."""

from __future__ import annotations

from unified_nn_conformance.case import layer, register
from unified_nn_conformance.sample import f32

X = f32(3, 4)

register(
    [
        layer("torch", "nn.Linear(4, 3)", X),
        layer("torch", "nn.Linear(4, 3, bias=False)", f32(2, 5, 4)),
        layer("torch", "nn.Linear(4, 3)", f32(4), id="nn.Linear one sample"),
        layer("torch", "nn.Linear(4, 3)", f32(0, 4), id="nn.Linear zero batch"),
        layer("torch", "nn.Linear(4, 3)", f32(2, 5), id="nn.Linear wrong size", expects="RuntimeError"),
        layer("torch", "nn.Linear(4, 3)", f32(), id="nn.Linear 0-d", expects="RuntimeError"),
        layer("torch", "nn.Flatten()", f32(2, 3, 4, 5)),
        layer("torch", "nn.Flatten(0, 2)", f32(2, 3, 4, 5)),
        layer("torch", "nn.Identity()", X),
        layer(
            "torch", "nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Sequential(nn.Linear(5, 2), nn.Softmax(dim=1)))", X
        ),
        layer("mindspore", "nn.Dense(4, 3)", X),
        layer("mindspore", "nn.Dense(4, 3, has_bias=False)", f32(2, 5, 4)),
        layer("mindspore", "nn.Dense(4, 3, activation='relu')", X),
        layer("mindspore", "nn.Dense(4, 3, weight_init='normal', bias_init='zeros')", X),
        layer("mindspore", "nn.Dense(4, 3)", f32(2, 5), id="nn.Dense wrong size", expects="ValueError"),
        layer("mindspore", "nn.Dense(4, -3)", X, expects="ValueError"),
        layer("mindspore", "nn.Flatten()", f32(2, 3, 4, 5)),
        layer("mindspore", "nn.SequentialCell(nn.Dense(4, 5), nn.ReLU(), nn.Dense(5, 2))", X),
        layer("mxnet", "nn.Dense(3)", X),
        layer("mxnet", "nn.Dense(3, in_units=4)", X),
        layer("mxnet", "nn.Dense(3, use_bias=False)", f32(2, 5, 4), id="nn.Dense flattens"),
        layer("mxnet", "nn.Dense(3, flatten=False)", f32(2, 5, 4)),
        layer("mxnet", "nn.Dense(3, activation='relu')", X),
        layer("mxnet", "nn.Dense(3, activation='tanh')", X),
        layer("mxnet", "nn.Dense(3, in_units=4)", f32(2, 5), id="nn.Dense wrong size", expects="MXNetError"),
        layer("mxnet", "nn.Flatten()", f32(2, 3, 4, 5)),
    ]
)
