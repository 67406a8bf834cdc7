"""The vocabulary of PyTorch: `import unified_nn.torch as torch`."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

from unified_nn.torch import dtypes as _dtypes
from unified_nn.torch import random as random  # before the functions: it defines some
from unified_nn.torch.define import FUNCTIONS as _FUNCTIONS
from unified_nn.torch.devices import device, get_default_device, set_default_device
from unified_nn.torch.dtypes import finfo, get_default_dtype, iinfo, set_default_dtype
from unified_nn.torch.missing import missing as _missing
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
from unified_nn.torch.tensor import Tensor

_operators.attach()
_OWN: dict[str, Any] = {
    **_FUNCTIONS,
    **{name: getattr(_dtypes, name) for name in _dtypes.NAMES},
    "dtype": _dtypes.dtype,
}
globals().update(_OWN)

from unified_nn.torch import autograd  # noqa: E402  which uses the functions
from unified_nn.torch.autograd.grad_mode import (  # noqa: E402
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)  # fmt: skip
from unified_nn.torch.legacy import TYPED as _TYPED  # noqa: E402

globals().update(_TYPED)

e, inf, nan, pi, newaxis = math.e, math.inf, math.nan, math.pi, None
strided = "torch.strided"
__version__ = "2.13.0+unified"
from unified_nn.torch import cuda, nn, optim  # noqa: E402

__getattr__ = _missing(__name__, lambda: [name for name in globals() if name[0] != "_"])
