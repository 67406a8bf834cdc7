"""Checkpoints: MindSpore's own files, read and written without MindSpore."""

from __future__ import annotations

import io
import os
import tempfile
import warnings
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

import numpy as np

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, InputTypeError, NotOfferedError, StateError, UnifiedError, make
from unified_nn.mindspore.common.parameter import Parameter
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.train.loading import load_param_into_net
from unified_nn.port import formats
from unified_nn.port.formats import mindspore as checkpoint_file
from unified_nn.port.formats.atomic import replacing
from unified_nn.port.formats.pending import prepared

FORMATS: Final = ("ckpt", "safetensors")
_SAVE: Final = "mindspore.save_checkpoint"
_LOAD: Final = "mindspore.load_checkpoint"
_ENCRYPTED: Final = "encrypted checkpoints are not offered: decrypt with MindSpore, or leave out the key"
#: Arguments of parallel training, with the values that mean nothing else.
_PARALLEL: Final = {"map_param_inc": False, "global_step_num": None, "remove_redundancy": False}
Choice = Callable[[str], bool]
Entries = dict[str, "np.ndarray[Any, Any] | str"]


def save_checkpoint(
    save_obj: Any, ckpt_file_name: str, integrated_save: bool = True, async_save: Any = False,
    append_dict: Mapping[str, Any] | None = None, enc_key: bytes | None = None, enc_mode: str = "AES-GCM",
    choice_func: Choice | None = None, crc_check: bool = False, format: str = "ckpt", **kwargs: Any,
) -> None:  # fmt: skip
    """Write parameters to a file, which real MindSpore reads; the old file stays until the new one is complete.

    An asynchronous save is complete when the call returns, too; `integrated_save` is for parallel training. Empty
    parameters, which no checkpoint can hold, are warned of.
    """
    path = _target(save_obj, ckpt_file_name, format)
    _require(isinstance(integrated_save, bool), f"integrated_save must be a bool, got {integrated_save!r}", TypeError)
    if async_save not in (True, False, "thread", "process"):
        message = f"the argument 'async_save' can only be 'process' or 'thread', but got {async_save!r}"
        raise make(ArgumentError, message, ValueError, _SAVE)
    if enc_key is not None:
        raise make(NotOfferedError, _ENCRYPTED, ValueError if format == "safetensors" else None, _SAVE)
    for name, value in kwargs.items():
        if name not in _PARALLEL or value != _PARALLEL[name]:
            raise make(NotOfferedError, f"{name}={value!r} is not offered", None, _SAVE)
    entries = _entries(save_obj, choice_func)
    for name, value in _appended(append_dict).items():
        entries[name] = value if isinstance(value, str) else _appendable(value)
    for note in _write(path, entries, format, crc_check):
        warnings.warn(f"{_SAVE}: {path}: {note}", RuntimeWarning, stacklevel=2)


def _require(holds: bool, message: str, kind: type[Exception], where: str = _SAVE) -> None:
    if not holds:
        raise make(ArgumentError, message, kind, where)


def _target(save_obj: Any, name: Any, format: str) -> Path:
    _require(format in FORMATS, f"the format must be 'safetensors' or 'ckpt', but got {format!r}", ValueError)
    kind = type(save_obj)
    _require(
        isinstance(save_obj, (Cell, list, dict)), f"save_obj must be Cell, list or dict, but got {kind}", TypeError
    )
    _require(isinstance(name, str), f"'ckpt_file_name' must be string, but got {type(name)}", TypeError)
    _require(not Path(name).is_dir(), f"{name!r} is a directory, it must be a file name", IsADirectoryError)
    path = Path(name if name.endswith(format) else f"{name}.{format}")
    _require(path.absolute().parent.is_dir(), f"the folder of {os.fspath(path)!r} does not exist", FileNotFoundError)
    return path


def _entries(save_obj: Any, choice: Choice | None) -> Entries:
    """The arrays and texts by name."""
    if isinstance(save_obj, Cell):
        named = [(p.name, p) for p in save_obj.get_parameters()]
    elif isinstance(save_obj, dict):
        named = list(save_obj.items())
    else:
        named = [_named(item) for item in save_obj]
    found: Entries = {}
    for name, value in named:
        _require(isinstance(name, str), f"the names must be str, but got {type(name)}", TypeError)
        if choice is not None and not choice(name):
            continue
        if not isinstance(value, (core.Tensor, np.ndarray, str)):
            message = f"{name!r} should be a Parameter, an array or a text, but got {type(value)}"
            raise make(InputTypeError, message, TypeError, _SAVE)
        found[name] = value.numpy() if isinstance(value, core.Tensor) else value
    return found


