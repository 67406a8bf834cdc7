"""Convolutions and pools, as layers and as functions."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, function, layer
from unified_nn_conformance.configurations.draw import INPUTS, OMITTED, Draw, call
from unified_nn_conformance.sample import Sample, f32

FAULTS = ("channels", "rank", "dtype", "group", "negative", "zero", "word", "entries", "type")
MODES = ("same", "valid", "pad")


def _space(d: Draw, rank: int) -> list[int]:
    return [d.size(3, 6) if rank == 3 else d.size(2, 8) for _ in range(rank)]


def _input(d: Draw, rank: int, channels: int, fault: str, kind: Any = "normal") -> Sample:
    sizes = _space(d, rank)
    if fault == "channels":
        channels += d.pick(1, -1)
    if fault == "rank":
        return f32(*d.pick((channels, *sizes), (channels,), (1, 2, channels, *sizes)))
    return Sample((d.pick(2, 1), channels, *sizes), kind, d.pick("float64", "int32") if fault == "dtype" else "float32")


def _sizes(d: Draw, rank: int, fault: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Arguments with a size per axis (one number with one axis); one of them is wrong where the fault says so."""
    plain = {"kernel_size": (3, 1, 2), "stride": (1, 2, 3), "dilation": (1, 2)}
    drawn: dict[str, Any] = {}
    for name in names:
        value = d.pick(*plain[name]) if rank == 1 else d.per_axis(rank, *plain[name])
        drawn[name] = value if name == "kernel_size" or d.pick(False, True) else OMITTED
    wrong = {"negative": -1, "zero": 0, "entries": (1,) * (rank + 1), "type": d.pick(1.5, "a")}
    if fault in wrong:
        drawn[d.pick(*names)] = wrong[fault]
    return drawn


def _padding(d: Draw, rank: int, fault: str) -> dict[str, Any]:
    mode = "some" if fault == "word" else d.some(*MODES)
    if mode != "pad":
        return {"pad_mode": mode, "padding": d.rarely(0, 1)}
    sides = tuple(d.pick(0, 1, 2) for _ in range(2 * rank))
    return {"pad_mode": mode, "padding": d.pick(1, 0, 2) if rank == 1 else d.pick(1, sides)}


def _channels(d: Draw, fault: str) -> tuple[int, int, Any]:
    group = d.pick(1, 2, 3)
    into, out = group * d.pick(1, 2), group * d.pick(1, 2)
    if fault == "group":
        return into, out, d.pick(into + 1, 0, -1)
    return into, out, OMITTED if group == 1 else group


