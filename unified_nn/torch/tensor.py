"""PyTorch's tensor: what it is, how it converts, and its gradient; the functions are attached by `unified_nn.torch`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np

from unified_nn import autodiff
from unified_nn import tensor as core
from unified_nn.autodiff import Leaf, grad_enabled
from unified_nn.dtypes import DType
from unified_nn.errors import (
    ArgumentError,
    DTypeError,
    GradientError,
    IndexRangeError,
    InputTypeError,
    MissingNameError,
    ShapeError,
    TooLargeError,
    UnifiedError,
    make,
    nearest,
)  # fmt: skip
from unified_nn.torch import dtypes, graph, printing, size
from unified_nn.torch.devices import device as device_type
from unified_nn.vocabulary.tree import Handle, add_hook

#: What PyTorch raises for a kind of error; `_IN_OP` where one op differs.
_RAISED: dict[type[UnifiedError], type[BaseException]] = {
    ArgumentError: RuntimeError, DTypeError: RuntimeError, GradientError: RuntimeError, IndexRangeError: IndexError,
    ShapeError: RuntimeError, InputTypeError: TypeError, TooLargeError: RuntimeError,
}  # fmt: skip
_IN_OP: dict[tuple[str, type[UnifiedError]], type[BaseException]] = {
    ("cross_entropy", ShapeError): ValueError,
    ("nll", ShapeError): ValueError,
    ("dropout", ArgumentError): ValueError,
    ("gather", IndexRangeError): RuntimeError,
    ("scatter", IndexRangeError): RuntimeError,
    ("softmax", DTypeError): NotImplementedError,
    ("log_softmax", DTypeError): NotImplementedError,
    ("bitwise_and", DTypeError): NotImplementedError,
    ("bitwise_or", DTypeError): NotImplementedError,
    ("bitwise_xor", DTypeError): NotImplementedError,
    ("bitwise_not", DTypeError): TypeError,
    ("getitem", ShapeError): IndexError,
    ("getitem", DTypeError): IndexError,
    ("tensor", InputTypeError): TypeError,
}


class Tensor(core.Tensor):
    """A tensor that behaves and prints as PyTorch's."""

    _tracks_views = True
    __hash__ = core.Tensor.__hash__

    def __getattr__(self, name: str) -> Any:
        """Only called for what is not there; the functions of `define.METHODS` are methods."""
        if name[:2] == "__":
            raise AttributeError(f"'Tensor' object has no attribute {name!r}")
        message = f"torch.Tensor.{name} is not offered by unified_nn.{nearest(name, dir(type(self)))}"
        raise make(MissingNameError, message)

    def __new__(cls, *args: Any, **kwargs: Any) -> Tensor:
        from unified_nn.torch.legacy import make_tensor  # which makes tensors of this class

        return make_tensor(cls, *args, **kwargs)

    # -- what it is --

    @property
    def dtype(self) -> dtypes.dtype:
        return dtypes.OF_CANONICAL[self._dtype]

    @property
    def shape(self) -> size.Size:
        return size.of(self._shape)

    @property
    def device(self) -> device_type:
        return device_type(self._device)

    @property
    def layout(self) -> str:
        return "torch.strided"

    @property
    def is_cuda(self) -> bool:
        return self._device.startswith("cuda")

    is_sparse = is_quantized = is_mps = is_meta = False

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            message = "only tensors created explicitly by the user (graph leaves) support deepcopy; detach() it first"
            raise self._error(GradientError, "deepcopy", message)
        if id(self) in memo:
            return cast(Tensor, memo[id(self)])
        made = type(self)._wrap(self.backend.from_numpy(self._values(), self._device), self.backend)
        made.__dict__.update(self.__dict__)
        memo[id(self)] = made
        if self.requires_grad:
            made.requires_grad_()
            made.grad = None if self.grad is None else self.grad.__deepcopy__(memo)
        return made

    def __copy__(self) -> Tensor:
        """A leaf with the same values: an in-place change of one is seen by the other."""
        made = object.__new__(type(self))
        made._body, made.backend = self._detached()._body, self.backend
        made.__dict__.update(self.__dict__)
        return made.requires_grad_(self.requires_grad)

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not self.is_leaf:
            raise self._error(
                GradientError, "pickle", "a tensor with a gradient history is not pickled; detach() it first"
            )
        return _rebuilt, (type(self), self._values(), self._dtype, self.requires_grad)

    # -- conversion --

    def _values(self) -> np.ndarray[Any, Any]:
        return super().numpy()

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """The values as a NumPy array of its own; raises for a tensor that requires a gradient, as PyTorch does."""
        if self.requires_grad and not force:
            message = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            raise self._error(GradientError, "", message)
        if self._dtype.name == "bfloat16":
            raise self._error(InputTypeError, "numpy()", "Got unsupported ScalarType BFloat16; convert it: .float()")
        return self._values()

    def _item(self) -> Any:
        values = self._values()
        if values.size != 1:
            message = f"a Tensor with {values.size} elements cannot be converted to Scalar; its shape is {self._shape}"
            raise self._error(ArgumentError, "item", message)
        return _plain(values).reshape(()).item()

    def item(self) -> Any:
        """The only element as a Python number."""
        return self._item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return _plain(self._values()).tolist()

    def __bool__(self) -> bool:
        if self.numel() != 1:
            message = (
                f"Boolean value of Tensor with {'no' if self.numel() == 0 else 'more than one'} value is ambiguous"
            )
            raise self._error(ArgumentError, "", message)
        return bool(self._item())

    def _number(self) -> Any:
        if self.numel() != 1:
            message = f"only one element tensors can be converted to Python scalars; this one has shape {self._shape}"
            raise make(ArgumentError, message, ValueError)
        return self._item()

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __complex__(self) -> complex:
        return complex(self._number())

    def __iter__(self) -> Iterator[Tensor]:
        if not self._shape:
            raise make(InputTypeError, "iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, element: Any) -> bool:
        if isinstance(element, (core.Tensor, bool, int, float, complex)):
            return bool(
                (self._values() == (np.asarray(element) if isinstance(element, core.Tensor) else element)).any()
            )
        message = f"Tensor.__contains__ takes a tensor or a number, got {type(element).__name__}"
        raise self._error(InputTypeError, "", message)

    def __repr__(self, *, tensor_contents: None = None) -> str:
        facts: dict[str, Any] = {
            "dtype_name": self._dtype.name,
            "device": None if self._device == "cpu" else self._device,
            "default_dtype": dtypes.default().name,
        }
        if self.requires_grad and not self.is_leaf:
            facts["grad_fn"] = graph.shown(cast(Any, self._body.node)).name().rpartition("::")[2]
        return self._printed(printing.format_tensor(self._values(), requires_grad=self.requires_grad, **facts))

    def _printed(self, text: str) -> str:
        return text

    def __format__(self, spec: str) -> str:
        if not self._shape and type(self) is Tensor:
            return format(self._item(), spec)
        return object.__format__(self, spec)

    # -- gradient --

    @property
    def requires_grad(self) -> bool:
        return self._body.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Record gradients for this leaf from now on, or no longer."""
        node = self._body.node
        if requires_grad and node is None:
            if self._dtype.kind not in "fc":
                message = f"only Tensors of floating point and complex dtype can require gradients; got {self.dtype!r}"
                raise self._error(DTypeError, "", message)
            self._body.node = Leaf(self.backend)
        elif not requires_grad and node is not None:
            if not node.is_leaf:
                message = (
                    "you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
                    "in a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
                )
                raise self._error(GradientError, "", message)
            self._body.node = None
        return self

    @property
    def grad_fn(self) -> graph.GradFn | None:
        node = self._body.node
        return None if node is None or node.is_leaf else graph.shown(node)

    @property
    def data(self) -> Tensor:
        """The same values without gradient; an in-place change of one is seen by the other."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        self.backend = value.backend
        core.share(self._body, value._body, value.backend)

    def detach(self) -> Tensor:
        return cast(Tensor, self._detached())

    def detach_(self) -> Tensor:
        """Forget the gradient history."""
        if self._body.node is not None:
            detached = self._detached()
            self._body.node, self._body.native = None, detached._body.native
        return self

    def backward(
        self, gradient: Tensor | None = None, retain_graph: bool | None = None, create_graph: bool = False,
        inputs: Any = None,
    ) -> None:  # fmt: skip
        """Accumulate d(self * gradient)/d(leaf) into the `grad` of every leaf (or of `inputs` only)."""
        from unified_nn.torch.autograd.functions import backward

        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    @property
    def retains_grad(self) -> bool:
        node = self._body.node
        return isinstance(node, autodiff.Node) and self._body.index in (node.grads or {})

    def retain_grad(self) -> None:
        """Keep the gradient of this tensor in `grad` although it is no leaf."""
        node = self._body.node
        if node is None:
            raise self._error(GradientError, "", "can't retain_grad on Tensor that has requires_grad=False")
        if isinstance(node, autodiff.Node):
            node.retain(self._body.index, self._body.native)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> Handle:
        """Call hook(grad) when the gradient of this tensor is computed; what it returns replaces it."""
        node = self._body.node
        if node is None:
            raise self._error(GradientError, "", "cannot register a hook on a tensor that doesn't require gradient")

        def faced(g: core.Tensor) -> core.Tensor | None:
            return cast("core.Tensor | None", hook(cast(Tensor, g.as_face(Tensor))))

        if isinstance(node, Leaf):
            return add_hook(node.hooks, faced)
        fresh: dict[int, Any] = {}
        handle = add_hook(fresh, None)  # type: ignore[arg-type]
        node.add_hook(handle.id, self._body.index, faced)
        return Handle(cast(Any, node.hooks), handle.id)

    # -- in place --

    def _refuse_leaf(self, name: str) -> None:
        node = self._body.node
        if node is not None and node.is_leaf and grad_enabled():
            message = "a leaf Variable that requires grad is being used in an in-place operation."
            raise self._error(GradientError, name, message)

    # -- errors --

    @classmethod
    def _error_base(cls, op: str, kind: type[UnifiedError]) -> type[BaseException]:
        return _IN_OP.get((op, kind)) or _RAISED.get(kind) or kind.neutral


def _plain(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """bfloat16, which Python has no number for, as float32."""
    return values.astype(np.float32) if values.dtype.name == "bfloat16" else values


def _rebuilt(cls: type[Tensor], values: np.ndarray[Any, Any], dtype: DType, requires_grad: bool) -> Tensor:
    made = cls.from_numpy(values, dtype)
    return made.requires_grad_() if requires_grad else made


class Parameter(Tensor, face=Tensor):
    """A tensor that a module learns."""

    def __new__(cls, data: core.Tensor | None = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            data = Tensor.from_numpy(np.empty(0, dtypes.default().numpy()))
        made = object.__new__(cls)
        made._body = data._detached()._body
        made.backend = data.backend
        made.requires_grad_(requires_grad)
        return made

    def _printed(self, text: str) -> str:
        return f"Parameter containing:\n{text}"
