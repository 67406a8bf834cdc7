"""Every layer that keeps arrays, and networks of many: their state under each framework's names, in its own file, loaded
by the real framework into its own layer, computes the same; and the way back gives the same arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
from unified_nn import mindspore as ms
from unified_nn import mxnet as mx
from unified_nn import torch as th
from unified_nn.errors import ArgumentError
from unified_nn.safetensors import torch as safetensors
from unified_nn.vocabulary.entry import ROWS, arguments_for
from unified_nn.vocabulary.slots import row_for

from .networks import INPUTS, NETWORKS

Oracle = Callable[[str], ModuleType]
VOCABULARIES = ("torch", "mindspore", "mxnet")
EXTENSIONS = {"torch": "pt", "mindspore": "ckpt", "mxnet": "params"}
OURS_BY_NAME = {"torch": th, "mindspore": ms, "mxnet": mx}
OURS: Mapping[str, Mapping[str, Any]] = {
    "torch": {"nn": th.nn, "torch": th}, "mindspore": {"nn": ms.nn, "ms": ms},
    "mxnet": {"nn": mx.gluon.nn, "rnn": mx.gluon.rnn},
}  # fmt: skip

#: vocabulary -> layers as source text, with the shape of the input.
LAYERS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "torch": {
        "nn.Linear(5, 3)": (2, 5), "nn.Linear(5, 3, bias=False)": (2, 5), "nn.Embedding(7, 3)": (2, 4),
        "nn.Conv1d(4, 6, 3, groups=2)": (2, 4, 8), "nn.Conv2d(4, 6, 3, padding=1)": (2, 4, 8, 6),
        "nn.Conv3d(2, 3, 2)": (1, 2, 4, 5, 6), "nn.ConvTranspose1d(4, 6, 3)": (2, 4, 8),
        "nn.ConvTranspose2d(4, 6, (3, 2), stride=2)": (2, 4, 5, 6), "nn.ConvTranspose3d(2, 3, 2)": (1, 2, 3, 4, 5),
        "nn.BatchNorm1d(3)": (4, 3), "nn.BatchNorm2d(3)": (2, 3, 4, 5), "nn.BatchNorm3d(3)": (2, 3, 4, 5, 3),
        "nn.BatchNorm2d(3, affine=False)": (2, 3, 4, 5), "nn.LayerNorm(5)": (2, 3, 5), "nn.LayerNorm((3, 5))": (2, 3, 5),
        "nn.GroupNorm(2, 4)": (2, 4, 5), "nn.InstanceNorm1d(3, affine=True)": (2, 3, 5),
        "nn.InstanceNorm2d(3, affine=True)": (2, 3, 5, 4), "nn.InstanceNorm3d(3, affine=True)": (2, 3, 5, 4, 2),
        "nn.RMSNorm(5)": (2, 5), "nn.PReLU(3)": (2, 3, 4), "nn.PReLU()": (2, 3, 4),
        "nn.LSTM(4, 3, 2, bidirectional=True)": (5, 2, 4), "nn.LSTM(4, 3)": (5, 2, 4), "nn.GRU(4, 3, 2)": (5, 2, 4),
        "nn.RNN(4, 3, bidirectional=True)": (5, 2, 4), "nn.LSTMCell(4, 3)": (2, 4), "nn.GRUCell(4, 3)": (2, 4),
        "nn.RNNCell(4, 3)": (2, 4), "nn.MultiheadAttention(4, 2)": (5, 3, 4),
        "nn.TransformerEncoderLayer(4, 2, 8)": (5, 3, 4), "nn.TransformerDecoderLayer(4, 2, 8)": (5, 3, 4),
    },
    "mindspore": {
        "nn.Dense(5, 3)": (2, 5),
        "nn.EmbeddingLookup(7, 3)": (2, 4), "nn.Embedding(7, 3)": (2, 4), "nn.Conv1d(4, 6, 3, has_bias=True)": (2, 4, 8),
        "nn.Conv2d(4, 6, 3)": (2, 4, 8, 6), "nn.Conv3d(2, 3, 2, pad_mode='valid')": (1, 2, 4, 5, 6),
        "nn.Conv1dTranspose(4, 6, 3, pad_mode='valid')": (2, 4, 8),
        "nn.Conv2dTranspose(4, 6, 3, pad_mode='valid', has_bias=True)": (2, 4, 5, 6),
        "nn.Conv3dTranspose(2, 3, 2, pad_mode='valid')": (1, 2, 3, 4, 5), "nn.BatchNorm1d(3)": (4, 3),
        "nn.BatchNorm2d(3)": (2, 3, 4, 5), "nn.BatchNorm3d(3)": (2, 3, 4, 5, 3), "nn.LayerNorm((5,))": (2, 3, 5),
        "nn.LayerNorm((3, 5), 1, 1)": (2, 3, 5), "nn.GroupNorm(2, 4)": (2, 4, 5, 3), "nn.PReLU(3)": (2, 3, 4),
        "nn.LSTM(4, 3, 2, bidirectional=True)": (5, 2, 4), "nn.GRU(4, 3)": (5, 2, 4), "nn.RNN(4, 3)": (5, 2, 4),
        "nn.LSTMCell(4, 3)": (2, 4), "nn.GRUCell(4, 3)": (2, 4), "nn.RNNCell(4, 3)": (2, 4),
        "nn.MultiheadAttention(4, 2)": (5, 3, 4), "nn.TransformerEncoderLayer(4, 2, 8)": (5, 3, 4),
        "nn.TransformerDecoderLayer(4, 2, 8)": (5, 3, 4),
    },
    "mxnet": {
        "nn.Dense(3)": (2, 5), "nn.Embedding(7, 3)": (2, 4), "nn.Conv1D(6, 3)": (2, 4, 8),
        "nn.Conv2D(6, 3, groups=2)": (2, 4, 8, 6), "nn.Conv3D(3, 2)": (1, 2, 4, 5, 6),
        "nn.Conv1DTranspose(6, 3, in_channels=4)": (2, 4, 8), "nn.Conv2DTranspose(6, 3)": (2, 4, 5, 6),
        "nn.Conv3DTranspose(3, 2)": (1, 2, 3, 4, 5), "nn.BatchNorm()": (2, 3, 4, 5),
        "nn.BatchNorm(scale=False)": (2, 3, 4, 5), "nn.LayerNorm()": (2, 3, 5), "nn.InstanceNorm(scale=True)": (2, 3, 5, 4),
        "nn.PReLU()": (2, 3, 4), "rnn.LSTM(3, 2, bidirectional=True)": (5, 2, 4), "rnn.GRU(3)": (5, 2, 4),
        "rnn.RNN(3, 2)": (5, 2, 4), "rnn.LSTMCell(3)": (2, 4), "rnn.GRUCell(3)": (2, 4), "rnn.RNNCell(3)": (2, 4),
    },
}  # fmt: skip
#: (layer, vocabulary) -> why that vocabulary has no place for its arrays.
APART = {
    "nn.GroupNorm(2, 4)": {"mxnet": "per group of channels"},
    "nn.LayerNorm((3, 5))": {"mxnet": "it normalises one axis, not 2"},
    "nn.LayerNorm((3, 5), 1, 1)": {"mxnet": "it normalises one axis, not 2"},
    "nn.RMSNorm(5)": {"mindspore": "has no counterpart", "mxnet": "has no counterpart"},
    "nn.MultiheadAttention(4, 2)": {"mxnet": "has no counterpart"},
    "nn.TransformerEncoderLayer(4, 2, 8)": {"mxnet": "has no counterpart"},
    "nn.TransformerDecoderLayer(4, 2, 8)": {"mxnet": "has no counterpart"},
}
#: (layer, vocabulary) -> its counterpart where a row cannot say it, but computes the same in inference or on this input.
SAID_OTHERWISE: Mapping[tuple[str, str], str] = {
    ("nn.BatchNorm1d(3)", "torch"): "nn.BatchNorm1d(3)", ("nn.BatchNorm1d(3)", "mindspore"): "nn.BatchNorm1d(3)",
    ("nn.BatchNorm1d(3)", "mxnet"): "gluon.nn.BatchNorm(in_channels=3)",
    ("nn.BatchNorm2d(3)", "torch"): "nn.BatchNorm2d(3)", ("nn.BatchNorm2d(3)", "mindspore"): "nn.BatchNorm2d(3)",
    ("nn.BatchNorm2d(3)", "mxnet"): "gluon.nn.BatchNorm(in_channels=3)",
    ("nn.BatchNorm3d(3)", "mindspore"): "nn.BatchNorm3d(3)", ("nn.BatchNorm3d(3)", "torch"): "nn.BatchNorm3d(3)",
    ("nn.BatchNorm3d(3)", "mxnet"): "gluon.nn.BatchNorm(in_channels=3)",
    ("nn.BatchNorm2d(3, affine=False)", "mindspore"): "nn.BatchNorm2d(3, affine=False)",
    ("nn.BatchNorm2d(3, affine=False)", "mxnet"): "gluon.nn.BatchNorm(center=False, scale=False, in_channels=3)",
    ("nn.BatchNorm()", "torch"): "nn.BatchNorm2d(3)", ("nn.BatchNorm()", "mindspore"): "nn.BatchNorm2d(3)",
    ("nn.BatchNorm(scale=False)", "torch"): "nn.BatchNorm2d(3)",
    ("nn.BatchNorm(scale=False)", "mindspore"): "nn.BatchNorm2d(3)",
    ("nn.LayerNorm((3, 5))", "mindspore"): "nn.LayerNorm((3, 5), 1, 1, epsilon=1e-5)",
    ("nn.LayerNorm((3, 5), 1, 1)", "mindspore"): "nn.LayerNorm((3, 5), 1, 1)",
    ("nn.Conv1d(4, 6, 3, has_bias=True)", "mxnet"): "gluon.nn.Conv1D(6, 3, padding=1)",
    ("nn.Conv2d(4, 6, 3)", "mxnet"): "gluon.nn.Conv2D(6, 3, padding=1, use_bias=False)",
    ("nn.Dense(3)", "torch"): "nn.Linear(5, 3)", ("nn.Dense(3)", "mindspore"): "nn.Dense(5, 3)",
    ("nn.InstanceNorm(scale=True)", "torch"): "nn.InstanceNorm2d(3, affine=True)",
    **{(text, vocabulary): text for text in ("nn.TransformerEncoderLayer(4, 2, 8)", "nn.TransformerDecoderLayer(4, 2, 8)")
       for vocabulary in ("torch", "mindspore")},
}  # fmt: skip
#: Rows that this file has no layer for, and why.
ELSEWHERE = {
    "Bilinear": "takes two inputs, and PyTorch alone has it", "SyncBatchNorm": "is BatchNorm2d here", "InstanceNorm1d": "MindSpore's has no CPU kernel",
    "InstanceNorm2d": "MindSpore's has no CPU kernel", "InstanceNorm3d": "MindSpore's has no CPU kernel",
}  # fmt: skip
#: MindSpore's tanh is off by up to 1e-4 on the CPU.
TOLERANCE = {"torch": 1e-5, "mindspore": 1e-4, "mxnet": 1e-5}
#: MindSpore checks that it is a float.
FLOATS = ("dropout",)


def made(vocabulary: str, text: str) -> Any:
    net = eval(text, dict(OURS[vocabulary]))
    if vocabulary == "mxnet":
        net.initialize()
    return net


def values(text: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(1)
    return rng.integers(0, 7, shape).astype("i4") if "Embedding" in text else rng.normal(size=shape).astype("f4")


def run(vocabulary: str, tensors: Any, net: Any, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The first output of a network of ours, or of the real framework, in inference."""
    if vocabulary == "torch":
        given = tensors.tensor(x).long() if x.dtype.kind == "i" else tensors.tensor(x)
        net.eval()
    elif vocabulary == "mindspore":
        given = tensors.Tensor(x)
        net.set_train(False)
    else:
        given = tensors.nd.array(x, dtype=x.dtype)
    cell = type(net).__name__ in ("LSTMCell", "GRUCell", "RNNCell")
    if not cell or vocabulary == "torch":
        out = net(*[given] * {"MultiheadAttention": 3, "TransformerDecoderLayer": 2}.get(type(net).__name__, 1))
    elif vocabulary == "mindspore":
        state = tensors.Tensor(np.zeros((len(x), 3), "f4"))
        out = net(given, (state, state) if type(net).__name__ == "LSTMCell" else state)
    else:
        out = net(given, net.begin_state(len(x)))
    while isinstance(out, (tuple, list)):
        out = out[0]
    return out.asnumpy() if hasattr(out, "asnumpy") else out.detach().numpy()  # type: ignore[no-any-return]


