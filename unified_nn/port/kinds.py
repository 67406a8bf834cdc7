"""Kinds of layers as weight files show them: what the arrays of each are called in each vocabulary.

Without a model definition a layer's kind is read from the names and shapes of its arrays. Where several kinds fit, the
translation is certain only if all of them say the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

Names = Mapping[str, str]
Shape = tuple[int, ...]

_PLAIN: Final[Names] = {"w": "weight", "b": "bias"}
_LEARNED: Final[Names] = {"gamma": "gamma", "beta": "beta"}
_TORCH: Final[Names] = {"gamma": "weight", "beta": "bias"}
_RUNNING: Final[Names] = {"mean": "running_mean", "var": "running_var"}

_CELL: Final[Names] = {f"{kind}_{end}": f"{kind}_{end}" for kind in ("weight", "bias") for end in ("ih", "hh")}
_GLUON_CELL: Final[Names] = {
    f"{kind}_{end}": f"{product}_{kind}"
    for kind in ("weight", "bias") for end, product in (("ih", "i2h"), ("hh", "h2h"))
}  # fmt: skip

#: Kind -> vocabulary -> canonical name -> name.
KINDS: Final[Mapping[str, Mapping[str, Names]]] = {
    "Linear": dict.fromkeys(("torch", "mindspore", "mxnet"), _PLAIN),
    "Conv": dict.fromkeys(("torch", "mindspore", "mxnet"), _PLAIN),
    "Conv1d": dict.fromkeys(("torch", "mindspore", "mxnet"), _PLAIN),
    "Embedding": {"torch": {"w": "weight"}, "mindspore": {"w": "embedding_table"}, "mxnet": {"w": "weight"}},
    "PReLU": {"torch": {"w": "weight"}, "mindspore": {"w": "w"}, "mxnet": {"w": "alpha"}},
    "LayerNorm": {"torch": _TORCH, "mindspore": _LEARNED, "mxnet": _LEARNED},
    "BatchNorm": {
        "torch": {**_TORCH, **_RUNNING, "count": "num_batches_tracked"},
        "mindspore": {**_LEARNED, "mean": "moving_mean", "var": "moving_variance"},
        "mxnet": {**_LEARNED, **_RUNNING},
    },
    "RecurrentCell": {"torch": _CELL, "mindspore": _CELL, "mxnet": _GLUON_CELL},
    "BatchNorm3d": {
        "torch": {**_TORCH, **_RUNNING, "count": "num_batches_tracked"},
        "mindspore": {
            "gamma": "bn2d.gamma", "beta": "bn2d.beta", "mean": "bn2d.moving_mean", "var": "bn2d.moving_variance",
        },
        "mxnet": {**_LEARNED, **_RUNNING},
    },
}  # fmt: skip
#: Kinds that the user may name besides: arrays that keep their names.
OTHER: Final = "Other"
RECURRENT: Final = "Recurrent"
SAYABLE: Final = (*KINDS, RECURRENT, OTHER)

_STACKED = re.compile(r"(weight|bias)_(ih|hh|hr)_l(\d{1,4})(_reverse)?")
_GLUON = re.compile(r"_unfused\.(\d{1,4})\.(?:([lr])_cell\.)?(i2h|h2h|h2r)_(weight|bias)")
_SCOPED = re.compile(r"([lr])(\d{1,4})_(i2h|h2h|h2r)_(weight|bias)")
_TO_GLUON = {"ih": "i2h", "hh": "h2h", "hr": "h2r"}
_FROM_GLUON = {theirs: ours for ours, theirs in _TO_GLUON.items()}


def candidates(vocabulary: str, arrays: Mapping[str, Shape], planar: bool) -> list[str]:
    """The kinds of layer that keep arrays of these names and shapes; none if no kind does.

    `planar`: the file has a kernel with two long axes, so that (out, in, 1, k) belongs to two axes as well.
    """
    if any(_canonical_recurrent(name) for name in arrays):
        return [RECURRENT] if all(_canonical_recurrent(name) for name in arrays) else []
    found = []
    for kind, spelling in KINDS.items():
        canonical = {theirs: ours for ours, theirs in spelling[vocabulary].items()}
        if all(name in canonical for name in arrays):
            shapes = {canonical[name]: shape for name, shape in arrays.items()}
            if _fits(kind, vocabulary, shapes, planar):
                found.append(kind)
    return found


def _fits(kind: str, vocabulary: str, shapes: Mapping[str, Shape], planar: bool) -> bool:
    if kind == "RecurrentCell":
        return {"weight_ih", "weight_hh"} <= shapes.keys()
    w, b = shapes.get("w"), shapes.get("b")
    if kind == "Linear":
        return w is not None and len(w) == 2 and b in (None, w[:1])
    if kind == "Embedding":
        return w is not None and len(w) == 2
    if kind == "PReLU":
        return w is not None and len(w) == 1
    if kind in ("Conv", "Conv1d"):
        return w is not None and _is_kernel(kind, vocabulary, w, planar) and (b is None or len(b) == 1)
    if kind == "LayerNorm":
        gamma, beta = shapes.get("gamma"), shapes.get("beta")
        # Without a bias only a vector can be one: kernels and matrices without bias are far more common.
        return gamma is not None and (beta == gamma or (beta is None and len(gamma) == 1))
    return {"mean", "var"} <= shapes.keys() and len({s for n, s in shapes.items() if n != "count"}) == 1


def _is_kernel(kind: str, vocabulary: str, w: Shape, planar: bool) -> bool:
    if vocabulary != "mindspore":
        return len(w) == 3 if kind == "Conv1d" else len(w) in (4, 5)
    flat = len(w) == 4 and w[2] == 1
    return flat and not planar if kind == "Conv1d" else len(w) in (4, 5)


def target_names(
    kind: str, source: str, target: str, arrays: Mapping[str, Shape]
) -> dict[str, tuple[str, Shape]] | None:
    """name -> (name, shape) in the target vocabulary, without what it does not keep; None for arrays of another kind."""
    if kind == RECURRENT:
        return _recurrent(target, arrays)
    if kind == OTHER:
        return {name: (name, shape) for name, shape in arrays.items()}
    canonical = {theirs: ours for ours, theirs in KINDS[kind][source].items()}
    if not all(name in canonical for name in arrays):
        return None
    if not _has_its_forms(kind, source, {canonical[name]: shape for name, shape in arrays.items()}):
        return None
    spelled = KINDS[kind][target]
    return {
        name: (spelled[canonical[name]], _shape(kind, source, target, canonical[name], shape))
        for name, shape in arrays.items() if canonical[name] in spelled
    }  # fmt: skip


def _has_its_forms(kind: str, vocabulary: str, shapes: Mapping[str, Shape]) -> bool:
    """Whether arrays that a user says to be of a kind have the forms that its translation counts on."""
    if kind == "Conv1d":
        return "w" in shapes and _is_kernel(kind, vocabulary, shapes["w"], planar=False)
    return "mean" in shapes if kind.startswith("BatchNorm") else True


def added_names(kind: str, source: str, target: str, arrays: Mapping[str, Shape]) -> dict[str, tuple[int, Shape]]:
    """What the target's layers keep besides: name -> (value, shape)."""
    if kind not in ("BatchNorm", "BatchNorm3d") or target == "torch":
        return {}
    canonical = {theirs: ours for ours, theirs in KINDS[kind][source].items()}
    present = {canonical[name] for name in arrays}
    shape = next(shape for name, shape in arrays.items() if canonical[name] == "mean")
    values = {"gamma": 1, "beta": 0}
    return {KINDS[kind][target][c]: (value, shape) for c, value in values.items() if c not in present}


