"""What a conversion did, or would do, with every tensor: for people and for machines."""

from __future__ import annotations

from typing import Any

from unified_nn.port.formats.errors import printable
from unified_nn.port.plan import Move, Plan
from unified_nn.port.terminal import table


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON has it."""
    return {
        "from": plan.source,
        "to": plan.target,
        "counts": plan.counts(),
        "tensors": [_json(move) for move in plan.moves],
        "unused": [{"name": name, "reason": reason} for name, reason in plan.unused.items()],
        "uncertain": [{"about": q.about, "reason": q.reason, "map": list(q.answers)} for q in plan.questions],
        "notes": plan.notes,
    }


def _json(move: Move) -> dict[str, Any]:
    return {
        "name": move.name, "source": move.source, "shape": list(move.shape), "dtype": move.cast or move.dtype,
        "actions": move.actions, "fill": move.fill, "assumed": move.assumed,
    }  # fmt: skip


def as_text(plan: Plan) -> str:
    """One line per tensor, then what is uncertain with the lines for --map that would settle it, then the counts."""
    rows = [(move.source or "", move.name, str(move.shape), _done(move), move.assumed) for move in plan.moves]
    rows += [(name, "", "", "unused", reason) for name, reason in plan.unused.items()]
    parts = [table(("in the file", "in the result", "shape", "done", "because"), rows)] if rows else []
    if plan.questions:
        parts.append(
            "\n".join(["uncertain:", *(f"  {printable(q.about)}: {printable(q.reason)}" for q in plan.questions)])
        )
        parts.append(_answers(plan))
    spelled = f"{plan.source or 'any'} -> {plan.target or 'the same'}: "
    counted = ", ".join(f"{count} {action}" for action, count in plan.counts().items() if count)
    return "\n\n".join([*filter(None, parts), spelled + (counted or "no tensors")])


def _done(move: Move) -> str:
    text = ", ".join(move.actions)
    if move.cast:
        text = text.replace("cast", f"cast {move.dtype} -> {move.cast}")
    return f"{text} = {move.fill}" if move.fill is not None else text


def _answers(plan: Plan) -> str:
    """The lines for --map, gathered by table."""
    tables: dict[str, list[str]] = {}
    for question in plan.questions:
        if question.answers:
            tables.setdefault(question.answers[0], []).extend(question.answers[1:])
    if not tables:
        return ""
    listed = "\n".join("\n".join([head, *(printable(line) for line in lines)]) for head, lines in tables.items())
    return f"to settle it, complete this and give it with --map:\n\n{listed}"
