"""Where real MXNet 1.9.1 is wrong and the vocabulary is not: the day that it agrees, these fail."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

import unified_nn.mxnet as ours
from tests.mxnet.twins import names, outcome

FAULTS = {
    "gradient_of(lambda x: nd.prod(x))": "the gradient of a product with a 0 in it is NaN",
    "gradient_of(lambda x: nd.Pooling(x.reshape((1, 1, 2, 3)), kernel=(2, 2), pool_type='max'))":
        "max pooling of a reshaped array sends the gradient to a wrong place",
}  # fmt: skip


@pytest.mark.parametrize("text", FAULTS)
def test_real_mxnet_is_wrong(text: str, oracle: Callable[[str], ModuleType]) -> None:
    mx = oracle("mxnet")
    real, mine = outcome(mx, text, names(mx)), outcome(ours, text, names(ours))
    assert not np.array_equal(real[1][1][3], mine[1][1][3])


def test_the_gradient_of_a_product_with_a_zero() -> None:
    found = outcome(ours, "gradient_of(lambda x: nd.prod(x, axis=1))", names(ours))
    np.testing.assert_allclose(found[1][1][3], [[-2, 1, -0.5], [-0.125, 0, 0]])
