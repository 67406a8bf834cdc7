"""Program: the PyTorch tutorial in scripts/torch_mlp.py prints what real PyTorch prints, on every backend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import unified_nn

sys.path.insert(0, str(Path(__file__).parent))
import torch_program

NAME = "torch_mlp"


def test_prints_what_pytorch_prints(backend: unified_nn.Backend) -> None:
    assert torch_program.run_ours(NAME, backend.name) == torch_program.expected(NAME)


def test_the_recorded_text_is_what_pytorch_prints(oracle: Callable[[str], ModuleType]) -> None:
    if not oracle("torch").__version__.startswith("2.13."):
        pytest.skip("not run: the text was recorded with PyTorch 2.13")
    assert torch_program.run_real(NAME) == torch_program.expected(NAME)
