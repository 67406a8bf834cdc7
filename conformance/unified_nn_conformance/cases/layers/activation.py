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
    "nn.Threshold(0.1, 20)",
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
register([layer("torch", "nn.Sequential(nn.Linear(4, 3), nn.ReLU(inplace=True), nn.Linear(3, 2))", X)])
