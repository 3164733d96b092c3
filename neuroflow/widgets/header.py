"""The header of the forms: project, folder and account, and a job that another program runs."""

from __future__ import annotations

from collections.abc import Callable

from traitlets import Any, Bool, Unicode

from neuroflow.errors import NeuroflowError
from neuroflow.widgets.common import (
    FormModel,
    bind,
    button,
    form,
    html,
    in_row,
    private,
    problem_list,
    set_visible,
)
from neuroflow.widgets.simulated import is_simulated
from neuroflow.workspace import RunningJob, Workspace

JOBS = {
    "submit": "Sending studies",
    "collect": "Collecting results",
    "package": "Packaging studies",
    "rebuild": "Rebuilding the ledger",
}
"""What the jobs of a workspace are called in the forms."""
_SIMULATED = (
    '<p class="nf-simulated" role="note"><strong>SIMULATED</strong> people, scans and values. '
    "Not for clinical use.</p>"
)


class HeaderModel(FormModel):
    """Where one works, and what another page, notebook or command does there now."""

    account = Unicode("")
    job = Any(None, allow_none=True)
    is_simulated = Bool(False)

    def __init__(self, ws: Workspace, is_own: Callable[[], bool]) -> None:
        super().__init__()
        self.ws = ws
        self._is_own = is_own
        self.poll()

    def poll(self) -> None:
        """Show the account in use and the job of another program."""
        self.account = self._account()
        self.is_simulated = is_simulated(self.ws)
        self.job = None if self._is_own() else self.ws.running_job

    def toggle_pause(self) -> None:
        """Pause the job, or resume it."""
        job: RunningJob | None = self.ws.running_job
        if job is not None:
            (self.ws.resume_job if job.is_paused else self.ws.pause_job)()
        self.poll()

    def stop(self) -> None:
        """Let the job finish the studies in progress and begin no other."""
        if self.ws.running_job is not None:
            self.ws.stop_job()
        self.poll()

    def _account(self) -> str:
        try:
            profile = self.ws.service.profile
        except NeuroflowError:
            return "the connection cannot be read"  # the Connect form shows why
        return f"{profile.user} at {profile.host}" if profile else "no connection yet"


def header(model: HeaderModel) -> private.VBox:
    """Draw the header."""
    place = private.HTML()
    status = private.HTML()
    pause = button(
        model, "Pause", "Pause or continue that job; nothing is lost", model.toggle_pause
    )
    stop = button(model, "Stop", "Let that job finish what has started, and no more", model.stop)
    row = in_row(status, pause, stop)

    def update() -> None:
        folder = model.ws.folder
        place.value = (
            f'<div class="nf-project"><h1>{html.text(folder.name)}</h1> '
            f'<span class="nf-dim">{html.text(folder)} · {html.text(model.account)}</span></div>'
            f"{_SIMULATED if model.is_simulated else ''}"
        )
        job: RunningJob | None = model.job
        set_visible(row, job is not None)
        if job is None:
            return
        line = html.badge("warn" if job.is_paused else "wait", job_text(job))
        status.value = f'<div role="status" class="nf-notice">{line}</div>'
        pause.description = "Continue" if job.is_paused else "Pause"
        set_visible(pause, job.can_pause and not job.is_stopping)
        set_visible(stop, job.can_stop and not job.is_stopping)

    bind(model, ["account", "job", "is_simulated"], update)
    box = form(place, problem_list(model), row)
    box.add_class("nf-header")
    return box


def job_text(job: RunningJob) -> str:
    """Return what a job of another program does, and whether it is paused."""
    name = JOBS.get(job.name, job.name)
    words = job.text.replace(job.name, name, 1)
    since = f"{job.since.astimezone():%Y-%m-%d %H:%M}"
    whose = f"begun {since} by another page, notebook or command"
    if job.is_paused:
        return f"Paused: {words}, {whose}. Nothing is sent until it is continued."
    state = "Stopping, the studies in progress are finished: " if job.is_stopping else ""
    return f"{state}{words}, {whose}."
