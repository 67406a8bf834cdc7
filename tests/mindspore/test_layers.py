"""Every layer against MindSpore's: printed form, parameter names, values, gradients, errors, on every backend."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import unified_nn.mindspore as ms
from unified_nn import Backend, UnifiedError
from unified_nn.mindspore import nn
from unified_nn.vocabulary.entry import call_for

IMAGE = np.random.RandomState(0).randn(2, 4, 7, 6).astype(np.float32)
SEQUENCE = np.random.RandomState(1).randn(2, 4, 9).astype(np.float32)
VOLUME = np.random.RandomState(2).randn(2, 4, 5, 4, 6).astype(np.float32)
FLAT = np.random.RandomState(3).randn(3, 4).astype(np.float32)
TABLE = np.array([[1, 0, 4], [2, 3, 3]], np.int32)

ACTIVATIONS = [
    "ReLU()",
    "ReLU6()",
    "Sigmoid()",
    "Tanh()",
    "SiLU()",
    "Mish()",
    "SeLU()",
    "LogSigmoid()",
    "Softsign()",
    "Tanhshrink()",
    "HSwish()",
    "HSigmoid()",
    "GELU()",
    "GELU(False)",
    "ELU()",
    "CELU()",
    "CELU(0.5)",
    "LeakyReLU()",
    "LeakyReLU(0.1)",
    "HShrink()",
    "HShrink(0.3)",
    "SoftShrink()",
    "Hardtanh()",
    "Hardtanh(-0.5,0.7)",
    "Threshold(0.1,20.0)",
    "Softmax()",
    "Softmax(0)",
    "LogSoftmax()",
    "LogSoftmax(axis=1)",
    "Identity()",
    "Dense(4,3)",
    "Dense(4,3,has_bias=False)",
    "Dense(4,3,activation='relu')",
    "Dense(4,5,weight_init='ones',bias_init=2)",
    "PReLU(4)",
    "Flatten()",
    "LayerNorm((4,))",
    "LayerNorm([4],epsilon=1e-3)",
    "BatchNorm1d(4)",
]
CASES: list[tuple[str, Any]] = [
    *((call, FLAT) for call in ACTIVATIONS),
    *((f"Conv2d(4, 6, {rest})", IMAGE) for rest in (
        "3", "3, pad_mode='valid'", "(3, 2), stride=2", "3, stride=(2, 1), has_bias=True", "4, stride=3",
        "3, pad_mode='pad', padding=1", "3, pad_mode='pad', padding=(1, 0, 2, 1)", "3, dilation=2", "3, group=2",
        "3, pad_mode='pad', padding=2, stride=2, dilation=(1, 2), has_bias=True", "1", "2, weight_init='normal'")),
    *((f"Conv1d(4, 6, {rest})", SEQUENCE) for rest in (
        "3", "3, pad_mode='valid', has_bias=True", "4, stride=2", "3, pad_mode='pad', padding=2",
        "3, dilation=2, group=2")),
    *((f"Conv3d(4, 6, {rest})", VOLUME) for rest in ("2", "(2, 3, 1), pad_mode='valid', has_bias=True", "3, stride=2")),
    *((f"Conv2dTranspose(4, 6, {rest})", IMAGE) for rest in (
        "3", "3, stride=2", "2, stride=3", "4, stride=2, has_bias=True", "3, pad_mode='valid'",
        "2, stride=3, pad_mode='valid'", "3, stride=2, pad_mode='pad', padding=1",
        "3, stride=2, pad_mode='pad', padding=(1, 0, 0, 1)",
        "3, stride=2, pad_mode='pad', padding=1, output_padding=1")),
    *((f"Conv1dTranspose(4, 6, {rest})", SEQUENCE) for rest in ("3", "3, stride=2", "3, pad_mode='pad', padding=1")),
    *((f"{pool}2d({rest})", IMAGE) for pool in ("MaxPool", "AvgPool") for rest in (
        "", "2", "2, 2", "(2, 3), (2, 1)", "3, 2, pad_mode='same'", "2, stride=2, pad_mode='SAME'")),
    *((f"MaxPool2d({rest})", IMAGE) for rest in ("3, 2, 'pad', padding=1", "3, 2, 'pad', 1, ceil_mode=True",
                                                "2, 2, 'pad', dilation=2")),
    *((f"AvgPool2d({rest})", IMAGE) for rest in ("3, 2, 'pad', padding=1", "3, 2, 'pad', 1, True, False",
                                                "3, 2, 'pad', 1, divisor_override=5")),
    *((f"{pool}1d({rest})", SEQUENCE) for pool in ("MaxPool", "AvgPool") for rest in (
        "", "2, 2", "3, 2", "3, stride=2, pad_mode='same'", "3, 2, 'pad', 1")),
    ("MaxPool3d(2, 2)", VOLUME), ("AvgPool3d(2, 2)", VOLUME), ("MaxPool2d(2, 2)", IMAGE[0]),
    ("AdaptiveAvgPool1d(3)", SEQUENCE), ("AdaptiveAvgPool2d((3, 2))", IMAGE), ("AdaptiveAvgPool2d((None, 2))", IMAGE),
    ("AdaptiveAvgPool3d(2)", VOLUME), ("Flatten()", IMAGE), ("Flatten(2)", IMAGE),
    ("BatchNorm1d(4)", SEQUENCE), ("BatchNorm2d(4)", IMAGE), ("BatchNorm2d(4, eps=1e-2, momentum=0.6)", IMAGE),
    ("BatchNorm2d(4, affine=False)", IMAGE), ("BatchNorm2d(4, use_batch_statistics=True)", IMAGE),
    ("BatchNorm2d(4, use_batch_statistics=False)", IMAGE), ("BatchNorm3d(4)", VOLUME),
    ("GroupNorm(2, 4)", IMAGE), ("GroupNorm(4, 4, 1e-2, affine=False)", IMAGE), ("GroupNorm(1, 4)", SEQUENCE),
    ("LayerNorm((7, 6), 2, 2)", IMAGE), ("PReLU()", IMAGE), ("PReLU(4, 0.3)", IMAGE), ("GELU()", IMAGE),
    ("Embedding(5, 3)", TABLE), ("Embedding(5, 3, padding_idx=2)", TABLE), ("Dropout()", FLAT), ("Dropout(0.9)", FLAT),
    ("Dropout(p=0.0)", FLAT), ("Dropout1d()", SEQUENCE), ("Dropout2d(0.2)", IMAGE), ("Dropout3d()", VOLUME),
    ("SequentialCell(nn.Dense(4, 3), nn.ReLU())", FLAT), ("SequentialCell([nn.Dense(4, 3), nn.Tanh()])", FLAT),
]  # fmt: skip


def made(root: str, call: str) -> Any:
    module = importlib.import_module(root)
    names = importlib.import_module(f"{root}.nn")
    return eval(f"nn.{call}", {"nn": names, "ms": module, "Tensor": module.Tensor})


def tidy(text: str) -> str:
    """Printed forms without the addresses of objects."""
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def with_equal_weights(ours: Any, theirs: Any) -> None:
    """Give both the same parameters, drawn here."""
    draw = np.random.RandomState(7)
    for (_, a), (_, b) in zip(ours.parameters_and_names(), theirs.parameters_and_names(), strict=True):
        values = draw.uniform(0.2, 1.0, a.shape).astype(np.float32)
        a.set_data(ms.Tensor(values))
        b.set_data(importlib.import_module("mindspore").Tensor(values))


def close(ours: Any, theirs: Any) -> None:
    a, b = ours.asnumpy(), theirs.asnumpy()
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    np.testing.assert_allclose(a, b, rtol=0, atol=4e-5 * max(np.abs(b).max(initial=0), 1))


def results(root: str, layer: Any, x: np.ndarray[Any, Any], training: bool) -> tuple[Any, Any]:
    """The layer's output, and the gradients of a weighted sum of it for the input and the parameters."""
    module = importlib.import_module(root)
    layer.set_train(training)
    given = module.Tensor(x)
    weights = layer.trainable_params()
    seed = np.random.RandomState(5).uniform(0.5, 1.5, layer(given).shape).astype(np.float32)

    def forward(value: Any) -> Any:
        return (layer(value) * module.Tensor(seed)).sum()

    positions = None if x.dtype.kind == "i" else 0
    if positions is None or weights:
        grads = module.grad(forward, positions, module.ParameterTuple(weights))(given)
    else:
        grads = (module.grad(forward, 0)(given),)
    return layer(given), grads