def drawn(net: Any) -> None:
    """Give a network values that no layer starts with."""
    rng = np.random.default_rng(2)
    state = unified_nn.state(net)
    unified_nn.load_state(
        net, {n: rng.uniform(0.1, 0.6, tuple(t._shape)).astype(t._dtype.numpy()) for n, t in state.items()}
    )


def load_real(vocabulary: str, real: Any, net: Any, path: Path) -> None:
    """The file into the real framework's network: everything must find its place."""
    if vocabulary == "torch":
        net.load_state_dict(real.load(path))
    elif vocabulary == "mindspore":
        assert real.load_param_into_net(net, real.load_checkpoint(str(path)), strict_load=True) == ([], [])
    else:
        net.load_parameters(str(path))


def save_real(vocabulary: str, real: Any, net: Any, path: Path) -> None:
    if vocabulary == "torch":
        real.save(net.state_dict(), path)
    elif vocabulary == "mindspore":
        real.save_checkpoint(net, str(path))
    else:
        net.save_parameters(str(path))


def counterpart(vocabulary: str, real: Any, text: str, net: Any) -> Any:
    """The real framework's layer that the row of ours says."""
    said = SAID_OTHERWISE.get((text, vocabulary))
    if said is not None:
        return eval(f"real.{said}", {"real": real})
    row = type(net) if net._vocabulary == vocabulary else row_for(vocabulary, net)
    assert row is not None
    arguments = {n: float(v) if n in FLOATS else v for n, v in arguments_for(row, net.layer).items()}
    places = [real.gluon.nn, real.gluon.rnn] if vocabulary == "mxnet" else [real.nn]
    return next(getattr(place, row.__name__) for place in places if hasattr(place, row.__name__))(**arguments)


