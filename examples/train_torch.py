"""LeNet on handwritten digits, written for PyTorch.

unified-nn run --backend numpy examples/train_torch.py
python examples/train_torch.py                          # the real PyTorch: the same curve
"""

import digits
import torch
import torch.nn.functional as F
from torch import nn, optim


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def main():
    options = digits.options()
    torch.set_default_dtype(getattr(torch, options.dtype))
    torch.manual_seed(1)
    net, loss_of = LeNet(), nn.CrossEntropyLoss()
    x, y, test_x, test_y = digits.load(options.dtype)
    ends, rates = digits.rates(len(x), options.epochs)
    optimizer = optim.SGD(net.parameters(), lr=rates[0], momentum=0.9)
    scheduler = optim.lr_scheduler.MultiStepLR(optimizer, ends, gamma=rates[1] / rates[0])
    losses = []
    for images, labels in digits.batches(x, y, options.epochs, "PyTorch"):
        optimizer.zero_grad()
        loss = loss_of(net(torch.tensor(images)), torch.tensor(labels).long())
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        accuracy = (net(torch.tensor(test_x)).argmax(1).numpy() == test_y).mean()
    digits.report(losses, float(accuracy), options.losses)


if __name__ == "__main__":
    main()
