"""`mxnet.model`: checkpoints of symbolic networks, a graph and the arrays of its variables."""

from __future__ import annotations

from collections.abc import Mapping

from unified_nn.errors import StateError
from unified_nn.mxnet import symbol as symbols
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.ndarray import NDArray, files
from unified_nn.mxnet.symbol import Symbol
from unified_nn.vocabulary.missing import refuse

Params = dict[str, NDArray]


def save_checkpoint(
    prefix: str, epoch: int, symbol: Symbol | None, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray],
    remove_amp_cast: bool = True,
) -> None:  # fmt: skip
    """Write `prefix-symbol.json`, unless there is no symbol, and `prefix-0000.params`."""
    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json")
    arrays = {f"arg:{name}": array for name, array in arg_params.items()}
    arrays |= {f"aux:{name}": array for name, array in aux_params.items()}
    files.save(f"{prefix}-{epoch:04d}.params", arrays)


def load_params(prefix: str, epoch: int) -> tuple[Params, Params]:
    """The arrays of the arguments and of the auxiliary states, by name."""
    path = f"{prefix}-{epoch:04d}.params"
    found = files.load(path)
    if not isinstance(found, dict):
        raise failure(StateError, "load_params", f"{path} has no names", ValueError)
    kinds: dict[str, Params] = {"arg": {}, "aux": {}}
    for full, array in found.items():
        kind, _, name = full.partition(":")
        if kind in kinds:
            kinds[kind][name] = array
    return kinds["arg"], kinds["aux"]


def load_checkpoint(prefix: str, epoch: int) -> tuple[Symbol, Params, Params]:
    """The graph, the arrays of its arguments, and those of its auxiliary states."""
    return symbols.load(f"{prefix}-symbol.json"), *load_params(prefix, epoch)


__getattr__ = refuse("mxnet.model", globals(), {"FeedForward": "run the symbol with gluon.SymbolBlock"})
