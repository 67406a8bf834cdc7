"""The vocabulary of MXNet 1.9: `import unified_nn.mxnet as mx`."""

from __future__ import annotations

from unified_nn.mxnet import autograd, base, context
from unified_nn.mxnet import ndarray as nd
from unified_nn.mxnet.base import MXNetError
from unified_nn.mxnet.context import Context, cpu, cpu_pinned, current_context, gpu

ndarray = nd
from unified_nn.mxnet import gluon, initializer
init = initializer
from unified_nn.mxnet import lr_scheduler, optimizer
from unified_nn.mxnet import random
