"""What `grad_fn` shows: the graph under PyTorch's names, the same on every backend.

A core node is named by its op (`NAMES`). A function of the vocabulary that is more than one op, or that PyTorch calls
otherwise, gives its result a `Label`, which says its name and what went into it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from unified_nn import tensor as core
from unified_nn.autodiff import Label, Leaf, Node
from unified_nn.errors import NotOfferedError, make

Edge = tuple[Node | Leaf | Label | None, Any]

#: The core's op -> PyTorch's node, for what reaches a tensor without a label.
NAMES: dict[str, str] = {
    "abs": "Abs", "add": "Add", "arccos": "Acos", "arcsin": "Asin", "arctan": "Atan", "arctan2": "Atan2",
    "avg_pool": "AvgPool2D", "batch_norm": "NativeBatchNorm", "cast": "ToCopy", "ceil": "Ceil", "celu": "Celu",
    "clip": "Clamp", "concat": "Cat", "conv": "Convolution", "conv_transpose": "Convolution", "cos": "Cos",
    "cosh": "Cosh", "cumsum": "Cumsum", "div": "Div", "elu": "Elu", "erf": "Erf", "exp": "Exp", "expand": "Expand",
    "expm1": "Expm1", "flip": "Flip", "floor": "Floor", "gather": "Gather", "gelu": "Gelu", "getitem": "Index",
    "glu": "Glu", "hard_shrink": "Hardshrink", "hard_sigmoid": "Hardsigmoid", "hard_swish": "Hardswish",
    "hard_tanh": "Hardtanh", "index_add": "IndexAdd", "layer_norm": "NativeLayerNorm", "leaky_relu": "LeakyRelu",
    "linear": "Addmm", "log": "Log", "log10": "Log10", "log1p": "Log1P", "log2": "Log2",
    "log_sigmoid": "LogSigmoid", "log_softmax": "LogSoftmax", "logsumexp": "Logsumexp", "matmul": "Mm",
    "max": "Max", "max_pool": "MaxPool2DWithIndices", "maximum": "Maximum", "mean": "Mean", "min": "Min",
    "minimum": "Minimum", "mish": "Mish", "mod": "Remainder", "mul": "Mul", "neg": "Neg", "pad": "ConstantPadNd",
    "pow": "Pow", "prelu": "PreluKernel", "prod": "Prod", "reciprocal": "Reciprocal", "relu": "Relu",
    "reshape": "View", "round": "Round", "rsqrt": "Rsqrt", "scatter_add": "ScatterAdd", "select": "Where",
    "selu": "Elu", "setitem": "IndexPut", "sigmoid": "Sigmoid", "sign": "Sign", "silu": "Silu", "sin": "Sin",
    "sinh": "Sinh", "soft_shrink": "Softshrink", "softmax": "Softmax", "softplus": "Softplus", "sqrt": "Sqrt",
    "square": "Pow", "stack": "Stack", "std": "Std", "sub": "Sub", "sum": "Sum", "take": "IndexSelect", "tan": "Tan",
    "tanh": "Tanh", "threshold": "Threshold", "transpose": "Permute", "trunc": "Trunc", "var": "Var",
    "where": "Where",
}  # fmt: skip


def _camel(op: str) -> str:
    return "".join(part.capitalize() for part in op.split("_"))


def name_of(node: Node | Leaf | Label) -> str:
    """PyTorch's name of a node."""
    if isinstance(node, Leaf):
        return "torch::autograd::AccumulateGrad"
    if isinstance(node, Node):
        if node.label is not None:
            return name_of(node.label)
        op = node.op.name if node.op is not None else "backward"
    else:
        op = node.name
        if not op.islower():
            return op
    return f"{NAMES.get(op) or _camel(op)}Backward0"


class GradFn:
    """One node as `grad_fn` and `next_functions` show it."""

    __slots__ = ("__weakref__", "_node", "_variable")

    def __init__(self, node: Node | Leaf | Label, variable: weakref.ref[core.Tensor] | None = None) -> None:
        self._node = node
        self._variable = variable

    def name(self) -> str:
        return name_of(self._node)

    @property
    def next_functions(self) -> tuple[tuple[GradFn | None, int], ...]:
        """What this function's gradients go on to, each with the number of that one's output."""
        return tuple(_shown(edge) for edge in _edges(self._node))

    @property
    def variable(self) -> core.Tensor:
        """The leaf that an AccumulateGrad belongs to."""
        found = None if self._variable is None else self._variable()
        if found is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute 'variable'")
        return found

    @property
    def metadata(self) -> dict[str, Any]:
        return {}

    def register_hook(self, hook: Callable[..., Any]) -> None:
        message = "grad_fn.register_hook is not offered; register the hook on the tensor: tensor.register_hook(hook)"
        raise make(NotOfferedError, message)

    register_prehook = register_hook

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and self._node is other._node

    def __hash__(self) -> int:
        return id(self._node)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {hex(id(self._node))}>"


_classes: dict[str, type[GradFn]] = {}


def shown(node: Node | Leaf | Label, variable: weakref.ref[core.Tensor] | None = None) -> GradFn:
    """The node as an object whose class has PyTorch's name of it."""
    name = name_of(node).rpartition("::")[2]
    if name not in _classes:
        _classes[name] = type(name, (GradFn,), {"__slots__": ()})
    return _classes[name](node, variable)


def _shown(edge: Edge | tuple[Leaf, Any, weakref.ref[core.Tensor]]) -> tuple[GradFn | None, int]:
    node = edge[0]
    if node is None:
        return None, 0
    variable = edge[2] if len(edge) > 2 else None
    return shown(node, variable), 0 if isinstance(node, (Leaf, Label)) else edge[1]


def _edges(node: Node | Leaf | Label) -> Sequence[Any]:
    if isinstance(node, Leaf):
        return ()
    if isinstance(node, Node):
        if node.label is not None:
            return node.label.edges
        return [edge or (None, 0) for edge in node.edges]
    return node.edges


def edge(value: Any) -> Any:
    """Where the gradient of an argument goes: (node, output), (leaf, 0, its tensor) or (None, 0)."""
    node = value._body.node if isinstance(value, core.Tensor) else None
    if node is None:
        return (None, 0)
    return (node, 0, weakref.ref(value)) if node.is_leaf else (node, value._body.index)


def edges(args: Sequence[Any]) -> list[Any]:
    """The edges of all floating tensors among the arguments and the lists in them."""
    found = []
    for arg in args:
        if isinstance(arg, core.Tensor):
            if arg._body.node is not None or arg._dtype.kind in "fc":
                found.append(edge(arg))
        elif isinstance(arg, (list, tuple)):
            found += edges(arg)
    return found


def label(out: Any, name: str, into: Sequence[Any]) -> Any:
    """Show the tensor (or tensors) `out` as made by the function `name` from the edges `into`; gives `out`."""
    if isinstance(out, core.Tensor):
        node = out._body.node
        if isinstance(node, Node) and not any(other[0] is node for other in into):
            node.label = Label(name, into)
    else:
        for part in out:
            label(part, name, into)
    return out


def virtual(name: str, *args: Any) -> tuple[Label, int] | tuple[None, int]:
    """An edge to a function that PyTorch has in between and the core does not; nothing without gradients."""
    into = edges(args)
    if all(other[0] is None for other in into):
        return (None, 0)
    return (Label(name, into), 0)
