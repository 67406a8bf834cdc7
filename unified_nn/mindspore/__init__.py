from unified_nn.mindspore import nn
from unified_nn.mindspore.common.tensor import Tensor
