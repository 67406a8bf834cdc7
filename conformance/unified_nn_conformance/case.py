"""Records of evidence. A case is one line of a framework's own source text, which runs unchanged in the shim and in the
real framework: `nn.Conv2d(3, 8, 3, padding=1)` for a layer, `F.relu(x)` for a function, a few lines for a program.
"""

from __future__ import annotations

import importlib
import pkgutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from unified_nn_conformance.sample import Sample

CASES: dict[str, Case] = {}


@dataclass(frozen=True)
class Case:
    """One layer, function or program with its inputs.

    text      source of a layer (a constructor call), with `call` of an expression in the inputs x, y, z, ..., with
              `program` of statements that show named results
    arguments how a layer is called where it is not net(x, y, ...), such as `x, (y, z)`
    expects   the class of the error that the real framework raises; then value and gradient are not compared
    facts     what our message has to say of that error: the sizes, values and names that came and were expected
    op        for a case of a neutral op: its name; the text then says what the real framework computes for it
    """

    id: str
    vocabulary: str
    text: str
    inputs: tuple[Sample, ...]
    call: bool = False
    program: bool = False
    arguments: str = ""
    training: bool = True
    op: str | None = None
    attrs: Mapping[str, Any] = field(default_factory=dict)
    expects: str | None = None
    facts: tuple[str, ...] = ()
    gradient: bool = True
    printed: bool = True
    skips: Mapping[str, str] = field(default_factory=dict)  # backend -> why it does not offer this

    @property
    def family(self) -> str:
        return self.id.split("/")[0]


def register(cases: Iterable[Case]) -> None:
    """Add cases to the suite; every id once."""
    for case in cases:
        if case.id in CASES:
            raise ValueError(f"two cases have the id {case.id!r}")
        CASES[case.id] = case


def layer(vocabulary: str, text: str, *inputs: Sample, id: str | None = None, **options: Any) -> Case:
    """A layer's constructor call, applied to the inputs."""
    return Case(f"layers/{vocabulary}/{id or text}", vocabulary, text, inputs, **options)


def function(vocabulary: str, text: str, *inputs: Sample, id: str | None = None, **options: Any) -> Case:
    """An expression in the inputs x, y, z, u, v."""
    return Case(f"functions/{vocabulary}/{id or text}", vocabulary, text, inputs, call=True, **options)


def grouped(vocabulary: str, inputs: tuple[Sample, ...], *texts: str, **options: Any) -> Iterator[Case]:
    """Layers, or expressions in the inputs, that are asked about the same inputs."""
    shapes = " ".join(map(_shown, inputs))
    said = ", ".join(f"{name}={value}" for name, value in options.items())
    for text in texts:
        maker = function if text.startswith(("nd.", "ops.")) else layer
        id = " ".join(filter(None, (text, "on", shapes, said))).replace("(", "[").replace(")", "]")
        yield maker(vocabulary, text, *inputs, id=id, **options)


def _shown(sample: Sample) -> str:
    """A few words that tell samples apart in ids."""
    what = (
        str(sample.value)
        if sample.kind == "value"
        else f"{sample.shape}" + f" {sample.kind}" * (sample.kind != "normal")
    )
    return what + f" {sample.dtype}" * (sample.dtype != "float32")


def program(vocabulary: str, id: str, source: str, *inputs: Sample, **options: Any) -> Case:
    """Lines of the framework's own source that say `show(name=value, ...)`; the inputs are x, y, z, ..."""
    return Case(
        f"programs/{vocabulary}/{id}", vocabulary, textwrap.dedent(source).strip(), inputs, program=True, **options
    )


def trap(number: int, *inputs: Sample, **sources: str) -> None:
    """Register the programs that show a trap, one per vocabulary concerned."""
    register(program(vocabulary, f"trap {number}", source, *inputs) for vocabulary, source in sources.items())


def op(name: str, text: str, *inputs: Sample, id: str | None = None, **options: Any) -> Case:
    """A neutral op by name with attributes, and what real PyTorch computes for it."""
    return Case(f"ops/{name}/{id or text}", "torch", text, inputs, call=True, op=name, **options)


def misuse(name: str, vocabulary: str, text: str, *inputs: Sample, **options: Any) -> Case:
    """Something that one framework at least refuses; `expects` is None where this one computes, and so must we."""
    return Case(f"misuse/{vocabulary}/{name}", vocabulary, text, inputs, **options)


def refusals(vocabulary: str, table: Iterable[tuple[str, str | None, tuple[str, ...], str]]) -> Iterator[Case]:
    """Misuses as programs, from rows of name, error class (None: it computes), facts of the message, and source."""
    for name, expects, facts, source in table:
        yield misuse(name, vocabulary, source, program=True, expects=expects, facts=facts)


def load() -> dict[str, Case]:
    """Every case, by id."""
    from unified_nn_conformance import cases

    for found in pkgutil.walk_packages(cases.__path__, "unified_nn_conformance.cases."):
        if not found.ispkg:
            importlib.import_module(found.name)
    return CASES
