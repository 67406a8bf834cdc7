"""Graphs as MXNet's JSON, laid out as MXNet lays it out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from unified_nn.port.formats.mxnet_arrays import FLAGS as _DTYPES

if TYPE_CHECKING:
    from unified_nn.mxnet.symbol.graph import Entry, Node

#: The version that the files say they are of.
VERSION = 10901
#: dtype -> MXNet's number for it.
FLAGS = {str(dtype): flag for flag, dtype in _DTYPES.items()}


def graph_text(entries: Sequence[Entry]) -> str:
    """The graph below these outputs."""
    from unified_nn.mxnet.symbol.graph import ordered

    nodes = ordered(entries)
    places = {id(node): place for place, node in enumerate(nodes)}
    rows = [0]
    for node in nodes:
        rows.append(rows[-1] + (1 if node.operator is None else node.operator.total(node.settings)))
    variables = [place for place, node in enumerate(nodes) if node.operator is None]
    heads = _list([_triple(entry, places) for entry in entries], "  ")
    parts = [
        f'  "nodes": {_list([_node(node, places) for node in nodes], "  ", one_per_line=True)}',
        f'  "arg_nodes": {_list([str(place) for place in variables], "  ")}',
        f'  "node_row_ptr": {_list([str(row) for row in rows], "  ")}',
        f'  "heads": {heads}',
        f'  "attrs": {{"mxnet_version": ["int", {VERSION}]}}',
    ]
    return "{\n" + ", \n".join(parts) + "\n}"


def _list(items: Sequence[str], indent: str, one_per_line: bool = False) -> str:
    """MXNet breaks lists of more than 10 numbers."""
    if not one_per_line and len(items) <= 10:
        return f"[{', '.join(items)}]"
    lines = ", \n".join(f"{indent}  {item}" for item in items)
    return f"[\n{lines}\n{indent}]"


def _triple(entry: Entry, places: Mapping[int, int]) -> str:
    return f"[{places[id(entry.node)]}, {entry.index}, {entry.version}]"


def _node(node: Node, places: Mapping[int, int]) -> str:
    op = "null" if node.operator is None else node.operator.name
    parts = [f'"op": {_text(op)}', f'"name": {_text(node.name)}']
    if node.attributes:
        pairs = [f"{_text(key)}: {_text(value)}" for key, value in sorted(node.attributes.items())]
        inner = f"{{{pairs[0]}}}" if len(pairs) == 1 else "{\n        " + ", \n        ".join(pairs) + "\n      }"
        parts.append(f'"attrs": {inner}')
    parts.append(f'"inputs": {_list([_triple(entry, places) for entry in node.inputs], "      ")}')
    return "{\n      " + ", \n      ".join(parts) + "\n    }"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
