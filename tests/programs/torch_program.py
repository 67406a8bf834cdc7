"""Running the same script text with the real PyTorch and with ours."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: What the scripts import and, where torchvision is not installed, the real run goes without.
_WITHOUT_TORCHVISION = "from torchvision import datasets, transforms\n"


def masked(text: str) -> str:
    """The text without addresses, which differ in every run."""
    return re.sub(r"0x[0-9a-f]+", "0x...", text)


def expected(name: str) -> str:
    """What real PyTorch 2.13 printed."""
    return (HERE / "expected" / f"{name}.txt").read_text()


def _output(arguments: list[str], script: str | None = None) -> str:
    done = subprocess.run([sys.executable, *arguments], input=script, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return masked(done.stdout)


def run_ours(name: str, backend: str) -> str:
    """The script through `unified-nn run` on a backend."""
    return _output(["-m", "unified_nn", "run", "--backend", backend, str(HERE / "scripts" / f"{name}.py")])


def run_real(name: str) -> str:
    """The script with real PyTorch."""
    return _output(["-"], (HERE / "scripts" / f"{name}.py").read_text().replace(_WITHOUT_TORCHVISION, ""))
