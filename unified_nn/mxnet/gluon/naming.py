"""Names of blocks and parameters: `dense0_weight`, counted per class and per scope."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from unified_nn.mxnet import name as symbol_names
from unified_nn.mxnet.gluon.parameter_dict import ParameterDict

if TYPE_CHECKING:
    from unified_nn.mxnet.gluon.block import Block

_counts: dict[str, int] = {}


def numbered(hint: str, counts: dict[str, int]) -> str:
    """hint0, hint1, ... by the counts."""
    number = counts.get(hint, 0)
    counts[hint] = number + 1
    return f"{hint}{number}"


class BlockScope:
    """`with block.name_scope():` blocks and symbols made inside get the block's prefix, and are counted anew."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._counts: dict[str, int] = {}
        self._tokens: list[Any] = []

    def __enter__(self) -> BlockScope:
        if self._block._empty_prefix:
            self._tokens.append(None)
        else:
            names = symbol_names.Prefix(self._block.prefix)
            names.__enter__()
            self._tokens.append((_current.set(self), names))
        return self

    def __exit__(self, *exc: object) -> None:
        entered = self._tokens.pop()
        if entered is not None:
            token, names = entered
            names.__exit__()
            _current.reset(token)


_current: ContextVar[BlockScope | None] = ContextVar("unified_nn_gluon_name_scope", default=None)


def prefix_and_params(prefix: str | None, params: ParameterDict | None, hint: str) -> tuple[str, ParameterDict]:
    """The prefix and the parameters of a new block, in the scope that is open."""
    scope = _current.get()
    if scope is None:
        own = numbered(hint, _counts) + "_" if prefix is None else prefix
        found = ParameterDict(own) if params is None else ParameterDict(params.prefix, params)
        return own, found
    own = numbered(hint, scope._counts) + "_" if prefix is None else prefix
    if params is None:
        parent = scope._block.params
        found = ParameterDict(parent.prefix + own, parent._shared)
    else:
        found = ParameterDict(params.prefix, params)
    return scope._block.prefix + own, found
