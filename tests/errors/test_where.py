"""An error says which layer of a network it was, whatever the network is made of, on every backend."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from unified_nn_conformance.case import Case, load
from unified_nn_conformance.drivers import driver
from unified_nn_conformance.runner import question

import unified_nn
from unified_nn import mindspore, mxnet, nn, torch
from unified_nn.errors import UnifiedError
from unified_nn.mindspore import nn as ms_nn
from unified_nn.mxnet.gluon import nn as mx_nn
from unified_nn.torch import nn as torch_nn
from unified_nn.torch.nn import functional as F

#: Misuses that a layer notices when it is called.
CALLED = {
    id: case
    for id, case in load().items()
    if id.startswith("misuse/") and not (case.call or case.program) and case.expects
}
BASES = {"torch": torch_nn.Module, "mindspore": ms_nn.Cell, "mxnet": mx_nn.Block}
RNG = np.random.RandomState(0)


def chain(base: Any, leaf: Any) -> Any:
    """The leaf three deep: Outer.middle.inner.leaf."""

    class Part(base):
        def __init__(self, name: str, child: Any) -> None:
            super().__init__()
            setattr(self, name, child)
            self.__dict__["_to"] = name

        def forward(self, *xs: Any) -> Any:
            return getattr(self, self._to)(*xs)

        construct = forward

    class Outer(Part):
        pass

    return Outer("middle", Part("inner", Part("leaf", leaf)))


def tensors(case: Case) -> list[Any]:
    framework = importlib.import_module(f"unified_nn.{case.vocabulary}")
    make = {"torch": "tensor", "mindspore": "Tensor"}.get(case.vocabulary)
    arrays = question(case).inputs
    if make is None:
        return [framework.nd.array(a, dtype=a.dtype.name) for a in arrays]
    return [getattr(framework, make)(a) for a in arrays]


@pytest.mark.parametrize("case", CALLED.values(), ids=CALLED)
def test_a_layer_three_deep(backend: unified_nn.Backend, case: Case) -> None:
    framework = importlib.import_module(f"unified_nn.{case.vocabulary}")
    try:
        leaf = eval(case.text, driver(case.vocabulary).space(framework))
        net = chain(BASES[case.vocabulary], leaf)
        if case.vocabulary == "mxnet":
            net.initialize()
    except UnifiedError as error:  # the constructor, or initialize(), refuses
        assert any(fact in str(error) for fact in case.facts)
        return
    if case.vocabulary == "mindspore":
        net.set_train()
    with pytest.raises(UnifiedError) as caught, mxnet.autograd.train_mode():
        net(*tensors(case)).numpy()
    path = "Outer.middle.inner.leaf"
    text = str(caught.value)
    assert text.startswith((f"{path} ({type(leaf).__name__}", f"{path}.2 ({type(leaf[2]).__name__}"
                            if hasattr(leaf, "__getitem__") and hasattr(leaf, "__len__") else path + " ("))  # fmt: skip
    assert case.expects in [c.__name__ for c in type(caught.value).__mro__]


class GluonPart(mx_nn.Block):
    def __init__(self) -> None:
        super().__init__()
        self.dense = mx_nn.Dense(2, in_units=9)
        self.initialize()

    def forward(self, x: Any) -> Any:
        return self.dense(x)


class TorchPart(torch_nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = torch_nn.Sequential(torch_nn.ReLU(), GluonPart())

    def forward(self, x: Any) -> Any:
        return self.body(x)


class Whole(ms_nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.part = TorchPart()

    def construct(self, x: Any) -> Any:
        return self.part(x)


def test_a_gluon_block_in_a_torch_module_in_a_cell(backend: unified_nn.Backend) -> None:
    with pytest.raises(RuntimeError) as caught:  # MXNetError is one
        Whole()(mindspore.Tensor(np.ones((2, 3), "float32")))
    assert str(caught.value) == (
        "Whole.part.body.1.dense (Dense 9 -> 2): expected last dim 9, got 3, input (2, 3); weight (2, 9)"
    )
    assert "MXNetError" in [c.__name__ for c in type(caught.value).__mro__]


class Shared(torch_nn.Module):
    """One layer in a loop: only its second call has the wrong size."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = torch_nn.Linear(4, 3)
        self.loose = [torch_nn.Linear(3, 3), torch_nn.Linear(5, 3)]
        self.parts = torch_nn.ModuleDict({"a": torch_nn.ModuleList([torch_nn.Linear(7, 1)])})

    def forward(self, x: Any, how: str) -> Any:
        if how == "loop":
            for _ in range(2):
                x = self.cell(x)
        elif how == "loose":
            for layer in self.loose:
                x = layer(x)
        elif how == "child of a child":
            x = self.parts["a"][0](x)
        elif how == "not kept":
            x = torch_nn.Linear(2, 2)(x)
        elif how == "function":
            x = F.softmax(F.linear(x, self.cell.weight), 7)
        else:
            x = x @ self.cell.weight
        return x


@pytest.mark.parametrize(
    ("how", "text"),
    {
        "loop": "Net.rest.cell (Linear 4 -> 3): expected last dim 4, got 3, input (2, 3); weight (3, 4)",
        "loose": "Net.rest.loose[0] (Linear 3 -> 3): expected last dim 3, got 4, input (2, 4); weight (3, 3)",
        "child of a child": "Net.rest.parts.a.0 (Linear 7 -> 1): expected last dim 7, got 4, input (2, 4)",
        "not kept": "Net.rest.? (Linear 2 -> 2): expected last dim 2, got 4, input (2, 4)",
        "function": "Net.rest (Shared): softmax: Dimension out of range (expected to be in range of [-2, 1], but got 7)",
        "operator": "Net.rest (Shared): matmul: x has 4 columns (last axis), y has 3 rows, expected equal",
    }.items(),
    ids=lambda value: value.replace(" ", "-") if len(value) < 20 else "",
)
def test_what_a_users_own_forward_did(backend: unified_nn.Backend, how: str, text: str) -> None:
    class Net(torch_nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rest = Shared()

        def forward(self, x: Any) -> Any:
            return self.rest(x, how)

    with pytest.raises(UnifiedError) as caught:
        Net()(torch.ones(2, 4))
    assert str(caught.value).startswith(text)


def test_one_error_and_no_chain(backend: unified_nn.Backend) -> None:
    """What the user did wrong is one exception, without the backend's own behind it."""
    for net, x in (
        (torch_nn.Linear(4, 3), torch.ones(2, 5)),
        (ms_nn.Conv2d(3, 8, 3), mindspore.ops.ones((1, 4, 8, 8), mindspore.float32)),
        (nn.Sequential(nn.Linear(4, 3)), unified_nn.Tensor.from_numpy(np.ones((2, 5), "float32"))),
    ):
        with pytest.raises(UnifiedError) as caught:
            net(x)
        error = caught.value
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None
