"""Every array of a network with its name in a vocabulary: what naming, loading and porting of states share.

A layer's row says what its arrays are called in each vocabulary (`gamma` is PyTorch's `weight`), and the canonical
layer which of them exist. Paths of modules are attribute names and stay as they are, but where a framework wraps a
layer.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from unified_nn.errors import ArgumentError, UnifiedError, make, nearest
from unified_nn.layers.base import Layer, Param
from unified_nn.layers.norm import BatchNorm, GroupNorm, LayerNorm
from unified_nn.vocabulary.entry import ROWS, Row, arguments_for
from unified_nn.vocabulary.tree import Module

VOCABULARIES = ("torch", "mindspore", "mxnet", "neutral")
_PACKAGES = {"neutral": "unified_nn.nn", "torch": "unified_nn.torch.nn", "mindspore": "unified_nn.mindspore.nn",
             "mxnet": "unified_nn.mxnet.gluon.nn"}  # fmt: skip
Key = tuple[object, ...]

#: The values that change nothing, for arrays that one vocabulary keeps and another leaves out.
NEUTRAL = {"gamma": 1, "beta": 0, "mean": 0, "var": 1, "count": 0}
#: Layers that a framework makes of another layer: (vocabulary, canonical layer, rank) -> the path to that one.
_WRAPPED: dict[tuple[str, type[Layer], int], str] = {("mindspore", BatchNorm, 3): "bn2d"}
_WRAPPERS = {("mindspore", "BatchNorm3d"): "bn2d"}
#: Layers of a framework that are made of others: the attributes that are called otherwise elsewhere, in one order.
_FEED_FORWARD = {"torch": ("linear1", "linear2"), "mindspore": ("dense1", "dense2")}
_CHILDREN = {"TransformerEncoderLayer": _FEED_FORWARD, "TransformerDecoderLayer": _FEED_FORWARD}
_BY_GROUP = "Gluon's GroupNorm keeps one gamma and beta per group of channels, the others one per channel"
#: Why a vocabulary's layer is no counterpart of a canonical one, and why a layer without a row has none elsewhere.
_APART: dict[tuple[str, type[Layer]], str] = {("mxnet", GroupNorm): _BY_GROUP}
_ALONE = {("mxnet", "GroupNorm"): _BY_GROUP}


@dataclass(frozen=True)
class Slot:
    """One array of a network under its name in a vocabulary.

    Slots of two vocabularies with one key are the same array. `name` is None where the vocabulary keeps no such array;
    the network's own must then have the value `neutral`. `shape` has 0 where a size is not known yet. `inserted` is the
    axis of size 1 that this vocabulary's form of the array has and the canonical form has not, `held_inserted` the same
    of the network's own form. `fill` is the value of all elements where the network itself keeps no such array, or
    computes with that value whatever it keeps (`fixed`).
    """

    key: Key
    name: str | None
    shape: tuple[int, ...]
    dtype: str
    inserted: int | None = None
    held_inserted: int | None = None
    neutral: int | None = None
    fill: int | None = None
    fixed: bool = False
    held: Any = None

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape can be this slot's."""
        return len(shape) == len(self.shape) and all(own in (0, s) for own, s in zip(self.shape, shape, strict=True))


def require_vocabulary(name: str) -> None:
    """Raise ArgumentError for a name that is no vocabulary."""
    if name not in VOCABULARIES:
        known = ", ".join(VOCABULARIES)
        raise make(ArgumentError, f"names={name!r} is no vocabulary; known: {known}.{nearest(name, VOCABULARIES)}")


def row_for(vocabulary: str, row: Row) -> type[Row] | None:
    """The row that says this layer in another vocabulary, or else one whose parameters have the same names; or None."""
    require_vocabulary(vocabulary)
    importlib.import_module(_PACKAGES[vocabulary])  # defining the rows registers them
    rank = _rank(row)
    fitting = [c for c in ROWS.get((vocabulary, type(row).canonical), []) if rank is None or c.rank in (None, rank)]
    for candidate in fitting:
        try:
            arguments_for(candidate, row.layer)
        except UnifiedError:  # this one cannot say it, perhaps another can
            continue
        return candidate
    return next((candidate for candidate in fitting if not candidate.exact), None)


def _why_none(vocabulary: str, row: Row) -> str:
    """Why no row of another vocabulary keeps the arrays of this layer."""
    reason = _APART.get((vocabulary, type(row).canonical), "")
    for candidate in ROWS.get((vocabulary, type(row).canonical), []):
        try:
            arguments_for(candidate, row.layer)
        except UnifiedError as error:
            reason = reason or error.message
    return f": {reason}" if reason else ""


