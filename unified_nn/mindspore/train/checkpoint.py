"""`ModelCheckpoint`: checkpoints while a model is trained."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.mindspore.nn.cell import Cell
from unified_nn.mindspore.train.callback import Callback, RunContext
from unified_nn.mindspore.train.serialization import save_checkpoint
from unified_nn.tensor import Tensor as Core

_COUNTED: Final = ("epoch_num", "step_num")


class CheckpointConfig:
    """When checkpoints are saved and how many are kept.

    A number of steps overrules a number of seconds, and a largest number of files a number of minutes.
    """

    def __init__(
        self, save_checkpoint_steps: int | None = 1, save_checkpoint_seconds: int | None = 0,
        keep_checkpoint_max: int | None = 5, keep_checkpoint_per_n_minutes: int | None = 0,
        integrated_save: bool = True, async_save: Any = False, saved_network: Cell | None = None,
        append_info: list[Any] | None = None, enc_key: bytes | None = None, enc_mode: str = "AES-GCM",
        exception_save: bool = False, crc_check: bool = False, remove_redundancy: bool = False, format: str = "ckpt",
        **kwargs: Any,
    ) -> None:  # fmt: skip
        numbers = (save_checkpoint_steps, save_checkpoint_seconds, keep_checkpoint_max, keep_checkpoint_per_n_minutes)
        for number in numbers:
            if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
                raise _wrong(f"the input value must be int and must >= 0, but got {number!r}", ValueError)
        if not any(numbers):
            raise _wrong("the steps, seconds, keep_checkpoint_max and minutes can't be all None or 0", ValueError)
        if saved_network is not None and not isinstance(saved_network, Cell):
            raise _wrong(f"'saved_network' must be None or Cell, but got {type(saved_network)}", TypeError)
        refused = {
            "enc_key": enc_key,
            "exception_save": exception_save,
            "remove_redundancy": remove_redundancy,
            **kwargs,
        }
        for name, value in refused.items():
            if value:
                raise make(NotOfferedError, f"{name}={value!r} is not offered", None, _CONFIG)
        if keep_checkpoint_per_n_minutes and not keep_checkpoint_max:
            raise make(NotOfferedError, "keep_checkpoint_per_n_minutes is not offered", None, _CONFIG)
        self.save_checkpoint_steps = save_checkpoint_steps
        self.save_checkpoint_seconds = None if save_checkpoint_steps else save_checkpoint_seconds
        self.keep_checkpoint_max = keep_checkpoint_max or 1
        self.keep_checkpoint_per_n_minutes = None if keep_checkpoint_max else keep_checkpoint_per_n_minutes
        self.integrated_save, self.async_save, self.saved_network = integrated_save, async_save, saved_network
        self.append_dict = _appended(append_info)
        self.enc_key, self.enc_mode, self.crc_check, self.format = enc_key, enc_mode, crc_check, format

    def get_checkpoint_policy(self) -> dict[str, Any]:
        """When, how many, and of which network."""
        names = (
            "save_checkpoint_steps", "save_checkpoint_seconds", "keep_checkpoint_max", "keep_checkpoint_per_n_minutes",
            "saved_network",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


_CONFIG: Final = "mindspore.train.CheckpointConfig"


def _wrong(message: str, kind: type[Exception], where: str = _CONFIG) -> Exception:
    return make(ArgumentError, message, kind, where)


def _appended(info: Any) -> dict[str, Any] | None:
    if not info:
        return None
    if not isinstance(info, list):
        raise _wrong(f"the type of 'append_info' must be list, but got {type(info)}", TypeError)
    found: dict[str, Any] = {}
    for element in info:
        if isinstance(element, Mapping):
            for name, value in element.items():
                if not isinstance(name, str) or not isinstance(value, (int, float, bool, str, Core)):
                    raise _wrong(f"'append_info' takes str: number, text or tensor, got {name!r}: {value!r}", TypeError)
                found[name] = value
        elif isinstance(element, str):
            if element not in _COUNTED:
                raise _wrong(f"an element of 'append_info' must be in {_COUNTED}, but got {element!r}", ValueError)
            found[element] = 0
        else:
            raise _wrong(f"an element of 'append_info' must be str or dict, but got {type(element)}", TypeError)
    return found


class ModelCheckpoint(Callback):
    """Save the network in training, with the optimizer's state, as `directory/prefix-epoch_step.ckpt`."""

    def __init__(
        self, prefix: str | Callable[[Any], str] = "CKP", directory: str | Callable[[Any], str] | None = None,
        config: CheckpointConfig | None = None,
    ) -> None:  # fmt: skip
        where = "mindspore.train.ModelCheckpoint"
        if not callable(prefix):
            _check_prefix(prefix)
        if config is not None and not isinstance(config, CheckpointConfig):
            raise _wrong(f"the type of 'config' should be CheckpointConfig, but got {type(config)}", TypeError, where)
        if directory is not None and not callable(directory) and not isinstance(directory, str):
            raise _wrong(f"the argument 'directory' should be str, but got {type(directory)}", TypeError, where)
        self._prefix, self._config = prefix, config or CheckpointConfig()
        self._directory = os.fspath(Path.cwd()) if directory is None else directory
        self._last_step, self._last_time = 0, time.monotonic()
        self.latest_ckpt_file_name = ""
        if not callable(self._directory):
            Path(self._directory).mkdir(parents=True, exist_ok=True)
            if not callable(prefix):
                self._prefix = _unused(Path(self._directory), prefix)

    def step_end(self, run_context: RunContext) -> None:
        """Save where a step is due."""
        state = run_context.original_args()
        config = self._config
        if config.save_checkpoint_steps:
            is_due = state.cur_step_num >= self._last_step + config.save_checkpoint_steps
        else:
            now = time.monotonic()
            is_due = bool(config.save_checkpoint_seconds) and now - self._last_time > (
                config.save_checkpoint_seconds or 0
            )
            self._last_time = now if is_due else self._last_time
        if is_due:
            self._save(state)

    def end(self, run_context: RunContext) -> None:
        """Save the last step."""
        self._save(run_context.original_args())

    def _save(self, state: Any) -> None:
        if state.cur_step_num == self._last_step:
            return
        config, step = self._config, int((state.cur_step_num - 1) % state.batch_num + 1)
        folder = Path(self._directory(state) if callable(self._directory) else self._directory)
        folder.mkdir(parents=True, exist_ok=True)
        if callable(self._prefix):
            prefix = _check_prefix(self._prefix(state))
            path = folder / f"{prefix}.{config.format}"
        else:
            prefix = self._prefix
            path = folder / f"{prefix}-{state.cur_epoch_num}_{step}.{config.format}"
        self._make_room(folder, prefix)
        numbers = {"epoch_num": state.cur_epoch_num, "step_num": state.cur_step_num}
        about = {name: numbers.get(name, value) for name, value in (config.append_dict or {}).items()}
        network = state.train_network if config.saved_network is None else config.saved_network
        save_checkpoint(
            network, os.fspath(path), config.integrated_save, config.async_save, about or None,
            crc_check=config.crc_check, format=config.format,
        )  # fmt: skip
        self._last_step, self.latest_ckpt_file_name = state.cur_step_num, os.fspath(path)

    def _make_room(self, folder: Path, prefix: str) -> None:
        """Remove the oldest of this prefix while as many as may be kept are there."""
        present = [path for path in folder.glob(f"*.{self._config.format}") if path.name.startswith(f"{prefix}-")]
        present.sort(key=lambda path: path.stat().st_mtime_ns)
        for path in present[: max(0, len(present) - self._config.keep_checkpoint_max + 1)]:
            path.unlink()


def _check_prefix(prefix: Any) -> str:
    if not isinstance(prefix, str) or "/" in prefix:
        message = f"'prefix' must be callable or a string that does not contain '/', but got {prefix!r}"
        raise _wrong(message, ValueError, "mindspore.train.ModelCheckpoint")
    return prefix


def _unused(folder: Path, prefix: str) -> str:
    """The prefix with a number behind it where an earlier training left files of it."""
    number = 0
    for path in folder.iterdir():
        rest = path.name.removeprefix(prefix)
        if path.suffix not in (".ckpt", ".safetensors") or rest == path.name:
            continue
        if rest.startswith("-"):
            number = max(number, 1)
        elif rest.startswith("_") and rest[1:].partition("-")[0].isdigit():
            number = max(number, int(rest[1:].partition("-")[0]) + 1)
    return f"{prefix}_{number}" if number else prefix


__all__ = ["CheckpointConfig", "ModelCheckpoint"]
