"""One name's signature as a line of text: `Linear(in_features, out_features, bias=True, device=None, dtype=None)`."""

from __future__ import annotations

import ast
import inspect
import math
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

#: A default that is no plain value: whatever stands on the other side is taken.
OBJECT = "..."
#: A signature that Python cannot tell.
UNKNOWN = "(?)"


def default(value: Any) -> str:
    """A default as text, or OBJECT for what is no number, text, truth value, None or a tuple of these."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if value is None or (isinstance(value, (bool, int, float, str)) and type(value).__module__ == "builtins"):
        return repr(value)
    if isinstance(value, (tuple, list)):
        parts = [default(part) for part in value]
        return OBJECT if OBJECT in parts else f"({', '.join(parts)}{',' * (len(parts) == 1)})"
    return OBJECT


def of(found: Any) -> str:
    """The signature of a class or function, `(?)` where it cannot be told."""
    for held in (getattr(found, "signature", None), getattr(found, "arguments", None)):  # a row's
        if isinstance(held, inspect.Signature):
            return _said(list(held.parameters.values()))
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (ValueError, TypeError):
        return _from_text(found) or UNKNOWN
    if parameters and all(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        return _from_text(found) or UNKNOWN
    return _said(parameters)


def _said(parameters: list[inspect.Parameter]) -> str:
    parts: list[str] = []
    starred = False
    for p in parameters:
        if p.name in ("self", "cls") and not parts:
            continue
        if p.kind is p.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred = starred or p.kind in (p.VAR_POSITIONAL, p.KEYWORD_ONLY)
        mark = "*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else ""
        parts.append(f"{mark}{p.name}" + ("" if p.default is p.empty else f"={default(p.default)}"))
    return f"({', '.join(parts)})"


def _from_text(found: Any) -> str | None:
    """What the first line of a compiled function's text says, such as `relu(input, inplace=False) -> Tensor`."""
    name, text = getattr(found, "__name__", None), found.__doc__
    if not isinstance(name, str) or not isinstance(text, str):
        return None
    lines = re.findall(rf"^\s*(?:\.\. function:: )?{re.escape(name)}\((.*?)\)\s*(?:->.*)?$", text, re.M)
    if len(lines) != 1:  # several forms, or none
        return None
    try:
        tree = ast.parse(f"def f({lines[0]}): ...").body[0]
    except SyntaxError:
        return None
    assert isinstance(tree, ast.FunctionDef)
    return _of_tree(tree.args)


def _of_tree(args: ast.arguments) -> str:
    plain = [*args.posonlyargs, *args.args]
    missing = len(plain) - len(args.defaults)
    parts = [a.arg + (f"={_constant(args.defaults[i - missing])}" if i >= missing else "") for i, a in enumerate(plain)]
    if args.vararg or args.kwonlyargs:
        parts.append(f"*{args.vararg.arg if args.vararg else ''}")
    for a, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        parts.append(a.arg + ("" if value is None else f"={_constant(value)}"))
    if args.kwarg:
        parts.append(f"**{args.kwarg.arg}")
    return f"({', '.join(parts)})"


def _constant(node: ast.expr) -> str:
    try:
        return default(ast.literal_eval(node))
    except ValueError:
        return OBJECT


def public(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The public classes and functions of a framework's module that are the framework's own."""
    root = module.__name__.partition(".")[0].removeprefix("unified_nn")
    found = {}
    for name in sorted({*getattr(module, "__all__", ()), *dir(module)}):
        value = None if name.startswith("_") else getattr(module, name, None)
        origin = getattr(value, "__module__", None) or root
        own = origin.startswith((root, "unified_nn")) or origin == module.__name__.rpartition(".")[2]
        if callable(value) and not inspect.ismodule(value) and own:
            found[name] = value
    return found


def differences(ours: str, real: str) -> list[str]:
    """What differs between two signatures; empty where ours can be called as the real one."""
    if UNKNOWN in (ours, real) or ours == real:
        return []
    a, b = _parts(ours), _parts(real)
    # A list that may be given as several arguments is taken by its name as well.
    a = {name[1:] if name.startswith("*") and name[1:] in b else name: part for name, part in a.items()}
    open_ended = any(name.startswith("**") for name in b)
    # Every function of a vocabulary takes `out`, and MXNet's take `name`, where it is offered.
    missing = [name for name in b if name not in a and name not in ("out", "name") and not name.startswith("*")]
    found = [f"argument {name} is missing" for name in missing]
    found += [f"argument {name} is not in the real one" for name in a if name not in b and not name.startswith("**")]
    shared = [name for name in b if name in a]
    if not found and list(a) != [name for name in b if name in a]:
        found.append(f"order: {', '.join(a)}; the real one {', '.join(b)}")
    for name in shared:
        if a[name] != b[name] and OBJECT not in (a[name][1], b[name][1]):
            if open_ended and a[name] == (False, None) and b[name] == (False, "None"):
                continue  # a generated function: the array may be left out only in its signature
            found.append(f"{name}: {_told(a[name])}, the real one {_told(b[name])}")
    return found


def _told(part: tuple[bool, str | None]) -> str:
    by_name, value = part
    return f"{'by name only, ' if by_name else ''}{'required' if value is None else f'default {value}'}"


def _parts(signature: str) -> dict[str, tuple[bool, str | None]]:
    """Argument -> whether it is given by name only, and its default."""
    tree = ast.parse(f"def f{signature}: ...").body[0]
    assert isinstance(tree, ast.FunctionDef)
    args = tree.args
    plain = [*args.posonlyargs, *args.args]
    missing = len(plain) - len(args.defaults)
    found: dict[str, tuple[bool, str | None]] = {}
    for i, a in enumerate(plain):
        found[a.arg] = (False, _constant(args.defaults[i - missing]) if i >= missing else None)
    for a, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        found[a.arg] = (True, None if value is None else _constant(value))
    if args.vararg:
        found[f"*{args.vararg.arg}"] = (False, None)
    if args.kwarg:
        found[f"**{args.kwarg.arg}"] = (False, None)
    return found
