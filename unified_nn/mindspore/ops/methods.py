"""The tensor's operators and methods, attached from tables: one definition serves function and method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unified_nn import tensor as core
from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, make
from unified_nn.layout import begins_storage, is_contiguous
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.parameter import Parameter
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.ops.arguments import axes_of, axis_of, operand, sizes_of, words
from unified_nn.mindspore.ops.function import array_func, creation_func, math_func, nn_func, reduce_func
from unified_nn.ops import elementwise as el
from unified_nn.ops import index, reduce
from unified_nn.ops import shape as moves
from unified_nn.ops.operators import parse_index

Method = Callable[..., Any]
_math: dict[str, Method] = {**vars(math_func), **vars(reduce_func)}
_array: dict[str, Method] = vars(array_func)
_nn: dict[str, Method] = vars(nn_func)

#: Python's operator -> the function.
_OPERATORS = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "true_divide",
    "floordiv": "floor_div",
    "mod": "remainder",
    "pow": "pow",
}
_BITS = {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}
_COMPARISONS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
_ARRAYLIKE = (core.Tensor, bool, int, float, list, tuple)

#: Methods that are functions with the tensor as the first argument.
_SAME = {
    **{
        name: _math[name]
        for name in words(
            "abs absolute add addcdiv addcmul addmm amax amin acos arccos arcsin arctan arctan2 asin atan atan2 "
            "bitwise_and bitwise_or bitwise_xor bmm ceil clamp clip cos cosh cumsum div divide dot eq equal erf "
            "exp expm1 floor floor_divide fmod ge ger greater greater_equal gt isclose isfinite isinf isnan le "
            "lerp less less_equal log log10 log1p log2 logical_and logical_not logical_or logical_xor logsumexp "
            "lt matmul maximum minimum mul multiply ne neg negative norm not_equal outer pow reciprocal remainder "
            "round rsqrt sign sin sinh sqrt square std sub subtract t tan tanh topk true_divide trunc var xlogy"
        )
    },
    **{
        name: _array[name]
        for name in words(
            "argsort broadcast_to chunk expand_dims flip gather_elements index_select masked_fill masked_select "
            "moveaxis movedim nonzero repeat_interleave roll sort split squeeze swapaxes swapdims tril triu "
            "unbind unsqueeze"
        )
    },
    **{name: _nn[name] for name in ("hardshrink", "log_softmax", "sigmoid", "softmax")},
}


def _attach(name: str, method: Any) -> None:
    setattr(Tensor, name, method)


def _forward(function: Method) -> Method:
    return lambda self, other: function(self, other)


def _reflected(function: Method) -> Method:
    return lambda self, other: function(other, self)


def _in_place(name: str) -> Method:
    """`x += y` gives a new tensor under the same name; for a parameter it changes the parameter."""
    function = _math[_OPERATORS[name]]

    def method(self: Any, other: Any) -> Any:
        out = function(self, other)
        if not isinstance(self, Parameter):
            return out
        self._replace(el.as_dtype(out, self._dtype)._detached())
        return self

    return method


def _equality(function: Method, answer: bool) -> Method:
    """`==` and `!=`, which answer for what is neither a tensor nor a number."""

    def method(self: Any, other: Any) -> Any:
        return function(self, other) if isinstance(other, _ARRAYLIKE) else answer

    return method


def _getitem(self: Any, key: Any) -> Any:
    if isinstance(key, bool):
        return self.unsqueeze(0) if key else self.unsqueeze(0)[:0]
    arrays, found = parse_index(key, self)
    return index.getitem(self, *arrays, index=found)


def _setitem(self: Any, key: Any, value: Any) -> None:
    arrays, found = parse_index(key, self)
    given = operand(value, "Tensor.__setitem__")
    made = given if isinstance(given, core.Tensor) else Tensor(given)
    made = el.as_dtype(made, self._dtype)
    if isinstance(self, Parameter):
        with recording(False):
            self._assign(index.setitem(self, made, *arrays, index=found))
    else:
        self._assign(index.setitem(self, made, *arrays, index=found))


def _reshape(self: Any, *shape: Any) -> Any:
    """The same values in another shape; one size may be -1."""
    return moves.reshape(self, shape=sizes_of(shape, "Tensor.reshape"))


def _transpose(self: Any, *axes: Any, dim0: Any = None, dim1: Any = None) -> Any:
    """Two axes exchanged (`x.transpose(0, 1)`), the axes in another order, or reversed without one."""
    axes = (*axes, *(dim for dim in (dim0, dim1) if dim is not None))
    if len(axes) == 2 and all(isinstance(axis, int) for axis in axes):
        first, second = (axis_of(self, axis, "Tensor.transpose") for axis in axes)
        return moves.swapaxes(self, first, second)
    return _permute(self, *axes)


def _permute(self: Any, *axes: Any) -> Any:
    """The axes in another order, reversed without one."""
    given = axes[0] if len(axes) == 1 and isinstance(axes[0], (tuple, list)) else axes
    return array_func.transpose(self, given or tuple(range(self.ndim))[::-1])


def _flatten(self: Any, order: str = "C", *, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes start_dim to end_dim as one: all of them by default, unlike the function."""
    return array_func.flatten(self, order, start_dim=start_dim, end_dim=end_dim)


