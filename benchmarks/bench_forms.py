"""How long a user waits for the forms.

Run with ``python benchmarks/bench_forms.py``. Times are those of the kernel: what the browser adds
is measured by tests/browser. Aims: another region 150 ms at 1,000 studies; opening 2 s at 2,000.
With ``--against COMMIT`` both open the forms in turn, and a quarter of the time is the aim.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from report import amount, ratio

from neuroflow.ledger.states import State
from neuroflow.matrix.regions import load_regions
from neuroflow.models import Package, Study, StudyKind
from neuroflow.workspace.enrolment import CohortStore
from neuroflow.workspace.workspace import Workspace

Times = tuple[float, float]
"""Seconds on the wall, and of the processor."""
GROUPS = ("Control", "PD", "MSA", "PSP")
OPEN = """
import asyncio, sys, time
import neuroflow as nf
from neuroflow.widgets import app  # the aim counts from here: after imports
import itables, matplotlib.figure
async def opened():  # in an event loop, as in a kernel
    start, worked = time.perf_counter(), time.process_time()
    ws = nf.Workspace(sys.argv[1])
    forms = nf.app(ws)
    print(time.perf_counter() - start, time.process_time() - worked)
asyncio.run(opened())
"""
MAKE = """
import sys
from pathlib import Path
from bench_forms import make_workspace
make_workspace(Path(sys.argv[1]), int(sys.argv[2]))
"""
ROOT = Path(__file__).parent.parent


def make_workspace(folder: Path, studies: int) -> None:
    """Write a workspace in which everything was sent and collected; values are random."""
    rng = np.random.default_rng(0)
    people = pd.DataFrame(
        {
            "participant_id": [f"sub-{i:05d}" for i in range(studies)],
            "group": [GROUPS[i % 4] for i in range(studies)],
            "age": rng.normal(66, 7, studies).round(1),
            "sex": rng.choice(["F", "M"], studies),
        }
    )
    with Workspace(folder) as ws:
        table = folder / "participants.tsv"
        table.write_text(people.to_csv(sep="\t", index=False), encoding="utf-8")
        scans = [
            Study(name, StudyKind.NIFTI, Path("/scans") / name, (), participant_id=name)
            for name in people["participant_id"]
        ]
        CohortStore(ws.folder / "cohorts").enrol("C1", scans)
        cohort = ws.cohort("C1", scans, participants=table)
        stems = list(load_regions()["stem"])
        for number, study in enumerate(cohort.studies):
            study_id = str(study.study_id)
            values = rng.normal(0.3 + 0.02 * (number % 4), 0.05, (len(stems), 2))
            lines = (f"{s},{fw:.6f},{fa:.6f}" for s, (fw, fa) in zip(stems, values, strict=True))
            place = ws.results_folder / f"{study_id}_out"
            place.mkdir(parents=True)
            text = "region,FW,FA\n" + "\n".join(lines) + "\n"
            (place / "aidp.csv").write_text(text, encoding="ascii")
            ws.ledger.add_package(Package("C1", study_id, Path("x.zip"), 9, "a", study_id, ""))
            for state in (State.UPLOADING, State.SUBMITTED, State.COLLECTED):
                ws.ledger.record("C1", study_id, state)
        ws.check(cohort)
        ws.table()


def another_region(folder: Path, times: int) -> list[Times]:
    """Measure from the choice of a region to the bytes of the new figure, in seconds."""
    from neuroflow.widgets.explore.model import ExploreModel
    from neuroflow.widgets.explore.view import explore_form

    with Workspace(folder) as ws:
        model = ExploreModel(ws)
        form = explore_form(model)
        assert model.join(120)
        regions = [str(key) for key in model.effects["region"].unique() if key != model.region]
        taken = []
        for number in range(times + 1):
            before = model.pictures["strip"]
            start, worked = time.perf_counter(), time.process_time()
            model.region = regions[number % len(regions)]
            taken.append((time.perf_counter() - start, time.process_time() - worked))
            assert model.pictures["strip"] is not before
        form.close()
    return taken[1:]  # the first one warms up


def opening(folder: Path, times: int, code: Path = ROOT) -> list[Times]:
    """Measure from a workspace's folder to its forms, in fresh processes, in seconds."""
    runs = (_run(code, OPEN, folder) for _ in range(times))
    return [(float(wall), float(cpu)) for wall, cpu in (run.split()[-2:] for run in runs)]


def _run(code: Path, program: str, *arguments: object) -> str:
    """Run a program with the package and the benchmarks of a folder; return what it prints."""
    places = os.pathsep.join(map(str, (code, code / "benchmarks")))
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=code,  # the folder a program is run in comes before the others
        env=os.environ | {"PYTHONPATH": places},
    ).stdout


def against(commit: str, folder: Path, now: Path, times: int) -> None:
    """Open the forms of this state and of a commit in turn; print both, and their ratio."""
    code, then = folder / "code", folder / "then"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--detach", "--quiet", str(code), commit], check=True)
    try:
        _run(code, MAKE, then, 2000)  # each with a workspace of its own making
        pairs = [(opening(now, 1)[0], opening(then, 1, code)[0]) for _ in range(times)]
    finally:
        subprocess.run([*git, "remove", "--force", str(code)], check=True)
    new, old = (statistics.median(run[1] for run in runs) for runs in zip(*pairs, strict=True))
    print(f"opening, ms of the processor: {new * 1e3:.0f}, {commit} {old * 1e3:.0f}", end=" ")
    print(f"({new / old:.2f} of it; aim: below 0.25)")
    ratio(f"opening the forms, 2,000 studies, against {commit}", "", old / new, 4)


def report(what: str, taken: list[Times], aim: float) -> None:
    """Print one line; the processor's own time tells what a machine that is not busy would take."""
    walls, cpus = zip(*taken, strict=True)
    middle = statistics.median(walls)
    verdict = "as aimed" if middle < aim else "SLOWER THAN AIMED"
    print(
        f"{what:<36} {middle * 1e3:6.0f} ms median {max(walls) * 1e3:6.0f} ms worst"
        f" {statistics.median(cpus) * 1e3:6.0f} ms of the processor   {verdict}"
    )
    amount(what, middle * 1e3, "ms", aim * 1e3)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--openings", type=int, default=5)
    parser.add_argument("--against", metavar="COMMIT", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        make_workspace(small, 1000)
        report("another region, 1,000 studies", another_region(small, asked.clicks), 0.15)
        make_workspace(large, 2000)
        report("opening the forms, 2,000 studies", opening(large, asked.openings), 2.0)
        if asked.against:
            against(asked.against, Path(folder), large, asked.openings)


if __name__ == "__main__":
    main()