@pytest.mark.parametrize("target", VOCABULARIES)
@pytest.mark.parametrize(("source", "text"), [(v, text) for v in VOCABULARIES for text in LAYERS[v]])
def test_a_layer_in_the_real_framework_and_back(
    source: str, text: str, target: str, tmp_path: Path, oracle: Oracle
) -> None:
    net, x = made(source, text), values(text, LAYERS[source][text])
    run(source, OURS_BY_NAME[source], net, x)  # sizes that were open are known from here on
    drawn(net)
    expected = run(source, OURS_BY_NAME[source], net, x)
    if target in APART.get(text, {}):
        with pytest.raises(ArgumentError, match=APART[text][target]):
            unified_nn.state(net, target)
        return
    real, path = oracle(target), tmp_path / f"x.{EXTENSIONS[target]}"
    unified_nn.save(path, net, names=target)
    theirs = counterpart(target, real, text, net)
    load_real(target, real, theirs, path)
    np.testing.assert_allclose(
        run(target, real, theirs, x), expected, rtol=0, atol=TOLERANCE[target] * max(1, np.abs(expected).max())
    )
    save_real(target, real, theirs, path)
    again = made(source, text)
    with unified_nn.load(path) as weights:
        unified_nn.load_state(again, weights, target)
    np.testing.assert_array_equal(run(source, OURS_BY_NAME[source], again, x), expected)


