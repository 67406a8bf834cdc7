"""What the networks share: how they are called, and that nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from unified_nn.errors import NotOfferedError, make
from unified_nn.mxnet.gluon import nn
from unified_nn.mxnet.gluon.hybrid import HybridBlock


class Model(NamedTuple):
    """A network by name: what makes it, and with which arguments."""

    make: Callable[..., HybridBlock]
    args: tuple[Any, ...]
    title: str
    settings: dict[str, Any] = {}


def require_no_weights(title: str, pretrained: bool) -> None:
    """Refuse to fetch weights, and say where they can come from."""
    if pretrained:
        message = (
            "pretrained=True is not offered: nothing is downloaded. Make the network without it and read weights with "
            "net.load_parameters(file), or an exported graph with gluon.SymbolBlock.imports"
        )
        raise make(NotOfferedError, message, op=f"mxnet.gluon.model_zoo.vision.{title}")


def constructor(name: str, model: Model) -> Callable[..., HybridBlock]:
    """The function that makes the network; its keywords are `classes`, `prefix`, ... of the network's class."""

    def call(**kwargs: Any) -> HybridBlock:
        return model.make(*model.args, **{**model.settings, **kwargs})

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"{model.title}."
    return call


def chained(*blocks: HybridBlock, prefix: str | None = "") -> nn.HybridSequential:
    """The blocks one after the other."""
    made = nn.HybridSequential(prefix=prefix)
    made.add(*blocks)
    return made


def body_and_head(net: HybridBlock, x: Any) -> Any:
    """output(features(x)), which most networks are."""
    return net.output(net.features(x))
