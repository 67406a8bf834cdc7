"""Containers of modules and parameters."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, cast

from unified_nn import tensor as core
from unified_nn.errors import IndexRangeError, make
from unified_nn.torch.nn.module import Module, indented
from unified_nn.torch.tensor import Parameter, Tensor
from unified_nn.vocabulary import tree


def _place(index: Any, length: int) -> int:
    """An index from the front."""
    at = operator.index(index)
    if not -length <= at < length:
        raise make(IndexRangeError, f"index {at} is out of range", IndexError)
    return at % length


class _Listed(Module):
    """Modules named 0, 1, 2, ..."""

    def _renumber(self, modules: Iterable[tree.Module | None]) -> None:
        self.__dict__["_modules"] = {str(i): module for i, module in enumerate(modules)}

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def _name_at(self, index: Any) -> str:
        return cast(str, list(self._modules)[_place(index, len(self))])

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(self._part(index))  # type: ignore[call-arg]
        return self._modules[self._name_at(index)]

    def _part(self, index: slice) -> Any:
        return list(self._modules.values())[index]

    def __setitem__(self, index: Any, module: tree.Module) -> None:
        setattr(self, self._name_at(index), module)

    def __delitem__(self, index: Any) -> None:
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [self._name_at(index)]:
            del self._modules[name]
        self._renumber(self._modules.values())

    def append(self, module: tree.Module) -> Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[tree.Module]) -> Self:
        """Add modules at the end."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: tree.Module) -> Self:
        """Put a module before the one with that index."""
        modules = list(self._modules.values())
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def pop(self, key: Any) -> Any:
        """Take a module out and give it back."""
        found = self[key]
        del self[key]
        return found

    def __iadd__(self, modules: Iterable[tree.Module]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[tree.Module]) -> Any:
        return type(self)()._filled([*self, *other])

    def _filled(self, modules: Iterable[tree.Module]) -> Self:
        return self.extend(modules)


class Sequential(_Listed):
    """One module after the other."""

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], OrderedDict) else enumerate(args)
        for name, module in named:
            self.add_module(str(name), module)

    def _part(self, index: slice) -> Any:
        return OrderedDict(list(self._modules.items())[index])

    def __delitem__(self, index: Any) -> None:
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [self._name_at(index)]:
            del self._modules[name]
        if all(name.isdigit() for name in names):
            self._renumber(self._modules.values())

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = cast(tree.Module, module)(input)
        return input


class ModuleList(_Listed):
    """Modules in a list."""

    def __init__(self, modules: Iterable[tree.Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __repr__(self) -> str:
        """Equal neighbours are printed once with their number."""
        texts = [repr(module) for module in self]
        if not texts:
            return f"{self._get_name()}()"
        groups: list[tuple[int, int, str]] = []
        for position, text in enumerate(texts):
            if groups and groups[-1][2] == text:
                groups[-1] = (groups[-1][0], position, text)
            else:
                groups.append((position, position, text))
        lines = [
            f"({first}): {indented(text)}"
            if first == last
            else f"({first}-{last}): {last - first + 1} x {indented(text)}"
            for first, last, text in groups
        ]
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    """Modules by name."""

    def __init__(self, modules: Mapping[str, tree.Module] | Iterable[tuple[str, tree.Module]] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def update(self, modules: Mapping[str, tree.Module] | Iterable[tuple[str, tree.Module]]) -> None:
        """Add or replace modules."""
        for name, module in modules.items() if isinstance(modules, Mapping) else modules:
            self[name] = module

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: tree.Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Take a module out and give it back."""
        return self._modules.pop(key)

    def keys(self) -> Any:
        return self._modules.keys()

    def values(self) -> Any:
        return self._modules.values()

    def items(self) -> Any:
        return self._modules.items()


def _line(name: str, value: Any, is_parameter: bool, spelled: str = "") -> str:
    if not isinstance(value, core.Tensor):
        return f"({name}): Object of type: {type(value).__name__}"
    kind = "Parameter" if is_parameter else "Tensor"
    size = "x".join(str(s) for s in value._shape)
    return f"({name}): {kind} containing: [{spelled or repr(value.dtype)} of size {size}]"


class ParameterList(Module):
    """Parameters in a list; tensors become parameters."""

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def append(self, value: Any) -> Self:
        """Add a parameter at the end."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end."""
        for value in list(values):
            self.append(value)
        return self

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(self._size))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(self[i] for i in range(*index.indices(self._size)))
        return getattr(self, str(_place(index, self._size)))

    def __setitem__(self, index: Any, value: Any) -> None:
        made = Parameter(value) if isinstance(value, core.Tensor) and not isinstance(value, Parameter) else value
        setattr(self, str(_place(index, self._size)), made)

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def extra_repr(self) -> str:
        return "\n".join("  " + _line(str(i), value, isinstance(value, Parameter)) for i, value in enumerate(self))


class ParameterDict(Module):
    """Parameters by name; tensors become parameters."""

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def update(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add or replace parameters."""
        for name, value in parameters.items() if isinstance(parameters, Mapping) else parameters:
            self[name] = value

    def __getitem__(self, key: str) -> Any:
        return getattr(self, str(key))

    def __setitem__(self, key: str, value: Any) -> None:
        made = Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value
        self._keys[key] = None
        setattr(self, str(key), made)

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, str(key))

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def keys(self) -> Iterable[str]:
        return self._keys.keys()

    def values(self) -> list[Any]:
        return [self[key] for key in self._keys]

    def items(self) -> list[tuple[str, Any]]:
        return [(key, self[key]) for key in self._keys]

    def extra_repr(self) -> str:
        lines = [
            _line(key, v, isinstance(v, Parameter), v.type() if isinstance(v, Tensor) else "")
            for key, v in self.items()
        ]
        return "\n".join("  " + line for line in lines)
