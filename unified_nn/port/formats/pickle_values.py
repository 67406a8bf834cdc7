"""Python's own values that a pickle makes by calling their types; anything but plain arguments is a ValueError."""

from __future__ import annotations

from collections.abc import Callable

from unified_nn.port.formats.pickle_machine import Global, set_item

#: The globals that may be named: the types, and what protocol 2 makes bytes with.
BUILTINS = (
    Global("_codecs", "encode"),
    *(
        Global(module, name)
        for module in ("builtins", "__builtin__")
        for name in ("set", "bytearray", "complex", "bytes")
    ),
)


def filled(items: dict[object, object], arguments: tuple[object, ...]) -> dict[object, object]:
    """A dict, which is given, with the items of another one or of a list of pairs."""
    pairs = arguments[0] if arguments else []
    if len(arguments) > 1 or not isinstance(pairs, list | dict):
        raise ValueError("a dict is made from something else than items")
    for pair in pairs.items() if isinstance(pairs, dict) else pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise ValueError("a dict is made from something else than items")
        set_item(items, *pair)
    return items


def _complex(arguments: tuple[object, ...]) -> complex:
    real, imaginary = arguments if len(arguments) == 2 else (None, None)
    if not isinstance(real, float) or not isinstance(imaginary, float):
        raise ValueError("a complex number made from something else than two numbers")
    return complex(real, imaginary)


def _set(arguments: tuple[object, ...]) -> set[object]:
    """A set of plain values, checked as the keys of a dict are."""
    items = arguments[0] if len(arguments) == 1 else None
    if not isinstance(items, list | tuple):
        raise ValueError("a set made from something else than a list")
    return set(filled({}, ([(item, None) for item in items],)))


def _bytes(arguments: tuple[object, ...]) -> bytes:
    """Protocol 2 has no bytes: they come as a text whose characters are bytes, or as nothing."""
    if not arguments:
        return b""
    text = arguments[0]
    if isinstance(text, bytes) and len(arguments) == 1:
        return text
    if not isinstance(text, str) or arguments[1:] not in (("latin1",), ("latin-1",)):
        raise ValueError("bytes made from something else than a text in latin1")
    return text.encode("latin1")


#: Name of a global of `BUILTINS` -> what is made of the arguments.
MAKERS: dict[str, Callable[[tuple[object, ...]], object]] = {
    "complex": _complex,
    "set": _set,
    "encode": _bytes,
    "bytes": _bytes,
    "bytearray": lambda arguments: bytearray(_bytes(arguments)),
}
