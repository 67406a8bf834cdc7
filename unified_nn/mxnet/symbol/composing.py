"""Building nodes: which arguments of a call are arrays and which attributes, and graphs put into graphs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from unified_nn.errors import ArgumentError, InputTypeError, make
from unified_nn.mxnet.base import failure
from unified_nn.mxnet.symbol.attributes import as_text
from unified_nn.mxnet.symbol.graph import Entry, Node, ordered
from unified_nn.mxnet.symbol.operators import Operator, Settings

if TYPE_CHECKING:
    from unified_nn.mxnet.symbol.symbol import Symbol


def bound(
    operator: Operator, args: tuple[Any, ...], kwargs: Mapping[str, Any], kind: type
) -> tuple[dict[str, Entry], dict[str, str]]:
    """The arrays by name and the attributes as text; only what the call says, no defaults."""
    if operator.is_variadic:
        arrays = {str(i): _entry(operator, f"argument {i}", value, kind) for i, value in enumerate(args)}
        named = {n: v for n, v in kwargs.items() if isinstance(v, kind)}
        arrays.update({n: _entry(operator, n, v, kind) for n, v in named.items()})
        texts = {n: as_text(n, v) for n, v in kwargs.items() if n not in named}
        texts.setdefault("num_args", str(len(arrays)))
        return arrays, texts
    names = [*operator.arrays, *(n for n in operator.parameters if n not in operator.arrays)]
    if len(args) > len(names):
        raise TypeError(f"{operator.name}() takes {len(names)} positional arguments but {len(args)} were given")
    given = dict(zip(names, args, strict=False))
    twice = given.keys() & kwargs.keys()
    if twice:
        raise TypeError(f"{operator.name}() got multiple values for argument {sorted(twice)[0]!r}")
    given.update(kwargs)
    found: dict[str, Entry] = {}
    texts = {}
    for name, value in given.items():
        if name in operator.arrays:
            if value is not None:
                found[name] = _entry(operator, name, value, kind)
        elif isinstance(value, kind):
            raise failure(ArgumentError, operator.name, f"{name} is an attribute and takes no Symbol")
        elif value is not inspect.Parameter.empty:
            texts[name] = as_text(name, value)
    return found, texts


def _entry(operator: Operator, name: str, value: Any, kind: type) -> Entry:
    if not isinstance(value, kind):
        message = f"{name} must be a Symbol, got {type(value).__name__}"
        raise make(InputTypeError, message, AssertionError, operator.name)
    entries: list[Entry] = value._entries  # type: ignore[attr-defined]
    if len(entries) != 1:
        message = f"{name} has {len(entries)} outputs, expected one; take one of them by its number"
        raise failure(ArgumentError, operator.name, message)
    return entries[0]


def changing(operator: Operator, settings: Settings, inputs: list[Entry]) -> list[Entry]:
    """The inputs, with the count of changes of each variable that the operator changes."""
    if not operator.states:
        return inputs
    found = []
    for name, entry in zip(operator.takes(settings), inputs, strict=True):
        if name in operator.states and entry.node.operator is None:
            entry.node.version += 1
            entry = Entry(entry.node, 0, entry.node.version)
        found.append(entry)
    return found


def replaced(symbol: Symbol, args: Sequence[Symbol], kwargs: dict[str, Any]) -> Symbol:
    """A copy of the graph whose variables are the given symbols."""
    name = kwargs.pop("name", None)
    if args and kwargs:
        message = "compose only accept input Symbols either as positional or keyword arguments, not both"
        raise make(InputTypeError, message, TypeError)
    kind = type(symbol)
    given = dict(zip(symbol.list_arguments(), args, strict=False)) if args else kwargs
    if any(not isinstance(value, kind) for value in given.values()):
        raise make(InputTypeError, "Compose expect `Symbol` as arguments", TypeError)
    unknown = [n for n in given if n not in symbol.list_inputs()]
    if unknown:
        message = (
            f"keyword argument name {unknown[0]} not found: the variables are {', '.join(symbol.list_inputs()[:20])}"
        )
        raise failure(ArgumentError, "compose", message)
    made: dict[int, Node] = {}
    inner: dict[str, Entry] = {n: value._entries[0] for n, value in given.items()}
    heads = {id(entry.node) for entry in symbol._entries}

    def moved(entry: Entry) -> Entry:
        node = entry.node
        if node.operator is None:
            return inner.get(node.name, entry)
        return Entry(made[id(node)], entry.index, entry.version)

    for node in ordered(symbol._entries):
        if node.operator is not None:
            title = name if name and id(node) in heads else node.name
            inputs = [moved(entry) for entry in node.inputs]
            made[id(node)] = Node(node.operator, title, dict(node.attributes), inputs, node.settings)
    return kind([moved(entry) for entry in symbol._entries])
