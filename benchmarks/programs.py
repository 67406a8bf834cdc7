"""The networks of the benchmark, once per vocabulary: each runs unchanged in the real framework and in ours.

`program(name, framework, network, batch)` gives {"forward": call, "step": call}; every call waits for its result.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

Calls = dict[str, Callable[[], Any]]
SHAPES = {"LeNet": (1, 32, 32), "MLP": (784,)}


def program(name: str, framework: Any, network: str, batch: int) -> Calls:
    """The two phases of one network; `framework` is the real module or the vocabulary of that name."""
    draw = np.random.default_rng(0)
    x = draw.standard_normal((batch, *SHAPES[network])).astype("float32")
    y = draw.integers(0, 10, batch).astype("int32")
    return {"torch": torch, "mindspore": mindspore, "mxnet": mxnet}[name](framework, network, x, y)


def torch(framework: Any, network: str, images: Any, labels: Any) -> Calls:
    nn = importlib.import_module(f"{framework.__name__}.nn")
    optim = importlib.import_module(f"{framework.__name__}.optim")
    layers = {
        "LeNet": lambda: (
            nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        ),
        "MLP": lambda: (nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)),
    }  # fmt: skip
    net, loss_of = nn.Sequential(*layers[network]()), nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    x, y = framework.tensor(images), framework.tensor(labels).long()

    def forward() -> Any:
        with framework.no_grad():
            return net(x).numpy()

    def step() -> float:
        optimizer.zero_grad()
        loss = loss_of(net(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return {"forward": forward, "step": step}


def mindspore(framework: Any, network: str, images: Any, labels: Any) -> Calls:
    nn = importlib.import_module(f"{framework.__name__}.nn")
    layers = {
        "LeNet": lambda: (
            nn.Conv2d(1, 6, 5, pad_mode="valid", has_bias=True), nn.ReLU(), nn.MaxPool2d(2, 2),
            nn.Conv2d(6, 16, 5, pad_mode="valid", has_bias=True), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Flatten(),
            nn.Dense(400, 120), nn.ReLU(), nn.Dense(120, 84), nn.ReLU(), nn.Dense(84, 10),
        ),
        "MLP": lambda: (nn.Dense(784, 256), nn.ReLU(), nn.Dense(256, 128), nn.ReLU(), nn.Dense(128, 10)),
    }  # fmt: skip
    net, loss_of = nn.SequentialCell(*layers[network]()), nn.CrossEntropyLoss()
    optimizer = nn.Momentum(net.trainable_params(), learning_rate=0.01, momentum=0.9)
    value_and_grad = framework.value_and_grad(lambda x, y: loss_of(net(x), y), None, optimizer.parameters)
    x, y = framework.Tensor(images), framework.Tensor(labels)
    net.set_train()

    def step() -> float:
        loss, gradients = value_and_grad(x, y)
        optimizer(gradients)
        return float(loss.asnumpy())

    return {"forward": lambda: net(x).asnumpy(), "step": step}


def mxnet(framework: Any, network: str, images: Any, labels: Any) -> Calls:
    gluon = importlib.import_module(f"{framework.__name__}.gluon")
    autograd = importlib.import_module(f"{framework.__name__}.autograd")
    nn = gluon.nn
    layers = {
        "LeNet": lambda: (
            nn.Conv2D(6, 5, activation="relu"), nn.MaxPool2D(), nn.Conv2D(16, 5, activation="relu"), nn.MaxPool2D(),
            nn.Dense(120, activation="relu"), nn.Dense(84, activation="relu"), nn.Dense(10),
        ),
        "MLP": lambda: (nn.Dense(256, activation="relu"), nn.Dense(128, activation="relu"), nn.Dense(10)),
    }  # fmt: skip
    net, loss_of = nn.HybridSequential(), gluon.loss.SoftmaxCrossEntropyLoss()
    net.add(*layers[network]())
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01, "momentum": 0.9})
    x, y = framework.nd.array(images), framework.nd.array(labels)

    def step() -> float:
        with autograd.record():
            loss = loss_of(net(x), y)
        loss.backward()
        trainer.step(len(labels))
        return float(loss.mean().asscalar())

    return {"forward": lambda: net(x).asnumpy(), "step": step}
