"""The module tree: registration of parameters and children, naming, hooks, training mode, calling.

Every vocabulary's base class (`Module`, `Cell`, `Block`) is a subclass, so they nest freely. A child of another
vocabulary sees its inputs with its own face, and its caller gets the outputs back with the caller's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol, runtime_checkable

from unified_nn.errors import ArgumentError, UnifiedError, make
from unified_nn.tensor import Tensor, map_tensors

_keys = itertools.count().__next__


@runtime_checkable
class Holder(Protocol):
    """A parameter that holds its tensor, as Gluon's does, and may not have one yet."""

    def tensor(self) -> Tensor:
        """The tensor; raises while its shape is not known."""

    @property
    def is_learned(self) -> bool: ...


Slot = Tensor | Holder | None


def tensor_of(slot: Any) -> Tensor:
    """The tensor in a parameter slot."""
    found: Tensor = slot if isinstance(slot, Tensor) else slot.tensor()
    return found


class Handle:
    """Takes a hook away again."""

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks, self.id = hooks, key

    def remove(self) -> None:
        self._hooks.pop(self.id, None)

    detach = remove

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def add_hook(hooks: dict[int, Any], hook: Callable[..., Any]) -> Handle:
    key = _keys()
    hooks[key] = hook
    return Handle(hooks, key)


