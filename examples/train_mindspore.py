"""LeNet on handwritten digits, written for MindSpore.

unified-nn run --backend numpy examples/train_mindspore.py
"""

import digits
import mindspore as ms
from mindspore import Tensor, nn


class LeNet5(nn.Cell):
    def __init__(self, dtype):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, pad_mode="valid", dtype=dtype)
        self.conv2 = nn.Conv2d(6, 16, 5, pad_mode="valid", dtype=dtype)
        self.relu = nn.ReLU()
        self.max_pool2d = nn.MaxPool2d(kernel_size=2, stride=2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Dense(16 * 5 * 5, 120, dtype=dtype)
        self.fc2 = nn.Dense(120, 84, dtype=dtype)
        self.fc3 = nn.Dense(84, 10, dtype=dtype)

    def construct(self, x):
        x = self.max_pool2d(self.relu(self.conv1(x)))
        x = self.max_pool2d(self.relu(self.conv2(x)))
        x = self.flatten(x)
        return self.fc3(self.relu(self.fc2(self.relu(self.fc1(x)))))


def main():
    options = digits.options()
    ms.set_seed(1)
    net, loss_of = LeNet5(getattr(ms, options.dtype)), nn.CrossEntropyLoss()
    x, y, test_x, test_y = digits.load(options.dtype)
    rate = nn.piecewise_constant_lr(*digits.rates(len(x), options.epochs))
    optimizer = nn.Momentum(net.trainable_params(), learning_rate=rate, momentum=0.9)
    step = ms.value_and_grad(lambda x, y: loss_of(net(x), y), None, optimizer.parameters)
    net.set_train()
    losses = []
    for images, labels in digits.batches(x, y, options.epochs, "MindSpore"):
        loss, grads = step(Tensor(images), Tensor(labels))
        optimizer(grads)
        losses.append(float(loss.asnumpy()))
    net.set_train(False)
    accuracy = (net(Tensor(test_x)).argmax(axis=1).asnumpy() == test_y).mean()
    digits.report(losses, float(accuracy), options.losses)


if __name__ == "__main__":
    main()