def flat(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in flat(item)] if isinstance(value, (tuple, list)) else [value]


@pytest.mark.parametrize(("call", "x"), CASES, ids=[f"{call}-{x.ndim}d" for call, x in CASES])
def test_layer(call: str, x: Any, backend: Backend, oracle: Callable[[str], Any]) -> None:
    oracle("mindspore")
    ours, theirs = made("unified_nn.mindspore", call), made("mindspore", call)
    assert tidy(repr(ours)) == tidy(repr(theirs))
    described = [
        [(name, p.name, p.shape, str(p.dtype), p.requires_grad) for name, p in layer.parameters_and_names()]
        for layer in (ours, theirs)
    ]
    assert described[0] == described[1]
    with_equal_weights(ours, theirs)
    random = call.startswith("Dropout") and call != "Dropout(p=0.0)"
    for training in (False,) if random else (False, True):
        out, grads = results("unified_nn.mindspore", ours, x, training)
        expected, expected_grads = results("mindspore", theirs, x, training)
        close(out, expected)
        if "SeLU" in call:  # MindSpore's own gradient takes the result for the input
            continue
        for g, expected_g in zip(flat(grads), flat(expected_grads), strict=True):
            close(g, expected_g)
    for a, b in zip(ours.get_parameters(), theirs.get_parameters(), strict=True):
        close(a, b)  # moving statistics


