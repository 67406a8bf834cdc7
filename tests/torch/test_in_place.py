"""Changes in place, seen by views, detached tensors and gradients as in real PyTorch, on every backend."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.torch as ours

#: Scripts that leave `result`, a list of tensors; w is a leaf (3, 4) that requires gradients, a is none.
SCRIPTS = {
    "augmented slice": "a[:, 0] += 1; a[1] *= 2; result = [a]",
    "view of view": "u = a.view(-1); r = u[2:6]; r.add_(10); result = [a, u, r]",
    "sibling views": "u, t = a.view(2, 6), a.t(); u[0].zero_(); t[1] = 5.0; result = [a, u, t]",
    "views of a dead base": "u, t = torch.zeros(6).view(2, 3), None; t = u.view(3, 2); t[0] = 1.0; result = [u, t]",
    "transpose": "t = a.transpose(0, 1); t.mul_(3); result = [a, t]",
    "unbind": "for row in a: row.sub_(row.mean())\nresult = [a]",
    "chunks": "l, r = a.chunk(2, 1); l.copy_(r); result = [a]",
    "data": "w.data.sub_(1.0); w.data[0] = 3.0; result = [w]",
    "detach": "d = w.detach(); d.mul_(2); result = [w, d]",
    "no_grad": "with torch.no_grad():\n    w -= 0.5 * w\n    w[0].fill_(2.0)\nresult = [w]",
    "detached twin of a result": "y = w * 2; d = y.detach(); y.mul_(3); result = [y, d]",
    "recorded setitem": "z = w.clone(); z[0] = 1; z[1:, 2] = w[0, :2]; result = [z, (z * z).sum()]",
    "recorded view": "z = w * 2; u = z.view(-1); u[:3].mul_(w[0, :3]); result = [z, u, (z * u.view(3, 4)).sum()]",
    "recorded base": "z = w * 2; u = z[0]; z.mul_(w); result = [u, u.sum() + z.sum()]",
    "mask": "z = w * 1; z[z > 0] = 0.5; z[[0, 2], [1, 1]] = w[0, :2]; result = [z, (z ** 2).sum()]",
    "fill": "z = w * 1; z[0].fill_(3.0); z[1].zero_(); result = [z, (z * w).sum()]",
    "relu": "z = w * 2; z.relu_(); result = [z.sum()]",
    "exp": "z = w * 2; z.exp_(); result = [z.sum()]",
    "plus equals": "z = w * 2; z += w; z *= 3; result = [z.sum()]",
    "masked_fill": "z = w * 2; z.masked_fill_(w > 0, 0.1); result = [z, z.sum()]",
    "value in zeros": "z = torch.zeros(3, 4); z[:, 1] = w[:, 0]; z[0] += w[1]; result = [z, (z * z).sum()]",
    "grad": "(w * w).sum().backward(); w.grad.zero_(); w.grad.add_(2); result = [w.grad]",
    "grad data": "(w * w).sum().backward(); w.grad.data.mul_(0.5); result = [w.grad]",
    "flat parameter": "u = w.view(-1)\nwith torch.no_grad():\n    w.mul_(2.0)\nresult = [u, w]",
    "index_add": "a.index_add_(0, torch.tensor([0, 0]), a[1:].clone()); result = [a]",
    "scatter": "a.scatter_(1, torch.tensor([[0], [1], [2]]), 9.0); result = [a]",
    "copy cast": "a.copy_(torch.arange(4)); result = [a]",
    "clamp": "a.clamp_(-0.5, 0.5); result = [a]",
    "shape": "u = a[0]; a.unsqueeze_(0); a.add_(1); a.squeeze_(0).transpose_(0, 1); result = [a, u]",
    "data assigned": "w.data = torch.ones(2, 2); (w * 3).sum().backward(); result = [w, w.grad]",
    "lists": "a[[0, 1]] = torch.tensor([1., 2., 3., 4.]); a[..., -1] = 7; a[None, 0, :2] = 8; result = [a]",
    "detached view": "d = a[0].detach(); d.zero_(); w[1].detach()[1:].fill_(4); result = [a, w, d]",
    "detached view of a dead view": "v = lambda: a.view(2, 6)[0].detach(); d = v(); a.add_(1); v().mul_(2); result = [a, d]",
    "detached view of a result": "z = w * 2; d = z.t()[0].detach(); z.mul_(w); result = [z, d, z.sum()]",
    "data of a view": "a.data.t()[1].data.zero_(); w[0].data.copy_(w[1].data); result = [a, w]",
    "data assigned, old views": "u, t, d = w.view(-1), w.t(), w.detach(); w.data = a; w.data.zero_(); u.data[0] = 5.0; "
    "d[1] = 6.0; result = [a, u, t, d, w]",
    "data is a view": "w.data = a[:, :2]; a.add_(1); w.detach()[0] = 7.0; result = [a, w]",
    "copy": "import copy; u, v, t = copy.copy(w), copy.copy(a[0]), copy.copy(w * 2); v.zero_(); u.data[0] = 5.0; (t * t).sum().backward(); "
    "result = [w, u, a, t, t.grad]",
    "contiguous": "a[1:].contiguous().zero_(); a.t().contiguous().add_(1); a[:, :2].contiguous().add_(9); result = [a]",
    "contiguous column": "u = w[:, 0].contiguous() * 1; a[:, 0].contiguous().zero_(); result = [a, u, u.sum()]",
    "expanded copy": "u = a[0].expand(2, 4).contiguous(); u.zero_(); a.t().t().contiguous()[1] = 3; result = [a, u]",
    "reshape that copies": "u = a.t().reshape(-1); u.zero_(); a[:, 1:].flatten().add_(1); a.T.ravel().add_(2); result = [a, u]",
    "reshape that does not": "a.t()[:, :2].reshape(4, 1, 2).zero_(); a.view(2, 6)[:, 1:3].unflatten(1, (1, 2)).add_(1); "
    "result = [a]",
    "one value": "a[0, 0] = a[1, 1]; a[1] = torch.ones(1, 4); result = [a]",
}
#: What real PyTorch refuses, we refuse as the same class.
REFUSED = {
    "leaf": "w.add_(1)",
    "leaf setitem": "w[0] = 1",
    "view of leaf": "w[0].mul_(2)",
    "leaf operator": "w += 1",
    "broadcast": "a.add_(torch.ones(2, 3, 4))",
    "kind": "torch.ones(2, dtype=torch.int64).add_(1.5)",
    "expanded": "torch.zeros(1, 4).expand(3, 4).add_(1)",
    "setitem shape": "a[0] = torch.ones(3)",
    "step": "a[::-1]",
    "index": "a[5]",
    "many indices": "a[0, 0, 0]",
    "float index": "a[1.5]",
}


def run(torch: Any, script: str) -> dict[str, Any]:
    random = np.random.RandomState(3)
    space: dict[str, Any] = {
        "torch": torch,
        "w": torch.tensor(random.randn(3, 4).astype("float32"), requires_grad=True),
        "a": torch.tensor(random.randn(3, 4).astype("float32")),
    }
    exec(script, space)
    return space


@pytest.mark.parametrize("name", SCRIPTS)
def test_seen_by_all(name: str, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType]) -> None:
    torch = oracle("torch")
    wanted, got = run(torch, SCRIPTS[name]), run(ours, SCRIPTS[name])
    for a, b in zip(got["result"], wanted["result"], strict=True):
        assert a.requires_grad == b.requires_grad
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-5, atol=1e-6)
    if wanted["result"][-1].grad_fn is not None and wanted["result"][-1].ndim == 0:
        wanted["result"][-1].backward()
        got["result"][-1].backward()
        np.testing.assert_allclose(got["w"].grad.numpy(), wanted["w"].grad.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, backend: unified_nn.Backend, oracle: Callable[[str], ModuleType]) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011  the class is what is asked for
        run(oracle("torch"), REFUSED[name])
    with pytest.raises(theirs.type):
        run(ours, REFUSED[name])
