"""Losses against real PyTorch, on every backend: values, gradients, `grad_fn`, warnings, errors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unified_nn
from unified_nn.errors import NotOfferedError

sys.path.insert(0, str(Path(__file__).parent))
from called import same_call, same_refusal
from twins import build, compare_construction, namespaces


def normal(*shape: int, seed: int = 0, dtype: str = "float32") -> np.ndarray[Any, Any]:
    return np.asarray(np.random.RandomState(seed).randn(*shape), dtype)


def unit(*shape: int, seed: int = 0, dtype: str = "float32") -> np.ndarray[Any, Any]:
    return np.asarray(np.random.RandomState(seed).uniform(0.05, 0.95, shape), dtype)


#: capitals are constants; the others require gradients.
ARRAYS = {
    "x": normal(4, 3), "y": normal(4, 3, seed=1), "z": normal(4, 3, seed=2), "p": unit(4, 3), "q": unit(4, 3, seed=1),
    "v": unit(4, 3, seed=2), "S": np.sign(normal(4, 3, seed=3)), "T": np.array([1, -1, 1, -1], "float32"),
    "W": np.array([0.5, 1, 2], "float32"), "V": unit(4, 3, seed=4), "C": np.array([[1, 4, 0]] * 4, "float32"),
    "D": np.array([[0.0, 1.0, 0.5], [2.0, -3.0, 1e3], [np.inf, 0.2, 1.0], [np.nan, -1.0, 0.0]], "float32"),
    "Z": np.zeros((4, 3), "float32"), "L": np.array([[1, 0, -1]] * 4), "d": normal(4, 3, dtype="float64"),
    "E": np.zeros((0, 3), "float32"), "e": np.array([[0.0, 1.0, 0.5], [1e-30, 1e-13, 1 - 6e-8]], "float32"),
    "H": np.array([[1.0, 0.0, 1.0], [0.3, 0.6, 0.0]], "float32"),
}  # fmt: skip

CALLS = """
F.smooth_l1_loss(x, y, reduction=R) / F.smooth_l1_loss(x, y, beta=0.3, reduction=R) / F.smooth_l1_loss(x, y, beta=0, reduction=R)
F.smooth_l1_loss(d, y, reduction=R) / F.smooth_l1_loss(x, y[:1], reduction=R) / F.smooth_l1_loss(x, D, reduction=R)
F.huber_loss(x, y, reduction=R) / F.huber_loss(x, y, R, 0.3) / F.huber_loss(x, y, weight=V, reduction=R)
F.huber_loss(x, D, reduction=R) / F.binary_cross_entropy(p, q, reduction=R) / F.binary_cross_entropy(p, q, W, reduction=R)
F.binary_cross_entropy(e, H, reduction=R) / F.binary_cross_entropy(torch.sigmoid(x), q, V, reduction=R)
F.binary_cross_entropy_with_logits(x, q, reduction=R) / F.binary_cross_entropy_with_logits(x * 100, q, reduction=R)
F.binary_cross_entropy_with_logits(x, q, W, reduction=R) / F.binary_cross_entropy_with_logits(x, q, pos_weight=W, reduction=R)
F.binary_cross_entropy_with_logits(d, q, V, pos_weight=W, reduction=R) / F.kl_div(x, q, reduction=R)
F.kl_div(x, y, reduction=R, log_target=True) / F.kl_div(x, Z, reduction=R) / F.kl_div(x, q[:1], reduction=R)
F.soft_margin_loss(x, S, reduction=R) / F.soft_margin_loss(x * 10, L, reduction=R) / F.hinge_embedding_loss(x, S, reduction=R)
F.hinge_embedding_loss(x, L, 0.3, reduction=R) / F.hinge_embedding_loss(x, Z, 2, reduction=R)
F.cosine_embedding_loss(x, y, T, reduction=R) / F.cosine_embedding_loss(x, y, T, 0.2, reduction=R)
F.cosine_embedding_loss(x, y[:1], T.long(), reduction=R) / F.cosine_embedding_loss(x[0], y[0], T[0], reduction=R)
F.cosine_embedding_loss(x, Z, T, reduction=R) / F.margin_ranking_loss(x, y, S, reduction=R)
F.margin_ranking_loss(x[:, 0], y[:1, 0], T, 0.3, reduction=R) / F.triplet_margin_loss(x, y, z, reduction=R)
F.triplet_margin_loss(x, y, z, 2.0, 1, swap=True, reduction=R) / F.triplet_margin_loss(x[0], y[0], z[0], reduction=R)
F.poisson_nll_loss(x, y, reduction=R) / F.poisson_nll_loss(p, C, False, True, reduction=R)
F.poisson_nll_loss(x, C, full=True, reduction=R) / F.gaussian_nll_loss(x, y, v, reduction=R)
F.gaussian_nll_loss(x, y, v, True, reduction=R) / F.gaussian_nll_loss(x, y, 0.5, reduction=R)
F.gaussian_nll_loss(x, y, v[:, 0], reduction=R) / F.gaussian_nll_loss(x, y, v[:, :1], reduction=R)
F.gaussian_nll_loss(x, y, v[:1], eps=0.5, reduction=R) / F.multilabel_soft_margin_loss(x, q, reduction=R)
F.multilabel_soft_margin_loss(x, q, W, reduction=R) / F.smooth_l1_loss(E, E, reduction=R) / F.huber_loss(E, E, reduction=R)
F.binary_cross_entropy(E, E, reduction=R) / F.soft_margin_loss(E, E, reduction=R)
"""
TEXTS = [text.strip() for line in CALLS.split("\n") for text in line.split(" / ") if text.strip()]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("text", TEXTS)
def test_as_in_torch(text: str, reduction: str, backend: Any, oracle: Callable[[str], Any]) -> None:
    # sums of infinities and products of small numbers: the order of adding differs between libraries
    same_call(oracle("torch"), text.replace("reduction=R", f"reduction={reduction!r}").replace("R,", f"{reduction!r},"),
              ARRAYS, 3e-5, 1e-5)  # fmt: skip


@pytest.mark.parametrize("text", [
    "F.kl_div(x, q, reduction='batchmean')", "nn.KLDivLoss(reduction='batchmean', log_target=True)(x, y)",
    "nn.SmoothL1Loss(beta=0.5)(x, y)", "nn.HuberLoss('sum', 0.5)(target=y, input=x)", "nn.BCELoss(W)(p, q)",
    "nn.BCEWithLogitsLoss(W, reduction='none', pos_weight=W)(x, q)", "nn.SoftMarginLoss()(x, S)",
    "nn.HingeEmbeddingLoss(0.4)(x, S)", "nn.CosineEmbeddingLoss(0.1)(x, y, T)", "nn.MarginRankingLoss(0.1)(x, y, S)",
    "nn.TripletMarginLoss(0.7, p=3, swap=True)(x, y, z)", "nn.PoissonNLLLoss(False, True)(p, C)",
    "nn.GaussianNLLLoss(full=True)(x, y, v)", "nn.MultiLabelSoftMarginLoss(W)(x, q)",
    "nn.CrossEntropyLoss(W, label_smoothing=0.1)(x, L.argmax(1))", "nn.NLLLoss(ignore_index=0)(x, L.argmax(1))",
])  # fmt: skip
def test_modules_as_in_torch(text: str, backend: Any, oracle: Callable[[str], Any]) -> None:
    same_call(oracle("torch"), text, ARRAYS, 1e-5, 1e-6)


@pytest.mark.parametrize("text", [
    "nn.BCEWithLogitsLoss(pos_weight=torch.ones(3))", "nn.BCELoss(torch.ones(2))", "nn.HuberLoss(delta=2.0)",
    "nn.KLDivLoss(log_target=True)", "nn.TripletMarginLoss()", "nn.CrossEntropyLoss(torch.ones(3))", "nn.MSELoss()",
    "nn.GaussianNLLLoss(eps=1e-3)", "nn.PoissonNLLLoss()", "nn.MultiLabelSoftMarginLoss(torch.ones(2))",
])  # fmt: skip
def test_construction_as_in_torch(text: str, oracle: Callable[[str], Any]) -> None:
    made = [build(space, text) for space in namespaces(oracle("torch"))]
    compare_construction(made)
    settings = [{k: v for k, v in vars(m).items() if isinstance(v, (int, float, str))} for m in made]
    assert {k: v for k, v in settings[0].items() if k != "training"} == {
        k: v for k, v in settings[1].items() if k != "training"
    }


@pytest.mark.parametrize("name", ["numpy", "torch", "mindspore", "mxnet"])
def test_second_gradients_of_binary_cross_entropy(name: str, oracle: Callable[[str], Any]) -> None:
    found = []
    oracle(name)
    unified_nn.set_backend(name, autodiff="tape")  # the native gradients of two of them do not differentiate again
    for space in namespaces(oracle("torch")):
        torch = space["torch"]
        x = torch.tensor(ARRAYS["p"], requires_grad=True)
        loss = space["F"].binary_cross_entropy(x, torch.tensor(ARRAYS["q"]))
        (slope,) = torch.autograd.grad(loss, x, create_graph=True)
        slope.sum().backward()
        found.append(x.grad.numpy())
    np.testing.assert_allclose(found[0], found[1], 1e-4)


REFUSED = """
F.smooth_l1_loss(x, y, beta=-1.0) / F.smooth_l1_loss(x, y, reduction='bad') / F.smooth_l1_loss(x, y[:2])
F.smooth_l1_loss(L, L) / F.huber_loss(x, y, delta=0) / F.huber_loss(x, y, delta=-1.0) / F.huber_loss(L, L)
F.huber_loss(x, y, weight=W) / F.huber_loss(x, y, reduction='bad') / F.binary_cross_entropy(x, q)
F.binary_cross_entropy(p, q[:1]) / F.binary_cross_entropy(p, q.double()) / F.binary_cross_entropy(p, q > 0.5)
F.binary_cross_entropy(p, q, W[:2]) / F.binary_cross_entropy(p * float('nan'), q) / F.binary_cross_entropy(p, q, reduction='bad')
F.binary_cross_entropy(p, q, v) / F.binary_cross_entropy_with_logits(x, q, v) / F.binary_cross_entropy_with_logits(x, q[:1])
F.binary_cross_entropy_with_logits(x, q, W[:2]) / F.binary_cross_entropy_with_logits(x, q, pos_weight=W[:2])
F.binary_cross_entropy_with_logits(x, L) / F.kl_div(x, q[:2]) / F.kl_div(L, L) / F.kl_div(x, q, reduction='bad') / F.kl_div(x, 1.0)
F.soft_margin_loss(x, y) / F.soft_margin_loss(x, S[:2]) / F.hinge_embedding_loss(x, T) / F.hinge_embedding_loss(x, 1)
F.cosine_embedding_loss(x, y, S) / F.cosine_embedding_loss(x, y, T[0]) / F.cosine_embedding_loss(x[0], y[0], T[:1])
F.cosine_embedding_loss(x, y, T[:3]) / F.margin_ranking_loss(x, y, T) / F.triplet_margin_loss(x, y, z[0])
F.triplet_margin_loss(x, y, z, margin=-1.0) / F.poisson_nll_loss(x, y[:2]) / F.poisson_nll_loss(x, y, reduction='bad')
F.gaussian_nll_loss(x, y, -v) / F.gaussian_nll_loss(x, y, -1.0) / F.gaussian_nll_loss(x, y, 1) / F.gaussian_nll_loss(x, y, v[:2])
F.gaussian_nll_loss(x, y, v, reduction='bad') / F.gaussian_nll_loss(x, y[:2], v) / F.multilabel_soft_margin_loss(x, q, W[:2])
nn.TripletMarginLoss(margin=0) / nn.GaussianNLLLoss(True) / nn.MSELoss()(x) / nn.HuberLoss(1, 2, 3, 4) / nn.BCELoss(foo=1)
"""


@pytest.mark.parametrize("text", [t.strip() for line in REFUSED.split("\n") for t in line.split(" / ") if t.strip()])
def test_refuses_what_torch_refuses(text: str, oracle: Callable[[str], Any]) -> None:
    same_refusal(oracle("torch"), text, ARRAYS)


@pytest.mark.parametrize("name", ["SmoothL1Loss", "BCELoss", "KLDivLoss", "TripletMarginLoss", "PoissonNLLLoss"])
@pytest.mark.parametrize("old", ["size_average", "reduce"])
def test_old_arguments_are_refused_by_name(name: str, old: str) -> None:
    from unified_nn.torch import nn

    with pytest.raises(NotOfferedError, match="reduction="):
        getattr(nn, name)(**{old: True})


def test_infinite_gradients_of_a_target_are_refused() -> None:
    from unified_nn import torch
    from unified_nn.torch.nn import functional as F

    with pytest.raises(NotOfferedError, match="target"):
        F.binary_cross_entropy(torch.tensor([0.0, 0.5]), torch.tensor([1.0, 1.0], requires_grad=True))
