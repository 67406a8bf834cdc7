"""Losses, gradients, optimizers, schedules and the training loop against MindSpore's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import unified_nn.mindspore as ms
from unified_nn import Backend, use_backend
from unified_nn.mindspore import nn

LOSSES = [
    *(f"nn.{name}()(x, y)" for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "RMSELoss", "MAELoss")),
    *(f"nn.{name}(reduction='{how}')(x, y)" for name in ("MSELoss", "L1Loss", "SmoothL1Loss") for how in ("sum",
    "none", "mean")),
    "nn.MSELoss()(h, h * 2)", "nn.SmoothL1Loss(0.5)(x, y)", "nn.HuberLoss('none', 0.5)(x, y)",
    "nn.CrossEntropyLoss()(x, l)", "nn.CrossEntropyLoss(reduction='none')(x, l)", "nn.CrossEntropyLoss()(x, p)",
    "nn.CrossEntropyLoss(ops.abs(v), 2)(x, l)", "nn.CrossEntropyLoss(label_smoothing=0.2)(x, l)",
    "nn.CrossEntropyLoss()(x, Tensor([0, 1, 2], ms.int32))",
    "nn.CrossEntropyLoss()(im, Tensor(np.ones((2, 7, 6)), ms.int32))",
    "nn.CrossEntropyLoss()(x, x.astype(ms.float16))", "nn.CrossEntropyLoss()(x, Tensor([0, 7], ms.int32))",
    "nn.CrossEntropyLoss()(x, np.array([0, 1]))",
    "nn.SoftmaxCrossEntropyWithLogits()(x, p)", "nn.SoftmaxCrossEntropyWithLogits(True)(x, l)",
    "nn.SoftmaxCrossEntropyWithLogits(True, 'mean')(x, l)", "nn.SoftmaxCrossEntropyWithLogits(reduction='sum')(x, p)",
    "nn.SoftmaxCrossEntropyWithLogits('a')", "nn.NLLLoss()(x, l)", "nn.NLLLoss(ops.abs(v), reduction='sum')(x, l)",
    "nn.BCELoss()(p, ops.flip(p, (1,)))", "nn.BCELoss(ops.ones_like(p) * 2, 'none')(p, p)",
    "nn.BCELoss()(ops.cast(p > 0.3, ms.float32), p)", "nn.BCEWithLogitsLoss()(x, p)",
    "nn.BCEWithLogitsLoss('sum', p, p + 1)(x, p)", "nn.KLDivLoss()(y - 9, p)", "nn.KLDivLoss('batchmean')(y - 9, p)",
    "nn.MarginRankingLoss(0.5)(x, y, ops.sign(y))",
    "nn.CosineEmbeddingLoss(0.1)(x, y, Tensor([1, -1], ms.int32))", "nn.MSELoss()(x, v[:2])", "nn.MSELoss('foo')",
    "nn.HingeEmbeddingLoss()(x, ops.sign(y))",
]  # fmt: skip


@pytest.mark.parametrize("expression", LOSSES)
def test_loss(expression: str, agree: Callable[[str], None], backend: Backend) -> None:
    agree(expression)


@pytest.mark.parametrize("expression", [
    "nn.MSELoss()(x, y)", "nn.SmoothL1Loss()(x, y)", "nn.CrossEntropyLoss()(x, l)", "nn.CrossEntropyLoss()(x, p)",
    "nn.SoftmaxCrossEntropyWithLogits()(x, p)", "nn.SoftmaxCrossEntropyWithLogits(True, 'mean')(x, l)",
    "nn.L1Loss()(x, y)",
    "nn.BCEWithLogitsLoss()(x, p)", "nn.BCELoss()(ops.sigmoid(x), p)", "nn.NLLLoss()(x, l)", "nn.HuberLoss()(x, y)",
    "nn.KLDivLoss()(x, p)",
])  # fmt: skip
def test_gradient_of_a_loss(expression: str, agree: Callable[[str], None], backend: Backend) -> None:
    agree(f"(lambda nn, ops, y, p, l: ms.grad(lambda x: {expression}))(nn, ops, y, p, l)(x)")


# ---- gradient functions --------------------------------------------------------------------------------------------


def setting(m: Any) -> Any:
    w = m.Parameter(m.Tensor([2.0, 3.0]), name="w")
    u = m.Parameter(m.Tensor([1.0, 1.0]), name="u", requires_grad=False)
    x, y = m.Tensor([1.0, 2.0]), m.Tensor([3.0])

    def f(x: Any, y: Any) -> Any:
        return (x * w * u).sum() + (y**2).sum(), x * 2

    return w, u, x, y, f


GRADIENTS: dict[str, Callable[..., Any]] = {
    "first": lambda m, w, u, x, y, f: m.ms.grad(f)(x, y),
    "second": lambda m, w, u, x, y, f: m.ms.grad(f, 1)(x, y),
    "both": lambda m, w, u, x, y, f: m.ms.grad(f, (0, 1))(x, y),
    "tuple-of-one": lambda m, w, u, x, y, f: m.ms.grad(f, (0,))(x, y),
    "weight": lambda m, w, u, x, y, f: m.ms.grad(f, None, w)(x, y),
    "weights": lambda m, w, u, x, y, f: m.ms.grad(f, None, m.ms.ParameterTuple([w]))(x, y),
    "fixed-weight": lambda m, w, u, x, y, f: m.ms.grad(f, None, [w, u])(x, y),
    "input-and-weight": lambda m, w, u, x, y, f: m.ms.grad(f, 0, w)(x, y),
    "neither": lambda m, w, u, x, y, f: m.ms.grad(f, None, None)(x, y),
    "out-of-range": lambda m, w, u, x, y, f: m.ms.grad(f, 5)(x, y),
    "value": lambda m, w, u, x, y, f: m.ms.value_and_grad(f)(x, y),
    "aux": lambda m, w, u, x, y, f: m.ms.value_and_grad(f, None, [w], has_aux=True)(x, y),
    "aux-all": lambda m, w, u, x, y, f: m.ms.value_and_grad(f, (0, 1), [w], has_aux=True)(x, y),
    "ids": lambda m, w, u, x, y, f: m.ms.value_and_grad(f, 0, [w], has_aux=True, return_ids=True)(x, y),
    "ids-of-input": lambda m, w, u, x, y, f: m.ms.value_and_grad(f, 0, return_ids=True)(x, y),
    "grad-aux": lambda m, w, u, x, y, f: m.ms.grad(f, has_aux=True)(x, y),
    "unused": lambda m, w, u, x, y, f: m.ms.grad(lambda a, b: a * a, 1)(x, y),
    "list": lambda m, w, u, x, y, f: m.ms.grad(lambda a: [a, a * 2])(x),
    "dict": lambda m, w, u, x, y, f: m.ms.value_and_grad(lambda a: {"l": a * 3})(x),
    "number": lambda m, w, u, x, y, f: m.ms.grad(lambda a, b: a * b)(x, 2.0),
    "second-order": lambda m, w, u, x, y, f: m.ms.grad(m.ms.grad(lambda a: a**3))(x),
    "third-order": lambda m, w, u, x, y, f: m.ms.grad(m.ms.grad(m.ms.grad(lambda a: a**4)))(x),
    "second-order-weight": lambda m, w, u, x, y, f: m.ms.grad(m.ms.grad(lambda a: a**2 * w * w), None, w)(x),
    "closure": lambda m, w, u, x, y, f: m.ms.grad(lambda a: a * a * x)(x),
    "stopped": lambda m, w, u, x, y, f: m.ms.grad(lambda a: a * m.ops.stop_gradient(a))(x),
    "operation": lambda m, w, u, x, y, f: m.ops.GradOperation()(lambda a, b: a * b)(x, x),
    "operation-all": lambda m, w, u, x, y, f: m.ops.GradOperation(get_all=True)(lambda a, b: a * b)(x, x),
    "operation-list": lambda m, w, u, x, y, f: m.ops.GradOperation(get_by_list=True)(
        lambda a: a * w, m.ms.ParameterTuple([w]))(x),
    "operation-both": lambda m, w, u, x, y, f: m.ops.GradOperation(get_all=True, get_by_list=True)(
        lambda a: a * w, m.ms.ParameterTuple([w]))(x),
    "operation-sens": lambda m, w, u, x, y, f: m.ops.GradOperation(sens_param=True)(lambda a: a * a)(
        x, m.Tensor([10.0, 100.0])),
}  # fmt: skip


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradient_function(name: str, same: Callable[..., None], backend: Backend) -> None:
    # MindSpore's and MXNet's own autograd do not give gradients of gradients; the tape does.
    higher = name.startswith(("second-", "third-")) and backend.name in ("mindspore", "mxnet")
    with use_backend(backend.name, autodiff="tape" if higher else None):
        same(lambda m: GRADIENTS[name](m, *setting(m)))


def test_outside_of_a_gradient_function_nothing_is_recorded(backend: Backend) -> None:
    layer = nn.Dense(3, 2)
    assert not layer(ms.Tensor(np.ones((1, 3), np.float32))).tracked


def test_the_gradient_of_an_integer_is_refused(backend: Backend) -> None:
    with pytest.raises(NotImplementedError, match="argument 0, a tensor of int64"):
        ms.grad(lambda x: x * x)(ms.Tensor([1, 2]))


# ---- optimizers ----------------------------------------------------------------------------------------------------

OPTIMIZERS = [
    "SGD(p)", "SGD(p, 0.05)", "SGD(p, 0.1, 0.9)", "SGD(p, 0.1, 0.9, 0.5)", "SGD(p, 0.1, 0.9, nesterov=True)",
    "SGD(p, 0.1, 0.9, weight_decay=0.1)", "SGD(p, 0.1, loss_scale=8.0, weight_decay=0.1)", "Momentum(p, 0.1, 0.9)",
    "Momentum(p, 0.1, 0.9, 0.1, 4.0)", "Momentum(p, 0.1, 0.9, use_nesterov=True)", "Adam(p)",
    "Adam(p, 0.1, 0.8, 0.99, 1e-3)",
    "Adam(p, 0.1, weight_decay=0.1)", "AdamWeightDecay(p)", "AdamWeightDecay(p, 0.1, weight_decay=0.1)",
    "RMSProp(p)", "RMSProp(p, 0.1, 0.8, 0.5, 1e-3)", "RMSProp(p, 0.1, centered=True)", "Adagrad(p)",
    "Adagrad(p, 0.5, 0.1, weight_decay=0.1)", "Adadelta(p)", "Adadelta(p, 0.5, 0.8, 1e-3)", "AdaMax(p, 0.1)",
    "SGD(p, [0.1, 0.2, 0.3])", "SGD(p, Tensor(np.array([0.1, 0.2, 0.3], np.float32)))", "SGD(p, [0.1])",
    "SGD(p, nn.ExponentialDecayLR(0.1, 0.5, 2))", "SGD(p, nn.cosine_decay_lr(0.0, 0.1, 4, 2, 2))",
    "Adam([{'params': p[:1], 'lr': 0.5}, {'params': p[1:], 'weight_decay': 0.2}], 0.1, weight_decay=0.1)",
    "SGD([{'params': p[:1]}, {'params': p[1:]}, {'order_params': p[::-1]}], 0.1, weight_decay=0.1)",
    "SGD([])", "SGD(None)", "SGD(3)", "SGD(p, -1.0)", "SGD(p, 'a')", "SGD(p, momentum=-1.0)", "SGD(p, nesterov=True)",
    "Adam(p, beta1=1.5)", "Adam(p, eps=0.0)", "SGD([{'params': p[:1]}, {'params': p[:1]}])",
    "SGD([{'params': p, 'foo': 1}])",
    "SGD(p, weight_decay=-1.0)",
]  # fmt: skip


def trained(m: Any, call: str) -> Any:
    """Three steps with gradients that change, and the parameters after them."""
    draw = np.random.RandomState(3)
    names = ("dense.weight", "bn.gamma", "bn.beta")
    p = [m.Parameter(m.Tensor(draw.randn(2, 3).astype(np.float32)), name=name) for name in names]
    optimizer = eval(f"nn.{call}", {"nn": m.nn, "p": p, "Tensor": m.Tensor, "np": np})
    for _ in range(3):
        optimizer(tuple(m.Tensor(draw.randn(2, 3).astype(np.float32)) for _ in optimizer.parameters))
    return [(q.name, q) for q in p], [q.name for q in optimizer.parameters], repr(optimizer)


@pytest.mark.parametrize("call", OPTIMIZERS)
def test_optimizer(call: str, same: Callable[..., None], backend: Backend) -> None:
    same(lambda m: trained(m, call))


@pytest.mark.parametrize("name", ["Lamb", "FTRL", "LARS"])
def test_an_optimizer_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(AttributeError, match=f"nn.{name} is not offered"):
        getattr(nn, name)


SCHEDULES = [
    *(f"nn.{name}DecayLR(0.1, 0.5, 3{stair})(Tensor({step}, ms.int32))" for name in ("Exponential", "NaturalExp",
    "Inverse")
      for stair in ("", ", True") for step in (0, 4)),
    *(f"nn.CosineDecayLR(0.01, 0.1, 4)(Tensor({step}, ms.int32))" for step in (0, 3, 9)),
    *(f"nn.PolynomialDecayLR(0.1, 0.01, 4, 0.5{update})(Tensor({step}, ms.int32))" for update in ("", ", True")
      for step in (0, 3, 9)),
    *(f"nn.WarmUpLR(0.1, 4)(Tensor({step}, ms.int32))" for step in (0, 3, 9)),
    *(f"nn.{name}_decay_lr(0.1, 0.9, 6, 2, 2{stair})" for name in ("exponential", "natural_exp", "inverse")
      for stair in ("", ", True")),
    "nn.cosine_decay_lr(0.01, 0.1, 6, 2, 2)", "nn.polynomial_decay_lr(0.1, 0.01, 6, 2, 2, 0.5)",
    "nn.polynomial_decay_lr(0.1, 0.01, 8, 2, 2, 0.5, True)", "nn.warmup_lr(0.1, 6, 2, 2)",
    "nn.piecewise_constant_lr([2, 5], [0.1, 0.05])", "nn.piecewise_constant_lr([2, 5], [0.1])",
    "nn.ExponentialDecayLR(1, 0.5, 3)", "nn.CosineDecayLR(0.1, 0.01, 4)", "nn.WarmUpLR(0.1, 0)",
]  # fmt: skip


@pytest.mark.parametrize("expression", SCHEDULES)
def test_schedule(expression: str, agree: Callable[[str], None], backend: Backend) -> None:
    agree(expression)


# ---- the loop ------------------------------------------------------------------------------------------------------


def data(m: Any) -> Any:
    x = np.arange(12).reshape(6, 2).astype(np.float32)
    y = (np.arange(6) % 3).astype(np.int32)
    return m.dataset.NumpySlicesDataset((x, y), ["data", "label"], shuffle=False).batch(3)


def run_model(m: Any) -> Any:
    net = m.nn.Dense(2, 3, weight_init="ones", bias_init="zeros")
    loss = m.nn.SoftmaxCrossEntropyWithLogits(sparse=True, reduction="mean")
    optimizer = m.nn.SGD(net.trainable_params(), learning_rate=0.01)
    model = m.train.Model(net, loss, optimizer, metrics={"accuracy": m.train.Accuracy(), "loss": m.nn.Loss()})
    model.train(2, data(m), dataset_sink_mode=False)
    return model.eval(data(m), dataset_sink_mode=False), net.weight, net.bias, net.training


def test_model(same: Callable[..., None], backend: Backend) -> None:
    same(run_model)


def test_loss_monitor_prints_as_mindspore_does(
    backend: Backend, oracle: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    import importlib
    import re
    import types

    oracle("mindspore")
    printed = []
    for root in ("mindspore", "unified_nn.mindspore"):
        m = types.SimpleNamespace(
            **{part: importlib.import_module(f"{root}.{part}") for part in ("nn", "train", "dataset")}
        )
        net = m.nn.Dense(2, 3, weight_init="zeros", bias_init="zeros")
        loss = m.nn.SoftmaxCrossEntropyWithLogits(sparse=True, reduction="mean")
        model = m.train.Model(net, loss, m.nn.SGD(net.trainable_params(), 0.0))
        model.train(2, data(m), callbacks=[m.train.LossMonitor(), m.train.TimeMonitor()], dataset_sink_mode=False)
        printed.append(re.sub(r"\d+\.\d+", "#", capsys.readouterr().out))
    assert printed[1] == printed[0]
    assert "epoch: 2 step: 2, loss is #\n" in printed[1]


def test_train_one_step_cell(same: Callable[..., None], backend: Backend) -> None:
    def run(m: Any) -> Any:
        net = m.nn.Dense(2, 3, weight_init="ones", bias_init="zeros")
        cell = m.nn.TrainOneStepCell(m.nn.WithLossCell(net, m.nn.MSELoss()), m.nn.SGD(net.trainable_params(), 0.1))
        cell.set_train()
        losses = [cell(m.Tensor(np.ones((4, 2), np.float32)), m.Tensor(np.zeros((4, 3), np.float32))) for _ in range(3)]
        return losses, net.weight, repr(cell), net.training

    same(run)


def test_hand_written_update(same: Callable[..., None], backend: Backend) -> None:
    def run(m: Any) -> Any:
        w = m.Parameter(m.Tensor([1.0, 2.0]), name="w")
        grads = m.ms.grad(lambda x: (x * w).sum(), None, w)(m.Tensor([3.0, 4.0]))
        m.ops.assign_sub(w, 0.1 * grads)
        w -= m.Tensor([0.5, 0.5])
        return w.value(), m.ops.assign(w, m.Tensor([7.0, 8.0])), w.value()

    same(run)
