"""Ported weights in the real frameworks: the same outputs as where they come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

Oracle = Callable[[str], ModuleType]
IMAGES = np.random.default_rng(1).standard_normal((2, 3, 8, 8)).astype("f4")
STEPS = np.random.default_rng(2).standard_normal((5, 2, 3)).astype("f4")


def randomised(torch: ModuleType, net: object) -> None:
    """Values that no layer starts with, so that an array in the wrong place shows."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            low = 0.5 if name.endswith("running_var") else -0.5
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + low)


def torch_image_net(torch: ModuleType) -> object:
    nn = torch.nn
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4, affine=False),
        nn.Flatten(), nn.Linear(144, 6), nn.LayerNorm(6, eps=1e-5), nn.PReLU(6),
    )  # fmt: skip
    randomised(torch, net)
    return net.eval()


def torch_kinds(folder: Path) -> Path:
    (folder / "kinds.toml").write_text('[kinds]\n"7" = "PReLU"')
    return folder / "kinds.toml"


def test_a_torch_network_in_mindspore_and_back(oracle: Oracle, port, tmp_path: Path) -> None:
    torch, ms = oracle("torch"), oracle("mindspore")
    source = torch_image_net(torch)
    torch.save(source.state_dict(), tmp_path / "a.pt")
    status, out, _ = port("weights", tmp_path / "a.pt", "-o", tmp_path / "b.ckpt", "--map", torch_kinds(tmp_path))
    assert status == 0, out
    nn = ms.nn
    net = nn.SequentialCell(
        nn.Conv2d(3, 4, 3, pad_mode="valid"), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1, has_bias=True),
        nn.BatchNorm2d(4, affine=False), nn.Flatten(), nn.Dense(144, 6), nn.LayerNorm((6,), epsilon=1e-5), nn.PReLU(6),
    )  # fmt: skip
    assert ms.load_param_into_net(net, ms.load_checkpoint(str(tmp_path / "b.ckpt"))) == ([], [])
    expected = source(torch.tensor(IMAGES)).detach().numpy()
    assert np.allclose(net.set_train(False)(ms.Tensor(IMAGES)).asnumpy(), expected, atol=1e-4)
    ms.save_checkpoint(net, str(tmp_path / "c.ckpt"))
    assert port("weights", tmp_path / "c.ckpt", "-o", tmp_path / "d.pt")[0] == 0
    found = torch.load(tmp_path / "d.pt", weights_only=True)
    for name in [name for name in source.state_dict() if not name.startswith("3.") and "tracked" not in name]:
        assert np.array_equal(found[name].numpy(), source.state_dict()[name].numpy()), name
    source.load_state_dict({name: tensor for name, tensor in found.items() if name not in ("3.weight", "3.bias")})


def test_a_torch_network_in_gluon_and_its_export_back(oracle: Oracle, port, tmp_path: Path) -> None:
    torch, mx = oracle("torch"), oracle("mxnet")
    source = torch_image_net(torch)
    torch.save({"state_dict": source.state_dict(), "epoch": 3}, tmp_path / "a.pt")
    status, out, _ = port("weights", tmp_path / "a.pt", "-o", tmp_path / "b.params", "--map", torch_kinds(tmp_path))
    assert status == 0, out
    nn = mx.gluon.nn
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, 3, use_bias=False), nn.BatchNorm(), nn.Conv2D(4, 1), nn.BatchNorm(scale=False), nn.Flatten())
    net.add(nn.Dense(6), nn.LayerNorm(), nn.PReLU(in_channels=6))
    net.load_parameters(str(tmp_path / "b.params"))
    expected = source(torch.tensor(IMAGES)).detach().numpy()
    net.hybridize()
    assert np.allclose(net(mx.nd.array(IMAGES)).asnumpy(), expected, atol=1e-4)
    net.export(str(tmp_path / "net"))
    (tmp_path / "torch_image_net.py").write_text(
        "from unified_nn import mxnet\nnn = mxnet.gluon.nn\nnet = nn.HybridSequential()\n"
        "net.add(nn.Conv2D(4, 3, use_bias=False), nn.BatchNorm(), nn.Conv2D(4, 1), nn.BatchNorm(scale=False), nn.Flatten())\n"
        "net.add(nn.Dense(6), nn.LayerNorm())\n"
    )  # fmt: skip
    arguments = (
        "-o",
        tmp_path / "c.pt",
        "--model",
        f"{tmp_path}/torch_image_net.py:net",
        "--map",
        tmp_path / "drop.toml",
    )
    (tmp_path / "drop.toml").write_text('drop = ["*alpha"]')
    status, out, _ = port("weights", tmp_path / "net-0000.params", *arguments)
    assert status == 0, out
    found = torch.load(tmp_path / "c.pt", weights_only=True)
    for name, tensor in source.state_dict().items():
        if not name.endswith("num_batches_tracked") and not name.startswith("7"):
            assert np.array_equal(found[name].numpy(), tensor.numpy()), name
    assert found["3.weight"].tolist() == [1] * 4


