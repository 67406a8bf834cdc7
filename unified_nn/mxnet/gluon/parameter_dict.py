"""Gluon's dictionary of parameters by full name."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from unified_nn.errors import ArgumentError, StateError, make
from unified_nn.mxnet import initializer
from unified_nn.mxnet.context import Context
from unified_nn.mxnet.gluon.parameter import Constant, Parameter
from unified_nn.mxnet.ndarray.files import read, write
from unified_nn.mxnet.printing import format_parameter_dict


class ParameterDict:
    """Parameters by full name, in the order in which they were made; `get` makes those that are missing."""

    def __init__(self, prefix: str = "", shared: ParameterDict | None = None) -> None:
        self._prefix, self._shared = prefix, shared
        self._params: dict[str, Parameter] = {}

    @property
    def prefix(self) -> str:
        return self._prefix

    def __repr__(self) -> str:
        return format_parameter_dict(self._prefix, self.values())

    def __getitem__(self, key: str) -> Parameter:
        return self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def items(self) -> ItemsView[str, Parameter]:
        return self._params.items()

    def keys(self) -> KeysView[str]:
        return self._params.keys()

    def values(self) -> ValuesView[Parameter]:
        return self._params.values()

    def _find(self, name: str) -> Parameter | None:
        if name not in self._params and self._shared is not None and name in self._shared._params:
            self._params[name] = self._shared._params[name]
        return self._params.get(name)

    def get(self, name: str, **kwargs: Any) -> Parameter:
        """The parameter prefix + name, made with these settings unless it exists and agrees with them."""
        full = self._prefix + name
        found = self._find(full)
        if found is None:
            found = self._params[full] = Parameter(full, **kwargs)
            return found
        for key, wanted in kwargs.items():
            self._agree(found, key, wanted)
        return found

    def _agree(self, parameter: Parameter, key: str, wanted: Any) -> None:
        held = getattr(parameter, key, None) if key not in ("allow_deferred_init", "differentiable") else wanted
        if key == "shape" and wanted is not None and held is not None:
            new = (wanted,) if isinstance(wanted, int) else tuple(wanted)
            if len(new) == len(held) and all(a == b or 0 in (a, b) for a, b in zip(new, held, strict=True)):
                parameter._shape = tuple(max(a, b) for a, b in zip(new, held, strict=True))
                return
        elif key == "dtype" or held is None or held == wanted or wanted is None:
            if held is None and wanted is not None:
                setattr(parameter, key, wanted)
            return
        message = (
            f"Cannot retrieve Parameter {parameter.name!r} because desired attribute does not match with stored for "
            f"attribute {key!r}: desired '{wanted}' vs stored '{held}'."
        )
        raise make(ArgumentError, message, AssertionError)

    def get_constant(self, name: str, value: Any = None) -> Constant:
        """The constant prefix + name, made with this value where it is missing."""
        full = self._prefix + name
        found = self._find(full)
        if found is None:
            if value is None:
                raise make(ArgumentError, f"No constant named {full!r}; give a value to make it", KeyError)
            found = self._params[full] = Constant(full, value)
        assert isinstance(found, Constant)
        return found

    def update(self, other: ParameterDict) -> None:
        """Take the parameters of another dictionary; one name must not be two parameters."""
        for key, parameter in other.items():
            if self._params.setdefault(key, parameter) is not parameter:
                message = (
                    f"Cannot update self with other because they have different Parameters with the same name {key!r}"
                )
                raise make(ArgumentError, message, AssertionError)

    def initialize(self, init: Any = None, ctx: Any = None, verbose: bool = False, force_reinit: bool = False) -> None:
        """Give all parameters their first values: by their own `init`, or by this one."""
        if verbose:
            raise make(ArgumentError, "initialize: verbose=True is not offered; print the parameters afterwards")
        default = initializer.Uniform() if init is None else init
        for parameter in self.values():
            parameter.initialize(None, ctx, default, force_reinit=force_reinit)

    def zero_grad(self) -> None:
        for parameter in self.values():
            parameter.zero_grad()

    def reset_ctx(self, ctx: Any) -> None:
        for parameter in self.values():
            parameter.reset_ctx(ctx)

    def list_ctx(self) -> list[Context]:
        found: dict[Context, None] = {}
        for parameter in self.values():
            found.update(dict.fromkeys(parameter.list_ctx()))
        return list(found)

    def setattr(self, name: str, value: Any) -> None:
        """Set an attribute of every parameter, such as grad_req or lr_mult."""
        for parameter in self.values():
            setattr(parameter, name, value)

    def save(self, filename: str, strip_prefix: str = "") -> None:
        """Write a .params file under the full names without a prefix."""
        arrays = {}
        for parameter in self.values():
            if not parameter.name.startswith(strip_prefix):
                message = (
                    f"Prefix {strip_prefix!r} is to be stripped but Parameter {parameter.name!r} does not start with it"
                )
                raise make(ArgumentError, message)
            arrays[parameter.name[len(strip_prefix) :]] = parameter.data().numpy()
        write(filename, arrays)

    def load(
        self, filename: str, ctx: Any = None, allow_missing: bool = False, ignore_extra: bool = False,
        restore_prefix: str = "", cast_dtype: bool = False, dtype_source: str = "current",
    ) -> None:  # fmt: skip
        """Read a .params file whose names, with the prefix put in front, are full names."""
        values, _ = read(filename)
        arrays = {restore_prefix + name: value for name, value in values.items()}
        missing = [name for name in self.keys() if name not in arrays]
        extra = [name for name in arrays if name not in self._params]
        if missing and not allow_missing:
            raise make(StateError, f"Parameter {missing[0]!r} is missing in file {filename!r}", AssertionError)
        if extra and not ignore_extra:
            message = f"Parameter {extra[0]!r} loaded from file {filename!r} is not present in ParameterDict"
            raise make(StateError, message, AssertionError)
        for name, parameter in self.items():
            if name in arrays:
                parameter.load(arrays[name], ctx, cast_dtype, dtype_source)
