"""Checkpoints, read and written by the vocabulary and by real MindSpore, and training that goes on from them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import unified_nn
import unified_nn.mindspore as ours
from unified_nn.errors import NotOfferedError

Oracle = Callable[[str], ModuleType]
DTYPES = [
    "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "bfloat16",
]  # fmt: skip


def described(found: dict[str, Any]) -> dict[str, Any]:
    """Names, texts, dtypes, shapes and values."""
    return {
        name: value
        if isinstance(value, str)
        else (str(value.dtype), tuple(value.shape), value.float().asnumpy().tolist())
        for name, value in found.items()
    }


def everything(ms: Any) -> dict[str, Any]:
    return {name: ms.Parameter(ms.Tensor([1, 0], getattr(ms, name)), name=name) for name in DTYPES}


@pytest.mark.parametrize("options", [{}, {"crc_check": True}, {"format": "safetensors"}], ids=str)
def test_each_side_reads_the_other_s_files(options: dict[str, Any], tmp_path: Path, oracle: Oracle) -> None:
    real = oracle("mindspore")
    texts = {} if options else {"s": "hé"}
    for number, writer in enumerate((ours, real)):
        appended = {"i": 3, "f": 0.5, "b": True, "t": writer.Tensor([1, 2]), **texts}
        name = str(tmp_path / f"x{number}.{options.get('format', 'ckpt')}")
        writer.save_checkpoint(everything(writer), name, append_dict=appended, **options)
        format = {key: value for key, value in options.items() if key == "format"}
        mine, theirs = ours.load_checkpoint(name, **format), real.load_checkpoint(name, **format)
        assert described(mine) == described(theirs)
        assert set(mine) == {*DTYPES, *appended}
        assert {p.requires_grad for p in mine.values() if not isinstance(p, str)} == {True}


def network(ms: Any) -> Any:
    nn = ms.nn
    return nn.SequentialCell(nn.Conv1d(2, 3, 3), nn.BatchNorm2d(3), nn.Dense(4, 2), nn.PReLU(2))


def test_networks_of_every_backend(backend: unified_nn.Backend, tmp_path: Path, oracle: Oracle) -> None:
    real = oracle("mindspore")
    net, theirs = network(ours), network(real)
    path = str(tmp_path / "net.ckpt")
    ours.save_checkpoint(net, path)
    assert real.load_param_into_net(theirs, real.load_checkpoint(path), strict_load=True) == ([], [])
    real.save_checkpoint(theirs, path)
    other = network(ours)
    assert ours.load_param_into_net(other, ours.load_checkpoint(path), strict_load=True) == ([], [])
    assert {p.name: p.asnumpy().tolist() for p in other.get_parameters()} == {
        p.name: p.asnumpy().tolist() for p in net.get_parameters()
    }


Values = dict[str, Any]
Change = Callable[[Any, Values], Values]


def loaded(ms: Any, change: Change, strict: bool) -> Any:
    """What load_param_into_net gives, and what the network then has."""
    net = ms.nn.SequentialCell(ms.nn.Dense(2, 2), ms.nn.BatchNorm1d(2))
    values = {p.name: ms.Parameter(ms.Tensor(np.ones(p.shape, "f4")), name=p.name) for p in net.get_parameters()}
    found = ms.load_param_into_net(net, change(ms, values), strict)
    return found, {p.name: (str(p.dtype), p.asnumpy().tolist()) for p in net.get_parameters() if p.name not in found[0]}


def cast(ms: Any, values: Values, dtype: str) -> Values:
    return {name: ms.Parameter(value.astype(getattr(ms, dtype)), name=name) for name, value in values.items()}


INTO_NET: dict[str, tuple[Change, bool]] = {
    "all": (lambda ms, v: v, True),
    "missing": (lambda ms, v: {n: p for n, p in v.items() if n != "0.bias"}, False),
    "extra": (lambda ms, v: {**v, "more": v["0.bias"], "text": "x"}, False),
    "prefix": (lambda ms, v: {f"net.{n}": p for n, p in v.items()}, False),
    "prefix, strict": (lambda ms, v: {f"net.{n}": p for n, p in v.items()}, True),
    "two prefixes": (lambda ms, v: {("a." if n[0] == "0" else "b.") + n: p for n, p in v.items()}, False),
    "half": (lambda ms, v: cast(ms, v, "float16"), False),
}
NOT_INTO_NET: dict[str, tuple[Change, bool]] = {
    "half, strict": (lambda ms, v: cast(ms, v, "float16"), True),
    "integers": (lambda ms, v: cast(ms, v, "int32"), False),
    "shape": (lambda ms, v: {**v, "0.bias": v["0.weight"]}, False),
    "number": (lambda ms, v: {**v, "0.bias": 1}, False),
    "key": (lambda ms, v: {1: v["0.bias"]}, False),
}


@pytest.mark.parametrize("case", INTO_NET)
def test_what_goes_into_a_network(case: str, oracle: Oracle) -> None:
    assert loaded(ours, *INTO_NET[case]) == loaded(oracle("mindspore"), *INTO_NET[case])


@pytest.mark.parametrize("case", NOT_INTO_NET)
def test_what_does_not_go_into_a_network(case: str, oracle: Oracle) -> None:
    with pytest.raises(Exception) as expected:  # noqa: PT011  whatever MindSpore raises
        loaded(oracle("mindspore"), *NOT_INTO_NET[case])
    with pytest.raises(expected.type):
        loaded(ours, *NOT_INTO_NET[case])


CALLS: dict[str, Callable[[Any, str], Any]] = {
    "object": lambda ms, p: ms.save_checkpoint(3, p),
    "name": lambda ms, p: ms.save_checkpoint(ms.nn.Dense(1, 1), 3),
    "folder": lambda ms, p: ms.save_checkpoint(ms.nn.Dense(1, 1), "/"),
    "no folder": lambda ms, p: ms.save_checkpoint(ms.nn.Dense(1, 1), p + "/x.ckpt"),
    "format": lambda ms, p: ms.save_checkpoint(ms.nn.Dense(1, 1), p, format="x"),
    "list of numbers": lambda ms, p: ms.save_checkpoint([1], p),
    "list without names": lambda ms, p: ms.save_checkpoint([{"data": ms.Tensor([1])}], p),
    "append_dict": lambda ms, p: ms.save_checkpoint(ms.nn.Dense(1, 1), p, append_dict=[1]),
    "appended list": lambda ms, p: ms.save_checkpoint(ms.nn.Dense(1, 1), p, append_dict={"a": [1]}),
    "async": lambda ms, p: ms.save_checkpoint(ms.nn.Dense(1, 1), p, async_save="x"),
    "key for safetensors": lambda ms, p: ms.save_checkpoint(ms.nn.Dense(1, 1), p, format="safetensors", enc_key=b"1"),
    "missing": lambda ms, p: ms.load_checkpoint(p),
    "extension": lambda ms, p: ms.load_checkpoint("x.safetensors"),
    "bytes": lambda ms, p: ms.load_checkpoint(io.BytesIO(b"")),
    "prefix": lambda ms, p: ms.load_checkpoint(p, filter_prefix=[]),
    "prefix type": lambda ms, p: ms.load_checkpoint(p, specify_prefix=3),
    "net": lambda ms, p: ms.load_param_into_net(3, {}),
    "dictionary": lambda ms, p: ms.load_param_into_net(ms.nn.Dense(1, 1), [1]),
    "conversion": lambda ms, p: ms.ckpt_to_safetensors(p),
    "steps": lambda ms, p: ms.train.CheckpointConfig(-1),
    "nothing": lambda ms, p: ms.train.CheckpointConfig(0, 0, 0, 0),
    "info": lambda ms, p: ms.train.CheckpointConfig(append_info=["x"]),
    "file prefix": lambda ms, p: ms.train.ModelCheckpoint("a/b"),
    "config": lambda ms, p: ms.train.ModelCheckpoint(config=3),
}


@pytest.mark.parametrize("case", CALLS)
def test_bad_calls_raise_what_mindspore_raises(case: str, tmp_path: Path, oracle: Oracle) -> None:
    path = str(tmp_path / "none.ckpt")
    with pytest.raises(Exception) as expected:  # noqa: PT011
        CALLS[case](oracle("mindspore"), path)
    with pytest.raises(expected.type):
        CALLS[case](ours, path)


def test_what_is_chosen(tmp_path: Path) -> None:
    net, path = ours.nn.SequentialCell(ours.nn.Dense(2, 3), ours.nn.Dense(3, 1)), str(tmp_path / "x.ckpt")
    ours.save_checkpoint(net, path, choice_func=lambda name: name != "1.bias", append_dict={"s": "text"})
    load = ours.load_checkpoint
    assert list(load(path)) == ["0.weight", "0.bias", "1.weight", "s"]
    assert list(load(path, filter_prefix="0")) == ["1.weight", "s"]
    assert list(load(path, specify_prefix=["0", "1"], filter_prefix="0.b")) == ["0.weight", "1.weight"]
    assert list(load(path, choice_func=lambda name: name.endswith("bias"))) == ["0.bias"]
    with pytest.raises(ValueError, match="is empty"):
        load(path, specify_prefix="2")
    assert list(ours.load_checkpoint_async(path).result()) == list(load(path))
    with pytest.raises(NotOfferedError, match="encrypted"):
        load(path, dec_key=b"0123456789abcdef")
    with pytest.raises(NotOfferedError, match="encrypted"):
        ours.save_checkpoint(net, path, enc_key=b"0123456789abcdef")


def test_empty_parameters_are_told(tmp_path: Path) -> None:
    values = {"empty": ours.Parameter(ours.Tensor(np.ones(0, "f4"))), "full": ours.Parameter(ours.Tensor([1.0]))}
    with pytest.warns(RuntimeWarning, match="left out.*'empty'"):
        ours.save_checkpoint(values, str(tmp_path / "x.ckpt"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(ours.load_checkpoint(str(tmp_path / "x.ckpt"))) == ["full"]


def test_one_format_from_the_other(tmp_path: Path, oracle: Oracle) -> None:
    net = ours.nn.Dense(2, 3)
    ours.save_checkpoint(net, str(tmp_path / "x.ckpt"))
    ours.ckpt_to_safetensors(str(tmp_path / "x.ckpt"), str(tmp_path / "out"), {"weight": "w"})
    assert sorted(oracle("mindspore").load_checkpoint(str(tmp_path / "out" / "x.safetensors"), format="safetensors")) == [
        "bias", "w",
    ]  # fmt: skip
    ours.safetensors_to_ckpt(str(tmp_path / "out" / "x.safetensors"))
    found = ours.load_checkpoint(str(tmp_path / "out" / "x.ckpt"))
    assert found["w"].asnumpy().tolist() == net.weight.asnumpy().tolist()


# ---- training that goes on ----

OPTIMIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "SGD": lambda nn, p: nn.SGD(p, 0.1),
    "SGD nesterov": lambda nn, p: nn.SGD(p, 0.1, momentum=0.9, nesterov=True),
    "SGD dampening": lambda nn, p: nn.SGD(p, 0.1, momentum=0.9, dampening=0.5),
    "Momentum": lambda nn, p: nn.Momentum(p, 0.1, 0.9),
    "groups": lambda nn, p: nn.Momentum([{"params": p[:1], "lr": 0.2}, {"params": p[1:]}], 0.1, 0.9),
    "list of rates": lambda nn, p: nn.Momentum(p, [0.1, 0.2, 0.3, 0.2, 0.1], 0.9),
    "schedule": lambda nn, p: nn.Momentum(p, nn.ExponentialDecayLR(0.1, 0.9, 2), 0.9),
    "Adam": lambda nn, p: nn.Adam(p, 0.1),
    "AdamWeightDecay": lambda nn, p: nn.AdamWeightDecay(p, 0.1, weight_decay=0.1),
    "RMSProp": lambda nn, p: nn.RMSProp(p, 0.1),
    "RMSProp centered": lambda nn, p: nn.RMSProp(p, 0.01, momentum=0.5, centered=True),
    "Adagrad": lambda nn, p: nn.Adagrad(p),
    "Adadelta": lambda nn, p: nn.Adadelta(p),
    "AdaMax": lambda nn, p: nn.AdaMax(p),
}


def training(ms: Any, optimizer: str) -> tuple[Any, Any]:
    """(network, cell that trains it) from values that both sides share."""
    net = ms.nn.Dense(3, 2)
    net.weight.set_data(ms.Tensor(np.linspace(-1, 1, 6, dtype="f4").reshape(2, 3)))
    net.bias.set_data(ms.Tensor(np.zeros(2, "f4")))
    made = OPTIMIZERS[optimizer](ms.nn, net.trainable_params())
    cell = ms.nn.TrainOneStepCell(ms.nn.WithLossCell(net, ms.nn.MSELoss()), made)
    cell.set_train()
    return net, cell


def train(ms: Any, cell: Any, first: int, last: int) -> None:
    for number in range(first, last):
        rng = np.random.default_rng(number)
        cell(ms.Tensor(rng.normal(size=(4, 3)).astype("f4")), ms.Tensor(rng.normal(size=(4, 2)).astype("f4")))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_goes_on_from_a_checkpoint(optimizer: str, tmp_path: Path, oracle: Oracle) -> None:
    real = oracle("mindspore")
    names = {}
    for ms in ours, real:
        _, cell = training(ms, optimizer)
        train(ms, cell, 0, 2)
        ms.save_checkpoint(cell, str(tmp_path / f"{ms is ours}.ckpt"))
        names[ms is ours] = {
            n: tuple(p.shape) for n, p in ours.load_checkpoint(str(tmp_path / f"{ms is ours}.ckpt")).items()
        }
    assert names[True] == names[False]
    net, cell = training(real, optimizer)
    train(real, cell, 0, 4)
    for ms, file in (ours, True), (ours, False), (real, True):
        again, cell = training(ms, optimizer)
        assert ms.load_param_into_net(cell, ms.load_checkpoint(str(tmp_path / f"{file}.ckpt")))[0] == []
        train(ms, cell, 2, 4)
        for p, q in zip(again.get_parameters(), net.get_parameters(), strict=True):
            np.testing.assert_allclose(p.asnumpy(), q.asnumpy(), rtol=0, atol=3e-5)


def saved_by_model(ms: Any, folder: Path, **options: Any) -> list[str]:
    data = ms.dataset.NumpySlicesDataset({"x": np.ones((8, 2), "f4"), "y": np.ones((8, 3), "f4")}, shuffle=False)
    net = ms.nn.Dense(2, 3)
    model = ms.train.Model(net, ms.nn.MSELoss(), ms.nn.Momentum(net.trainable_params(), 0.1, 0.9))
    saver = ms.train.ModelCheckpoint(directory=str(folder), **options)
    model.train(2, data.batch(2), callbacks=[saver], dataset_sink_mode=False)
    return sorted(path.name for path in folder.iterdir() if path.suffix == ".ckpt")


@pytest.mark.parametrize("options", ["every step", "every third", "function"])
def test_the_callback_s_files(options: str, tmp_path: Path, oracle: Oracle) -> None:
    found = []
    for ms in ours, oracle("mindspore"):
        third = {"prefix": "p", "config": ms.train.CheckpointConfig(3, keep_checkpoint_max=2, append_info=["step_num"])}
        chosen = {"every third": third, "function": {"prefix": lambda state: f"n{state.cur_step_num}"}}.get(options, {})
        folder = tmp_path / str(len(found))
        files = saved_by_model(ms, folder, **chosen)
        if options == "every third":
            files += saved_by_model(ms, folder, **chosen)  # a second training in the same folder
        found.append((files, sorted(ours.load_checkpoint(str(folder / files[-1])))))
    assert found[0] == found[1]
