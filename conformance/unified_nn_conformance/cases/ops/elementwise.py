"""Elementwise ops against PyTorch."""

from __future__ import annotations

from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import f32, given

A, B = f32(3, 4), f32(4, kind="positive")
EDGES = f32(40, kind="special")

#: neutral name -> PyTorch's name where it differs
SAME = {
    "neg": "neg", "abs": "abs", "sign": "sign", "exp": "exp", "expm1": "expm1", "sin": "sin", "cos": "cos",
    "tan": "tan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "erf": "erf", "arctan": "arctan", "floor": "floor",
    "ceil": "ceil", "trunc": "trunc", "round": "round", "square": "square", "sigmoid": "sigmoid", "relu": "relu",
    "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite", "logical_not": "logical_not",
}  # fmt: skip
POSITIVE = {"log": "log", "log1p": "log1p", "log2": "log2", "log10": "log10", "sqrt": "sqrt", "rsqrt": "rsqrt",
            "reciprocal": "reciprocal"}  # fmt: skip
UNIT = {"arcsin": "arcsin", "arccos": "arccos"}
BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "maximum": "maximum", "minimum": "minimum",
    "arctan2": "arctan2", "mod": "remainder", "fmod": "fmod", "equal": "eq",
    "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
    "logical_and": "logical_and", "logical_or": "logical_or", "logical_xor": "logical_xor",
}  # fmt: skip

register(
    op(name, f"torch.{real}(x)", inputs, id=id_)
    for table, sample in ((SAME, A), (POSITIVE, f32(3, 4, kind="positive")), (UNIT, f32(3, 4, kind="unit")))
    for name, real in table.items()
    for id_, inputs in (
        (real, sample),
        (f"{real}-special", EDGES),
        (f"{real}-empty", f32(0, 3)),
        (f"{real}-0d", f32(kind=sample.kind)),
    )
)
register(
    op(name, f"torch.{real}(x, y)", x, y, id=id_)
    for name, real in BINARY.items()
    for id_, x, y in ((real, A, B), (f"{real}-ties", f32(3, 4, kind="ties"), f32(3, 4, kind="ties")),
                      (f"{real}-special", EDGES, f32(40, kind="special")))
)  # fmt: skip
register(
    [
        op("floor_div", "torch.floor_divide(x, y)", A, B, gradient=False),
        op("floor_div", "torch.floor_divide(x, y)", EDGES, f32(40, kind="special"), id="special", gradient=False),
        op("pow", "torch.pow(x, y)", f32(3, 4, kind="positive"), A, id="tensors"),
        op("clip", "torch.clamp(x, -0.5, 0.5)", A, attrs={"low": -0.5, "high": 0.5}, id="both"),
        op(
            "clip",
            "torch.clamp(x, -1, 1)",
            given([-2.0, -1.0, 0.0, 1.0, 2.0]),
            attrs={"low": -1, "high": 1},
            id="limits",
        ),
    ]
)
