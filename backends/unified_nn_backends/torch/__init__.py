"""PyTorch: every op and its gradient run in the real torch.

Where torch differs from an op's meaning, the family modules say so. What is left different: the gradient at an input
that is NaN is torch's own, and it is the last NaN of a pooling window that wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import torch

from unified_nn import dtypes
from unified_nn.backend import Autodiff, Backend, Function
from unified_nn.dtypes import DType
from unified_nn.errors import ArgumentError, make
from unified_nn_backends.torch import (
    activation,
    attention,
    conv,
    elementwise,
    index,
    linalg,
    loss,
    norm,
    pool,
    reduce,
    rnn,
    shape,
    sort,
)

FAMILIES: tuple[ModuleType, ...] = (
    activation, attention, conv, elementwise, index, linalg, loss, norm, pool, reduce, rnn, shape, sort,
)  # fmt: skip
FUNCTIONS: dict[str, Function] = {name: f for family in FAMILIES for name, f in family.FUNCTIONS.items()}

OF_NATIVE: dict[Any, DType] = {getattr(torch, d.name): d for d in dtypes.ALL if hasattr(torch, d.name)}


class TorchBackend(Backend):
    """PyTorch, differentiated by its own autograd or by the tape."""

    name: ClassVar[str] = "torch"
    autodiffs: ClassVar[tuple[Autodiff, ...]] = ("native", "tape")
    mutates: ClassVar[bool] = True
    differentiates_seeds = True
    functions: Mapping[str, Function] = FUNCTIONS

    @property
    def version(self) -> str:
        return str(torch.__version__)

    def degraded(self) -> list[str]:
        return ["uint16, uint32 and uint64 arrays hold values, but PyTorch has no arithmetic for them on the CPU."]

    def devices(self) -> list[str]:
        return ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]

    # -- arrays --

    def from_numpy(self, array: np.ndarray[Any, Any], device: str = "cpu") -> Any:
        own = np.array(array, array.dtype.newbyteorder("="), order="C")
        if dtypes.of_numpy(own.dtype) is dtypes.bfloat16:
            made = torch.from_numpy(own.view(np.int16)).view(torch.bfloat16)
        else:
            made = torch.from_numpy(own)
        return made if device == "cpu" else self.to_device(made, device)

    def to_numpy(self, native: Any) -> np.ndarray[Any, Any]:
        host = native.detach().cpu().resolve_conj().resolve_neg()
        if host.dtype is torch.bfloat16:
            bits = host.contiguous().view(torch.int16).numpy()
            return np.array(bits).view(dtypes.bfloat16.numpy())
        return np.array(host.numpy(), order="C")

    def shape(self, native: Any) -> tuple[int, ...]:
        return tuple(native.shape)

    def dtype(self, native: Any) -> DType:
        return OF_NATIVE[native.dtype]

    def owns(self, value: object) -> bool:
        return isinstance(value, torch.Tensor)

    def device(self, native: Any) -> str:
        return "cpu" if native.is_cpu else str(native.device)

    def to_device(self, native: Any, device: str) -> Any:
        chosen = "cuda:0" if device == "cuda" else device
        if chosen not in self.devices():
            raise make(ArgumentError, f"backend 'torch' has no device {device!r}; it has {self.devices()}")
        return native.to(chosen)

    def assign(self, target: Any, value: Any) -> Any:
        with torch.no_grad():
            return target.copy_(value)

    def synchronize(self) -> None:
        if torch.cuda.is_initialized():
            torch.cuda.synchronize()

    # -- native autodiff --

    def variable(self, native: Any) -> Any:
        return native.detach().requires_grad_()

    def detach(self, native: Any) -> Any:
        return native.detach()

    def gradient(
        self, outs: Sequence[Any], inputs: Sequence[Any], seeds: Sequence[Any], *, retain: bool, create: bool
    ) -> list[Any]:
        """The gradients, none of which shares memory with a seed or with another one."""
        heads = [(out, seed) for out, seed in zip(outs, seeds, strict=True) if out.requires_grad]
        wanted = [x for x in inputs if x.requires_grad]
        if not heads or not wanted:
            return [None] * len(inputs)
        found = iter(
            torch.autograd.grad(
                [out for out, _ in heads],
                wanted,
                [seed for _, seed in heads],
                retain_graph=retain,
                create_graph=create,
                allow_unused=True,
            )
        )
        taken = {_memory(seed) for seed in seeds}
        return [_own(next(found), taken) if x.requires_grad else None for x in inputs]


def _own(g: Any, taken: set[int | None]) -> Any:
    """The gradient with memory of its own, as torch's own accumulation gives it: it may be changed in place later."""
    if g is None:
        return None
    memory = _memory(g)
    if memory is None or memory in taken or 0 in g.stride():
        g = g.clone(memory_format=torch.contiguous_format)
        memory = _memory(g)
    taken.add(memory)
    return g


def _memory(native: Any) -> int | None:
    """Where the values are; None for one of torch's symbolic zeros, which are nowhere."""
    try:
        found: int = native.untyped_storage().data_ptr()
    except RuntimeError:
        return None
    return found