def _swap_to(dtype: mstype.Type) -> Method:
    def method(self: Any) -> Any:
        return el.as_dtype(self, dtype.canonical)

    method.__doc__ = f"The values as {dtype}."
    return method


def _astype(self: Any, dtype: Any, copy: bool = True) -> Any:
    """The values as another dtype, which may be a name."""
    return el.as_dtype(self, mstype.loosely(dtype, "Tensor.astype: dtype"))


def _to(self: Any, dtype: Any) -> Any:
    """The values as another dtype."""
    return el.as_dtype(self, mstype.to_canonical(dtype, "Tensor.to: dtype"))


def _copy(self: Any) -> Any:
    """The same values in a tensor of its own."""
    return el.where(Tensor.from_numpy(True, backend=self.backend), self, self)


def _same(self: Any) -> Any:
    """The tensor itself."""
    return self


def _contiguous(self: Any) -> Any:
    """The tensor itself where its elements are the first of their memory, in C order; of a view of others, a copy."""
    body, backend = self._body, self.backend
    return self if is_contiguous(body, backend) and begins_storage(body, backend) else _copy(self)


def _sum(
    self: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, **names: Any
) -> Any:
    """The sum over the axes."""
    axis, keepdims = _named(names, axis, keepdims, "sum")
    total = reduce_func.sum(self, axis, keepdims, dtype=dtype)
    return total if initial is None else math_func.add(total, initial)


def _named(names: dict[str, Any], axis: Any, keepdims: bool, where: str) -> tuple[Any, bool]:
    """`dim`, `keepdim` and `keep_dims` are other names of axis and keepdims."""
    axis = names.pop("dim", axis)
    keepdims = names.pop("keepdim", names.pop("keep_dims", keepdims))
    if names:
        raise TypeError(f"Tensor.{where}() got an unexpected keyword argument {next(iter(names))!r}")
    return axis, keepdims


def _reduction(name: str, function: Method) -> Method:
    def method(self: Any, axis: Any = None, keepdims: bool = False, **names: Any) -> Any:
        axis, keepdims = _named(names, axis, keepdims, name)
        return function(self, axis, keepdims)

    method.__doc__ = function.__doc__
    return method


def _prod(self: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None, **names: Any) -> Any:
    """The product over the axis, or over all."""
    axis, keepdims = _named(names, axis, keepdims, "prod")
    return reduce_func.prod(self, axis, keepdims, dtype)


def _extremum(name: str, op: Any, place: Any) -> Method:
    """`x.max()` and `x.max(axis=1)` give values alone; `x.max(1)` and `x.max(dim=1)` give places as well."""

    def method(self: Any, *dim: Any, axis: Any = None, keepdims: bool = False, **names: Any) -> Any:
        both = bool(dim) or "dim" in names or names.pop("return_indices", False)
        if dim:
            axis, *rest = dim
            keepdims = rest[0] if rest else keepdims
        axis, keepdims = _named(names, axis, keepdims, name)
        if axis is None:
            return op(self, axis=None, keepdims=keepdims)
        if isinstance(axis, (tuple, list)) and not both:
            return op(self, axis=axes_of(self, axis, f"Tensor.{name}"), keepdims=keepdims)
        found = reduce_func.at_place(place, self, axis_of(self, axis, f"Tensor.{name}"), keepdims)
        return found if both else found[0]

    method.__doc__ = op.__doc__
    return method


def _arg(name: str, function: Method) -> Method:
    def method(self: Any, axis: Any = None, keepdims: bool = False, **names: Any) -> Any:
        axis, keepdims = _named(names, axis, keepdims, name)
        return function(self, axis, keepdims)

    method.__doc__ = function.__doc__
    return method


def _tile(self: Any, *dims: Any) -> Any:
    """The tensor repeated as a whole along each axis."""
    return array_func.tile(self, sizes_of(dims, "Tensor.tile"))


def _expand(self: Any, *size: Any) -> Any:
    """Axes of size 1 repeated to reach the shape."""
    return array_func.broadcast_to(self, sizes_of(size, "Tensor.expand"))


