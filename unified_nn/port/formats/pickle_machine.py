"""A closed pickle machine: builds plain containers and named tokens, imports nothing and calls nothing.

A GLOBAL is looked up in a table of exact (module, name) pairs and stays a token; REDUCE hands a token and a tuple to
the caller's table of constructors. Whatever is not in the tables ends the reading. One loop, no recursion, every
quantity bounded.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from unified_nn.port.formats import limits
from unified_nn.port.formats.errors import WeightFileError, quoted
from unified_nn.port.formats.source import Budget, Cursor


class Global(NamedTuple):
    """A name that the pickle refers to; a token, never the object."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Instance:
    """An object by the name of its class: the arguments it is made with, and the attributes that are set then.

    `is_new`: made without calling the class.
    """

    kind: Global
    arguments: tuple[object, ...] = ()
    attributes: dict[Any, Any] = field(default_factory=dict)
    is_new: bool = False


class Rules(NamedTuple):
    """What a pickle may do: the globals it may name, and what becomes of REDUCE and of persistent ids.

    `refuse` says why a global is not allowed; the constructors raise ValueError. `classes` are those of which NEWOBJ
    makes an Instance; an Instance may be given attributes.
    """

    allowed: Container[Global]
    refuse: Callable[[Global], str]
    reduce: Callable[[Global, tuple[object, ...]], object]
    persistent: Callable[[object], object]
    classes: Container[Global] = ()


#: The one attribute that is kept of an OrderedDict.
VERSIONS = "_metadata"
Key = (str, int, float, bool, bytes, type(None))


def load(cursor: Cursor, rules: Rules, opcodes: int | None = None) -> object:
    """The object of the one pickle that begins at the cursor, which is left just behind it."""
    machine = _Machine(cursor, rules)
    most = limits.PICKLE_OPCODES if opcodes is None else opcodes
    for _ in range(most):
        opcode = cursor.take(1, "opcode")
        if opcode == b".":
            return machine.result()
        step = _STEPS.get(opcode)
        if step is None:
            raise cursor.error(f"pickle opcode {opcode!r} is not allowed")
        try:
            step(machine)
        except WeightFileError:
            raise
        except (ValueError, IndexError) as cause:
            raise cursor.error(f"bad pickle: {quoted(str(cause))}") from cause
    raise cursor.error("the pickle is too long", expected=f"at most {most} opcodes")


class _Machine:
    def __init__(self, cursor: Cursor, rules: Rules) -> None:
        self.cursor, self.rules = cursor, rules
        self.stack: list[object] = []
        self.marked: list[list[object]] = []
        self.depth = 0
        self.memo: dict[int, object] = {}
        self.texts = Budget(cursor.source, "bytes of text in a pickle", limits.PICKLE_TEXT)

    def push(self, value: object) -> None:
        if len(self.stack) + self.depth >= limits.PICKLE_STACK:
            raise ValueError("the stack grows too large")
        self.stack.append(value)

    def pop(self) -> object:
        return self.stack.pop()

    def mark(self) -> None:
        if len(self.marked) >= limits.PICKLE_MARKS:
            raise ValueError("too many marks")
        self.marked.append(self.stack)
        self.depth += len(self.stack)
        self.stack = []

    def above_mark(self) -> list[object]:
        found, self.stack = self.stack, self.marked.pop()
        self.depth -= len(self.stack)
        return found

    def result(self) -> object:
        if len(self.stack) != 1 or self.marked:
            raise self.cursor.error("the pickle does not end with one object")
        return self.stack[0]

    def text(self, code: str) -> str:
        data = self.raw(code)
        self.texts.spend(len(data) * (1 if data.isascii() else 4))
        return data.decode("utf-8")

    def raw(self, code: str) -> bytes:
        length = self.cursor.number(code, "length")
        if length > limits.HEADER_BYTES:
            raise ValueError("a text is too long")
        return self.cursor.take(length, "text")

    def put(self, index: int) -> None:
        if len(self.memo) >= limits.PICKLE_MEMO:
            raise ValueError("the memo grows too large")
        self.memo[index] = self.stack[-1]


def _protocol(machine: _Machine) -> None:
    version = machine.cursor.number("B", "protocol")
    if not 2 <= version <= 5:
        raise ValueError(f"pickle protocol {version}, expected 2 to 5")


def _frame(machine: _Machine) -> None:
    length = machine.cursor.number("Q", "frame")
    if length > machine.cursor.left:
        raise ValueError("a frame reaches beyond the pickle")


def _global_of(machine: _Machine, module: str, name: str) -> None:
    found = Global(module, name)
    if found not in machine.rules.allowed:
        raise machine.cursor.error(machine.rules.refuse(found))
    machine.push(found)


def _line(cursor: Cursor) -> str:
    return cursor.line(256, "the name of a global").decode("utf-8")


def _stack_global(machine: _Machine) -> None:
    name, module = machine.pop(), machine.pop()
    if not isinstance(module, str) or not isinstance(name, str):
        raise ValueError("the name of a global is no text")
    _global_of(machine, module, name)