def _shape(kind: str, source: str, target: str, canonical: str, shape: Shape) -> Shape:
    """MindSpore keeps the kernel of one axis as (out, in, 1, k)."""
    if kind != "Conv1d" or canonical != "w" or (source == "mindspore") == (target == "mindspore"):
        return shape
    return (*shape[:2], shape[3]) if source == "mindspore" else (*shape[:2], 1, shape[2])


def _canonical_recurrent(name: str) -> tuple[str, str, int, bool] | None:
    """(weight or bias, ih or hh or hr, layer, backwards) of an array of a recurrent layer."""
    found = _STACKED.fullmatch(name)
    if found:
        return found[1], found[2], int(found[3]), bool(found[4])
    found = _GLUON.fullmatch(name)
    if found:
        return found[4], _FROM_GLUON[found[3]], int(found[1]), found[2] == "r"
    found = _SCOPED.fullmatch(name)
    return (found[4], _FROM_GLUON[found[3]], int(found[2]), found[1] == "r") if found else None


def _recurrent(target: str, arrays: Mapping[str, Shape]) -> dict[str, tuple[str, Shape]] | None:
    parts = {name: _canonical_recurrent(name) for name in arrays}
    both = any(part and part[3] for part in parts.values())
    found = {}
    for name, part in parts.items():
        if part is None:
            return None
        kind, gate, layer, backwards = part
        if target == "mxnet":
            cell = f"{'r' if backwards else 'l'}_cell." if both else ""
            found[name] = (f"_unfused.{layer}.{cell}{_TO_GLUON[gate]}_{kind}", arrays[name])
        else:
            found[name] = (f"{kind}_{gate}_l{layer}{'_reverse' if backwards else ''}", arrays[name])
    return found
