"""Pooling: windows in floor and ceil mode, bins, norms."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, function, layer
from unified_nn_conformance.configurations.draw import INPUTS, OMITTED, Draw, call
from unified_nn_conformance.sample import Sample

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
