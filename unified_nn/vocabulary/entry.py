"""Rows: a vocabulary's layer as a class body that says how its arguments mean a canonical layer.

    class BatchNorm2d(Row, Module, canonical=norm.BatchNorm, rank=2):
        args = "num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None"
        to = {"features": "num_features", "scale": "affine", "center": "affine", "keep": complement("momentum")}
        params = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "var": "running_var"}
        shows = "{num_features}, eps={eps}, momentum={momentum}, affine={affine}"

The same row runs the layer, prints and names it, says a canonical layer in this vocabulary (`call_for`), ports its
weights (`params`) and drives conformance.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from unified_nn import memory
from unified_nn.errors import ArgumentError, InputTypeError, TooLargeError, UnifiedError, kind_of, make
from unified_nn.init import Initializer
from unified_nn.layers.base import Layer, Param
from unified_nn.random import RandomStream
from unified_nn.tensor import Tensor
from unified_nn.vocabulary.rules import Inexpressible, Rule, as_rule, constant, per_axis, symmetric_pads
from unified_nn.vocabulary.signatures import bound
from unified_nn.vocabulary.tree import tensor_of

#: Canonical settings that are one value per spatial axis wherever a row has the argument.
RuleMaker = Callable[[int], Rule]

#: (vocabulary, canonical layer) -> the rows that say it, in the order of their definition.
ROWS: dict[tuple[str, type[Layer]], list[type[Row]]] = {}


def axis_rule(name: str) -> RuleMaker:
    """`per_axis` for the row's own rank."""
    return lambda rank: per_axis(name, rank)


def pads_rule(name: str) -> RuleMaker:
    """`symmetric_pads` for the row's own rank."""
    return lambda rank: symmetric_pads(name, rank)


def parse_signature(args: str, names: Mapping[str, Any] | None = None) -> inspect.Signature:
    """A signature from the framework's own text, such as `in_channels, out_channels, bias=True`."""
    space: dict[str, Any] = dict(names or {})
    exec(f"def row({args}): ...", space)  # the text is the project's own, written in a row
    return inspect.signature(space["row"])