def _like(function: Method) -> Method:
    """`expand_as`, `reshape_as`, ...: the function with another tensor's shape."""
    return lambda self, other: function(self, other.shape)


def _where(self: Any, condition: Any, y: Any) -> Any:
    """The values where the condition holds, else y."""
    return array_func.where(condition, self, y)


def _gather(self: Any, *args: Any, **kwargs: Any) -> Any:
    """`gather(dim, index)` picks element by element, `gather(input_indices, axis)` whole slices."""
    if "index" in kwargs or "dim" in kwargs or (args and isinstance(args[0], int)):
        return array_func.gather_elements(self, *args, **kwargs)
    return array_func.gather(self, *args, **kwargs)


def _fill(self: Any, value: Any = None) -> Any:
    """A tensor of this shape and dtype with one value."""
    return el.full_like(self, value=0 if value is None else value)


def _new(value: int | None) -> Method:
    def method(self: Any, *size: Any, dtype: Any = None) -> Any:
        shape = sizes_of(size, "Tensor.new_zeros")
        return creation_func.full(shape, value, dtype=dtype or self.dtype)

    return method


def _allclose(self: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close."""
    return bool(reduce_func.all(math_func.isclose(self, other, rtol, atol, equal_nan)))


def _no_float_index(self: Any) -> int:
    if self._dtype.kind not in "iub":
        raise make(ArgumentError, f"only an integer tensor can be an index, this one is {self.dtype}", TypeError)
    return int(self.item())


_METHODS: dict[str, Method] = {
    **_SAME,
    "__getitem__": _getitem,
    "__setitem__": _setitem,
    "__neg__": math_func.__dict__["neg"],
    "__abs__": math_func.__dict__["abs"],
    "__invert__": math_func.__dict__["logical_not"],
    "__pos__": _same,
    "__round__": lambda self, ndigits=0: math_func.round(self, decimals=ndigits or 0),
    "__matmul__": math_func.matmul,
    "__rmatmul__": _reflected(math_func.matmul),
    "__index__": _no_float_index,
    "__eq__": _equality(_math["equal"], False),
    "__ne__": _equality(_math["not_equal"], True),
    "__hash__": core.Tensor.__hash__,
    "reshape": _reshape,
    "view": _reshape,
    "transpose": _transpose,
    "permute": _permute,
    "flatten": _flatten,
    "ravel": array_func.ravel,
    "astype": _astype,
    "to": _to,
    "type": _astype,
    "copy": _copy,
    "clone": _copy,
    "contiguous": _contiguous,
    "sum": _sum,
    "mean": _reduction("mean", reduce_func.mean),
    "prod": _prod,
    "all": _reduction("all", reduce_func.all),
    "any": _reduction("any", reduce_func.any),
    "max": _extremum("max", reduce.max_, reduce.argmax),
    "min": _extremum("min", reduce.min_, reduce.argmin),
    "argmax": _arg("argmax", reduce_func.argmax),
    "argmin": _arg("argmin", reduce_func.argmin),
    "tile": _tile,
    "expand": _expand,
    "expand_as": _like(array_func.broadcast_to),
    "reshape_as": _like(array_func.reshape),
    "view_as": _like(array_func.reshape),
    "where": _where,
    "gather": _gather,
    "fill": _fill,
    "allclose": _allclose,
    "new_zeros": _new(0),
    "new_ones": _new(1),
    "ptp": lambda self: el.sub(reduce.max_(self), reduce.min_(self)),
    "dim": lambda self: self.ndim,
    "ndimension": lambda self: self.ndim,
    "numel": lambda self: self.size,
    "is_floating_point": array_func.is_floating_point,
    **{
        name: _swap_to(kind)
        for name, kind in {
            "float": mstype.float32,
            "half": mstype.float16,
            "double": mstype.float64,
            "int": mstype.int32,
            "long": mstype.int64,
            "short": mstype.int16,
            "bool": mstype.bool_,
            "byte": mstype.uint8,
            "bfloat16": mstype.bfloat16,
        }.items()
    },
}


def attach() -> None:
    """Give MindSpore's tensor its operators, methods and properties."""
    for name, function in _OPERATORS.items():
        _attach(f"__{name}__", _forward(_math[function]))
        _attach(f"__r{name}__", _reflected(_math[function]))
        _attach(f"__i{name}__", _in_place(name))
    for name, function in _BITS.items():
        _attach(f"__{name}__", _forward(_math[function]))
        _attach(f"__r{name}__", _reflected(_math[function]))
    for name, function in _COMPARISONS.items():
        _attach(f"__{name}__", _forward(_math[function]))
    for name, method in _METHODS.items():
        if name not in Tensor.__dict__ or name.startswith("__"):
            _attach(name, method)
    _attach("T", property(_transpose))


attach()
