from unified_nn.torch.nn.linear import Linear
from unified_nn.torch.nn.module import Module
