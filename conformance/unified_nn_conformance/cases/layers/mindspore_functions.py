"""MindSpore's functions of normalisation and loss."""

from __future__ import annotations

from unified_nn_conformance.case import grouped, register
from unified_nn_conformance.sample import f32, index

register([
    *grouped("mindspore", (f32(2,4,3),),
             "ops.group_norm(x, 2)",
             "ops.glu(x, 1)"),
    *grouped("mindspore", (f32(2,4,3), f32(4), f32(4),),
             "ops.group_norm(x, 2, y, z, 1e-2)"),
    *grouped("mindspore", (f32(4,3,2), f32(3), f32(3,kind='positive'), f32(3), f32(3),),
             "ops.batch_norm(x, y, z, u, v)"),
    *grouped("mindspore", (f32(4,3), f32(3), f32(3,kind='positive'), f32(3), f32(3),),
             "ops.batch_norm(x, y, z, u, v, False, 0.1, 1e-2)"),
    *grouped("mindspore", (f32(4,3,2,2), f32(3), f32(3,kind='positive'), f32(3), f32(3),),
             "ops.batch_norm(x, y, z, u, v, True)",
             "ops.batch_norm(x, y, z, u, v)"),
    *grouped("mindspore", (f32(2,4,3), f32(4),),
             "ops.prelu(x, y)"),
    *grouped("mindspore", (f32(2,4,3), f32(1),),
             "ops.prelu(x, y)"),
    *grouped("mindspore", (f32(3,4), index(3,high=4,dtype='int32'),),
             "ops.cross_entropy(x, y)"),
    *grouped("mindspore", (f32(3,4), f32(3,4,kind='unit'),),
             "ops.cross_entropy(x, y, label_smoothing=0.2)",
             "ops.kl_div(x, y, 'batchmean')"),
    *grouped("mindspore", (f32(3,4), index(3,high=4,dtype='int32'), f32(4,kind='unit'),),
             "ops.cross_entropy(x, y, z, 1, 'mean', 0.2)",
             "ops.nll_loss(x, y, z, 1, 'sum', 0.2)"),
    *grouped("mindspore", (f32(3,4,2), index(3,2,high=4,dtype='int32'), f32(4,kind='unit'),),
             "ops.cross_entropy(x, y, z, 1, 'none', 0.2)"),
    *grouped("mindspore", (f32(3,4,kind='unit'), f32(3,4,kind='unit'), f32(3,4,kind='unit'),),
             "ops.binary_cross_entropy(x, y, z, 'sum')"),
    *grouped("mindspore", (f32(3,4), f32(3,4,kind='unit'), f32(3,4), f32(4),),
             "ops.binary_cross_entropy_with_logits(x, y, z, u)"),
    *grouped("mindspore", (f32(2,4),),
             "ops.softmin(x)"),
])  # fmt: skip
# what the framework refuses
register([
    *grouped("mindspore", (f32(2,4,3),),
             "ops.group_norm(x, 3)",
             expects="ValueError"),
    *grouped("mindspore", (f32(2,4),),
             "ops.group_norm(x, 0)",
             expects="ValueError"),
    *grouped("mindspore", (f32(2,4,3), f32(5),),
             "ops.group_norm(x, 2, y)",
             expects="ValueError"),
    *grouped("mindspore", (f32(4,3,2), f32(4), f32(4,kind='positive'), f32(4), f32(4),),
             "ops.batch_norm(x, y, z, u, v)",
             expects="ValueError"),
    *grouped("mindspore", (f32(4,3,2), f32(4), f32(3,kind='positive'), f32(3), f32(3),),
             "ops.batch_norm(x, y, z, u, v)",
             expects="ValueError"),
])  # fmt: skip
