"""Tensors, parameters, dtypes, initializers and the seed."""

from __future__ import annotations

from unified_nn.mindspore.common import dtype, initializer, parameter, tensor
from unified_nn.mindspore.common import dtype as mstype
from unified_nn.mindspore.common.dtype import dtype_to_nptype, dtype_to_pytype, pytype_to_dtype
from unified_nn.mindspore.common.initializer import Initializer
from unified_nn.mindspore.common.parameter import Parameter, ParameterTuple
from unified_nn.mindspore.common.seed import get_seed, set_seed
from unified_nn.mindspore.common.tensor import Tensor
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "Initializer", "Parameter", "ParameterTuple", "Tensor", "dtype", "dtype_to_nptype", "dtype_to_pytype", "get_seed",
    "initializer", "mstype", "parameter", "pytype_to_dtype", "set_seed", "tensor",
]  # fmt: skip
__getattr__ = refuse(__name__, __all__)