@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
def test_recurrent_layers(both: bool, oracle: Oracle, port, tmp_path: Path) -> None:
    torch, ms, mx = oracle("torch"), oracle("mindspore"), oracle("mxnet")
    for kind, mode in (("LSTM", "LSTM"), ("GRU", "GRU")):
        source = getattr(torch.nn, kind)(3, 4, num_layers=2, bidirectional=both)
        torch.save(source.state_dict(), tmp_path / "a.pt")
        expected = source(torch.tensor(STEPS))[0].detach().numpy()
        for extension in ("params", "ckpt"):
            assert port("weights", tmp_path / "a.pt", "-o", tmp_path / f"b.{extension}")[0] == 0
        gluon = getattr(mx.gluon.rnn, mode)(4, num_layers=2, bidirectional=both)
        gluon.load_parameters(str(tmp_path / "b.params"))
        assert np.allclose(gluon(mx.nd.array(STEPS)).asnumpy(), expected, atol=1e-5)
        cell = getattr(ms.nn, mode)(3, 4, num_layers=2, bidirectional=both)
        assert ms.load_param_into_net(cell, ms.load_checkpoint(str(tmp_path / "b.ckpt"))) == ([], [])
        assert np.allclose(cell(ms.Tensor(STEPS))[0].asnumpy(), expected, atol=1e-5)


MODELS = {
    "torch": "from torch import nn\nnet = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 2))",
    "mindspore": "from mindspore import nn\nnet = nn.SequentialCell(nn.Conv2d(3, 4, 3, pad_mode='valid', has_bias=True), "
    "nn.BatchNorm2d(4), nn.Flatten(), nn.Dense(144, 2))",
    "mxnet": "from mxnet.gluon import nn\nnet = nn.HybridSequential()\nnet.add(nn.Conv2D(4, 3, in_channels=3), "
    "nn.BatchNorm(in_channels=4), nn.Flatten(), nn.Dense(2, in_units=144))",
}  # fmt: skip
SHAPES = {"0.weight": (4, 3, 3, 3), "0.bias": (4,), "1.weight": (4,), "1.bias": (4,), "1.running_mean": (4,),
          "1.running_var": (4,), "3.weight": (2, 144), "3.bias": (2,)}  # fmt: skip


@pytest.mark.parametrize(
    ("target", "written_in", "extension", "network"),
    [
        ("torch", "torch", "safetensors", "real"),
        ("mindspore", "mindspore", "ckpt", "real"),
        ("mxnet", "mxnet", "params", "real"),
        ("mxnet", "torch", "params", "delegated"),
        ("torch", "mindspore", "pt", "delegated"),
    ],
)
def test_verification(
    target: str, written_in: str, extension: str, network: str, oracle: Oracle, file, port, tmp_path: Path
) -> None:
    oracle(target)
    name = f"verified_{target}_{written_in}"
    (tmp_path / f"{name}.py").write_text(MODELS[written_in])
    arguments = ("--to", target, "--model", f"{tmp_path}/{name}.py:net", "--input", "2,3,8,8", "--verify")
    status, out, _ = port(
        "weights", file("a.npz", SHAPES), "-o", tmp_path / f"b.{extension}", "--from", "torch", *arguments, "--json"
    )
    found = json.loads(out)["verified"]
    assert (status, found["agrees"], found["network"]) == (0, True, network), found
    assert found["outputs"][0]["largest_difference"] < 1e-4 * found["outputs"][0]["largest_output"]


