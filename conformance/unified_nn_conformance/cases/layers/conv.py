"""Convolutions in three vocabularies: every padding mode, stride, dilation, groups."""

from __future__ import annotations

from unified_nn_conformance.case import layer, register
from unified_nn_conformance.sample import Sample, f32

X1, X2, X3 = f32(2, 4, 9), f32(2, 4, 7, 8), f32(1, 2, 5, 6, 4)

TORCH: tuple[tuple[str, Sample], ...] = (
    ("nn.Conv1d(4, 6, 3)", X1),
    ("nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2, bias=False)", X1),
    ("nn.Conv2d(4, 6, 3)", X2),
    ("nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2))", X2),
    ("nn.Conv2d(4, 8, 3, padding=1, groups=4)", X2),
    ("nn.Conv2d(4, 6, 3, padding='same')", X2),
    ("nn.Conv2d(4, 6, (2, 4), padding='same', dilation=(2, 1))", X2),
    ("nn.Conv2d(4, 6, 3, padding='valid')", X2),
    ("nn.Conv2d(4, 6, 3, padding=2, padding_mode='reflect')", X2),
    ("nn.Conv2d(4, 6, 3, padding=(1, 2), padding_mode='replicate')", X2),
    ("nn.Conv2d(4, 6, 3, padding=(1, 2), padding_mode='circular', stride=2)", X2),
    ("nn.Conv2d(4, 6, 1)", X2),
    ("nn.Conv2d(4, 6, 3)", f32(4, 7, 8)),
    ("nn.Conv2d(4, 6, 3)", f32(0, 4, 7, 8)),
    ("nn.Conv3d(2, 3, 2, padding=1)", X3),
    ("nn.ConvTranspose1d(4, 3, 3, stride=2, padding=1, output_padding=1)", X1),
    ("nn.ConvTranspose2d(4, 3, 3, stride=2)", X2),
    ("nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 3), padding=1, output_padding=(1, 0), groups=2, dilation=2)", X2),
    ("nn.ConvTranspose3d(2, 3, 2, stride=2)", X3),
)
MINDSPORE: tuple[tuple[str, Sample], ...] = (
    ("nn.Conv1d(4, 6, 3, has_bias=True)", X1),
    ("nn.Conv1d(4, 6, 3, stride=2, pad_mode='valid')", X1),
    ("nn.Conv2d(4, 6, 3)", X2),
    ("nn.Conv2d(4, 6, 3, has_bias=True)", X2),
    ("nn.Conv2d(4, 6, 3, stride=2)", X2),
    ("nn.Conv2d(4, 6, (3, 2), stride=(1, 2), pad_mode='same')", X2),
    ("nn.Conv2d(4, 6, 5, pad_mode='valid')", X2),
    ("nn.Conv2d(4, 6, 3, pad_mode='pad', padding=1)", X2),
    ("nn.Conv2d(4, 6, 3, pad_mode='pad', padding=(0, 1, 2, 1))", X2),
    ("nn.Conv2d(4, 6, 3, dilation=2)", X2),
    ("nn.Conv2d(4, 8, 3, group=2)", X2),
    ("nn.Conv2d(4, 4, 3, group=4)", X2),
    ("nn.Conv2d(4, 6, 3, weight_init='normal')", X2),
    ("nn.Conv3d(2, 3, 2)", X3),
    ("nn.Conv3d(2, 3, 2, stride=2, pad_mode='valid', has_bias=True)", X3),
    ("nn.Conv1dTranspose(4, 3, 3, stride=2)", X1),
    ("nn.Conv3dTranspose(2, 3, 2, stride=2)", X3),
    ("nn.Conv2dTranspose(4, 6, 3, stride=2)", X2),
    ("nn.Conv2dTranspose(4, 6, 3, stride=2, pad_mode='valid', has_bias=True)", X2),
    ("nn.Conv2dTranspose(4, 6, 3, stride=2, pad_mode='pad', padding=1)", X2),
)
MXNET: tuple[tuple[str, Sample], ...] = (
    ("nn.Conv1D(6, 3)", X1),
    ("nn.Conv1D(6, 3, strides=2, padding=1, dilation=2, groups=2, use_bias=False)", X1),
    ("nn.Conv2D(6, 3)", X2),
    ("nn.Conv2D(6, (3, 2), strides=(2, 1), padding=(1, 0), dilation=(1, 2))", X2),
    ("nn.Conv2D(8, 3, padding=1, groups=4, in_channels=4)", X2),
    ("nn.Conv2D(6, kernel_size=5, activation='relu')", X2),
    ("nn.Conv3D(3, 2, padding=1)", X3),
    ("nn.Conv2DTranspose(3, 3, strides=2)", X2),
    ("nn.Conv2DTranspose(6, (3, 2), strides=(2, 3), padding=1, output_padding=(1, 0), groups=2, in_channels=4)", X2),
    ("nn.Conv3DTranspose(3, 2, strides=2, in_channels=2)", X3),
    ("nn.Conv1DTranspose(3, 3, strides=2, padding=1, output_padding=1)", X1),
)

