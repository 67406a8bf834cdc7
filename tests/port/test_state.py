"""unified_nn.load, save, state, load_state: names and forms of every vocabulary, checked against the real frameworks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import unified_nn
from unified_nn import mindspore as ms
from unified_nn import mxnet as mx
from unified_nn import nn
from unified_nn import torch as th
from unified_nn.errors import StateError

Oracle = Callable[[str], ModuleType]
X = np.random.default_rng(5).standard_normal((2, 3, 12)).astype("f4")


def torch_net() -> th.nn.Module:
    layers = (th.nn.Conv1d(3, 4, 5), th.nn.BatchNorm1d(4), th.nn.BatchNorm1d(4, affine=False), th.nn.Flatten())
    return th.nn.Sequential(*layers, th.nn.Linear(32, 5), th.nn.LayerNorm(5))


def mxnet_net() -> mx.gluon.Block:
    gluon = mx.gluon.nn
    net = gluon.HybridSequential()
    net.add(gluon.Conv1D(4, 5), gluon.BatchNorm(), gluon.BatchNorm(scale=False), gluon.Flatten())
    net.add(gluon.Dense(5), gluon.LayerNorm())
    return net


def neutral_net() -> nn.Module:
    layers = (nn.Conv1d(3, 4, 5), nn.BatchNorm(4), nn.BatchNorm(4, scale=False, center=False), nn.Flatten())
    return nn.Sequential(*layers, nn.Linear(32, 5), nn.LayerNorm((5,)))


def shuffled(state: dict[str, unified_nn.Tensor]) -> dict[str, np.ndarray]:
    """Arrays of these names and shapes with values that no network starts with."""
    rng = np.random.default_rng(3)
    arrays = {}
    for name, tensor in state.items():
        shape = tuple(tensor.shape)
        values = rng.uniform(0.5, 1.5, shape).astype("f4")
        arrays[name] = np.asarray(7, "i8") if name.endswith("num_batches_tracked") else values
    return arrays


def out(net: object, face: Callable[[np.ndarray], unified_nn.Tensor]) -> np.ndarray:
    result = net(face(X))  # type: ignore[operator]
    return result.backend.to_numpy(result.native)


def test_importing_the_package_imports_no_readers() -> None:
    code = "import sys, unified_nn; unified_nn.load, unified_nn.save; print([m for m in sys.modules if 'port' in m and 'unified' in m])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("names", ["torch", "mindspore", "mxnet", "neutral"])
def test_a_network_goes_into_a_neutral_one_through_every_naming(names: str) -> None:
    source = torch_net().eval()
    unified_nn.load_state(source, shuffled(unified_nn.state(source)))
    target = neutral_net().eval()
    target.load_state_dict(unified_nn.state(source, names), names=names)
    assert np.array_equal(out(source, th.from_numpy), out(target, unified_nn.Tensor.from_numpy))


def test_a_network_goes_into_gluon_and_back_with_sizes_still_open() -> None:
    source = torch_net().eval()
    arrays = shuffled(unified_nn.state(source))
    unified_nn.load_state(source, arrays)
    target = mxnet_net()
    state = unified_nn.state(source, "torch")
    state |= {"2.weight": np.ones(4, "f4"), "2.bias": np.zeros(4, "f4")}
    unified_nn.load_state(target, state, "torch")
    assert np.allclose(out(source, th.from_numpy), out(target, mx.nd.array), atol=1e-6)
    back = unified_nn.state(target, "torch")
    assert list(back) == [*list(arrays)[:7], "2.weight", "2.bias", *list(arrays)[7:]]
    assert all(np.array_equal(back[n].numpy(), arrays[n]) for n in arrays if not n.endswith("tracked"))


def test_a_gluon_gamma_that_is_fixed_is_1_elsewhere() -> None:
    net = mx.gluon.nn.BatchNorm(scale=False, in_channels=2)
    net.initialize()
    net.gamma.set_data(mx.nd.array([5.0, 6.0]))
    assert unified_nn.state(net, "torch")["weight"].numpy().tolist() == [1, 1]
    assert unified_nn.state(net)["gamma"].numpy().tolist() == [5, 6]
    assert net(mx.nd.ones((1, 2, 1))).asnumpy().max() < 1.01


def test_an_array_that_the_network_uses_is_never_left_out() -> None:
    net = ms.nn.BatchNorm2d(2, affine=False)
    assert "weight" not in unified_nn.state(net, "torch")
    net.gamma.set_data(ms.Tensor([1.0, 3.0], ms.float32))
    with pytest.raises(ValueError, match=r"not all 1, but its layer has no place for it in 'torch'"):
        unified_nn.state(net, "torch")
    unified_nn.load_state(net, {"running_mean": np.ones(2, "f4"), "running_var": np.ones(2, "f4")}, "torch")
    assert net.gamma.asnumpy().tolist() == [1, 1]


def test_an_array_that_the_network_cannot_use_is_refused() -> None:
    net = th.nn.BatchNorm2d(2, affine=False)
    state = {"mean": [0, 0], "variance": [1, 1], "gamma": [1, 1], "beta": [0, 0]}
    arrays = {name: np.array(values, "f4") for name, values in state.items()}
    unified_nn.load_state(net, arrays, "mindspore")
    with pytest.raises(StateError, match="value of beta: the network computes with 0 in its place"):
        unified_nn.load_state(net, arrays | {"beta": np.ones(2, "f4")}, "mindspore")


def test_a_count_is_no_fraction() -> None:
    net = th.nn.BatchNorm2d(2)
    state = {name: tensor.numpy() for name, tensor in unified_nn.state(net).items() if "running" in name}
    with pytest.raises(StateError, match="dtype of num_batches_tracked: got float64, expected int64"):
        unified_nn.load_state(net, {**state, "num_batches_tracked": np.asarray(0.5)}, strict=False)


def test_bits_of_bfloat16_are_never_taken_for_numbers() -> None:
    net = nn.Linear(2, 1, bias=False)
    bits = np.zeros((1, 2), [("bfloat16", "<u2")])
    with pytest.raises(StateError, match="bfloat16 needs the package ml_dtypes"):
        net.load_state_dict({"w": bits})


def test_shared_arrays_have_each_name_or_one() -> None:
    net = th.nn.Sequential(th.nn.Linear(2, 2), th.nn.ReLU(), th.nn.Linear(2, 2))
    net[2].weight = net[0].weight
    assert list(unified_nn.state(net)) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    state = unified_nn.state(net, "mindspore")
    assert list(state) == ["0.weight", "0.bias", "2.bias"]
    unified_nn.load_state(net, state, "mindspore")
    del state["0.weight"]
    with pytest.raises(StateError, match=r"missing: 0.weight \(2, 2\)"):
        unified_nn.load_state(net, state, "mindspore")


def test_a_layer_without_a_row_is_named_only_in_its_own_vocabulary() -> None:
    net = mx.gluon.nn.GroupNorm(2)
    net.initialize()
    assert set(unified_nn.state(net)) == {"gamma", "beta"}
    with pytest.raises(ValueError, match=r"mxnet's GroupNorm\) has no row"):
        unified_nn.state(net, "torch")


@pytest.mark.parametrize("extension", ["pt", "safetensors", "npz", "ckpt", "params"])
def test_files_go_round(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{extension}"
    net = neutral_net()
    unified_nn.save(path, net, names="torch")
    with unified_nn.load(path) as weights:
        assert list(weights) == list(net.state_dict("torch"))
        other = neutral_net()
        other.load_state_dict(weights, names="torch")
    for name, tensor in net.state_dict().items():
        assert np.array_equal(tensor.numpy(), other.state_dict()[name].numpy()), name


def test_saving_a_loaded_file_keeps_its_bits(tmp_path: Path) -> None:
    unified_nn.save(tmp_path / "a.npz", {"x": np.array([np.nan, -0.0], "f4")})
    assert unified_nn.save(tmp_path / "b.params", unified_nn.load(tmp_path / "a.npz")) == ()
    assert unified_nn.load(tmp_path / "b.params")["x"].tobytes() == np.array([np.nan, -0.0], "f4").tobytes()


def test_wrong_arguments_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"'x' is a list, expected a tensor or a NumPy array"):
        unified_nn.save(tmp_path / "a.npz", {"x": [1]})
    with pytest.raises(ValueError, match="names='torch' goes with a network"):
        unified_nn.save(tmp_path / "a.npz", {"x": np.ones(1)}, names="torch")
    with pytest.raises(TypeError, match=r"state: expected a network of unified_nn, got builtins.dict"):
        unified_nn.state({})  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


# ---- the real frameworks ----


def test_real_torch_loads_it(oracle: Oracle, tmp_path: Path) -> None:
    torch = oracle("torch")
    net = mindspore_net()
    unified_nn.save(tmp_path / "x.pt", net, names="torch")
    real = torch.nn.Sequential(torch.nn.Conv1d(3, 4, 5), torch.nn.BatchNorm1d(4))
    real.load_state_dict(torch.load(tmp_path / "x.pt", weights_only=True))
    found = real.eval()(torch.tensor(X)).detach().numpy()
    assert np.allclose(found, out(net, ms.Tensor), atol=1e-5)


def mindspore_net() -> ms.nn.Cell:
    net = ms.nn.SequentialCell(ms.nn.Conv1d(3, 4, 5, pad_mode="valid", has_bias=True), ms.nn.BatchNorm1d(4))
    unified_nn.load_state(net, shuffled(unified_nn.state(net)))
    return net.set_train(False)


def test_real_mindspore_has_these_names_and_shapes(oracle: Oracle) -> None:
    real = oracle("mindspore").nn
    net = th.nn.Sequential(
        th.nn.Conv1d(3, 4, 5), th.nn.BatchNorm1d(4), th.nn.BatchNorm3d(2, affine=False), th.nn.LayerNorm(4),
        th.nn.Linear(2, 3),
    )  # fmt: skip
    expected = real.SequentialCell(
        real.Conv1d(3, 4, 5, has_bias=True), real.BatchNorm1d(4), real.BatchNorm3d(2), real.LayerNorm((4,)),
        real.Dense(2, 3),
    )  # fmt: skip
    found = [(name, tuple(tensor.shape)) for name, tensor in unified_nn.state(net, "mindspore").items()]
    assert found == [(p.name, tuple(p.shape)) for p in expected.get_parameters()]


def test_real_mxnet_has_these_names_and_shapes(oracle: Oracle, tmp_path: Path) -> None:
    real = oracle("mxnet")
    gluon = real.gluon.nn
    expected = gluon.HybridSequential()
    expected.add(gluon.Conv1D(4, 5, in_channels=3), gluon.BatchNorm(), gluon.BatchNorm(scale=False), gluon.Flatten())
    expected.add(gluon.Dense(5), gluon.LayerNorm())
    net = torch_net()
    unified_nn.load_state(net, shuffled(unified_nn.state(net)))
    unified_nn.save(tmp_path / "x.params", net.eval(), names="mxnet")
    expected.load_parameters(str(tmp_path / "x.params"))
    assert np.allclose(expected(real.nd.array(X)).asnumpy(), out(net, th.from_numpy), atol=1e-5)
