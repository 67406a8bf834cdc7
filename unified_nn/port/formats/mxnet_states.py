"""The states of a Gluon Trainer: a pickle of `({index: arrays}, optimizer)`, read without running anything.

Arrays are NumPy arrays here; the optimizer and its learning-rate schedule are `Instance`s: a class's name and attributes.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from unified_nn.port.formats import limits, mxnet, pickle_writer
from unified_nn.port.formats.atomic import replacing
from unified_nn.port.formats.dtypes import dtype_of
from unified_nn.port.formats.errors import quoted
from unified_nn.port.formats.mxnet_arrays import FLAGS
from unified_nn.port.formats.pickle_machine import Global, Instance, Rules, load
from unified_nn.port.formats.pickle_values import BUILTINS, MAKERS
from unified_nn.port.formats.source import Cursor, Source
from unified_nn.port.formats.weight_file import Array

_ARRAY = Global("mxnet.ndarray.ndarray", "NDArray")
_OPTIMIZER, _SCHEDULE = "mxnet.optimizer.optimizer", "mxnet.lr_scheduler"
OPTIMIZERS = ("SGD", "NAG", "Adam", "AdaGrad", "RMSProp", "AdaDelta", "Ftrl", "Adamax", "Nadam", "Signum")
SCHEDULES = ("FactorScheduler", "MultiFactorScheduler", "PolyScheduler", "CosineScheduler")
_CLASSES = {Global(_OPTIMIZER, name) for name in OPTIMIZERS} | {Global(_SCHEDULE, name) for name in SCHEDULES}


def optimizer(name: str, attributes: dict[str, Any]) -> Instance:
    """An optimizer of MXNet, one of `OPTIMIZERS`."""
    return Instance(Global(_OPTIMIZER, name), (), dict(attributes), is_new=True)


def schedule(name: str, attributes: dict[str, Any]) -> Instance:
    """A learning-rate schedule of MXNet, one of `SCHEDULES`."""
    return Instance(Global(_SCHEDULE, name), (), dict(attributes), is_new=True)


def read(path: str | os.PathLike[str]) -> Any:
    """The object in a file, with NumPy arrays and Instances; WeightFileError for what MXNet's Trainer does not write."""
    source = Source(path)
    try:
        cursor = Cursor(source, 0, source.size, "trainer states")
        rules = Rules({_ARRAY, *BUILTINS, *_CLASSES}, _refuse, _reduce, _persistent, _CLASSES)
        top = load(cursor, rules)
        if cursor.left:
            raise cursor.error("bytes follow the pickle")
        arrays = _arrays(source, top)
        return _replaced(source, top, arrays, 0)
    finally:
        source.close()


def _refuse(found: Global) -> str:
    return (
        f"it holds a pickled {quoted(str(found))}, and unpickling that could run any code; nothing was run. Trainer "
        f"states may hold arrays, an optimizer ({', '.join(OPTIMIZERS)}) and a schedule ({', '.join(SCHEDULES)})"
    )


def _reduce(function: Global, arguments: tuple[object, ...]) -> object:
    if function == _ARRAY:
        if arguments != (None,):
            raise ValueError("an array with a bad handle")
        return Instance(_ARRAY, arguments)
    maker = MAKERS.get(function.name)
    if maker is None:
        raise ValueError(f"{function} is called")
    return maker(arguments)


def _persistent(identity: object) -> object:
    raise ValueError("a persistent id")


def _found(source: Source, top: object) -> list[Instance]:
    """Every array below, each once."""
    waiting, met, found = [top], set(), []
    while waiting:
        value = waiting.pop()
        if id(value) in met or not isinstance(value, (tuple, list, dict, Instance)):
            continue
        met.add(id(value))
        if len(met) > limits.LEAVES:
            raise source.error("too many values")
        if isinstance(value, Instance) and value.kind == _ARRAY:
            found.append(value)
        elif isinstance(value, (dict, Instance)):
            waiting += (value if isinstance(value, dict) else value.attributes).values()
        else:
            waiting += value
    return found


def _arrays(source: Source, top: object) -> dict[int, Array | None]:
    """id of an array's node -> its values; they are read as those of a .params file are."""
    nodes = _found(source, top)
    handles = [node.attributes.get("handle") for node in nodes]
    records = [bytes(handle) for handle in handles if isinstance(handle, (bytes, bytearray))]
    if any(handle is not None and not isinstance(handle, (bytes, bytearray)) for handle in handles):
        raise source.error("an array whose content is no bytes")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arrays"
        path.write_bytes(mxnet.listed(records))
        inner = Source(path)
        try:
            tensors = iter([stored.load() for stored in mxnet.read(inner).tensors])
            found = {id(n): None if h is None else next(tensors, None) for n, h in zip(nodes, handles, strict=True)}
        finally:
            inner.close()
    return found


def _replaced(source: Source, value: object, arrays: dict[int, Array | None], depth: int) -> Any:
    if depth > limits.NESTING:
        raise source.error("containers are nested too deep")
    if id(value) in arrays:
        return arrays[id(value)]
    if isinstance(value, Instance):
        attributes = _replaced(source, value.attributes, arrays, depth + 1)
        return Instance(value.kind, value.arguments, attributes, value.is_new)
    if isinstance(value, dict):
        return {key: _replaced(source, item, arrays, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and not isinstance(value, Global):
        return type(value)(_replaced(source, item, arrays, depth + 1) for item in value)
    return value


def write(path: str | os.PathLike[str], top: object) -> None:
    """Write an object of plain values, NumPy arrays and Instances; the old file stays until the new one is complete."""
    with replacing(Path(path)) as target:

        class ArrayWriter(pickle_writer.Writer):
            def call(self, value: object, depth: int) -> None:
                if isinstance(value, np.ndarray):
                    dtype = dtype_of(value.dtype)
                    if dtype is None or dtype.name not in FLAGS.values():
                        raise target.error(f"MXNet cannot hold {value.dtype}", expected=", ".join(FLAGS.values()))
                    content = mxnet.opening(value.shape, dtype.name) + np.ascontiguousarray(value).tobytes()
                    value = Instance(_ARRAY, (None,), {"handle": bytearray(content)})
                super().call(value, depth)

        target.write(pickle_writer.pickled(top, ArrayWriter()))