def _named(item: Any) -> tuple[Any, Any]:
    """(name, values) of one element of a list: a parameter, or a dictionary with `name` and `data`."""
    if isinstance(item, dict) and {"name", "data"} <= item.keys():
        _require(isinstance(item["data"], core.Tensor), f"data must be a tensor, got {type(item['data'])}", TypeError)
        return item["name"], item["data"]
    message = f"a list must hold Parameters, or dictionaries with 'name' and 'data', but got {type(item)}"
    _require(isinstance(item, Parameter), message, TypeError)
    return item.name, item


def _appended(append_dict: Any) -> Mapping[str, Any]:
    if append_dict is None:
        return {}
    _require(isinstance(append_dict, dict), f"'append_dict' must be dict, but got {type(append_dict)}", TypeError)
    for name, value in append_dict.items():
        fits = isinstance(name, str) and isinstance(value, (int, float, bool, str, core.Tensor))
        message = f"'append_dict' takes str: int, float, bool, str or Tensor, got {type(name)}: {type(value)}"
        _require(fits, message, TypeError)
    return append_dict  # type: ignore[no-any-return]


def _appendable(value: Any) -> np.ndarray[Any, Any]:
    if isinstance(value, core.Tensor):
        return value.backend.to_numpy(value.native)
    return np.asarray(value, np.float32 if isinstance(value, float) else None)


def _write(path: Path, entries: Entries, format: str, crc_check: bool) -> list[str]:
    texts = {name: value for name, value in entries.items() if isinstance(value, str)}
    arrays = {name: value for name, value in entries.items() if not isinstance(value, str)}
    if format == "safetensors":
        if texts:
            message = f"safetensors files have no place for texts ({', '.join(texts)}); use format='ckpt'"
            raise make(ArgumentError, message, ValueError, _SAVE)
        about = {"format": "ms"} | ({"crc_num": str(_sum(arrays))} if crc_check else {})
        return list(formats.write(path, arrays, "safetensors", metadata=about))
    with prepared(path, arrays) as waiting, replacing(path) as target:
        return checkpoint_file.write(target, waiting, texts, checksum=crc_check)


def _sum(arrays: Mapping[str, np.ndarray[Any, Any]]) -> int:
    found = 0
    for name in sorted(arrays):
        found = zlib.crc32(arrays[name].tobytes(), zlib.crc32(name.encode(), found))
    return found


# ---- reading ----


def load_checkpoint(
    ckpt_file_name: Any, net: Cell | None = None, strict_load: bool = False, filter_prefix: Any = None,
    dec_key: bytes | None = None, dec_mode: str = "AES-GCM", specify_prefix: Any = None,
    choice_func: Choice | None = None, crc_check: bool = False, remove_redundancy: bool = False, format: str = "ckpt",
) -> dict[str, Any]:  # fmt: skip
    """name -> parameter, or text, from a file, and into `net` where one is given; checksums are always checked."""
    filtered, specified = _prefixes(filter_prefix), _prefixes(specify_prefix)
    if dec_key is not None:
        _require(isinstance(dec_key, bytes), f"'dec_key' must be bytes or None, but got {dec_key!r}", ValueError, _LOAD)
        raise make(NotOfferedError, _ENCRYPTED, None, _LOAD)
    if format == "safetensors" and (filtered or specified):
        message = "MindSpore ignores filter_prefix and specify_prefix of safetensors files; use choice_func"
        raise make(ArgumentError, message, ValueError, _LOAD)

    def is_wanted(name: str) -> bool:
        if filtered or specified:
            return not name.startswith(filtered or ("\0",)) and (not specified or name.startswith(specified))
        return choice_func is None or choice_func(name)

    try:
        found = _from_file(ckpt_file_name, format, is_wanted)
    except UnifiedError as error:
        if isinstance(error, formats.WeightFileError) and _is_empty(ckpt_file_name):
            found = {}
        else:
            raise
    if not found:
        message = (
            f"the loaded parameter dictionary of {str(ckpt_file_name)!r} is empty; check 'filter_prefix', "
            "'specify_prefix' and 'choice_func'"
        )
        raise make(ArgumentError, message, ValueError, _LOAD)
    if net is not None:
        load_param_into_net(net, found, strict_load, remove_redundancy)
    return found


def _is_empty(path: Any) -> bool:
    return isinstance(path, str) and Path(path).is_file() and Path(path).stat().st_size == 0


