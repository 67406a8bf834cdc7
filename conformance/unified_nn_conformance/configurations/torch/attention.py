"""Multi-head attention: sizes of keys and values, biases, masks, layouts."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import Case, layer
from unified_nn_conformance.configurations.draw import OMITTED, Draw, call
from unified_nn_conformance.sample import Sample, f32


def attention(d: Draw) -> Case:
    faults = ("heads", "features", "batch", "rank", "mask", "keys", "dropout", "dtype")
    fault = d.fault(*faults) or d.fault(*faults)
    heads, each = d.pick(2, 1, 3), d.pick(2, 1)
    features = heads * each
    other = d.pick(0, 0, 3)
    options: dict[str, Any] = {
        "bias": d.some(False, True), "add_bias_kv": d.rarely(True), "add_zero_attn": d.rarely(True),
        "kdim": other or OMITTED, "vdim": other or OMITTED, "batch_first": d.some(True, False),
        "dropout": d.pick(1.5, -0.5) if fault == "dropout" else d.rarely(0.0, 0.5),
    }  # fmt: skip
    first = options["batch_first"] is True
    batch, length, source = d.size(1, 3), d.size(1, 4), d.size(1, 4)
    alone = d.pick(False, False, True)

    def sequence(steps: int, size: int, extra: int = 0) -> Sample:
        n = batch + extra
        shape = (steps, size) if alone else (n, steps, size) if first else (steps, n, size)
        return Sample(shape, "normal", "float64" if fault == "dtype" and size == features else "float32")

    x = sequence(length, features + (fault == "features"))
    if fault == "rank":
        x = f32(*d.pick((features,), (1, 1, length, features)))
    keys = sequence(source + (fault == "keys"), other or features, fault == "batch")
    values = sequence(source, other or features, fault == "batch")
    inputs, said = [x, keys, values], "x, y, z"
    if d.pick(False, True) or fault == "mask":
        wrong = fault == "mask"
        kind = d.pick("key_padding_mask", "attn_mask")
        shape: tuple[int, ...]
        if kind == "attn_mask":
            shape = d.pick((length, source), (length, source) if alone else (batch * heads, length, source))
        else:
            shape = (source,) if alone else (batch, source)
        shape = (*shape[:-1], shape[-1] + wrong)
        inputs.append(Sample(shape, "bool", "bool") if d.pick(False, True) else f32(*shape))
        said += f", {kind}=u"
    said += d.pick("", ", need_weights=False", ", average_attn_weights=False")
    count = heads + 1 if fault == "heads" and features % (heads + 1) else d.pick(0, -1) if fault == "heads" else heads
    text = call("nn.MultiheadAttention", features, count, **options)
    return layer("torch", text, *inputs, arguments=said, training=False)
