"""What the ledger knows of a study: its rows, and what identifies events and runs."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from neuroflow.ledger.states import State


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The recorded state of one study."""

    cohort_id: str  # Which study
    study_id: str
    state: State  # The last state recorded
    since: datetime  # When that was recorded, in UTC
    size: int  # Size of the current package in bytes
    # Digests of the current package, of the files it was made from, and of the original Study
    # Instance UID.
    sha256: str
    source_sha256: str
    study_uid_sha256: str
    message: str  # What was recorded with the state
    # When it was last known to be sent whole, in UTC; None if never.
    submitted_at: datetime | None = None
    # When results or a failure report were last collected, in UTC; None if never.
    answered_at: datetime | None = None
    # Size and digest of the content whose upload began last; None where nothing was sent.
    sent_size: int | None = None
    sent_sha256: str | None = None
    service: str = ""  # To which service and user it went; empty where that is not recorded

    @property
    def is_changed(self) -> bool:
        """True where the current package differs from what was sent."""
        return self.sent_sha256 is not None and self.sent_sha256 != self.sha256


@dataclass(frozen=True, slots=True)
class EventMark:
    """What identifies one event of a ledger; in an older copy, another event has the number."""

    event: int
    at: str


@dataclass(frozen=True, slots=True)
class RunMark:
    """What identifies one run of a job in a ledger."""

    run: int
    token: str


@cache
def query_rows(*, one: bool) -> str:
    """Return the query for all studies, or for one: SQLite then reads the events of that one."""
    text = resources.files("neuroflow.ledger").joinpath("states.sql").read_text(encoding="utf-8")
    return text.replace("/* of one study? */", "e.study_id = :study_id" if one else "TRUE")


def read_row(found: sqlite3.Row) -> LedgerRow:
    """Make a row of what states.sql selects: its columns are the fields."""
    values: dict[str, Any] = dict(found)
    values["state"] = State(values["state"])
    values["since"] = datetime.fromisoformat(values["since"])
    for name in ("submitted_at", "answered_at"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    return LedgerRow(**values)