def test_no_row_with_arrays_is_left_out() -> None:
    covered = {type(made(v, text)).__name__ for v in VOCABULARIES for text in LAYERS[v]} | ELSEWHERE.keys()
    kept = {
        row.__name__ for (vocabulary, layer), rows in ROWS.items() for row in rows
        if vocabulary in VOCABULARIES and layer.__name__ in KEEPING
    }  # fmt: skip
    assert sorted(kept - covered) == []
    # What keeps no arrays has no parameter in its canonical layer.
    for (_, layer), _rows in ROWS.items():
        if layer.__name__ not in KEEPING:
            assert layer.params is unified_nn.layers.base.Layer.params, layer


KEEPING = {
    "Linear", "Embedding", "Conv", "ConvTranspose", "BatchNorm", "LayerNorm", "GroupNorm", "RMSNorm", "PReLU",
    "Recurrent", "RecurrentCell", "MultiheadAttention", "Bilinear",
}  # fmt: skip


# ---- networks ----


@pytest.mark.parametrize("target", VOCABULARIES)
@pytest.mark.parametrize("source", VOCABULARIES)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_in_the_real_framework_and_back(
    name: str, source: str, target: str, tmp_path: Path, oracle: Oracle
) -> None:
    x = INPUTS[name]
    net = fresh(name, source, OURS_BY_NAME[source])
    run(source, OURS_BY_NAME[source], net, x)
    drawn(net)
    expected = run(source, OURS_BY_NAME[source], net, x)
    real, path = oracle(target), tmp_path / f"x.{EXTENSIONS[target]}"
    unified_nn.save(path, net, names=target)
    theirs = fresh(name, target, real)
    load_real(target, real, theirs, path)
    assert difference(run(target, real, theirs, x), expected) < TOLERANCE[target]
    save_real(target, real, theirs, path)
    again = fresh(name, source, OURS_BY_NAME[source])
    with unified_nn.load(path) as weights:
        unified_nn.load_state(again, weights, target)
    np.testing.assert_array_equal(run(source, OURS_BY_NAME[source], again, x), expected)
    if source == "torch":
        third = fresh(name, source, th)
        with unified_nn.load(path) as weights:
            assert str(third.load_state_dict(weights, names=target)) == "<All keys matched successfully>"
        np.testing.assert_array_equal(run(source, th, third, x), expected)


