"""Functions of `torch.nn.functional` that are activations: their arguments, their kinks, what they refuse."""

from __future__ import annotations

from unified_nn_conformance.case import function, register
from unified_nn_conformance.sample import f32, given

X, KINKS, WHOLE = f32(3, 4), f32(3, 8, kind="ties"), given([[-7, -1, 0], [1, 6, 9]], "int64")
LIMITS = given([[-6.0, -3.0, -1.0, -0.5, -0.0, 0.0], [0.5, 1.0, 3.0, 6.0, 20.0, 21.0]])

ACTIVATIONS = (
    "relu(x)", "relu6(x)", "gelu(x)", "gelu(x, approximate='tanh')", "silu(x)", "elu(x)", "elu(x, 0.3)", "elu(x, -0.5)",
    "celu(x)", "celu(x, 2.0)", "celu(x, alpha=-1.5)", "selu(x)", "leaky_relu(x)", "leaky_relu(x, -0.2)", "rrelu(x)",
    "rrelu(x, 0.1, 0.2)", "softplus(x)", "softplus(x, 2, 1)", "softplus(x, beta=-1.0)", "softsign(x)", "mish(x)",
    "hardtanh(x)", "hardtanh(x, -0.5, 3)", "hardsigmoid(x)", "hardswish(x)", "logsigmoid(x)", "glu(x)", "hardshrink(x)",
    "hardshrink(x, 1.0)", "hardshrink(x, -1.0)", "softshrink(x)", "softshrink(x, 0.0)", "tanhshrink(x)",
    "threshold(x, 0.5, 20.0)", "softmin(x, 1)", "softmax(x, dim=0)", "log_softmax(x, dim=-1)", "sigmoid(x)", "tanh(x)",
)  # fmt: skip
#: In place on a copy, so that the leaf stays as it is.
IN_PLACE = (
    "relu(x * 1, inplace=True)", "relu_(x * 1)", "relu6(x * 1, True)", "silu(x * 1, inplace=True)", "elu(x * 1, 0.5, True)",
    "elu_(x * 1)", "celu(x * 1, 2.0, True)", "celu_(x * 1)", "selu(x * 1, True)", "selu_(x * 1)", "mish(x * 1, True)",
    "leaky_relu(x * 1, 0.2, True)", "leaky_relu_(x * 1)", "rrelu(x * 1, inplace=True)", "rrelu_(x * 1)",
    "hardtanh(x * 1, -2, 2, True)", "hardtanh_(x * 1)", "hardtanh_(x * 1, 1.0, -1.0)", "hardsigmoid(x * 1, True)",
    "hardswish(x * 1, True)", "threshold(x * 1, 0.5, 20.0, True)", "threshold_(x * 1, 0.5, 20.0)",
)  # fmt: skip
REFUSED = {
    "elu(x, 'a')": "TypeError", "celu(x, 0.0)": "RuntimeError", "gelu(x, approximate='erf')": "RuntimeError",
    "hardtanh(x, 1, -1)": "ValueError", "softshrink(x, -1.0)": "RuntimeError",
    "rrelu(x, 0.4, 0.2)": "RuntimeError", "rrelu(x, training=1)": "TypeError", "glu(x, 0)": "RuntimeError",
    "glu(x, 7)": "IndexError", "elu_(x)": "RuntimeError",
    "silu(x, inplace=True)": "RuntimeError", "prelu(x, 0.25)": "TypeError", "softmin(x, 5)": "IndexError",
    "elu(x.long())": "NotImplementedError", "gelu(x.long())": "NotImplementedError",
    "hardswish(x.int())": "NotImplementedError", "relu(x > 0)": "RuntimeError", "relu6(x > 0)": "RuntimeError",
    "prelu(x.double(), torch.ones(1))": "RuntimeError", "prelu(x, torch.ones(3))": "RuntimeError",
}  # fmt: skip

register([
    *(function("torch", f"F.{text}", x, id=f"F.{text} {kind}") for text in ACTIVATIONS
      for kind, x in (("plain", X), ("kinks", KINKS), ("limits", LIMITS))),
    *(function("torch", f"F.{text}", LIMITS) for text in IN_PLACE),
    *(function("torch", f"F.{text}", WHOLE, id=f"F.{text} of integers", gradient=False) for text in (
        "relu(x)", "relu6(x)", "hardtanh(x, -1.5, 1.5)", "threshold(x, 0.9, 20.7)", "softsign(x)", "tanhshrink(x)",
        "sigmoid(x)", "tanh(x)")),
    *(function("torch", f"F.{text}", X, expects=error) for text, error in REFUSED.items()),
    function("torch", "F.prelu(x, y)", LIMITS, f32(6)),
    function("torch", "F.prelu(x, y)", f32(2, 3, 2), f32(1), id="F.prelu one weight"),
    function("torch", "F.prelu(x, y)", f32(2, 3, 2), f32(), id="F.prelu weight without axes"),
    function("torch", "F.prelu(x, y)", f32(2, 3, 2), f32(3), id="F.prelu of three axes"),
    function("torch", "F.glu(x, 1)", f32(2, 4, 3)),
    *(function("torch", f"(torch.manual_seed(5), F.{text})[1]", LIMITS, id=f"F.{text} seeded") for text in (
        "rrelu(x, training=True)", "rrelu(x, -0.5, 0.25, True)", "gumbel_softmax(x)", "gumbel_softmax(x, dim=0)",
        "gumbel_softmax(x, tau=2.0, hard=True)")),
    *(function("torch", f"torch.{text}", LIMITS) for text in (
        "celu(x, 2.0)", "selu(x)", "threshold(x, 0.5, 20.0)", "hardshrink(x)", "rrelu(x)", "celu_(x * 1)",
        "prelu(x, torch.tensor([0.3]))")),
    function("torch", "x.hardshrink(0.7) + x.prelu(torch.tensor([0.3]))", LIMITS),
])  # fmt: skip
