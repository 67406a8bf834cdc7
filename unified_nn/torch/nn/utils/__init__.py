"""`torch.nn.utils`: clipping gradients, and parameters as one vector."""

from __future__ import annotations

from unified_nn.torch.nn.utils import rnn
from unified_nn.torch.nn.utils.clip_grad import (
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)
from unified_nn.torch.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters
from unified_nn.vocabulary.missing import refuse

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "rnn",
    "vector_to_parameters",
]

__getattr__ = refuse(__name__, __all__)
