"""Traps 36 to 41 and 58: what backward leaves, kinks and ties, gates, names of parameters, when they are made."""

from __future__ import annotations

from unified_nn_conformance.case import trap
from unified_nn_conformance.sample import f32, given

X = f32(3)
TIES = given([1.0, 3.0, 3.0])

trap(
    36, X, f32(3),
    torch="""
        x.requires_grad_()
        for step in range(2):
            (x * y).sum().backward()
            show(grad=x.grad)
        """,
    mindspore="""
        gradient = ms.grad(lambda x: (x * y).sum())
        for step in range(2):
            show(grad=gradient(x))
        """,
    mxnet="""
        for kind in ("write", "add"):
            x.attach_grad(kind)
            for step in range(2):
                with mx.autograd.record():
                    loss = (x * y).sum()
                loss.backward()
                show(grad=x.grad)
        """,
)  # fmt: skip
trap(
    37, X, f32(3),
    torch="x.requires_grad_(); show(vector=raised(lambda: (x * y).backward()))",
    mindspore="show(grad=ms.grad(lambda x: x * y)(x))",
    mxnet="""
        x.attach_grad()
        with mx.autograd.record():
            out = x * y
        out.backward()
        show(grad=x.grad)
        """,
)  # fmt: skip
trap(
    38, TIES, given([0.0, 6.0]), given([[[[1.0, 1.0], [1.0, 0.0]]]]),
    torch="""
        def gradient(function, x):
            x = x.clone().requires_grad_()
            function(x).sum().backward()
            return x.grad
        show(max=gradient(lambda x: x.max(), x), one=gradient(lambda x: x.max(0).values, x))
        show(relu6=gradient(F.relu6, y), clip=gradient(lambda x: x.clamp(0, 6), y))
        show(leaky=gradient(lambda x: F.leaky_relu(x, 0.1), y), maximum=gradient(lambda x: torch.maximum(x, x * 1), x))
        show(pool=gradient(nn.MaxPool2d(2), z), abs=gradient(torch.abs, y))
        """,
    mindspore="""
        def gradient(function, x):
            return ms.grad(lambda x: function(x).sum())(x)
        show(max=gradient(lambda x: x.max(), x), one=gradient(lambda x: ops.max(x, 0)[0], x))
        show(relu6=gradient(ops.relu6, y), clip=gradient(lambda x: ops.clamp(x, 0.0, 6.0), y))
        show(leaky=gradient(lambda x: ops.leaky_relu(x, 0.1), y), maximum=gradient(lambda x: ops.maximum(x, x * 1), x))
        show(pool=gradient(nn.MaxPool2d(2), z), abs=gradient(ops.abs, y))
        """,
    mxnet="""
        def gradient(function, x):
            x.attach_grad()
            with mx.autograd.record():
                out = function(x).sum()
            out.backward()
            return x.grad
        show(max=gradient(lambda x: x.max(), x), clip=gradient(lambda x: x.clip(0, 6), y))
        show(leaky=gradient(lambda x: nd.LeakyReLU(x, slope=0.1), y), maximum=gradient(lambda x: nd.maximum(x, x * 1), x))
        show(pool=gradient(nn.MaxPool2D(2), z), abs=gradient(nd.abs, y))
        """,
)  # fmt: skip
trap(
    39, f32(5, 2, 3, kind="small"),
    torch="show(lstm=filled(nn.LSTM(3, 2))(x)[0], gru=filled(nn.GRU(3, 2))(x)[0])",
    mindspore="show(lstm=filled(nn.LSTM(3, 2))(x)[0], gru=filled(nn.GRU(3, 2))(x)[0])",
    mxnet="""
        for net in (rnn.LSTM(2, input_size=3), rnn.GRU(2, input_size=3)):
            net.initialize()
            net(x)
            show(out=filled(net)(x))
        """,
)  # fmt: skip
trap(
    40, f32(5, 2, 3, kind="small"),
    torch="net = filled(nn.LSTM(3, 4)); show(names=list(net.state_dict()), out=net(x)[0])",
    mindspore="net = filled(nn.LSTM(3, 4)); show(names=[p.name for p in net.get_parameters()], out=net(x)[0])",
    mxnet="""
        net = rnn.LSTM(4, input_size=3, prefix="lstm0_")
        net.initialize()
        net(x)
        show(names=sorted(net.collect_params()), out=filled(net)(x), layout=raised(lambda: rnn.LSTM(4, layout="CTN")))
        """,
)  # fmt: skip
trap(
    41,
    torch="""
        net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Embedding(3, 2), nn.PReLU())
        show(names=list(net.state_dict()))
        """,
    mindspore="""
        net = nn.SequentialCell(nn.Dense(3, 2), nn.BatchNorm1d(2), nn.Embedding(3, 2), nn.PReLU())
        show(names=[p.name for p in net.get_parameters()])
        """,
    mxnet="""
        net = nn.HybridSequential(prefix="net_")
        with net.name_scope():
            net.add(nn.Dense(3), nn.BatchNorm(), nn.Embedding(3, 2), nn.PReLU())
        show(memory=list(net.collect_params()), file=list(net._collect_params_with_prefix()))
        """,
)  # fmt: skip
trap(
    58, f32(2, 3),
    torch="show(made=nn.Linear(3, 4).weight.shape)",
    mindspore="show(made=nn.Dense(3, 4).weight.shape)",
    mxnet="""
        net = nn.Dense(4)
        show(shape=net.weight.shape, call=raised(lambda: net(x)))
        net.initialize()
        show(data=raised(lambda: net.weight.data()))
        net(x)
        show(made=net.weight.data().shape)
        """,
)  # fmt: skip
