"""A cohort and a running service to send it to: what the demo and the notebooks begin with."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from neuroflow.demo.cohort import make_cohort
from neuroflow.demo.folder import DEFAULT_SEED, Place, new_place
from neuroflow.demo.ground_truth import truth_from_workspace
from neuroflow.demo.service import DemoService, check_layout
from neuroflow.errors import DemoError
from neuroflow.models import OnEvent
from neuroflow.transfer import Profile

VARIABLE = "NEUROFLOW_DEMO"
"""The environment variable with the folder of a demo that runs already."""

_CONNECTION = "demo.json"


@dataclass(frozen=True, slots=True)
class Demo:
    """A cohort to send and a service that takes it.

    Parameters
    ----------
    place
        Where its things are.
    profile
        How to reach the service.
    fingerprint
        Of the service's host key, ``SHA256:...``.
    service
        The service, where it runs in this process.
    """

    place: Place
    profile: Profile
    fingerprint: str
    service: DemoService | None = None

    @property
    def scans(self) -> Path:
        """The folder of scans."""
        return self.place.scans

    @property
    def participants(self) -> Path:
        """participants.tsv."""
        return self.place.participants

    @property
    def project(self) -> Path:
        """Where the service looks for the workspace, to simulate values that fit the groups."""
        return self.place.project

    def close(self) -> None:
        """Stop the service, if it runs in this process; harmless when repeated."""
        if self.service is not None:
            self.service.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_demo(
    folder: Path | str = "demo-output", *, environ: Mapping[str, str] = os.environ
) -> Demo:
    """Join the demo that ``neuroflow demo --lab`` runs, or start one.

    Parameters
    ----------
    folder
        Where a new one stands.
    environ
        Tells of a running one.

    Returns
    -------
    Demo
        Close it when done; that stops only what was started here.

    Raises
    ------
    DemoError
        The running demo's folder does not describe one, or a new one cannot be started.
    """
    running = environ.get(VARIABLE)
    return join_demo(running) if running else start_demo(folder)


def start_demo(
    folder: Path | str = "demo-output",
    *,
    n_studies: int = 24,
    seed: int = DEFAULT_SEED,
    layout: str = "long",
    delay: float = 1.0,
    failure_rate: float = 0.0,
    latency: float = 0.0,
    port: int = 0,
    on_event: OnEvent | None = None,
) -> Demo:
    """Make a cohort in a fresh folder and start a service for it.

    Parameters
    ----------
    folder
        Where the demos stand side by side.
    n_studies, seed
        Of the cohort; the seed is that of the values too.
    layout, delay, failure_rate, latency, port
        Of the service, see `neuroflow.demo.service.server.DemoService`.
    on_event
        Told of every study written.

    Returns
    -------
    Demo
        With its service running in this process.

    Raises
    ------
    DemoError
        The folder cannot be written, or the service cannot run.
    """
    check_layout(layout)  # before anything is written
    place = new_place(folder)
    service = DemoService(
        place.service,
        port=port,
        layout=layout,
        delay=delay,
        failure_rate=failure_rate,
        latency=latency,
        seed=seed,
        truth=truth_from_workspace(place.project, place.participants),
    )
    with ExitStack() as undo:
        service.start()  # first: a port in use shall not cost the making of a cohort
        undo.callback(service.stop)
        make_cohort(place.folder, n_studies=n_studies, seed=seed, on_event=on_event)
        demo = Demo(place, service.profile, service.fingerprint, service)
        _describe(demo)
        undo.pop_all()
    return demo


def join_demo(folder: Path | str) -> Demo:
    """Use a demo that runs in another process."""
    place = Place(Path(folder))
    try:
        facts = json.loads((place.folder / _CONNECTION).read_text(encoding="utf-8"))
        profile = Profile(
            host=facts["host"], port=facts["port"], user=facts["user"], key=Path(facts["key"])
        )
        return Demo(place, profile, facts["fingerprint"])
    except (OSError, ValueError, KeyError) as error:
        raise DemoError(
            f"No running demo is described in {folder}.",
            why=f"{type(error).__name__}: {error}.",
            advice=f"Unset {VARIABLE}, or start one: neuroflow demo --lab.",
        ) from error


def _describe(demo: Demo) -> None:
    """Leave word of where the service listens; nothing of it is secret."""
    facts = {
        "host": demo.profile.host,
        "port": demo.profile.port,
        "user": demo.profile.user,
        "key": str(demo.profile.key),
        "fingerprint": demo.fingerprint,
    }
    path = demo.place.folder / _CONNECTION
    path.write_text(json.dumps(facts, indent=1), encoding="utf-8")
