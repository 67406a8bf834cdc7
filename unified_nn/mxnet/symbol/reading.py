"""MXNet's JSON as graphs: of version 0.8 to 1.9, damaged or hostile files refused.

Every fault is raised as MXNetError, as MXNet does, and names the file, the node and the reason.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from unified_nn.errors import ArgumentError, NotOfferedError, StateError, UnifiedError, make, nearest
from unified_nn.mxnet.base import MXNetError, failure
from unified_nn.mxnet.symbol.graph import Entry, Node
from unified_nn.mxnet.symbol.operators import OPERATORS, Operator
from unified_nn.mxnet.symbol.symbol import Symbol
from unified_nn.port.formats.errors import WeightFileError, quoted
from unified_nn.port.formats.source import Source
from unified_nn.port.formats.strict_json import parse_object

#: What a file may ask for.
MOST_BYTES = 32 << 20
MOST_NODES = 300_000
MOST_PARTS = 3_000_000
MOST_INPUTS = 100_000
#: Attributes of nodes that older versions wrote without underscores, also with an argument's name before them.
_HIDDEN = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage", "profiler_scope")
#: Until this version -1 as the axis of these meant all axes.
_AXIS_CHANGED, _ALL_AXES = 905, ("argmax", "argmin")
_NO_VERSION = 800

Fault = Callable[[str], NoReturn]


def load(fname: str | os.PathLike[str]) -> Symbol:
    """The graph in a JSON file."""
    if not isinstance(fname, (str, os.PathLike)):
        raise make(ArgumentError, "fname need to be string", TypeError)
    try:
        source = Source(fname)
        try:
            if source.size > MOST_BYTES:
                raise source.error("too large for a graph", expected=f"at most {MOST_BYTES} bytes", found=source.size)
            data = parse_object(source, source.read(0, source.size, "graph"), "the graph", MOST_PARTS)
        finally:
            source.close()
    except WeightFileError as error:
        raise failure(StateError, "symbol.load", error.message, MXNetError) from None
    return _graph(data, str(fname))


def load_json(json_str: str) -> Symbol:
    """The graph in a JSON text."""
    if not isinstance(json_str, str):
        raise make(ArgumentError, "fname required to be string", TypeError)
    text = json_str.encode(errors="surrogatepass")
    if len(text) > MOST_BYTES:
        raise failure(StateError, "symbol.load_json", f"the text has {len(text)} bytes, more than {MOST_BYTES}")
    try:
        data = parse_object(_Text(), text, "the graph", MOST_PARTS)
    except WeightFileError as error:
        raise failure(StateError, "symbol.load_json", error.message, MXNetError) from None
    return _graph(data, "the text")


class _Text:
    """Stands for the file where there is none."""

    def error(self, reason: str, *, expected: object = "", found: object = "", where: object = "") -> WeightFileError:
        detail = f" (expected {expected}, found {found})" if expected or found else ""
        return WeightFileError(f"the text: {reason}{detail}")


def _graph(data: Mapping[str, Any], title: str) -> Symbol:
    def fault(reason: str) -> NoReturn:
        raise failure(StateError, "symbol.load", f"{title}: {reason}", MXNetError)

    rows = data.get("nodes")
    if not isinstance(rows, list) or not rows:
        fault("it has no list of nodes, so it is not a graph of MXNet")
    if len(rows) > MOST_NODES:
        fault(f"it has {len(rows)} nodes, more than {MOST_NODES}")
    _require_operators(rows, fault, title)
    version = _version(data.get("attrs"))
    nodes: list[Node] = []
    for place, row in enumerate(rows):
        nodes.append(_node(row, place, nodes, version, fault))
    heads = data.get("heads")
    if not isinstance(heads, list) or not heads:
        fault("it has no heads: which outputs it means is not said")
    return Symbol([_entry(head, len(nodes), nodes, fault, "a head") for head in heads])


def _version(attributes: Any) -> int:
    found = attributes.get("mxnet_version") if isinstance(attributes, dict) else None
    is_number = isinstance(found, list) and len(found) == 2 and isinstance(found[1], int)
    return found[1] if is_number else _NO_VERSION  # type: ignore[index]


def _require_operators(rows: list[Any], fault: Fault, title: str) -> None:
    """All operators that are missing, said at once."""
    unknown: dict[str, list[str]] = {}
    for place, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("op"), str) or not isinstance(row.get("name"), str):
            fault(f"node {place} is not an object with an op and a name")
        if row["op"] != "null" and row["op"] not in OPERATORS:
            unknown.setdefault(row["op"], []).append(row["name"])
    if not unknown:
        return
    said = []
    for op, names in list(unknown.items())[:20]:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        said.append(f"{quoted(op)} (node {quoted(names[0])}{more}){nearest(op, OPERATORS)}")
    message = (
        f"{title}: {len(unknown)} operators are not offered: {'; '.join(said)}. Cut the graph before them with "
        "get_internals(), or write the network in Python and load its parameters"
    )
    raise make(NotOfferedError, message, MXNetError, "symbol.load")


def _node(row: dict[str, Any], place: int, nodes: list[Node], version: int, fault: Fault) -> Node:
    name, where = row["name"], f"node {place} {quoted(row['name'])}"
    attributes: dict[str, str] = {}
    for key in ("param", "attr", "attrs"):
        part = row.get(key, {})
        if not isinstance(part, dict) or any(not isinstance(value, str) for value in part.values()):
            fault(f"{where}: {key} is not an object of texts")
        attributes.update(part)
    given = row.get("inputs", [])
    if not isinstance(given, list) or len(given) > MOST_INPUTS:
        fault(f"{where}: inputs is not a list of at most {MOST_INPUTS}")
    inputs = [_entry(one, place, nodes, fault, where) for one in given]
    if row["op"] == "null":
        if inputs:
            fault(f"{where}: a variable takes nothing, found {len(inputs)} inputs")
        return Node(None, name, _shown(attributes), [], {})
    operator = OPERATORS[row["op"]]
    own, of_inputs = _split(attributes)
    if version < _AXIS_CHANGED and operator.name in _ALL_AXES and own.get("axis") == "-1":
        del own["axis"]
    try:
        settings = operator.settings(own)
    except UnifiedError as error:
        fault(f"{where} ({operator.name}): {error.message}")
    inputs = _complete(operator, settings, name, inputs, where, fault)
    for key, value in of_inputs.items():
        _pass_on(operator, settings, inputs, key, value)
    return Node(operator, name, own, inputs, settings)


def _entry(given: Any, place: int, nodes: list[Node], fault: Fault, where: str) -> Entry:
    """[node, output] or [node, output, version]; only nodes before this one."""
    if not isinstance(given, list) or len(given) not in (2, 3) or any(type(n) is not int for n in given):
        fault(f"{where}: an input is not [node, output, version]")
    at, index = given[0], given[1]
    if not 0 <= at < place:
        reason = "which comes later: the graph has a cycle or is not in order" if at >= place else "which is no node"
        fault(f"{where}: it takes node {at}, {reason}")
    count = len(nodes[at].outputs)
    if not 0 <= index < count:
        fault(f"{where}: it takes output {index} of node {quoted(nodes[at].name)}, which has {count}")
    return Entry(nodes[at], index, given[2] if len(given) == 3 else 0)


def _complete(
    operator: Operator, settings: Mapping[str, Any], name: str, inputs: list[Entry], where: str, fault: Fault
) -> list[Entry]:
    """The inputs, with the auxiliary states that versions before 0.9 left out."""
    if operator.is_variadic:
        if not inputs:
            fault(f"{where} ({operator.name}): it takes no arrays, expected at least one")
        return inputs
    wanted = operator.takes(settings)
    missing = wanted[len(inputs) :]
    if len(inputs) > len(wanted) or any(array not in operator.states for array in missing):
        fault(f"{where} ({operator.name}): it takes {len(inputs)} arrays, expected {len(wanted)}: {', '.join(wanted)}")
    made = [Entry(Node(None, f"{name}_{array}", {}, [], {}), 0, 1) for array in missing]
    return inputs + made


def _shown(attributes: Mapping[str, str]) -> dict[str, str]:
    return {f"__{key}__" if key in _HIDDEN else key: value for key, value in attributes.items()}


def _split(attributes: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The node's own attributes, and those such as weight_lr_mult that mean the array it takes."""
    own: dict[str, str] = {}
    of_inputs: dict[str, str] = {}
    for key, value in _shown(attributes).items():
        is_of_input = not key.startswith("__") and key.endswith(tuple(f"_{hidden}" for hidden in _HIDDEN))
        (of_inputs if is_of_input else own)[key] = value
    return own, of_inputs


def _pass_on(operator: Operator, settings: Mapping[str, Any], inputs: list[Entry], key: str, value: str) -> None:
    hidden = next(h for h in _HIDDEN if key.endswith(f"_{h}"))
    array = key.removesuffix(f"_{hidden}")
    for name, entry in zip(operator.takes(settings), inputs, strict=False):
        if name == array and entry.node.operator is None:
            entry.node.attributes.setdefault(f"__{hidden}__", value)
