"""`HybridBlock`: `hybrid_forward(F, x, ...)` with F the functions of `mxnet.nd`, and the rows of the layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar

from unified_nn.errors import ArgumentError, InputTypeError, NotOfferedError, ShapeError, UnifiedError, kind_of, make
from unified_nn.init import Initializer
from unified_nn.layers.base import Layer as Canonical
from unified_nn.layers.base import Param
from unified_nn.mxnet import ndarray as F  # noqa: N812  MXNet's own name for it
from unified_nn.mxnet import symbol
from unified_nn.mxnet.base import MXNetError, error_base, failure
from unified_nn.mxnet.gluon import exporting
from unified_nn.mxnet.gluon.block import Block
from unified_nn.mxnet.gluon.parameter import Parameter
from unified_nn.mxnet.gluon.parameter_dict import ParameterDict
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.mxnet.ndarray.pending import Pending
from unified_nn.mxnet.symbol import Symbol
from unified_nn.random import RandomStream, default_generator
from unified_nn.tensor import Tensor
from unified_nn.vocabulary import tree
from unified_nn.vocabulary.entry import Row, shown


class HybridBlock(Block):
    """Base of networks that MXNet can compile: a subclass defines `hybrid_forward(F, x, ..., **params)`."""

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix, params)
        self.__dict__["_active"] = False
        self.__dict__["_called_with"] = None

    def register_child(self, block: tree.Module, name: str | None = None) -> None:
        if isinstance(block, Block) and not isinstance(block, HybridBlock):
            message = (
                f"Children of HybridBlock must also be HybridBlock, but {block} has type {type(block)}. "
                "If you are using Sequential, please try HybridSequential instead."
            )
            raise make(ArgumentError, message, ValueError)
        super().register_child(block, name)
        self.__dict__["_called_with"] = None

    def hybridize(
        self, active: bool = True, backend: Any = None, clear: bool = True, static_alloc: bool = False,
        static_shape: bool = False, inline_limit: int = 2, forward_bulk_size: Any = None,
        backward_bulk_size: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        """Note that compiling is wished for; the Python code keeps running, and gives the same.

        The options only tell MXNet's engine how to spend memory and time. `export` asks that it was called.
        """
        if backend is not None or kwargs:
            message = f"HybridBlock.hybridize: backend={backend!r}, {sorted(kwargs)} are not offered"
            raise make(NotOfferedError, message)
        self.__dict__["_active"] = active
        self.__dict__["_called_with"] = None
        super().hybridize(active)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        own = self.__dict__
        is_first = own["_active"] and own["_called_with"] is None and not is_symbolic(args)
        if is_first:
            for parameter in self.collect_params().values():
                parameter.var()  # which says the shape that is known before the first call
        out = super().__call__(*args, **kwargs)
        if is_first:
            own["_called_with"] = self.called_with(args)
        return out

    def called_with(self, args: tuple[Any, ...]) -> exporting.Form:
        """How the arguments of a call are nested, for the graph that `export` makes."""
        return exporting.form_of(args)

    def forward(self, x: Any, *args: Any) -> Any:
        """hybrid_forward with the arrays of this block's own parameters by keyword."""
        if is_symbolic((x, *args)):
            return self.trace(x, *args)
        if not isinstance(x, Tensor) and not any(isinstance(part, Tensor) for part in flattened((x, *args))):
            message = (
                "In HybridBlock, there must be one NDArray or one Symbol in the input, got "
                f"{type(x).__module__}.{type(x).__name__}; make one with mxnet.nd.array"
            )
            raise make(InputTypeError, message, ValueError)
        refuse_empty((x, *args))
        params = {name: array_of(parameter) for name, parameter in self.__dict__["_reg_params"].items()}
        return self.hybrid_forward(F, x, *args, **params)

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N803
        """Compute the outputs; a subclass defines it."""
        raise make(ArgumentError, f"{type(self).__name__} does not define hybrid_forward", NotImplementedError)

    def trace(self, *args: Any) -> Any:
        """The graph of what the block computes, for symbols."""
        params = {name: parameter.var() for name, parameter in self.__dict__["_reg_params"].items()}
        with self.name_scope():
            return self.express(symbol, *args, **params)

    def express(self, F: Any, x: Any, *args: Any, **params: Any) -> Any:  # noqa: N803
        """The computation in operators by the names that MXNet gives them."""
        return self.hybrid_forward(F, x, *args, **params)

    def infer_shape(self, *args: Any) -> None:
        """Work out the open shapes of all parameters below from inputs."""
        from unified_nn.mxnet.autograd import pause

        with pause():
            self(*args)

    def infer_type(self, *args: Any) -> None:
        raise make(NotOfferedError, "HybridBlock.infer_type is not offered; use cast(dtype)")

    def export(self, path: str, epoch: int = 0, remove_amp_cast: bool = True) -> None:
        """Write `path-symbol.json` and `path-0000.params`, which real MXNet and `SymbolBlock.imports` read.

        The block must be hybridized and have been called. Inputs are named `data`, or `data0`, `data1`, ...
        """
        exporting.export(self, path, epoch)

    def optimize_for(self, x: Any, *args: Any, **kwargs: Any) -> None:
        raise make(NotOfferedError, "HybridBlock.optimize_for is not offered; choose a backend of unified_nn")


def array_of(parameter: Parameter) -> NDArray:
    """The parameter's array, or its place where the shape is still open."""
    if parameter._data is None and parameter._waiting is not None:
        return Pending(parameter.settle, lambda: _unsettled(parameter))
    return parameter.data()