def fresh(name: str, vocabulary: str, framework: Any) -> Any:
    net = NETWORKS[name][vocabulary](framework)
    if vocabulary == "mxnet":
        net.initialize()
    return net


def difference(found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> float:
    """The largest, relative to the largest value."""
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / max(1, np.abs(expected).max()))


@pytest.mark.parametrize("target", VOCABULARIES)
def test_a_mixture_in_every_framework(target: str, backend: unified_nn.Backend, tmp_path: Path, oracle: Oracle) -> None:
    """Parts of all vocabularies in one network, on every backend, and the same network in one framework."""
    x = INPUTS["residual"]
    real, path = oracle(target), tmp_path / f"x.{EXTENSIONS[target]}"
    head = {
        "torch": lambda torch: torch.nn.Linear(96, 2), "mindspore": lambda ms: ms.nn.Dense(96, 2),
        "mxnet": lambda mx: mx.gluon.nn.Dense(2),
    }  # fmt: skip
    flat = {
        "torch": lambda torch: torch.nn.Flatten(), "mindspore": lambda ms: ms.nn.Flatten(),
        "mxnet": lambda mx: mx.gluon.nn.Flatten(),
    }  # fmt: skip
    mixed = th.nn.Sequential(fresh("residual", "mxnet", mx), ms.nn.Flatten(), th.nn.Linear(96, 2))
    run("torch", th, mixed, x)
    drawn(mixed)
    expected = run("torch", th, mixed, x)
    unified_nn.save(path, mixed, names=target)
    parts = [fresh("residual", target, real), flat[target](real), head[target](real)]
    if target == "mxnet":
        theirs = real.gluon.nn.HybridSequential()
        theirs.add(*parts)
        theirs.initialize()
    else:
        theirs = (real.nn.Sequential if target == "torch" else real.nn.SequentialCell)(*parts)
    load_real(target, real, theirs, path)
    assert difference(run(target, real, theirs, x), expected) < TOLERANCE[target]


