"""LeNet-5 as MindSpore Vision builds it."""

import mindspore as ms
import numpy as np
from mindspore import Tensor
from mindvision.classification.models import lenet

network = lenet(num_classes=10, pretrained=False)
for m in network.parameters_and_names():
    print(m[0], m[1].shape, m[1].dtype)
print([param.name for param in network.trainable_params()])
print(network)
print(network(Tensor(np.ones([1, 1, 32, 32]), ms.float32)).shape)
print(lenet(include_top=False)(Tensor(np.ones([1, 1, 32, 32]), ms.float32)).shape)