def test_a_network_that_computes_something_else_is_not_verified(oracle: Oracle, file, port, tmp_path: Path) -> None:
    oracle("torch")
    text = (
        "import sys\nfrom torch import nn\nslope = 0.5 if 'unified_nn.port.verify_worker' in sys.orig_argv else 1.0\n"
    )
    (tmp_path / "two_faced.py").write_text(
        text + "class Net(nn.Module):\n  def __init__(self):\n    super().__init__()\n    self.l = nn.Linear(3, 2)\n"
        "  def forward(self, x):\n    return self.l(x) * slope\n"
    )
    arguments = ("--model", f"{tmp_path}/two_faced.py:Net", "--verify")
    status, out, _ = port(
        "weights", file("a.pt", {"l.weight": (2, 3), "l.bias": (2,)}), "-o", tmp_path / "b.pt", *arguments
    )
    assert status == 1
    assert "DIFFERS from ours" in out


def test_a_framework_that_is_not_installed_is_not_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    from unified_nn.port import verify_worker

    monkeypatch.setattr(verify_worker.importlib.util, "find_spec", lambda name: None)
    found = verify_worker.main({"framework": "mxnet", "file": "x", "model": None})
    assert found == {"agrees": False, "reason": "mxnet is not installed"}


def test_without_the_framework_the_result_is_written_and_not_verified(
    monkeypatch: pytest.MonkeyPatch, file, port, tmp_path: Path
) -> None:
    from unified_nn.port import verify, verify_worker

    monkeypatch.setattr(verify_worker.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(verify, "_ask", verify_worker.main)
    status, out, _ = port("weights", file("a.npz", SHAPES), "-o", tmp_path / "b.params", "--from", "torch", "--verify")
    assert (status, (tmp_path / "b.params").exists()) == (1, True)
    assert "not verified: mxnet is not installed" in out
    assert "torch -> mxnet: 6 taken, 2 renamed" in out


TWO_INPUTS = """
from torch import nn

class Net(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.l = nn.Linear(size, 2)

    def forward(self, x, y):
        return self.l(x) * y, y

def net():
    return Net(3)
"""


def test_a_model_that_needs_arguments_and_inputs(oracle: Oracle, file, port, tmp_path: Path) -> None:
    oracle("torch")
    (tmp_path / "two_inputs.py").write_text(TWO_INPUTS)
    source = file("a.npz", {"l.weight": (2, 3), "l.bias": (2,)})
    arguments = ("weights", source, "-o", tmp_path / "b.pt", "--to", "torch", "--verify", "--model")
    status, _, err = port(*arguments, f"{tmp_path}/two_inputs.py:Net")
    assert status == 2
    assert "missing 1 required positional argument: 'size'; what needs arguments can be made by a function" in err
    status, out, _ = port(*arguments, f"{tmp_path}/two_inputs.py:net")
    assert status == 1
    assert "torch -> torch: 2 taken" in out
    assert "not verified: the network could not be run" in out
    assert out.rstrip().endswith("give the shapes of its inputs with --input")
    status, out, _ = port(*arguments, f"{tmp_path}/two_inputs.py:net", "--input", "5,3", "--input", "5,2", "--json")
    found = json.loads(out)["verified"]
    assert (status, len(found["outputs"]), found["network"]) == (0, 2, "real")


@pytest.mark.parametrize("change", ["value", "shape", "missing"])
def test_what_a_framework_reads_otherwise_is_found(change: str, file) -> None:
    from unified_nn.port.formats import read
    from unified_nn.port.verify_worker import _differing

    path = file("a.npz", {"v": (2,), "w": (2, 3)})
    with read(path) as weights:
        arrays = dict(weights.items())
    assert not _differing(str(path), arrays)
    changed = {"value": arrays["w"] + 1, "shape": arrays["w"].T}
    others = {"v": arrays["v"]} if change == "missing" else arrays | {"w": changed[change]}
    assert _differing(str(path), others) == ["w"]


def test_without_a_model_the_file_alone_is_verified(oracle: Oracle, file, port, tmp_path: Path) -> None:
    oracle("torch")
    status, out, _ = port("weights", file("a.npz", SHAPES), "-o", tmp_path / "b.pt", "--dtype", "bf16", "--verify")
    assert status == 0
    assert f"loads all {len(SHAPES)} tensors; its network was not run, as there is no --model" in out
