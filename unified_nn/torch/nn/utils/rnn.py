"""Samples of unequal lengths: packed step after step, and padded to one length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from unified_nn import tensor as core
from unified_nn.errors import ArgumentError, InputTypeError, ShapeError, make
from unified_nn.ops.shape import concat, reshape
from unified_nn.torch import graph
from unified_nn.torch.creation import made
from unified_nn.torch.define import tensor_argument
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence",
    "unpack_sequence", "unpad_sequence",
]  # fmt: skip


class _Packed(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Packed):
    """The values of all samples, step after step: `batch_sizes[t]` samples, the longest first, have a step t."""

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> PackedSequence:  # fmt: skip
        if batch_sizes is None and isinstance(data, (tuple, list)):
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    @property
    def is_cuda(self) -> bool:
        return bool(self.data.is_cuda)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The values in another dtype or place."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else PackedSequence(data, *self[1:])

    def cpu(self) -> PackedSequence:
        return self.to("cpu")

    def double(self) -> PackedSequence:
        return PackedSequence(self.data.double(), *self[1:])

    def float(self) -> PackedSequence:
        return PackedSequence(self.data.float(), *self[1:])


def _long(values: Any, like: Tensor) -> Any:
    return made(np.asarray(values, np.int64), None, None, False, like)


def invert_permutation(permutation: Any) -> Any:
    """The permutation that takes the given one back."""
    if permutation is None:
        return None
    return _long(np.argsort(permutation._values()), permutation)


def _counts(lengths: Any) -> NDArray[np.int64]:
    values = cast(Any, lengths)._values() if isinstance(lengths, core.Tensor) else np.asarray(lengths)
    return cast("NDArray[np.int64]", values.astype(np.int64))


# ---- packing -------------------------------------------------------------------------------------------------------


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:  # fmt: skip
    """x (T, N, *), or (N, T, *) with `batch_first`, and the lengths (N,) -> the values of all samples, packed."""
    name = "pack_padded_sequence"
    x: Any = tensor_argument(name, input)
    counts, order = _counts(lengths), None
    if not enforce_sorted:
        order = np.argsort(-counts, kind="stable")
        counts = counts[order]
    x = x.transpose(0, 1) if batch_first else x
    _check_lengths(name, counts, x)
    if order is not None:
        order = _long(order, x)
        x = x.index_select(1, order)
    sizes = _long([(counts > step).sum() for step in range(counts[0])], x)
    data = graph.label(rows_of(x, sizes), "PackPaddedSequenceBackward0", graph.edges((x,)))
    return PackedSequence(data, sizes, order)


def _check_lengths(name: str, counts: NDArray[np.int64], x: Tensor) -> None:
    batch = x._shape[1]
    if len(counts) != batch:
        message = f"Expected `len(lengths)` to be equal to batch_size, but got {len(counts)} (batch_size={batch})"
        raise x._error(ShapeError, name, message)
    if counts.min(initial=1) < 1:
        message = "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        raise x._error(ArgumentError, name, f"{message}: {counts.tolist()}")
    if (np.diff(counts) > 0).any():
        message = "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True"
        raise x._error(ArgumentError, name, f"{message}; got {counts.tolist()}: pass enforce_sorted=False")
    if counts.max(initial=0) > x._shape[0]:
        message = f"the longest of lengths {counts.tolist()} is beyond the {x._shape[0]} steps of input {x._shape}"
        raise x._error(ArgumentError, name, message)


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Samples (T_n, *) packed."""
    lengths = [each._shape[0] for each in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def rows_of(x: Any, batch_sizes: Any) -> Any:
    """The values of x (T, N, *) that lie within the lengths of the samples, step after step."""
    batch = x._shape[1]
    places = np.concatenate([step * batch + np.arange(size) for step, size in enumerate(batch_sizes._values())])
    return cast(Any, reshape(x, shape=(-1, *x._shape[2:]))).index_select(0, _long(places, x))


# ---- padding -------------------------------------------------------------------------------------------------------


def padded(packed: PackedSequence, value: float = 0.0, steps: int | None = None) -> tuple[Any, Any]:
    """The packed values as (T, N, *), with `value` after each sample's end, and the lengths (N,), longest first."""
    data, sizes = packed.data, packed.batch_sizes._values()
    steps = len(sizes) if steps is None else steps
    lengths = (sizes[:, None] > np.arange(sizes[0])).sum(0)
    places = np.full((steps, int(sizes[0])), data._shape[0])
    start = 0
    for step, size in enumerate(sizes):
        places[step, :size] = start + np.arange(size)
        start += int(size)
    filler = made(np.full((1, *data._shape[1:]), value), data._dtype, None, False, data)
    found: Any = concat(data, filler, axis=0)
    rows = found.index_select(0, _long(places.reshape(-1), data))
    return reshape(rows, shape=(*places.shape, *data._shape[1:])), _long(lengths, data)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """The samples (T, N, *), or (N, T, *) with `batch_first`, with `padding_value` after their ends; and the lengths."""
    longest = len(sequence.batch_sizes._values())
    if total_length is not None and total_length < longest:
        message = (
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {longest}"
        )
        raise make(ArgumentError, message, ValueError, "pad_packed_sequence")
    out, lengths = padded(sequence, padding_value, total_length)
    out = graph.label(out, "torch::autograd::CopySlices", graph.edges((sequence.data,)))
    if sequence.unsorted_indices is not None:
        out = out.index_select(1, sequence.unsorted_indices)
        lengths = lengths.index_select(0, sequence.unsorted_indices)
    return (out.transpose(0, 1) if batch_first else out), lengths


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:  # fmt: skip
    """Samples (T_n, *) -> (T, N, *), or (N, T, *) with `batch_first`, with `padding_value` on one side."""
    name = "pad_sequence"
    if not isinstance(sequences, (Iterable, core.Tensor)):
        message = f"Expected iterable of tensors for input argument, got {type(sequences).__name__}"
        raise make(InputTypeError, message, RuntimeError, name)
    if padding_side not in ("left", "right"):
        message = f"padding_side must be either 'left' or 'right', but got {padding_side!r}"
        raise make(ArgumentError, message, RuntimeError, name)
    given = [cast(Any, tensor_argument(name, each)) for each in cast(Any, sequences)]
    if not given:
        raise make(ArgumentError, "received an empty list of sequences", RuntimeError, name)
    rest = given[0]._shape[1:]
    for each in given:
        if each._shape[1:] != rest:
            message = f"samples must agree in all axes but the first: {list(given[0]._shape)} and {list(each._shape)}"
            raise each._error(ShapeError, name, message)
    longest = max(each._shape[0] for each in given)
    found = []
    for each in given:
        missing = longest - each._shape[0]
        filler = made(np.full((missing, *rest), padding_value), each._dtype, None, False, each)
        found.append(
            concat(*((filler, each) if padding_side == "left" else (each, filler)), axis=0) if missing else each
        )
    stacked = cast(Any, given[0]).unsqueeze(0) if len(found) == 1 else None
    out = stacked if stacked is not None else concat(*(cast(Any, part).unsqueeze(0) for part in found), axis=0)
    out = graph.label(out, "torch::autograd::CopySlices", graph.edges(given))
    return out if batch_first else cast(Any, out).transpose(0, 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The samples (T_n, *) of a padded tensor, which is turned to the batch first in place, as PyTorch 2.13 does."""
    x = padded_sequences if batch_first else padded_sequences.transpose_(0, 1)
    return [sample[:count] for sample, count in zip(x, _counts(lengths).tolist(), strict=True)]


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The samples (T_n, *) that were packed."""
    x, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(x, lengths, batch_first=True)


__getattr__ = refuse(__name__, __all__)
