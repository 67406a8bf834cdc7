"""Checkpoints: MindSpore's own files, read and written without MindSpore."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, NotOfferedError, ShapeError, make
from unified_nn.mindspore.common.parameter import Parameter
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell

_FORMATS = {"ckpt": "mindspore", "safetensors": "safetensors"}


def _only_default(where: str, **options: Any) -> None:
    asked = [name for name, value in options.items() if value]
    if asked:
        raise make(NotOfferedError, f"{', '.join(asked)} not offered", None, f"mindspore.{where}")


def _file_format(format: str, where: str) -> str:
    if format not in _FORMATS:
        message = f"format={format!r} is not one of {', '.join(map(repr, _FORMATS))}"
        raise make(ArgumentError, message, ValueError, f"mindspore.{where}")
    return _FORMATS[format]


def _arrays(save_obj: Any) -> dict[str, np.ndarray[Any, Any]]:
    if isinstance(save_obj, Cell):
        return {p.name: p.numpy() for p in save_obj.get_parameters()}
    if isinstance(save_obj, Mapping):
        return {name: value.numpy() for name, value in save_obj.items()}
    if isinstance(save_obj, list):
        return {item["name"]: item["data"].numpy() for item in save_obj}
    message = f"the save_obj must be a Cell, a list of dictionaries or a dictionary, but got {type(save_obj)}"
    raise make(ArgumentError, message, TypeError, "mindspore.save_checkpoint")


def save_checkpoint(
    save_obj: Any, ckpt_file_name: str | os.PathLike[str], integrated_save: bool = True, async_save: Any = False,
    append_dict: Mapping[str, Any] | None = None, enc_key: bytes | None = None, enc_mode: str = "AES-GCM",
    choice_func: Any = None, crc_check: bool = False, format: str = "ckpt",
) -> None:  # fmt: skip
    """Write all parameters of a network to a file, which real MindSpore reads."""
    from unified_nn.port import formats

    chosen = _file_format(format, "save_checkpoint")
    _only_default("save_checkpoint", async_save=async_save, enc_key=enc_key, crc_check=crc_check)
    arrays = _arrays(save_obj)
    if choice_func is not None:
        arrays = {name: array for name, array in arrays.items() if choice_func(name)}
    for name, value in (append_dict or {}).items():
        arrays[name] = (value if isinstance(value, core.Tensor) else Tensor(value)).numpy()
    path = Path(ckpt_file_name)
    suffix = f".{format}"
    formats.write(path if path.name.endswith(suffix) else path.with_name(path.name + suffix), arrays, chosen)


def load_checkpoint(
    ckpt_file_name: str | os.PathLike[str], net: Cell | None = None, strict_load: bool = False,
    filter_prefix: Any = None, dec_key: bytes | None = None, dec_mode: str = "AES-GCM", specify_prefix: Any = None,
    choice_func: Any = None, crc_check: bool = False, remove_redundancy: bool = False, format: str = "ckpt",
) -> dict[str, Parameter]:  # fmt: skip
    """name -> parameter from a file, and into `net` where one is given."""
    from unified_nn.port import formats

    _file_format(format, "load_checkpoint")
    _only_default("load_checkpoint", dec_key=dec_key, crc_check=crc_check, remove_redundancy=remove_redundancy)
    found: dict[str, Parameter] = {}
    with formats.read(ckpt_file_name) as weights:
        for name in weights:
            if _wanted(name, filter_prefix, specify_prefix) and (choice_func is None or choice_func(name)):
                found[name] = Parameter(Tensor.from_numpy(np.array(weights[name])), name=name)
    if not found:
        message = f"the loaded parameter dictionary of {os.fspath(ckpt_file_name)!r} is empty; check the prefixes"
        raise make(ArgumentError, message, ValueError, "mindspore.load_checkpoint")
    if net is not None:
        load_param_into_net(net, found, strict_load)
    return found


def _prefixes(given: Any) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


def _wanted(name: str, filtered: Any, specified: Any) -> bool:
    wanted = _prefixes(specified)
    return not name.startswith(_prefixes(filtered) or ("\0",)) and (not wanted or name.startswith(wanted))


def load_param_into_net(
    net: Cell, parameter_dict: Mapping[str, Any], strict_load: bool = False, remove_redundancy: bool = False
) -> tuple[list[str], list[str]]:
    """Give the parameters the values of the same names; the names that only the net, and only the dictionary, has."""
    where = "mindspore.load_param_into_net"
    if not isinstance(net, Cell):
        raise make(ArgumentError, f"the argument 'net' should be a Cell, but got {type(net)}", TypeError, where)
    if not isinstance(parameter_dict, Mapping):
        message = f"the argument 'parameter_dict' should be a dict, but got {type(parameter_dict)}"
        raise make(ArgumentError, message, TypeError, where)
    _only_default("load_param_into_net", remove_redundancy=remove_redundancy)
    missing, used = [], set()
    for p in net.get_parameters():
        value = parameter_dict.get(p.name)
        if value is None:
            missing.append(p.name)
            continue
        if value._shape != p._shape:
            message = f"{p.name} should have the same shape in net and file, but got {p.shape} and {value._shape}"
            raise make(ShapeError, message, RuntimeError, where)
        used.add(p.name)
        p.set_data(value)
    return missing, [name for name in parameter_dict if name not in used]


__all__ = ["load_checkpoint", "load_param_into_net", "save_checkpoint"]
