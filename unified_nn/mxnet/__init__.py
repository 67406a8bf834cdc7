"""The vocabulary of MXNet 1.9: `import unified_nn.mxnet as mx`."""

from __future__ import annotations

from unified_nn.mxnet import (
    autograd,
    base,
    context,
    gluon,
    initializer,
    lr_scheduler,
    metric,
    model,
    name,
    ndarray,
    optimizer,
    random,
    symbol,
)
from unified_nn.mxnet import initializer as init
from unified_nn.mxnet import ndarray as nd
from unified_nn.mxnet import symbol as sym
from unified_nn.mxnet.base import MXNetError
from unified_nn.mxnet.context import Context, cpu, cpu_pinned, current_context, gpu
from unified_nn.vocabulary.missing import refuse

__version__ = "1.9.1"

__all__ = [
    "Context",
    "MXNetError",
    "autograd",
    "base",
    "context",
    "cpu",
    "cpu_pinned",
    "current_context",
    "gluon",
    "gpu",
    "init",
    "initializer",
    "lr_scheduler",
    "metric",
    "model",
    "name",
    "nd",
    "ndarray",
    "optimizer",
    "random",
    "sym",
    "symbol",
]
_SYMBOLS = "run symbols with gluon.SymbolBlock, which also trains them"
_REFUSED = {
    **dict.fromkeys(("mod", "module", "executor"), _SYMBOLS),
    **dict.fromkeys(("np", "npx", "numpy", "numpy_extension"), "use mxnet.nd, which has most of it under other names"),
    **dict.fromkeys(("io", "image", "recordio"), "load the data into arrays and use gluon.data"),
    **dict.fromkeys(("kv", "kvstore"), "training runs on one device"),
}
__getattr__ = refuse("mxnet", globals(), _REFUSED)
