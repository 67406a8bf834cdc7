"""Gluon's drawn families."""

from __future__ import annotations

from unified_nn_conformance.configurations.draw import cases
from unified_nn_conformance.configurations.family import Family
from unified_nn_conformance.configurations.mxnet import layers, loss, norm, rnn, windows
from unified_nn_conformance.configurations.mxnet.known import KNOWN

FAMILIES = {
    "conv": Family(cases(windows.conv), 300),
    "conv_transpose": Family(cases(windows.conv_transpose), 200),
    "conv_function": Family(cases(windows.conv_function), 150),
    "max_pool": Family(cases(windows.max_pool), 200),
    "avg_pool": Family(cases(windows.avg_pool), 200),
    "other_pool": Family(cases(windows.global_pool, windows.pool_function), 200),
    "batch_norm": Family(cases(norm.batch_norm), 150),
    "norm": Family(cases(norm.layer_norm, norm.group_norm, norm.instance_norm), 200),
    "recurrent": Family(cases(rnn.recurrent), 100),
    "cell": Family(cases(rnn.cell), 75),
    "activation": Family(cases(layers.activation, layers.prelu), 100),
    "layers": Family(cases(layers.dense, layers.dropout, layers.embedding), 150),
    "cross_entropy": Family(cases(loss.cross_entropy), 100),
    "loss": Family(cases(loss.elementwise, loss.sigmoid), 150),
}

__all__ = ["FAMILIES", "KNOWN"]
