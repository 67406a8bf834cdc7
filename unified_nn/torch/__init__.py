"""The vocabulary of PyTorch: `import unified_nn.torch as torch`."""

from __future__ import annotations

import math

from unified_nn.torch import dtypes as _dtypes
from unified_nn.torch import linalg, random  # which define functions and methods
from unified_nn.torch.define import FUNCTIONS as _FUNCTIONS
from unified_nn.torch.devices import device, get_default_device, set_default_device
from unified_nn.torch.dtypes import finfo, get_default_dtype, iinfo, set_default_dtype
from unified_nn.torch.legacy import TYPED as _TYPED
from unified_nn.torch.operations import operators as _operators
from unified_nn.torch.printing import set_printoptions
from unified_nn.torch.promotion import can_cast, promote_types, result_type
from unified_nn.torch.random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)  # fmt: skip
from unified_nn.torch.size import Size
from unified_nn.torch.switches import (
    are_deterministic_algorithms_enabled,
    autocast,
    compile,
    get_num_threads,
    set_float32_matmul_precision,
    set_num_threads,
    use_deterministic_algorithms,
)  # fmt: skip
from unified_nn.torch.tensor import Tensor
from unified_nn.vocabulary.missing import refuse as _refuse

_operators.attach()
_DTYPES = {name: getattr(_dtypes, name) for name in _dtypes.NAMES}
globals().update({**_FUNCTIONS, **_DTYPES, **_TYPED, "dtype": _dtypes.dtype})

from unified_nn.torch import autograd, backends, cuda, nn, optim, utils, version  # noqa: E402  they use the functions
from unified_nn.torch.autograd.grad_mode import (  # noqa: E402
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)  # fmt: skip
from unified_nn.torch.serialization import load, save  # noqa: E402

e, inf, nan, pi, newaxis = math.e, math.inf, math.nan, math.pi, None
strided, contiguous_format, preserve_format, channels_last = (
    f"torch.{_name}" for _name in ("strided", "contiguous_format", "preserve_format", "channels_last")
)
__version__ = version.__version__

__all__ = [
    "Generator", "Size", "Tensor", "are_deterministic_algorithms_enabled", "autocast", "autograd", "backends",
    "can_cast", "channels_last", "compile", "contiguous_format", "cuda", "default_generator", "device", "e",
    "enable_grad", "finfo", "get_default_device", "get_default_dtype", "get_num_threads", "get_rng_state", "iinfo",
    "inf", "inference_mode", "initial_seed", "is_grad_enabled", "linalg", "load", "manual_seed", "nan", "newaxis", "nn",
    "no_grad", "optim", "pi", "preserve_format", "promote_types", "random", "result_type", "save", "seed",
    "set_default_device", "set_default_dtype", "set_float32_matmul_precision", "set_grad_enabled", "set_num_threads",
    "set_printoptions", "set_rng_state", "strided", "use_deterministic_algorithms", "utils", "version",
]  # fmt: skip
__all__ += ["dtype", *_FUNCTIONS, *_DTYPES, *_TYPED]

__getattr__ = _refuse(__name__, __all__)