class Row:
    """Mixed into a vocabulary's base class by its layers; the class attributes are the table."""

    canonical: ClassVar[type[Layer]]
    args: ClassVar[str] = ""
    #: what the text of `args` refers to, such as a vocabulary's dtypes
    names: ClassVar[Mapping[str, Any]] = {}
    to: ClassVar[Mapping[str, str | Rule | RuleMaker]] = {}
    params: ClassVar[Mapping[str, str]] = {}
    #: canonical parameter -> function of the row's arguments (and the layer) giving its initializer
    inits: ClassVar[Mapping[str, Callable[[Mapping[str, Any], Any], Initializer]]] = {}
    #: the order of parameters where it is not the canonical one
    order: ClassVar[tuple[str, ...]] = ()
    #: the canonical layer's part -> the row that says it; the child has the part's name
    parts: ClassVar[Mapping[str, type[Row]]] = {}
    shows: ClassVar[str] = ""
    rank: ClassVar[int | None] = None
    #: whether its arrays are those of a layer only where its arguments can say the layer
    exact: ClassVar[bool] = False
    #: what the framework calls the input
    first_input: ClassVar[str] = "x"
    #: why this row deliberately differs from the framework, for the docs and the report
    differs: ClassVar[str | None] = None

    signature: ClassVar[inspect.Signature]
    rules: ClassVar[dict[str, Rule]]
    layer: Layer
    arguments: dict[str, Any]

    if TYPE_CHECKING:
        _parameters: dict[str, Any]
        _buffers: dict[str, Any]
        _modules: dict[str, Any]
        _vocabulary: ClassVar[str]
        _entry: ClassVar[str]
        training: bool

    _composed: ClassVar[bool] = False

    def __init_subclass__(cls, canonical: type[Layer] | None = None, rank: int | None = None, **settings: Any) -> None:
        """`settings` are canonical settings that the row always has, such as op="relu"."""
        super().__init_subclass__()
        if canonical is not None:
            cls.canonical = canonical
        if rank is not None:
            cls.rank = rank
        if settings:
            cls.to = {**cls.to, **{name: constant(value) for name, value in settings.items()}}
        is_row = canonical is not None or rank is not None or settings or {"args", "to"} & cls.__dict__.keys()
        if not is_row or not hasattr(cls, "canonical"):
            return
        cls.signature = parse_signature(cls.args, cls.names)
        cls.rules = cls._complete_rules()
        if not cls.__name__.startswith("_"):
            ROWS.setdefault((cls._vocabulary, cls.canonical), []).append(cls)

    @classmethod
    def _complete_rules(cls) -> dict[str, Rule]:
        """A rule for every canonical setting that the row says; the others keep their canonical default."""
        known = {f.name for f in fields(cls.canonical)}
        unknown = set(cls.to) - known
        if unknown:
            raise TypeError(f"{cls.__name__}: {sorted(unknown)} are not settings of {cls.canonical.__name__}: {known}")
        found = {}
        for setting in known:
            rule = cls.to.get(setting, setting if setting in cls.signature.parameters else None)
            if rule is None:
                continue
            if not isinstance(rule, (str, Rule)):
                if cls.rank is None:
                    return {}  # a base row: its subclasses give the rank
                rule = rule(cls.rank)
            found[setting] = as_rule(rule)
        return found

    # -- making a layer --

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = self._bind(args, kwargs)
        self._set_up_row(given)
        self.arguments = given
        try:
            self.check(given)
            self.layer = self._build(given)
        except UnifiedError as error:
            raise self._argument_error(error) from None
        for name in self.signature.parameters:
            if name not in type(self).params.values() and not hasattr(type(self), name):
                object.__setattr__(self, name, self.keep(name, given[name]))
        for name, part in self.layer.parts():
            setattr(self, name, self.make_part(self.parts[name], part))
        self._make_parameters(given)

    def make_part(self, row: type[Row], part: Layer) -> Row:
        """The child that is the canonical layer's part; a row adds what its own arguments mean for it."""
        return row(**arguments_for(row, part))

    def _set_up_row(self, given: dict[str, Any]) -> None:
        """Start the module; a vocabulary takes its own arguments (device, prefix, ...) out of `given` here."""
        self._set_up()  # type: ignore[attr-defined]

    @classmethod
    def _bind(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        return bound(f"{cls.__name__}.__init__", cls.signature, args, kwargs)

    def check(self, given: Mapping[str, Any]) -> None:
        """Refuse arguments as the framework's constructor does; a row overrides it."""

    def keep(self, name: str, value: Any) -> Any:
        """The form in which the framework keeps an argument as an attribute; a row overrides it."""
        return value

    @classmethod
    def _build(cls, given: Mapping[str, Any]) -> Layer:
        return cls.canonical(**{setting: rule.read(given) for setting, rule in cls.rules.items()})

    @classmethod
    def _argument_error(cls, error: UnifiedError) -> UnifiedError:
        """The error with the row's full name, as the class that the framework raises."""
        kind = kind_of(error)
        bases = (c for c in type(error).__bases__ if issubclass(c, BaseException) and not issubclass(c, UnifiedError))
        said = next(bases, kind.neutral)
        base = cls._argument_base(kind) if said is kind.neutral else said
        return make(kind, error.message, base, f"{cls._vocabulary}.nn.{cls.__name__}")

    @classmethod
    def _argument_base(cls, kind: type[UnifiedError]) -> type[BaseException]:
        return kind.neutral

    # -- parameters --

    def _ordered_params(self) -> Iterator[Param]:
        found = {p.name: p for p in self.layer.params()}
        for name in self.order:
            if name in found:
                yield found.pop(name)
        yield from found.values()

    def _make_parameters(self, given: Mapping[str, Any]) -> None:
        """Register every array of the layer under this vocabulary's name."""
        if self.layer.is_open:
            return
        for param in self._ordered_params():
            name = type(self).params.get(param.name, param.name)
            try:
                memory.check(param.shape, base=self._argument_base(TooLargeError), name=name)
            except UnifiedError as error:
                raise self._argument_error(error) from None
            self._make_parameter(name, param, self._initializer(param, given))

    def _initializer(self, param: Param, given: Mapping[str, Any]) -> Initializer:
        maker = self.inits.get(param.name)
        return param.init if maker is None else maker(given, self.layer)

    def _make_parameter(self, name: str, param: Param, initializer: Initializer) -> None:
        raise NotImplementedError

    # -- what the canonical layer sees --

    #: A layer is subscripted by its canonical layer only, and so not iterated.
    __iter__ = None

    def __getitem__(self, name: str) -> Tensor:
        found = self.get(name) if isinstance(name, str) else None
        if found is None:
            message = f"{type(self).__name__!r} object is not subscriptable; got [{name!r}]"
            raise make(InputTypeError, message)
        return found

    def get(self, name: str) -> Tensor | None:
        own = type(self).params.get(name, name)
        slot = self._parameters.get(own)
        if slot is None:
            slot = self._buffers.get(own)
        part, _, inside = name.rpartition(".")
        if slot is None and part:
            child: Row = self._modules[part]
            return child.get(inside)
        return None if slot is None else tensor_of(slot)

    def update(self, name: str, value: Tensor) -> None:
        held = self[name]
        held._assign(value.as_face(type(held)._face))

    def _compute(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not args and not kwargs:
            where = f"{type(self).__name__}.{self._entry}()"
            message = f"{where} missing 1 required positional argument: {self.first_input!r}"
            raise make(ArgumentError, message, TypeError)
        return super()._compute(args, kwargs)  # type: ignore[misc]

    def _count(self, xs: tuple[Any, ...]) -> None:
        """Refuse more inputs than the layer takes, as Python does."""
        if len(xs) > self.layer.inputs:
            where = f"{type(self).__name__}.{self._entry}()"
            message = f"{where} takes {self.layer.inputs + 1} positional arguments but {len(xs) + 1} were given"
            raise make(ArgumentError, message, TypeError)

    @property
    def stream(self) -> RandomStream:
        """Where the layer's random numbers come from."""
        raise NotImplementedError

    def _describe(self) -> str:
        summary = self.layer.summary()
        return f"{type(self).__name__} {summary}" if summary else type(self).__name__


def shown(row: Row) -> str:
    """The row's arguments in its printed form."""
    values = {name: row.__dict__.get(name, value) for name, value in row.arguments.items()}
    return row.shows.format(**values)


def call_for(row: type[Row], layer: Layer) -> str:
    """The call that says `layer` in the row's vocabulary, such as `BatchNorm2d(num_features=3, momentum=0.7)`.

    Raises ArgumentError where the row's arguments cannot say it.
    """
    arguments = arguments_for(row, layer)
    defaults = {p.name: p.default for p in row.signature.parameters.values()}
    said = [f"{name}={value!r}" for name, value in arguments.items() if value != defaults[name]]
    return f"{row.__name__}({', '.join(said)})"


def arguments_for(row: type[Row], layer: Layer) -> dict[str, Any]:
    """The row's arguments that say `layer`, in the order of its signature."""
    written: dict[str, Any] = {}
    for setting, value in layer.settings().items():
        rule = row.rules.get(setting)
        try:
            if rule is None:
                default = next(f.default for f in fields(layer) if f.name == setting)
                if value != default:
                    raise Inexpressible(f"it has no argument for {setting}={value!r}")
                continue
            for name, argument in rule.write(value).items():
                if name in written and written[name] != argument:
                    raise Inexpressible(f"{name} would have to be both {written[name]!r} and {argument!r}")
                written[name] = argument
        except Inexpressible as reason:
            said = f"{type(layer).__name__}({setting}={value!r})"
            raise make(
                ArgumentError, f"{said} cannot be said in {row._vocabulary} by {row.__name__}: {reason}"
            ) from None
    return {name: written[name] for name in row.signature.parameters if name in written}
