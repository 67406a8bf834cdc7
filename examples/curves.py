"""Train every vocabulary's LeNet on every backend that is installed and lay the loss curves over one another.

    python examples/curves.py [--epochs 2] [--plot curves.png] [--backend numpy --backend torch]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from unified_nn import registry

HERE = Path(__file__).parent
SCRIPTS = {"PyTorch": "train_torch.py", "MindSpore": "train_mindspore.py", "Gluon": "train_gluon.py"}
#: How far a loss may be from the NumPy engine's at the same step, relative to the first loss. Rounding differs between
#: the libraries from the first step on, and training amplifies it.
ROUNDING = 1e-2


def train(script: str, backend: str, epochs: int) -> dict:
    """One run in a process of its own: its losses and its test accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        losses = Path(folder) / "losses.json"
        command = [sys.executable, "-m", "unified_nn", "run", "--backend", backend, str(HERE / script),
                   "--epochs", str(epochs), "--losses", str(losses)]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(losses.read_text(encoding="utf-8"))


def plot(curves: dict[str, dict[str, dict]], path: Path) -> None:
    """One panel a vocabulary, one line a backend: where they agree, one line is seen."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(curves), figsize=(5 * len(curves), 4), sharey=True, squeeze=False)
    for panel, (vocabulary, runs) in zip(panels[0], curves.items(), strict=True):
        for place, (backend, run) in enumerate(runs.items()):
            width = 6 - 1.5 * place  # wide below, thin above, so that every line shows
            panel.plot(run["losses"], label=f"{backend} ({run['accuracy']:.1%})", linewidth=max(width, 0.8))
        panel.set(title=vocabulary, xlabel="step", yscale="log")
        panel.legend()
    panels[0][0].set_ylabel("loss")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--plot", type=Path, default=Path("curves.png"))
    parser.add_argument("--backend", action="append")
    options = parser.parse_args()
    usable = [status.name for status in registry.report() if status.usable]
    backends = options.backend or ["numpy", *(name for name in usable if name != "numpy")]
    curves: dict[str, dict[str, dict]] = {}
    worst = 0.0
    for vocabulary, script in SCRIPTS.items():
        runs = curves[vocabulary] = {}
        for backend in backends:
            runs[backend] = run = train(script, backend, options.epochs)
            reference = runs[backends[0]]["losses"]
            apart = max(abs(a - b) for a, b in zip(run["losses"], reference, strict=True)) / reference[0]
            worst = max(worst, apart)
            print(f"{vocabulary:<10} on {backend:<10} accuracy {run['accuracy']:.2%}, largest distance {apart:.1e}")
    plot(curves, options.plot)
    print(f"wrote {options.plot}; largest distance {worst:.1e} of the first loss, allowed {ROUNDING:.0e}")
    return 0 if worst <= ROUNDING else 1


if __name__ == "__main__":
    sys.exit(main())
