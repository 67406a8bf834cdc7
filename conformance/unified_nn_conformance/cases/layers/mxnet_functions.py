"""Operators behind Gluon's layers."""

from __future__ import annotations

from unified_nn_conformance.case import grouped, register
from unified_nn_conformance.sample import f32, given

register([
    *grouped("mxnet", (f32(2,5,3,3),),
             "nd.LRN(x, nsize=3)",
             "nd.LRN(x, nsize=5, alpha=0.1, beta=0.5, knorm=1)"),
    *grouped("mxnet", (f32(2,4),),
             "nd.Dropout(x, p=0.0)",
             "nd.LeakyReLU(x, act_type='elu', slope=0.5)"),
    *grouped("mxnet", (f32(2,4,2), f32(3,8), f32(3),),
             "nd.FullyConnected(x, y, z, num_hidden=3)"),
    *grouped("mxnet", (f32(2,4,2), f32(3,2),),
             "nd.FullyConnected(x, y, num_hidden=3, no_bias=True, flatten=False)"),
    *grouped("mxnet", (f32(2,4,3), f32(4),),
             "nd.LeakyReLU(x, y, act_type='prelu')"),
    *grouped("mxnet", (f32(2,4), given([2,3],'int32'),),
             "nd.softmax(x, y, use_length=True, axis=1)"),
    *grouped("mxnet", (f32(2,4,3), given([[2,3,1],[4,1,0]],'int32'),),
             "nd.softmax(x, y, use_length=True, axis=1, temperature=2.0)"),
    *grouped("mxnet", (f32(2,4,3),),
             "nd.log_softmax(x, axis=0, temperature=0.5)",
             "nd.softmin(x, axis=0, temperature=0.5)"),
])  # fmt: skip
# what the framework refuses
register([
    *grouped("mxnet", (f32(2,4),),
             "nd.LeakyReLU(x, act_type='foo', slope=0.5)",
             expects="MXNetError"),
])  # fmt: skip