def _unsettled(parameter: Parameter) -> Exception:
    try:
        parameter._require()
    except Exception as error:
        return error
    raise make(ArgumentError, "a parameter with an array was taken for one without", AssertionError)


def flattened(values: Any) -> list[Any]:
    found = []
    for value in values:
        found += flattened(value) if isinstance(value, (list, tuple)) else [value]
    return found


def is_symbolic(values: Any) -> bool:
    """Whether there is a symbol among the arguments."""
    return any(isinstance(v, Symbol) or (isinstance(v, (list, tuple)) and is_symbolic(v)) for v in values)


# ---- rows ----------------------------------------------------------------------------------------------------------


class _Names:
    """A row's table of parameter names on the class, and the block's dictionary of parameters on an instance."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self.table = table

    def __get__(self, block: Any, owner: type) -> Any:
        return self.table if block is None else block.__dict__["_own_params"]


#: The canonical settings that a layer may leave open.
_OPEN = ("in_features", "features")


def refuse_empty(inputs: Any) -> None:
    """MXNet takes a size of 0 for an unknown one."""
    for x in _empty(inputs):
        raise failure(ShapeError, "", f"expected at least one element, got input {x._shape}; MXNet takes 0 for unknown")


def _empty(inputs: Any) -> list[Tensor]:
    return [x for x in flattened(inputs) if isinstance(x, Tensor) and 0 in x._shape]


class Deferring(HybridBlock):
    """A block whose own parameters may have sizes that the first input tells."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        own = self.__dict__["_reg_params"].values()
        waiting = [(held, held.shape, held.waiting) for held in own if held.waiting is not None]
        if not waiting or is_symbolic(args):
            return super().__call__(*args, **kwargs)
        layer = self.__dict__.get("layer")
        try:
            return super().__call__(*args, **kwargs)
        except UnifiedError as error:
            kind = kind_of(error)
            if kind is not ShapeError or not isinstance(error, MXNetError) or _empty(args):
                raise
            # MXNet works shapes out before it computes, and says so by another class; nothing is settled by a failure.
            self.__dict__.update({"layer": layer} if layer is not None else {})
            for held, shape, wait in waiting:
                held.unsettle(shape, wait)
            message = f"{error}; no size can be worked out from such an input"
            raise make(kind, message, ValueError) from None


class Layer(Row, Deferring):
    """Base of the rows: MXNet's layers as canonical ones, whose parameters exist before their shapes are known."""

    params = _Names({})
    #: canonical parameter -> the settings of Gluon's Parameter, from the row's arguments
    settings: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        table = cls.__dict__.get("params")
        if isinstance(table, dict):
            cls.params = _Names(table)
        super().__init_subclass__(**options)

    @classmethod
    def _bind(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        outer = {name: kwargs.pop(name) for name in ("prefix", "params") if name in kwargs}
        return {**super()._bind(args, kwargs), " outer": outer}

    def _set_up_row(self, given: dict[str, Any]) -> None:
        self.arguments = given
        HybridBlock.__init__(self, **given.pop(" outer"))

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "arguments" and "_modules" not in self.__dict__:
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @classmethod
    def _argument_base(cls, kind: type[UnifiedError]) -> type[BaseException]:
        return AssertionError if kind is ArgumentError else error_base(cls.__name__, kind)

    def _make_parameters(self, given: Mapping[str, Any]) -> None:
        """Register every array; unknown sizes are 0."""
        layer = self._closed(self.layer)
        for param in layer.params():
            maker = self.inits.get(param.name)
            init: Any = None if maker is None else maker(given, layer)
            self._make_parameter(type(self).params.get(param.name, param.name), param, init)

    @staticmethod
    def _closed(layer: Canonical) -> Canonical:
        holes = {f.name: 0 for f in fields(layer) if f.name in _OPEN and getattr(layer, f.name) is None}
        return replace(layer, **holes) if holes else layer

    def _make_parameter(self, name: str, param: Param, initializer: Initializer) -> None:
        settings: dict[str, Any] = {"init": initializer, "allow_deferred_init": True}
        if not param.learned:
            settings.update(grad_req="null", differentiable=False)
        if "dtype" in self.arguments:
            settings["dtype"] = self.arguments["dtype"]
        settings.update(self._settings(param.name))
        made = HybridBlock.params.fget(self).get(name, shape=param.shape, **settings)  # type: ignore[attr-defined]
        setattr(self, name, made)

    def _settings(self, canonical: str) -> Mapping[str, Any]:
        """What a row says of one of its parameters beyond its shape."""
        return {}

    @property
    def stream(self) -> RandomStream:
        return default_generator

    def forward(self, x: Any, *args: Any) -> Any:
        refuse_empty((x, *args))
        if self.layer.is_open and isinstance(x, Tensor):
            self._settle(x)
        if type(self).hybrid_forward is Layer.hybrid_forward and isinstance(x, Tensor):
            self._count((x, *args))
            return self.finish(self.layer.forward(self, x, *args))
        return super().forward(x, *args)

    def _settle(self, x: Tensor) -> None:
        """Work the open sizes out from the first input; they stay open while a parameter is not initialized."""
        layer = self.layer.resolve(x._shape)
        for param in layer.params():
            held = self.__dict__["_reg_params"][type(self).params.get(param.name, param.name)]
            if held._data is None and held._waiting is not None:
                held.settle(param.shape)
            else:
                held.data()
        self.layer = layer

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **params: Any) -> Any:  # noqa: N803
        return self.finish(self.layer.forward(self, x, *args))

    def finish(self, out: Any) -> Any:
        """What the layer does with its canonical layer's result, such as an activation."""
        return out

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown(self)})"
