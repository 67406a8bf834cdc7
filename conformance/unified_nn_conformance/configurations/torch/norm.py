"""Normalisation layers and functions, in training and in inference."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, function, layer
from unified_nn_conformance.configurations.draw import INPUTS, Draw, Source, call
from unified_nn_conformance.sample import Sample, f32

EPS = (1e-3, 1e-8, 0.1)


def _around(d: Draw, rank: int) -> list[int]:
    return [d.size(1, 4) for _ in range(rank)]


def _dtype(d: Draw, fault: str) -> str:
    return d.pick("int64", "float64") if fault == "dtype" else "float32"


def batch_norm(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("channels", "rank", "dtype", "one")
    channels = d.size(1, 4)
    text = call(f"nn.BatchNorm{rank}d", channels, eps=d.some(*EPS), momentum=d.some(0.3, 0.0, 1.0, None),
                affine=d.some(False, True), track_running_stats=d.some(False, True))  # fmt: skip
    sizes = _around(d, rank - (rank == 1 and d.pick(False, True)))
    batch = d.size(2, 3)
    if fault == "one":
        batch, sizes = d.pick(1, 0), [1] * len(sizes)
    shape = (batch, channels + d.pick(1, -1) * (fault == "channels"), *sizes)
    if fault == "rank":
        shape = d.pick((channels,), (*shape, 2, 2))
    return layer("torch", text, Sample(shape, dtype=_dtype(d, fault)), training=d.pick(True, False))


def instance_norm(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("channels", "rank", "dtype", "one")
    channels = d.size(1, 4)
    text = call(f"nn.InstanceNorm{rank}d", channels, eps=d.some(*EPS), momentum=d.some(0.3, 1.0),
                affine=d.some(True, False), track_running_stats=d.some(True, False))  # fmt: skip
    sizes = [1] * rank if fault == "one" else [size + 1 for size in _around(d, rank)]
    shape = (*d.pick((2,), (1,), ()), channels + (fault == "channels"), *sizes)
    if fault == "rank":
        shape = d.pick((channels,), (2, *shape, 2))
    return layer("torch", text, Sample(shape, dtype=_dtype(d, fault)), training=d.pick(True, False))


def layer_norm(d: Draw) -> Case:
    name, fault = d.pick("nn.LayerNorm", "nn.RMSNorm"), d.fault("shape", "dtype", "rank")
    normal = tuple(_around(d, d.pick(1, 2, 3)))
    options = {"eps": d.some(*EPS), "elementwise_affine": d.some(False, True)}
    if name == "nn.LayerNorm":
        options["bias"] = d.some(False, True)
    text = call(name, normal[0] if len(normal) == 1 and d.pick(True, False) else normal, **options)
    shape = (*d.pick((2,), (), (2, 3), (0,)), *normal)
    if fault == "shape":
        shape = (*shape[:-1], shape[-1] + 1)
    return layer("torch", text, Sample(normal[1:] if fault == "rank" else shape, dtype=_dtype(d, fault)))


def group_norm(d: Draw) -> Case:
    fault = d.fault("channels", "groups", "dtype", "rank")
    groups, each = d.size(1, 3), d.size(1, 3)
    channels = groups * each
    text = call("nn.GroupNorm", groups + (fault == "groups") * d.pick(1, -groups, -groups - 1), channels,
                eps=d.some(*EPS), affine=d.some(False, True), bias=d.rarely(False, True))  # fmt: skip
    shape = (d.pick(2, 1, 0), channels + (fault == "channels"), *_around(d, d.pick(2, 1, 0, 3)))
    return layer("torch", text, Sample((channels,) if fault == "rank" else shape, dtype=_dtype(d, fault)))


def response_norm(d: Draw) -> Case:
    fault = d.fault("rank", "size")
    size = d.pick(0, -1) if fault == "size" else d.size(1, 5)
    text = call("nn.LocalResponseNorm", size, alpha=d.some(1e-2, 1.0), beta=d.some(0.5, 1.0), k=d.some(2.0, 0.5))
    shape = (2, d.size(1, 5), *_around(d, d.pick(2, 1, 3)))
    return layer("torch", text, f32(*(shape[:2] if fault == "rank" else shape)))


def functions(d: Draw) -> Case:
    fault = d.fault("shape", "weight")
    channels = d.size(1, 4)
    kind = d.pick("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "normalize")
    sizes = _around(d, d.pick(2, 1))
    shape: tuple[int, ...] = (2, channels, *sizes)
    inputs: list[Sample] = [f32(*shape)]
    options: dict[str, Any] = {"eps": d.some(*EPS)}
    said: list[Any] = [INPUTS[0]]
    per_channel = f32(channels + (fault == "weight"))
    if kind == "batch_norm" or (kind == "instance_norm" and d.pick(False, True)):
        if d.pick(True, True, False):
            inputs += [f32(channels), Sample((channels,), "positive")]
            said += [Source(f"{name}.detach()") for name in INPUTS[1:3]]
        else:
            said += [None, None]
        if kind == "batch_norm":
            options["training"] = d.some(True, False)
        else:
            options["use_input_stats"] = d.some(False, True)
        options["momentum"] = d.some(0.3, 0.0)
    elif kind in ("layer_norm", "rms_norm"):
        normal = shape[d.pick(-1, -2) :]
        said.append((*normal[:-1], normal[-1] + 1) if fault == "shape" else normal)
        per_channel = f32(*normal[1 if fault == "weight" else 0 :])
    elif kind == "group_norm":
        said.append(channels + 1 if fault == "shape" else d.pick(1, channels))
    elif kind == "normalize":
        options |= {"p": d.some(1.0, 3, 2), "dim": d.some(0, -1, 7 if fault == "shape" else 1)}
        return function("torch", call("F.normalize", *said, **options), *inputs)
    if d.pick(False, True):
        inputs.append(per_channel)
        options["weight"] = INPUTS[len(inputs) - 1]
        if kind != "rms_norm" and d.pick(False, True):
            inputs.append(per_channel)
            options["bias"] = INPUTS[len(inputs) - 1]
    return function("torch", call(f"F.{kind}", *said, **options), *inputs)
