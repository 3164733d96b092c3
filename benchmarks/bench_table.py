"""The cohort table from many files, beside what a researcher would write with pandas.

Run with ``python benchmarks/bench_table.py``; ``--studies N`` for another size. Every number is
the best of some runs, in a process of its own where memory is measured.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from report import amount, ratio

from neuroflow.matrix.regions import load_regions
from neuroflow.results.table.cache import cached_results
from neuroflow.results.table.cohort_table import read_results

STEMS = tuple(load_regions()["stem"])
MEMORY_CODE = """
import pathlib, resource, sys
from neuroflow.results.table.cohort_table import read_results

def peak():  # Linux: of this program alone; elsewhere: as far as the system tells
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6

before = peak()
table = read_results(sys.argv[1])
print(table.memory_usage(deep=True).sum() / 1e6, peak() - before, len(table))
"""


def write_studies(folder: Path, numbers: range, layout: str) -> None:
    """Write result folders with random values."""
    rng = np.random.default_rng(numbers.start)
    header = ",".join(f"{stem}_{metric}" for stem in STEMS for metric in ("FW", "FA"))
    for number in numbers:
        values = rng.uniform(0.05, 0.95, (len(STEMS), 2))
        if layout == "wide":
            text = f"{header}\n{','.join(f'{value:.6f}' for value in values.ravel())}\n"
        else:
            lines = (f"{s},{fw:.6f},{fa:.6f}" for s, (fw, fa) in zip(STEMS, values, strict=True))
            text = "region,FW,FA\n" + "\n".join(lines) + "\n"
        place = folder / f"{number:06d}_out"
        place.mkdir(parents=True)
        (place / "aidp.csv").write_text(text, encoding="ascii")


def with_pandas(folder: Path) -> pd.DataFrame:
    """Read all files as a researcher would: a loop of read_csv, and concat."""
    paths = sorted(folder.glob("*_out/aidp.csv"))
    return pd.concat([pd.read_csv(path) for path in paths], keys=[p.parent.name for p in paths])


def seconds(run: Callable[[], object], times: int = 3) -> float:
    """Measure the best of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def bench(root: Path, layout: str, studies: int) -> None:
    """Measure one layout: cold, warm, and with ten studies more."""
    folder, cache = root / layout, root / f"cache-{layout}"
    write_studies(folder, range(studies), layout)
    with_pandas(folder)  # once for the disk's cache, so that nobody starts cold
    theirs = seconds(lambda: with_pandas(folder), times=2)
    cold = seconds(lambda: read_results(folder))
    filling = seconds(lambda: cached_results(folder, cache).table, times=1)
    time.sleep(2.5)  # younger files are read again, see the cache
    cached_results(folder, cache)
    warm = seconds(lambda: cached_results(folder, cache).table, times=9)  # short: noise counts
    write_studies(folder, range(studies, studies + 10), layout)
    more = seconds(lambda: cached_results(folder, cache).table, times=1)
    print(f"{layout} layout, {studies} studies x 132 values")
    report("pandas.read_csv in a loop, concat", theirs, theirs)
    rows = {
        "read_results, cold": cold,
        "the same, filling the cache": filling,
        "from the cache": warm,
        "ten studies more": more,
    }
    for what, taken in rows.items():
        report(what, taken, theirs)
        ratio(f"{layout}: {what}", "`pandas.read_csv` in a loop, and concat", theirs / taken)
    print()


def report(what: str, taken: float, theirs: float) -> None:
    """Print one line."""
    print(f"  {what:<36} {taken:8.3f} s   {theirs / taken:7.1f} x")


def memory(root: Path, studies: int) -> None:
    """Measure the memory of a large cohort, in a process of its own."""
    folder = root / "large"
    write_studies(folder, range(studies), "wide")
    command = [sys.executable, "-c", MEMORY_CODE, str(folder)]
    size, peak, rows = subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.split()
    print(f"{studies} studies x 132 values: {rows} rows")
    print(f"  the table takes {float(size):.0f} MB; while it is built, {float(peak):.0f} MB")
    amount(f"memory of the table, {studies} studies", float(size), "MB")
    amount("memory while it is built", float(peak), "MB")


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=5000)
    parser.add_argument("--large", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for layout in ("long", "wide"):
            bench(Path(place), layout, arguments.studies)
        memory(Path(place), arguments.large)


if __name__ == "__main__":
    main()
