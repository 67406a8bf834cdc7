"""Traps 61 on: found while building the vocabularies."""

from __future__ import annotations

from unified_nn_conformance.case import trap
from unified_nn_conformance.sample import f32, given

trap(
    61,
    torch="show(rate=optim.SGD([nn.Parameter(torch.ones(1))]).param_groups[0]['lr'])",
    mindspore="show(rate=nn.SGD([ms.Parameter(Tensor([1.0], ms.float32), name='w')]).learning_rate)",
    mxnet="show(rate=mx.optimizer.SGD().lr)",
)  # fmt: skip
trap(
    62, given([0, 1, 0], "int32"),
    torch="""
        net = nn.Embedding(3, 2, padding_idx=0)
        net(x).sum().backward()
        show(row=net.weight[0], grad=net.weight.grad)
        """,
    mindspore="""
        net = nn.Embedding(3, 2, padding_idx=0)
        show(row=net.embedding_table[0], grad=ms.grad(lambda x: net(x).sum(), None, net.trainable_params())(x))
        """,
)  # fmt: skip
trap(
    63, f32(2, 4, 3, 3),
    torch="net = filled(nn.GroupNorm(2, 4)); show(gamma=net.weight.shape, out=net(x))",
    mindspore="net = filled(nn.GroupNorm(2, 4)); show(gamma=net.gamma.shape, out=net(x))",
    mxnet="net = nn.GroupNorm(2); net.initialize(); show(gamma=filled(net).gamma.shape, out=net(x))",
)  # fmt: skip
trap(
    64, f32(2, 3, 4, 4),
    torch="show(out=filled(nn.ConvTranspose2d(3, 2, 3, stride=2))(x))",
    mindspore="show(out=filled(nn.Conv2dTranspose(3, 2, 3, stride=2))(x))",
    mxnet="net = nn.Conv2DTranspose(2, 3, strides=2, in_channels=3); net.initialize(); show(out=filled(net)(x))",
)  # fmt: skip
trap(
    65, f32(4, 2, 3, kind="small"),
    torch="show(out=filled(nn.LSTM(3, 2))(x))",
    mindspore="show(out=filled(nn.LSTM(3, 2))(x))",
    mxnet="""
        net = rnn.LSTM(2, input_size=3)
        net.initialize()
        net(x)
        show(alone=filled(net)(x), states=net(x, net.begin_state(2)))
        """,
)  # fmt: skip
trap(
    66, f32(6),
    torch="show(size=torch.split(x, 2), method=x.split(2), count=torch.chunk(x, 2))",
    mindspore="show(size=ops.split(x, 2), method=x.split(2), count=ops.chunk(x, 2), primitive=ops.Split(0, 2)(x))",
    mxnet="show(count=nd.split(x, 2, axis=0), method=x.split(2, axis=0))",
)  # fmt: skip
trap(
    67, f32(3),
    torch="show(whole=x.repeat(2), each=x.repeat_interleave(2))",
    mindspore="show(whole=ops.tile(x, (2,)), each=ops.repeat_interleave(x, 2))",
    mxnet="show(each=x.repeat(2), function=nd.repeat(x, 2), whole=nd.tile(x, 2))",
)  # fmt: skip
trap(
    68, f32(2, 2), f32(2, 3, 4),
    torch="show(square=x.transpose(0, 1), exchanged=y.transpose(0, 1), order=y.permute(1, 0, 2))",
    mindspore="""
        show(square=x.transpose(0, 1), exchanged=y.transpose(0, 1), order=y.transpose(1, 0, 2), kept=x.permute(0, 1))
        show(short=raised(lambda: y.transpose((0, 1))), function=raised(lambda: ops.transpose(y, (0, 1))))
        """,
    mxnet="show(square=x.transpose((0, 1)), order=y.transpose((1, 0, 2)), short=raised(lambda: y.transpose((0, 1)).asnumpy()))",
)  # fmt: skip
trap(
    69, given([[0.0], [0.25]]), given([[1.0], [1.0]]),
    torch="show(out=nn.BCELoss(reduction='none')(x, y))",
    mindspore="show(out=nn.BCELoss(reduction='none')(x, y))",
    mxnet="show(out=gluon.loss.SigmoidBCELoss(from_sigmoid=True)(x, y))",
)  # fmt: skip
trap(
    70, given([1, 2], "int32"),
    torch="show(mean=raised(lambda: x.mean()))",
    mindspore="show(mean=x.mean())",
    mxnet="show(mean=x.mean())",
)  # fmt: skip
trap(
    71,
    torch="""
        net = nn.GRU(3, 400)
        for values in net.parameters():
            show(fills=bool(0.98 * 0.05 < values.abs().max() <= 0.05))
        """,
    mindspore="""
        for values in nn.GRU(3, 400).get_parameters():
            show(fills=bool(0.98 * 0.05 < abs(values.asnumpy()).max() <= 0.05))
        """,
    mxnet="""
        net = rnn.GRU(400, input_size=3)
        net.initialize()
        show(fills=bool(0.068 < abs(net.l0_i2h_weight.data().asnumpy()).max() <= 0.07), bias=net.l0_i2h_bias.data())
        """,
)  # fmt: skip
trap(
    72, f32(1, 1, 2, 3),
    torch="show(out=F.pad(x, (1, 0, 0, 2)))",
    mindspore="show(out=ops.pad(x, (1, 0, 0, 2)))",
    mxnet="show(out=nd.pad(x, mode='constant', pad_width=(0, 0, 0, 0, 1, 0, 0, 2)))",
)  # fmt: skip
trap(
    73,
    torch="show(steps=torch.arange(3), full=torch.full((2,), 3))",
    mindspore="show(steps=ops.arange(3), full=ops.full((2,), 3))",
    mxnet="show(steps=nd.arange(3), full=nd.full((2,), 3))",
)  # fmt: skip
trap(
    74, given([4, 2], "int32"),
    torch="show(root=torch.sqrt(x), power=torch.exp(x))",
    mindspore="show(root=ops.sqrt(x))",
    mxnet="show(root=nd.sqrt(x), power=nd.exp(x))",
)  # fmt: skip
trap(
    75, given([2, 1, -1], "int32"),
    torch="show(out=raised(lambda: x ** -1))",
    mindspore="show(out=x ** -1)",
    mxnet="show(out=x ** -1)",
)  # fmt: skip
trap(
    76, f32(1, 3, 4),
    torch="""
        part = torch.tensor([[True, True, False]] * 3)
        out, weights = filled(nn.MultiheadAttention(4, 1, batch_first=True))(x, x, x, attn_mask=part)
        show(dot=F.scaled_dot_product_attention(x, x, x, attn_mask=part), out=out, weights=weights)
        """,
    mindspore="""
        part = Tensor([[True, True, False]] * 3)
        out, weights = filled(nn.MultiheadAttention(4, 1, batch_first=True))(x, x, x, attn_mask=part)
        show(out=out, weights=weights)
        """,
)  # fmt: skip
trap(
    77, f32(1, 3, 4),
    torch="""
        net = filled(nn.MultiheadAttention(4, 1, batch_first=True))
        hidden = torch.tensor([[True] * 3, [False] * 3, [False] * 3])
        show(weighted=net(x, x, x, attn_mask=hidden)[0], alone=net(x, x, x, attn_mask=hidden, need_weights=False)[0])
        show(dot=F.scaled_dot_product_attention(x, x, x, attn_mask=~hidden))
        """,
)  # fmt: skip
trap(
    78, f32(1, 3, 4),
    torch="""
        net = filled(nn.TransformerEncoderLayer(4, 2, 5, batch_first=True, dropout=0.0))
        mask = torch.tensor([[0.0, 0.5, -0.25]] * 3)
        show(training=net(x, src_mask=mask))
        net.eval()
        with torch.no_grad():
            show(inference=net(x, src_mask=mask))
        """,
    mindspore="""
        net = filled(nn.TransformerEncoderLayer(4, 2, 5, batch_first=True, dropout=0.0))
        show(inference=net.set_train(False)(x, src_mask=Tensor([[0.0, 0.5, -0.25]] * 3)))
        """,
)  # fmt: skip
trap(
    79, f32(1, 3, 4),
    torch="""
        net = filled(nn.MultiheadAttention(4, 1, batch_first=True))
        padding, mask = torch.tensor([[False, False, True]]), torch.tensor([[0.0, 0.5, -0.25]] * 3)
        out, weights = net(x, x, x, key_padding_mask=padding, attn_mask=mask)
        show(out=out, weights=weights)
        """,
    mindspore="""
        net = filled(nn.MultiheadAttention(4, 1, batch_first=True))
        padding, mask = Tensor([[False, False, True]]), Tensor([[0.0, 0.5, -0.25]] * 3)
        out, weights = net(x, x, x, key_padding_mask=padding, attn_mask=mask)
        show(out=out, weights=weights)
        """,
)  # fmt: skip