BAD = [
    ("Dense(4, -3)", None), ("Dense(4, 3)(x)", (2, 5)), ("Dense('a', 3)", None), ("Conv2d(4, 6, 3, group=3)", None),
    ("Conv2d(4, 6, 3)(x)", (1, 3, 8, 8)), ("Conv2d(4, 6, 3)(x)", (4, 8)), ("Conv2d(4, 6, 0)", None),
    ("Conv2d(4, 6, 5, pad_mode='valid')(x)", (1, 4, 2, 2)), ("Conv2d(4, 6, 3, pad_mode='foo')", None),
    ("Conv2d(4, 6, 3, padding=1)", None), ("Conv2d(4, 6, 3, padding=1.5)", None),
    ("Conv2d(4, 6, 3, data_format='NHWC')", None),
    ("BatchNorm2d(4)(x)", (2, 3, 5, 5)), ("BatchNorm2d(4)(x)", (2, 4)), ("BatchNorm2d(0)", None),
    ("BatchNorm2d(4, momentum=1.5)", None), ("LayerNorm((6,))(x)", (2, 5)), ("LayerNorm(6)", None),
    ("LayerNorm((7, 6), -2, -2)(x)", (1, 4, 7, 6)),
    ("MaxPool2d(0)", None), ("MaxPool2d(2, padding=1)", None), ("MaxPool2d(5)(x)", (1, 3, 2, 2)),
    ("MaxPool2d(2.5)", None),
    ("Dropout(1.5)", None), ("Dropout(p=1.0)", None), ("Dropout(p='a')", None),
    ("Embedding(5, 3, padding_idx=9)", None),
    ("GroupNorm(3, 4)", None), ("GroupNorm(2, 4)(x)", (1, 6, 3, 3)), ("Flatten()(x)", None), ("ReLU()(3)", None),
    ("Softmax(5)(x)", (2, 3)), ("CrossEntropyLoss(reduction='foo')", None),
    ("CrossEntropyLoss(label_smoothing=2.0)", None), ("SmoothL1Loss(reduction='a')", None),
    ("Conv1d(4, 6, (3,))", None),
    ("SequentialCell(3)", None), ("CellList(3)", None), ("PReLU(0)", None),
    ("Conv2dTranspose(4, 6, 3, output_padding=1)(x)", (1, 4, 5, 5)),
    ("Dense(4, 3, activation='foo')", None), ("Dense(4, 3, weight_init=Tensor(np.ones((2, 2), np.float32)))", None),
]  # fmt: skip


@pytest.mark.parametrize(("call", "shape"), BAD, ids=[f"{call}-{shape}" for call, shape in BAD])
def test_raises_what_mindspore_raises(call: str, shape: Any, backend: Backend, oracle: Callable[[str], Any]) -> None:
    oracle("mindspore")
    raised = []
    for root in ("mindspore", "unified_nn.mindspore"):
        module = importlib.import_module(root)
        names = {"nn": importlib.import_module(f"{root}.nn"), "np": np, "Tensor": module.Tensor}
        names["x"] = module.Tensor(np.ones(shape, np.float32)) if shape else 3
        with pytest.raises(Exception) as caught:  # noqa: PT011  which class it is is compared below
            eval(f"nn.{call}", names).asnumpy()
        raised.append(caught.type)
    if raised[0] is AttributeError:
        pytest.fail("MindSpore does not refuse this when it is made; the case does not test anything")
    assert issubclass(raised[1], raised[0])


#: Rows whose arguments say more than the canonical layer: it is said back in another way.
ONE_WAY = {"Dense(4,3,activation='relu')", "Dropout1d()", "LayerNorm((7, 6), 2, 2)", "Identity()"}


@pytest.mark.parametrize(
    "call", [call for call, _ in CASES if not call.startswith(("Sequential", "BatchNorm3d")) and call not in ONE_WAY]
)
def test_a_row_says_its_layer_back(call: str) -> None:
    layer = made("unified_nn.mindspore", call).layer
    try:
        said = call_for(type(made("unified_nn.mindspore", call)), layer)
    except UnifiedError as error:
        pytest.skip(f"cannot be said: {error}")
    assert made("unified_nn.mindspore", said).layer == layer


def test_an_error_says_where(backend: Backend) -> None:
    net = nn.SequentialCell(nn.Dense(4, 3), nn.ReLU(), nn.Dense(5, 2))
    with pytest.raises(ValueError, match=r"SequentialCell\.2 \(Dense 5 -> 2\): expected last dim 5, got 3"):
        net(ms.Tensor(np.ones((1, 4), np.float32)))
