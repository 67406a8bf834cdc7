"""Program: LeNet-5 in MindSpore prints what real MindSpore prints, on every backend; and MindSpore 1.x's forms."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import unified_nn

HERE = Path(__file__).parent
CONV = (
    "pad_mode=valid, padding=0, dilation=(1, 1), group=1, has_bias=False, weight_init=normal, bias_init=zeros, "
    "format=NCHW"
)
#: What MindSpore 1.8 prints for the network, as its quick start shows it.
FIRST_GENERATION = f"""\
LeNet5<
  (conv1): Conv2d<input_channels=1, output_channels=6, kernel_size=(5, 5), stride=(1, 1), {CONV}>
  (conv2): Conv2d<input_channels=6, output_channels=16, kernel_size=(5, 5), stride=(1, 1), {CONV}>
  (relu): ReLU<>
  (max_pool2d): MaxPool2d<kernel_size=2, stride=2, pad_mode=VALID>
  (flatten): Flatten<>
  (fc1): Dense<input_channels=400, output_channels=120, has_bias=True>
  (fc2): Dense<input_channels=120, output_channels=84, has_bias=True>
  (fc3): Dense<input_channels=84, output_channels=10, has_bias=True>
  >
"""


def masked(text: str) -> str:
    """The text without addresses, which differ in every run."""
    return re.sub(r"0x[0-9a-f]+", "0x...", text)


def run(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=300,
        env={**os.environ, "GLOG_v": "3", **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return masked(done.stdout)


def ours(name: str, backend: str, **environment: str) -> str:
    script = str(HERE / "scripts" / f"{name}.py")
    return run("-m", "unified_nn", "run", "--backend", backend, script, **environment)


def expected(name: str) -> str:
    return (HERE / "expected" / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", ["mindspore_lenet", "mindvision_lenet"])
def test_prints_what_mindspore_prints(name: str, backend: unified_nn.Backend) -> None:
    assert ours(name, backend.name) == expected(name)


def test_the_recorded_text_is_what_mindspore_prints(oracle: Callable[[str], ModuleType]) -> None:
    if not oracle("mindspore").__version__.startswith("2.10."):
        pytest.skip("not run: the text was recorded with MindSpore 2.10")
    assert run(str(HERE / "scripts" / "mindspore_lenet.py")) == expected("mindspore_lenet")


#: MindSpore Vision's classifier around the network of the other script, for real MindSpore, where it is not installed.
MINDVISION = """
import sys, types
exec(open({lenet!r}).read().partition("ms.set_context")[0])

class BaseClassifier(nn.Cell):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone

    def construct(self, x):
        return self.backbone(x)

def lenet(num_classes=10, num_channel=1, pretrained=False, include_top=True):
    return BaseClassifier(LeNet5(num_classes, num_channel, include_top))

for name in ("mindvision", "mindvision.classification", "mindvision.classification.models"):
    sys.modules[name] = types.ModuleType(name)
sys.modules[name].lenet = lenet
exec(open({script!r}).read())
"""


def test_the_recorded_text_of_mindvision_is_what_mindspore_prints(oracle: Callable[[str], ModuleType]) -> None:
    oracle("mindspore")
    paths = {"lenet": str(HERE / "scripts/mindspore_lenet.py"), "script": str(HERE / "scripts/mindvision_lenet.py")}
    assert run("-c", MINDVISION.format(**paths)) == expected("mindvision_lenet")


def test_prints_as_the_first_generation_did(backend: unified_nn.Backend) -> None:
    printed = ours("mindspore_lenet", backend.name, UNIFIED_NN_MINDSPORE="1.8")
    assert printed.startswith(FIRST_GENERATION)
    lines = expected("mindspore_lenet").splitlines()
    after = lines[lines.index("[0. 2. 0. 2. 0.]") :]
    kept = [line for line in after if "(" not in line[:3] and "HeUniform" not in line and line not in ("LeNet5(", ")")]
    assert [line for line in kept if line in printed.splitlines()] == kept
