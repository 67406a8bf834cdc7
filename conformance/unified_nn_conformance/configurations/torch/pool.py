"""Pooling: windows in floor and ceil mode, bins, norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from unified_nn_conformance.case import Case, function, layer
from unified_nn_conformance.configurations.draw import INPUTS, OMITTED, Draw, call
from unified_nn_conformance.sample import Sample, given

FAULTS = ("rank", "dtype", "negative", "zero", "padding", "entries", "small")


def _input(d: Draw, rank: int, fault: str) -> Sample:
    sizes = [1 if fault == "small" else d.size(2, 5 if rank == 3 else 8) for _ in range(rank)]
    before = d.pick((2, 3), (1, 1), (3,), (0, 2), (2, 0))
    if fault == "rank":
        before = d.pick((), (1, 1, 2, 2))
    kind: Any = d.pick("normal", "normal", "ties")
    return Sample((*before, *sizes), kind, "int64" if fault == "dtype" else d.pick("float32", "float32", "float64"))


def _windows(d: Draw, rank: int, fault: str, names: tuple[str, ...]) -> dict[str, Any]:
    plain = {"stride": (1, 2, 3), "padding": (0, 1), "dilation": (1, 2)}
    drawn = {"kernel_size": d.per_axis(rank, 2, 3, 1)}
    drawn |= {name: d.per_axis(rank, *plain[name]) if d.pick(False, True) else OMITTED for name in names}
    if fault in ("negative", "zero", "entries"):
        wrong = {"negative": -1, "zero": 0, "entries": (1,) * (rank + 1)}[fault]
        drawn[d.pick("kernel_size", *names)] = wrong
    if fault == "padding":
        drawn["padding"] = 3
    if fault == "small":
        drawn["kernel_size"] = d.pick(3, 2)
    return drawn


def max_pool(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault(*FAULTS)
    options = _windows(d, rank, fault, ("stride", "padding", "dilation"))
    options |= {"ceil_mode": d.some(True), "return_indices": d.some(True)}
    return _either(d, f"nn.MaxPool{rank}d", f"F.max_pool{rank}d", options, _input(d, rank, fault))


def avg_pool(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault(*FAULTS)
    options = _windows(d, rank, fault, ("stride", "padding"))
    options |= {"ceil_mode": d.some(True), "count_include_pad": d.some(False, True)}
    if rank > 1:
        options["divisor_override"] = d.some(3, 1, -2, 0 if fault else 2)
    return _either(d, f"nn.AvgPool{rank}d", f"F.avg_pool{rank}d", options, _input(d, rank, fault))


def max_unpool(d: Draw) -> Case:
    """Places that pooling would give, or wrong ones."""
    rank, fault = d.pick(2, 1, 3), d.fault("rank", "dtype", "places", "index", "size")
    options: dict[str, Any] = {"kernel_size": d.per_axis(rank, 2, 3), "stride": d.some(2, 3), "padding": d.some(0, 1)}
    x = _input(d, rank, fault if fault == "rank" else "")
    shape = (*x.shape[:-1], x.shape[-1] + 1) if fault == "places" and x.shape else x.shape
    count = int(np.prod(shape[-rank:]))  # each place once: which of two stays is not specified in PyTorch
    each = np.arange(count)[::-1].reshape(shape[-rank:]) + (900 if fault == "index" else 0)
    places = given(np.broadcast_to(each, shape).tolist(), "int32" if fault == "dtype" else "int64")
    size = d.pick(9, 1) if fault == "size" else d.rarely(4, 5)
    said = {} if size is OMITTED else {"output_size": (size,) * rank}
    if d.pick(True, False):
        arguments = f"x, y, output_size={(size,) * rank}" if said else ""
        return layer("torch", call(f"nn.MaxUnpool{rank}d", **options), x, places, arguments=arguments)
    return function("torch", call(f"F.max_unpool{rank}d", *INPUTS[:2], **options, **said), x, places)


def lp_pool(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("rank", "negative", "zero", "entries", "small")
    options = {"norm_type": d.pick(2, 1, 3, 2.5, float("inf"), 1.5)} | _windows(d, rank, fault, ("stride",))
    options |= {"ceil_mode": d.some(True)}
    x = _input(d, rank, fault)
    return _either(d, f"nn.LPPool{rank}d", f"F.lp_pool{rank}d", options, Sample(x.shape, "positive", x.dtype))


def adaptive_pool(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("rank", "dtype", "negative", "entries")
    kind = d.pick("Avg", "Max")
    size = d.per_axis(rank, 2, 3, 1, 5, 0)
    if rank > 1 and d.pick(False, False, True):
        size = (None, *([d.pick(2, 3)] * (rank - 1)))
    if fault in ("negative", "entries"):
        size = {"negative": -1, "entries": (1,) * (rank + 1)}[fault]
    options = {"output_size": size} | ({"return_indices": d.some(True)} if kind == "Max" else {})
    name = f"adaptive_{kind.lower()}_pool{rank}d"
    return _either(d, f"nn.Adaptive{kind}Pool{rank}d", f"F.{name}", options, _input(d, rank, fault))


def _either(d: Draw, layer_name: str, function_name: str, options: dict[str, Any], x: Sample) -> Case:
    """The layer, or the function of the same name."""
    if d.pick(True, True, False):
        return layer("torch", call(layer_name, **options), x)
    return function("torch", call(function_name, INPUTS[0], **options), x)