def slots(root: Module, names: str | None = None) -> list[Slot]:
    """Every array below, under the names of a vocabulary or each module's own, in the order of definition.

    Arrays that several modules share are listed under each name as PyTorch and Gluon list them; MindSpore and the
    neutral vocabulary know the first alone.
    """
    if names is not None:
        require_vocabulary(names)
    once = (names or root._vocabulary) in ("mindspore", "neutral")
    found: dict[str | Key, Slot] = {}
    keys: set[Key] = set()
    for path, part in _parts(root, names):
        for slot in _of_module(root, part, path, names):
            if once and slot.key in keys:
                continue
            keys.add(slot.key)
            found.setdefault(slot.name or slot.key, slot)
    return list(found.values())


def _parts(module: Module, names: str | None, path: str = "") -> Iterator[tuple[str, Module]]:
    """Every module with its path and a dot, shared ones under each name."""
    yield path, module
    inner = _WRAPPERS.get((module._vocabulary, type(module).__name__))
    for name, child in module._modules.items():
        if child is not None:
            through = name == inner and names not in (None, module._vocabulary)
            yield from _parts(child, names, path if through else f"{path}{_child_name(module, name, names)}.")


def _child_name(module: Module, name: str, names: str | None) -> str:
    """The attribute's name in a vocabulary; those of users' own modules stay what they are."""
    for kind in type(module).__mro__ if names not in (None, module._vocabulary) else ():
        spelled = _CHILDREN.get(kind.__name__) if kind.__module__.startswith("unified_nn.") else None
        own = () if spelled is None else spelled.get(module._vocabulary, ())
        if spelled is not None and name in own and names in spelled:
            return spelled[names][own.index(name)]
    return name


def _of_module(root: Module, part: Module, path: str, names: str | None) -> Iterator[Slot]:
    own = {
        name: held for which in ("_parameters", "_buffers") for name, held in part.__dict__[which].items()
        if held is not None and name not in part.__dict__.get("_transient", ())
    }  # fmt: skip
    if isinstance(part, Row):
        yield from _of_row(root, part, path, names, own)
        return
    if own and names not in (None, part._vocabulary) and type(part).__module__.startswith("unified_nn."):
        kind = f"{part._vocabulary}'s {type(part).__name__}"
        why = _ALONE.get((part._vocabulary, type(part).__name__), "")
        message = (
            f"{path or 'the network'} ({kind}) has no row, so its names in the vocabulary {names!r} are not known"
            f"{why and ': '}{why}"
        )
        raise make(ArgumentError, message)
    for name, held in own.items():
        yield Slot(_key(held), _title(root, held, names) or path + name, _shape(held), _dtype(held), held=held)


def _of_row(root: Module, row: Row, path: str, names: str | None, own: dict[str, Any]) -> Iterator[Slot]:
    canonical_names = {theirs: canonical for canonical, theirs in type(row).params.items()}
    mine = {canonical_names.get(name, name): held for name, held in own.items()}
    known = {param.name: param for param in kept(row._vocabulary, row.layer)}
    target: type[Row] | None = type(row)
    if names is None or names == row._vocabulary:
        wanted = list(mine)
    else:
        target = row_for(names, row)
        if target is None:
            if not own:
                return
            kind = type(row).__name__
            why = _why_none(names, row)
            message = f"{kind} has no counterpart in the vocabulary {names!r}, so its names are not known{why}"
            raise make(ArgumentError, message)
        known |= {param.name: param for param in kept(names, row.layer)}
        wanted = _ordered(target, [param.name for param in kept(names, row.layer)])
        inner = _WRAPPED.get((names, type(row).canonical, _rank(row) or 0))
        path = f"{path}{inner}." if inner else path
    assert target is not None
    titles = _titles(target, path, row.layer if (names or root._vocabulary) == "mxnet" else None)
    for canonical in [*wanted, *(c for c in mine if c not in wanted)]:
        held = mine.get(canonical)
        title = _title(root, held, names) or path + titles.get(canonical, canonical)
        param, held_inserted = known.get(canonical), _inserted(type(row), known.get(canonical))
        inserted = _inserted(target, param)
        shape = param.shape if held is None and param is not None else _shape(held)
        if held is not None:
            shape = with_axis(without_axis(shape, held_inserted), inserted)
        neutral = NEUTRAL.get(canonical)
        fixed = canonical == "gamma" and _fixes_gamma(row)
        yield Slot(
            key=_key(held) if held is not None else ("absent", id(row), canonical),
            name=title if canonical in wanted else None,
            shape=shape,
            dtype=param.dtype if held is None and param is not None else _dtype(held),
            inserted=inserted,
            held_inserted=held_inserted,
            neutral=neutral,
            fill=neutral if held is None or (fixed and target is not type(row)) else None,
            fixed=fixed,
            held=held,
        )


