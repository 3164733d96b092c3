"""How processor time and memory grow with the results (sizes in brackets), beside pandas.

Run with ``python benchmarks/bench_growth.py``; ``--sizes 1000 10000`` for less. The results lie in
a folder of this machine in place of the server: in memory where Linux offers it, for a disk with
800,000 small files is measured itself otherwise. Each size has a process of its own, whose highest
memory counts, in megabytes of a million bytes. Times are of the processor, which other programs
hardly lengthen.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from bench_table import STEMS, with_pandas
from report import amount, growth, picture

from neuroflow.ledger import Ledger, State
from neuroflow.models import Package
from neuroflow.results import cached_results
from neuroflow.transfer.collect.collect import collect
from neuroflow.transfer.collect.discover import find_results
from neuroflow.transfer.collect.snapshot import OutputSnapshot
from neuroflow.transfer.collect.status import status
from neuroflow.transfer.local import LocalRemote

SIZES = (1_000, 10_000, 100_000)
MOST = 11  # times as long for ten times as many
MOST_MEMORY = 1_000  # MB
ROOM = 8e9  # bytes that the files of the largest size take at most
PANDAS = "pandas.read_csv in a loop, and concat"
WITH_PANDAS = 10_000  # a loop over more takes minutes
REPORT = "Product: AIDP\nOrder ID: {study}\nAtypical Parkinsonism Probability: 0.{number:04d}\n"


def name(number: int) -> str:
    """Return the id of a study."""
    return f"{number:08d}-0000-4000-8000-000000000000"


def write_results(server: Path, numbers: range) -> None:
    """Write result folders of the likeliest layout: one wide row with its subject."""
    rng = np.random.default_rng(numbers.start)
    header = "Subject," + ",".join(f"{stem}_{metric}" for stem in STEMS for metric in ("FW", "FA"))
    for number in numbers:
        values = ",".join(f"{value:.6f}" for value in rng.uniform(0.05, 0.95, 2 * len(STEMS)))
        place = server / "output" / f"{name(number)}_out"
        place.mkdir(parents=True)
        (place / "aidp.csv").write_text(f"{header}\n{name(number)},{values}\n", encoding="ascii")
        text = REPORT.format(study=name(number), number=number % 10_000)
        (place / "prediction.txt").write_text(text, encoding="ascii")
        (place / "prediction.png").write_bytes(b"\x89PNG" + bytes(200))


def enter(ledger: Ledger, numbers: range) -> None:
    """Record studies as sent."""
    for number in numbers:
        ledger.add_package(Package("C", name(number), Path("x.zip"), 9, "0", "0", f"{number}"))
        for state in (State.UPLOADING, State.SUBMITTED):
            ledger.record("C", name(number), state)


class Project:
    """A server and a workspace's parts that read it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.server, self.results = root / "server", root / "results"
        self.ledger = Ledger(root / "ledger.sqlite")
        self.snapshot: OutputSnapshot | None = None

    def status(self) -> None:
        """List every folder and combine it with the ledger."""
        with LocalRemote(self.server) as remote:
            now = datetime.now(UTC)
            self.snapshot = OutputSnapshot(now, self.snapshot).add(*find_results(remote))
        here = {path.name.removesuffix("_out") for path in self.results.glob("*_out")}
        status(self.ledger.rows(), self.snapshot, now=now, overdue_hours=6, collected=here)

    def collect(self) -> None:
        """Fetch what is new."""
        for event in collect(lambda: LocalRemote(self.server), self.ledger, self.results):
            assert event.status != "failed", event.message

    def table(self) -> None:
        """Make the cohort table."""
        self.rows = len(cached_results(self.results, self.root / "cache").table)


def seconds(run: Callable[[], object], times: int = 1) -> float:
    """Measure a run in time of the processor: the shortest, as others share its caches."""
    found = []
    for _ in range(times):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def memory_folder() -> str | None:
    """Return a folder in memory with room for all files; None where there is none."""
    folder = Path("/dev/shm")
    has_room = folder.is_dir() and shutil.disk_usage(folder).free > ROOM
    return str(folder) if has_room else None


def peak() -> float:
    """Return the highest memory of this process in MB, as Linux counts it."""
    file = Path("/proc/self/status")
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


def measure(size: int) -> dict[str, float]:
    """Measure one size."""
    found = {}
    with tempfile.TemporaryDirectory(dir=memory_folder()) as place:
        project = Project(Path(place))
        write_results(project.server, range(size))
        enter(project.ledger, range(size))
        found["status, all on the server"] = seconds(project.status, 3)
        found["collect all"] = seconds(project.collect)
        found["collect, nothing new"] = seconds(project.collect, 3)
        found["table, cold"] = seconds(project.table)
        time.sleep(2.5)  # younger files are read again, see the cache
        project.table()
        found["table, warm"] = seconds(project.table, 3)
        more = []
        for number in range(size, size + 3):
            write_results(project.server, range(number, number + 1))
            enter(project.ledger, range(number, number + 1))
            more.append((seconds(project.collect), seconds(project.table)))
        found["collect, one more"], found["table, one more"] = map(min, zip(*more, strict=True))
        assert project.rows == (size + 3) * 2 * len(STEMS)
        found["status, all collected"] = seconds(project.status, 3)
        found["memory"] = peak()
        if size <= WITH_PANDAS:
            found["pandas"] = seconds(lambda: with_pandas(project.results))
        project.ledger.close()
    return found


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--one", type=int, help="measure one size, and print it as JSON")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one)))
        return
    found: dict[int, dict[str, float]] = {}
    for size in arguments.sizes:
        command = [sys.executable, __file__, "--one", str(size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[size] = json.loads(done.stdout)
        print(f"{size} results")
        for what, value in found[size].items():
            print(f"  {what:<28} {value:9.2f} {'MB' if what == 'memory' else 's'}", flush=True)
    keep(found)


def keep(found: dict[int, dict[str, float]]) -> None:
    """Keep the growth for the page: times of the largest size, and by how much per decade."""
    sizes = sorted(found)
    table = pd.DataFrame(found)
    for what in table.index.drop("memory"):
        times = table.loc[what].dropna()
        steps = [
            (new / old) ** (1 / np.log10(times.index[at + 1] / times.index[at]))
            for at, (old, new) in enumerate(pairwise(times))
        ]
        label = PANDAS if what == "pandas" else what
        seconds = ", ".join(f"{one:.2g} s" if one < 100 else f"{one:.0f} s" for one in times)
        growth(label, f"{seconds} ({', '.join(f'{n:,}' for n in times.index)} results)",
               max(steps, default=1.0), MOST)  # fmt: skip
    amount(f"memory at {sizes[-1]} results", table.loc["memory", sizes[-1]], "MB", MOST_MEMORY)
    picture("growth", _figure(table))


def _figure(table: pd.DataFrame) -> object:
    """Draw seconds against results, both in decades."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for what in table.index.drop("memory"):
        times = table.loc[what].dropna()
        axes.plot(times.index, times, marker="o", linestyle="--" if what == "pandas" else "-",
                  label=PANDAS if what == "pandas" else what)  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="Results", ylabel="Processor time (s)")
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure


if __name__ == "__main__":
    main()
