"""Blocks in .params files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unified_nn.errors import ArgumentError, StateError, make
from unified_nn.mxnet.ndarray.files import read, write

if TYPE_CHECKING:
    from unified_nn.mxnet.gluon.block import Block


def save(block: Block, filename: str, deduplicate: bool) -> None:
    """Every array under the names of attributes; shared ones under each name, or once."""
    parameters = block._collect_params_with_prefix()
    if deduplicate:  # MXNet keeps the last name
        last = {id(parameter): name for name, parameter in parameters.items()}
        parameters = {name: parameter for name, parameter in parameters.items() if last[id(parameter)] == name}
    write(filename, {name: parameter.data().numpy() for name, parameter in parameters.items()})


def load(
    block: Block, filename: str, ctx: Any, allow_missing: bool, ignore_extra: bool, cast_dtype: bool, dtype_source: str
) -> None:
    """Take the arrays of a file; all names are checked before anything is changed."""
    if dtype_source not in ("current", "saved"):
        raise make(ArgumentError, f"dtype_source={dtype_source!r}, expected current or saved", AssertionError)
    wanted = block._collect_params_with_prefix()
    arrays, _ = read(filename)
    if arrays and wanted and not any("." in name for name in arrays) and any("." in name for name in wanted):
        block.collect_params().load(filename, ctx, allow_missing, ignore_extra, block.prefix, cast_dtype, dtype_source)
        return
    shared: dict[int, list[str]] = {}
    for name, parameter in wanted.items():
        shared.setdefault(id(parameter), []).append(name)
    missing = [name for name, p in wanted.items() if not any(other in arrays for other in shared[id(p)])]
    if missing and not allow_missing:
        message = (
            f"Parameter {missing[0]!r} is missing in file {filename!r}, which contains parameters: "
            f"{', '.join(list(arrays)[:10])}. Please make sure source and target networks have the same prefix."
        )
        raise make(StateError, message, AssertionError)
    extra = [name for name in arrays if name not in wanted]
    if extra and not ignore_extra:
        message = (
            f"Parameter {extra[0]!r} loaded from file {filename!r} is not present in this block, which contains "
            f"{', '.join(list(wanted)[:10])}"
        )
        # Names without a dot are read as those of a ParameterDict, which raises another class.
        raise make(StateError, message, ValueError if any("." in name for name in arrays) else AssertionError)
    for name, values in arrays.items():
        if name in wanted:
            wanted[name].load(values, ctx, cast_dtype, dtype_source)
