"""MXNet's symbols: one or more outputs of a graph that has not been computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from unified_nn.errors import ArgumentError, InputTypeError, MissingNameError, NotOfferedError, make, nearest
from unified_nn.mxnet import name as naming
from unified_nn.mxnet.base import MXNetError, failure
from unified_nn.mxnet.dtypes import resolve
from unified_nn.mxnet.symbol import composing
from unified_nn.mxnet.symbol.graph import Entry, Node, ordered
from unified_nn.mxnet.symbol.operators import INITIAL, OPERATORS, Operator
from unified_nn.mxnet.symbol.writing import FLAGS, graph_text

#: Methods that say that a graph has no values, and what has.
_EAGER = ("asnumpy", "asscalar", "backward", "copy", "detach", "wait_to_read", "as_in_context")


class Symbol:
    """Outputs of a graph; operators and Python's arithmetic make larger ones."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = list(entries)

    # -- what it is --

    @property
    def name(self) -> str | None:
        """The name of the node; None of a group."""
        nodes = {id(entry.node) for entry in self._entries}
        return self._entries[0].node.name if len(nodes) == 1 else None

    def __repr__(self) -> str:
        if self.name is None:
            return f"<{type(self).__name__} group [{', '.join(str(part.name) for part in self)}]>"
        return f"<{type(self).__name__} {self.name}>"

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Symbol]:
        return (Symbol([entry]) for entry in self._entries)

    def __getitem__(self, index: int | str | slice) -> Symbol:
        """One output, by its number or its name."""
        if isinstance(index, slice):
            return Symbol(self._entries[index])
        if isinstance(index, str):
            names = self.list_outputs()
            if names.count(index) != 1:
                reason = "There are multiple outputs with" if index in names else "Cannot find output that matches"
                message = f"{reason} name {index!r}.{nearest(index, names)}"
                raise make(ArgumentError, message, ValueError)
            index = names.index(index)
        if not isinstance(index, int):
            raise make(InputTypeError, f"Symbol takes a number or a name, got {type(index).__name__}", TypeError)
        if index >= len(self._entries):
            raise IndexError(f"output {index} of {len(self._entries)}")
        return Symbol([self._entries[index]])

    def __bool__(self) -> bool:
        raise _no_values("the truth value of a Symbol")

    def __hash__(self) -> int:
        return id(self) >> 4

    def __copy__(self) -> Symbol:
        return Symbol(self._entries)

    def __deepcopy__(self, memo: dict[int, Any]) -> Symbol:
        return composing.replaced(self, (), {})

    def __reduce__(self) -> tuple[Any, ...]:
        from unified_nn.mxnet.symbol.reading import load_json

        return load_json, (self.tojson(),)

    def __getattr__(self, name: str) -> Any:
        message = f"'Symbol' object has no attribute {name!r}"
        if name in ("shape", "dtype", "size", "ndim", "T", "context", "ctx", "grad"):
            message += (
                ": a graph has no values; infer_shape tells shapes, and F.shape_array and F.reshape_like use them"
            )
        elif not name.startswith("_"):
            message += nearest(name, dir(type(self)))
        raise make(MissingNameError, message)

    # -- lists --

    def _nodes(self) -> list[Node]:
        return ordered(self._entries)

    def _states(self) -> set[int]:
        return {id(state) for node in self._nodes() for state in node.states()}

    def list_inputs(self) -> list[str]:
        """The names of all variables."""
        return [node.name for node in self._nodes() if node.operator is None]

    def list_arguments(self) -> list[str]:
        """The names of the variables that are no auxiliary states."""
        states = self._states()
        return [node.name for node in self._nodes() if node.operator is None and id(node) not in states]

    def list_auxiliary_states(self) -> list[str]:
        """The names of the variables that operators change, such as moving means."""
        states = self._states()
        return [node.name for node in self._nodes() if node.operator is None and id(node) in states]

    def list_outputs(self) -> list[str]:
        """The names of the outputs."""
        return [entry.node.output_name(entry.index) for entry in self._entries]

    def get_internals(self) -> Symbol:
        """All outputs of all nodes below, as one group."""
        return Symbol([Entry(node, i) for node in self._nodes() for i in range(len(node.outputs))])

    def get_children(self) -> Symbol | None:
        """What the nodes of the outputs take, as one group; None of variables."""
        nodes = {id(entry.node): entry.node for entry in self._entries}.values()
        below = [entry for node in nodes for entry in node.inputs]
        return Symbol(below) if below else None

    # -- attributes --

    def attr(self, key: str) -> str | None:
        """The text of one attribute of the node."""
        return self._node("attr").attributes.get(key)

    def list_attr(self) -> dict[str, str]:
        """The attributes of the node."""
        return dict(self._node("list_attr").attributes)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """The attributes of every node that has any, by its name."""
        return {node.name: dict(sorted(node.attributes.items())) for node in self._nodes() if node.attributes}

    def _set_attr(self, **values: str) -> None:
        for key, value in values.items():
            if not isinstance(value, str):
                raise make(ArgumentError, "Set Attr only accepts string values", ValueError)
            self._node("_set_attr").attributes[key] = value

    def _node(self, what: str) -> Node:
        if self.name is None:
            raise failure(ArgumentError, what, "a group of outputs of several nodes has no attributes; take one output")
        return self._entries[0].node

    # -- files --

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """The graph as MXNet's JSON."""
        return graph_text(self._entries)

    def save(self, fname: str, remove_amp_cast: bool = True) -> None:
        """Write the graph as MXNet's JSON; the old file is kept until the new one is complete."""
        from pathlib import Path

        from unified_nn.port.formats.atomic import replacing

        text = self.tojson(remove_amp_cast).encode()
        with replacing(Path(fname)) as target:
            target.write(text)

    # -- other graphs --

    def __call__(self, *args: Symbol, **kwargs: Any) -> Symbol:
        """The graph with symbols in the places of its variables, by order or by name."""
        return composing.replaced(self, args, kwargs)

    # -- computing --

    def eval(self, ctx: Any = None, **kwargs: Any) -> list[Any]:
        """The outputs for arrays by the names of the variables."""
        from unified_nn.mxnet.symbol.running import Program

        missing = [name for name in self.list_inputs() if name not in kwargs]
        if missing:
            raise make(ArgumentError, f"eval: no array is given for {', '.join(missing[:10])}", ValueError)
        return Program(self._entries)(kwargs)

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """The shapes of the arguments, the outputs and the auxiliary states, from those that are given."""
        from unified_nn.mxnet.symbol.running import shapes

        return shapes(self, _by_name(self, args, kwargs))

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        raise make(NotOfferedError, "Symbol.infer_type is not offered; the arrays that are bound have the dtypes")

    def bind(self, *args: Any, **kwargs: Any) -> Any:
        message = (
            "Symbol.bind is not offered: run the symbol with eval, or with gluon.SymbolBlock, which also trains it"
        )
        raise make(NotOfferedError, message)

    simple_bind = bind

    def optimize_for(self, *args: Any, **kwargs: Any) -> Any:
        raise make(NotOfferedError, "Symbol.optimize_for is not offered; choose a backend of unified_nn")


