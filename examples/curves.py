"""Train every vocabulary's LeNet on every backend that is installed and lay the loss curves over one another.

    python examples/curves.py [--epochs 2] [--dtype float32] [--plot curves.png] [--backend numpy --backend torch]

In float64 the curves are the same to the last digits that a float32 has. In float32 they are the same for the first
steps only: sums are rounded in another order, two nearly equal values change places under max pooling, and training
amplifies that by orders of magnitude. The end is as good on every backend either way.
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
#: How far a loss may be from the NumPy engine's at the same step, relative to the first loss, and in how many steps from
#: the first: in float32 rounding decides after that.
ROUNDING = {"float64": (1e-6, None), "float32": (1e-5, 22)}


def train(script: str, backend: str, epochs: int, dtype: str) -> dict:
    """One run in a process of its own: its losses and its test accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        losses = Path(folder) / "losses.json"
        command = [sys.executable, "-m", "unified_nn", "run", "--backend", backend, str(HERE / script),
                   "--epochs", str(epochs), "--dtype", dtype, "--losses", str(losses)]  # fmt: skip
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
    parser.add_argument("--dtype", choices=list(ROUNDING), default="float64")
    parser.add_argument("--plot", type=Path, default=Path("curves.png"))
    parser.add_argument("--backend", action="append")
    options = parser.parse_args()
    usable = [status.name for status in registry.report() if status.usable]
    backends = options.backend or ["numpy", *(name for name in usable if name != "numpy")]
    curves: dict[str, dict[str, dict]] = {}
    worst = 0.0
    allowed, steps = ROUNDING[options.dtype]
    for vocabulary, script in SCRIPTS.items():
        runs = curves[vocabulary] = {}
        for backend in backends:
            runs[backend] = run = train(script, backend, options.epochs, options.dtype)
            pairs = list(zip(run["losses"], runs[backends[0]]["losses"], strict=True))
            apart = max(abs(a - b) for a, b in pairs[:steps]) / pairs[0][1]
            worst = max(worst, apart)
            print(f"{vocabulary:<10} on {backend:<10} accuracy {run['accuracy']:.2%}, largest distance {apart:.1e}")
    plot(curves, options.plot)
    print(f"wrote {options.plot}; largest distance {worst:.1e} of the first loss, allowed {allowed:.0e}")
    return 0 if worst <= allowed else 1


if __name__ == "__main__":
    sys.exit(main())
