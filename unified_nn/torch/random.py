"""PyTorch's random numbers: seeds, generators, and the functions that draw, bit for bit as on its CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from unified_nn import tensor as core
from unified_nn.dtypes import DType, int64
from unified_nn.errors import ArgumentError, DTypeError, InputTypeError, make
from unified_nn.torch import dtypes
from unified_nn.torch.creation import Device, made, refuse_options, sizes_of
from unified_nn.torch.define import assigned, define
from unified_nn.torch.devices import device as device_type
from unified_nn.torch.stream import TorchGenerator
from unified_nn.torch.tensor import Tensor


class Generator(TorchGenerator):
    """A stream of random numbers of its own."""

    def __init__(self, device: Device = "cpu") -> None:
        super().__init__()
        self.device = device_type(device)  # type: ignore[arg-type]

    def get_state(self) -> Any:
        """The state as a tensor of bytes, which real PyTorch reads as well."""
        return made(super().get_state())

    def set_state(self, state: Any) -> None:
        super().set_state(state._values() if isinstance(state, Tensor) else state)

    def clone_state(self) -> Generator:
        """Another generator that goes on as this one would."""
        other = Generator(self.device)
        other.set_state(self.get_state())
        return other

    def __getstate__(self) -> Any:
        return TorchGenerator.get_state(self)

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        self.device = device_type("cpu")

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {hex(id(self))}>"

    def manual_seed(self, seed: int) -> Self:
        return super().manual_seed(seed)


def _fresh() -> Generator:
    generator = Generator()
    generator.seed()  # PyTorch's default stream starts differently in every process
    return generator


default_generator = _fresh()


def manual_seed(seed: int) -> Generator:
    """Restart the default stream from a seed."""
    try:
        default_generator.manual_seed(int(seed))
    except (TypeError, ValueError) as error:
        raise make(ArgumentError, f"manual_seed: seed must be a whole number, got {seed!r}", type(error)) from None
    return default_generator


def seed() -> int:
    """Restart the default stream from a random seed, which is returned."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default stream started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default stream."""
    found: Tensor = default_generator.get_state()
    return found


def set_rng_state(new_state: Tensor) -> None:
    """Continue the default stream from a state."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Whatever is drawn inside does not move the default stream outside."""
    before = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(before)


def _stream(generator: TorchGenerator | None) -> TorchGenerator:
    if generator is not None and not isinstance(generator, TorchGenerator):
        raise make(InputTypeError, f"generator must be a torch.Generator, got {type(generator).__name__}", TypeError)
    return default_generator if generator is None else generator


def _floating(name: str, dtype: Any) -> DType:
    chosen = dtypes.default() if dtype is None else dtypes.canonical(dtype)
    if chosen.kind not in "fc":
        message = f'"{name}" not implemented for {dtypes.OF_CANONICAL[chosen]!r}; expected a floating dtype'
        raise make(DTypeError, message, NotImplementedError)
    return chosen


def _sampling(name: str, draw: str) -> None:
    """Define `rand` or `randn` and its `_like` form."""

    def create(
        *size: Any, generator: TorchGenerator | None = None, dtype: Any = None, device: Device = None,
        requires_grad: bool = False, layout: Any = None, pin_memory: bool = False, **named: Any,
    ) -> Tensor:  # fmt: skip
        shape = sizes_of(name, size, named.pop("size", None))
        if named:
            raise TypeError(f"{name}() got an unexpected keyword argument {next(iter(named))!r}")
        refuse_options(name, layout, pin_memory)
        kind = _floating(name, dtype)
        return made(getattr(_stream(generator), draw)(shape, dtype=kind), None, device, requires_grad)

    def like(input: Tensor, *, generator: TorchGenerator | None = None, dtype: Any = None, device: Device = None,
             requires_grad: bool = False, memory_format: Any = None) -> Tensor:  # fmt: skip
        refuse_options(f"{name}_like", memory_format=memory_format)
        kind = _floating(name, input.dtype if dtype is None else dtype)
        return made(getattr(_stream(generator), draw)(input._shape, dtype=kind), None, device, requires_grad, input)

    what = "Uniform in [0, 1)" if draw == "uniform" else "Standard normal"
    create.__name__, like.__name__ = name, f"{name}_like"
    create.__doc__, like.__doc__ = f"{what}, of the shape.", f"{what}, as `input` has."
    define(method=False, takes="any")(create)
    define(method=False)(like)


_sampling("rand", "uniform")
_sampling("randn", "normal")


@define(method=False, takes="any")
def randint(*args: Any, generator: TorchGenerator | None = None, dtype: Any = None, device: Device = None,
            requires_grad: bool = False, **named: Any) -> Tensor:  # fmt: skip
    """Integers in [low, high): randint(high, size) or randint(low, high, size)."""
    size = named.pop("size", None)
    given = list(args)
    if size is None:
        size = given.pop() if given else None
    high = named.pop("high", None)
    if high is None and given:
        high = given.pop()
    low = named.pop("low", given.pop() if given else 0)
    if size is None or high is None or given or named:
        raise make(InputTypeError, f"randint(): expected (high, size) or (low, high, size), got {args}, {named}")
    kind = int64 if dtype is None else dtypes.canonical(dtype)
    values = _stream(generator).integers(sizes_of("randint", (size,)), int(low), int(high), kind)
    return made(values, None, device, requires_grad)


