"""Convolutions and their transposes, as layers and as functions."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, function, layer
from unified_nn_conformance.configurations.draw import INPUTS, OMITTED, Draw, call
from unified_nn_conformance.sample import Sample, f32

FAULTS = ("channels", "rank", "dtype", "groups", "negative", "zero", "word", "entries")


def _input(d: Draw, rank: int, channels: int, fault: str) -> Sample:
    sizes = [d.size(3, 6) if rank == 3 else d.size(2, 8) for _ in range(rank)]
    if fault == "channels":
        channels += d.pick(1, -1)
    if fault == "rank":
        return f32(*d.pick((channels,), (channels, *sizes[:-1]), (1, 1, 2, channels, *sizes)))
    batch = d.pick((2,), (1,), (), (0,))
    return Sample((*batch, channels, *sizes), dtype=d.pick("float64", "int64") if fault == "dtype" else "float32")


def _sizes(d: Draw, rank: int, fault: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Arguments with a size per axis; one of them is wrong where the fault says so."""
    plain = {"stride": (1, 2, 3), "padding": (0, 1, 2), "dilation": (1, 2), "output_padding": (0, 0, 1)}
    drawn = {name: d.per_axis(rank, *plain[name]) if d.pick(False, True) else OMITTED for name in names}
    if fault in ("negative", "zero", "entries"):
        wrong = {"negative": -1, "zero": 0, "entries": (1,) * (rank + 1)}[fault]
        drawn[d.pick(*names)] = wrong
    return drawn


def _groups(d: Draw, fault: str) -> tuple[int, int, Any]:
    """Channels in and out, and groups."""
    groups = d.pick(1, 2, 3)
    into, out = groups * d.pick(1, 2), groups * d.pick(1, 2)
    if fault == "groups":
        return into, out, d.pick(into + 1, 0, -1, out + 1)
    return into, out, OMITTED if groups == 1 else groups


def conv(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault(*FAULTS)
    into, out, groups = _groups(d, fault)
    options = _sizes(d, rank, fault, ("stride", "padding", "dilation"))
    if d.pick(False, False, True):
        options["padding"] = d.pick("same", "valid")
    if fault == "word":
        options[d.pick("padding", "padding_mode")] = "some"
    options |= {"groups": groups, "bias": d.some(False, True)}
    options.setdefault("padding_mode", d.some("reflect", "replicate", "circular", "zeros"))
    text = call(f"nn.Conv{rank}d", into, out, d.per_axis(rank, 3, 1, 2), **options)
    return layer("torch", text, _input(d, rank, into, fault))


def conv_transpose(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault(*FAULTS)
    into, out, groups = _groups(d, fault)
    options = _sizes(d, rank, fault, ("stride", "padding", "output_padding", "dilation"))
    options |= {"groups": groups, "bias": d.some(False, True)}
    if fault == "word":
        options[d.pick("padding", "padding_mode")] = d.pick("same", "reflect")
    size = OMITTED if fault else d.rarely(7, 9)
    text = call(f"nn.ConvTranspose{rank}d", into, out, d.per_axis(rank, 3, 1, 2), **options)
    arguments = "" if size is OMITTED else f"x, output_size=[{', '.join([str(size)] * rank)}]"
    return layer("torch", text, _input(d, rank, into, fault), arguments=arguments)


def conv_function(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault(*FAULTS, "weight", "bias")
    into, out, groups = _groups(d, fault)
    transposed = d.pick(False, True)
    names = ("stride", "padding", "dilation") + (("output_padding",) if transposed else ())
    options = _sizes(d, rank, fault, names) | {"groups": groups}
    if fault == "word" or (not transposed and d.pick(False, False, True)):
        options["padding"] = "some" if fault == "word" else d.pick("same", "valid")
    count = groups if isinstance(groups, int) and groups > 0 else 1
    kernel = tuple(d.pick(3, 1, 2) for _ in range(rank + (fault == "weight")))
    weight = (into, max(out // count, 1), *kernel) if transposed else (out, max(into // count, 1), *kernel)
    bias = d.pick(False, True) or fault == "bias"
    name = f"F.conv{'_transpose' * transposed}{rank}d"
    inputs = [_input(d, rank, into, fault), f32(*weight)]
    if bias:
        inputs.append(f32(out + (fault == "bias")))
    return function("torch", call(name, *INPUTS[: len(inputs)], **options), *inputs)