def _reduce(machine: _Machine) -> None:
    arguments, function = machine.pop(), machine.pop()
    if not isinstance(function, Global) or not isinstance(arguments, tuple):
        raise ValueError("it calls something that is no known constructor")
    machine.push(machine.rules.reduce(function, arguments))


def _new(machine: _Machine) -> None:
    arguments, kind = machine.pop(), machine.pop()
    if not isinstance(kind, Global) or kind not in machine.rules.classes or arguments != ():
        raise ValueError("it makes an object of a class that is not known")
    machine.push(Instance(kind, is_new=True))


def _build(machine: _Machine) -> None:
    """Attributes of a dict: of an OrderedDict the versions of layers that torch keeps there, any other is dropped."""
    state, target = machine.pop(), machine.stack[-1]
    if isinstance(target, Instance) and isinstance(state, dict) and not target.attributes:
        target.attributes = state
        return
    if not isinstance(target, dict) or not isinstance(state, dict):
        raise ValueError("it sets the state of something that has none")
    if isinstance(target, OrderedDict) and VERSIONS in state:
        setattr(target, VERSIONS, state[VERSIONS])


def _append(machine: _Machine) -> None:
    _extend(machine, [machine.pop()])


def _extend(machine: _Machine, items: list[object]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise ValueError("it appends to something that is no list")
    target.extend(items)


def _set_items(machine: _Machine, items: list[object]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, dict) or len(items) % 2:
        raise ValueError("it sets items of something that is no dict")
    for key, value in zip(items[::2], items[1::2], strict=True):
        set_item(target, key, value)


def set_item(target: dict[object, object], key: object, value: object) -> None:
    """Put one item; a key must be plain, a large integer could be chosen to make all hashes equal."""
    if not isinstance(key, Key) or (isinstance(key, int) and key.bit_length() > 63):
        raise ValueError("the key of a dict is no plain value")
    if key in target:
        raise ValueError(f"a dict has the key {str(key)[:120]!r} twice")
    target[key] = value


def _long(machine: _Machine) -> None:
    machine.push(int.from_bytes(machine.raw("B"), "little", signed=True))


def _float(machine: _Machine) -> None:
    machine.push(struct.unpack(">d", machine.cursor.take(8, "number"))[0])


def _tuple(count: int) -> Callable[[_Machine], None]:
    def step(machine: _Machine) -> None:
        if len(machine.stack) < count:
            raise ValueError("the stack is empty")
        items = tuple(machine.stack[len(machine.stack) - count :])
        del machine.stack[len(machine.stack) - count :]
        machine.push(items)

    return step


def _integer(code: str) -> Callable[[_Machine], None]:
    return lambda machine: machine.push(machine.cursor.number(code, "number"))


def _text(code: str) -> Callable[[_Machine], None]:
    return lambda machine: machine.push(machine.text(code))


def _bytes(code: str) -> Callable[[_Machine], None]:
    return lambda machine: machine.push(machine.raw(code))


def _put(code: str) -> Callable[[_Machine], None]:
    return lambda machine: machine.put(machine.cursor.number(code, "memo index"))


def _get(code: str) -> Callable[[_Machine], None]:
    def step(machine: _Machine) -> None:
        index = machine.cursor.number(code, "memo index")
        if index not in machine.memo:
            raise ValueError(f"memo {index} was never filled")
        machine.push(machine.memo[index])

    return step


_STEPS: dict[bytes, Callable[[_Machine], None]] = {
    b"\x80": _protocol,
    b"\x95": _frame,
    b"(": _Machine.mark,
    b"N": lambda machine: machine.push(None),
    b"\x88": lambda machine: machine.push(True),
    b"\x89": lambda machine: machine.push(False),
    b"K": _integer("B"),
    b"M": _integer("H"),
    b"J": _integer("i"),
    b"\x8a": _long,
    b"G": _float,
    b"X": _text("I"),
    b"\x8c": _text("B"),
    b"\x8d": _text("Q"),
    b"U": _text("B"),
    b"T": _text("I"),
    b"C": _bytes("B"),
    b"B": _bytes("I"),
    b"}": lambda machine: machine.push({}),
    b"]": lambda machine: machine.push([]),
    b")": lambda machine: machine.push(()),
    b"t": lambda machine: machine.push(tuple(machine.above_mark())),
    b"\x85": _tuple(1),
    b"\x86": _tuple(2),
    b"\x87": _tuple(3),
    b"a": _append,
    b"e": lambda machine: _extend(machine, machine.above_mark()),
    b"s": lambda machine: _set_items(machine, [machine.pop(), machine.pop()][::-1]),
    b"u": lambda machine: _set_items(machine, machine.above_mark()),
    b"q": _put("B"),
    b"r": _put("I"),
    b"\x94": lambda machine: machine.put(len(machine.memo)),
    b"h": _get("B"),
    b"j": _get("I"),
    b"c": lambda machine: _global_of(machine, _line(machine.cursor), _line(machine.cursor)),
    b"\x93": _stack_global,
    b"R": _reduce,
    b"Q": lambda machine: machine.push(machine.rules.persistent(machine.pop())),
    b"b": _build,
    b"\x81": _new,
}
