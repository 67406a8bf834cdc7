"""Networks written once per framework, with the same attributes: `NETWORKS[name][framework](framework module)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def _images(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(4).normal(size=shape).astype("f4")


def _tokens() -> np.ndarray[Any, Any]:
    return np.random.default_rng(4).integers(0, 9, (3, 5)).astype("i4")


# ---- LeNet ----


def _torch_lenet(torch: Any) -> Any:
    nn = torch.nn

    class LeNet(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
            self.pool, self.relu, self.flatten = nn.MaxPool2d(2, 2), nn.ReLU(), nn.Flatten()
            self.fc1, self.fc2, self.fc3 = nn.Linear(256, 120), nn.Linear(120, 84), nn.Linear(84, 10)

        def forward(self, x: Any) -> Any:
            x = self.pool(self.relu(self.conv1(x)))
            x = self.flatten(self.pool(self.relu(self.conv2(x))))
            return self.fc3(self.relu(self.fc2(self.relu(self.fc1(x)))))

    return LeNet()


def _mindspore_lenet(ms: Any) -> Any:
    nn = ms.nn

    class LeNet(nn.Cell):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, 6, 5, pad_mode="valid", has_bias=True)
            self.conv2 = nn.Conv2d(6, 16, 5, pad_mode="valid", has_bias=True)
            self.pool, self.relu, self.flatten = nn.MaxPool2d(2, 2), nn.ReLU(), nn.Flatten()
            self.fc1, self.fc2, self.fc3 = nn.Dense(256, 120), nn.Dense(120, 84), nn.Dense(84, 10)

        def construct(self, x: Any) -> Any:
            x = self.pool(self.relu(self.conv1(x)))
            x = self.flatten(self.pool(self.relu(self.conv2(x))))
            return self.fc3(self.relu(self.fc2(self.relu(self.fc1(x)))))

    return LeNet()


def _mxnet_lenet(mx: Any) -> Any:
    nn = mx.gluon.nn

    class LeNet(mx.gluon.HybridBlock):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            with self.name_scope():
                self.conv1, self.conv2 = nn.Conv2D(6, 5), nn.Conv2D(16, 5)
                self.pool, self.relu, self.flatten = nn.MaxPool2D(2, 2), nn.Activation("relu"), nn.Flatten()
                self.fc1, self.fc2, self.fc3 = nn.Dense(120), nn.Dense(84), nn.Dense(10)

        def hybrid_forward(self, F: Any, x: Any) -> Any:
            x = self.pool(self.relu(self.conv1(x)))
            x = self.flatten(self.pool(self.relu(self.conv2(x))))
            return self.fc3(self.relu(self.fc2(self.relu(self.fc1(x)))))

    return LeNet()


# ---- a residual block: body with normalisation, and a shortcut of its own ----


def _torch_residual(torch: Any) -> Any:
    nn = torch.nn

    class Residual(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(4, 6, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(),
                nn.Conv2d(6, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6),
            )  # fmt: skip
            self.short = nn.Sequential(nn.Conv2d(4, 6, 1, stride=2, bias=False), nn.BatchNorm2d(6))
            self.act = nn.PReLU()

        def forward(self, x: Any) -> Any:
            return self.act(self.body(x) + self.short(x))

    return Residual()


def _mindspore_residual(ms: Any) -> Any:
    nn = ms.nn

    class Residual(nn.Cell):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.SequentialCell(
                nn.Conv2d(4, 6, 3, stride=2, pad_mode="pad", padding=1), nn.BatchNorm2d(6), nn.ReLU(),
                nn.Conv2d(6, 6, 3, pad_mode="pad", padding=1), nn.BatchNorm2d(6),
            )  # fmt: skip
            self.short = nn.SequentialCell(nn.Conv2d(4, 6, 1, stride=2, pad_mode="valid"), nn.BatchNorm2d(6))
            self.act = nn.PReLU()

        def construct(self, x: Any) -> Any:
            return self.act(self.body(x) + self.short(x))

    return Residual()


def _mxnet_residual(mx: Any) -> Any:
    nn = mx.gluon.nn

    class Residual(mx.gluon.HybridBlock):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            with self.name_scope():
                self.body, self.short = nn.HybridSequential(), nn.HybridSequential()
                self.body.add(nn.Conv2D(6, 3, 2, 1, use_bias=False), nn.BatchNorm(), nn.Activation("relu"))
                self.body.add(nn.Conv2D(6, 3, 1, 1, use_bias=False), nn.BatchNorm())
                self.short.add(nn.Conv2D(6, 1, 2, use_bias=False), nn.BatchNorm())
                self.act = nn.PReLU()

        def hybrid_forward(self, F: Any, x: Any) -> Any:
            return self.act(self.body(x) + self.short(x))

    return Residual()


# ---- a classifier of token sequences by a recurrent layer both ways ----


def _torch_classifier(torch: Any) -> Any:
    nn = torch.nn

    class Classifier(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.rnn = nn.Embedding(9, 4), nn.LSTM(4, 3, 2, bidirectional=True, batch_first=True)
            self.head = nn.Sequential(nn.LayerNorm(6), nn.Linear(6, 2))

        def forward(self, x: Any) -> Any:
            return self.head(self.rnn(self.emb(x))[0])

    return Classifier()


def _mindspore_classifier(ms: Any) -> Any:
    nn = ms.nn

    class Classifier(nn.Cell):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.emb, self.rnn = nn.Embedding(9, 4), nn.LSTM(4, 3, 2, bidirectional=True, batch_first=True)
            self.head = nn.SequentialCell(nn.LayerNorm((6,), epsilon=1e-5), nn.Dense(6, 2))

        def construct(self, x: Any) -> Any:
            return self.head(self.rnn(self.emb(x))[0])

    return Classifier()


def _mxnet_classifier(mx: Any) -> Any:
    nn = mx.gluon.nn

    class Classifier(mx.gluon.Block):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            with self.name_scope():
                self.emb = nn.Embedding(9, 4)
                self.rnn = mx.gluon.rnn.LSTM(3, 2, layout="NTC", bidirectional=True)
                self.head = nn.HybridSequential()
                self.head.add(nn.LayerNorm(), nn.Dense(2, flatten=False))

        def forward(self, x: Any) -> Any:
            return self.head(self.rnn(self.emb(x)))

    return Classifier()


# ---- a generator: transposed kernels ----


def _torch_generator(torch: Any) -> Any:
    nn = torch.nn
    return nn.Sequential(
        nn.ConvTranspose2d(5, 8, 4, 1, 0, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 3, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip


def _mindspore_generator(ms: Any) -> Any:
    nn = ms.nn
    return nn.SequentialCell(
        nn.Conv2dTranspose(5, 8, 4, 1, pad_mode="valid"), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2dTranspose(8, 3, 4, 2, pad_mode="pad", padding=1), nn.Tanh(),
    )  # fmt: skip


def _mxnet_generator(mx: Any) -> Any:
    nn = mx.gluon.nn
    net = nn.HybridSequential()
    net.add(nn.Conv2DTranspose(8, 4, 1, 0, use_bias=False), nn.BatchNorm(), nn.Activation("relu"))
    net.add(nn.Conv2DTranspose(3, 4, 2, 1, use_bias=False), nn.Activation("tanh"))
    return net


NETWORKS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "LeNet": {"torch": _torch_lenet, "mindspore": _mindspore_lenet, "mxnet": _mxnet_lenet},
    "residual": {"torch": _torch_residual, "mindspore": _mindspore_residual, "mxnet": _mxnet_residual},
    "classifier": {"torch": _torch_classifier, "mindspore": _mindspore_classifier, "mxnet": _mxnet_classifier},
    "generator": {"torch": _torch_generator, "mindspore": _mindspore_generator, "mxnet": _mxnet_generator},
}
INPUTS = {
    "LeNet": _images(2, 1, 28, 28), "residual": _images(2, 4, 8, 8), "classifier": _tokens(),
    "generator": _images(2, 5, 1, 1),
}  # fmt: skip
