"""The networks of the model zoo beside real ones: structure, names, graphs, values, gradients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.mxnet as ours
from unified_nn.errors import NotOfferedError
from unified_nn.mxnet.gluon.model_zoo import vision

#: A narrow network of each family with an image that its fixed windows allow; together they have every operator that
#: exported networks of the model zoo have. (Inception v3 has no narrow form, and no operator of its own.)
FAMILIES = {
    "ResNetV1(v.BasicBlockV1, [1, 1], [8, 8, 16], classes=5, prefix='p_')": 32,
    "ResNetV2(v.BottleneckV2, [1, 1], [8, 16, 32], classes=5, prefix='p_')": 32,
    "VGG([1, 1, 1, 1, 2], [8, 8, 16, 16, 16], classes=5, batch_norm=True, prefix='p_')": 32,
    "AlexNet(classes=5, prefix='p_')": 63,
    "SqueezeNet('1.1', classes=5, prefix='p_')": 224,
    "DenseNet(8, 4, [1, 2, 1], classes=5, prefix='p_')": 112,
    "MobileNet(0.25, classes=5, prefix='p_')": 32,
    "MobileNetV2(0.25, classes=5, prefix='p_')": 32,
}
#: Operators in the graphs of all 34 networks.
OPERATORS = {
    "Activation", "BatchNorm", "Concat", "Convolution", "Dropout", "Flatten", "FullyConnected", "Pooling", "clip",
    "elemwise_add",
}  # fmt: skip


@pytest.mark.parametrize("name", vision.MODELS)
def test_structure(name: str, oracle: Callable[[str], ModuleType]) -> None:
    """All 34: the graph letter by letter, the printed form, parameters with shapes, names in files."""
    mx = oracle("mxnet")
    theirs, mine = (one.gluon.model_zoo.vision.get_model(name, prefix="p_", classes=7) for one in (mx, ours))
    assert mine(ours.sym.var("data")).tojson() == theirs(mx.sym.var("data")).tojson()
    assert repr(mine) == repr(theirs)
    described = [
        [(key, p.shape, p.grad_req) for key, p in net.collect_params().items()] for net in (theirs, mine)
    ]  # fmt: skip
    assert described[1] == described[0]
    assert list(mine._collect_params_with_prefix()) == list(theirs._collect_params_with_prefix())


def operators(net: Any) -> set[str]:
    lines = net(ours.sym.var("data")).tojson().splitlines()
    return {line.split('"')[3] for line in lines if line.strip().startswith('"op"')} - {"null"}


def test_operators_of_the_families() -> None:
    assert set().union(*(operators(vision.get_model(name)) for name in vision.MODELS)) == OPERATORS
    assert set().union(*(operators(eval(f"v.{text}", {"v": vision})) for text in FAMILIES)) == OPERATORS


Exported = tuple[str, np.ndarray[Any, Any], np.ndarray[Any, Any]]


def exported(mx: ModuleType, net: Any, size: int, folder: Path) -> Exported:
    """A real network with statistics that differ from channel to channel: its file, an input and its output."""
    mx.random.seed(0)
    net.initialize(mx.init.Xavier(magnitude=2))
    net.hybridize()
    x = np.random.default_rng(1).normal(size=(1, 3, size, size)).astype("f4")
    net(mx.nd.array(x))
    rng = np.random.default_rng(2)
    for key, p in net.collect_params().items():
        if key.endswith(("gamma", "beta", "running_mean", "running_var")):
            p.set_data(mx.nd.array(rng.uniform(0.8, 1.2, p.shape) - key.endswith(("beta", "mean"))))
    out = net(mx.nd.array(x)).asnumpy()
    net.export(str(folder / "net"))
    return str(folder / "net"), x, out


@pytest.mark.parametrize("text", FAMILIES)
def test_imported_and_loaded(text: str, oracle: Callable[[str], ModuleType], tmp_path: Path) -> None:
    """The exported graph, and our own network with its parameters, give what the real one gives."""
    mx = oracle("mxnet")
    theirs = eval(f"v.{text}", {"v": mx.gluon.model_zoo.vision})
    path, x, expected = exported(mx, theirs, FAMILIES[text], tmp_path)
    block = ours.gluon.SymbolBlock.imports(f"{path}-symbol.json", ["data"], f"{path}-0000.params")
    net = eval(f"v.{text}", {"v": vision})
    net.collect_params().load(f"{path}-0000.params")
    for one in (block, net):
        out = one(ours.nd.array(x)).asnumpy()
        np.testing.assert_allclose(out, expected, rtol=1e-4, atol=2e-5 * np.abs(expected).max())


#: Small networks of two families, and whether they train while gradients are compared.
SMALL = {
    "ResNetV1(v.BasicBlockV1, [1, 2], [8, 8, 16], classes=5, thumbnail=True, prefix='p_')": True,
    "MobileNetV2(0.25, classes=5, prefix='p_')": False,
}


@pytest.mark.parametrize("text", SMALL)
def test_on_every_backend(
    text: str, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    """Values, gradients of the parameters, and the statistics after a step of training."""
    mx, trains = oracle("mxnet"), SMALL[text]
    zoo = mx.gluon.model_zoo.vision
    path, x, expected = exported(mx, eval(f"v.{text}", {"v": zoo}), 32, tmp_path)
    files = (f"{path}-symbol.json", ["data"], f"{path}-0000.params")
    blocks = [one.gluon.SymbolBlock.imports(*files) for one in (mx, ours)]
    np.testing.assert_allclose(blocks[1](ours.nd.array(x)).asnumpy(), expected, rtol=1e-3, atol=1e-4)
    x = np.random.default_rng(3).normal(size=(2, *x.shape[1:])).astype("f4")
    for one, block in zip((mx, ours), blocks, strict=True):
        with one.autograd.record(train_mode=trains):
            loss = (block(one.nd.array(x)) ** 2).sum()
        loss.backward(train_mode=trains)
    for (key, real), own in zip(blocks[0].collect_params().items(), blocks[1].collect_params().values(), strict=True):
        pairs = [(real.data(), own.data())] + ([(real.grad(), own.grad())] if real.grad_req != "null" else [])
        for theirs, mine in pairs:
            values = theirs.asnumpy()
            np.testing.assert_allclose(
                mine.asnumpy(), values, rtol=1e-3, atol=1e-3 * np.abs(values).max() + 1e-6, err_msg=key
            )  # fmt: skip


def test_calls(oracle: Callable[[str], ModuleType]) -> None:
    real = oracle("mxnet").gluon.model_zoo.vision
    for call, kind in (
        ("get_model('resnet19_v1')", ValueError), ("get_resnet(3, 18)", AssertionError),
        ("get_resnet(1, 19)", AssertionError), ("get_vgg(12)", KeyError), ("SqueezeNet('1.2')", AssertionError),
        ("resnet18_v1(True)", TypeError), ("resnet18_v1(foo=1)", TypeError),
    ):  # fmt: skip
        for module in (real, vision):
            with pytest.raises(kind):
                eval(f"module.{call}", {"module": module})
    names = {name for name in dir(real) if not name.startswith("_")} - {"os", "cpu"}
    assert names <= set(dir(vision))
    for text in ("resnet18_v1(pretrained=True)", "get_model('vgg11_bn', pretrained=True)", "alexnet(pretrained=True)"):
        with pytest.raises(NotOfferedError, match="nothing is downloaded.*load_parameters"):
            eval(f"vision.{text}")
    assert repr(vision.resnet18_v1(thumbnail=True)) == repr(real.resnet18_v1(thumbnail=True))
