"""The states of a Trainer as MXNet pickles them, and back."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from unified_nn import tensor
from unified_nn.errors import NotOfferedError, StateError, make
from unified_nn.mxnet import lr_scheduler
from unified_nn.mxnet import optimizer as opt
from unified_nn.mxnet.optimizer import rules
from unified_nn.port.formats import mxnet_states as files
from unified_nn.port.formats.pickle_machine import Instance

#: MXNet's optimizer -> the names of the formula's state, in the order in which MXNet keeps them. With a minus MXNet's
#: array is the negative of ours.
_ARRAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "SGD": ("-velocity",), "NAG": ("-velocity",), "Adam": ("m", "v"), "AdaGrad": ("history",),
    "RMSProp": ("n", "g", "delta"), "AdaDelta": ("g", "delta"), "Ftrl": ("z", "n"), "Adamax": ("m", "u"),
    "Nadam": ("m", "v"), "Signum": ("v",),
}  # fmt: skip
#: Those that keep one array, or none, instead of a tuple.
_SINGLE: Final = ("SGD", "NAG", "AdaGrad", "Signum")
#: What every optimizer has, under MXNet's names.
_COMMON: Final = ("rescale_grad", "lr", "wd", "lr_mult", "wd_mult", "begin_num_update", "num_update", "clip_gradient",
                  "idx2name")  # fmt: skip
#: Attributes of which nothing depends here.
_INERT: Final = {"multi_precision": False, "sym_info": (), "allow_np_array": False}


def saved(updater: opt.Updater) -> tuple[dict[Any, Any], Instance]:
    """(arrays by index, optimizer) as MXNet pickles them."""
    optimizer = updater.optimizer
    name = type(optimizer).__name__
    if name not in _ARRAYS or type(optimizer) is not getattr(opt, name, None):
        message = (
            f"save_states: {type(optimizer).__qualname__} is not offered; those of MXNet are: {', '.join(_ARRAYS)}"
        )
        raise make(NotOfferedError, message)
    counts = dict(optimizer._index_update_count)
    attributes: dict[str, Any] = {own: _plain(getattr(optimizer, own)) for own in _COMMON} | _INERT
    attributes |= {"_all_index_update_counts": {0: counts}, "_index_update_count": counts}
    attributes |= {"aggregate_num": 4 if name == "SGD" else 0, "lr_scheduler": _schedule(optimizer.lr_scheduler)}
    attributes |= {own: _plain(getattr(optimizer, own)) for own in _own(type(optimizer)).values()}
    rule = getattr(optimizer, "rule", None)
    if isinstance(rule, rules.Nadam):
        attributes["m_schedule"] = rule.product[0]
    states = {index: _written(name, state) for index, state in updater.states.items()}
    return states, files.optimizer(name, attributes)


def _own(kind: type[opt.Optimizer]) -> dict[str, str]:
    """Argument -> attribute of what an optimizer has beyond the common."""
    parameters = inspect.signature(kind).parameters.values()
    own = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name not in ("learning_rate",)]
    return {name: "float_stable_eps" if name == "eps" else name for name in own}


def _plain(value: Any) -> Any:
    """Numbers of NumPy as Python's."""
    return value.item() if isinstance(value, np.generic) else value


def _schedule(scheduler: Any) -> Instance | None:
    if scheduler is None:
        return None
    name = type(scheduler).__name__
    if name not in files.SCHEDULES or type(scheduler) is not getattr(lr_scheduler, name):
        message = f"save_states: the schedule {type(scheduler).__qualname__} is not offered; MXNet's own are"
        raise make(NotOfferedError, message)
    return files.schedule(name, {own: _plain(value) for own, value in vars(scheduler).items()})


def _written(name: str, state: Mapping[str, tensor.Tensor]) -> Any:
    """One parameter's arrays as MXNet keeps them."""
    found = []
    for own in _ARRAYS[name]:
        held = state.get(own.removeprefix("-"))
        if held is not None:
            values = held.backend.to_numpy(held.native)
            found.append(-values if own.startswith("-") else values)
    return tuple(found) if name not in _SINGLE else found[0] if found else None


def restored(content: Any, optimizer: opt.Optimizer, shapes: Mapping[Any, tuple[int, ...]]) -> opt.Updater:
    """The updater that a file describes; one without an optimizer goes on with the given one."""
    with_optimizer = isinstance(content, tuple) and len(content) == 2 and isinstance(content[1], Instance)
    states, described = content if with_optimizer else (content, None)
    if not isinstance(states, dict):
        raise make(StateError, f"load_states: expected arrays by index, got {type(states).__name__}", ValueError)
    chosen = optimizer if described is None else _optimizer(described)
    updater = opt.Updater(chosen)
    for index, arrays in states.items():
        updater.states[index] = _read(type(chosen).__name__, index, arrays, shapes)
    return updater


def _optimizer(described: Instance) -> opt.Optimizer:
    attributes: dict[Any, Any] = dict(described.attributes)
    if attributes.get("multi_precision"):
        raise make(NotOfferedError, "load_states: multi_precision=True is not offered")
    kind: type[opt.Optimizer] = getattr(opt, described.kind.name)
    absent = [own for own in (*_COMMON, *_own(kind).values()) if own not in attributes]
    if absent:
        raise make(StateError, f"load_states: {kind.__name__} without {', '.join(absent)}", ValueError)
    made = kind(**{argument: attributes[own] for argument, own in _own(kind).items()})
    for own in _COMMON:
        setattr(made, own, attributes[own])
    made.lr_scheduler = _scheduler(attributes.get("lr_scheduler"))
    made._counts = dict(attributes.get("_index_update_count", {}))
    rule = getattr(made, "rule", None)
    if isinstance(rule, rules.Nadam):
        rule.product[0] = float(attributes["m_schedule"])
    return made


def _scheduler(described: Instance | None) -> Any:
    if described is None:
        return None
    kind = getattr(lr_scheduler, described.kind.name)
    made = object.__new__(kind)
    vars(made).update(described.attributes)
    return made


def _read(name: str, index: Any, arrays: Any, shapes: Mapping[Any, tuple[int, ...]]) -> dict[str, tensor.Tensor]:
    found = () if arrays is None else (arrays,) if isinstance(arrays, np.ndarray) else tuple(arrays)
    names = _ARRAYS.get(name, ())
    expected = shapes.get(index)
    for values in found:
        fits = isinstance(values, np.ndarray) and (expected is None or values.shape == expected)
        if not fits or len(found) > len(names) or index not in shapes:
            got = getattr(values, "shape", type(values).__name__)
            message = f"load_states: parameter {index} has the shape {expected}, its state in the file {got}"
            raise make(StateError, message, ValueError)
    return {
        own.removeprefix("-"): tensor.Tensor.from_numpy(-values if own.startswith("-") else values)
        for own, values in zip(names, found, strict=False)
    }
