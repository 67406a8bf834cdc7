"""Every op on every backend with arrays of wrong ranks, sizes and dtypes: it computes, or says so as one clear error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from unified_nn_conformance.case import load
from unified_nn_conformance.runner import question

import unified_nn
from tests.backends.op_samples import SAMPLES, Sample
from unified_nn import Tensor
from unified_nn.errors import UnifiedError
from unified_nn.op import REGISTRY, Op

FIRST: dict[str, Sample] = {}
for _sample in SAMPLES:
    FIRST.setdefault(_sample.op, _sample)
for _case in load().values():
    if _case.op in REGISTRY and _case.expects is None:
        FIRST.setdefault(_case.op, Sample(_case.op, tuple(question(_case).inputs), dict(_case.attrs)))

Arrays = tuple[Any, ...]


def wrong(arrays: Arrays) -> Iterator[tuple[str, Arrays]]:
    """The arrays with one of them of another rank, size or dtype."""
    for at, a in enumerate(arrays):
        if not isinstance(a, np.ndarray):
            continue
        for name, b in _wrong(a):
            yield f"array {at}: {name}", (*arrays[:at], b, *arrays[at + 1 :])


def _wrong(a: np.ndarray[Any, Any]) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    if a.ndim:
        yield "0-d", a.reshape(-1)[:1].reshape(()) if a.size else np.zeros((), a.dtype)
    yield "seven axes more", a[(None,) * 7]
    if a.ndim and a.size:
        yield "longer first axis", np.concatenate([a, a, a], 0)
        yield "longer last axis", np.concatenate([a, a, a], -1)
    if a.dtype.kind == "f":
        yield "integers", np.nan_to_num(a).round().clip(-9, 9).astype("int32")
        yield "bools", a > 0
        yield "half", a.astype("float16")
    else:
        yield "floats", a.astype("float32")
        if a.dtype.kind in "iu":
            yield "large", a + 1000


def single(a: Any) -> Any:
    return a.astype("float32") if isinstance(a, np.ndarray) and a.dtype == np.float64 else a


def test_every_op_has_a_sample() -> None:
    assert not set(REGISTRY) - set(FIRST)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(FIRST))
def test_wrong_arrays(backend: unified_nn.Backend, name: str) -> None:
    sample, op = FIRST[name], REGISTRY[name]
    for how, arrays in wrong(tuple(single(a) for a in sample.arrays)):
        given = [Tensor.from_numpy(a) if isinstance(a, np.ndarray) else a for a in arrays]
        try:
            out = op(*given, **sample.attrs)
            for part in out if isinstance(out, tuple) else (out,):
                part.numpy()
        except UnifiedError as error:
            check(error, op, given, how)


def check(error: UnifiedError, op: Op[Any, Any], given: list[Any], how: str) -> None:
    """The error names the op (or the one inside it that failed), and a shape that came."""
    text = str(error)
    assert error.op in REGISTRY or error.op == "numpy", (how, text)
    assert text.startswith(f"{error.op}: "), (how, text)
    assert op.name == error.op or not op.is_primitive or error.op == "numpy", (how, text)
    came = [t._shape for t in given if isinstance(t, Tensor)]
    shapes = [str(shape) for shape in came] + [str(list(shape)) for shape in came]
    if op.name == error.op:
        assert any(shape in text for shape in shapes), (how, text)
    assert "Traceback" not in text, (how, text)
    assert "\n" not in text, (how, text)
