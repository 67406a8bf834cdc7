"""What the three training scripts share: real handwritten digits, the order of the batches, and the end of a run.

The digits are scikit-learn's bundled 1,797 images of 8 x 8, enlarged and framed to LeNet's 32 x 32. Everything here is NumPy, so
that a script trains on the same numbers whichever framework or backend runs it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.progress import track

TEST = 360
BATCH = 32
EPOCHS = 10


def load(dtype: str = "float32") -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training images (N, 1, 32, 32) in [-1, 1] and labels, then the test ones; the split is always the same."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.random.RandomState(7).permutation(len(images))
    enlarged = np.kron(images.reshape(-1, 1, 8, 8) / 8 - 1, np.ones((1, 1, 3, 3)))
    framed = np.pad(enlarged, ((0, 0), (0, 0), (4, 4), (4, 4)), constant_values=-1.0)
    x, y = framed[order].astype(dtype), labels[order].astype("int32")
    return x[TEST:], y[TEST:], x[:TEST], y[:TEST]


def batches(x: np.ndarray, y: np.ndarray, epochs: int, title: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The images and labels of each training step, with a progress bar: shuffled, moved by up to 2 pixels."""
    draw = np.random.RandomState(3)
    steps = []
    for _ in range(epochs):
        order = draw.permutation(len(x))
        steps += [order[start : start + BATCH] for start in range(0, len(x) - BATCH + 1, BATCH)]
    for chosen in track(steps, title):
        yield np.roll(x[chosen], tuple(draw.randint(-2, 3, 2)), (2, 3)), y[chosen]


def rates(count: int, epochs: int) -> tuple[list[int], list[float]]:
    """The learning rate is 0.02, and 0.002 from two thirds of the steps on: (where each part ends, its rate)."""
    total = count // BATCH * epochs
    return [total * 2 // 3, total], [0.02, 0.002]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train LeNet on handwritten digits.")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--losses", type=Path, help="write the loss of every step to this JSON file")
    return parser.parse_args()


def report(losses: list[float], accuracy: float, path: Path | None) -> None:
    """Print the end of a run; keep the curve where it was asked for."""
    print(f"loss {losses[0]:.4f} -> {losses[-1]:.4f} in {len(losses)} steps, test accuracy {accuracy:.2%}")
    if path is not None:
        path.write_text(json.dumps({"losses": losses, "accuracy": accuracy}), encoding="utf-8")
