"""MXNet's own autograd: leaves, recorded calls, gradients."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from ctypes import POINTER, byref, c_int, c_uint, c_void_p
from typing import Any

import numpy as np

from unified_nn.errors import GradientError, UnifiedError, make
from unified_nn_backends.mxnet.call import (
    _LIBRARY,
    anchored,
    check,
    detach,
    dtype_name,
    from_host,
    invoke,
    is_array,
    mx,
    numpy_shapes,
    reshaped,
    wrap,
    zeros,
)  # fmt: skip
from unified_nn_backends.mxnet.contraction import summed_to

Array = Any
_YES, _WRITE = c_int(1), 1

#: What MXNet says -> what it means here.
FREED = (
    "this graph was already used by a backward pass, and MXNet freed it. Give retain_graph=True to the first call, "
    "or use set_backend('mxnet', autodiff='tape')"
)
NOT_TWICE = "MXNet has no second derivative here ({} not differentiable); use set_backend('mxnet', autodiff='tape')"
EXPLANATIONS: tuple[tuple[str, str], ...] = (
    ("is not in a computational graph", FREED),
    ("any container is empty", FREED),
    ("because it does not require gradient",
     "MXNet gives gradients of leaves only, not of intermediate results; use set_backend('mxnet', autodiff='tape')"),
)  # fmt: skip
_UNREACHABLE = re.compile(r"with respect to the (\d+)-th variable because it is unreachable")
_NOT_DIFFERENTIABLE = re.compile(r"Operator (\S+) is non-differentiable")

_no_buffer = from_host(np.zeros((), "float32"))


def variable(x: Array) -> Array:
    """The same memory as a leaf of MXNet's graph."""
    made = detach(x)
    # MXNet wants a buffer for the gradient; gradients are returned as new arrays here, so that it is never used.
    mark = detach(_no_buffer)
    with numpy_shapes():
        handles, buffers = (c_void_p * 1)(made.handle), (c_void_p * 1)(mark.handle)
        check(_LIBRARY.MXAutogradMarkVariables(c_uint(1), handles, (c_uint * 1)(_WRITE), buffers))
    made.recorded = math.inf
    return made


def is_recorded(x: Any) -> bool:
    """Whether x is a leaf or was made by a recorded call; `x.recorded` is how often MXNet can differentiate it."""
    return hasattr(x, "recorded")


class _Limit(threading.local):
    """How often the results of the call that is being recorded can be differentiated."""

    orders: float = math.inf


_limit = _Limit()


