"""`torch.einsum`: products of tensors summed over named axes, two tensors at a time by one matrix product each."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, cast

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, ShapeError, make
from unified_nn.ops import elementwise, linalg, reduce
from unified_nn.ops import shape as ops
from unified_nn.torch import graph
from unified_nn.torch.define import define
from unified_nn.torch.operations.matrices import diagonal
from unified_nn.torch.tensor import Tensor


@define(method=False, takes="any")
def einsum(equation: str, *operands: Any) -> core.Tensor:
    """The sum over all axes that the result does not name, such as "ij,jk->ik"."""
    given = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else list(operands)
    terms, result = _terms(equation, given)
    pairs = [_without_repeats(term, x) for term, x in zip(terms, given, strict=True)]
    sizes = _sizes(pairs)
    term, out = pairs[0]
    for position, (other, y) in enumerate(pairs[1:], 1):
        later = {letter for name, _ in pairs[position + 1 :] for letter in name} | set(result)
        term, out = _contracted(term, out, other, y, later, sizes)
    return _finished(term, out, result, given)


def _terms(equation: str, given: Sequence[core.Tensor]) -> tuple[list[str], str]:
    """The letters of each operand and of the result; an ellipsis becomes letters of its own."""
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(given):
        message = f"einsum(): the equation {equation!r} has {len(terms)} operands, {len(given)} were given"
        raise make(ArgumentError, message, RuntimeError)
    spare = [letter for letter in reversed(string.ascii_letters) if letter not in text]
    ranks = [x.ndim - len(term.replace("...", "")) for term, x in zip(terms, given, strict=True)]
    dots = "".join(spare[: max((r for r, t in zip(ranks, terms, strict=True) if "..." in t), default=0)])
    full = [t.replace("...", dots[len(dots) - r :] if r > 0 else "") for t, r in zip(terms, ranks, strict=True)]
    for term, x in zip(full, given, strict=True):
        if len(term) != x.ndim:
            message = (
                f"einsum(): the number of subscripts in {term!r} does not match the number of dimensions ({x.ndim})"
            )
            raise make(ShapeError, message, RuntimeError)
    if arrow:
        return full, right.replace("...", dots)
    letters = "".join(full)
    once = sorted(letter for letter in set(letters) - set(dots) if letters.count(letter) == 1)
    return full, dots + "".join(once)


def _without_repeats(term: str, x: core.Tensor) -> tuple[str, core.Tensor]:
    """A letter that occurs twice in a term means the diagonal."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            a, b = term.index(letter), term.rindex(letter)
            x = diagonal(cast(Tensor, x), 0, a, b)
            term = "".join(c for i, c in enumerate(term) if i not in (a, b)) + letter
    return term, x


def _sizes(pairs: Sequence[tuple[str, core.Tensor]]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for term, x in pairs:
        for letter, size in zip(term, x._shape, strict=True):
            known = sizes.get(letter, 1)
            if known != size and 1 not in (known, size):
                message = (
                    f"einsum(): subscript {letter} has size {size} for operand {list(x._shape)} but {known} before"
                )
                raise make(ShapeError, message, RuntimeError)
            sizes[letter] = max(known, size) if 0 not in (known, size) else 0
    return sizes


def _contracted(
    a: str, x: core.Tensor, b: str, y: core.Tensor, later: set[str], sizes: dict[str, int]
) -> tuple[str, core.Tensor]:
    """One product: shared axes that are needed later become batches, the other shared ones are summed."""
    a, x = _summed(a, x, {c for c in a if c not in b and c not in later})
    b, y = _summed(b, y, {c for c in b if c not in a and c not in later})
    both = [c for c in a if c in b]
    batch, inner = [c for c in both if c in later], [c for c in both if c not in later]
    rows, columns = [c for c in a if c not in b], [c for c in b if c not in a]
    x = _ordered(a, _widened(a, x, both, sizes), [*batch, *rows, *inner])
    y = _ordered(b, _widened(b, y, both, sizes), [*batch, *inner, *columns])
    order = [*batch, *rows, *columns]
    if not inner:  # nothing is summed: a product of elements
        ones = (1,) * len(columns), (1,) * len(rows)
        left = ops.reshape(x, shape=x._shape + ones[0])
        lead = len(batch)
        right = ops.reshape(y, shape=y._shape[:lead] + ones[1] + y._shape[lead:])
        return "".join(order), elementwise.mul(left, right)
    count = {name: _product(group, sizes) for name, group in (("b", batch), ("r", rows), ("i", inner), ("c", columns))}
    left = ops.reshape(x, shape=(count["b"], count["r"], count["i"]))
    right = ops.reshape(y, shape=(count["b"], count["i"], count["c"]))
    out = linalg.matmul(left, right)
    return "".join(order), ops.reshape(out, shape=tuple(sizes[c] for c in order))


def _product(letters: Sequence[str], sizes: dict[str, int]) -> int:
    total = 1
    for letter in letters:
        total *= sizes[letter]
    return total


def _widened(term: str, x: core.Tensor, shared: Sequence[str], sizes: dict[str, int]) -> core.Tensor:
    shape = tuple(sizes[c] for c in term)
    return x if shape == x._shape else ops.expand(x, shape=shape)


def _summed(term: str, x: core.Tensor, letters: set[str]) -> tuple[str, core.Tensor]:
    axes = tuple(i for i, c in enumerate(term) if c in letters)
    if not axes:
        return term, x
    return "".join(c for c in term if c not in letters), reduce.sum_(x, axis=axes)


def _ordered(term: str, x: core.Tensor, order: Sequence[str]) -> core.Tensor:
    axes = tuple(term.index(c) for c in order)
    return x if axes == tuple(range(len(axes))) else ops.transpose(x, axes=axes)


def _finished(term: str, out: core.Tensor, result: str, given: Sequence[core.Tensor]) -> core.Tensor:
    """The remaining sums and the order of axes that the result asks for."""
    missing = set(result) - set(term)
    if missing:
        message = (
            f"einsum(): output subscript {sorted(missing)[0]} does not appear in the equation for any input operand"
        )
        raise make(ArgumentError, message, RuntimeError)
    extra = set(term) - set(result)
    term, out = _summed(term, out, extra)
    out = ops.transpose(out, axes=tuple(term.index(c) for c in result))
    if len(given) == 1:
        return cast(Tensor, graph.label(out, "SumBackward1" if extra else "PermuteBackward0", graph.edges(given)))
    is_outer = sum(x.ndim for x in given) == len(result)
    return cast(
        Tensor,
        graph.label(out, "MulBackward0" if is_outer else "ViewBackward0", [graph.virtual("PermuteBackward0", *given)]),
    )
