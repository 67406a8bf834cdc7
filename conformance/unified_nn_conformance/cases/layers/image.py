"""Layers and functions of pictures in MindSpore: other sizes, and normalisation across channels."""

from __future__ import annotations

from unified_nn_conformance.case import function, layer, register
from unified_nn_conformance.sample import f32

X = f32(2, 3, 4, 5)

register([
    *(layer("mindspore", f"nn.Upsample({options})", x) for options, x in (
        ("size=(7, 3), mode='bilinear'", X), ("size=(7, 3), mode='bilinear', align_corners=True", X),
        ("size=6, mode='linear'", f32(2, 3, 4)), ("size=(5, 7)", X), ("size=3", f32(2, 3, 4)),
        ("scale_factor=1.5, mode='bilinear', recompute_scale_factor=True", X))),
    *(function("mindspore", f"ops.interpolate(x, {options})", X, expects="ValueError") for options in (
        "mode='bilinear'", "size=(2, 2), scale_factor=2.0", "scale_factor=2.0, mode='bilinear'", "size=(2, 2), mode='foo'",
        "size=(2, 2), mode='linear'", "size=(2, 2, 3), mode='bilinear'", "size=(0, 2), mode='bilinear'",
        "size=(3, 5), mode='nearest', align_corners=True",
        "size=(3, 5), mode='bilinear', recompute_scale_factor=True")),
    *(layer("mindspore", f"nn.LRN({options})", X) for options in ("", "1", "2, 1.5, 0.7, 0.6", "0")),
    function("mindspore", "ops.lrn(x, 1, alpha=0.5)", X),
    layer("mindspore", "nn.LRN()", f32(2, 3), id="nn.LRN rank", expects="ValueError"),
    *(layer("mindspore", f"nn.LRN({options})", X, expects=error) for options, error in (
        ("1.5", "TypeError"), ("alpha=1", "TypeError"), ("-1", "ValueError"), ("norm_region='x'", "ValueError"))),
    *(function("mindspore", f"ops.clip_by_norm(x, {options})", X) for options in (
        "0.5", "100.0", "1", "0.5, float('inf')")),
])  # fmt: skip
