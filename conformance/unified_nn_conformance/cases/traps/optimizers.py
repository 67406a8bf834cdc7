"""Traps 27 to 35, 55 and 60: update rules, weight decay, clipping, schedules. Each program takes a few steps."""

from __future__ import annotations

from unified_nn_conformance.case import trap
from unified_nn_conformance.sample import f32, given

X, Y = f32(3), f32(3)
#: One parameter whose gradient is y times itself, moved by the optimizer that {} makes of w.
TORCH = """
    w = nn.Parameter(x.clone())
    optimizer = {}
    for step in range(3):
        optimizer.zero_grad()
        (w * w * y).sum().backward()
        optimizer.step()
        show(w=w)
"""
MINDSPORE = """
    w = ms.Parameter(x.copy(), name="w")
    optimizer = {}
    for step in range(3):
        optimizer((2 * w * y,))
        show(w=w)
"""
MXNET = """
    w = gluon.Parameter("w", shape=x.shape)
    w.initialize()
    w.set_data(x)
    trainer = gluon.Trainer([w], {})
    for step in range(3):
        with mx.autograd.record():
            loss = (w.data() * w.data() * y).sum()
        loss.backward()
        trainer.step(1)
        show(w=w.data())
"""

trap(
    27, X, Y,
    torch="""
        w = nn.Parameter(x.clone())
        optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
        for rate in (0.1, 0.01, 0.05):
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
            (w * w * y).sum().backward()
            optimizer.step()
            show(w=w)
        """,
    mindspore=MINDSPORE.format("nn.SGD([w], learning_rate=[0.1, 0.01, 0.05], momentum=0.9)"),
    mxnet="""
        w = gluon.Parameter("w", shape=(3,))
        w.initialize()
        w.set_data(x)
        trainer = gluon.Trainer([w], "sgd", {"learning_rate": 0.1, "momentum": 0.9})
        for rate in (0.1, 0.01, 0.05):
            trainer.set_learning_rate(rate)
            with mx.autograd.record():
                loss = (w.data() * w.data() * y).sum()
            loss.backward()
            trainer.step(1)
            show(w=w.data())
        """,
)  # fmt: skip
trap(
    28, X, Y,
    torch=TORCH.format("optim.SGD([w], lr=0.1, momentum=0.9, nesterov=True)"),
    mindspore=MINDSPORE.format("nn.SGD([w], 0.1, 0.9, nesterov=True)")
    + MINDSPORE.format("nn.Momentum([w], 0.1, 0.9, use_nesterov=True)"),
    mxnet=MXNET.format("'nag', {'learning_rate': 0.1, 'momentum': 0.9}"),
)  # fmt: skip
trap(
    29, given([1.0]), given([1e-7]),
    torch=TORCH.format("optim.Adam([w], lr=0.1)"),
    mindspore=MINDSPORE.format("nn.Adam([w], 0.1)"),
    mxnet=MXNET.format("'adam', {'learning_rate': 0.1}"),
)  # fmt: skip
trap(
    30, X, Y,
    torch=TORCH.format("optim.AdamW([w], lr=0.1, weight_decay=0.1)"),
    mindspore=MINDSPORE.format("nn.AdamWeightDecay([w], 0.1, weight_decay=0.1)"),
    mxnet="show(none=raised(lambda: mx.optimizer.create('adamw')))",
)  # fmt: skip
trap(
    31, f32(4, 3),
    torch="""
        net = nn.BatchNorm1d(3)
        optimizer = optim.SGD(net.parameters(), lr=0.1, weight_decay=0.5)
        (net(x) * 0).sum().backward()
        optimizer.step()
        show(weight=net.weight)
        """,
    mindspore="""
        zeros = Tensor([0.0, 0.0, 0.0], ms.float32)
        net = nn.BatchNorm1d(3)
        nn.SGD(net.trainable_params(), 0.1, weight_decay=0.5)((zeros, zeros))
        show(listed=net.gamma)
        net = nn.BatchNorm1d(3)
        nn.SGD([{"params": net.trainable_params(), "weight_decay": 0.5}], 0.1)((zeros, zeros))
        show(grouped=net.gamma)
        w = ms.Parameter(x[0], name="w")
        nn.SGD([w], 0.1, weight_decay=0.5)((zeros,))
        show(other=w)
        """,
    mxnet="""
        net = nn.BatchNorm(in_channels=3)
        net.initialize()
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "wd": 0.5})
        with mx.autograd.record():
            loss = (net(x) * 0).sum()
        loss.backward()
        trainer.step(1)
        show(gamma=net.gamma.data())
        """,
)  # fmt: skip
trap(
    32, X, Y,
    torch=TORCH.format("optim.RMSprop([w], lr=0.1)"),
    mindspore=MINDSPORE.format("nn.RMSProp([w], 0.1)"),
    mxnet=MXNET.format("'rmsprop', {'learning_rate': 0.1}"),
)  # fmt: skip
trap(
    33, X, Y,
    torch=TORCH.format("optim.Adagrad([w], lr=0.1)"),
    mindspore=MINDSPORE.format("nn.Adagrad([w], learning_rate=0.1)"),
    mxnet=MXNET.format("'adagrad', {'learning_rate': 0.1}"),
)  # fmt: skip
trap(
    34, X, Y,
    torch=TORCH.format("optim.Adadelta([w], lr=1.0)"),
    mindspore=MINDSPORE.format("nn.Adadelta([w], learning_rate=1.0)"),
    mxnet=MXNET.format("'adadelta', {'learning_rate': 1.0}"),
)  # fmt: skip
trap(
    35, X, Y,
    torch=TORCH.format("optim.SGD([w], lr=0.1)"),
    mindspore=MINDSPORE.format("nn.SGD([w], learning_rate=0.1, loss_scale=4.0)"),
    mxnet=MXNET.format("'sgd', {'learning_rate': 0.1}").replace("step(1)", "step(4)"),
)  # fmt: skip
trap(
    55, f32(3, kind="small"),
    torch="""
        for size in (1e-3, 100.0):
            w = nn.Parameter(x.clone())
            w.grad = x * size
            show(norm=nn.utils.clip_grad_norm_([w], 1e-5), clipped=w.grad)
        """,
    mindspore="""
        for size in (1e-3, 100.0):
            show(one=ops.clip_by_norm(x * size, 1e-5), all=ops.clip_by_global_norm((x * size,), 1e-5))
        """,
    mxnet="""
        for size in (1e-3, 100.0):
            gradients = [x * size]
            show(norm=float(gluon.utils.clip_global_norm(gradients, 1e-5)), clipped=gradients[0])
        """,
)  # fmt: skip
trap(
    60, X, Y,
    torch="""
        optimizer = optim.SGD([nn.Parameter(x)], lr=0.1)
        schedule = optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
        for epoch in range(5):
            show(rate=schedule.get_last_lr())
            optimizer.step()
            schedule.step()
        """,
    mindspore="""
        show(rates=nn.piecewise_constant_lr([2, 4], [0.1, 0.05]))
        schedule = nn.ExponentialDecayLR(0.1, 0.5, 2, is_stair=True)
        show(called=[schedule(Tensor(step, ms.int32)) for step in range(5)])
        w = ms.Parameter(x.copy(), name="w")
        optimizer = nn.SGD([w], learning_rate=schedule)
        for step in range(5):
            optimizer((y,))
            show(w=w)
        """,
    mxnet="""
        schedule = mx.lr_scheduler.FactorScheduler(2, 0.5, base_lr=0.1)
        show(rates=[schedule(count) for count in range(1, 7)])
        w = gluon.Parameter("w", shape=(3,))
        w.initialize()
        w.set_data(x)
        schedule = mx.lr_scheduler.FactorScheduler(2, 0.5, base_lr=0.1)
        trainer = gluon.Trainer([w], "sgd", {"learning_rate": 0.1, "lr_scheduler": schedule})
        for step in range(5):
            with mx.autograd.record():
                loss = (w.data() * y).sum()
            loss.backward()
            trainer.step(1)
            show(w=w.data())
        """,
)  # fmt: skip
