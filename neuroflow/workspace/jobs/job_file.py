"""The job that runs in a workspace, and orders to it, as files that every program can read."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from neuroflow.errors import WorkspaceError
from neuroflow.io import private_mode, write_private

Order = Literal["pause", "resume", "stop"]
"""What another program may ask of a job."""


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job as other programs see it; nothing in it names a study."""

    id: str
    name: str  # As it is called in the log: submit, collect, package, rebuild
    since: datetime
    process: str = ""  # Where it runs: a process id and the computer
    is_paused: bool = False
    is_stopping: bool = False
    can_pause: bool = False
    can_stop: bool = False
    stage: str = ""  # What it does now
    done: int = 0  # In items or bytes, as events report them
    total: int = 0

    @property
    def text(self) -> str:
        """The job and how far it is, in words."""
        if not self.stage:
            return self.name
        if self.total > _BYTES_ABOVE:
            amount = f"{self.done / 1e6:.1f} of {self.total / 1e6:.1f} MB"
        else:
            amount = f"{self.done} of {self.total}" if self.total else f"{self.done}"
        return f"{self.name} ({self.stage.replace('_', ' ')}: {amount})"


_BYTES_ABOVE = 100_000  # no cohort has that many studies


class JobFile:
    """The two files in the workspace: the job as it runs, and the last order to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = folder / "job.json"
        self._order = folder / "job_order.json"

    def read(self) -> RunningJob | None:
        """Return the job as last written; None without one. The caller knows whether it runs."""
        facts = _read(self._state)
        try:
            return RunningJob(**(facts | {"since": datetime.fromisoformat(facts["since"])}))
        except (KeyError, TypeError, ValueError):
            return None  # none, or written by another version

    def write(self, job: RunningJob) -> None:
        """Write the state of the job that runs."""
        facts = asdict(job) | {"since": job.since.isoformat()}
        self._write(self._state, facts)

    def send(self, order: Order) -> None:
        """Give the running job an order; it follows within a second."""
        job = self.read()
        if job is None:
            raise nothing_runs()
        allowed = job.can_stop if order == "stop" else job.can_pause
        if not allowed:
            raise WorkspaceError(
                f"The job {job.name!r} cannot be {_PAST[order]}.",
                why=f"It has been running since {job.since.astimezone():%Y-%m-%d %H:%M}.",
                advice="Wait until it has finished.",
            )
        self._write(self._order, {"job": job.id, "order": order, "number": secrets.token_hex(8)})

    def order(self, job_id: str) -> Order | None:
        """Take the last order to a job; each is returned once."""
        facts = _read(self._order)
        if facts.get("job") != job_id or facts.get("order") not in get_args(Order):
            return None
        self._order.unlink(missing_ok=True)
        order: Order = facts["order"]
        return order

    def remove(self) -> None:
        """Remove both files, as the job has ended."""
        self._state.unlink(missing_ok=True)
        self._order.unlink(missing_ok=True)

    def _write(self, path: Path, facts: dict[str, Any]) -> None:
        write_private(path, json.dumps(facts).encode(), mode=private_mode(self._folder))


_PAST = {"pause": "paused", "resume": "resumed", "stop": "stopped"}


def nothing_runs() -> WorkspaceError:
    """Return why there is nothing to pause, resume or stop."""
    return WorkspaceError(
        "No job runs in this workspace.",
        why="Nothing is being packaged, sent or collected; it has finished or was ended.",
        advice="The status shows what was sent; sending resumes where it stopped.",
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none, or being replaced on a disk that shows it
        return {}
    return facts if isinstance(facts, dict) else {}
