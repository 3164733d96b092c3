"""The main job from end to end on the embedded service: what `neuroflow demo` runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import pandas as pd

from neuroflow.compare import compare_groups
from neuroflow.demo.cohort import SIMULATED
from neuroflow.demo.folder import DemoFolder
from neuroflow.demo.population import N_PEOPLE, read_population
from neuroflow.demo.service import NOTICE
from neuroflow.demo.session import DemoOptions, DemoSession, start_demo
from neuroflow.errors import DemoError
from neuroflow.events import Bars
from neuroflow.io import read_participants
from neuroflow.ledger import State
from neuroflow.matrix import p_statement
from neuroflow.models import OnEvent
from neuroflow.plot import forest, heatmap, save_figure, strip, styled
from neuroflow.results import save_cohort_table
from neuroflow.studies import find_studies
from neuroflow.workspace import Workspace

COHORT_ID = "DEMO_COHORT"

KNOWN = (
    ("MSA", "MCP"),
    ("MSA", "Putamen"),
    ("PSP", "SCP"),
    ("PSP", "mid_brain_combined"),
    ("PSP", "pSN"),
)
"""Group and region where free water is known to be raised (Archer et al. 2019).

Those of PD and MSA in the pSN are known as well, but take several hundred people to show.
"""

_SHOWN = ("pSN", "mid_brain_combined", "SCP", "MCP", "Putamen")  # neighbours beside each other


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What a run of the demo wrote."""

    folder: Path  # The folder of the run
    # How many studies were sent, and of how many people; how many came back with values, and how
    # many with a failure report.
    n_studies: int
    n_people: int
    n_results: int
    n_failed: int
    compared: tuple[int, int]  # Studies and people in the tables, with those who were not sent
    tables: tuple[Path, ...]  # The files
    figures: tuple[Path, ...]
    differences: pd.DataFrame  # The rows of the comparison for the differences in `KNOWN`
    seconds: float  # How long it took

    def __str__(self) -> str:
        failed = f", {self.n_failed} failure reports" if self.n_failed else ""
        lines = [
            NOTICE,
            f"{self.n_studies} studies of {self.n_people} people sent, "
            f"{self.n_results} results{failed}, {self.seconds:.0f} s.",
            f"Compared with results of further simulated people: {self.compared[0]} studies of "
            f"{self.compared[1]} people, one study each.",
            "Free water, difference to the controls (adjusted for age and sex):",
        ]
        lines += [
            f"  {row.contrast:<16} {row.region_name:<30} {row.estimate:+.3f}  "
            f"g {row.effect_size:+.2f}  {p_statement('p', p)}  {p_statement('q', q)}"
            for row, p, q in zip(
                self.differences.itertuples(),
                self.differences["p"].tolist(),
                self.differences["q"].tolist(),
                strict=True,
            )
        ]
        pictures = [path for path in self.figures if path.suffix == ".png"]
        return "\n".join([*lines, *(f"  {path}" for path in (*self.tables, *pictures))])


def run_demo(
    folder: Path | str = "demo-output",
    *,
    on_event: OnEvent | None = None,
    timeout: float = 600.0,
    clock: Callable[[], float] = time.monotonic,
    **options: Unpack[DemoOptions],
) -> DemoSummary:
    """Make a cohort, send it to the embedded service, collect, tabulate, compare and draw."""
    begin = clock()
    settings: DemoOptions = {"n_people": N_PEOPLE, **options}
    with nullcontext(on_event) if on_event is not None else Bars() as listener:
        demo = start_demo(folder, on_event=listener, **settings)
        with demo, Workspace(demo.project) as workspace:
            status = send_and_collect(workspace, demo, listener, timeout)
            collected = workspace.table()
    made = demo.folder
    table = pd.concat([collected, read_population(made)], ignore_index=True)
    effects = compare(table)
    return DemoSummary(
        folder=made.path,
        n_studies=len(status),
        n_people=read_participants(made.participants)["participant_id"].nunique(),
        n_results=int((status["state"] == State.COLLECTED).sum()),
        n_failed=int((status["state"] == State.FAILED).sum()),
        compared=(table["study_id"].nunique(), table["participant_id"].nunique()),
        tables=write_tables(table, effects, made),
        figures=draw_figures(table, effects, made),
        differences=known_differences(effects),
        seconds=clock() - begin,
    )


def send_and_collect(
    workspace: Workspace, demo: DemoSession, on_event: OnEvent, timeout: float
) -> pd.DataFrame:
    """Do what a researcher does: connect, find, check, send, wait, collect."""
    workspace.service.save_profile(demo.profile)
    workspace.service.trust(demo.fingerprint)
    studies = find_studies(demo.scans, on_event=on_event)
    cohort = workspace.cohort(COHORT_ID, studies, participants=demo.participants)
    workspace.submit(cohort, on_event=on_event)
    workspace.wait(timeout_hours=timeout / 3600, interval_seconds=0.5, on_event=on_event)
    status = workspace.collect(on_event=on_event)
    if not (status["state"] == State.COLLECTED).any():
        raise DemoError(
            "No study returned values.",
            why=f"States: {', '.join(sorted(set(status['state'].astype(str))))}.",
            advice=f"Check {demo.folder.service}; lower the failure rate or the delay.",
        )
    return status


def compare(table: pd.DataFrame) -> pd.DataFrame:
    """Compare every group with the controls at the first visit, adjusted for age and sex."""
    return compare_groups(
        table, by="group", reference="Control", covariates=["age", "sex"], visit="first"
    )


def known_differences(effects: pd.DataFrame) -> pd.DataFrame:
    """Select the differences that are known from the literature."""
    free_water = effects[effects["metric"] == "FW"]
    rows = [
        free_water[
            (free_water["region"] == region)
            & free_water["contrast"].astype(str).str.startswith(group)
        ]
        for group, region in KNOWN
    ]
    return pd.concat(rows, ignore_index=True)


def write_tables(table: pd.DataFrame, effects: pd.DataFrame, made: DemoFolder) -> tuple[Path, ...]:
    """Write the cohort table and the comparison; every row states that it is simulated."""
    names = ("cohort_table.csv", "cohort_table.parquet", "comparison.csv")
    paths = tuple(made.path / name for name in names)
    for path, frame in zip(paths, (table, table, effects), strict=True):
        save_cohort_table(frame.assign(data=SIMULATED), path)
    return paths


def draw_figures(table: pd.DataFrame, effects: pd.DataFrame, made: DemoFolder) -> tuple[Path, ...]:
    """Draw the figures; each states that it is simulated."""
    first = table[table["session_id"].isin(["01"])]
    with styled(note="SIMULATED data, not for clinical use"):
        figures = {
            "free_water": strip(first, metric="FW"),
            "anisotropy": strip(first, metric="FAt"),
            "effects": forest(effects, metric="FW", regions=_SHOWN),
            "all_regions": heatmap(first, metric="FW"),
        }
        files = [save_figure(axes, made.figures / name) for name, axes in figures.items()]
    return tuple(path for pair in files for path in pair)
