"""The recorded signatures, what ours are, and what differs."""

from __future__ import annotations

import importlib
from pathlib import Path

import unified_nn
from unified_nn_conformance.expected import Expected
from unified_nn_conformance.signatures.facts import differences, of, public

#: The modules whose public names are recorded, by their framework's own path.
MODULES = (
    "torch", "torch.linalg", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.utils", "torch.nn.utils.rnn",
    "torch.optim", "torch.optim.lr_scheduler", "torch.utils.data", "torch.autograd",
    "mindspore", "mindspore.nn", "mindspore.ops", "mindspore.common.initializer", "mindspore.train", "mindspore.dataset",
    "mxnet.autograd", "mxnet.gluon", "mxnet.gluon.nn", "mxnet.gluon.rnn", "mxnet.gluon.loss", "mxnet.gluon.data",
    "mxnet.gluon.utils", "mxnet.initializer", "mxnet.lr_scheduler", "mxnet.metric", "mxnet.ndarray", "mxnet.optimizer",
)  # fmt: skip
_FOLDER = Path(__file__).parent / "data"


def real_lines(module: str) -> dict[str, str]:
    """The installed framework's signatures by name."""
    unified_nn.backend(module.partition(".")[0])  # applies the patches that its import needs
    return {name: of(found) for name, found in public(importlib.import_module(module)).items()}


def write(module: str, lines: dict[str, str]) -> None:
    text = "".join(f"{name}{signature}\n" for name, signature in lines.items())
    (_FOLDER / f"{module}.txt").write_text(text, encoding="utf-8")


def read(module: str) -> dict[str, str]:
    """The recorded signatures by name."""
    text = (_FOLDER / f"{module}.txt").read_text(encoding="utf-8")
    found = (line.partition("(") for line in text.splitlines())
    return {name: bracket + rest for name, bracket, rest in found}


def offered(module: str) -> dict[str, str]:
    """Our signatures of the names that the real module has."""
    real, ours = read(module), importlib.import_module(f"unified_nn.{module}")
    return {name: of(found) for name, found in public(ours).items() if name in real}


def compared(module: str, known: Expected | None = None) -> dict[str, list[str]]:
    """What differs between ours and the recorded signatures, by name, where `expected/signatures.txt` has no reason."""
    known = known or Expected.read("signatures")
    real = read(module)
    found = {name: differences(ours, real[name]) for name, ours in offered(module).items()}
    for name, different in found.items():
        if not different:
            known.mark_stale(f"{module}.{name}")
    return {name: different for name, different in found.items()
            if different and known.reason(f"{module}.{name}") is None}  # fmt: skip


def page() -> str:
    """How many of the real frameworks' public classes and functions are offered, as Markdown."""
    rows = []
    for module in MODULES:
        real, ours = read(module), offered(module)
        rows.append(f"| `{module}` | {len(ours)} | {len(real)} | {100 * len(ours) // max(len(real), 1)} % |")
    return (
        "# How much of each framework is offered\n\n"
        "Public classes and functions of PyTorch 2.13, MindSpore 2.10 and MXNet 1.9.1, counted from the recorded signatures\n"
        "by `python -m unified_nn_conformance.signatures --write docs/coverage.md`. The rest raises an error that names it.\n\n"
        "| module | offered | public | share |\n|---|---:|---:|---:|\n" + "\n".join(rows) + "\n"
    )