def host(value: unified_nn.Tensor) -> np.ndarray[Any, Any]:
    return value.backend.to_numpy(value.native)


def test_what_does_not_match_is_told() -> None:
    net = th.nn.Sequential(th.nn.Linear(2, 3), th.nn.BatchNorm1d(3))
    state = {name: host(value) for name, value in unified_nn.state(net, "mindspore").items()}
    state["2.weight"] = state.pop("1.gamma")
    with pytest.raises(RuntimeError, match=r"missing: 1.gamma \(3,\)\n  not expected: 2.weight"):
        net.load_state_dict(state, names="mindspore")
    found = net.load_state_dict(state, strict=False, names="mindspore")
    assert (found.missing_keys, found.unexpected_keys) == (["1.gamma"], ["2.weight"])
    with pytest.raises(ArgumentError, match="no vocabulary"):
        net.load_state_dict(state, names="torsch")
    group = mx.gluon.nn.GroupNorm(2)
    group.initialize()
    with pytest.raises(ArgumentError, match="per group of channels"):
        unified_nn.state(group, "torch")


def parts() -> list[Any]:
    block = mx.gluon.nn.HybridSequential()
    block.add(mx.gluon.nn.Dense(4, in_units=3), mx.gluon.nn.BatchNorm(in_channels=4))
    block.initialize()
    return [ms.nn.Dense(3, 3), block, th.nn.Sequential(th.nn.Linear(4, 2), th.nn.BatchNorm1d(2))]


def gluon_of_parts() -> Any:
    net = mx.gluon.nn.HybridSequential()
    net.add(*parts())
    return net


def through_torch(net: Any, other: Any, path: Path) -> None:
    th.save(net.state_dict(), path)
    other.load_state_dict(th.load(path))


def through_safetensors(net: Any, other: Any, path: Path) -> None:
    safetensors.save_model(net, path)
    assert safetensors.load_model(other, path) == (set(), [])


def through_mindspore(net: Any, other: Any, path: Path) -> None:
    ms.save_checkpoint(net, f"{path}.ckpt")
    assert ms.load_param_into_net(other, ms.load_checkpoint(f"{path}.ckpt"), strict_load=True) == ([], [])


def through_gluon(net: Any, other: Any, path: Path) -> None:
    net.save_parameters(str(path))
    other.load_parameters(str(path))


CALLS: Mapping[str, tuple[Callable[[], Any], Callable[[Any, Any, Path], None]]] = {
    "torch": (lambda: th.nn.Sequential(*parts()), through_torch),
    "safetensors": (lambda: th.nn.Sequential(*parts()), through_safetensors),
    "mindspore": (lambda: ms.nn.SequentialCell(*parts()), through_mindspore),
    "mxnet": (gluon_of_parts, through_gluon),
}


@pytest.mark.filterwarnings("ignore:.*0-d arrays:RuntimeWarning")
@pytest.mark.parametrize("calls", CALLS)
def test_a_mixture_through_each_vocabulary_s_own_calls(calls: str, backend: unified_nn.Backend, tmp_path: Path) -> None:
    make, through = CALLS[calls]
    net, other = make(), make()
    through(net, other, tmp_path / "x")
    found, expected = ({n: host(t) for n, t in unified_nn.state(one).items()} for one in (other, net))
    assert list(found) == list(expected)
    assert all(np.array_equal(found[name], expected[name]) for name in expected)
