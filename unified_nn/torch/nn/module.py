"""PyTorch's `nn.Module`: what networks are made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, cast

from unified_nn import tensor as core
from unified_nn.autodiff import recording
from unified_nn.errors import ArgumentError, InputTypeError, NotOfferedError, make
from unified_nn.torch import dtypes
from unified_nn.torch.devices import name_of
from unified_nn.torch.nn import hooks, state
from unified_nn.torch.operations.conversion import converted, wanted
from unified_nn.torch.tensor import Parameter, Tensor
from unified_nn.vocabulary import tree
from unified_nn.vocabulary.tree import Handle, tensor_of


def faced(slot: Any) -> Tensor:
    """The tensor in a parameter slot of any vocabulary as PyTorch's parameter: one body, seen through one face."""
    if isinstance(slot, Tensor):
        return slot
    held = tensor_of(slot)
    found = held.__dict__.get("_as_torch")
    if found is None or found._body is not held._body:
        found = held.__dict__["_as_torch"] = held.as_face(Parameter)
    return cast(Tensor, found)


class Module(tree.Module):
    """Base of all networks: subclass it, make the parts in `__init__`, compute in `forward`."""

    _face = Tensor
    _vocabulary = "torch"
    _parameter_types = (Parameter,)
    #: Names of buffers that are not part of the state.
    _transient: set[str]
    #: The version of the form of the state, which PyTorch keeps in `state_dict()._metadata`.
    _version: int = 1

    def __init__(self) -> None:
        self._set_up()

    def _set_up(self) -> None:
        super()._set_up()
        self.__dict__["_transient"] = set()

    def forward(self, *inputs: Any) -> Any:
        """Compute the outputs; every subclass defines it."""
        name = type(self).__name__
        message = f'Module [{name}] is missing the required "forward" function'
        raise make(ArgumentError, message, NotImplementedError)

    # -- registration --

    def _set_child(self, name: str, value: Any) -> None:
        if value is not None:
            kind = _type_name(value)
            message = f"cannot assign {kind!r} as child module {name!r} (torch.nn.Module or None expected)"
            raise make(InputTypeError, message)
        super()._set_child(name, value)

    def _set_slot(self, name: str, value: Any) -> None:
        if value is not None:
            message = f"cannot assign {_type_name(value)!r} as parameter {name!r} (torch.nn.Parameter or None expected)"
            raise make(InputTypeError, message)
        self._parameters[name] = None

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name; None keeps the place."""
        self._check_name("parameter", name)
        if param is not None and not isinstance(param, Parameter):
            kind = _type_name(param)
            raise make(
                InputTypeError,
                f"cannot assign {kind!r} object to parameter {name!r} (torch.nn.Parameter or None required)",
            )
        self._registry("_parameters", name)[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is not learned; it is part of the state unless `persistent` is False."""
        if "_buffers" not in self.__dict__:
            raise make(ArgumentError, "cannot assign buffer before Module.__init__() call", AttributeError)
        self._check_name("buffer", name)
        if tensor is not None and not isinstance(tensor, core.Tensor):
            raise make(
                InputTypeError,
                f"cannot assign {_type_name(tensor)!r} object to buffer {name!r} (torch Tensor or None required)",
            )
        self._buffers[name] = None if tensor is None else tensor.as_face(Tensor)
        if persistent:
            self._transient.discard(name)
        else:
            self._transient.add(name)

    def add_module(self, name: str, module: tree.Module | None) -> None:
        """Add a child under a name."""
        if module is not None and not isinstance(module, tree.Module):
            raise make(InputTypeError, f"{_type_name(module)} is not a Module subclass")
        self._check_name("module", name, "_modules")
        self._registry("_modules", name)[name] = module

    register_module = add_module

    def _check_name(self, kind: str, name: str, own: str = "") -> None:
        if not isinstance(name, str):
            raise make(InputTypeError, f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise make(
                ArgumentError,
                f'{kind} name can\'t contain ".", got: {name}'
                if kind == "module"
                else f'{kind} name can\'t contain "."',
                KeyError,
            )
        if name == "":
            raise make(ArgumentError, f'{kind} name can\'t be empty string ""', KeyError)
        registries = ("_parameters", "_buffers", "_modules")
        if hasattr(self, name) and not any(name in self.__dict__.get(r, ()) for r in registries):
            raise make(ArgumentError, f"attribute '{name}' already exists", KeyError)

    # -- walking --

    def parameters(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every parameter below, each once, those of modules of other vocabularies too."""
        return (tensor for _, tensor in self.named_parameters(recurse=recurse))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every parameter below with its dotted name, each once."""
        return ((name, faced(slot)) for name, slot in self._named("_parameters", prefix, recurse, remove_duplicate))

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer below, each once."""
        return (tensor for _, tensor in self.named_buffers(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer below with its dotted name, each once."""
        return ((name, faced(slot)) for name, slot in self._named("_buffers", prefix, recurse, remove_duplicate))

    def _named(self, which: str, prefix: str, recurse: bool, once: bool) -> Iterator[tuple[str, Any]]:
        if once:
            yield from self._slots(which, prefix, recurse)
            return
        for path, module in self._walk(prefix) if recurse else [(prefix, self)]:
            for name, slot in module.__dict__[which].items():
                if slot is not None:
                    yield f"{path}.{name}" if path else name, slot

    def children(self) -> Iterator[tree.Module]:
        """The modules directly below, each once."""
        return (module for _, module in self.named_children())

    def named_children(self) -> Iterator[tuple[str, tree.Module]]:
        """The modules directly below with their names, each once."""
        seen: set[int] = set()
        for name, module in self._modules.items():
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def modules(self) -> Iterator[tree.Module]:
        """Every module below, this one first, each once."""
        return (module for _, module in self._walk())

    def named_modules(
        self, memo: Any = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, tree.Module]]:
        """Every module below with its dotted name, this one first, each once."""
        if memo is not None or not remove_duplicate:
            raise make(NotOfferedError, "named_modules: memo and remove_duplicate=False are not offered")
        return self._walk(prefix)

    def get_submodule(self, target: str) -> tree.Module:
        """The module with that dotted name."""
        found: Any = self
        for name in target.split(".") if target else ():
            found = getattr(found, name, None)
            if not isinstance(found, tree.Module):
                message = f"{type(self).__name__} has no attribute `{name}` that is a Module (in {target!r})"
                raise make(ArgumentError, message, AttributeError)
        return cast(tree.Module, found)

    def get_parameter(self, target: str) -> Tensor:
        """The parameter with that dotted name."""
        return self._get("_parameters", "nn.Parameter", target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with that dotted name."""
        return self._get("_buffers", "a buffer", target)

    def _get(self, which: str, kind: str, target: str) -> Tensor:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if module.__dict__[which].get(name) is None:
            raise make(ArgumentError, f"`{name}` of {type(module).__name__} is not {kind}", AttributeError)
        return faced(module.__dict__[which][name])

    def apply(self, fn: Callable[[Any], Any]) -> Self:
        """Call fn on every module below, this one last."""
        for module in self.children():
            if isinstance(module, Module):
                module.apply(fn)
            else:
                for _, part in reversed(list(module._walk())):
                    fn(part)
        fn(self)
        return self

    # -- modes, dtypes, devices --

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all below to training, or to inference."""
        if not isinstance(mode, bool):
            raise make(InputTypeError, "training mode is expected to be boolean", ValueError)
        self.__dict__["training"] = mode
        for child in self.children():
            if isinstance(child, Module):
                child.train(mode)
            else:
                child._set_training(mode)
        return self

    def eval(self) -> Self:
        """Switch this module and all below to inference."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Record gradients for every parameter, or for none."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or make them 0."""
        for parameter in self.parameters():
            if parameter.grad is not None:
                if set_to_none:
                    parameter.grad = None
                else:
                    parameter.grad = parameter.grad.detach().zero_()

    def _apply(self, fn: Callable[[Tensor], Tensor]) -> Self:
        """Give every parameter, gradient and buffer the values that fn makes of it."""
        with recording(False):
            for which in ("_parameters", "_buffers"):
                for _, slot in self._slots(which):
                    tensor = faced(slot)
                    grad = tensor.grad
                    made = fn(tensor.detach())
                    if made._body.native is not tensor._body.native:
                        tensor.grad = None
                        tensor.data = made
                        if grad is not None:
                            tensor.grad = fn(grad)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Parameters and buffers with another floating dtype, or on another device."""
        dtype, device, _ = wanted(args, kwargs)
        chosen = None if dtype is None else dtypes.canonical(dtype)
        if chosen is not None and chosen.kind not in "fc":
            message = (
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.{chosen.name}"
            )
            raise make(InputTypeError, message, TypeError)
        place = None if device is None else name_of(device)
        return self._apply(lambda t: converted(t, chosen if t._dtype.kind in "fc" else None, place))

    def _as(self, dtype: dtypes.dtype) -> Self:
        return self._apply(lambda t: converted(t, dtype.canonical if t._dtype.kind == "f" else None, None))

    def float(self) -> Self:
        """Floating parameters and buffers as float32."""
        return self._as(dtypes.float32)

    def double(self) -> Self:
        """Floating parameters and buffers as float64."""
        return self._as(dtypes.float64)

    def half(self) -> Self:
        """Floating parameters and buffers as float16."""
        return self._as(dtypes.float16)

    def bfloat16(self) -> Self:
        """Floating parameters and buffers as bfloat16."""
        return self._as(dtypes.bfloat16)

    def type(self, dst_type: dtypes.dtype) -> Self:
        """All parameters and buffers with that dtype."""
        return self._apply(lambda t: converted(t, dtypes.canonical(dst_type), None))

    def cpu(self) -> Self:
        """Parameters and buffers on the host."""
        return self.to("cpu")

    def cuda(self, device: Any = None) -> Self:
        """Parameters and buffers on a GPU; raises where the backend has none."""
        return self.to("cuda" if device is None else device)

    # -- state --

    def state_dict(self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """Every parameter and persistent buffer below by its dotted name, without gradient unless `keep_vars`."""
        found: dict[str, Any] = OrderedDict() if destination is None else destination
        for name, slot in state.slots(self, prefix):
            tensor = faced(slot)
            found[name] = tensor if keep_vars else tensor.detach()
        state.note_versions(self, prefix, found)
        return found

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False, names: str | None = None
    ) -> Any:
        """Take values by name; raises RuntimeError that lists every name and shape that does not fit.

        With `names`, an extra of ours, the names and shapes are those of that vocabulary ("mxnet", "mindspore", ...)
        and the values may be NumPy arrays: `net.load_state_dict(unified_nn.load("x.params"), names="mxnet")`.
        """
        if names is None:
            return state.load(self, state_dict, strict, assign, faced)
        return state.load_named(self, state_dict, strict, assign, names)

    # -- hooks --

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Call hook(module, args) before each forward; what it returns replaces the arguments."""
        return hooks.added(self._pre_hooks, hooks.Hook(hook, with_kwargs), prepend)

    def register_forward_hook(self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False,
                              always_call: bool = False) -> Handle:  # fmt: skip
        """Call hook(module, args, output) after each forward; what it returns replaces the output."""
        if always_call:
            raise make(NotOfferedError, "register_forward_hook: always_call=True is not offered")
        return hooks.added(self._hooks, hooks.Hook(hook, with_kwargs), prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Call hook(module, grad_input, grad_output) in each backward; what it returns replaces grad_input."""
        return hooks.added(self._backward_hooks, hook, prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Not offered: raises."""
        raise make(NotOfferedError, "register_full_backward_pre_hook is not offered; use register_full_backward_hook")

    def _run_pre_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return hooks.before(self, list(self._pre_hooks.values()), args, kwargs)

    def _run_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
        return hooks.after(self, list(self._hooks.values()), args, kwargs, out)

    def _compute(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._backward_hooks:
            return hooks.around(self, list(self._backward_hooks.values()), args, kwargs)
        return getattr(self, self._entry)(*args, **kwargs)

    # -- printing --

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What is printed between the brackets; a subclass defines it."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        own = extra.split("\n") if extra else []
        below = [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]
        if len(own) == 1 and not below:
            inside = own[0]
        else:
            lines = own + below
            inside = "\n  " + "\n  ".join(lines) + "\n" if lines else ""
        return f"{self._get_name()}({inside})"

    def share_memory(self) -> Self:
        """Not offered: raises."""
        raise make(NotOfferedError, "Module.share_memory is not offered")

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the module runs as it is."""


def indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _type_name(value: Any) -> str:
    """What PyTorch calls the type of a value: tensors by their old class names."""
    if isinstance(value, Tensor):
        return cast(str, value.type())
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
