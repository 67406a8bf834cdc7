"""Activations in three vocabularies, on ordinary values and at their kinks."""

from __future__ import annotations

from unified_nn_conformance.case import layer, register
from unified_nn_conformance.sample import f32

X, KINKS = f32(3, 4), f32(3, 8, kind="ties")

TORCH = (
    "nn.ReLU()", "nn.ReLU6()", "nn.Sigmoid()", "nn.Tanh()", "nn.GELU()",
    "nn.GELU(approximate='tanh')", "nn.SiLU()", "nn.ELU()", "nn.ELU(0.7)", "nn.CELU(1.3)", "nn.SELU()",
    "nn.LeakyReLU()", "nn.LeakyReLU(0.2)", "nn.Softplus()", "nn.Softplus(2, 1)", "nn.Softsign()", "nn.Mish()",
    "nn.Hardtanh()", "nn.Hardsigmoid()", "nn.Hardswish()", "nn.LogSigmoid()", "nn.Softmax(dim=1)",
    "nn.LogSoftmax(dim=0)", "nn.PReLU()", "nn.PReLU(8)", "nn.Hardshrink()", "nn.Softshrink()", "nn.Tanhshrink()",
    "nn.Threshold(0.1, 20)", "nn.Hardtanh(-2.0, 0.5)", "nn.Hardshrink(0.0)", "nn.Softshrink(1.0)", "nn.CELU()",
    "nn.Softplus(0.5, 2.0)", "nn.GLU()", "nn.GLU(dim=-1)", "nn.RReLU()", "nn.RReLU(0.2, 0.2)", "nn.Softmin(dim=1)",
    "nn.Softmin(dim=0)",
)  # fmt: skip
MINDSPORE = (
    "nn.ReLU()", "nn.ReLU6()", "nn.Sigmoid()", "nn.Tanh()", "nn.GELU()", "nn.GELU(approximate=False)", "nn.SiLU()",
    "nn.ELU()", "nn.LeakyReLU()", "nn.LeakyReLU(0.3)", "nn.Softmax()", "nn.Softmax(0)", "nn.LogSoftmax()", "nn.HSwish()",
    "nn.HSigmoid()", "nn.HShrink()", "nn.Hardtanh()", "nn.SoftShrink()", "nn.Tanhshrink()", "nn.Threshold(0.1, 20.0)",
    "nn.Identity()", "nn.PReLU()", "nn.Mish()", "nn.LogSigmoid()", "nn.Softsign()", "nn.SeLU()", "nn.CELU()",
)  # fmt: skip
MXNET = (
    "nn.Activation('relu')", "nn.Activation('sigmoid')", "nn.Activation('tanh')", "nn.Activation('softrelu')",
    "nn.Activation('softsign')", "nn.LeakyReLU(0.1)", "nn.ELU()", "nn.SELU()", "nn.GELU()", "nn.Swish()", "nn.PReLU()",
)  # fmt: skip

register(
    layer(vocabulary, text, x, id=f"{text} {kind}")
    for vocabulary, table in (("torch", TORCH), ("mindspore", MINDSPORE), ("mxnet", MXNET))
    for text in table
    for kind, x in (("plain", X), ("kinks", KINKS))
    if text != "nn.PReLU(8)" or kind == "kinks"
)
register([
    *(layer("torch", f"nn.Sequential(nn.Linear(4, 3), nn.{name}(inplace=True), nn.Linear(3, 2))", X)
      for name in ("ReLU", "ReLU6", "ELU", "CELU", "SELU", "SiLU", "Mish", "LeakyReLU", "Hardtanh", "Hardsigmoid",
                   "Hardswish")),
    layer("torch", "nn.Sequential(nn.Linear(4, 3), nn.Threshold(0.1, 20.0, True), nn.Linear(3, 2))", X),
    layer("torch", "nn.RReLU()", X, training=False, id="nn.RReLU() in inference"),
    layer("torch", "nn.Softmax2d()", f32(2, 3, 2, 2)),
    layer("torch", "nn.Softmax2d()", f32(3, 2, 2), id="nn.Softmax2d() one picture"),
    layer("torch", "nn.Softmax2d()", X, id="nn.Softmax2d() of rank 2", expects="ValueError"),
    layer("torch", "nn.PReLU(3)", X, id="nn.PReLU(3) of 4 channels", expects="RuntimeError"),
    layer("torch", "nn.Hardtanh(1, 1)", X, expects="AssertionError"),
    layer("torch", "nn.GELU('erf')", X, expects="RuntimeError"),
    layer("torch", "nn.ELU('1')", X, expects="TypeError"),
    layer("torch", "nn.GLU(0)", X, id="nn.GLU(0) of an odd axis", expects="RuntimeError"),
])  # fmt: skip
