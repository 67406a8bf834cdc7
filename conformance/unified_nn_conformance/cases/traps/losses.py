"""Traps 22 to 26: what a loss gives by default, and labels out of range."""

from __future__ import annotations

from unified_nn_conformance.case import trap
from unified_nn_conformance.sample import f32, given

X, Y, P = f32(4, 3), f32(4, 3), f32(4, 3, kind="unit")

trap(
    22, X, given([0, 2, 1, 2], "int32"), P,
    torch="show(labels=nn.CrossEntropyLoss()(x, y.long()), shares=nn.CrossEntropyLoss()(x, z))",
    mindspore="""
        show(labels=nn.CrossEntropyLoss()(x, y), shares=nn.CrossEntropyLoss()(x, z))
        show(hot=nn.SoftmaxCrossEntropyWithLogits()(x, z), sparse=nn.SoftmaxCrossEntropyWithLogits(sparse=True)(x, y))
        """,
    mxnet="""
        show(labels=gluon.loss.SoftmaxCrossEntropyLoss()(x, y))
        show(shares=gluon.loss.SoftmaxCrossEntropyLoss(sparse_label=False)(x, z))
        """,
)  # fmt: skip
trap(
    23, X, Y,
    torch="show(out=nn.MSELoss()(x, y))",
    mindspore="show(out=nn.MSELoss()(x, y))",
    mxnet="show(out=gluon.loss.L2Loss()(x, y))",
)  # fmt: skip
trap(
    24, X, P,
    torch="show(mean=nn.KLDivLoss()(x, y), batchmean=nn.KLDivLoss(reduction='batchmean')(x, y))",
    mindspore="show(mean=nn.KLDivLoss()(x, y), batchmean=nn.KLDivLoss('batchmean')(x, y), function=ops.kl_div(x, y))",
    mxnet="show(out=gluon.loss.KLDivLoss()(x, y), logits=gluon.loss.KLDivLoss(from_logits=False)(x, y))",
)  # fmt: skip
trap(
    25, X, Y,
    torch="show(smooth=nn.SmoothL1Loss(beta=0.5)(x, y), huber=nn.HuberLoss(delta=0.5)(x, y))",
    mindspore="show(smooth=nn.SmoothL1Loss(beta=0.5)(x, y), huber=nn.HuberLoss(delta=0.5)(x, y))",
    mxnet="show(huber=gluon.loss.HuberLoss(rho=0.5)(x, y))",
)  # fmt: skip
trap(
    26, X,
    torch="""
        show(label=raised(lambda: nn.CrossEntropyLoss()(x, torch.tensor([0, 7, 1, 2]))))
        show(index=raised(lambda: nn.Embedding(3, 2)(torch.tensor([7]))))
        show(negative=raised(lambda: nn.Embedding(3, 2)(torch.tensor([-1]))))
        """,
    mindspore="""
        show(label=raised(lambda: nn.CrossEntropyLoss()(x, Tensor([0, 7, 1, 2], ms.int32))))
        show(index=raised(lambda: nn.Embedding(3, 2)(Tensor([7], ms.int32))))
        """,
    mxnet="""
        show(label=gluon.loss.SoftmaxCrossEntropyLoss()(x, nd.array([0, 7, 1, -2])))
        net = nn.Embedding(4, 3)
        net.initialize()
        show(index=filled(net)(nd.array([7, -3])), pick=nd.pick(x, nd.array([0, 7, 1, -2])), take=nd.take(x, nd.array([9])))
        """,
)  # fmt: skip
