"""PyTorch's drawn families."""

from __future__ import annotations

from unified_nn_conformance.configurations.draw import cases
from unified_nn_conformance.configurations.family import Family
from unified_nn_conformance.configurations.torch import attention, conv, layers, loss, norm, optim, pool, rnn
from unified_nn_conformance.configurations.torch.known import KNOWN

FAMILIES = {
    "conv": Family(cases(conv.conv), 250),
    "conv_transpose": Family(cases(conv.conv_transpose), 200),
    "conv_function": Family(cases(conv.conv_function), 150),
    "max_pool": Family(cases(pool.max_pool), 150),
    "avg_pool": Family(cases(pool.avg_pool), 150),
    "other_pool": Family(cases(pool.lp_pool, pool.adaptive_pool), 150),
    "max_unpool": Family(cases(pool.max_unpool), 75),
    "batch_norm": Family(cases(norm.batch_norm), 100),
    "norm": Family(cases(norm.instance_norm, norm.layer_norm, norm.group_norm, norm.response_norm), 200),
    "norm_function": Family(cases(norm.functions), 100),
    "recurrent": Family(cases(rnn.recurrent), 150),
    "cell": Family(cases(rnn.cell), 50),
    "attention": Family(cases(attention.attention), 100),
    "activation": Family(cases(layers.activation, layers.activation, layers.prelu), 150),
    "dropout": Family(cases(layers.dropout), 50),
    "embedding": Family(cases(layers.embedding), 75),
    "linear": Family(cases(layers.linear), 50),
    "padding": Family(cases(layers.padding), 75),
    "cross_entropy": Family(cases(loss.cross_entropy), 150),
    "loss": Family(cases(loss.elementwise, loss.elementwise, loss.several), 150),
    "optimizer": Family(cases(optim.optimizer), 150),
}

__all__ = ["FAMILIES", "KNOWN"]
