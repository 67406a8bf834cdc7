"""Graphs in files without any MXNet installed: of every age, large, damaged, hostile."""

from __future__ import annotations

import copy
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.mxnet as mx
from unified_nn.errors import UnifiedError
from unified_nn.mxnet import gluon, nd, sym

#: One network in the forms of MXNet 0.8 (param, no auxiliary states), 0.9 (attr), and 1.x (attrs): conv, norm, pool,
#: dense and the softmax of a symbolic network.
NODES_08 = [
    {"op": "null", "param": {}, "name": "data", "inputs": [], "backward_source_id": -1},
    {"op": "null", "param": {}, "name": "c_weight", "inputs": [], "backward_source_id": -1, "attr": {"lr_mult": "2"}},
    {
        "op": "Convolution", "name": "c", "inputs": [[0, 0], [1, 0]], "backward_source_id": -1,
        "param": {"cudnn_off": "False", "dilate": "(1L,1L)", "kernel": "(3,3)", "no_bias": "True", "num_filter": "2",
                  "num_group": "1", "pad": "[1,1]", "stride": "(1, 1)", "workspace": "1024"},
        "attr": {"weight_wd_mult": "0.5", "ctx_group": "dev1"},
    },
    {"op": "null", "param": {}, "name": "n_gamma", "inputs": [], "backward_source_id": -1},
    {"op": "null", "param": {}, "name": "n_beta", "inputs": [], "backward_source_id": -1},
    {"op": "BatchNorm", "param": {"eps": "0.001"}, "name": "n", "inputs": [[2, 0], [3, 0], [4, 0]], "backward_source_id": -1},
    {"op": "Activation", "param": {"act_type": "relu"}, "name": "a", "inputs": [[5, 0]], "backward_source_id": -1},
    {
        "op": "Pooling", "name": "p", "inputs": [[6, 0]], "backward_source_id": -1,
        "param": {"kernel": "(2,2)", "pool_type": "avg", "stride": "(2,2)"},
    },
    {"op": "_PlusScalar", "param": {"scalar": "0.5"}, "name": "plus", "inputs": [[7, 0]], "backward_source_id": -1},
    {"op": "ElementWiseSum", "param": {"num_args": "2"}, "name": "sum", "inputs": [[7, 0], [8, 0]], "backward_source_id": -1},
    {"op": "null", "param": {}, "name": "f_weight", "inputs": [], "backward_source_id": -1},
    {"op": "null", "param": {}, "name": "f_bias", "inputs": [], "backward_source_id": -1},
    {"op": "FullyConnected", "param": {"num_hidden": "3"}, "name": "f", "inputs": [[9, 0], [10, 0], [11, 0]], "backward_source_id": -1},
    {"op": "null", "param": {}, "name": "softmax_label", "inputs": [], "backward_source_id": -1},
    {"op": "SoftmaxOutput", "param": {}, "name": "softmax", "inputs": [[12, 0], [13, 0]], "backward_source_id": -1},
]  # fmt: skip
OLD = {"nodes": NODES_08, "arg_nodes": [0, 1, 3, 4, 10, 11, 13], "heads": [[14, 0]]}


def newer(graph: dict[str, Any], key: str, version: int | None) -> dict[str, Any]:
    """The graph with param and attr joined under one key."""
    found = copy.deepcopy(graph)
    for node in found["nodes"]:
        joined = {**node.pop("param", {}), **node.pop("attr", {})}
        if joined:
            node[key] = joined
        del node["backward_source_id"]
        node["inputs"] = [[*one, 0] for one in node["inputs"]]
    found["heads"] = [[*one, 0] for one in found["heads"]]
    if version:
        found["attrs"] = {"mxnet_version": ["int", version]}
    return found


FORMS = {"0.8": OLD, "0.9": newer(OLD, "attr", 900), "1.9": newer(OLD, "attrs", 10901)}
SHAPES = {"c_weight": (2, 3, 3, 3), "n_gamma": (2,), "n_beta": (2,), "f_weight": (3, 8), "f_bias": (3,)}
STATES = {"n_moving_mean": (2,), "n_moving_var": (2,)}


