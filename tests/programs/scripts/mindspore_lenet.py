"""LeNet-5 in MindSpore: define, print, try the layers one by one, list the parameters, train a few steps."""

import mindspore as ms
import mindspore.nn as nn
import numpy as np
from mindspore import Tensor, ops
from mindspore.common.initializer import Normal


class LeNet5(nn.Cell):
    """Lenet network structure."""

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
        x = self.conv1(x)
        x = self.relu(x)
        x = self.max_pool2d(x)
        x = self.conv2(x)
        x = self.relu(x)
        x = self.max_pool2d(x)
        if not self.include_top:
            return x
        x = self.flatten(x)
        x = self.relu(self.fc1(x))
        x = self.relu(self.fc2(x))
        return self.fc3(x)


ms.set_context(mode=ms.PYNATIVE_MODE, device_target="CPU")
ms.set_seed(1)
model = LeNet5()
print(model)

# The layers one by one.
conv2d = nn.Conv2d(1, 6, 5, has_bias=False, weight_init="normal", pad_mode="same")
input_x = Tensor(np.ones([1, 1, 32, 32]), ms.float32)
print(conv2d)
print(conv2d(input_x).shape)
print(nn.Conv2d(1, 6, 5, weight_init="normal", pad_mode="valid")(input_x).shape)
relu = nn.ReLU()
input_x = Tensor(np.array([-1, 2, -3, 2, -1]), ms.float16)
print(relu(input_x))
max_pool2d = nn.MaxPool2d(kernel_size=4, stride=4)
print(max_pool2d(Tensor(np.ones([1, 6, 28, 28]), ms.float32)).shape)
flatten = nn.Flatten()
print(flatten(Tensor(np.ones([1, 16, 5, 5]), ms.float32)).shape)
dense = nn.Dense(400, 120, weight_init="normal")
print(dense(Tensor(np.ones([1, 400]), ms.float32)).shape)

# The parameters.
for param in model.get_parameters():
    print(f"name:{param.name}, shape:{param.shape}, dtype:{param.dtype}, requires_grad:{param.requires_grad}")
print(list(model.parameters_dict()))
print(model.parameters_dict()["conv1.weight"])
print(len(model.trainable_params()), model.untrainable_params())
print([name for name, cell in model.cells_and_names()])
print(
    abs(float(model.fc1.weight.asnumpy().std()) - 0.02) < 0.001, abs(float(model.fc1.weight.asnumpy().mean())) < 0.001
)

# Values, with weights that are the same everywhere.
draw = np.random.RandomState(0)
for param in model.get_parameters():
    param.set_data(Tensor(draw.uniform(-0.1, 0.1, param.shape).astype(np.float32)))
image = Tensor(draw.uniform(-1, 1, (2, 1, 32, 32)).astype(np.float32))
print(np.round(model(image).asnumpy(), 3))
headless = LeNet5(include_top=False)
print(headless)
print(headless(image).shape)

# Training.
label = Tensor([3, 7], ms.int32)
loss_fn = nn.SoftmaxCrossEntropyWithLogits(sparse=True, reduction="mean")
optimizer = nn.Momentum(model.trainable_params(), learning_rate=0.1, momentum=0.9)


def forward(data, target):
    logits = model(data)
    return loss_fn(logits, target), logits


grad_fn = ms.value_and_grad(forward, None, optimizer.parameters, has_aux=True)
model.set_train()
for step in range(4):
    (loss, logits), grads = grad_fn(image, label)
    optimizer(grads)
    print(step, round(float(loss.asnumpy()), 3), [g.shape for g in grads][:2], np.round(grads[-1].asnumpy()[:4], 3))
print(ops.argmax(model(image), 1))
train_step = nn.TrainOneStepCell(nn.WithLossCell(model, loss_fn), optimizer)
train_step.set_train()
print(round(float(train_step(image, label).asnumpy()), 3))
print(type(model.conv1.weight).__name__, model.conv1.weight.name, model.conv1.weight[0, 0, 0, :1].dtype)
