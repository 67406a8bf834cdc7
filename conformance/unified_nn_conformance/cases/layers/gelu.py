"""GELU's three defaults: erf in PyTorch and MXNet, tanh in MindSpore's layer, erf in its function; narrow and wide."""

from __future__ import annotations

from unified_nn_conformance.case import Case, function, layer, register
from unified_nn_conformance.sample import Sample, f32, given, index

X = f32(3, 4)
SPECIAL = given([-40.0, -12.0, -0.0, 0.0, 1e-30, 12.0, 40.0, float("nan")])
LAYERS = {"torch": ("nn.GELU()", "nn.GELU('tanh')", "nn.GELU(approximate='none')"),
          "mindspore": ("nn.GELU()", "nn.GELU(False)", "nn.GELU(approximate=True)"),
          "mxnet": ("nn.GELU()",)}  # fmt: skip
FUNCTIONS = {"torch": ("F.gelu(x)", "F.gelu(input=x, approximate='tanh')"),
             "mindspore": ("ops.gelu(x)", "ops.gelu(x, 'tanh')", "ops.gelu(input=x, approximate='none')"),
             "mxnet": ("nd.LeakyReLU(x, act_type='gelu')",)}  # fmt: skip
REFUSED = {
    "torch": (("F.gelu(x, 'tanh')", X, "TypeError"), ("F.gelu(x, approximate='erf')", X, "RuntimeError"),
              ("F.gelu(x)", index(3, high=4), "NotImplementedError"), ("F.gelu(3)", X, "TypeError")),
    "mindspore": (("nn.GELU(approximate=1)", X, "TypeError"), ("nn.GELU('tanh')", X, "TypeError"),
                  ("nn.GELU()(x)", index(3, high=4), "TypeError"), ("ops.gelu(x, 'erf')", X, "ValueError"),
                  ("ops.gelu(x, True)", X, "ValueError"), ("ops.gelu(x)", index(3, high=4), "TypeError"),
                  ("ops.gelu(3)", X, "TypeError")),
}  # fmt: skip


def _cases() -> list[Case]:
    found = []
    for vocabulary, texts in LAYERS.items():
        for text in texts:
            # The gradients of MindSpore's and MXNet's float64 kernels are off by 1e-7.
            for dtype in ("float16", "float64") if vocabulary == "torch" else ("float16",):
                x = Sample((3, 4), "normal", dtype)
                found.append(layer(vocabulary, text, x, id=f"{text} of {dtype}"))
            found.append(layer(vocabulary, text, f32(0, 4), id=f"{text} of nothing") if vocabulary != "mxnet" else
                         layer(vocabulary, text, f32(1), id=f"{text} of one"))  # fmt: skip
    for vocabulary, texts in FUNCTIONS.items():
        for text in texts:
            found.append(function(vocabulary, text, X, id=f"{text} layer's"))
            found.append(function(vocabulary, text, SPECIAL, id=f"{text} special", gradient=False))
    for vocabulary, refused in REFUSED.items():
        for n, (text, x, error) in enumerate(refused):
            found.append(function(vocabulary, text, x, expects=error, id=f"GELU {n}: {text} {error}"))
    return found


register(_cases())
