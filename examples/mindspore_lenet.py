"""LeNet-5 as MindSpore's tutorial builds it: the network, its single layers, its parameters.

unified-nn run examples/mindspore_lenet.py                       # on NumPy, without MindSpore
unified-nn run --backend mindspore examples/mindspore_lenet.py   # run by the real MindSpore
python examples/mindspore_lenet.py                               # the real MindSpore alone
"""

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn
from mindspore.common.initializer import Normal


class LeNet5(nn.Cell):
    """Two convolutions and three dense layers; without the top only the convolutions."""

    def __init__(self, num_class=10, num_channel=1, include_top=True):
        super().__init__()
        self.conv1 = nn.Conv2d(num_channel, 6, 5, pad_mode="valid")
        self.conv2 = nn.Conv2d(6, 16, 5, pad_mode="valid")
        self.relu = nn.ReLU()
        self.max_pool2d = nn.MaxPool2d(kernel_size=2, stride=2)
        self.include_top = include_top
        if self.include_top:
            self.flatten = nn.Flatten()
            self.fc1 = nn.Dense(16 * 5 * 5, 120, weight_init=Normal(0.02))
            self.fc2 = nn.Dense(120, 84, weight_init=Normal(0.02))
            self.fc3 = nn.Dense(84, num_class, weight_init=Normal(0.02))

    def construct(self, x):
        x = self.max_pool2d(self.relu(self.conv1(x)))
        x = self.max_pool2d(self.relu(self.conv2(x)))
        if not self.include_top:
            return x
        x = self.flatten(x)
        return self.fc3(self.relu(self.fc2(self.relu(self.fc1(x)))))


def main():
    ms.set_seed(1)
    net = LeNet5()
    print(net)
    print("logits:", net(Tensor(np.ones((1, 1, 32, 32)), ms.float32)).shape)
    print("without the top:", LeNet5(include_top=False)(Tensor(np.ones((1, 1, 32, 32)), ms.float32)).shape)

    print("\nLayer by layer:")
    x = Tensor(np.ones((1, 1, 5, 5)), ms.float32)
    print(nn.Conv2d(1, 6, 5, pad_mode="same", weight_init="normal")(x).shape)
    print(nn.ReLU()(Tensor(np.array([-1, 2, -3, 2, -1]), ms.float16)))
    print(nn.MaxPool2d(kernel_size=2, stride=2)(Tensor(np.arange(16).reshape(1, 1, 4, 4), ms.float32)))
    print(nn.Flatten()(Tensor(np.zeros((2, 3, 4)), ms.float32)).shape)
    print(nn.Dense(400, 120)(Tensor(np.ones((1, 400)), ms.float32)).shape)

    print("\nParameters:")
    for parameter in net.get_parameters():
        print(f"{parameter.name:<13} shape={parameter.shape} dtype={parameter.dtype} {parameter.requires_grad}")
    print(len(net.parameters_dict()), "of which learned:", len(net.trainable_params()))


if __name__ == "__main__":
    main()
