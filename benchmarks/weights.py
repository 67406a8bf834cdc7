"""How fast `unified-nn port weights` is, against copying the file on the same disk, and how much memory it takes.

python benchmarks/weights.py --size 2GB

Each conversion is a process of its own, measured from its start to its end with what it flushes to the disk; a copy of
the same file (`shutil.copyfile` and `fsync`) is measured right before it, and speeds are compared pair by pair.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import timing

from unified_nn.port import formats
from unified_nn.port.weights import size

#: What is converted into what, and the further arguments.
CONVERSIONS = {
    "torch -> safetensors": ("a.pt", "b.safetensors", []),
    "safetensors -> torch": ("a.safetensors", "b.pt", []),
    "torch -> mindspore": ("a.pt", "b.ckpt", ["--to", "mindspore"]),
    "safetensors -> mindspore": ("a.safetensors", "b.ckpt", ["--from", "torch", "--to", "mindspore"]),
    "torch -> mxnet": ("a.pt", "b.params", ["--to", "mxnet"]),
    "torch -> npz": ("a.pt", "b.npz", []),
    "torch -> safetensors, shards of 500 MB": ("a.pt", "b.safetensors.index.json", ["--shard", "500MB"]),
    "torch -> safetensors, bfloat16": ("a.pt", "b.safetensors", ["--dtype", "bf16"]),
}
SIDE = 4096
#: The command, and then the most memory that this process had, in kB.
RUN = """
import sys
from unified_nn import cli
status = cli.main(sys.argv[1:])
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak, file=sys.stderr)
sys.exit(status)
"""


def tensors(count: int) -> Iterator[tuple[str, np.ndarray]]:
    """Linear and BatchNorm1d layers, by turns, that together have `count` bytes; names that conversions change."""
    rng = np.random.default_rng(0)
    for number in range(max(1, round(count / (4 * SIDE * SIDE)))):
        yield f"{2 * number}.weight", rng.random((SIDE, SIDE), np.float32)
        yield f"{2 * number}.bias", np.zeros(SIDE, np.float32)
        for name in ("weight", "bias", "running_mean", "running_var"):
            yield f"{2 * number + 1}.{name}", np.ones(SIDE, np.float32)
        yield f"{2 * number + 1}.num_batches_tracked", np.asarray(7)


def copied(source: Path, target: Path) -> float:
    """Seconds that a copy takes until it is on the disk."""
    begun = time.perf_counter()
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    return time.perf_counter() - begun


def converted(source: Path, target: Path, arguments: list[str]) -> tuple[float, int]:
    """Seconds that a conversion takes, and the most memory that it has."""
    begun = time.perf_counter()
    command = [sys.executable, "-c", RUN, "port", "weights", str(source), "-o", str(target), *arguments]
    ran = subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return time.perf_counter() - begun, 1024 * int(ran.stderr.split()[-1])


def processor_seconds() -> tuple[float, float]:
    """What conversions, and what this process itself has used: copying is all that it does, but for `os.sync`."""
    used = (resource.getrusage(whose) for whose in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    ours, theirs = (usage.ru_utime + usage.ru_stime for usage in used)
    return ours, theirs


def measured(folder: Path, name: str, rounds: int) -> dict[str, object]:
    """Pairs of a copy and a conversion."""
    first, last, arguments = CONVERSIONS[name]
    source, work = folder / first, folder / "work"
    copies, conversions, peaks = [], [], []
    before = processor_seconds()
    for _ in range(rounds):
        work.mkdir()
        os.sync()
        copies.append(copied(source, work / "copy"))
        (work / "copy").unlink()
        os.sync()
        seconds, peak = converted(source, work / last, arguments)
        conversions.append(seconds)
        peaks.append(peak)
        shutil.rmtree(work)
    speed = timing.ratio(copies, conversions)
    ours, theirs = ((now - then) / rounds for now, then in zip(processor_seconds(), before, strict=True))
    return {
        "conversion": name,
        "copy s": statistics.median(copies),
        "conversion s": statistics.median(conversions),
        "speed against copying": f"{speed['median']:.2f} ({speed['low']:.2f} to {speed['high']:.2f})",
        "processor s": f"{theirs:.2f} and {ours:.2f}",
        "peak MB": max(peaks) / 1e6,
    }


def main() -> int:
    parser = timing.options(__doc__)
    parser.set_defaults(rounds=5)
    parser.add_argument("--size", type=size, default=size("2GB"), help="of the checkpoint (default 2GB)")
    parser.add_argument("--only", metavar="TEXT", default="", help="conversions whose name has this in it")
    parser.add_argument("--folder", type=Path, help="where to work: on the disk in question (default: temporary files)")
    given = parser.parse_args()
    names = [name for name in CONVERSIONS if given.only in name]
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        for file in sorted({CONVERSIONS[name][0] for name in names}):
            formats.write(folder / file, tensors(given.size))
        rows = [measured(folder, name, given.rounds) for name in names]
    title = (
        f"{given.size / 1e9:.2g} GB, largest tensor {4 * SIDE * SIDE / 1e6:.0f} MB, "
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    )
    timing.show(title, rows, given.form)
    return 0


if __name__ == "__main__":
    sys.exit(main())
