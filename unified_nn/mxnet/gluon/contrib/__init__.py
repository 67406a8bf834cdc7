"""`mxnet.gluon.contrib`: of the experimental layers those that networks of the model zoo are made of."""

from __future__ import annotations

from unified_nn.mxnet.gluon.contrib import nn
from unified_nn.vocabulary.missing import refuse

__all__ = ["nn"]
_EXPERIMENTAL = "of the experimental parts only contrib.nn is there"
_REFUSED = dict.fromkeys(("rnn", "cnn", "data", "estimator"), _EXPERIMENTAL)
__getattr__ = refuse("mxnet.gluon.contrib", globals(), _REFUSED)
