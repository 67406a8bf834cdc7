"""Inception v3 (arXiv:1512.00567)."""

from __future__ import annotations

from typing import Any

from unified_nn.mxnet.gluon import nn
from unified_nn.mxnet.gluon.contrib.nn import HybridConcurrent
from unified_nn.mxnet.gluon.hybrid import HybridBlock
from unified_nn.mxnet.gluon.model_zoo.vision.making import Model, body_and_head, chained, require_no_weights

Size = int | tuple[int, int]
#: A convolution: channels, window, stride, padding; or the kind of a pool.
Part = tuple[int, Size, int, Size] | str


def _conv(channels: int, size: Size, stride: int = 1, padding: Size = 0) -> nn.HybridSequential:
    conv = nn.Conv2D(channels, size, strides=stride, padding=padding, use_bias=False)
    return chained(conv, nn.BatchNorm(epsilon=0.001), nn.Activation("relu"))


def _pool(kind: str) -> HybridBlock:
    return nn.AvgPool2D(pool_size=3, strides=1, padding=1) if kind == "avg" else nn.MaxPool2D(pool_size=3, strides=2)


def _branch(*parts: Part) -> nn.HybridSequential:
    return chained(*(_pool(part) if isinstance(part, str) else _conv(*part) for part in parts))


def _side_by_side(*branches: tuple[Part, ...], prefix: str = "") -> HybridConcurrent:
    made = HybridConcurrent(axis=1, prefix=prefix)
    with made.name_scope():
        for branch in branches:
            made.add(_branch(*branch))
    return made


def _one(channels: int) -> Part:
    return channels, 1, 1, 0


def _wide(channels: int) -> Part:
    """A row of seven."""
    return channels, (1, 7), 1, (0, 3)


def _tall(channels: int) -> Part:
    return channels, (7, 1), 1, (3, 0)


def _a(pooled: int, prefix: str) -> HybridConcurrent:
    three: Part = (96, 3, 1, 1)
    five: Part = (64, 5, 1, 2)
    return _side_by_side((_one(64),), (_one(48), five), (_one(64), three, three), ("avg", _one(pooled)), prefix=prefix)


def _b(prefix: str) -> HybridConcurrent:
    return _side_by_side(((384, 3, 2, 0),), (_one(64), (96, 3, 1, 1), (96, 3, 2, 0)), ("max",), prefix=prefix)


def _c(n: int, prefix: str) -> HybridConcurrent:
    return _side_by_side(
        (_one(192),), (_one(n), _wide(n), _tall(192)), (_one(n), _tall(n), _wide(n), _tall(n), _wide(192)),
        ("avg", _one(192)), prefix=prefix,
    )  # fmt: skip


def _d(prefix: str) -> HybridConcurrent:
    longer = (_one(192), _wide(192), _tall(192), (192, 3, 2, 0))
    return _side_by_side((_one(192), (320, 3, 2, 0)), longer, ("max",), prefix=prefix)


def _e(prefix: str) -> HybridConcurrent:
    """Two of its branches split into a row and a column of three."""
    ends: tuple[tuple[Part, ...], ...] = (((384, (1, 3), 1, (0, 1)),), ((384, (3, 1), 1, (1, 0)),))
    made = HybridConcurrent(axis=1, prefix=prefix)
    with made.name_scope():
        made.add(_branch(_one(320)))
        made.add(chained(_branch(_one(384)), _side_by_side(*ends)))
        made.add(chained(_branch(_one(448), (384, 3, 1, 1)), _side_by_side(*ends)))
        made.add(_branch("avg", _one(192)))
    return made


class Inception3(HybridBlock):
    """Images (N, 3, 299, 299) -> (N, classes)."""

    def __init__(self, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = chained(_conv(32, 3, 2), _conv(32, 3), _conv(64, 3, 1, 1), nn.MaxPool2D(3, 2))
            self.features.add(_conv(80, 1), _conv(192, 3), nn.MaxPool2D(3, 2))
            self.features.add(*(_a(pooled, f"A{i}_") for i, pooled in enumerate((32, 64, 64), 1)), _b("B_"))
            self.features.add(*(_c(n, f"C{i}_") for i, n in enumerate((128, 160, 160, 192), 1)), _d("D_"))
            self.features.add(_e("E1_"), _e("E2_"), nn.AvgPool2D(8), nn.Dropout(0.5))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803
        return body_and_head(self, x)


def inception_v3(pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any) -> Inception3:
    """Inception v3."""
    require_no_weights("inception_v3", pretrained)
    return Inception3(**kwargs)


MODELS = {"inceptionv3": Model(inception_v3, (), "Inception v3")}
