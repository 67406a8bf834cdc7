"""MindSpore's `nn.Cell` and what its layers share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from unified_nn import tensor as core
from unified_nn.autodiff import grad_enabled, recording
from unified_nn.errors import ArgumentError, NotOfferedError, make
from unified_nn.mindspore.common.parameter import Parameter, ParameterTuple
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.mindspore.profile import is_first_generation
from unified_nn.vocabulary import tree

#: How many gradient functions (`value_and_grad`, `grad`, ...) are running: outside of one, cells record nothing.
grad_depth: ContextVar[int] = ContextVar("unified_nn_mindspore_grad_depth", default=0)


class Cell(tree.Module):
    """Base of all MindSpore-style networks; `construct` computes."""

    _face = Tensor
    _vocabulary = "mindspore"
    _parameter_types = (Parameter,)
    _entry = "construct"
    _auto_prefix: bool

    def __init__(self, auto_prefix: bool = True, flags: Mapping[str, Any] | None = None) -> None:
        self._set_up()
        self.__dict__["_auto_prefix"] = auto_prefix
        if flags:
            self.add_flags(**flags)

    def _set_up(self) -> None:
        super()._set_up()
        own = self.__dict__
        own["training"] = own["requires_grad"] = False
        own["_auto_prefix"] = True

    # -- registration --

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            own.pop(name, None)
            self.insert_param_to_cell(name, value)
        elif isinstance(value, tree.Module):
            if "_parameters" in own and name in own["_parameters"]:
                raise make(
                    ArgumentError,
                    f"{name!r} already exists in the network as a parameter, cannot assign a cell to it",
                    KeyError,
                )
            super().__setattr__(name, value)
            if value._vocabulary != self._vocabulary:  # whose own default is training; a Cell starts in inference
                value._set_training(self.training)
            if self._auto_prefix:
                rename(value, f"{name}.")
        elif isinstance(value, ParameterTuple):
            for p in value:
                self.insert_param_to_cell(p.name, p, check_name_contain_dot=False)
            object.__setattr__(self, name, value)
        elif value is not None and "_parameters" in own and name in own["_parameters"]:
            self._set_parameter(name, value)
        elif value is not None and "_modules" in own and name in own["_modules"]:
            message = f"sub cell {name!r} already exists in the network, cannot assign a {type(value).__name__} to it"
            raise make(ArgumentError, message, TypeError)
        else:
            super().__setattr__(name, value)

    def _set_parameter(self, name: str, value: Any) -> None:
        if not isinstance(value, core.Tensor):
            message = f"parameter {name!r} already exists in the network, cannot assign a {type(value).__name__} to it"
            raise make(ArgumentError, message, TypeError)
        held: Parameter = self._parameters[name]
        held.set_data(value)

    def insert_param_to_cell(
        self, param_name: str, param: Parameter | None, check_name_contain_dot: bool = True
    ) -> None:
        """Register a parameter under this name; one without a name of its own takes it."""
        if not param_name or (check_name_contain_dot and "." in param_name):
            raise make(
                ArgumentError,
                f"insert_param_to_cell: param_name {param_name!r} must not be empty or contain '.'",
                KeyError,
            )
        parameters = self._registry("_parameters", param_name)
        if param_name not in parameters and hasattr(self, param_name):
            raise make(ArgumentError, f"insert_param_to_cell: {param_name!r} already exists in the network", KeyError)
        if param is not None and not isinstance(param, Parameter):
            message = f"insert_param_to_cell: param must be a Parameter or None, got {type(param).__name__}"
            raise make(ArgumentError, message, TypeError)
        if param is not None and param.has_generated_name:
            param.name = param_name
        parameters[param_name] = param

    def insert_child_to_cell(self, child_name: str, child_cell: tree.Module | None) -> None:
        """Register a child; unlike an attribute it leaves the names of its parameters alone."""
        if not isinstance(child_name, str):
            message = f"insert_child_to_cell: child_name must be str, got {type(child_name).__name__}"
            raise make(ArgumentError, message, TypeError)
        if not child_name or "." in child_name:
            raise make(
                ArgumentError,
                f"insert_child_to_cell: child_name {child_name!r} must not be empty or contain '.'",
                KeyError,
            )
        children = self._registry("_modules", child_name)
        if child_name not in children and hasattr(self, child_name):
            raise make(ArgumentError, f"insert_child_to_cell: {child_name!r} already exists in the network", KeyError)
        if child_cell is not None and not isinstance(child_cell, tree.Module):
            message = f"insert_child_to_cell: child_cell must be a Cell or None, got {type(child_cell).__name__}"
            raise make(ArgumentError, message, TypeError)
        children[child_name] = child_cell

    @property
    def _cells(self) -> dict[str, Any]:
        return self._modules  # type: ignore[no-any-return]

    @property
    def _params(self) -> dict[str, Any]:
        return self._parameters  # type: ignore[no-any-return]

    @property
    def cls_name(self) -> str:
        return type(self).__name__

    @property
    def param_prefix(self) -> str:
        """The names of the parameters up to the last dot they share with this cell's own."""
        first = next(self.get_parameters(expand=False), None)
        return first.name.rpartition(".")[0] if first is not None else ""

    # -- parameters --

    def parameters_and_names(self, name_prefix: str = "", expand: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Every parameter below, once, with its dotted path; children of other vocabularies included."""
        yield from parameters_of(self, name_prefix, expand)

    def get_parameters(self, expand: bool = True) -> Iterator[Parameter]:
        """Every parameter below, or of this cell alone."""
        for _, p in self.parameters_and_names(expand=expand):
            yield p

    def parameters_dict(self, recurse: bool = True) -> OrderedDict[str, Parameter]:
        """name -> parameter."""
        return OrderedDict((p.name, p) for p in self.get_parameters(expand=recurse))

    def trainable_params(self, recurse: bool = True) -> list[Parameter]:
        """The parameters that require a gradient."""
        return [p for p in self.get_parameters(expand=recurse) if p.requires_grad]

    def untrainable_params(self, recurse: bool = True) -> list[Parameter]:
        """The parameters that do not require a gradient, such as moving averages."""
        return [p for p in self.get_parameters(expand=recurse) if not p.requires_grad]

    def update_parameters_name(self, prefix: str = "", recurse: bool = True) -> None:
        """Name every parameter prefix + its path from here."""
        rename(self, prefix, recurse)

    def check_names(self) -> None:
        """Raise ValueError where two parameters have one name."""
        names: set[str] = set()
        for path, p in self.parameters_and_names():
            if p.name in names:
                message = f"the value of {path} is {p}, its name {p.name!r} already exists; give it a unique name"
                raise make(ArgumentError, message, ValueError)
            names.add(p.name)

    def init_parameters_data(self, auto_parallel_mode: bool = False) -> dict[Parameter, Parameter]:
        """Nothing to draw any more: parameters have their values from the start."""
        return {}

    # -- cells --

    def cells_and_names(self, cells: Any = None, name_prefix: str = "") -> Iterator[tuple[str, tree.Module]]:
        """Every cell below, itself first, each once, with its dotted path."""
        yield from self._walk(name_prefix, None if cells is None else {id(c) for c in cells})

    def name_cells(self) -> OrderedDict[str, tree.Module]:
        """name -> child, each child once."""
        found: OrderedDict[str, tree.Module] = OrderedDict()
        for name, child in self._modules.items():
            if child is not None and all(child is not c for c in found.values()):
                found[name] = child
        return found

    def cells(self) -> Any:
        """The children."""
        return self.name_cells().values()

    def apply(self, fn: Callable[[Any], Any]) -> Cell:
        """Call fn on every cell below, children first."""
        for child in self.cells():
            child.apply(fn)
        fn(self)
        return self

    # -- modes --

    def set_train(self, mode: bool = True) -> Cell:
        """Training or inference, for all cells below."""
        self._set_training(bool(mode))
        return self

    def set_grad(self, requires_grad: bool = True) -> Cell:
        """Note that gradients will be asked for; gradient functions work with and without it."""
        self.__dict__["requires_grad"] = requires_grad
        return self

    def add_flags(self, **flags: Any) -> Cell:
        """Keep flags as attributes."""
        for name, value in flags.items():
            object.__setattr__(self, name, value)
        self.__dict__.setdefault("_func_graph_flags", {}).update(flags)
        return self

    def get_flags(self) -> dict[str, Any]:
        found: dict[str, Any] = self.__dict__.setdefault("_func_graph_flags", {})
        return found

    def to_float(self, dst_type: Any) -> Cell:
        """Refused: computing in another precision than the parameters have is not offered."""
        raise make(NotOfferedError, f"Cell.to_float({dst_type!r}) is not offered; make the layers with dtype=...")

    # -- calling --

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if grad_enabled() and not grad_depth.get() and _is_plain(args):
            # MindSpore is functional: only gradient functions differentiate, so nothing else is recorded.
            with recording(False):
                return super().__call__(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    def construct(self, *args: Any, **kwargs: Any) -> Any:
        """What the cell computes; subclasses write it."""
        message = f"For 'Cell', the method 'construct' is not defined; {type(self).__name__} has to define it"
        raise make(ArgumentError, message, AttributeError)

    def register_forward_pre_hook(self, hook_fn: Callable[..., Any]) -> tree.Handle:
        """Call hook_fn(cell, inputs) before `construct`; what it returns replaces the inputs."""
        return tree.add_hook(self._pre_hooks, hook_fn)

    def register_forward_hook(self, hook_fn: Callable[..., Any]) -> tree.Handle:
        """Call hook_fn(cell, inputs, output) after `construct`; what it returns replaces the output."""
        return tree.add_hook(self._hooks, hook_fn)

    def register_backward_hook(self, hook_fn: Callable[..., Any]) -> tree.Handle:
        """Refused: gradients of single cells are not intercepted."""
        raise make(NotOfferedError, "Cell.register_backward_hook is not offered; use ops.grad of a part of the network")

    register_backward_pre_hook = register_backward_hook

    # -- printing --

    def extend_repr(self) -> str:
        """What stands between the brackets; subclasses write it."""
        return ""

    def __repr__(self) -> str:
        extra = self.extend_repr()
        children = [f"({name}): {child!r}" for name, child in self._modules.items()]
        if is_first_generation():
            return _repr_of_first_generation(type(self).__name__, extra, children)
        lines = (extra.split("\n") if extra else []) + [c.replace("\n", "\n  ") for c in children]
        if not lines:
            return f"{type(self).__name__}()"
        if len(lines) == 1 and not children:
            return f"{type(self).__name__}({lines[0]})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"

    def __str__(self) -> str:
        return repr(self)


def _repr_of_first_generation(name: str, extra: str, children: list[str]) -> str:
    if not children:
        return f"{name}<{extra}>"
    inner = "\n" + (f"{extra}\n" if extra else "") + "".join(f"{c}\n" for c in children)
    return f"{name}<" + inner.replace("\n", "\n  ") + ">"


def _is_plain(args: tuple[Any, ...]) -> bool:
    """Whether a cell is called by MindSpore code with tensors through which no gradient flows."""
    plain = False
    for arg in args:
        if isinstance(arg, core.Tensor):
            if arg._face is not Tensor or arg.tracked:
                return False
            plain = True
    return plain


def parameters_of(root: tree.Module, prefix: str = "", expand: bool = True) -> Iterator[tuple[str, Parameter]]:
    """Every parameter below a module of any vocabulary, as MindSpore's, each once."""
    seen: set[int] = set()
    for path, module in root._walk(prefix) if expand else [(prefix, root)]:
        for which in ("_parameters", "_buffers"):
            for name, slot in module.__dict__[which].items():
                if slot is None or id(slot) in seen:
                    continue
                seen.add(id(slot))
                full = f"{path}.{name}" if path else name
                yield full, slot if isinstance(slot, Parameter) else _foreign(module, name, slot, full)


def _foreign(module: tree.Module, name: str, slot: Any, full: str) -> Parameter:
    """The parameter of another vocabulary as MindSpore's; the same one every time, so that it keeps its name."""
    known: dict[str, Parameter] = module.__dict__.setdefault("_mindspore_parameters", {})
    tensor = tree.tensor_of(slot)
    found = known.get(name)
    if found is None or found._body is not tensor._body:
        learned = tensor.tracked if isinstance(slot, core.Tensor) else slot.is_learned
        found = known[name] = Parameter.over(tensor, full, learned)
    return found


def rename(root: tree.Module, prefix: str, recurse: bool = True) -> None:
    """Name every parameter below prefix + its path; one that does not exist yet gets its name when it is listed."""
    for path, module in root._walk() if recurse else [("", root)]:
        for name, slot in [*module._parameters.items(), *module._buffers.items()]:
            found = slot if isinstance(slot, Parameter) else module.__dict__.get("_mindspore_parameters", {}).get(name)
            if found is not None:
                found.name = f"{prefix}{path}.{name}" if path else prefix + name


class GraphCell(Cell):
    """Refused: there is no graph to load."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise make(NotOfferedError, "GraphCell runs MindIR files, which unified_nn does not read")
