"""Graphs: nodes that are variables or operators, and the outputs of nodes that others take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from unified_nn.mxnet.symbol.operators import Operator, Settings


class Entry(NamedTuple):
    """One output of a node; `version` counts how often operators have changed a variable's array before."""

    node: Node
    index: int = 0  # type: ignore[assignment]  # tuple.index is not needed
    version: int = 0


class Node:
    """A variable (no operator), or an operator with its attributes as text and what it takes."""

    __slots__ = ("attributes", "inputs", "name", "operator", "settings", "version")

    def __init__(
        self, operator: Operator | None, name: str, attributes: dict[str, str], inputs: list[Entry], settings: Settings
    ) -> None:
        self.operator, self.name, self.attributes = operator, name, attributes
        self.inputs, self.settings = inputs, settings
        self.version = 0

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the outputs are called that others may take; "" where there is only a number."""
        return ("",) if self.operator is None else self.operator.outputs(self.settings)

    def output_name(self, index: int) -> str:
        """The name of one output, such as `fc1_output`."""
        if self.operator is None:
            return self.name
        title = self.outputs[index]
        return f"{self.name}_{title}" if title else f"{self.name}_output{index if len(self.outputs) > 1 else ''}"

    def states(self) -> list[Node]:
        """The variables among the inputs whose arrays the operator changes."""
        if self.operator is None or not self.operator.states:
            return []
        return [
            entry.node
            for name, entry in zip(self.operator.takes(self.settings), self.inputs, strict=True)
            if name in self.operator.states and entry.node.operator is None
        ]


def ordered(entries: Iterable[Entry]) -> list[Node]:
    """Every node below, each after those that it takes."""
    found: list[Node] = []
    seen: set[int] = set()
    for entry in entries:
        if id(entry.node) in seen:
            continue
        seen.add(id(entry.node))
        stack = [(entry.node, iter(entry.node.inputs))]
        while stack:
            node, rest = stack[-1]
            for below in rest:
                if id(below.node) not in seen:
                    seen.add(id(below.node))
                    stack.append((below.node, iter(below.node.inputs)))
                    break
            else:
                found.append(node)
                stack.pop()
    return found