def written(folder: Path, graph: Any) -> tuple[str, str]:
    rng = np.random.default_rng(0)
    arrays = {f"arg:{name}": nd.array(rng.normal(size=shape)) for name, shape in SHAPES.items()}
    arrays |= {f"aux:{name}": nd.array(rng.uniform(1, 2, shape)) for name, shape in STATES.items()}
    path, weights = folder / "net-symbol.json", str(folder / "net-0001.params")
    path.write_text(graph if isinstance(graph, str) else json.dumps(graph))
    nd.save(weights, arrays)
    return str(path), weights


@pytest.mark.parametrize("form", FORMS)
def test_every_age(form: str, backend: unified_nn.Backend, tmp_path: Path) -> None:
    path, weights = written(tmp_path, FORMS[form])
    graph = sym.load(path)
    assert graph.list_arguments() == ["data", "c_weight", "n_gamma", "n_beta", "f_weight", "f_bias", "softmax_label"]
    assert graph.list_auxiliary_states() == list(STATES)
    assert graph.list_outputs() == ["softmax_output"]
    c = graph.get_internals()["c_output"]
    assert c.attr("__ctx_group__") == "dev1"
    assert graph.attr_dict()["c_weight"] == {"__lr_mult__": "2", "__wd_mult__": "0.5"}
    block = gluon.SymbolBlock.imports(path, ["data", "softmax_label"], weights)
    x = nd.array(np.random.default_rng(1).normal(size=(2, 3, 4, 4)))
    p = {name: parameter.data() for name, parameter in block.collect_params().items()}
    y = nd.Convolution(x, p["c_weight"], kernel=(3, 3), pad=(1, 1), num_filter=2, no_bias=True)
    # fix_gamma is True unless it is said
    y = nd.BatchNorm(y, nd.ones((2,)), p["n_beta"], p["n_moving_mean"], p["n_moving_var"], eps=1e-3)
    y = nd.Pooling(nd.relu(y), kernel=(2, 2), stride=(2, 2), pool_type="avg")
    expected = nd.softmax(nd.FullyConnected(y + (y + 0.5), p["f_weight"], p["f_bias"], num_hidden=3))
    out = block(x, nd.array([0, 1]))
    np.testing.assert_allclose(out.asnumpy(), expected.asnumpy(), rtol=1e-5, atol=1e-6)
    cut = gluon.SymbolBlock(graph.get_internals()["f_output"], sym.var("data"), params=block.collect_params())
    np.testing.assert_allclose(nd.softmax(cut(x)).asnumpy(), expected.asnumpy(), rtol=1e-5, atol=1e-6)


def test_training_moves_parameters_and_statistics(tmp_path: Path) -> None:
    path, weights = written(tmp_path, FORMS["1.9"])
    block = gluon.SymbolBlock.imports(path, ["data", "softmax_label"], weights)
    params = block.collect_params()
    assert [name for name, p in params.items() if p.grad_req == "null"] == list(STATES)
    before = {name: p.data().asnumpy() for name, p in params.items()}
    trainer = gluon.Trainer(params, "sgd", {"learning_rate": 0.5})
    x, label = nd.array(np.random.default_rng(1).normal(size=(4, 3, 4, 4))), nd.array([0, 1, 2, 1])
    for _ in range(20):
        with mx.autograd.record():
            out = block(x, label)
        out.backward()
        trainer.step(4)
    moved = {name for name, p in params.items() if np.abs(p.data().asnumpy() - before[name]).max() > 1e-3}
    assert moved == set(params)
    assert (block(x, label).asnumpy().argmax(1) == label.asnumpy()).all()


def loss_at_the_end() -> np.ndarray[Any, Any]:
    x = nd.ones((2, 3))
    x.attach_grad()
    with mx.autograd.record():
        y = nd.SoftmaxOutput(x, nd.array([0, 2]))
    y.backward(nd.ones((2, 3)) * 100)  # what arrives does not matter, as in MXNet
    found: np.ndarray[Any, Any] = x.grad.asnumpy()
    return found


