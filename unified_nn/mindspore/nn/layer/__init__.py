"""The layers."""

from __future__ import annotations

from unified_nn.mindspore.nn.layer import (
    activation,
    adaptive_pooling,
    attention,
    basic,
    container,
    conv,
    embedding,
    normalization,
    pooling,
    rnn_cells,
    rnns,
    transformer,
)
from unified_nn.mindspore.nn.layer.activation import *  # noqa: F403
from unified_nn.mindspore.nn.layer.adaptive_pooling import *  # noqa: F403
from unified_nn.mindspore.nn.layer.attention import *  # noqa: F403
from unified_nn.mindspore.nn.layer.basic import *  # noqa: F403
from unified_nn.mindspore.nn.layer.container import *  # noqa: F403
from unified_nn.mindspore.nn.layer.conv import *  # noqa: F403
from unified_nn.mindspore.nn.layer.embedding import *  # noqa: F403
from unified_nn.mindspore.nn.layer.normalization import *  # noqa: F403
from unified_nn.mindspore.nn.layer.pooling import *  # noqa: F403
from unified_nn.mindspore.nn.layer.rnn_cells import *  # noqa: F403
from unified_nn.mindspore.nn.layer.rnns import *  # noqa: F403
from unified_nn.mindspore.nn.layer.transformer import *  # noqa: F403

__all__ = [
    name
    for part in (
        activation,
        adaptive_pooling,
        attention,
        basic,
        container,
        conv,
        embedding,
        normalization,
        pooling,
        rnn_cells,
        rnns,
        transformer,
    )
    for name in part.__all__
]
