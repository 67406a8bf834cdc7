"""A Gluon block inside a PyTorch module inside a MindSpore cell, trained by one optimizer.

python examples/mixture.py
"""

import numpy as np

import unified_nn
from unified_nn import mindspore as ms
from unified_nn import torch
from unified_nn.mindspore import nn as ms_nn
from unified_nn.mxnet.gluon import nn as gluon_nn
from unified_nn.torch import nn as torch_nn


class Features(gluon_nn.HybridBlock):
    def __init__(self):
        super().__init__()
        self.hidden = gluon_nn.Dense(16, activation="relu", in_units=2)

    def hybrid_forward(self, F, x):
        return F.tanh(self.hidden(x))


class Middle(torch_nn.Module):
    def __init__(self):
        super().__init__()
        self.features = Features()
        self.features.initialize()
        self.linear = torch_nn.Linear(16, 8)

    def forward(self, x):
        return torch_nn.functional.relu(self.linear(self.features(x)))


class Whole(ms_nn.Cell):
    def __init__(self):
        super().__init__()
        self.middle = Middle()
        self.head = ms_nn.Dense(8, 2)

    def construct(self, x):
        return self.head(self.middle(x))


def main():
    ms.set_seed(4)  # also of the Gluon block
    torch.manual_seed(4)
    draw = np.random.RandomState(0)
    points = draw.uniform(-1, 1, (256, 2)).astype("float32")
    labels = (points[:, 0] * points[:, 1] > 0).astype("int32")  # two opposite quadrants each
    net, loss_of = Whole(), ms_nn.CrossEntropyLoss()
    net.set_train()
    weights = net.trainable_params()
    print(net)
    print(*(f"{p.name} {p.shape}" for p in weights), sep="\n")
    optimizer = ms_nn.Adam(weights, learning_rate=0.02)
    step = ms.value_and_grad(lambda x, y: loss_of(net(x), y), None, weights)
    x, y = ms.Tensor(points), ms.Tensor(labels)
    for epoch in range(120):
        loss, grads = step(x, y)
        optimizer(grads)
        if epoch % 40 == 0:
            print(f"step {epoch:3d} loss {float(loss.asnumpy()):.4f}")
    accuracy = (net(x).argmax(axis=1).asnumpy() == labels).mean()
    print(f"on {unified_nn.backend().name}: accuracy {accuracy:.1%}")
    assert accuracy > 0.95


if __name__ == "__main__":
    main()
