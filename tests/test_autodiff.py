"""The graph: accumulation, freeing, retaining, hooks, leaves; the same on every backend, native and by the tape."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

import unified_nn
from unified_nn import Tensor
from unified_nn.autodiff import Leaf, backward, gradients, recording
from unified_nn.errors import GradientError, InPlaceError
from unified_nn.ops.activation import relu
from unified_nn.ops.elementwise import add, mul
from unified_nn.ops.linalg import matmul
from unified_nn.ops.reduce import sum_


@pytest.fixture(params=["native", "tape"])
def anywhere(request: pytest.FixtureRequest, backend: unified_nn.Backend) -> Iterator[unified_nn.Backend]:
    if request.param not in backend.autodiffs:
        pytest.skip(f"not run: backend {backend.name!r} has no {request.param} autodiff")
    with unified_nn.use_backend(backend.name, autodiff=request.param) as chosen:
        yield chosen


def leaf(*values: float, accumulate: str = "add") -> Tensor:
    made = Tensor.from_numpy(np.array(values, "float32"))
    made._body.node = Leaf(made.backend, accumulate)  # type: ignore[arg-type]
    return made


def one(like: Tensor) -> Tensor:
    return Tensor.from_numpy(np.ones(like._shape, "float32"), backend=like.backend)


def run(out: Tensor, **options: bool) -> None:
    backward([out], [one(out)], **options)


def test_gradients_add_up_over_calls(anywhere: unified_nn.Backend) -> None:
    x = leaf(1, 2)
    run(mul(x, 3.0))
    run(mul(x, 4.0))
    assert x.grad.numpy().tolist() == [7, 7]


def test_a_leaf_that_writes_keeps_the_last(anywhere: unified_nn.Backend) -> None:
    x = leaf(1, 2, accumulate="write")
    run(mul(x, 3.0))
    run(add(mul(x, x), x))
    assert x.grad.numpy().tolist() == [3, 5]


def test_a_leaf_used_twice_gets_the_sum(anywhere: unified_nn.Backend) -> None:
    x = leaf(2, 3)
    run(add(mul(x, x), mul(x, 5.0)))
    assert x.grad.numpy().tolist() == [9, 11]


def test_second_backward_needs_retaining(anywhere: unified_nn.Backend) -> None:
    x = leaf(1, 2)
    y = mul(x, x)
    run(y, retain_graph=True)
    run(y)
    assert x.grad.numpy().tolist() == [4, 8]
    with pytest.raises(GradientError, match="second time"):
        run(y)


def test_nothing_is_recorded_where_it_is_switched_off(anywhere: unified_nn.Backend) -> None:
    x = leaf(1, 2)
    y = mul(x, x)
    with recording(False):
        z = mul(y, y)
    assert not z.tracked
    with pytest.raises(GradientError, match="does not depend"):
        run(z)


def test_detached_values_stop_the_gradient(anywhere: unified_nn.Backend) -> None:
    x = leaf(1, 2)
    y = mul(x, x)
    run(mul(y._detached(), x))
    assert x.grad.numpy().tolist() == [1, 4]


def test_gradient_for_an_input_in_the_middle(anywhere: unified_nn.Backend) -> None:
    x = leaf(1, 2)
    y = mul(x, 3.0)
    try:
        found = gradients([mul(y, y)], [one(y)], [y, x, leaf(1)])
    except Exception as error:
        assert anywhere.name == "mxnet", "only MXNet's own autograd cannot do this"
        assert "tape" in str(error)
        return
    assert [None if g is None else g.numpy().tolist() for g in found] == [[6, 12], [18, 36], None]
    assert x.grad is None


def test_an_update_moves_what_the_next_step_sees(anywhere: unified_nn.Backend) -> None:
    w = leaf(1, 1)
    for _ in range(3):
        run(mul(w, w))
        with recording(False):
            w._assign(add(w, mul(w.grad, -0.25)))
        w.grad = None
    assert w.numpy().tolist() == [0.125, 0.125]


def test_a_detached_body_sees_the_update(anywhere: unified_nn.Backend) -> None:
    w = leaf(1, 1)
    data = w._detached()
    data._assign(mul(data, 5.0))
    assert w.numpy().tolist() == [5, 5]
    run(mul(w, w))
    assert w.grad.numpy().tolist() == [10, 10]


def test_a_leaf_is_not_changed_while_recording(anywhere: unified_nn.Backend) -> None:
    w = leaf(1, 1)
    with pytest.raises(GradientError, match="leaf"):
        w._assign(mul(w, 2.0))


def test_a_value_changed_in_place_keeps_its_gradient(anywhere: unified_nn.Backend) -> None:
    x = leaf(1, 2)
    y = mul(x, 2.0)
    y._assign(mul(y, y))
    run(y)
    assert x.grad.numpy().tolist() == [8, 16]


def test_second_order(anywhere: unified_nn.Backend) -> None:
    x = leaf(1, 2, 3)
    y = mul(mul(x, x), x)
    try:
        (g,) = gradients([y], [one(y)], [x], create_graph=True)
        (h,) = gradients([mul(g, g)], [one(g)], [x])
    except GradientError as error:
        assert anywhere.name in ("mindspore", "mxnet"), "the others have second derivatives"
        assert "tape" in str(error)
        return
    np.testing.assert_allclose(h.numpy(), [36, 288, 972], rtol=1e-5)


def test_no_reference_cycles_keep_arrays_alive() -> None:
    gc.collect()
    gc.disable()
    try:
        x = leaf(1, 2)
        y = relu(matmul(mul(x, x), Tensor.from_numpy(np.ones((2, 2), "float32"))))
        body = weakref.ref(y._body)
        node = y._body.node
        run(sum_(y))
        del y, node
        assert body() is None
    finally:
        gc.enable()


def test_a_view_and_its_source_see_each_other_change(anywhere: unified_nn.Backend) -> None:
    class Viewing(Tensor):
        _tracks_views = True

    from unified_nn.ops.shape import expand, reshape, transpose

    x = Viewing.from_numpy(np.arange(6, dtype="float32").reshape(2, 3))
    y = transpose(reshape(x, shape=(3, 2)), axes=(1, 0))
    x._assign(mul(x, 2.0))
    assert y.numpy().tolist() == [[0, 4, 8], [2, 6, 10]]
    y._assign(add(y, 1.0))
    assert x.numpy().tolist() == [[1, 3, 5], [7, 9, 11]]
    with pytest.raises(InPlaceError, match="one value in several places"):
        wide = expand(x, shape=(4, 2, 3))
        wide._assign(mul(wide, 2.0))


def test_a_gradient_flows_through_a_view_that_was_changed(anywhere: unified_nn.Backend) -> None:
    class Viewing(Tensor):
        _tracks_views = True

    from unified_nn.ops.index import getitem

    w = leaf(3, 5)
    x = mul(w.as_face(Viewing), 1.0)
    first = getitem(x, index=(0,))
    first._assign(mul(first, 10.0))
    run(mul(x, x))
    assert w.grad.numpy().tolist() == [600, 10]


def test_a_gradient_depends_on_what_it_started_from(anywhere: unified_nn.Backend) -> None:
    x, seed = leaf(1, 2), leaf(3, 4)
    try:
        (g,) = gradients([mul(x, x)], [seed], [x], create_graph=True)
    except GradientError as error:
        assert anywhere.name in ("mxnet", "mindspore")
        assert "tape" in str(error)
        return
    (h,) = gradients([g], [one(g)], [seed])
    assert h is not None
    assert h.numpy().tolist() == [2, 4]