def kept(vocabulary: str, layer: Layer) -> list[Param]:
    """The arrays that a vocabulary's layers keep: some leave out what is not learned, others keep it."""
    if isinstance(layer, BatchNorm):
        if vocabulary == "torch":
            layer = replace(layer, scale=layer.scale or layer.center, counts=layer.running)
        elif vocabulary in ("mindspore", "mxnet"):
            layer = replace(layer, scale=True, center=True, running=True, counts=False)
        else:
            layer = replace(layer, running=True, counts=False)
    elif isinstance(layer, (LayerNorm, GroupNorm)) and vocabulary in ("mindspore", "mxnet"):
        layer = replace(layer, scale=True, center=True)
    open_sizes = {f.name: 0 for f in fields(layer) if f.name in ("in_features", "features") and _is_open(layer, f.name)}
    return list((replace(layer, **open_sizes) if open_sizes else layer).params())


def _is_open(layer: Layer, setting: str) -> bool:
    return getattr(layer, setting) is None


def _ordered(row: type[Row], wanted: list[str]) -> list[str]:
    """Canonical names in the order in which the row makes its arrays."""
    first = [name for name in row.order if name in wanted]
    return first + [name for name in wanted if name not in first]


def _titles(row: type[Row], path: str, in_files: Layer | None) -> dict[str, str]:
    """Names of a row's arrays; MindSpore has others for a layer that is the whole network, MXNet for some in files."""
    titles: dict[str, str] = {} if path else getattr(row, "titles", {})
    file_names = getattr(row, "file_names", None)
    if in_files is not None and file_names is not None:
        titles = file_names(in_files)
    return {**row.params, **titles}


def _title(root: Module, held: Any, names: str | None) -> str | None:
    """MindSpore's parameters carry the names under which its files have them."""
    if root._vocabulary != "mindspore" or names not in (None, "mindspore"):
        return None
    title = getattr(held, "name", None)
    return title if isinstance(title, str) and type(held).__module__.startswith("unified_nn.mindspore.") else None


def _fixes_gamma(row: Row) -> bool:
    """Whether the layer keeps a gamma and computes with 1 instead, as MXNet's fix_gamma has it."""
    return row._vocabulary == "mxnet" and isinstance(row.layer, BatchNorm) and not row.layer.scale


def _rank(row: Row) -> int | None:
    """Spatial axes of a layer, from its row or from its own sizes."""
    kernel = getattr(row.layer, "kernel", None)
    return row.rank if row.rank is not None or kernel is None else len(kernel)


def _inserted(row: type[Row], param: Param | None) -> int | None:
    """The axis of size 1 that the row keeps an array with, if there is one."""
    held_shape = getattr(row, "held_shape", None)
    if held_shape is None or param is None:
        return None
    shape: tuple[int, ...] = held_shape(row.__new__(row), param)
    if len(shape) == len(param.shape):
        return None
    return next(
        axis for axis in range(len(shape)) if shape[axis] == 1 and shape[:axis] + shape[axis + 1 :] == param.shape
    )


def without_axis(shape: tuple[int, ...], axis: int | None) -> tuple[int, ...]:
    return shape if axis is None else shape[:axis] + shape[axis + 1 :]


def with_axis(shape: tuple[int, ...], axis: int | None) -> tuple[int, ...]:
    return shape if axis is None else (*shape[:axis], 1, *shape[axis:])


def _key(held: Any) -> Key:
    return ("held", id(getattr(held, "_body", held)))


def _shape(held: Any) -> tuple[int, ...]:
    """The sizes of an array, 0 where they are not known yet."""
    shape = getattr(held, "_shape", None)
    return tuple(shape) if shape is not None else ()


def _dtype(held: Any) -> str:
    name = getattr(held._dtype, "name", None)
    return name if isinstance(name, str) else getattr(held._dtype, "__name__", str(held._dtype))
