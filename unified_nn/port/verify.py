"""`--verify`: the result loaded by the target's real framework, and both networks run on the same inputs."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unified_nn.errors import UnifiedError
from unified_nn.port import formats
from unified_nn.port.casting import Array, numbers
from unified_nn.port.definition import network
from unified_nn.port.formats.errors import printable
from unified_nn.port.plan import Plan, PlanError
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.names import load_state
from unified_nn.vocabulary.tree import Module

#: The largest difference that counts as agreement, relative to the largest output, by element type of the weights.
TOLERANCE = {"bfloat16": 5e-2, "float16": 5e-3, "": 1e-4}
_SIDES = (32, 28, 8, 64, 224)


def verify(source: str, output: str, made: Plan, model: str | None, shapes: Sequence[str]) -> dict[str, Any]:
    """What the real framework says: `agrees`, `text`, and per output the largest difference."""
    with tempfile.TemporaryDirectory(prefix="unified-nn-") as folder:
        order: dict[str, Any] = {"framework": made.target, "file": str(Path(output).resolve()), "model": model}
        ours: list[Array] = []
        if model is not None:
            try:
                net = _loaded(source, made, network(model))
                inputs, ours = _run(net, shapes)
            except UnifiedError as error:  # the result is there: what is wrong is told with the report
                found = {"agrees": False, "reason": str(error)}
                return found | {"text": _text(made, found)}
            order |= {
                "vocabulary": net._vocabulary,
                "inputs": f"{folder}/inputs.npz",
                "outputs": f"{folder}/outputs.npz",
            }
            np.savez(order["inputs"], *inputs)
        found = _ask(order)
        if found.get("agrees") and ours:
            with np.load(order["outputs"]) as theirs:
                found |= _compared(ours, [theirs[name] for name in theirs.files], made)
    return {"agrees": False, **found, "text": _text(made, found)}


def _loaded(source: str, made: Plan, net: Module) -> Module:
    """Our network with the weights of the file that was converted, under the names that they had there."""
    with formats.read(source) as weights:
        load_state(net, {own: numbers(weights[name]) for name, own in made.own.items()}, made.source, strict=False)
    net._set_training(False)
    return net


def _ask(order: dict[str, Any]) -> dict[str, Any]:
    """What the worker finds out; it has a process of its own, as frameworks crash and change their interpreter."""
    path = os.pathsep.join([*filter(None, sys.path), os.environ.get("PYTHONPATH", "")])
    ran = subprocess.run(
        [sys.executable, "-m", "unified_nn.port.verify_worker", json.dumps(order)],
        capture_output=True, text=True, errors="replace", check=False, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    lines = ran.stdout.strip().splitlines()
    try:
        found: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        last = (ran.stderr.strip().splitlines() or ["no message"])[-1]
        return {"agrees": False, "reason": f"the real {order['framework']} failed with status {ran.returncode}: {last}"}
    return found


# ---- running ----


def _run(net: Module, shapes: Sequence[str]) -> tuple[list[Array], list[Array]]:
    """Inputs that the network takes, and its outputs on NumPy."""
    failures = []
    for inputs in [[_input(text) for text in shapes]] if shapes else _guesses(net):
        try:
            return inputs, outputs_of(net, inputs)
        except Exception as error:  # the network is the user's code, which can fail in any way
            failures.append(f"{', '.join(str(x.shape) for x in inputs)}: {error}")
    said = failures[-1] if failures else "no layer says what it takes"
    raise PlanError(f"the network could not be run ({said}); give the shapes of its inputs with --input")


def _input(text: str) -> Array:
    sizes, _, dtype = text.partition(":")
    try:
        shape = tuple(int(size) for size in sizes.split(","))
        kind = np.dtype(dtype or "float32")
    except (ValueError, TypeError) as error:
        raise PlanError(f"--input {text}: expected sizes such as 1,3,224,224 or 2,7:int64") from error
    return _values(shape, kind)


def _values(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    rng = np.random.default_rng(0)
    return rng.integers(0, 2, shape).astype(dtype) if dtype.kind in "iub" else rng.standard_normal(shape).astype(dtype)


def _guesses(net: Module) -> Iterator[list[Array]]:
    """Inputs that the first layer with a size takes."""
    for _, part in net._walk():
        layer = getattr(part, "layer", None)
        kind, size = type(layer).__name__, getattr(layer, "in_features", None)
        if kind == "Embedding":
            yield [_values((2, 5), np.dtype("int64"))]
        elif kind == "Linear" and size:
            yield [_values((2, size), np.dtype("float32"))]
        elif kind in ("Conv", "ConvTranspose") and size:
            rank = len(layer.kernel)  # type: ignore[union-attr]
            yield from ([_values((2, size, *(side,) * rank), np.dtype("float32"))] for side in _SIDES)
        else:
            continue
        return


def outputs_of(net: Module, inputs: Sequence[Array]) -> list[Array]:
    """What a network of ours gives for arrays, as arrays."""
    face = net._face or Tensor
    found = net(*(Tensor.from_numpy(x).as_face(face) for x in inputs))
    return [tensor.backend.to_numpy(tensor.native) for tensor in flat(found) if isinstance(tensor, Tensor)]


def flat(value: Any) -> list[Any]:
    """The leaves of nested tuples, lists and dictionaries, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for part in value for leaf in flat(part)] if isinstance(value, (list, tuple)) else [value]


# ---- comparing ----


def _compared(ours: list[Array], theirs: list[Array], made: Plan) -> dict[str, Any]:
    if [x.shape for x in ours] != [x.shape for x in theirs]:
        shapes = f"{[x.shape for x in ours]} and {[x.shape for x in theirs]}"
        return {"agrees": False, "reason": f"the outputs have other shapes: {shapes}"}
    casts = {move.cast for move in made.moves}
    tolerance = next((limit for dtype, limit in TOLERANCE.items() if dtype in casts), TOLERANCE[""])
    rows = [_difference(a, b) for a, b in zip(ours, theirs, strict=True)]
    agrees = all(math.isfinite(d) and d <= tolerance * max(1.0, largest) for d, largest in rows)
    outputs = [{"largest_difference": d if math.isfinite(d) else str(d), "largest_output": size} for d, size in rows]
    return {"agrees": agrees, "tolerance": tolerance, "outputs": outputs}


def _difference(a: Array, b: Array) -> tuple[float, float]:
    if not a.size:
        return 0.0, 0.0
    wide = np.complex128 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64
    size = float(np.max(np.abs(np.nan_to_num(a.astype(wide)))))
    unlike = np.isnan(a) != np.isnan(b)
    return (math.inf if unlike.any() else float(np.max(np.abs(np.nan_to_num(a.astype(wide) - b.astype(wide)))))), size


def _text(made: Plan, found: dict[str, Any]) -> str:
    if "reason" in found:
        return f"not verified: {printable(found['reason'])}"
    head = f"the real {made.target} {found['version']} loads all {found['tensors']} tensors"
    if "outputs" not in found:
        return f"{head}; its network was not run, as there is no --model"
    which = "its own network" if found["network"] == "real" else "the same network, computed by it,"
    rows = [
        f"  output {n}: largest difference {row['largest_difference']:.3g} (largest value {row['largest_output']:.3g})"
        if isinstance(row["largest_difference"], float) else f"  output {n}: NaN on one side only"
        for n, row in enumerate(found["outputs"])
    ]  # fmt: skip
    verdict = "agrees with" if found["agrees"] else "DIFFERS from"
    return "\n".join([f"{head}; {which} {verdict} ours on the original weights:", *rows])
