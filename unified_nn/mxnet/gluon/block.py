"""Gluon's `Block`: a network with named parameters and children, of this vocabulary or another."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.mxnet import initializer, scope
from unified_nn.mxnet.gluon import saved
from unified_nn.mxnet.gluon.naming import BlockScope, prefix_and_params
from unified_nn.mxnet.gluon.parameter import Adopted, Constant, Parameter
from unified_nn.mxnet.gluon.parameter_dict import ParameterDict
from unified_nn.mxnet.ndarray.ndarray import NDArray
from unified_nn.tensor import Tensor
from unified_nn.vocabulary import tree
from unified_nn.vocabulary.tree import Handle, add_hook, tensor_of


class Block(tree.Module):
    """Base of all Gluon networks: a subclass defines `forward`."""

    _face = NDArray
    _vocabulary = "mxnet"
    _parameter_types = (Parameter,)

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        self._set_up()
        own = self.__dict__
        own["_shown"] = {}  # children set as attributes, which is what repr lists
        own["_reg_params"] = {}
        own["_empty_prefix"] = prefix == ""
        own["_prefix"], own["_own_params"] = prefix_and_params(prefix, params, self._alias())
        own["_scope"] = BlockScope(self)

    def _alias(self) -> str:
        """What blocks of this class are counted as."""
        return type(self).__name__.lower()

    # -- names --

    @property
    def prefix(self) -> str:
        found: str = self.__dict__["_prefix"]
        return found

    @property
    def name(self) -> str:
        return self.prefix.removesuffix("_")

    def name_scope(self) -> BlockScope:
        """A `with` block whose new blocks get this block's prefix."""
        found: BlockScope = self.__dict__["_scope"]
        return found

    @property
    def params(self) -> ParameterDict:
        """The parameters of this block without those of its children."""
        found: ParameterDict = self.__dict__["_own_params"]
        return found

    @property
    def _children(self) -> dict[str, tree.Module]:
        found: dict[str, tree.Module] = self.__dict__["_modules"]
        return found

    @property
    def training(self) -> bool:  # type: ignore[override]
        """Whether layers train: by the scope, and outside any by what another vocabulary's train() or eval() set."""
        now = scope.current()
        return bool(self.__dict__["training"]) if now is scope.NONE else now.trains

    # -- registration --

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if "_shown" in own:
            held = own["_shown"].get(name, own["_reg_params"].get(name))
            self._keep_kind(name, held, value)
            if isinstance(value, Parameter):
                own["_reg_params"][name] = value
                if not value._differentiable:
                    own["_buffers"][name] = value
                    return
            elif isinstance(value, tree.Module):
                own["_shown"][name] = value
                self.register_child(value, name)
                return
        super().__setattr__(name, value)

    def _keep_kind(self, name: str, held: Any, value: Any) -> None:
        """A child stays a child, a parameter a parameter."""
        kinds = (tree.Module,) if isinstance(held, tree.Module) else (Parameter,)
        if held is not None and not isinstance(value, kinds):
            message = f"Changing attribute type for {name} from {type(held)} to {type(value)} is not allowed."
            raise make(ArgumentError, message, TypeError)

    def register_child(self, block: tree.Module, name: str | None = None) -> None:
        """Make the block a child under this name, or under its number."""
        if not isinstance(block, tree.Module):
            message = f"Children of {type(self).__name__} must be blocks, got {type(block).__name__}"
            raise make(ArgumentError, message, ValueError)
        self._children[str(len(self._children)) if name is None else name] = block

    def register_forward_pre_hook(self, hook: Callable[[Any, Any], None]) -> Handle:
        """Call hook(block, inputs) before each forward."""
        return add_hook(self._pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[[Any, Any, Any], None]) -> Handle:
        """Call hook(block, inputs, output) after each forward."""
        return add_hook(self._hooks, hook)

    def register_op_hook(self, callback: Any, monitor_all: bool = False) -> None:
        raise make(NotOfferedError, "Block.register_op_hook is not offered; use register_forward_hook on the layers")

    def _run_pre_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for hook in list(self._pre_hooks.values()):
            hook(self, args)
        return args, kwargs

    def _run_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
        for hook in list(self._hooks.values()):
            hook(self, args, out)
        return out

    # -- parameters --

    def collect_params(self, select: str | None = None) -> ParameterDict:
        """The parameters of this block and all below, or those whose full name matches."""
        found = ParameterDict(self.params.prefix)
        pattern = None if select is None else re.compile(select)
        for name, parameter in self._all_params():
            if pattern is None or pattern.match(name):
                _add(found, name, parameter)
        return found

    def _all_params(self) -> Iterator[tuple[str, Parameter]]:
        yield from self.params.items()
        for name, child in self._children.items():
            if isinstance(child, Block):
                yield from child._all_params()
            elif child is not None:
                yield from adopted(child, f"{self.prefix}{name}.")

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        """The parameters by the names of attributes, as files have them: `features.0.weight`."""
        lead = f"{prefix}." if prefix else ""
        found = {lead + name: parameter for name, parameter in self.__dict__["_reg_params"].items()}
        for name, child in self._children.items():
            if isinstance(child, Block):
                found.update(child._collect_params_with_prefix(lead + name))
            elif child is not None:
                found.update((lead + f"{name}.{path}", p) for path, p in adopted(child, "", "."))
        return found

    def initialize(self, init: Any = None, ctx: Any = None, verbose: bool = False, force_reinit: bool = False) -> None:
        """Give all parameters their first values: by their own `init`, or by this one (uniform in +-0.07)."""
        default = initializer.Uniform() if init is None else init
        self.collect_params().initialize(default, ctx, verbose, force_reinit)

    def save_parameters(self, filename: str, deduplicate: bool = False) -> None:
        """Write a .params file that real MXNet reads, under the names of attributes."""
        saved.save(self, filename, deduplicate)

    def load_parameters(
        self, filename: str, ctx: Any = None, allow_missing: bool = False, ignore_extra: bool = False,
        cast_dtype: bool = False, dtype_source: str = "current",
    ) -> None:  # fmt: skip
        """Read a .params file; raises AssertionError where it does not fit."""
        saved.load(self, filename, ctx, allow_missing, ignore_extra, cast_dtype, dtype_source)

    def save_params(self, filename: str) -> None:
        """The older form, under full names without this block's prefix; MXNet advises save_parameters."""
        warnings.warn("save_params is deprecated. Please use save_parameters.", stacklevel=2)
        self.collect_params().save(filename, strip_prefix=self.prefix)

    def load_params(
        self, filename: str, ctx: Any = None, allow_missing: bool = False, ignore_extra: bool = False
    ) -> None:
        """The same as load_parameters, which MXNet advises."""
        warnings.warn("load_params is deprecated. Please use load_parameters.", stacklevel=2)
        self.load_parameters(filename, ctx, allow_missing, ignore_extra)

    def cast(self, dtype: Any) -> None:
        """Convert all parameters to another dtype."""
        for child in self._children.values():
            if isinstance(child, Block):
                child.cast(dtype)
        for parameter in self.params.values():
            parameter.cast(dtype)

    def apply(self, fn: Callable[[Any], Any]) -> Block:
        """Call fn on every child below, then on this block."""
        for child in self._children.values():
            if isinstance(child, Block):
                child.apply(fn)
        fn(self)
        return self

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Switch compiling on or off for all hybrid blocks below; results are the same either way."""
        for child in self._children.values():
            if isinstance(child, Block):
                child.hybridize(active, **kwargs)

    def summary(self, *inputs: Any) -> None:
        raise make(NotOfferedError, "Block.summary is not offered; print the block and its collect_params()")

    # -- calling --

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        now = scope.current()
        foreign = any(_is_foreign(arg) for arg in args) or (bool(kwargs) and _is_foreign(list(kwargs.values())))
        if not foreign and now is not scope.NONE:
            return super().__call__(*args, **kwargs)
        return scope.run_block(foreign, self.__dict__["training"], super().__call__, args, kwargs)

    def forward(self, *args: Any) -> Any:
        """Compute the outputs; a subclass defines it."""
        raise make(ArgumentError, f"{type(self).__name__} does not define forward", NotImplementedError)

    def __repr__(self) -> str:
        lines = "\n".join(f"  ({name}): {indented(child)}" for name, child in self.__dict__["_shown"].items())
        return f"{type(self).__name__}(\n{lines}\n)"


def indented(child: object) -> str:
    """A child's text inside its parent's."""
    return repr(child).replace("\n", "\n  ")


def _is_foreign(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value._face is not NDArray
    if isinstance(value, (list, tuple)):
        return any(_is_foreign(part) for part in value)
    return isinstance(value, dict) and _is_foreign(list(value.values()))


def _add(found: ParameterDict, name: str, parameter: Parameter) -> None:
    one = ParameterDict()
    one._params[name] = parameter
    found.update(one)


def adopted(module: tree.Module, lead: str, joint: str = "_") -> Iterator[tuple[str, Parameter]]:
    """The arrays of another vocabulary's module as parameters: its path, and below it Gluon's own."""
    for path, part in module._walk():
        where = f"{path}." if path else ""
        if isinstance(part, Block):
            if joint == "_":
                yield from part.params.items()
            else:
                yield from ((lead + where + name, p) for name, p in part.__dict__["_reg_params"].items())
            continue
        for which in ("_parameters", "_buffers"):
            for name, slot in part.__dict__[which].items():
                if slot is not None:
                    full = lead + where + name
                    yield full.replace(".", joint), _adopted(part, which, name, slot, full)


def _adopted(part: tree.Module, which: str, name: str, slot: Any, path: str) -> Parameter:
    """The one Parameter that stands for a tensor, made when it is first asked for."""
    known: dict[tuple[str, str], Adopted] = part.__dict__.setdefault("_gluon_parameters", {})
    held = tensor_of(slot)
    found = known.get((which, name))
    if found is None or found._held._body is not held._body:
        learned = which == "_parameters" and held.tracked
        found = known[which, name] = Adopted(path.replace(".", "_"), held, learned)
    return found


__all__ = ["Block", "Constant", "adopted", "indented"]
