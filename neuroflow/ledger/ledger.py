"""The record of what was sent and fetched: one SQLite file, events only ever added.

Intent is recorded before a step and its outcome after it, each on disk before the call returns,
so that a process killed at any moment leaves a state that the next one can resolve by checking
the server.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from neuroflow.errors import LedgerError
from neuroflow.ledger.database import LedgerFile
from neuroflow.ledger.states import State
from neuroflow.ledger.uptime import boot_id, uptime
from neuroflow.models import Package


def utc_now() -> datetime:
    """Return the current time in UTC.

    Examples
    --------
    >>> utc_now().tzname()
    'UTC'
    """
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The recorded state of one study.

    Examples
    --------
    >>> row = LedgerRow("C", "s", State.SUBMITTED, utc_now(), 3, "new", "", "", "",
    ...                 sent_size=3, sent_sha256="old")
    >>> row.is_changed
    True
    """

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

    @property
    def is_changed(self) -> bool:
        """True where the current package differs from what was sent."""
        return self.sent_sha256 is not None and self.sent_sha256 != self.sha256


class Ledger:
    """The ledger of a workspace; safe in several threads and several processes.

    Examples
    --------
    >>> with Ledger(Path(":memory:")) as ledger:
    ...     ledger.add_package(Package("C", "s", Path("s.zip"), 3, "aa", "bb"))
    ...     ledger.record("C", "s", State.UPLOADING)
    ...     ledger.row("s").state
    <State.UPLOADING: 'uploading'>
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = uptime,
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._file = LedgerFile(path)

    def add_package(self, package: Package) -> None:
        """Add a package; a new one, or one made again before anything was sent, is ``packaged``.

        Once something was sent, the state stays that of the sent content; `LedgerRow.is_changed`
        is then true.
        """
        p = package
        with self._file.writing() as db:
            row = self.row(p.study_id)
            if row is not None and row.cohort_id != p.cohort_id:
                raise LedgerError(
                    "The study id is already used in another cohort.",
                    advice="Every study needs its own id; find the studies of the workspace again.",
                    study_id=p.study_id,
                )
            db.execute(
                "INSERT INTO packages VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (study_id) DO UPDATE"
                " SET size = excluded.size, sha256 = excluded.sha256,"
                " source_sha256 = excluded.source_sha256,"
                " study_uid_sha256 = excluded.study_uid_sha256",
                (p.study_id, p.cohort_id, p.size, p.sha256, p.source_sha256, p.study_uid_sha256),
            )
            if row is None or (row.state is State.PACKAGED and row.sha256 != p.sha256):
                message = "packaged" if row is None else "packaged again"
                self._append(db, p.study_id, State.PACKAGED, message, (p.size, p.sha256))

    def record(
        self,
        cohort_id: str,
        study_id: str,
        state: State,
        message: str = "",
        *,
        sent: tuple[int, str] | None = None,
    ) -> None:
        """Add one event; it is on disk when this returns."""
        with self._file.writing() as db:
            row = self.row(study_id)
            if row is None or row.cohort_id != cohort_id:
                raise LedgerError(
                    "The study is not in this cohort's ledger.",
                    advice="Package it first.",
                    study_id=study_id,
                )
            if not row.state.may_become(state):
                raise LedgerError(
                    f"A study that is {row.state} cannot become {state}.",
                    why="Another process may have changed it meanwhile.",
                    advice="Check the status, then try again.",
                    study_id=study_id,
                )
            content = (row.size, row.sha256)
            if row.sent_size is not None and row.sent_sha256 is not None:
                content = (row.sent_size, row.sent_sha256)
            if state in {State.UPLOADING, State.PACKAGED}:
                content = (row.size, row.sha256)
            self._append(db, study_id, state, message, sent or content)

    def rows(self, cohort_id: str | None = None) -> list[LedgerRow]:
        """Return the state of every study, in the order they were first recorded."""
        return self._select("WHERE ? IS NULL OR cohort_id = ?", (cohort_id, cohort_id))

    def row(self, study_id: str) -> LedgerRow | None:
        """Return the state of one study; None if it is not in the ledger."""
        return next(iter(self._select("WHERE study_id = ?", (study_id,))), None)

    def history(self, study_id: str) -> list[tuple[datetime, State, str]]:
        """Return everything recorded of one study, oldest first."""
        events = self._file.select(
            "SELECT at, state, message FROM events WHERE study_id = ? ORDER BY id", (study_id,)
        )
        return [(datetime.fromisoformat(at), State(state), text) for at, state, text in events]

    def seconds_since(self, study_id: str) -> float | None:
        """Return the seconds since the last event of a study, whatever the time of day says.

        None where only the time of day could tell: the computer was started again meanwhile, or
        the event was recorded on another one.
        """
        found = self._file.select(
            "SELECT u.boot_id, u.seconds FROM events e LEFT JOIN uptimes u ON u.event_id = e.id"
            " WHERE e.study_id = ? ORDER BY e.id DESC LIMIT 1",
            (study_id,),
        )
        if not found or not boot_id() or found[0]["boot_id"] != boot_id():
            return None
        elapsed: float = self._monotonic() - found[0]["seconds"]
        return elapsed if elapsed >= 0 else None

    def set_aside(self, study_id: str, rule: str, reason: str) -> None:
        """Record that the user waived a rule for a study; the reason is kept for good."""
        with self._file.writing() as db:
            db.execute(
                "INSERT INTO overrides (study_id, rule, reason, at) VALUES (?, ?, ?, ?)",
                (study_id, rule, reason, self._now()),
            )

    def overrides(self) -> dict[tuple[str, str], str]:
        """Return the reasons of the rules that are waived, by study and rule."""
        rows = self._file.select("SELECT study_id, rule, reason FROM overrides ORDER BY id")
        last = {(study_id, rule): reason for study_id, rule, reason in rows}
        return {key: reason for key, reason in last.items() if reason}

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _select(self, where: str, values: tuple[object, ...]) -> list[LedgerRow]:
        # `where` is one of two constants of this file.
        found = self._file.select(
            f"SELECT * FROM current {where} ORDER BY"  # noqa: S608
            " (SELECT MIN(id) FROM events f WHERE f.study_id = current.study_id)",
            values,
        )
        return [_row(each) for each in found]

    def _now(self) -> str:
        return self._clock().astimezone(UTC).isoformat(timespec="microseconds")

    def _append(
        self,
        db: sqlite3.Connection,
        study_id: str,
        state: State,
        message: str,
        content: tuple[int, str],
    ) -> None:
        db.execute(
            "INSERT INTO events (study_id, state, message, size, sha256, at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (study_id, state.value, message, *content, self._now()),
        )
        db.execute(
            "INSERT INTO uptimes VALUES (last_insert_rowid(), ?, ?)",
            (boot_id(), self._monotonic()),
        )


def _row(found: sqlite3.Row) -> LedgerRow:
    """Make a row of the view `current`, whose columns are the fields."""
    values: dict[str, Any] = dict(found)
    values["state"] = State(values["state"])
    values["since"] = datetime.fromisoformat(values["since"])
    for name in ("submitted_at", "answered_at"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    return LedgerRow(**values)
