"""Simulated scans and the embedded service for a workspace that is still empty."""

from __future__ import annotations

from pathlib import Path

from neuroflow.demo.folder import TRIED, DemoFolder
from neuroflow.demo.ground_truth import ground_truth_of
from neuroflow.demo.service import DemoService, is_running
from neuroflow.demo.session import DemoSession, describe, join_demo, start_demo
from neuroflow.errors import DemoError
from neuroflow.models import OnEvent

GROUPS = ("Control", "PSP")
"""The groups of the simulated people.

By published means and SDs, so few people of four groups would seldom differ anywhere.
"""
N_STUDIES = 36
"""Studies of 15 people of each group, six of them seen twice.

With ages and sexes as covariates, free water then differs in a region at least (q < 0.05) with
99 % of 300 seeds; of 24 studies in four groups, PSP differed from the controls with 27 % of 100.
"""


def simulate(
    folder: Path | str, project: Path | str, *, on_event: OnEvent | None = None
) -> DemoSession:
    """Make simulated scans for a workspace and a service; again, the same ones as before."""
    made = _made_before(folder)
    if made is None:
        session = start_demo(
            folder,
            n_studies=N_STUDIES,
            only_nifti=True,
            groups=GROUPS,
            project=Path(project),
            on_event=on_event,
        )
        session.folder.readme.write_text(TRIED, encoding="utf-8")
        return session
    try:
        return join_demo(made.path) if is_running(made.service) else _start(made, Path(project))
    except DemoError:
        if is_running(made.service):  # another page was quicker
            return join_demo(made.path)
        raise


def is_simulation_running(folder: Path | str) -> bool:
    """Return whether the service of simulated scans runs, in this process or another."""
    made = _made_before(folder)
    return made is not None and is_running(made.service)


def _made_before(folder: Path | str) -> DemoFolder | None:
    runs = sorted(Path(folder).glob("run-*/demo.json"))
    return DemoFolder(runs[-1].parent) if runs else None


def _start(made: DemoFolder, project: Path) -> DemoSession:
    """Start the service of an earlier session, at its port where that is still free."""
    truth = ground_truth_of(project, made.participants)

    def started(port: int) -> DemoService:
        return DemoService(made.service, truth=truth, delay=1.0, port=port).start()

    try:
        service = started(join_demo(made.path).profile.port)
    except DemoError:
        service = started(0)
    session = DemoSession(made, service.profile, service.fingerprint, service)
    describe(session)
    return session
