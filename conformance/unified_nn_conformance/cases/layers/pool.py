"""Pooling in three vocabularies: ceil modes, padding that counts or not, the frameworks' own defaults."""

from __future__ import annotations

from unified_nn_conformance.case import layer, register
from unified_nn_conformance.sample import Sample, f32, f64

X1, X2, X3 = f32(2, 3, 9), f32(2, 3, 7, 8), f32(1, 2, 5, 6, 4)

TORCH: tuple[tuple[str, Sample], ...] = (
    ("nn.MaxPool1d(2)", X1),
    ("nn.MaxPool2d(2)", X2),
    ("nn.MaxPool2d(3, stride=2, padding=1)", X2),
    ("nn.MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0), dilation=2)", X2),
    ("nn.MaxPool2d(2, ceil_mode=True)", X2),
    ("nn.MaxPool2d(2, stride=3, padding=1, ceil_mode=True)", f32(1, 1, 2, 2)),
    ("nn.MaxPool2d(2, return_indices=True)", X2),
    ("nn.MaxPool2d(2)", f32(3, 7, 8)),
    ("nn.MaxPool3d(2)", X3),
    ("nn.AvgPool1d(3, stride=2, padding=1)", X1),
    ("nn.AvgPool2d(2)", X2),
    ("nn.AvgPool2d(2)", f32(3, 7, 8)),
    ("nn.AvgPool2d(3, stride=2, padding=1)", X2),
    ("nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)", X2),
    ("nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True)", X2),
    ("nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)", X2),
    ("nn.AvgPool2d(2, divisor_override=3)", X2),
    ("nn.AvgPool3d(2)", X3),
    ("nn.AdaptiveAvgPool2d(1)", X2),
    ("nn.AdaptiveAvgPool2d((3, 5))", X2),
    ("nn.AdaptiveAvgPool2d((None, 3))", X2),
    ("nn.AdaptiveAvgPool1d(4)", X1),
    ("nn.AdaptiveAvgPool3d((None, 2, 3))", X3),
    ("nn.AdaptiveMaxPool1d(4)", X1),
    ("nn.AdaptiveMaxPool2d((3, 5), return_indices=True)", X2),
    ("nn.AdaptiveMaxPool2d((None, 3))", f32(3, 7, 8)),
    ("nn.AdaptiveMaxPool3d(2)", X3),
    ("nn.LPPool1d(2, 3)", X1),
)
MINDSPORE: tuple[tuple[str, Sample], ...] = (
    ("nn.MaxPool2d()", X2),
    ("nn.MaxPool2d(2)", X2),
    ("nn.MaxPool2d(kernel_size=2, stride=2)", X2),
    ("nn.MaxPool2d(3, 2, pad_mode='same')", X2),
    ("nn.MaxPool2d((3, 2), (2, 1), pad_mode='valid')", X2),
    ("nn.MaxPool1d(3, 2)", X1),
    ("nn.AvgPool2d(2, 2)", X2),
    ("nn.AvgPool2d(3, 2, pad_mode='same')", X2),
    ("nn.AvgPool1d(3, 2)", X1),
    ("nn.MaxPool3d(2, 2)", X3),
    ("nn.AvgPool3d(2, 2)", X3),
    ("nn.AdaptiveAvgPool1d(3)", X1),
    ("nn.AdaptiveAvgPool2d((3, 5))", X2),
    ("nn.AdaptiveAvgPool3d(2)", f32(1, 2, 4, 6, 4)),
)
MXNET: tuple[tuple[str, Sample], ...] = (
    ("nn.MaxPool1D()", X1),
    ("nn.MaxPool2D()", X2),
    ("nn.MaxPool2D(pool_size=2, strides=2)", X2),
    ("nn.MaxPool2D(3, strides=2, padding=1)", X2),
    ("nn.MaxPool2D(2, ceil_mode=True)", X2),
    ("nn.MaxPool2D(2, strides=3, padding=1, ceil_mode=True)", f64(1, 1, 2, 2)),
    ("nn.MaxPool3D(2)", X3),
    ("nn.AvgPool2D()", X2),
    ("nn.AvgPool2D(3, strides=2, padding=1)", X2),
    ("nn.AvgPool2D(3, strides=2, padding=1, count_include_pad=False)", X2),
    ("nn.AvgPool2D(3, strides=2, padding=1, ceil_mode=True)", X2),
    ("nn.AvgPool1D(3, strides=2)", X1),
    ("nn.GlobalAvgPool2D()", X2),
    ("nn.GlobalMaxPool2D()", X2),
    ("nn.GlobalAvgPool1D()", X1),
    ("nn.GlobalMaxPool1D()", X1),
    ("nn.GlobalAvgPool3D()", X3),
    ("nn.GlobalMaxPool3D()", X3),
    ("nn.AvgPool3D(2)", X3),
)

register(
    layer(vocabulary, text, x, id=f"{text} on {x.shape}".replace("(", "[").replace(")", "]"))
    for vocabulary, table in (("torch", TORCH), ("mindspore", MINDSPORE), ("mxnet", MXNET))
    for text, x in table
)
register(
    [
        layer("torch", "nn.MaxPool2d(5)", f32(1, 3, 2, 2), expects="RuntimeError"),
        layer("torch", "nn.MaxPool2d(2, padding=2)", X2, expects="RuntimeError"),
        layer("mindspore", "nn.MaxPool2d(5)", f32(1, 3, 2, 2), expects="ValueError"),
        layer("mindspore", "nn.MaxPool2d(0)", X2, expects="ValueError"),
        layer("mxnet", "nn.MaxPool2D(5)", f32(1, 3, 2, 2), expects="MXNetError"),
    ]
)