def _from_file(file: Any, format: str, is_wanted: Choice) -> dict[str, Any]:
    _require(format in FORMATS, f"the format must be 'safetensors' or 'ckpt', but got {format!r}", ValueError, _LOAD)
    if isinstance(file, io.BytesIO):
        _require(format == "safetensors", "ckpt don't support BytesIO, change to safetensors", TypeError, _LOAD)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "data.safetensors"
            path.write_bytes(file.read())
            return _read(path, format, is_wanted)
    _require(isinstance(file, str), f"'ckpt_file_name' must be string, but got {type(file)}", TypeError, _LOAD)
    message = f"the file's name must end with the format, but got file_name:{file!r}, format:{format!r}"
    _require(file.endswith(format), message, ValueError, _LOAD)
    _require(Path(file).exists(), f"the checkpoint file {file!r} does not exist", ValueError, _LOAD)
    return _read(Path(file), format, is_wanted)


def _read(path: Path, format: str, is_wanted: Choice) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with formats.read(path) as weights:
        expected = "mindspore" if format == "ckpt" else format
        if weights.format != expected:
            message = f"{path} is a file of format {weights.format!r}, not a {format}; read it with unified_nn.load"
            raise make(StateError, message, ValueError, _LOAD)
        # Safetensors files give parameters without a name of their own, in the order of names.
        for name in weights if format == "ckpt" else sorted(weights):
            if is_wanted(name):
                tensor = Tensor.from_numpy(np.array(weights[name]))
                found[name] = Parameter(tensor, name=name if format == "ckpt" else None)
        if format == "ckpt":
            found |= {name: str(text) for name, text in weights.metadata.items() if is_wanted(name)}
    return found


def _prefixes(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    message = f"'specify_prefix' and 'filter_prefix' must be str, or a list or tuple of str, but got {given!r}"
    _require(isinstance(given, (str, list, tuple)), message, TypeError, _LOAD)
    found = (given,) if isinstance(given, str) else tuple(given)
    _require(all(isinstance(prefix, str) for prefix in found), message, TypeError, _LOAD)
    _require(bool(found) and all(found), "'specify_prefix' and 'filter_prefix' can't be empty", ValueError, _LOAD)
    return found


def load_checkpoint_async(ckpt_file_name: Any, *args: Any, **kwargs: Any) -> Future[dict[str, Any]]:
    """The same as `load_checkpoint`, behind a future that is done when the call returns."""
    done: Future[dict[str, Any]] = Future()
    done.set_result(load_checkpoint(ckpt_file_name, *args, **kwargs))
    return done


# ---- one format from the other ----


def ckpt_to_safetensors(
    file_path: str, save_path: str | None = None, name_map: dict[str, str] | None = None,
    file_name_regex: str | None = None, processes_num: int = 1,
) -> None:  # fmt: skip
    """Write a .ckpt file again as .safetensors, beside it or in the folder `save_path`; names change by `name_map`."""
    _converted("ckpt_to_safetensors", file_path, save_path, name_map, file_name_regex, ("ckpt", "safetensors"))


def safetensors_to_ckpt(
    file_path: str, save_path: str | None = None, name_map: dict[str, str] | None = None,
    file_name_regex: str | None = None, processes_num: int = 1,
) -> None:  # fmt: skip
    """Write a .safetensors file again as .ckpt, beside it or in the folder `save_path`; names change by `name_map`."""
    _converted("safetensors_to_ckpt", file_path, save_path, name_map, file_name_regex, ("safetensors", "ckpt"))


def _converted(
    name: str, file_path: str, save_path: str | None, name_map: Any, regex: str | None, change: tuple[str, str]
) -> None:
    where, (source, target) = f"mindspore.{name}", change
    path = Path(file_path)
    if path.is_dir() or regex is not None:
        message = "folders of rank_* of parallel training, and file_name_regex, are not offered; give one file"
        raise make(NotOfferedError, message, None, where)
    _require(path.is_file(), f"the input must be a file or a folder, but got {file_path!r}", ValueError, where)
    _require(path.suffix == f".{source}", f"the input must be a .{source} file, got {file_path!r}", ValueError, where)
    is_folder = save_path is None or not Path(save_path).suffix
    _require(is_folder, f"the save_path must be a folder, but got {save_path!r}", ValueError, where)
    is_map = name_map is None or isinstance(name_map, dict)
    _require(is_map, f"'name_map' must be a dict, but got {type(name_map)}", ValueError, where)
    folder = path.parent if save_path is None else Path(save_path)
    folder.mkdir(parents=True, exist_ok=True)
    found = load_checkpoint(os.fspath(path), format=source)
    renamed = {(name_map or {}).get(name, name): value for name, value in found.items()}
    save_checkpoint(renamed, os.fspath(folder / f"{path.stem}.{target}"), format=target)


__all__ = [
    "ckpt_to_safetensors", "load_checkpoint", "load_checkpoint_async", "load_param_into_net", "safetensors_to_ckpt",
    "save_checkpoint",
]  # fmt: skip
