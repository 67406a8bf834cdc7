"""Dropout: nothing in inference; in training PyTorch's own masks for its seed."""

from __future__ import annotations

from unified_nn_conformance.case import function, layer, register
from unified_nn_conformance.sample import f32

X, CHANNELS = f32(3, 4), {1: f32(2, 3, 4), 2: f32(2, 3, 4, 5), 3: f32(2, 3, 4, 5, 2)}

register(
    [
        layer("torch", "nn.Dropout(0.3)", X, training=False),
        layer("mindspore", "nn.Dropout(p=0.3)", X, training=False),
        layer("mindspore", "nn.Dropout(0.9)", X, training=False),
        layer("mxnet", "nn.Dropout(0.3)", X, training=False),
        *(layer("torch", f"nn.Dropout{rank}d(0.3)", x, training=False) for rank, x in CHANNELS.items()),
        *(layer("mindspore", f"nn.Dropout{rank}d(p=0.3)", x, training=False) for rank, x in CHANNELS.items()),
        function("torch", "[torch.manual_seed(3), F.dropout(x, 0.4)][1]", f32(5, 7), id="F.dropout seeded"),
        function("torch", "[torch.manual_seed(3), F.dropout2d(x, 0.4)][1]", CHANNELS[2], id="F.dropout2d seeded"),
        layer("torch", "nn.Dropout(1.5)", X, expects="ValueError"),
        layer("mindspore", "nn.Dropout(p=1.5)", X, expects="ValueError"),
    ]
)
