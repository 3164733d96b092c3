"""Trying everything with simulated scans: their service, which a page runs for all others."""

from __future__ import annotations

from dataclasses import replace
from threading import Event as StopEvent
from typing import TYPE_CHECKING

from traitlets import Any as AnyTrait
from traitlets import Tuple

from neuroflow.models import OnEvent
from neuroflow.widgets.common import FormModel
from neuroflow.widgets.simulated import FOLDER, is_simulated
from neuroflow.workspace import Workspace

if TYPE_CHECKING:
    from neuroflow.demo import DemoSession

SIMULATING = "Making simulated scans"
STARTING = "Starting the simulated service"


class SimulationModel(FormModel):
    """Make simulated scans, and run their service as long as a page is open."""

    profiles = Tuple()
    simulation = AnyTrait(None, allow_none=True)  # once its service is known to run

    def __init__(self, ws: Workspace) -> None:
        super().__init__()
        self.ws = ws
        self._is_kept = False  # whether the service runs here, or could not be started

    @property
    def is_simulated(self) -> bool:
        """Whether this workspace has simulated scans."""
        return is_simulated(self.ws)

    @property
    def can_simulate(self) -> bool:
        """Whether nothing was done here yet, or simulated work waits for its service."""
        is_new = not self.profiles and not self.ws.ledger.rows() and not self.ws.cohorts()
        is_due = self.is_simulated and self.activity != STARTING
        return self.simulation is None and (is_new or is_due)

    def simulate(self) -> None:
        """Make simulated scans and run the embedded service; connect to it and test it."""

        def started(simulation: DemoSession) -> None:
            self.ws.service.save_profile(simulation.profile)
            self.ws.service.trust(simulation.fingerprint)
            self._use(simulation)
            self._show_simulation()

        self.run(STARTING if self.is_simulated else SIMULATING, self._simulate, started)

    def keep_simulation(self) -> None:
        """Find the simulated service, which another page may run, and run it here if none does."""
        if self.busy or self._is_kept or not self._uses_simulation():
            return
        if self.simulation is not None:
            from neuroflow.demo import is_simulation_running

            if is_simulation_running(self.ws.folder / FOLDER):
                return

        def started(simulation: DemoSession) -> None:
            self._use(simulation)
            known, new = self.ws.service.profile, simulation.profile
            if known is not None and simulation.service is not None and known.port != new.port:
                self.ws.service.save_profile(replace(known, port=new.port))
                self.ws.service.trust(simulation.fingerprint)
                self._show_simulation()

        self._is_kept = True  # what fails is not tried again: there is a button
        self.run(STARTING, self._simulate, started)

    def _simulate(self, on_event: OnEvent, _stop: StopEvent) -> DemoSession:
        from neuroflow.demo import simulate  # with the embedded service, when needed

        return simulate(self.ws.folder / FOLDER, self.ws.folder, on_event=on_event)

    def _use(self, simulation: DemoSession) -> None:
        self._is_kept = simulation.service is not None
        self.simulation = simulation

    def _uses_simulation(self) -> bool:
        """Return whether the profile in use is that of the simulated service, on this computer."""
        service = self.ws.service
        profile = service.profile if self.is_simulated and service.is_confirmed else None
        key = profile.key if profile else None
        return key is not None and key.is_relative_to(self.ws.folder / FOLDER)

    def _show_simulation(self) -> None:
        """Show how the simulated service is reached, and test it."""
        raise NotImplementedError
