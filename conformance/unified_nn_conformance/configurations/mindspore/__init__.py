"""MindSpore's drawn families."""

from __future__ import annotations

from unified_nn_conformance.configurations.draw import cases
from unified_nn_conformance.configurations.family import Family
from unified_nn_conformance.configurations.mindspore import layers, loss, norm, rnn, windows
from unified_nn_conformance.configurations.mindspore.known import KNOWN

FAMILIES = {
    "conv": Family(cases(windows.conv), 300),
    "conv_transpose": Family(cases(windows.conv_transpose), 200),
    "conv_function": Family(cases(windows.conv_function), 150),
    "max_pool": Family(cases(windows.max_pool), 200),
    "avg_pool": Family(cases(windows.avg_pool), 200),
    "other_pool": Family(cases(windows.adaptive_pool, windows.lp_pool), 150),
    "pool_function": Family(cases(windows.pool_function), 100),
    "batch_norm": Family(cases(norm.batch_norm), 150),
    "norm": Family(cases(norm.layer_norm, norm.group_norm), 150),
    "recurrent": Family(cases(rnn.recurrent), 100),
    "cell": Family(cases(rnn.cell), 50),
    "activation": Family(cases(layers.activation), 100),
    "layers": Family(cases(layers.dense, layers.dropout, layers.embedding), 150),
    "cross_entropy": Family(cases(loss.cross_entropy), 150),
    "loss": Family(cases(loss.softmax_cross_entropy, loss.elementwise), 150),
}

__all__ = ["FAMILIES", "KNOWN"]
