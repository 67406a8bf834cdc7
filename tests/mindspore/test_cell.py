"""Cells: names, prefixes, containers, hooks, modes, parameters, checkpoints, and children of other vocabularies."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unified_nn.mindspore as ms
from unified_nn import Backend, use_backend
from unified_nn.errors import NotOfferedError
from unified_nn.mindspore import nn, ops
from unified_nn.mindspore.common.initializer import Initializer, Normal, initializer


def nested(m: Any) -> Any:
    class Block(m.nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.w = m.Parameter(m.Tensor(np.ones((2, 2), np.float32)))
            self.dense = m.nn.Dense(2, 2)
            self.bn = m.nn.BatchNorm1d(2)

        def construct(self, x: Any) -> Any:
            return self.bn(self.dense(x) @ self.w)

    class Net(m.nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.first = Block()
            self.rest = m.nn.SequentialCell(m.nn.Dense(2, 3, has_bias=False), m.nn.ReLU(), Block())
            self.list = m.nn.CellList([m.nn.Dense(1, 1), m.nn.Dense(1, 2)])
            self.shared = self.first.dense
            self.scale = m.Parameter(m.Tensor([2.0]), name="my_scale", requires_grad=False)
            self.pair = m.ms.ParameterTuple(
                [m.Parameter(m.Tensor([1.0]), name="a"), m.Parameter(m.Tensor([1.0]), name="b")]
            )

        def construct(self, x: Any) -> Any:
            return self.rest(self.first(x)) * self.scale

    return Net()


def names(cell: Any) -> Any:
    return [(path, p.name, p.shape, p.requires_grad) for path, p in cell.parameters_and_names()]


def changed_list(m: Any) -> Any:
    cells = m.nn.CellList([m.nn.Dense(1, 1), m.nn.Dense(1, 2)])
    cells.append(m.nn.ReLU())
    cells.insert(0, m.nn.Dense(1, 3))
    cells += [m.nn.Dense(1, 4)]
    before = names(cells), len(cells), repr(cells[1:3]), repr(cells[-1])
    del cells[0]
    cells[1] = m.nn.Dense(1, 7)
    return before, names(cells), repr(cells), [type(c).__name__ for c in cells]


def changed_sequence(m: Any) -> Any:
    from collections import OrderedDict

    net = m.nn.SequentialCell(m.nn.Dense(1, 1), m.nn.ReLU())
    net.append(m.nn.Dense(1, 2))
    named = m.nn.SequentialCell(OrderedDict([("fc", m.nn.Dense(1, 2)), ("act", m.nn.Tanh())]))
    return names(net), repr(net), repr(net[0]), len(net), repr(net[:2]), names(named), repr(named), bool(net)


def inserted(m: Any) -> Any:
    cell = m.nn.ReLU()
    cell.insert_child_to_cell("child", m.nn.Dense(2, 2))
    cell.insert_param_to_cell("bias", m.Parameter(m.Tensor([1, 2, 3])))
    return repr(cell), names(cell), cell.bias.name


def renamed(m: Any) -> Any:
    net = m.nn.Dense(2, 2)
    net.update_parameters_name("net.")
    net.weight.name = "other"
    return names(net), list(net.parameters_dict())


def attributes(m: Any) -> Any:
    net = nested(m)
    net.set_train()
    modes = net.training, net.first.bn.training, net.rest[2].bn.training
    net.set_train(False)
    return modes, net.training, net.first.dense.training, net.cls_name, list(net.name_cells()), len(list(net.cells()))


WAYS: dict[str, Callable[[Any], Any]] = {
    "names": lambda m: names(nested(m)),
    "dictionary": lambda m: list(nested(m).parameters_dict()),
    "trainable": lambda m: [p.name for p in nested(m).trainable_params()],
    "untrainable": lambda m: [p.name for p in nested(m).untrainable_params()],
    "own": lambda m: [p.name for p in nested(m).get_parameters(expand=False)],
    "prefixed": lambda m: [path for path, _ in nested(m).parameters_and_names("net")],
    "cells": lambda m: [(path, type(c).__name__) for path, c in nested(m).cells_and_names()],
    "repr": lambda m: repr(nested(m)),
    "list": changed_list,
    "sequence": changed_sequence,
    "inserted": inserted,
    "renamed": renamed,
    "modes": attributes,
    "dict": lambda m: (lambda d: (repr(d), names(d), list(d), "a" in d))(m.nn.CellDict({"a": m.nn.Dense(1, 1),
    "b": m.nn.ReLU()})),
    "cell-over-parameter": lambda m: setattr(m.nn.Dense(1, 1), "weight", m.nn.ReLU()),
    "number-over-parameter": lambda m: setattr(m.nn.Dense(1, 1), "weight", 3),
    "number-over-cell": lambda m: setattr(m.nn.SequentialCell(m.nn.ReLU()), "0", 3),
    "bad-child": lambda m: m.nn.ReLU().insert_child_to_cell("a", 3),
    "dotted-child": lambda m: m.nn.ReLU().insert_child_to_cell("a.b", m.nn.ReLU()),
    "child-twice": lambda m: m.nn.ReLU().insert_child_to_cell("construct", m.nn.ReLU()),
    "nameless-parameter": lambda m: m.nn.ReLU().insert_param_to_cell("", None),
    "no-construct": lambda m: m.nn.Cell()(m.Tensor([1.0])),
    "index": lambda m: m.nn.CellList([m.nn.ReLU()])[3],
    "index-type": lambda m: m.nn.CellList([m.nn.ReLU()])["a"],
    "parameter": lambda m: [repr(m.Parameter(v, name="w")) for v in (3.0, 3, [1.0, 2], np.ones(2), m.Tensor([1], m.ms.float16))],
    "parameter-name": lambda m: m.Parameter(m.Tensor([1.0]), name=3),
    "parameter-kinds": lambda m: [type(v).__name__ for p in [m.Parameter(m.Tensor([1.0, 2.0]), name="w")]
                                  for v in (p, p.value(), p.data, p + 1, p[0], p.clone())],
    "set-data": lambda m: [m.Parameter(m.Tensor([1.0]), name="w").set_data(m.Tensor(v, t)).value()
                           for v, t in (([2.0], m.ms.float32), ([2.0, 3.0], m.ms.float32), ([2], m.ms.int32))],
    "parameter-tuple": lambda m: m.ms.ParameterTuple([m.Parameter(m.Tensor([1.0]), name="a")] * 2),
    "in-place": lambda m: (lambda x: (x.__setitem__((0, slice(None)), 5.0), x.__setitem__(1, m.Tensor([1.0, 2.0, 3.0])), x)[-1])(
        m.Tensor(np.zeros((2, 3), np.float32))),
    "in-place-mask": lambda m: (lambda x: (x.__setitem__(x > 0.5, 9.0), x)[-1])(m.Tensor([0.0, 1.0, 2.0])),
    "in-place-parameter": lambda m: (lambda p: (p.__setitem__(0, 5.0), p.value())[-1])(m.Parameter(m.Tensor([1.0, 2.0]), name="p")),
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_as_mindspore_does(name: str, same: Callable[..., None], backend: Backend) -> None:
    same(WAYS[name])


def test_network_computes_the_same(same: Callable[..., None], backend: Backend) -> None:
    def run(m: Any) -> Any:
        net = nested(m)
        draw = np.random.RandomState(0)
        for p in net.get_parameters():
            p.set_data(m.Tensor(draw.uniform(0.5, 1.5, p.shape).astype(np.float32)))
        net.rest[0] = m.nn.Dense(2, 2, weight_init="ones", bias_init="zeros")
        x = m.Tensor(draw.randn(4, 2).astype(np.float32))
        net.set_train()
        weights = m.ms.ParameterTuple(net.first.trainable_params())
        return (
            net(x),
            m.ms.grad(lambda v: net(v).sum(), None, weights)(x),
            [p.value() for p in net.untrainable_params()],
        )

    same(run)


SHARING = {
    "reshape": lambda m, x: x.reshape(2, 2), "transpose": lambda m, x: x.T, "slice": lambda m, x: x[0:1],
    "row": lambda m, x: x[0], "expand_dims": lambda m, x: x.expand_dims(0), "data": lambda m, x: x.data,
    "split": lambda m, x: m.ops.split(x, 1)[0], "same-dtype": lambda m, x: x.astype(m.ms.float32),
    "column": lambda m, x: x[:, 0].contiguous(), "first row": lambda m, x: x[0:1].contiguous(),
    "last row": lambda m, x: x[1:].contiguous(), "transposed reshape": lambda m, x: x.T.reshape(-1),
    "stopped row": lambda m, x: m.ops.stop_gradient(x[0]),
    "copy": lambda m, x: x.copy(), "relu": lambda m, x: m.ops.relu(x),
    "parameter": lambda m, x: m.Parameter(x, name="p"),
}  # fmt: skip
CHANGES = {
    "setitem": (False, lambda m, x: x.__setitem__(slice(None), 9.0)),
    "set_data": (True, lambda m, x: x.set_data(m.Tensor(np.full((2, 2), 9, np.float32)))),
    "assign": (True, lambda m, x: m.ops.assign(x, m.Tensor(np.full((2, 2), 9, np.float32)))),
    "optimizer": (True, lambda m, x: m.nn.SGD([x], 1.0)((m.Tensor(np.full((2, 2), -9, np.float32)),))),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("share", SHARING)
def test_a_change_in_place_is_seen_where_mindspore_shows_it(
    share: str, change: str, same: Callable[..., None], backend: Backend
) -> None:
    of_parameter, change_it = CHANGES[change]

    def run(m: Any) -> Any:
        x = m.Tensor(np.arange(1, 5, dtype=np.float32).reshape(2, 2))
        x = m.Parameter(x, name="x") if of_parameter else x
        view = SHARING[share](m, x)
        change_it(m, x)
        return view.asnumpy().copy() if share != "parameter" else view.value(), x[0, 0]

    same(run)


def test_hooks_see_and_replace(backend: Backend) -> None:
    seen: list[Any] = []
    cell = nn.ReLU()
    before = cell.register_forward_pre_hook(lambda c, inputs: (inputs[0] + 1,))
    cell.register_forward_hook(lambda c, inputs, out: seen.append(float(out[0].item())))
    assert cell(ms.Tensor([1.0])).tolist() == [2.0]
    before.remove()
    assert cell(ms.Tensor([1.0])).tolist() == [1.0]
    assert seen == [2.0, 1.0]


def test_what_is_not_offered_says_so(backend: Backend) -> None:
    for call, match in (
        (lambda: nn.ReLU().to_float(ms.float16), "to_float"),
        (lambda: nn.ReLU().register_backward_hook(print), "backward_hook"),
        (lambda: ms.Parameter(1.0, layerwise_parallel=True), "layerwise_parallel"),
        (lambda: ms.set_context(device_target="GPU"), "device_target='GPU'"),
        (lambda: ops.dropout(ms.Tensor([1.0]), seed=3), "seed"),
    ):  # fmt: skip
        with pytest.raises(NotOfferedError, match=match):
            call()


# ---- initial values ------------------------------------------------------------------------------------------------

#: initializer -> (mean, standard deviation, largest magnitude) of a weight (64, 128).
DRAWS = {
    "Normal()": (0, 0.01, None), "Normal(0.5, 2.0)": (2, 0.5, None), "'normal'": (0, 0.01, None),
    "Uniform(0.3)": (0, 0.3 / 3**0.5, 0.3), "TruncatedNormal(0.1)": (0, 0.1, None),
    "TruncatedNormal(1.0, 0.0, -1.0, 1.0)": (0, 0.5396, 1.0),
    "XavierUniform()": (0, (2 / 192) ** 0.5, (6 / 192) ** 0.5), "XavierNormal(2)": (0, 2 * (2 / 192) ** 0.5, None),
    "HeUniform()": (0, (2 / 128) ** 0.5, (6 / 128) ** 0.5), "HeNormal(mode='fan_out')": (0, (2 / 64) ** 0.5, None),
    "HeUniform(5 ** 0.5)": (0, (1 / 3 / 128) ** 0.5, 128**-0.5), "'ones'": (1, 0, 1), "Zero()": (0, 0, 0),
    "3": (3, 0, 3),
    "VarianceScaling()": (0, (1 / 128) ** 0.5, None),
    "VarianceScaling(2.0, 'fan_avg', 'uniform')": (0, (2 / 96) ** 0.5, (6 / 96) ** 0.5),
    "Sparse(0.5)": (0, 0.01 * 0.5**0.5, None), "Orthogonal()": (0, 128**-0.5, None),
}  # fmt: skip


@pytest.mark.parametrize("call", DRAWS)
def test_initial_values(call: str, oracle: Callable[[str], Any]) -> None:
    import unified_nn.mindspore.common.initializer as ours

    oracle("mindspore")
    import mindspore.common.initializer as theirs

    mean, deviation, largest = DRAWS[call]
    for module, seed in ((ours, ms.set_seed), (theirs, oracle("mindspore").set_seed)):
        seed(3)
        values = module.initializer(eval(call, vars(module)), [64, 128]).init_data().asnumpy()
        assert values.dtype == np.float32
        assert abs(values.mean() - mean) <= 4 * deviation / 64**0.5 / 128**0.5 + 1e-7
        assert abs(values.std() - deviation) <= 0.05 * deviation
        assert largest is None or abs(np.abs(values).max() - largest) <= 0.01 * largest + 1e-7


def test_one_seed_gives_the_same_weights_on_every_backend(backend: Backend) -> None:
    ms.set_seed(5)
    weight = nn.Dense(3, 2).weight.asnumpy()
    ms.set_seed(5)
    assert (nn.Dense(3, 2).weight.asnumpy() == weight).all()
    with use_backend("numpy"):
        ms.set_seed(5)
        assert (nn.Dense(3, 2).weight.asnumpy() == weight).all()
    assert ms.get_seed() == 5


def test_an_initializer_of_ones_own() -> None:
    class Counted(Initializer):
        def _initialize(self, arr: Any) -> None:
            arr[...] = np.arange(arr.size).reshape(arr.shape)

    assert nn.Dense(2, 2, weight_init=Counted()).weight.asnumpy().tolist() == [[0, 1], [2, 3]]
    assert repr(Normal()).startswith("<mindspore.common.initializer.Normal object at 0x")
    assert initializer(Counted(), [3]).init_data().tolist() == [0, 1, 2]


def test_the_first_generation_draws_from_a_narrow_normal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIFIED_NN_MINDSPORE", "1.8")
    ms.set_seed(1)
    dense, conv = nn.Dense(300, 200), nn.Conv2d(30, 40, 5, has_bias=True)
    for layer in (dense, conv):
        assert abs(layer.weight.asnumpy().std() - 0.01) < 2e-4
        assert not layer.bias.asnumpy().any()
    assert repr(dense) == "Dense<input_channels=300, output_channels=200, has_bias=True>"
    assert repr(nn.SequentialCell(nn.ReLU())) == "SequentialCell<\n  (0): ReLU<>\n  >"


# ---- files ---------------------------------------------------------------------------------------------------------


def test_checkpoint_goes_both_ways(tmp_path: Path, backend: Backend, oracle: Callable[[str], Any]) -> None:
    real = oracle("mindspore")
    ours, theirs = nn.Dense(3, 2), real.nn.Dense(3, 2)
    ms.save_checkpoint(ours, str(tmp_path / "ours.ckpt"))
    loaded = real.load_checkpoint(str(tmp_path / "ours.ckpt"))
    assert real.load_param_into_net(theirs, loaded) == ([], [])
    assert (theirs.weight.asnumpy() == ours.weight.asnumpy()).all()
    real.save_checkpoint(real.nn.Dense(3, 2, weight_init="ones"), str(tmp_path / "theirs.ckpt"))
    found = ms.load_checkpoint(str(tmp_path / "theirs.ckpt"))
    assert list(found) == ["weight", "bias"]
    assert ms.load_param_into_net(ours, {"weight": found["weight"], "foo": found["bias"]}) == (["bias"], ["foo"])
    assert (ours.weight.asnumpy() == 1).all()
    with pytest.raises(RuntimeError, match=r"weight should have the same shape .*\(4, 3\) and \(2, 3\)"):
        ms.load_param_into_net(nn.Dense(3, 4), found)


def test_copies_are_separate(backend: Backend) -> None:
    net = nn.SequentialCell(nn.Dense(2, 2), nn.ReLU())
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        twin[0].weight.set_data(ops.zeros((2, 2)))
        assert net[0].weight.asnumpy().any()
        assert [p.name for p in twin.get_parameters()] == ["0.weight", "0.bias"]
        assert twin(ms.Tensor(np.ones((1, 2), np.float32))).shape == (1, 2)
