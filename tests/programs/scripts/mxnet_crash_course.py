"""The MXNet crash course: arrays, layers, networks, gradients, training; every run prints the same numbers."""

from mxnet import autograd, gluon, init, nd
from mxnet.gluon import nn

# ---- arrays ----
print(nd.array(((1, 2, 3), (5, 6, 7))))
x = nd.ones((2, 3))
print(x)
print(nd.random_uniform(-1, 1, (2, 3)).shape)
x = nd.full((2, 3), 2.0)
print((x.shape, x.size, x.dtype))
y = nd.array([[-0.5, 0.25, 0.75], [0.5, -1.0, 1.5]])
print(x * y)
print(nd.relu(y))
print(nd.dot(x, y.T))
print(y[1, 2])
print(y[:, 1:3])
y[:, 1:3] = 2
print(y)
y[1:2, 0:2] = 4
print(y)
a = x.asnumpy()
print(type(a), a)
print(nd.array(a))

# ---- one layer ----
layer = nn.Dense(2)
print(layer)
layer.initialize()
x = nd.random_uniform(-1, 1, (3, 4))
print(layer(x).shape)
print(layer.weight.data().shape, layer)
layer.weight.set_data(nd.arange(8).reshape((2, 4)) / 8)
print(layer(nd.arange(12).reshape((3, 4))))
print(layer.weight.data())

# ---- a chain of layers ----
net = nn.Sequential()
net.add(
    nn.Conv2D(channels=6, kernel_size=5, activation="relu"),
    nn.MaxPool2D(pool_size=2, strides=2),
    nn.Conv2D(channels=16, kernel_size=3, activation="relu"),
    nn.MaxPool2D(pool_size=2, strides=2),
    nn.Dense(120, activation="relu"),
    nn.Dense(84, activation="relu"),
    nn.Dense(10),
)
print(net)
net.initialize()
x = nd.random_uniform(shape=(4, 1, 28, 28))
y = net(x)
print(y.shape)
print((net[0].weight.data().shape, net[5].bias.data().shape))
print(net)
print(net.collect_params())


# ---- a network of one's own ----
class MixMLP(nn.Block):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.blk = nn.Sequential()
        self.blk.add(nn.Dense(3, activation="relu"), nn.Dense(4, activation="relu"))
        self.dense = nn.Dense(5)

    def forward(self, x):
        y = nd.relu(self.blk(x))
        print(y)
        return self.dense(y)


net = MixMLP()
print(net)
net.initialize(init.Constant(0.1))
print(net(nd.arange(4).reshape((2, 2))))
print(net.blk[1].weight.data())

# ---- gradients ----
x = nd.array([[1, 2], [3, 4]])
x.attach_grad()
with autograd.record():
    y = 2 * x * x
y.backward()
print(x.grad)


def f(a):
    b = a * 2
    while b.norm().asscalar() < 1000:
        b = b * 2
    return b[0] if b.sum().asscalar() >= 0 else b[1]


a = nd.array([0.3, -0.7])
a.attach_grad()
with autograd.record():
    c = f(a)
c.backward()
print(a.grad, c / a[0])


# ---- a hybrid network ----
class HybridNet(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.hidden = nn.Dense(3)
            self.output = nn.Dense(2)
            self.scale = self.params.get("scale", shape=(1, 2), init=init.Constant(2.0))

    def hybrid_forward(self, F, x, scale):
        x = F.relu(self.hidden(x))
        return F.broadcast_mul(self.output(x), scale)


net = HybridNet()
net.initialize(init.Constant(0.25))
x = nd.array([[1.0, -2.0, 3.0, 0.5], [0.0, 1.0, 1.0, 2.0]])
print(net(x))
net.hybridize()
print(net(x))
print(net)
print(net.collect_params())

# ---- training ----
samples = nd.sin(nd.arange(80).reshape((20, 4)))
targets = nd.dot(samples, nd.array([[1.0], [-2.0], [0.5], [3.0]])) + 0.5
dataset = gluon.data.ArrayDataset(samples, targets)
loader = gluon.data.DataLoader(dataset, batch_size=5, shuffle=False)
net = nn.Sequential()
net.add(nn.Dense(1))
net.initialize(init.Zero())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.3, "momentum": 0.5})
loss = gluon.loss.L2Loss()
for epoch in range(3):
    total = 0.0
    for data, label in loader:
        with autograd.record():
            error = loss(net(data), label)
        error.backward()
        trainer.step(batch_size=5)
        total += error.mean().asscalar()
    print(f"epoch {epoch + 1}, loss {total / len(loader):.4f}")
print([f"{w:.4f}" for w in net[0].weight.data().asnumpy().ravel()], f"{net[0].bias.data().asscalar():.4f}")
net.save_parameters("crash-course.params")
other = nn.Sequential()
other.add(nn.Dense(1))
other.load_parameters("crash-course.params")
print((other(samples) - net(samples)).abs().max().asscalar())