def test_a_loss_at_the_end_needs_the_tape(backend: unified_nn.Backend) -> None:
    third = 1 / 3
    expected = [[third - 1, third, third], [third, third, third - 1]]
    if not backend.is_tape:
        with pytest.raises(
            NotImplementedError, match="SoftmaxOutput has a gradient that is not that of its output.*tape"
        ):
            loss_at_the_end()
    with unified_nn.use_backend(backend.name, autodiff="tape"):
        np.testing.assert_allclose(loss_at_the_end(), expected, rtol=1e-5)


def test_blocks_of_graphs_in_other_graphs(tmp_path: Path) -> None:
    """A block of a graph is a layer like others: in a network, saved, loaded, exported again."""
    path, weights = written(tmp_path, FORMS["1.9"])
    whole = gluon.SymbolBlock.imports(path, ["data", "softmax_label"], weights)
    features = gluon.SymbolBlock(
        sym.load(path).get_internals()["p_output"], sym.var("data"), params=whole.collect_params()
    )
    assert repr(features) == "SymbolBlock(\n<Symbol p> : 1 -> 1\n)"
    net = gluon.nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(features, gluon.nn.Dense(2))
    net.initialize()
    net.hybridize()
    x = nd.array(np.random.default_rng(1).normal(size=(2, 3, 4, 4)))
    out = net(x)
    net.export(str(tmp_path / "again"), epoch=3)
    again = gluon.SymbolBlock.imports(
        str(tmp_path / "again-symbol.json"), ["data"], str(tmp_path / "again-0003.params")
    )
    assert (again(x).asnumpy() == out.asnumpy()).all()
    again.save_parameters(str(tmp_path / "saved.params"))
    other = gluon.SymbolBlock.imports(str(tmp_path / "again-symbol.json"), "data")
    with pytest.raises(RuntimeError, match="has not been initialized"):
        other(x)
    other.load_parameters(str(tmp_path / "saved.params"))
    assert (other(x).asnumpy() == out.asnumpy()).all()
    fresh = gluon.SymbolBlock.imports(str(tmp_path / "again-symbol.json"), "data")
    fresh.initialize()  # shapes come from the first input
    assert fresh(x).shape == (2, 2)


def test_checkpoint_of_a_symbolic_network(tmp_path: Path) -> None:
    """The recipe for pre-trained symbols: a checkpoint, cut at an inner output, its arrays put into a block."""
    written(tmp_path, FORMS["1.9"])
    graph, arguments, states = mx.model.load_checkpoint(str(tmp_path / "net"), 1)
    assert (sorted(arguments), sorted(states)) == (sorted(SHAPES), sorted(STATES))
    block = gluon.SymbolBlock(graph.get_internals()["f_output"], sym.var("data"))
    for name, parameter in block.collect_params().items():
        parameter._load_init({**arguments, **states}[name], ctx=mx.cpu())
    x = nd.array(np.random.default_rng(1).normal(size=(2, 3, 4, 4)))
    whole = gluon.SymbolBlock.imports(
        str(tmp_path / "net-symbol.json"), ["data", "softmax_label"], str(tmp_path / "net-0001.params")
    )
    np.testing.assert_allclose(nd.softmax(block(x)).asnumpy(), whole(x, nd.zeros((2,))).asnumpy(), rtol=1e-5)
    mx.model.save_checkpoint(str(tmp_path / "again"), 3, graph, arguments, states)
    again = mx.model.load_checkpoint(str(tmp_path / "again"), 3)
    assert again[0].tojson() == graph.tojson()
    assert all((again[1][name].asnumpy() == array.asnumpy()).all() for name, array in arguments.items())
    out = graph.eval(ctx=mx.cpu(), data=x, softmax_label=nd.zeros((2,)), **arguments, **states)
    np.testing.assert_allclose(out[0].asnumpy(), whole(x, nd.zeros((2,))).asnumpy(), rtol=1e-5)


