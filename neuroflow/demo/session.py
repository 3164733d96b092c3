"""A cohort and a running service to send it to: what the demo and the notebooks begin with."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypedDict, Unpack

from neuroflow.demo.cohort import make_cohort
from neuroflow.demo.folder import DEFAULT_SEED, DemoFolder, make_run_folder
from neuroflow.demo.ground_truth import ground_truth_of
from neuroflow.demo.population import N_PEOPLE, write_population
from neuroflow.demo.service import GROUPS, DemoService, check_layout
from neuroflow.errors import DemoError
from neuroflow.models import OnEvent
from neuroflow.transfer import Profile

VARIABLE = "NEUROFLOW_DEMO"
"""The environment variable with the folder of a demo that runs already."""

_CONNECTION = "demo.json"


class ServiceOptions(TypedDict, total=False):
    """Options of the embedded service, see `neuroflow.demo.service.DemoService`."""

    layout: str
    delay: float
    failure_rate: float
    latency: float
    port: int
    seed: int


class DemoOptions(ServiceOptions, total=False):
    """Options of a demo: its service, its studies, and how many people there are in all."""

    n_studies: int
    n_people: int


@dataclass(frozen=True, slots=True)
class DemoSession:
    """A demo: a cohort to send and an embedded service that accepts it.

    Parameters
    ----------
    folder
        The folder of this run.
    profile
        The profile with which a client connects to the service.
    fingerprint
        The fingerprint of the service's host key, ``SHA256:...``.
    service
        The service, if it runs in this process.

    Examples
    --------
    >>> import tempfile
    >>> demo = start_demo(tempfile.mkdtemp(), n_studies=1)
    >>> demo.scans.is_dir()
    True
    >>> demo.close()
    """

    folder: DemoFolder
    profile: Profile
    fingerprint: str
    service: DemoService | None = None

    @property
    def scans(self) -> Path:
        """The folder of scans."""
        return self.folder.scans

    @property
    def participants(self) -> Path:
        """participants.tsv."""
        return self.folder.participants

    @property
    def population(self) -> Path:
        """The folder with results of further people, and their participants.tsv."""
        return self.folder.population

    @property
    def project(self) -> Path:
        """The folder of the workspace; the service reads the groups in it to simulate values."""
        return self.folder.project

    def close(self) -> None:
        """Stop the service, if it runs in this process; repeated calls do nothing."""
        if self.service is not None:
            self.service.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_demo(
    folder: Path | str = "demo-output", *, environ: Mapping[str, str] | None = None
) -> DemoSession:
    """Join the demo that ``neuroflow demo --lab`` runs, or start one.

    Parameters
    ----------
    folder
        The folder for a new demo.
    environ
        Its variable ``NEUROFLOW_DEMO`` names a running demo; None for this process's environment.

    Returns
    -------
    DemoSession
        Close it after use; this stops the service only if it was started here.

    Raises
    ------
    DemoError
        The running demo's folder does not describe one, or a new one cannot be started.

    Examples
    --------
    >>> import tempfile
    >>> with open_demo(tempfile.mkdtemp()) as demo:  # doctest: +SKIP
    ...     demo.scans
    """
    running = (os.environ if environ is None else environ).get(VARIABLE)
    return join_demo(running) if running else start_demo(folder, n_people=N_PEOPLE)


def start_demo(
    folder: Path | str = "demo-output",
    *,
    n_studies: int = 24,
    n_people: int = 0,
    only_nifti: bool = False,
    groups: Sequence[str] = GROUPS,
    project: Path | None = None,
    on_event: OnEvent | None = None,
    **options: Unpack[ServiceOptions],
) -> DemoSession:
    """Make a cohort in a fresh folder and start a service for it.

    Parameters
    ----------
    folder
        The folder that holds the folders of all runs.
    n_studies
        The number of studies of the cohort.
    n_people
        Results of further people are written into `population`, so that there are so many people
        to compare, with those of the cohort.
    only_nifti
        Write every study as NIfTI: quicker to make and to send than with DICOM among them.
    groups
        The groups of the people in the cohort, in turn: some of Control, PD, MSA and PSP.
    project
        The workspace that will send the studies; the service simulates values for the groups in
        it. By default the folder `project` of the run.
    on_event
        Called with an `Event` for every study that was written.
    **options
        ``seed`` of the cohort and the values; ``layout``, ``delay`` (1 s), ``failure_rate``,
        ``latency`` and ``port`` of the service.

    Returns
    -------
    DemoSession
        The demo, its service running in this process.

    Raises
    ------
    DemoError
        The folder cannot be written, a group is unknown, or the service cannot run.

    Examples
    --------
    >>> import tempfile
    >>> with start_demo(tempfile.mkdtemp(), n_studies=1) as demo:
    ...     demo.profile.host, demo.participants.name
    ('127.0.0.1', 'participants.tsv')
    """
    settings: ServiceOptions = {"seed": DEFAULT_SEED, "delay": 1.0, **options}
    check_layout(settings.get("layout", "wide"))  # before anything is written
    made = make_run_folder(folder)
    truth = ground_truth_of(project or made.project, made.participants)
    service = DemoService(made.service, truth=truth, **settings)
    with ExitStack() as undo:
        service.start()  # first: a port in use shall not cost the making of a cohort
        undo.callback(service.stop)
        make_cohort(
            made.path,
            n_studies=n_studies,
            seed=settings["seed"],
            only_nifti=only_nifti,
            groups=groups,
            on_event=on_event,
        )
        write_population(made, n_people=n_people, n_studies=n_studies, seed=settings["seed"])
        demo = DemoSession(made, service.profile, service.fingerprint, service)
        describe(demo)
        undo.pop_all()
    return demo


def join_demo(folder: Path | str) -> DemoSession:
    """Use a demo that runs in another process."""
    joined = DemoFolder(Path(folder))
    try:
        facts = json.loads((joined.path / _CONNECTION).read_text(encoding="utf-8"))
        profile = Profile(
            host=facts["host"], port=facts["port"], user=facts["user"], key=Path(facts["key"])
        )
        return DemoSession(joined, profile, facts["fingerprint"])
    except (OSError, ValueError, KeyError) as error:
        raise DemoError(
            f"No running demo is described in {folder}.",
            why=f"{type(error).__name__}: {error}.",
            advice=f"Unset {VARIABLE}, or start one: neuroflow demo --lab.",
        ) from error


def describe(demo: DemoSession) -> None:
    """Write down where the service listens, for other processes; nothing of it is secret."""
    facts = {
        "host": demo.profile.host,
        "port": demo.profile.port,
        "user": demo.profile.user,
        "key": str(demo.profile.key),
        "fingerprint": demo.fingerprint,
    }
    path = demo.folder.path / _CONNECTION
    path.write_text(json.dumps(facts, indent=1), encoding="utf-8")