register(
    layer(vocabulary, text, x, id=f"{text} on {x.shape}".replace("(", "[").replace(")", "]"))
    for vocabulary, table in (("torch", TORCH), ("mindspore", MINDSPORE), ("mxnet", MXNET))
    for text, x in table
)
register([
    layer("torch", "nn.Conv2d(3, 8, 3)", X2, id="nn.Conv2d channels", expects="RuntimeError"),
    layer("torch", "nn.Conv2d(3, 8, 3)", f32(3, 8), id="nn.Conv2d rank", expects="RuntimeError"),
    layer("torch", "nn.Conv2d(3, 8, 5)", f32(1, 3, 2, 2), id="nn.Conv2d kernel", expects="RuntimeError"),
    layer("torch", "nn.Conv2d(3, 8, 3, groups=2)", X2, expects="ValueError"),
    layer("torch", "nn.Conv2d(4, 8, 3, padding='same', stride=2)", X2, expects="ValueError"),
    layer("torch", "nn.Conv2d(4, 8, 3, padding='some')", X2, expects="ValueError"),
    layer("torch", "nn.Conv2d(4, 8, 3, padding_mode='some')", X2, expects="ValueError"),
    layer("torch", "nn.ConvTranspose2d(4, 8, 3, padding_mode='reflect')", X2, expects="ValueError"),
    layer("torch", "nn.ConvTranspose2d(4, 8, 3, output_padding=1)", X2, expects="RuntimeError"),
    layer("torch", "nn.Conv2d(4, 8, 3)", Sample((1, 4, 5, 5), dtype="float64"), id="nn.Conv2d float64 x",
          expects="RuntimeError"),
    layer("mindspore", "nn.Conv2d(3, 8, 3)", X2, id="nn.Conv2d channels", expects="RuntimeError"),
    layer("mindspore", "nn.Conv2d(3, 8, 3)", f32(3, 8), id="nn.Conv2d rank", expects="ValueError"),
    layer("mindspore", "nn.Conv2d(3, 8, 3, padding=1)", X2, expects="ValueError"),
    layer("mindspore", "nn.Conv2d(3, 8, 3, group=2)", X2, expects="ValueError"),
    layer("mindspore", "nn.Conv2d(3, 8, 3, pad_mode='some')", X2, expects="ValueError"),
    layer("mxnet", "nn.Conv2D(8, 3, in_channels=3)", X2, id="nn.Conv2D channels", expects="MXNetError"),
    layer("mxnet", "nn.Conv2D(8, 3, in_channels=8)", f32(3, 8), id="nn.Conv2D rank", expects="MXNetError"),
    layer("mxnet", "nn.Conv2D(8, 5, in_channels=3)", f32(1, 3, 2, 2), id="nn.Conv2D kernel", expects="MXNetError"),
])  # fmt: skip