def _no_values(what: str) -> Exception:
    message = f"{what} is not there: a symbol has no values before it is computed (eval, or gluon.SymbolBlock)"
    return make(NotOfferedError, message, MXNetError)


def _eager(name: str) -> Any:
    def method(self: Symbol, *args: Any, **kwargs: Any) -> Any:
        raise _no_values(f"Symbol.{name}")

    return method


for _name in _EAGER:
    setattr(Symbol, _name, _eager(_name))


def _by_name(symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    if args and kwargs:
        raise make(
            ArgumentError, "Can only specify known argument shapes either by positional or kwargs way.", ValueError
        )
    known = symbol.list_inputs()
    given = dict(zip(symbol.list_arguments(), args, strict=False)) if args else dict(kwargs)
    unknown = [name for name in given if name not in known]
    if unknown:
        message = f"argument name {unknown[0]} not found; the variables are {', '.join(known[:20])}"
        raise failure(ArgumentError, "infer_shape", message + nearest(unknown[0], known))
    return {name: tuple(shape) for name, shape in given.items() if shape is not None}


# ---- making symbols ------------------------------------------------------------------------------------------------


def var(
    name: str, attr: Mapping[str, str] | None = None, shape: Any = None, lr_mult: float | None = None,
    wd_mult: float | None = None, dtype: Any = None, init: Any = None, stype: str | None = None, **kwargs: Any,
) -> Symbol:  # fmt: skip
    """A variable: an input, a parameter or an auxiliary state; what is known of it is written into the graph."""
    if not isinstance(name, str):
        raise make(InputTypeError, f"Expect a string for variable `name`, got {type(name).__name__}", TypeError)
    if stype not in (None, "default"):
        raise make(NotOfferedError, f"var {name}: stype={stype!r} is not offered; arrays are dense ('default')")
    attributes = dict(attr or {})
    known = {"shape": shape, "lr_mult": lr_mult, "wd_mult": wd_mult}
    attributes.update({f"__{key}__": str(value) for key, value in known.items() if value is not None})
    if dtype is not None:
        attributes["__dtype__"] = str(FLAGS[resolve(dtype).name])
    if init is not None:
        attributes["__init__"] = init if isinstance(init, str) else init.dumps()
    if stype is not None:
        attributes["__storage_type__"] = "0"
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            message = f"Attribute name={key} is not supported: additional attributes start and end with two underscores"
            raise make(ArgumentError, message, ValueError)
        attributes[key] = str(value)
    return Symbol([Entry(Node(None, name, attributes, [], {}))])


def Group(symbols: Sequence[Symbol]) -> Symbol:  # noqa: N802  MXNet's name
    """The outputs of several symbols as one."""
    if not symbols or any(not isinstance(symbol, Symbol) for symbol in symbols):
        raise make(InputTypeError, "Expected a list of symbols as input", TypeError)
    return Symbol([entry for symbol in symbols for entry in symbol._entries])


def apply(operator: Operator, hint: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Symbol:
    """A new node of the operator, as a call of its function in `mxnet.sym` makes it."""
    name, attr = kwargs.pop("name", None), kwargs.pop("attr", None)
    kwargs.pop("out", None)
    entries, attributes = composing.bound(operator, args, kwargs, Symbol)
    attributes.update(attr or {})
    settings = operator.settings(attributes)
    title = naming.current().get(name, hint)
    inputs = []
    if operator.is_variadic:
        inputs = list(entries.values())
    else:
        for array in operator.takes(settings):
            found = entries.pop(array, None)
            found = found or Entry(Node(None, f"{title}_{array}", dict(attributes), [], {}))
            if found.node.operator is None and (operator.name, array) in INITIAL:
                found.node.attributes.setdefault("__init__", INITIAL[operator.name, array])
            inputs.append(found)
        if entries:
            message = f"{next(iter(entries))} is given, but a node with these attributes does not take it"
            raise failure(ArgumentError, operator.name, message)
    node = Node(operator, title, attributes, composing.changing(operator, settings, inputs), settings)
    return Symbol([Entry(node, index) for index in range(len(node.outputs))])


# ---- arithmetic ----------------------------------------------------------------------------------------------------

#: Python's operator -> the operator on two symbols, on a symbol and a number, and with the number first.
_ARITHMETIC: dict[str, tuple[str, str, str | None]] = {
    "add": ("_Plus", "_PlusScalar", "_PlusScalar"), "sub": ("_Minus", "_MinusScalar", "_RMinusScalar"),
    "mul": ("_Mul", "_MulScalar", "_MulScalar"), "truediv": ("_Div", "_DivScalar", "_RDivScalar"),
    "mod": ("_Mod", "_ModScalar", "_RModScalar"), "pow": ("_Power", "_PowerScalar", "_rpower_scalar"),
    "eq": ("_equal", "_equal_scalar", None), "ne": ("_not_equal", "_not_equal_scalar", None),
    "gt": ("_greater", "_greater_scalar", None), "ge": ("_greater_equal", "_greater_equal_scalar", None),
    "lt": ("_lesser", "_lesser_scalar", None), "le": ("_lesser_equal", "_lesser_equal_scalar", None),
}  # fmt: skip


def internal(name: str, /, *args: Any, **kwargs: Any) -> Symbol:
    """A node of an operator by this spelling, which also names it."""
    return apply(OPERATORS[name], name.lower(), args, kwargs)


#: The operators on two symbols, on a symbol and a number, and with the number first.
Spellings = tuple[str, str, str | None]


def of_two(names: Spellings, x: Any, y: Any) -> Any:
    """The node for two symbols, or for a symbol and a number."""
    pair, with_number, number_first = names
    if isinstance(x, Symbol) and isinstance(y, Symbol):
        return internal(pair, x, y)
    if isinstance(x, Symbol) and isinstance(y, (bool, int, float, np.number)):
        return internal(with_number, x, scalar=y)
    if isinstance(y, Symbol) and number_first is not None and isinstance(x, (bool, int, float, np.number)):
        return internal(number_first, y, scalar=x)
    other = y if isinstance(x, Symbol) else x
    message = f"type {type(other)} not supported: a Symbol goes together with symbols and numbers"
    raise make(InputTypeError, message, TypeError)


def _attach_arithmetic() -> None:
    for special, names in _ARITHMETIC.items():

        def method(self: Any, other: Any, names: Spellings = names) -> Any:
            return of_two(names, self, other)

        def swapped(self: Any, other: Any, names: Spellings = names) -> Any:
            return of_two(names, other, self)

        setattr(Symbol, f"__{special}__", method)
        if names[2] is not None:
            setattr(Symbol, f"__r{special}__", swapped)
            setattr(Symbol, f"__i{special}__", _refuse_in_place)


def _refuse_in_place(self: Any, other: Any) -> Any:
    raise make(NotOfferedError, "a Symbol cannot be changed in place; write x = x + y", MXNetError)


def _negated(self: Symbol) -> Symbol:
    return internal("_MulScalar", self, scalar=-1.0)


_attach_arithmetic()
setattr(Symbol, "__neg__", _negated)  # noqa: B010  beside the table
