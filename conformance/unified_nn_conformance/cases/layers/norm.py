"""Normalisation in three vocabularies, in training and in inference."""

from __future__ import annotations

from unified_nn_conformance.case import layer, register
from unified_nn_conformance.sample import Sample, f32

X = f32(4, 3, 5, 4)

TORCH: tuple[tuple[str, Sample], ...] = (
    ("nn.BatchNorm2d(3)", X),
    ("nn.BatchNorm2d(3, eps=1e-3, momentum=0.3)", X),
    ("nn.BatchNorm2d(3, affine=False)", X),
    ("nn.BatchNorm2d(3, momentum=None)", X),
    ("nn.BatchNorm2d(3, track_running_stats=False)", X),
    ("nn.BatchNorm1d(3)", f32(4, 3)),
    ("nn.BatchNorm1d(3)", f32(4, 3, 5)),
    ("nn.BatchNorm3d(2)", f32(2, 2, 3, 2, 3)),
    ("nn.LayerNorm(4)", X),
    ("nn.LayerNorm((5, 4), eps=1e-3)", X),
    ("nn.LayerNorm(4, elementwise_affine=False)", X),
    ("nn.LayerNorm(4, bias=False)", X),
    ("nn.GroupNorm(3, 6)", f32(2, 6, 4)),
    ("nn.InstanceNorm1d(3, affine=True)", f32(2, 3, 5)),
    ("nn.InstanceNorm3d(3)", f32(2, 3, 2, 3, 2)),
    ("nn.RMSNorm(4)", X),
    ("nn.RMSNorm((5, 4), eps=1e-3, elementwise_affine=False)", X),
    ("nn.InstanceNorm2d(3)", X),
    ("nn.InstanceNorm2d(3, affine=True)", X),
)
MINDSPORE: tuple[tuple[str, Sample], ...] = (
    ("nn.BatchNorm2d(3)", X),
    ("nn.BatchNorm2d(3, eps=1e-3, momentum=0.7)", X),
    ("nn.BatchNorm2d(3, affine=False)", X),
    ("nn.BatchNorm1d(3)", f32(4, 3)),
    ("nn.LayerNorm((4,))", X),
    ("nn.LayerNorm((4,), epsilon=1e-5)", X),
    ("nn.GroupNorm(3, 6)", f32(2, 6, 4, 3)),
)
MXNET: tuple[tuple[str, Sample], ...] = (
    ("nn.BatchNorm()", X),
    ("nn.BatchNorm(momentum=0.7, epsilon=1e-3)", X),
    ("nn.BatchNorm(center=False)", X),
    ("nn.BatchNorm(scale=False)", X),
    ("nn.BatchNorm(axis=-1)", X),
    ("nn.BatchNorm(use_global_stats=True)", X),
    ("nn.LayerNorm()", X),
    ("nn.LayerNorm(epsilon=1e-3, scale=False)", X),
)

register(
    layer(vocabulary, text, x, id=f"{text} on {x.shape}, training={training}".replace("(", "[").replace(")", "]"),
          training=training)
    for vocabulary, table in (("torch", TORCH), ("mindspore", MINDSPORE), ("mxnet", MXNET))
    for text, x in table
    for training in (True, False)
)  # fmt: skip
register(
    [
        layer("torch", "nn.BatchNorm2d(4)", X, expects="RuntimeError"),
        layer("torch", "nn.BatchNorm2d(3)", f32(2, 3), id="nn.BatchNorm2d rank", expects="ValueError"),
        layer("torch", "nn.BatchNorm1d(3)", f32(1, 3), id="nn.BatchNorm1d one value", expects="ValueError"),
        layer("torch", "nn.LayerNorm(6)", f32(2, 5), expects="RuntimeError"),
        layer("mindspore", "nn.BatchNorm2d(4)", X, expects="ValueError"),
        layer("mindspore", "nn.BatchNorm2d(3)", f32(2, 3), id="nn.BatchNorm2d rank", expects="ValueError"),
        layer("mindspore", "nn.LayerNorm((6,))", f32(2, 5), expects="ValueError"),
        layer("mxnet", "nn.LayerNorm(in_channels=6)", f32(2, 5), expects="MXNetError"),
        *(layer("mindspore", f"nn.InstanceNorm{rank}d(3)", f32(2, 3, *(4,) * rank)) for rank in (1, 2, 3)),
        layer("mindspore", "nn.InstanceNorm2d(3)", f32(2, 3), id="nn.InstanceNorm2d rank", expects="ValueError"),
        *(
            layer("mindspore", f"nn.InstanceNorm2d({options})", X, expects=error)
            for options, error in (
                ("0", "ValueError"),
                ("3.0", "TypeError"),
                ("3, momentum=2.0", "ValueError"),
                ("3, eps=1", "TypeError"),
            )
        ),
    ]
)
