"""``import neuroflow`` beside ``import pandas``, in fresh processes.

Run with ``python benchmarks/bench_import.py``. Two figures: the bare import, which loads nothing
heavy, and the import with the first table asked for, which loads pandas. Aim: at most 1.3 times
what pandas takes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

from report import ratio

TIMED = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
THEIRS = "import pandas"
OURS = {
    "import neuroflow": "import neuroflow",
    "import neuroflow, read_results named": "import neuroflow; neuroflow.read_results",
    "import neuroflow, Workspace named": "import neuroflow; neuroflow.Workspace",
}


def seconds(code: str) -> float:
    """Measure some code in a process of its own."""
    command = [sys.executable, "-c", TIMED.format(code)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(run.stdout)


def main() -> None:
    """Measure in turns, so that a busy moment meets all alike, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=15)
    times = parser.parse_args().times
    codes = {"import pandas": THEIRS, **OURS}
    taken: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(times):
        for name, code in codes.items():
            taken[name].append(seconds(code))
    pandas = statistics.median(taken["import pandas"])
    for name, runs in taken.items():
        middle = statistics.median(runs)
        print(f"{name:<40} {middle * 1e3:7.0f} ms   {middle / pandas:5.2f} x pandas")
        if name in OURS:
            ratio(f"`{name}`", "`import pandas`", pandas / middle)


if __name__ == "__main__":
    main()
