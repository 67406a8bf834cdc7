"""Normalisation layers, in training and in inference."""

from __future__ import annotations

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import Draw, call
from unified_nn_conformance.sample import Sample

EPS = (1e-3, 0.1, 1e-2)


def _shape(d: Draw, rank: int) -> tuple[int, ...]:
    return (d.size(2, 3), *(d.size(2, 4) for _ in range(rank - 1)))


def _dtype(d: Draw, fault: str) -> str:
    return d.pick("float64", "int32") if fault == "dtype" else "float32"


def batch_norm(d: Draw) -> Case:
    fault = d.fault("dtype", "axis")
    shape = _shape(d, d.pick(4, 2, 3))
    axis = d.pick(5, -6) if fault == "axis" else d.some(1, -1, 0)
    channels = shape[axis if isinstance(axis, int) and fault != "axis" else 1]
    text = call("nn.BatchNorm", axis=axis, momentum=d.some(0.3, 0.0, 1.0), epsilon=d.some(*EPS),
                center=d.some(False, True), scale=d.some(False, True), use_global_stats=d.some(True, False),
                gamma_initializer=d.rarely("zeros"), in_channels=d.some(channels))  # fmt: skip
    return layer("mxnet", text, Sample(shape, dtype=_dtype(d, fault)), training=d.pick(True, False))


def layer_norm(d: Draw) -> Case:
    fault = d.fault("dtype", "axis", "channels")
    shape = _shape(d, d.pick(3, 2, 4))
    axis = 5 if fault == "axis" else d.some(-1, 1)
    channels = shape[axis if isinstance(axis, int) and fault != "axis" else -1] + (fault == "channels")
    text = call("nn.LayerNorm", axis=axis, epsilon=d.some(*EPS), center=d.some(False, True), scale=d.some(False, True),
                beta_initializer=d.rarely("ones"), in_channels=channels if fault == "channels" else d.some(channels))  # fmt: skip
    return layer("mxnet", text, Sample(shape, dtype=_dtype(d, fault)))


def group_norm(d: Draw) -> Case:
    fault = d.fault("dtype", "groups", "rank")
    groups, each = d.size(1, 3), d.size(1, 3)
    text = call("nn.GroupNorm", groups + (fault == "groups"), epsilon=d.some(*EPS), center=d.some(False, True),
                scale=d.some(False, True))  # fmt: skip
    shape = (d.pick(2, 1), groups * each, *(d.size(2, 3) for _ in range(d.pick(1, 2))))
    return layer("mxnet", text, Sample(shape[:2] if fault == "rank" else shape, dtype=_dtype(d, fault)))


def instance_norm(d: Draw) -> Case:
    fault = d.fault("dtype", "rank", "channels")
    shape = _shape(d, d.pick(3, 4))
    text = call("nn.InstanceNorm", axis=d.some(1, -1), epsilon=d.some(*EPS), center=d.some(False, True),
                scale=d.some(True, False), in_channels=9 if fault == "channels" else 0)  # fmt: skip
    return layer("mxnet", text, Sample(shape[:2] if fault == "rank" else shape, dtype=_dtype(d, fault)))
