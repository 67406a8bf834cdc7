"""LeNet on handwritten digits, written for MXNet Gluon.

unified-nn run --backend numpy examples/train_gluon.py
"""

import digits
import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


def lenet():
    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(6, kernel_size=5, activation="relu"),
        nn.MaxPool2D(pool_size=2, strides=2),
        nn.Conv2D(16, kernel_size=5, activation="relu"),
        nn.MaxPool2D(pool_size=2, strides=2),
        nn.Dense(120, activation="relu"),
        nn.Dense(84, activation="relu"),
        nn.Dense(10),
    )
    return net


def main():
    options = digits.options()
    mx.random.seed(1)
    net, loss_of = lenet(), gluon.loss.SoftmaxCrossEntropyLoss()
    net.initialize(mx.init.Xavier())
    net.cast(options.dtype)
    net.hybridize()
    x, y, test_x, test_y = digits.load(options.dtype)
    ends, rates = digits.rates(len(x), options.epochs)
    schedule = mx.lr_scheduler.MultiFactorScheduler(ends[:1], factor=rates[1] / rates[0], base_lr=rates[0])
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"momentum": 0.9, "lr_scheduler": schedule})
    losses = []
    for images, labels in digits.batches(x, y, options.epochs, "Gluon"):
        with autograd.record():
            loss = loss_of(net(nd.array(images, dtype=options.dtype)), nd.array(labels))
        loss.backward()
        trainer.step(len(images))
        losses.append(float(loss.mean().asscalar()))
    accuracy = (net(nd.array(test_x, dtype=options.dtype)).argmax(axis=1).asnumpy() == test_y).mean()
    digits.report(losses, float(accuracy), options.losses)


if __name__ == "__main__":
    main()
