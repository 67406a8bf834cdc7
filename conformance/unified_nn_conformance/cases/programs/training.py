"""Steps of training: gradients that add up or are overwritten, learning rates that change, statistics that move."""

from __future__ import annotations

from unified_nn_conformance.case import program, register
from unified_nn_conformance.sample import f32

register([
    program("torch", "SGD momentum, learning rate changes", """
        w = nn.Parameter(x.clone())
        optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
        for rate in (0.1, 0.01, 0.05):
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
            (w * w * y).sum().backward()
            optimizer.step()
            show(w=w)
        """, f32(3), f32(3)),
    program("mindspore", "SGD momentum, learning rate changes", """
        w = ms.Parameter(x, name="w")
        optimizer = nn.SGD([w], learning_rate=[0.1, 0.01, 0.05], momentum=0.9)
        for step in range(3):
            optimizer((2 * w * y,))
            show(w=w)
        """, f32(3), f32(3)),
    program("mxnet", "SGD momentum, learning rate changes", """
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
        """, f32(3), f32(3)),
    program("torch", "gradients add up", """
        x.requires_grad_()
        for _ in range(2):
            (x * y).sum().backward()
            show(grad=x.grad)
        show(vector=raised(lambda: (x * x).backward()))
        """, f32(3), f32(3)),
])  # fmt: skip
