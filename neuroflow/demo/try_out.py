"""Simulated scans and the embedded service for a workspace that is still empty."""

from __future__ import annotations

from pathlib import Path

from neuroflow.demo.folder import DemoFolder
from neuroflow.demo.ground_truth import ground_truth_of
from neuroflow.demo.service import DemoService
from neuroflow.demo.session import DemoSession, join_demo, start_demo
from neuroflow.models import OnEvent

N_STUDIES = 24


def simulate(
    folder: Path | str, project: Path | str, *, on_event: OnEvent | None = None
) -> DemoSession:
    """Make simulated scans for a workspace and start a service for them; again, the same ones."""
    runs = sorted(Path(folder).glob("run-*/demo.json"))
    if runs:
        return _start_again(DemoFolder(runs[-1].parent), Path(project))
    return start_demo(
        folder,
        n_studies=N_STUDIES,
        only_nifti=True,
        project=Path(project),
        on_event=on_event,
    )


def _start_again(made: DemoFolder, project: Path) -> DemoSession:
    """Start the service of an earlier session at its port, where the profile expects it."""
    before = join_demo(made.path)
    truth = ground_truth_of(project, made.participants)
    service = DemoService(made.service, truth=truth, delay=1.0, port=before.profile.port)
    service.start()
    return DemoSession(made, before.profile, before.fingerprint, service)
