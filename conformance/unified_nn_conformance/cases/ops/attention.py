"""Scaled dot products, their masks, rows in which nothing takes part, and heads that are shared."""

from __future__ import annotations

from typing import Any

from unified_nn_conformance.case import op, register
from unified_nn_conformance.sample import Sample, f32, f64, given

Q, K, V = f32(2, 3, 4, 5), f32(2, 3, 6, 5), f32(2, 3, 6, 7)
SEEN = given([[1, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], [0, 0, 1, 0, 0, 0]], "bool")
NOTHING = given([[0.5, float("-inf"), 0.0]] * 3 + [[float("-inf")] * 3])

#: title -> PyTorch's arguments, the op's attributes, the arrays.
TABLE: dict[str, tuple[str, dict[str, Any], tuple[Sample, ...]]] = {
    "plain": ("", {}, (Q, K, V)),
    "equal sizes": ("", {}, (Q, f32(2, 3, 6, 5), f32(2, 3, 6, 5))),
    "no batch": ("", {}, (f32(4, 5), f32(6, 5), f32(6, 2))),
    "one batch axis": ("", {}, (f32(2, 4, 5), f32(2, 6, 5), f32(2, 6, 5))),
    "batches that broadcast": ("", {}, (f32(2, 3, 4, 5), f32(1, 3, 6, 5), f32(1, 3, 6, 5))),
    "scale": (", scale=0.1", {"scale": 0.1}, (Q, K, V)),
    "causal": (", is_causal=True", {"causal": True}, (Q, K, V)),
    "causal, more rows": (", is_causal=True", {"causal": True}, (f32(2, 1, 5, 3), f32(2, 1, 2, 3), f32(2, 1, 2, 3))),
    "mask of bools": (", u", {}, (Q, K, V, SEEN)),
    "mask of bools, equal sizes": (", u", {}, (Q, K, f32(2, 3, 6, 5), SEEN)),
    "mask of numbers": (", u", {}, (Q, K, V, f32(2, 1, 4, 6))),
    "mask with nothing in a row": (", u", {}, (f32(1, 2, 4, 5), f32(1, 2, 3, 5), f32(1, 2, 3, 5), NOTHING)),
    "shared heads": (", enable_gqa=True", {"grouped": True}, (f32(2, 6, 4, 5), f32(2, 2, 3, 5), f32(2, 2, 3, 5))),
    "no samples": ("", {}, (f32(0, 3, 4, 5), f32(0, 3, 6, 5), f32(0, 3, 6, 5))),
    "nothing to see": ("", {}, (f32(2, 3, 4, 5), f32(2, 3, 0, 5), f32(2, 3, 0, 5))),
    "large scores": ("", {}, (given([[300.0, 0.0], [0.0, -300.0]]), given([[10.0, 1.0], [1.0, 10.0]]), f32(2, 3))),
    "float64": ("", {}, (f64(2, 3, 4, 5), f64(2, 3, 6, 5), f64(2, 3, 6, 5))),
    "float16": ("", {}, tuple(Sample((2, 3, n, 5), "small", "float16") for n in (4, 6, 6))),
}  # fmt: skip

register(
    op("scaled_dot_product_attention", f"F.scaled_dot_product_attention(x, y, z{text})", *arrays, id=title, attrs=attrs)
    for title, (text, attrs, arrays) in TABLE.items()
)

_SCORES = "x @ y.transpose(-1, -2)"
register([
    op("attention_weights", f"torch.softmax({_SCORES} / 5 ** 0.5, -1)", Q, K, id="plain"),
    op("attention_weights", f"torch.softmax({_SCORES} * 0.1 + z, -1)", Q, K, f32(4, 6), id="scale, mask of numbers",
       attrs={"scale": 0.1}),
    op("attention_weights", f"torch.softmax(({_SCORES} / 5 ** 0.5).masked_fill(~z, -torch.inf), -1)", Q, K, SEEN,
       id="mask of bools, NaN", attrs={"safe": False}),
    op("attention_weights", f"torch.softmax(({_SCORES} / 5 ** 0.5).masked_fill(~z, -torch.inf), -1).nan_to_num(0.0)",
       Q, K, SEEN, id="mask of bools, 0"),
    op("attention_weights", f"torch.softmax(({_SCORES} / 5 ** 0.5).masked_fill(torch.ones(4, 6).tril() == 0, "
       "-torch.inf), -1)", Q, K, id="causal", attrs={"causal": True}),
])  # fmt: skip
