"""Activations against PyTorch."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import f32

KINKS = f32(3, 5, kind="ties")

#: neutral name, PyTorch's expression, attributes
TABLE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("log_sigmoid", "F.logsigmoid(x)", {}),
    ("silu", "F.silu(x)", {}),
    ("gelu", "F.gelu(x)", {}),
    ("gelu", "F.gelu(x, approximate='tanh')", {"approximate": True}),
    ("leaky_relu", "F.leaky_relu(x, 0.1)", {"slope": 0.1}),
    ("clip_even", "torch.minimum(torch.maximum(x, torch.tensor(-0.5)), torch.tensor(1.0))", {"low": -0.5, "high": 1.0}),
    ("leaky_max", "torch.maximum(x, 0.1 * x)", {"slope": 0.1}),
    ("leaky_max", "torch.minimum(x, 1.5 * x)", {"slope": 1.5}),
    ("relu6", "torch.where(x > 6, torch.full_like(x, 6.0), F.relu(x))", {}),
    ("elu", "F.elu(x)", {}),
    ("elu", "F.elu(x, 0.7)", {"alpha": 0.7}),
    ("celu", "F.celu(x, 1.3)", {"alpha": 1.3}),
    ("selu", "F.selu(x)", {}),
    ("softplus", "F.softplus(x)", {"threshold": 20.0}),
    ("softplus", "F.softplus(x, 2.0, 1.0)", {"beta": 2.0, "threshold": 1.0}),
    ("softsign", "F.softsign(x)", {}),
    ("mish", "F.mish(x)", {}),
    ("hard_tanh", "F.hardtanh(x)", {}),
    ("hard_tanh", "F.hardtanh(x, -0.5, 2.0)", {"low": -0.5, "high": 2.0}),
    ("hard_sigmoid", "F.hardsigmoid(x)", {}),
    ("hard_shrink", "F.hardshrink(x, 0.8)", {"lambd": 0.8}),
    ("soft_shrink", "F.softshrink(x, 0.8)", {"lambd": 0.8}),
    ("tanh_shrink", "F.tanhshrink(x)", {}),
    ("threshold", "F.threshold(x, 0.3, -7.0)", {"limit": 0.3, "value": -7.0}),
)

register(op(name, text, f32(4, 5), attrs=attrs) for name, text, attrs in TABLE)
register(op(name, text, KINKS, attrs=attrs, id=f"{text}-kinks") for name, text, attrs in TABLE)
register(
    [
        op("prelu", "F.prelu(x, y)", f32(2, 3, 4), f32(1), id="one"),
        op("hard_swish", "F.hardswish(x)", f32(4, 5)),
    ]
)
