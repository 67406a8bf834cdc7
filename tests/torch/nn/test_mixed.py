"""Modules of other vocabularies inside PyTorch's: one set of names, one optimizer, one state."""

from __future__ import annotations

import unified_nn
from unified_nn import nn as neutral
from unified_nn import torch
from unified_nn.mindspore import nn as cells
from unified_nn.mxnet.gluon import nn as blocks


class Mixed(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(3, 4)
        self.second = neutral.Linear(4, 2)
        self.third = blocks.Dense(2, in_units=2)
        self.third.initialize()
        self.fourth = cells.Dense(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fourth(self.third(self.second(torch.relu(self.first(x)))))


def test_one_network(backend: unified_nn.Backend) -> None:
    torch.manual_seed(0)
    net = Mixed()
    parameters = dict(net.named_parameters())
    assert list(parameters) == [
        "first.weight", "first.bias", "second.w", "second.b", "third.weight", "third.bias", "fourth.weight", "fourth.bias",
    ]  # fmt: skip
    assert all(isinstance(p, torch.nn.Parameter) for p in parameters.values())
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    before = {name: p.detach().numpy() for name, p in parameters.items()}
    out = net(torch.ones(2, 3))
    assert type(out) is torch.Tensor
    (out + 1).square().sum().backward()
    optimizer.step()
    changed = [name for name, p in net.named_parameters() if (p.detach().numpy() != before[name]).any()]
    assert {name.partition(".")[0] for name in changed} == {"first", "second", "third", "fourth"}


def test_one_state(backend: unified_nn.Backend) -> None:
    net, twin = Mixed(), Mixed()
    assert str(twin.load_state_dict(net.state_dict())) == "<All keys matched successfully>"
    x = torch.ones(2, 3)
    assert torch.equal(net(x), twin(x))
    net.eval()
    assert not net.second.training
    net.double()
    assert net(x.double()).dtype is torch.float64
