"""Functions and primitives, as `mindspore.ops` has them."""

from __future__ import annotations

from unified_nn.mindspore.ops import composite, operations
from unified_nn.mindspore.ops import methods as methods
from unified_nn.mindspore.ops.composite import *  # noqa: F403
from unified_nn.mindspore.ops.function import (
    array_func,
    creation_func,
    dropout_func,
    image_func,
    loss_func,
    math_func,
    nn_func,
    random_func,
    reduce_func,
    window_func,
)
from unified_nn.mindspore.ops.function import grad as _grad
from unified_nn.mindspore.ops.function.array_func import *  # noqa: F403
from unified_nn.mindspore.ops.function.creation_func import *  # noqa: F403
from unified_nn.mindspore.ops.function.dropout_func import *  # noqa: F403
from unified_nn.mindspore.ops.function.grad import *  # noqa: F403
from unified_nn.mindspore.ops.function.image_func import *  # noqa: F403
from unified_nn.mindspore.ops.function.loss_func import *  # noqa: F403
from unified_nn.mindspore.ops.function.math_func import *  # noqa: F403
from unified_nn.mindspore.ops.function.nn_func import *  # noqa: F403
from unified_nn.mindspore.ops.function.random_func import *  # noqa: F403
from unified_nn.mindspore.ops.function.reduce_func import *  # noqa: F403
from unified_nn.mindspore.ops.function.window_func import *  # noqa: F403
from unified_nn.mindspore.ops.operations import *  # noqa: F403
from unified_nn.vocabulary.missing import refuse

_PARTS = (
    array_func,
    composite,
    creation_func,
    dropout_func,
    _grad,
    image_func,
    loss_func,
    math_func,
    nn_func,
    operations,
    random_func,
    reduce_func,
    window_func,
)
__all__ = sorted({name for part in _PARTS for name in part.__all__} | {"composite", "methods", "operations"})
__getattr__ = refuse(__name__, __all__)
