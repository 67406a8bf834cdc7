"""Traps 1 to 21: convolution, initial values, normalisation, activations, pooling, dropout."""

from __future__ import annotations

from unified_nn_conformance.case import trap
from unified_nn_conformance.sample import f32, given

X = f32(2, 3, 4, 4)
COUNT = given([[[[1.0, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]]])

trap(
    1, X,
    torch="show(out=filled(nn.Conv2d(3, 2, 3))(x))",
    mindspore="show(out=filled(nn.Conv2d(3, 2, 3))(x))",
    mxnet="net = nn.Conv2D(2, 3, in_channels=3); net.initialize(); show(out=filled(net)(x))",
)  # fmt: skip
trap(
    2, COUNT,
    torch="""
        net = nn.Conv2d(1, 1, 3, stride=2, padding=1, bias=False)
        nn.init.ones_(net.weight)
        show(symmetric=net(x), same=raised(lambda: nn.Conv2d(1, 1, 3, stride=2, padding="same")))
        """,
    mindspore="""
        show(same=nn.Conv2d(1, 1, 3, stride=2, weight_init="ones")(x))
        show(symmetric=nn.Conv2d(1, 1, 3, stride=2, pad_mode="pad", padding=1, weight_init="ones")(x))
        """,
    mxnet="""
        net = nn.Conv2D(1, 3, strides=2, padding=1, use_bias=False, in_channels=1)
        net.initialize("ones")
        show(symmetric=net(x))
        """,
)  # fmt: skip
trap(
    3, X,
    torch="show(names=list(nn.Conv2d(3, 2, 3).state_dict()))",
    mindspore="show(names=[p.name for p in nn.Conv2d(3, 2, 3).get_parameters()])",
    mxnet="show(names=[p.name[-6:] for p in nn.Conv2D(2, 3, prefix='net_').collect_params().values()])",
)  # fmt: skip
trap(
    4,
    torch="""
        for net, bound in ((nn.Linear(40, 500), 40 ** -0.5), (nn.Conv2d(3, 200, 4), 48 ** -0.5)):
            for values in (net.weight, net.bias):
                show(fills=bool(0.98 * bound < values.abs().max() <= bound))
        """,
    mindspore="""
        for net, bound in ((nn.Dense(40, 500), 40 ** -0.5), (nn.Conv2d(3, 200, 4, has_bias=True), 48 ** -0.5)):
            for values in (net.weight, net.bias):
                show(fills=bool(0.98 * bound < abs(values.asnumpy()).max() <= bound))
        """,
    mxnet="""
        for net in (nn.Dense(500, in_units=40), nn.Conv2D(200, 4, in_channels=3)):
            net.initialize()
            show(fills=bool(0.068 < abs(net.weight.data().asnumpy()).max() <= 0.07), bias=net.bias.data())
        """,
)  # fmt: skip
trap(
    5,
    torch="show(std=round(nn.Embedding(2000, 50).weight.std().item(), 1))",
    mindspore="show(std=round(float(nn.Embedding(2000, 50).embedding_table.asnumpy().std()), 3))",
    mxnet="""
        net = nn.Embedding(2000, 50)
        net.initialize()
        show(fills=bool(0.068 < abs(net.weight.data().asnumpy()).max() <= 0.07))
        """,
)  # fmt: skip
trap(
    6, X,
    torch="net = nn.BatchNorm2d(3); net(x); show(mean=net.running_mean)",
    mindspore="net = nn.BatchNorm2d(3).set_train(); net(x); show(mean=net.moving_mean)",
    mxnet="""
        net = nn.BatchNorm(in_channels=3)
        net.initialize()
        with mx.autograd.record():
            out = net(x)
        out.backward()
        show(mean=net.running_mean.data())
        """,
)  # fmt: skip
trap(
    7, X,
    torch="net = nn.BatchNorm2d(3, momentum=1.0); net(x); show(var=net.running_var)",
    mindspore="net = nn.BatchNorm2d(3, momentum=0.0).set_train(); net(x); show(var=net.moving_variance)",
    mxnet="""
        net = nn.BatchNorm(in_channels=3, momentum=0.0)
        net.initialize()
        with mx.autograd.record():
            out = net(x)
        out.backward()
        show(var=net.running_var.data())
        """,
)  # fmt: skip
trap(
    8, X,
    torch="net = nn.BatchNorm2d(3); out = net(x); show(forward=net.running_mean)",
    mindspore="net = nn.BatchNorm2d(3).set_train(); out = net(x); show(forward=net.moving_mean)",
    mxnet="""
        net = nn.BatchNorm(in_channels=3)
        net.initialize()
        with mx.autograd.record():
            out = net(x)
        show(forward=net.running_mean.data())
        out.backward()
        show(backward=net.running_mean.data())
        """,
)  # fmt: skip
trap(
    9, X,
    mxnet="""
        gamma, var = nd.array([2, 3, 4]), nd.ones(3) * 1e-3
        show(raw=nd.BatchNorm(x, gamma, nd.zeros(3), nd.zeros(3), var), gamma=gamma)
        net = nn.BatchNorm(in_channels=3)
        net.initialize()
        show(layer=filled(net)(x))
        """,
)  # fmt: skip
trap(
    10, f32(1, 3),
    torch="show(out=raised(lambda: nn.BatchNorm1d(3)(x)))",
    mindspore="show(zeros=bool((abs(nn.BatchNorm1d(3).set_train()(x).asnumpy()) < 1e-3).all()))",
    mxnet="""
        net = nn.BatchNorm(in_channels=3)
        net.initialize()
        with mx.autograd.record():
            show(zeros=bool((abs(net(x).asnumpy()) < 1e-3).all()))
        """,
)  # fmt: skip
trap(
    11, f32(50),
    torch="net = nn.Dropout(0.99); show(training=net.training, dropped=bool((net(x) == 0).any()))",
    mindspore="""
        net = nn.Dropout(p=0.99)
        show(training=net.training, out=net(x))
        net.set_train()
        show(training=net.training, dropped=bool((net(x).asnumpy() == 0).any()))
        """,
    mxnet="""
        net = nn.Dropout(0.99)
        show(training=mx.autograd.is_training(), out=net(x))
        with mx.autograd.record():
            show(training=mx.autograd.is_training(), dropped=bool((net(x).asnumpy() == 0).any()))
        with mx.autograd.record(train_mode=False):
            show(out=net(x))
        """,
)  # fmt: skip
trap(
    12, f32(3, 4),
    torch="show(out=nn.LayerNorm(4)(x * 1e-3))",
    mindspore="show(out=nn.LayerNorm((4,))(x * 1e-3))",
    mxnet="net = nn.LayerNorm(in_channels=4); net.initialize(); show(out=net(x * 1e-3))",
)  # fmt: skip
trap(
    13, X,
    torch="show(learned=[name for name, _ in nn.InstanceNorm2d(3).named_parameters()], out=nn.InstanceNorm2d(3)(x))",
    mindspore="show(learned=[p.name for p in nn.InstanceNorm2d(3).trainable_params()])",
    mxnet="""
        net = nn.InstanceNorm(in_channels=3)
        net.initialize()
        learned = [name for name, p in net._collect_params_with_prefix().items() if p.grad_req != "null"]
        show(learned=learned, out=filled(net)(x))
        """,
)  # fmt: skip
trap(
    14, f32(5),
    torch="show(layer=nn.GELU()(x), function=nn.functional.gelu(x))",
    mindspore="show(layer=nn.GELU()(x), function=ops.gelu(x))",
    mxnet="show(layer=nn.GELU()(x), function=nd.LeakyReLU(x, act_type='gelu'))",
)  # fmt: skip
trap(
    15, f32(5),
    torch="show(layer=nn.LeakyReLU()(x), function=F.leaky_relu(x))",
    mindspore="show(layer=nn.LeakyReLU()(x), function=ops.leaky_relu(x))",
    mxnet="show(layer=nn.LeakyReLU(0.3)(x), function=nd.LeakyReLU(x), none=raised(lambda: nn.LeakyReLU()))",
)  # fmt: skip
trap(
    16, f32(5),
    torch="show(layer=nn.Hardsigmoid()(x), function=F.hardsigmoid(x))",
    mindspore="show(layer=nn.HSigmoid()(x), function=ops.hardsigmoid(x))",
    mxnet="show(function=nd.hard_sigmoid(x))",
)  # fmt: skip
trap(
    17, X,
    torch="show(four=nn.Softmax()(x), three=nn.Softmax()(x[0]), two=nn.Softmax()(x[0, 0]), dim=nn.Softmax().dim)",
    mindspore="show(layer=nn.Softmax()(x), function=ops.softmax(x))",
    mxnet="show(function=nd.softmax(x))",
)  # fmt: skip
trap(
    18, X,
    torch="show(max=nn.MaxPool2d(2)(x), avg=nn.AvgPool2d(2)(x), none=raised(lambda: nn.MaxPool2d()))",
    mindspore="show(max=nn.MaxPool2d()(x), avg=nn.AvgPool2d()(x), max2=nn.MaxPool2d(2)(x), avg2=nn.AvgPool2d(2)(x))",
    mxnet="show(max=nn.MaxPool2D()(x), avg=nn.AvgPool2D()(x), raw=nd.Pooling(x, kernel=(2, 2), pool_type='max'))",
)  # fmt: skip
trap(
    19, X,
    torch="show(out=nn.AvgPool2d(2, 2, 1)(x), without=nn.AvgPool2d(2, 2, 1, count_include_pad=False)(x))",
    mindspore="show(same=nn.AvgPool2d(3, 2, 'same')(x), pad=nn.AvgPool2d(2, 2, 'pad', 1)(x))",
    mxnet="show(out=nn.AvgPool2D(2, 2, 1)(x), without=nn.AvgPool2D(2, 2, 1, count_include_pad=False)(x))",
)  # fmt: skip
trap(
    20, f32(1, 1, 2, 2),
    torch="show(out=nn.MaxPool2d(2, 3, 1, ceil_mode=True)(x))",
    mindspore="show(out=nn.MaxPool2d(2, 3, 'pad', 1, ceil_mode=True)(x))",
    mxnet="show(out=nn.MaxPool2D(2, 3, 1, ceil_mode=True)(x), avg=nn.AvgPool2D(2, 3, 1, ceil_mode=True)(x))",
)  # fmt: skip
trap(
    21, f32(4000, kind="positive"),
    torch="show(kept=round((nn.Dropout(0.9)(x) != 0).float().mean().item(), 1))",
    mindspore="""
        show(first=round(float((nn.Dropout(0.9).set_train()(x).asnumpy() != 0).mean()), 1))
        show(named=round(float((nn.Dropout(p=0.9).set_train()(x).asnumpy() != 0).mean()), 1))
        """,
    mxnet="""
        with mx.autograd.record():
            show(kept=round(float((nn.Dropout(0.9)(x).asnumpy() != 0).mean()), 1))
        """,
)  # fmt: skip