def conv(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault(*FAULTS)
    into, out, group = _channels(d, fault)
    options = _sizes(d, rank, fault, ("kernel_size", "stride", "dilation")) | _padding(d, rank, fault)
    if rank == 3 and isinstance(group, int):
        group = OMITTED if fault != "group" else group
    initials = ("normal", "ones", "zeros")
    options |= {"group": group, "has_bias": d.some(True, False), "weight_init": d.rarely(*initials),
                "bias_init": d.rarely(*initials)}  # fmt: skip
    return layer("mindspore", call(f"nn.Conv{rank}d", into, out, **options), _input(d, rank, into, fault))


def conv_transpose(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault(*FAULTS)
    into, out, group = _channels(d, fault)
    options = _sizes(d, rank, fault, ("kernel_size", "stride", "dilation")) | _padding(d, rank, fault)
    if rank == 3:
        options["dilation"] = d.rarely((1, 2, 1), 2)
    if rank > 1:
        options["output_padding"] = d.rarely(1, 0, -1)
    options |= {"group": OMITTED if rank == 3 else group, "has_bias": d.some(True, False)}
    return layer("mindspore", call(f"nn.Conv{rank}dTranspose", into, out, **options), _input(d, rank, into, fault))


def conv_function(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("channels", "rank", "word", "entries", "negative", "zero", "bias")
    into, out, group = _channels(d, fault)
    count = group if isinstance(group, int) and rank != 3 else 1
    options = _sizes(d, rank, fault, ("stride", "dilation")) | {"groups": count if count > 1 else OMITTED}
    mode = "some" if fault == "word" else d.some(*MODES)
    options |= {"pad_mode": mode, "padding": d.pick(0, 1, (1,) * rank) if mode == "pad" else OMITTED}
    inputs = [_input(d, rank, into, fault), f32(out, max(into // count, 1), *(d.pick(3, 1, 2) for _ in range(rank)))]
    if d.pick(False, True) or fault == "bias":
        inputs.append(f32(out + (fault == "bias")))
    return function("mindspore", call(f"ops.conv{rank}d", *INPUTS[: len(inputs)], **options), *inputs)


# ---- pools ---------------------------------------------------------------------------------------------------------


def max_pool(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("rank", "dtype", "negative", "zero", "word", "entries", "type", "extras")
    options = _sizes(d, rank, fault, ("kernel_size", "stride"))
    options["pad_mode"] = "some" if fault == "word" else d.some("same", "valid", "pad", "PAD")
    if str(options["pad_mode"]).lower() == "pad" or fault == "extras":
        options |= {"padding": d.pick(0, 1, 2), "ceil_mode": d.some(True)}
        if d.pick(False, True):
            options |= {"dilation": d.pick(1, 2), "return_indices": d.some(True)}
    return layer("mindspore", call(f"nn.MaxPool{rank}d", **options),
                 _input(d, rank, d.size(1, 3), fault, d.pick("normal", "ties")))  # fmt: skip


def avg_pool(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("rank", "negative", "zero", "word", "entries", "type", "extras")
    options = _sizes(d, rank, fault, ("kernel_size", "stride"))
    options["pad_mode"] = "some" if fault == "word" else d.some("same", "valid", "pad")
    if options["pad_mode"] == "pad" or fault == "extras":
        options |= {"padding": d.pick(0, 1, 2), "ceil_mode": d.some(True)}
    options["count_include_pad"] = d.some(False, True)
    if rank > 1:
        options["divisor_override"] = d.rarely(3, 1, 0)
    return layer("mindspore", call(f"nn.AvgPool{rank}d", **options), _input(d, rank, d.size(1, 3), fault))


def adaptive_pool(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("rank", "negative", "entries", "type")
    kind = d.pick("Avg", "Max")
    size: Any = d.pick(2, 1, 3) if rank == 1 else d.per_axis(rank, 2, 1, 3, 5)
    if rank == 2 and d.pick(False, False, True):
        size = (None, d.pick(2, 3))
    wrong = {"negative": -1, "entries": (1,) * (rank + 1), "type": 1.5}
    options = {"output_size": wrong.get(fault, size)}
    if kind == "Max" and rank > 1:
        options["return_indices"] = d.some(True, False)
    return layer("mindspore", call(f"nn.Adaptive{kind}Pool{rank}d", **options), _input(d, rank, d.size(1, 3), fault))


def lp_pool(d: Draw) -> Case:
    rank, fault = d.pick(1, 2), d.fault("rank", "zero", "power", "entries", "type")
    power = d.pick(0, "a") if fault == "power" else d.pick(2, 1, 3, 1.5)
    options = _sizes(d, rank, fault, ("kernel_size", "stride")) | {"ceil_mode": d.some(True)}
    return layer("mindspore", call(f"nn.LPPool{rank}d", power, **options),
                 _input(d, rank, d.size(1, 3), fault, "positive"))  # fmt: skip


def pool_function(d: Draw) -> Case:
    rank, fault = d.pick(2, 3), d.fault("rank", "negative", "zero", "entries")
    kind = d.pick("max", "avg")
    options = _sizes(d, rank, fault, ("kernel_size", "stride"))
    options |= {"padding": d.some(0, 1), "ceil_mode": d.some(True)}
    if kind == "avg":
        options["count_include_pad"] = d.some(False)
    else:
        options |= {"dilation": d.rarely(2), "return_indices": d.rarely(True)}
    x = _input(d, rank, d.size(1, 3), fault)
    return function("mindspore", call(f"ops.{kind}_pool{rank}d", INPUTS[0], **options), x)
