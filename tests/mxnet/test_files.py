"""`nd.save`, `save_parameters` and their counterparts, against files of real MXNet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.mxnet as ours
import unified_nn.torch
from unified_nn.errors import UnifiedError

Oracle = Callable[[str], ModuleType]
DTYPES = ["float16", "float32", "float64", "uint8", "int8", "int32", "int64", "bool"]


def described(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: described(value) for name, value in found.items()}
    if isinstance(found, list):
        return [described(value) for value in found]
    return found.shape, np.dtype(found.dtype).name, found.asnumpy().tolist()


CONTENTS: dict[str, Callable[[Any], Any]] = {
    "array": lambda nd: nd.ones(2),
    "list": lambda nd: [nd.array([1, 0], dtype=dtype) for dtype in DTYPES],
    "dict": lambda nd: {dtype: nd.array([[1, 0]], dtype=dtype) for dtype in DTYPES},
    "empty list": lambda nd: [],
    "empty dict": lambda nd: {},
    "exported": lambda nd: {"arg:x": nd.ones(2), "aux:x": nd.zeros(1)},
}


@pytest.mark.parametrize("case", CONTENTS)
def test_each_side_reads_the_other_s_arrays(case: str, tmp_path: Path, oracle: Oracle) -> None:
    path, found = str(tmp_path / "x"), []
    for writer in ours.nd, oracle("mxnet").nd:
        writer.save(path, CONTENTS[case](writer))
        for reader in ours.nd, oracle("mxnet").nd:
            found += [described(reader.load(path)), described(reader.load_frombuffer(Path(path).read_bytes()))]
    assert all(one == found[0] for one in found)


WRONG: dict[str, Callable[[Any], Any]] = {
    "tuple": lambda nd: nd.save("x", (nd.ones(1),)),
    "number": lambda nd: nd.save("x", 3),
    "numpy": lambda nd: nd.save("x", [np.ones(1)]),
    "name": lambda nd: nd.save("x", {1: nd.ones(1)}),
    "value": lambda nd: nd.save("x", {"a": 1}),
    "path": lambda nd: nd.save(3, nd.ones(1)),
    "folder": lambda nd: nd.save("no/x", nd.ones(1)),
    "no file": lambda nd: nd.load("none"),
    "no arrays": lambda nd: nd.load_frombuffer(b"x" * 99),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_calls_raise_what_mxnet_raises(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oracle: Oracle
) -> None:
    monkeypatch.chdir(tmp_path)
    real = oracle("mxnet")
    with pytest.raises(Exception) as expected:  # noqa: PT011  whatever it raises
        WRONG[case](real.nd)
    kind = ours.base.MXNetError if expected.type is real.base.MXNetError else expected.type
    with pytest.raises(kind) as caught:
        WRONG[case](ours.nd)
    assert isinstance(caught.value, UnifiedError)
    assert not list(tmp_path.iterdir())


def network(mx: Any, prefix: str) -> Any:
    net = mx.gluon.nn.HybridSequential(prefix=prefix)
    with net.name_scope():
        net.add(mx.gluon.nn.Dense(4, in_units=3), mx.gluon.nn.BatchNorm(in_channels=4))
        net.add(mx.gluon.nn.Dense(4, in_units=4, params=mx.gluon.nn.Dense(4, in_units=4, prefix="one_").params))
        net.add(mx.gluon.nn.Dense(4, in_units=4, params=net[2].params))
    net.initialize()
    return net


def recurrent(mx: Any, prefix: str) -> Any:
    layer = mx.gluon.rnn.LSTM(2, num_layers=2, bidirectional=True, input_size=3, prefix=prefix)
    layer.initialize()
    return layer


@pytest.mark.parametrize("deduplicate", [False, True])
@pytest.mark.parametrize("made", [network, recurrent])
def test_blocks_of_every_backend(
    made: Callable[[Any, str], Any], deduplicate: bool, backend: unified_nn.Backend, tmp_path: Path, oracle: Oracle
) -> None:
    real = oracle("mxnet")
    mine, theirs = made(ours, "a_"), made(real, "a_")
    mine.save_parameters(str(tmp_path / "mine"), deduplicate)
    theirs.save_parameters(str(tmp_path / "theirs"), deduplicate)
    names = [set(ours.nd.load(str(tmp_path / side))) for side in ("mine", "theirs")]
    assert names[0] == names[1]
    mine.load_parameters(str(tmp_path / "theirs"))
    theirs.load_parameters(str(tmp_path / "mine"))
    saved = {side: described(ours.nd.load(str(tmp_path / side))) for side in ("mine", "theirs")}
    for net, side in (mine, "theirs"), (theirs, "mine"):
        net.save_parameters(str(tmp_path / "again"), deduplicate)
        assert described(ours.nd.load(str(tmp_path / "again"))) == saved[side]


@pytest.mark.parametrize("made", [network, recurrent])
def test_files_by_full_names(made: Callable[[Any, str], Any], tmp_path: Path, oracle: Oracle) -> None:
    real, path = oracle("mxnet"), str(tmp_path / "x")
    for writer in ours, real:
        net = made(writer, "a_")
        net.collect_params("a_.*").save(path, strip_prefix="a_")
        values = described(ours.nd.load(path))
        for reader in ours, real:
            other = made(reader, "b_")
            other.collect_params("b_.*").load(path, restore_prefix="b_")
            other.collect_params("b_.*").save(path, strip_prefix="b_")
            assert described(ours.nd.load(path)) == values
            if made is recurrent:
                other.load_parameters(path)  # the older form: no name has a dot


def test_the_deprecated_calls(tmp_path: Path, oracle: Oracle) -> None:
    path = str(tmp_path / "x")
    for writer in ours, oracle("mxnet"):
        net = recurrent(writer, "a_")
        with pytest.warns(UserWarning, match="save_params is deprecated"):
            net.save_params(path)
        for reader in ours, oracle("mxnet"):
            other = recurrent(reader, "b_")
            with pytest.warns(UserWarning, match="load_params is deprecated"):
                other.load_params(path)
            assert np.array_equal(other.l0_i2h_weight.data().asnumpy(), net.l0_i2h_weight.data().asnumpy())


def test_arrays_that_mxnet_reads_only_as_numpy_s_are_told(tmp_path: Path) -> None:
    net = ours.gluon.nn.HybridSequential()
    net.add(unified_nn.torch.nn.BatchNorm1d(2))
    with pytest.warns(RuntimeWarning, match="0-d arrays, so MXNet loads it only after mxnet.npx.set_np"):
        net.save_parameters(str(tmp_path / "x"))
    net.load_parameters(str(tmp_path / "x"))


def test_other_dtypes(tmp_path: Path, oracle: Oracle) -> None:
    path = str(tmp_path / "x")
    for mx in ours, oracle("mxnet"):
        net = mx.gluon.nn.Dense(2, in_units=3)
        mx.nd.save(path, {"weight": mx.nd.ones((2, 3), dtype="float64"), "bias": mx.nd.ones(2, dtype="float64")})
        with pytest.raises(AssertionError, match="dtype incompatible"):
            net.load_parameters(path)
        kinds = []
        for source in "current", "saved":
            net = mx.gluon.nn.Dense(2, in_units=3)
            net.load_parameters(path, cast_dtype=True, dtype_source=source)
            kinds.append(np.dtype(net.weight.data().dtype).name)
        assert kinds == ["float32", "float64"]