@define(method=False)
def randint_like(input: Tensor, *bounds: int, dtype: Any = None, device: Device = None) -> Tensor:
    """Integers in [low, high), as `input` has: randint_like(input, high) or (input, low, high)."""
    low, high = bounds if len(bounds) == 2 else (0, *bounds)
    kind = input._dtype if dtype is None else dtypes.canonical(dtype)
    return made(default_generator.integers(input._shape, low, high, kind), None, device, False, input)


@define(method=False, takes="any")
def randperm(n: int, *, generator: TorchGenerator | None = None, dtype: Any = None, device: Device = None,
             requires_grad: bool = False, pin_memory: bool = False) -> Tensor:  # fmt: skip
    """The integers 0 ... n - 1 in random order."""
    refuse_options("randperm", pin_memory=pin_memory)
    kind = int64 if dtype is None else dtypes.canonical(dtype)
    return made(_stream(generator).permutation(n, kind), None, device, requires_grad)


@define(method=False, takes="any")
def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: TorchGenerator | None = None, dtype: Any = None,
           device: Device = None) -> Tensor:  # fmt: skip
    """mean + std * z with z standard normal; tensors for mean and std give one value per element."""
    stream = _stream(generator)
    if size is not None:
        return made(
            stream.normal(sizes_of("normal", (size,)), float(mean), float(std), _floating("normal", dtype)),
            None,
            device,
        )
    given = [v for v in (mean, std) if isinstance(v, core.Tensor)]
    if not given:
        raise make(InputTypeError, "normal(): two numbers need a size: torch.normal(mean, std, size)")
    shape = np.broadcast_shapes(*(v._shape for v in given))
    kind = given[0]._dtype
    values = stream.normal(shape, dtype=kind)
    parts = [v.backend.to_numpy(v.native) if isinstance(v, core.Tensor) else v for v in (std, mean)]
    if np.any(np.asarray(parts[0]) < 0):
        raise make(ArgumentError, "normal expects all elements of std >= 0.0", RuntimeError)
    return made((values * parts[0] + parts[1]).astype(kind.numpy()), None, device, False, given[0])


@define()
def bernoulli(input: Tensor, p: float | None = None, *, generator: TorchGenerator | None = None) -> Tensor:
    """1 with probability `input`, else 0, in the dtype of input."""
    chance: Any = input._values() if p is None else p
    return made(_stream(generator).bernoulli(input._shape, chance, input._dtype), None, None, False, input)


@define()
def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *,
                generator: TorchGenerator | None = None) -> Tensor:  # fmt: skip
    """`num_samples` places drawn by their weights, from each row of input."""
    return made(_stream(generator).multinomial(input._values(), num_samples, replacement), None, None, False, input)


def _filling(name: str, draw: str, doc: str) -> None:
    """Define a method that fills its tensor with draws."""

    def method(self: Tensor, *args: Any, generator: TorchGenerator | None = None, **named: Any) -> Tensor:
        self._refuse_leaf(f"{name}_")
        if draw in ("uniform", "normal", "exponential", "cauchy", "log_normal"):
            _floating(name, self.dtype)
        values = getattr(_stream(generator), draw)(self._shape, *args, dtype=self._dtype, **named)
        return assigned(self, made(values, None, None, False, self), f"{name}_")

    method.__name__, method.__doc__ = f"{name}_", doc
    define(function=False, names=(f"{name}_",))(method)


def _uniform_(self: Tensor, *args: Any, generator: TorchGenerator | None = None, **named: Any) -> Tensor:
    """Fill with uniform values in [from, to)."""
    given = dict(zip(("from", "to"), args, strict=False)) | named
    low, high = given.pop("from", 0.0), given.pop("to", 1.0)
    if given or len(args) > 2:
        raise TypeError(f"uniform_() takes from and to, got {args} and {named}")
    self._refuse_leaf("uniform_")
    values = _stream(generator).uniform(self._shape, low, high, _floating("uniform_", self.dtype))
    return assigned(self, made(values, None, None, False, self), "uniform_")


def _random_(self: Tensor, *bounds: int, generator: TorchGenerator | None = None) -> Tensor:
    """Fill with integers in [0, to) or [from, to), or all that the dtype has."""
    stream = _stream(generator)
    low, high = bounds if len(bounds) == 2 else (0, bounds[0] if bounds else None)
    if high is None:
        values = stream.random(self._shape, dtype=self._dtype)
    else:
        values = stream.integers(self._shape, low, high, self._dtype)
    return assigned(self, made(values, None, None, False, self), "random_")


def _bernoulli_(self: Tensor, p: Any = 0.5, *, generator: TorchGenerator | None = None) -> Tensor:
    """Fill with 1 with probability p, else 0."""
    chance = p._values() if isinstance(p, Tensor) else p
    values = _stream(generator).bernoulli(self._shape, chance, self._dtype)
    return assigned(self, made(values, None, None, False, self), "bernoulli_")


for _body, _name in ((_uniform_, "uniform_"), (_random_, "random_"), (_bernoulli_, "bernoulli_")):
    _body.__name__ = _name
    define(function=False, names=(_name,))(_body)
_filling("normal", "normal", "Fill with normal values of that mean and standard deviation.")
_filling("exponential", "exponential", "Fill with exponential values of that rate.")
_filling("cauchy", "cauchy", "Fill with values of the Cauchy distribution.")
_filling("log_normal", "log_normal", "Fill with values whose logarithm is normal.")
_filling("geometric", "geometric", "Fill with the numbers of trials up to the first success.")