def call_recorded(function: Callable[..., Any], natives: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
    """Call the function while MXNet records, in its training mode, which is the one whose gradients are complete."""
    # Recording ties a plain array to the graph, and the first backward pass through the graph then frees it for others.
    arrays = [detach(n) if is_array(n) and not is_recorded(n) else n for n in natives]
    sources = [array for array in arrays if is_recorded(array)]
    outer = _limit.orders
    _limit.orders = min((array.recorded for array in sources), default=math.inf)
    recording, training = c_int(), c_int()
    _LIBRARY.MXAutogradSetIsRecording(_YES, byref(recording))
    _LIBRARY.MXAutogradSetIsTraining(_YES, byref(training))
    try:
        out = function(*arrays, **attrs)
        parts = out if out.__class__ is tuple else (out,)
        if any(0 in part.shape for part in parts):
            parts = tuple(anchored(detach(part), *sources) if 0 in part.shape else part for part in parts)
            out = parts if out.__class__ is tuple else parts[0]
        for part in parts:
            part.recorded = _limit.orders
    finally:
        _limit.orders = outer
        _LIBRARY.MXAutogradSetIsRecording(recording, byref(c_int()))
        _LIBRARY.MXAutogradSetIsTraining(training, byref(c_int()))
    return out


def gradient(
    outs: Sequence[Array], inputs: Sequence[Array], seeds: Sequence[Array], *, retain: bool, create: bool
) -> list[Array | None]:
    """d(sum of outs * seeds)/d(inputs); None for an input that the outs do not depend on."""
    if create and any(map(is_recorded, seeds)):
        message = (
            "backward: MXNet does not differentiate through the seeds of a gradient; "
            "use set_backend('mxnet', autodiff='tape')"
        )
        raise make(GradientError, message)
    orders = min(getattr(out, "recorded", math.inf) for out in outs)
    if orders < 1:
        raise make(GradientError, f"backward: {NOT_TWICE.format('some of its operators are')}")
    outs, seeds = _once(outs, seeds)
    wanted = list(range(len(inputs)))
    while wanted:
        try:
            found = _backward(outs, [inputs[i] for i in wanted], seeds, retain, create)
        except mx.base.MXNetError as error:
            unreachable = _UNREACHABLE.search(str(error))
            if unreachable is None:
                raise _explained(error) from error
            del wanted[int(unreachable[1]) - 1]
            continue
        for g in found if create else ():
            g.recorded = orders - 1
        places = dict(zip(wanted, found, strict=True))
        return [places.get(i) for i in range(len(inputs))]
    return [None] * len(inputs)


def _once(outs: Sequence[Array], seeds: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Every out once, with the sum of its seeds: of an out that is given twice MXNet takes the last seed alone."""
    sums: dict[int, tuple[Array, Array]] = {}
    for out, seed in zip(outs, seeds, strict=True):
        before = sums.get(out.handle.value)
        sums[out.handle.value] = (out, seed if before is None else invoke("_npi_add", before[1], seed))
    return [out for out, _ in sums.values()], [seed for _, seed in sums.values()]


def _backward(
    outs: Sequence[Array], inputs: Sequence[Array], seeds: Sequence[Array], retain: bool, create: bool
) -> list[Array]:
    gradients, storage = POINTER(c_void_p)(), POINTER(c_int)()
    with numpy_shapes():
        check(_LIBRARY.MXAutogradBackwardEx(
            c_uint(len(outs)), _handles(outs), _handles(seeds), c_uint(len(inputs)), _handles(inputs), c_int(retain),
            c_int(create), _YES, byref(gradients), byref(storage)))  # fmt: skip
    return [wrap(gradients[position]) for position in range(len(inputs))]


def _handles(arrays: Sequence[Array]) -> Any:
    return (c_void_p * len(arrays))(*[a.handle for a in arrays])


def _explained(error: Exception) -> UnifiedError:
    text = str(error)
    message = next((meaning for sign, meaning in EXPLANATIONS if sign in text), None)
    operator = _NOT_DIFFERENTIABLE.search(text)
    if operator is not None:
        message = NOT_TWICE.format(f"its operator {operator[1]} is")
    return make(GradientError, f"backward: {message or text.strip().splitlines()[-1]}")


# ---- gradients of our own ------------------------------------------------------------------------------------------

Rule = Callable[..., Array]


def with_rules(function: Callable[..., Array], *rules: Rule) -> Callable[..., Array]:
    """The function with rule(gradient of the result, result, *arrays, **attrs) as the gradient of each array.

    For ops whose gradient MXNet does not have, or has otherwise. It calls the rules in a thread of its own during the
    backward pass, with nothing recorded.
    """

    def call(*arrays: Any, **attrs: Any) -> Array:
        plain = [detach(a) if is_array(a) else a for a in arrays]
        values = function(*plain, **attrs)
        kept = detach(values)
        out: Array | None = None
        for x, rule in zip(arrays, rules, strict=False):
            if is_array(x) and 0 in x.shape:
                out = anchored(values if out is None else out, x)
            elif is_array(x):
                _limit.orders = min(_limit.orders, 1)
                # One node per array: with several, MXNet forgets those after the first whose gradient nobody wants.
                start = values if out is None else zeros(values.shape, dtype_name(values))
                share = _node(start, x, rule, kept, plain, attrs)
                out = share if out is None else invoke("_npi_add", out, share)
        return values if out is None else out

    return call


def _node(values: Array, x: Array, rule: Rule, out: Array, arrays: Sequence[Any], attrs: Mapping[str, Any]) -> Array:
    """`values` as a result of x in MXNet's graph; its Python code for such nodes knows no 0-d arrays."""
    given, shape, made = [reshaped(values, values.shape or (1,))], x.shape, values.shape

    def forward(x: Array) -> Array:
        return given.pop()  # a node that keeps its own result is never freed

    def backward(g: Array) -> Array:
        found = summed_to(rule(reshaped(g.as_np_ndarray(), made), out, *arrays, **attrs), shape)
        return reshaped(found, shape or (1,)).as_nd_ndarray()

    node = mx.autograd.Function()
    node.forward, node.backward = forward, backward
    # MXNet hands such a node its gradient in oneDNN's layout where a convolution made it, and copies it to the usual one
    # while the node reads it. Through a product it arrives in the usual layout.
    return invoke("_npi_multiply_scalar", reshaped(node(reshaped(x, shape or (1,))), made), scalar=1.0)
