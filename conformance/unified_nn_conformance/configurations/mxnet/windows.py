"""Convolutions and pools, as layers and as operators."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, function, layer
from unified_nn_conformance.configurations.draw import INPUTS, OMITTED, Draw, call
from unified_nn_conformance.sample import Sample, f32

FAULTS = ("channels", "rank", "dtype", "groups", "negative", "zero", "entries", "layout", "large")
LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


def _space(d: Draw, rank: int) -> list[int]:
    return [d.size(3, 6) if rank == 3 else d.size(2, 8) for _ in range(rank)]


def _input(d: Draw, rank: int, channels: int, fault: str, kind: Any = "normal", *, last: bool = False) -> Sample:
    sizes = _space(d, rank)
    if fault == "channels":
        channels += d.pick(1, -1) if channels > 1 else 1
    if fault == "rank":
        return f32(*d.pick((channels, *sizes), (1, 2, channels, *sizes)))
    batch = d.pick(2, 1, 2, 0 if fault == "" else 1)
    shape = (batch, *sizes, channels) if last else (batch, channels, *sizes)
    return Sample(shape, kind, d.pick("float64", "int32") if fault == "dtype" else "float32")


def _sizes(d: Draw, rank: int, fault: str, names: tuple[str, ...], kernel: str) -> dict[str, Any]:
    """Arguments with a size per axis; one of them is wrong where the fault says so."""
    plain = {
        kernel: (3, 1, 2),
        "strides": (1, 2, 3),
        "padding": (0, 1, 2),
        "dilation": (1, 2),
        "output_padding": (0, 0, 1),
    }
    drawn: dict[str, Any] = {}
    for name in names:
        value = d.pick(*plain[name]) if rank == 1 else d.per_axis(rank, *plain[name])
        drawn[name] = value if name == kernel or d.pick(False, True) else OMITTED
    if fault in ("negative", "zero", "entries"):
        name = d.pick(*(n for n in names if n != "padding")) if fault == "zero" else d.pick(kernel, names[1])
        drawn[name] = {"negative": -1, "zero": 0, "entries": (1,) * (rank + 1)}[fault]
        if name == "output_padding" and fault == "zero":
            drawn[name] = 0
    if fault == "large":
        drawn[kernel] = 9
    return drawn


def _channels(d: Draw, fault: str) -> tuple[int, int, Any]:
    groups = d.pick(1, 2, 3)
    into, out = groups * d.pick(1, 2), groups * d.pick(1, 2)
    return into, out, into + 1 if fault == "groups" else OMITTED if groups == 1 else groups


def conv(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault(*FAULTS)
    into, out, groups = _channels(d, fault)
    options = _sizes(d, rank, fault, ("kernel_size", "strides", "padding", "dilation"), "kernel_size")
    options |= {
        "groups": groups, "use_bias": d.some(False, True), "in_channels": d.some(into),
        "activation": d.rarely("relu", "sigmoid", "softrelu"), "bias_initializer": d.rarely("ones"),
    }  # fmt: skip
    if fault == "layout":
        options["layout"] = d.pick(LAYOUTS[rank][1], "some")
    return layer("mxnet", call(f"nn.Conv{rank}D", out, **options), _input(d, rank, into, fault))


def conv_transpose(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault(*FAULTS)
    into, out, groups = _channels(d, fault)
    names = ("kernel_size", "strides", "padding", "output_padding", "dilation")
    options = _sizes(d, rank, fault, names[:4] if rank == 3 else names, "kernel_size")
    options |= {
        "groups": groups,
        "use_bias": d.some(False, True),
        "in_channels": into if groups != OMITTED else d.some(into),
    }
    if fault == "layout":
        options["layout"] = d.pick(LAYOUTS[rank][1], "some")
    return layer("mxnet", call(f"nn.Conv{rank}DTranspose", out, **options), _input(d, rank, into, fault))


def conv_function(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("channels", "rank", "entries", "zero", "bias", "filter")
    into, out, groups = _channels(d, fault)
    count = groups if isinstance(groups, int) else 1
    kernel = tuple(d.pick(3, 1, 2) for _ in range(rank))
    options: dict[str, Any] = {"kernel": kernel, "num_filter": out + (fault == "filter"), "num_group": groups}
    for name, values in (("stride", (1, 2)), ("pad", (0, 1)), ("dilate", (1, 2))):
        if d.pick(False, True):
            options[name] = tuple(d.pick(*values) for _ in range(rank + (fault == "entries")))
    if fault == "zero":
        options["stride"] = (0,) * rank
    bias = d.pick(False, True) or fault == "bias"
    inputs = [_input(d, rank, into, fault), f32(out, max(into // count, 1), *kernel)]
    options["no_bias"] = not bias
    if bias:
        inputs.append(f32(out + (fault == "bias")))
    return function("mxnet", call("nd.Convolution", *INPUTS[: len(inputs)], **options), *inputs)


# ---- pools ---------------------------------------------------------------------------------------------------------

POOL_FAULTS = ("rank", "negative", "zero", "entries", "layout", "large")


def _pool(d: Draw, kind: str) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault(*POOL_FAULTS)
    options = _sizes(d, rank, fault, ("pool_size", "strides", "padding"), "pool_size")
    last = fault == "" and d.pick(False, False, True)
    options |= {"ceil_mode": d.some(True, False)}
    if kind == "Avg":
        options["count_include_pad"] = d.some(False, True)
    if last or fault == "layout":
        options["layout"] = LAYOUTS[rank][1] if last else "some"
    x = _input(d, rank, d.size(1, 3), fault, "normal" if kind == "Avg" else d.pick("normal", "ties"), last=last)
    return layer("mxnet", call(f"nn.{kind}Pool{rank}D", **options), x)


def max_pool(d: Draw) -> Case:
    return _pool(d, "Max")


def avg_pool(d: Draw) -> Case:
    return _pool(d, "Avg")


def global_pool(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("rank", "layout")
    last = fault == "" and d.pick(False, True)
    layout = "some" if fault == "layout" else LAYOUTS[rank][1] if last else OMITTED
    x = _input(d, rank, d.size(1, 3), fault, d.pick("normal", "ties"), last=last)
    return layer("mxnet", call(f"nn.Global{d.pick('Avg', 'Max')}Pool{rank}D", layout=layout), x)


def pool_function(d: Draw) -> Case:
    rank, fault = d.pick(2, 1, 3), d.fault("rank", "entries", "word", "power", "pad")
    kernel = tuple(d.pick(2, 1, 3) for _ in range(rank))
    kind = "some" if fault == "word" else d.pick("max", "avg", "sum", "lp")
    options: dict[str, Any] = {"kernel": kernel, "pool_type": kind}
    if d.pick(False, True):
        options["stride"] = tuple(d.pick(1, 2) for _ in range(rank + (fault == "entries")))
    if d.pick(False, True) or fault == "pad":
        options["pad"] = tuple(k if fault == "pad" else k - 1 for k in kernel)
    if kind == "lp":
        options["p_value"] = 4 if fault == "power" else d.pick(2, 1, 3)
    options |= {"pooling_convention": d.some("full", "valid"), "global_pool": d.rarely(True),
                "count_include_pad": d.rarely(False)}  # fmt: skip
    x = _input(d, rank, d.size(1, 3), fault, "positive")
    return function("mxnet", call("nd.Pooling", INPUTS[0], **options), x)
