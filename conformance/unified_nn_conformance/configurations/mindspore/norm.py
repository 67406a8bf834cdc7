"""Normalisation layers, in training and in inference."""

from __future__ import annotations

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import Draw, call
from unified_nn_conformance.sample import Sample

EPS = (1e-3, 0.1, 1e-5)
INITIALS = ("ones", "zeros", "normal")


def _around(d: Draw, rank: int) -> list[int]:
    return [d.size(1, 4) for _ in range(rank)]


def batch_norm(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("channels", "rank", "dtype", "eps", "momentum", "affine", "features")
    channels = d.size(1, 4)
    eps = d.pick(0.0, -1.0, 1, 2.0) if fault == "eps" else d.some(*EPS)
    momentum = d.pick(1.5, -0.1) if fault == "momentum" else d.some(0.3, 0.0, 1.0)
    features = d.pick(0, -1, 2.0) if fault == "features" else channels
    text = call(f"nn.BatchNorm{rank}d", features, eps=eps, momentum=momentum,
                affine=1 if fault == "affine" else d.some(False, True), gamma_init=d.rarely(*INITIALS),
                moving_var_init=d.rarely("ones", 2), use_batch_statistics=d.some(True, False, None))  # fmt: skip
    sizes = _around(d, rank - (rank == 1 and d.pick(False, True)))
    shape: tuple[int, ...] = (d.size(2, 3), channels + (fault == "channels"), *sizes)
    if fault == "rank":
        shape = d.pick((channels,), (*shape, 2, 2))
    return layer("mindspore", text, Sample(shape, dtype=d.pick("float64", "int32") if fault == "dtype" else "float32"),
                 training=d.pick(True, False))  # fmt: skip


def layer_norm(d: Draw) -> Case:
    fault = d.fault("shape", "axis", "type")
    normal = tuple(size + 1 for size in _around(d, d.pick(1, 2)))
    begin = -1 if len(normal) == 1 else 1
    shape = (d.size(1, 3), *((2,) if len(normal) == 1 else ()), *normal)
    if fault == "shape":
        shape = (*shape[:-1], shape[-1] + 1)
    axis = 7 if fault == "axis" else begin
    text = call("nn.LayerNorm", normal[0] if fault == "type" else normal, begin_norm_axis=axis, begin_params_axis=begin,
                gamma_init=d.rarely(*INITIALS), epsilon=d.some(*EPS))  # fmt: skip
    return layer("mindspore", text, Sample(shape))


def group_norm(d: Draw) -> Case:
    fault = d.fault("channels", "groups", "rank", "eps", "affine")
    groups, each = d.size(1, 3), d.size(1, 3)
    channels = groups * each
    text = call("nn.GroupNorm", groups + (fault == "groups") * d.pick(1, -groups), channels,
                eps=1 if fault == "eps" else d.some(*EPS), affine=1 if fault == "affine" else d.some(False, True),
                gamma_init=d.rarely(*INITIALS))  # fmt: skip
    shape = (d.pick(2, 1), channels + (fault == "channels"), *(size + 1 for size in _around(d, d.pick(2, 1))))
    return layer("mindspore", text, Sample((channels,) if fault == "rank" else shape))