def test_copies(tmp_path: Path) -> None:
    path, weights = written(tmp_path, FORMS["1.9"])
    graph = sym.load(path)
    for other in (copy.copy(graph), copy.deepcopy(graph), pickle.loads(pickle.dumps(graph))):
        assert other.tojson() == graph.tojson()
    block = gluon.SymbolBlock.imports(path, ["data", "softmax_label"], weights)
    block.hybridize()
    args = nd.ones((2, 3, 4, 4)), nd.zeros((2,))
    expected = block(*args).asnumpy()
    other = copy.deepcopy(block)
    other.collect_params()["f_bias"].set_data(nd.ones((3,)) * 9)
    assert (block(*args).asnumpy() == expected).all()


# ---- what is wrong -------------------------------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], Any]


def node(place: int, key: str, value: Any) -> Change:
    return lambda graph: graph["nodes"][place].__setitem__(key, value)


def attribute(place: int, key: str, value: Any) -> Change:
    return lambda graph: graph["nodes"][place]["attrs"].__setitem__(key, value)


def taken(place: int, value: Any) -> Change:
    return lambda graph: graph["nodes"][place]["inputs"].__setitem__(0, value)


DAMAGE: dict[str, tuple[Change, str]] = {
    "unknown operator": (node(2, "op", "Convolutoin"), "1 operators are not offered: 'Convolutoin' .node 'c'.*Convolution"),
    "wrong number": (attribute(12, "num_hidden", "three"), r"node 12 'f' \(FullyConnected\): attribute num_hidden='three', expected a whole"),
    "wrong truth": (attribute(2, "no_bias", "maybe"), r"node 2 'c'.*no_bias='maybe', expected True or False"),
    "wrong sizes": (attribute(2, "kernel", "(3, x)"), r"kernel='\(3, x\)', expected sizes"),
    "open sizes": (attribute(2, "kernel", "(3, 3"), "expected sizes"),
    "long sizes": (attribute(2, "kernel", "(" + "1," * 5000 + ")"), "expected sizes"),
    "unknown attribute": (attribute(2, "kernels", "(3, 3)"), "there is no attribute kernels.*Did you mean 'kernel'"),
    "missing attribute": (lambda g: g["nodes"][12]["attrs"].pop("num_hidden"), "required attribute num_hidden"),
    "attributes no text": (attribute(12, "num_hidden", 3), "attrs is not an object of texts"),
    "cycle": (taken(2, [2, 0, 0]), "node 2 'c': it takes node 2, which comes later"),
    "forward reference": (taken(2, [5, 0, 0]), "takes node 5, which comes later: the graph has a cycle or is not in order"),
    "out of range": (taken(2, [999, 0, 0]), "takes node 999"),
    "negative": (taken(2, [-1, 0, 0]), "takes node -1, which is no node"),
    "no output": (taken(2, [0, 7, 0]), "takes output 7 of node 'data', which has 1"),
    "no numbers": (taken(2, ["0", 0, 0]), r"is not \[node, output, version\]"),
    "truth as number": (taken(2, [True, 0, 0]), r"is not \[node, output, version\]"),
    "too long": (taken(2, [0, 0, 0, 0]), r"is not \[node, output, version\]"),
    "too few": (node(12, "inputs", [[9, 0, 0]]), r"node 12 'f' \(FullyConnected\): it takes 1 arrays, expected 3: data, weight, bias"),
    "too many": (node(12, "inputs", [[9, 0, 0]] * 9), "takes 9 arrays, expected 3"),
    "no inputs": (node(9, "inputs", []), "takes no arrays"),
    "variable takes": (node(1, "inputs", [[0, 0, 0]]), "a variable takes nothing"),
    "inputs no list": (node(2, "inputs", 7), "inputs is not a list"),
    "node no object": (lambda g: g["nodes"].__setitem__(3, 7), "node 3 is not an object with an op and a name"),
    "node no name": (lambda g: g["nodes"][3].pop("name"), "node 3 is not an object with an op and a name"),
    "no nodes": (lambda g: g.pop("nodes"), "no list of nodes"),
    "no heads": (lambda g: g.pop("heads"), "no heads"),
    "wrong head": (lambda g: g.__setitem__("heads", [[77, 0, 0]]), "a head: it takes node 77"),
    "hostile name": (lambda g: (node(2, "name", "\x1b[31m\n" * 99)(g), node(2, "op", "x")(g)), r"\\x1b\[31m\\n"),
}  # fmt: skip
TEXTS = {
    "empty": "", "cut": '{"nodes": [', "no object": "[1, 2]", "twice": '{"nodes": [], "nodes": []}',
    "deep": "[" * 200_000, "deep object": '{"a":' * 200_000, "float": '{"nodes": 1.5}', "nan": '{"nodes": NaN}',
    "huge number": '{"nodes": ' + "9" * 5000 + "}", "lone surrogate": '{"nodes": "\\ud800"}', "nul": "\0" * 100,
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged(name: str, tmp_path: Path) -> None:
    change, expected = DAMAGE[name]
    graph = copy.deepcopy(FORMS["1.9"])
    change(graph)
    path, weights = written(tmp_path, graph)
    with pytest.raises(mx.MXNetError, match=expected) as raised:
        gluon.SymbolBlock.imports(path, ["data"], weights)
    assert isinstance(raised.value, UnifiedError)
    assert path in str(raised.value)
    assert "\x1b" not in str(raised.value)
    with pytest.raises(mx.MXNetError, match=expected):
        sym.load_json(json.dumps(graph))


@pytest.mark.parametrize("name", TEXTS)
def test_no_graph_at_all(name: str, tmp_path: Path) -> None:
    path, _ = written(tmp_path, TEXTS[name])
    for call in (lambda: sym.load(path), lambda: sym.load_json(TEXTS[name])):
        with pytest.raises(mx.MXNetError) as raised:
            call()
        assert isinstance(raised.value, UnifiedError)
        assert len(str(raised.value)) < 600


def test_every_cut_and_every_flipped_byte_is_refused_or_a_graph(tmp_path: Path) -> None:
    data = json.dumps(FORMS["1.9"]).encode()
    path = tmp_path / "net-symbol.json"
    rng = np.random.default_rng(0)
    cuts = [data[:n] for n in range(0, len(data), 37)]
    flips = []
    for at in rng.integers(0, len(data), 150):
        flipped = bytearray(data)
        flipped[at] ^= 1 << int(rng.integers(0, 8))
        flips.append(bytes(flipped))
    for content in [*cuts, *flips]:
        path.write_bytes(content)
        try:
            assert isinstance(sym.load(str(path)), sym.Symbol)
        except mx.MXNetError as error:
            assert isinstance(error, UnifiedError)


def test_no_regular_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe-symbol.json"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path("/dev/zero"), tmp_path / "nothing"):
        with pytest.raises(mx.MXNetError, match="cannot be opened|not a weight file"):
            sym.load(str(path))
    with pytest.raises(TypeError, match="fname need to be string"):
        sym.load(3)


def test_long_chain(tmp_path: Path) -> None:
    """Nothing recurses on the depth of a graph."""
    count = 30_000
    nodes: list[dict[str, Any]] = [{"op": "null", "name": "x", "inputs": []}]
    nodes += [
        {"op": "_plus_scalar", "name": f"n{i}", "attrs": {"scalar": "1"}, "inputs": [[i, 0, 0]]} for i in range(count)
    ]
    path = tmp_path / "long-symbol.json"
    path.write_text(json.dumps({"nodes": nodes, "arg_nodes": [0], "heads": [[count, 0, 0]]}))
    graph = sym.load(str(path))
    assert len(graph.get_internals()) == count + 1
    assert graph.list_arguments() == ["x"]
    graph.save(str(tmp_path / "again.json"))
    block = gluon.SymbolBlock(graph, sym.var("x"))
    assert block(nd.zeros((1,))).asscalar() == count
    assert graph(x=sym.var("y") * 2).list_arguments() == ["y"]


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unified_nn.mxnet.symbol import reading

    path, _ = written(tmp_path, FORMS["1.9"])
    for limit, value, expected in (
        ("MOST_BYTES", 100, "too large"), ("MOST_NODES", 3, "15 nodes, more than 3"), ("MOST_PARTS", 5, "too many parts"),
        ("MOST_INPUTS", 2, "not a list of at most 2"),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(reading, limit, value)
            with pytest.raises(mx.MXNetError, match=expected):
                sym.load(path)
