"""Looking up rows by their numbers, and numbers as rows of zeros with a one."""

from __future__ import annotations

from typing import Any, cast

from unified_nn.dtypes import int64
from unified_nn.errors import ArgumentError, DTypeError, NotOfferedError, ShapeError, make
from unified_nn.layers.embedding import Embedding
from unified_nn.ops import index
from unified_nn.torch import graph
from unified_nn.torch.define import define, tensor_argument
from unified_nn.torch.nn.functions.bound import Bound
from unified_nn.torch.tensor import Tensor


@define(function=False, method=False)
def embedding(
    input: Tensor, weight: Any, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Tensor:  # fmt: skip
    """weight[input]; the row `padding_idx` gets no gradient.

    With `max_norm` the rows that input names are first shrunk in `weight` itself to that `norm_type`-norm at most;
    `scale_grad_by_freq` divides a row's gradient by how often input names it.
    """
    w = tensor_argument("embedding", weight, 2, "weight")
    if sparse:
        message = "sparse=True is not offered, gradients are dense; leave it False"
        raise make(NotOfferedError, message, None, "embedding")
    if w.ndim != 2:
        raise w._error(ShapeError, "embedding", f"'weight' must be 2-D, got size {list(w._shape)}")
    if not w._shape[0] and 0 not in input._shape:
        raise w._error(ShapeError, "embedding", "'weight' has no rows to look up")
    if input._dtype.name not in ("int64", "int32"):
        message = f"Expected indices of dtype torch.int64 or torch.int32; got {input.dtype!r}"
        raise input._error(DTypeError, "embedding", message)
    count, features = w._shape
    if padding_idx is not None and not -count <= padding_idx < count:
        message = f"Padding_idx must be within num_embeddings, got {padding_idx} of {count}"
        raise make(ArgumentError, message, AssertionError, "embedding")
    pad = None if padding_idx is None else padding_idx % count
    layer = Embedding(count, features, pad, max_norm, float(norm_type), bool(scale_grad_by_freq))
    out = layer.forward(Bound({"w": w}, False), input)
    return cast(Tensor, graph.label(out, "EmbeddingBackward0", graph.edges((w,))))


@define(function=False, method=False)
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """1 at each number's place of a new last axis, 0 elsewhere; -1 means as many classes as there must be."""
    if tensor._dtype is not int64:
        message = f"one_hot is only applicable to index tensor of type LongTensor; got {tensor.dtype!r}, use .long()"
        raise tensor._error(DTypeError, "one_hot", message)
    values = tensor._values()
    if not values.size and num_classes <= 0:
        message = "Can not infer total number of classes from empty tensor; give num_classes"
        raise tensor._error(ArgumentError, "one_hot", message)
    if values.size and values.min() < 0:
        raise tensor._error(ArgumentError, "one_hot", f"Class values must be non-negative; got {values.min()}")
    classes = int(values.max()) + 1 if num_classes == -1 else num_classes
    if values.size and values.max() >= classes:
        message = f"Class values must be smaller than num_classes={num_classes}; got {values.max()}"
        raise tensor._error(ArgumentError, "one_hot", message)
    return cast(Tensor, index.one_hot(tensor, depth=classes, dtype=int64))