class Module:
    """A node of the tree: parameters, buffers (arrays that are not learned), children, and a forward function."""

    #: The tensor class of the vocabulary; None leaves tensors with the face they come with.
    _face: ClassVar[type[Tensor] | None] = None
    #: The vocabulary's name: "torch", "mindspore", "mxnet", or "neutral".
    _vocabulary: ClassVar[str] = "neutral"
    #: What counts as a parameter when it is set as an attribute.
    _parameter_types: ClassVar[tuple[type, ...]] = ()
    #: The name of the method that computes.
    _entry: ClassVar[str] = "forward"
    #: Whether it is made of parts, so that an error has to say which op it was; a row is one layer.
    _composed: ClassVar[bool] = True
    training: bool

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in ("forward", "construct"):
            if name in cls.__dict__:
                cls._entry = name

    def _set_up(self) -> None:
        """Make the registries; what a vocabulary's `__init__` starts with."""
        fresh: dict[str, Any] = {
            "_parameters": {}, "_buffers": {}, "_modules": {}, "_pre_hooks": {}, "_hooks": {}, "_backward_hooks": {},
            "training": True,
        }  # fmt: skip
        self.__dict__.update(fresh)

    # -- registration --

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Module):
            self._registry("_modules", name)[name] = value
            self._forget(name, keep="_modules")
        elif isinstance(value, self._parameter_types):
            self._registry("_parameters", name)[name] = value
            self._forget(name, keep="_parameters")
        elif "_modules" in own and name in own["_modules"]:
            self._set_child(name, value)
        elif "_parameters" in own and name in own["_parameters"]:
            self._set_slot(name, value)
        elif "_buffers" in own and name in own["_buffers"] and (value is None or isinstance(value, Tensor)):
            own["_buffers"][name] = value
        else:
            if "_modules" in own:
                self._forget(name, keep="")
            object.__setattr__(self, name, value)

    def _registry(self, which: str, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self.__dict__[which]
        except KeyError:
            what = "module" if which == "_modules" else "parameter"
            kind = type(self).__name__
            message = f"cannot assign {what} {name!r} before {kind}.__init__() call: say super().__init__() first"
            raise make(ArgumentError, message, AttributeError) from None
        return found

    def _forget(self, name: str, keep: str) -> None:
        """An attribute lives in one registry only."""
        self.__dict__.pop(name, None)
        for which in ("_parameters", "_buffers", "_modules"):
            if which != keep:
                self.__dict__[which].pop(name, None)

    def _set_child(self, name: str, value: Any) -> None:
        """Give a child's name something that is no module: None keeps the place, anything else takes it."""
        if value is None:
            self._modules[name] = None
        else:
            self._forget(name, keep="")
            object.__setattr__(self, name, value)

    def _set_slot(self, name: str, value: Any) -> None:
        """Give a registered parameter a new value; a vocabulary says which values it takes."""
        self._parameters[name] = value

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        for which in ("_parameters", "_buffers", "_modules"):
            found = own.get(which)
            if found is not None and name in found:
                return found[name]
        # With name and object Python adds "Did you mean" when it prints the error.
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def __delattr__(self, name: str) -> None:
        for which in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__.get(which, ()):
                del self.__dict__[which][name]
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    # -- walking --

    def _walk(self, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Module]]:
        """Every module below, itself first, each once, with its dotted path."""
        seen = set() if seen is None else seen
        if id(self) in seen:
            return
        seen.add(id(self))
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                yield from child._walk(f"{prefix}.{name}" if prefix else name, seen)

    def _slots(self, which: str, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Any]]:
        """Every parameter ("_parameters") or buffer ("_buffers") slot below, each once, with its dotted path."""
        seen: set[int] = set()
        for path, module in self._walk(prefix) if recurse else [(prefix, self)]:
            for name, slot in module.__dict__[which].items():
                if slot is not None and id(slot) not in seen:
                    seen.add(id(slot))
                    yield f"{path}.{name}" if path else name, slot

    def _set_training(self, training: bool) -> None:
        for _, module in self._walk():
            module.__dict__["training"] = training

    # -- calling --

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        face = self._face
        caller: type[Tensor] | None = None
        if face is not None:
            for arg in args:
                if isinstance(arg, Tensor):
                    if arg._face is not face:
                        caller = caller or arg._face
                elif arg.__class__ in (list, tuple, dict) or kwargs:
                    caller = caller or _other_face(arg, face)
            for value in kwargs.values():
                caller = caller or _other_face(value, face)
            if caller is not None:
                args = map_tensors(args, lambda t: t.as_face(face))
                kwargs = map_tensors(kwargs, lambda t: t.as_face(face))
        try:
            if self._pre_hooks:
                args, kwargs = self._run_pre_hooks(args, kwargs)
            out = self._compute(args, kwargs)
            if self._hooks:
                out = self._run_hooks(args, kwargs, out)
        except UnifiedError as error:
            error.inside(self, self._describe(), self._child_name(error.module), self._composed)
            raise
        if caller is not None:
            back = caller
            out = map_tensors(out, lambda t: t.as_face(back))
        return out

    def _compute(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return getattr(self, self._entry)(*args, **kwargs)

    def _run_pre_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        for hook in list(self._pre_hooks.values()):
            result = hook(self, args)
            if result is not None:
                args = result if isinstance(result, tuple) else (result,)
        return args, kwargs

    def _run_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
        for hook in list(self._hooks.values()):
            result = hook(self, args, out)
            if result is not None:
                out = result
        return out

    def _describe(self) -> str:
        """A few words for errors: the class and, for a layer, its sizes."""
        return type(self).__name__

    def _child_name(self, child: object) -> str | None:
        """How this module reaches a module that it called: a path below it, or an attribute that is no child."""
        if child is None:
            return None
        for path, module in self._walk():
            if module is child and path:
                return path
        return next((found for name, value in self.__dict__.items() if (found := _place(value, child, name))), None)


def _place(value: Any, module: object, text: str) -> str | None:
    """Where in a list or dictionary that is no container of the vocabulary a module is: `layers[1]`."""
    if value is module:
        return text
    if text.startswith("_") or not isinstance(value, (list, tuple, dict)):
        return None
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return next((f"{text}[{key!r}]" for key, item in items if item is module), None)


def _other_face(value: Any, face: type[Tensor]) -> type[Tensor] | None:
    """The first face among the tensors in `value` that is not this one."""
    if isinstance(value, Tensor):
        return value._face if value._face is not face else None
    if isinstance(value, (list, tuple)):
        return next((f for f in (_other_face(v, face) for v in value) if f is not None), None)
    if isinstance(value, dict):
        return _other_face(list(value.values()), face)
    return None
