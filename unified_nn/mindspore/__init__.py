"""MindSpore's vocabulary: it means what MindSpore 2.10 means, on every backend.

`UNIFIED_NN_MINDSPORE=1.8` gives the printing and the initial values of MindSpore 1.x.
"""

from __future__ import annotations

from unified_nn.mindspore import common, context, dataset, nn, ops, train
from unified_nn.mindspore.common import dtype as _dtype
from unified_nn.mindspore.common.dtype import *  # noqa: F403
from unified_nn.mindspore.common.parameter import Parameter, ParameterTuple
from unified_nn.mindspore.common.seed import get_seed, set_seed
from unified_nn.mindspore.common.tensor import Tensor, tensor
from unified_nn.mindspore.context import GRAPH_MODE, PYNATIVE_MODE, get_context, set_context, set_device
from unified_nn.mindspore.jit import jit, ms_function
from unified_nn.mindspore.ops.function.grad import get_grad, grad, value_and_grad
from unified_nn.mindspore.profile import version as _version
from unified_nn.mindspore.train import Model
from unified_nn.mindspore.train import __all__ as _train_names
from unified_nn.mindspore.train.serialization import (
    ckpt_to_safetensors,
    load_checkpoint,
    load_checkpoint_async,
    load_param_into_net,
    safetensors_to_ckpt,
    save_checkpoint,
)
from unified_nn.vocabulary.missing import refuse

__version__ = _version()
__all__ = [
    "GRAPH_MODE", "PYNATIVE_MODE", "Model", "Parameter", "ParameterTuple", "Tensor", "ckpt_to_safetensors",
    "common", "context", "dataset", "get_context", "get_grad", "get_seed", "grad", "jit", "load_checkpoint",
    "load_checkpoint_async", "load_param_into_net", "ms_function", "nn", "ops", "safetensors_to_ckpt",
    "save_checkpoint", "set_context", "set_device", "set_seed", "tensor", "train", "value_and_grad",
    *_dtype.__all__,
]  # fmt: skip
dtype = _dtype
_TRAIN = {name for name in _train_names if name[0].isupper()}


_missing = refuse(__name__, __all__)


def __getattr__(name: str) -> object:
    return getattr(train, name) if name in _TRAIN else _missing(name)
