"""The neutral ops by family. `unified_nn.op` says what an op is; `README` tells how to add one."""

from __future__ import annotations

from unified_nn.ops import (  # noqa: F401  every family registers its ops
    activation,
    attention,
    conv,
    elementwise,
    index,
    linalg,
    loss,
    norm,
    operators,
    pool,
    reduce,
    resize,
    rnn,
    shape,
    sort,
)
