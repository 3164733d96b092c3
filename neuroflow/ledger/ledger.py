"""The record of what was sent and fetched: one SQLite file, events only ever added.

Intent is recorded before a step and its outcome after it, each on disk before the call returns,
so that a process killed at any moment leaves a state that the next one can resolve by checking
the server.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from neuroflow.errors import LedgerError
from neuroflow.ledger.database import LedgerFile, of_other_version
from neuroflow.ledger.records import EventMark, LedgerRow, RunMark, query_rows, read_row
from neuroflow.ledger.sealing import forget_rows, seal_rows
from neuroflow.ledger.states import State
from neuroflow.ledger.uptime import boot_id, uptime
from neuroflow.models import Package


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class Ledger:
    """The ledger of a workspace; safe in several threads and several processes."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = uptime,
        mode: int = 0o600,
        read_only: bool = False,
        made_beside: Callable[[], str] = str,
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._file = LedgerFile(path, mode=mode, read_only=read_only, made_beside=made_beside)

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def is_read_only(self) -> bool:
        """True where nothing can be recorded."""
        return self._file.is_read_only

    def add_package(self, package: Package) -> None:
        """Add a package; a new one, or one made again before anything was sent, is ``packaged``.

        Once something was sent, the state stays that of the sent content; `LedgerRow.is_changed` is
        then true.
        """
        p = package
        with self._file.writing() as db:
            row = self.row(p.study_id)
            if row is not None and row.cohort_id != p.cohort_id and row.state is State.PACKAGED:
                self._move(db, row, p.cohort_id)
            elif row is not None and row.cohort_id != p.cohort_id:
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
        # where the study goes; without it, where it went before
        service: str = "",
    ) -> EventMark:
        """Add one event; it is on disk when this returns."""
        with self._file.writing() as db:
            row = self.row(study_id, service=service or None)
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
            return self._append(
                db, study_id, state, message, sent or content, service or row.service
            )

    def add_cohort(self, study_id: str, cohort_id: str) -> None:
        """Record that a study stands in a further cohort than the one it is sent with."""
        with self._file.writing() as db:
            db.execute("INSERT OR IGNORE INTO also_in VALUES (?, ?)", (study_id, cohort_id))

    def further_cohorts(self) -> dict[str, list[str]]:
        """Map studies that stand in several cohorts to those that they are not sent with."""
        found = self._file.select(
            "SELECT a.study_id, a.cohort_id FROM also_in a JOIN packages p USING (study_id)"
            " WHERE a.cohort_id <> p.cohort_id ORDER BY a.cohort_id"
        )
        cohorts: dict[str, list[str]] = {}
        for study_id, cohort_id in found:
            cohorts.setdefault(study_id, []).append(cohort_id)
        return cohorts

    def rows(self, cohort_id: str | None = None, *, service: str | None = None) -> list[LedgerRow]:
        """Return the state of every study, in the order they were first recorded.

        Of a cohort, also of the studies that are sent with another one. With a `service`, what was
        sent to another one counts as not sent.
        """
        return self._select(cohort_id, None, service)

    def row(self, study_id: str, *, service: str | None = None) -> LedgerRow | None:
        """Return the state of one study; None if it is not in the ledger."""
        return next(iter(self._select(None, study_id, service)), None)

    def services(self) -> list[str]:
        """Return the services that studies were sent to, the latest first."""
        found = self._file.select(
            "SELECT service FROM destinations GROUP BY service ORDER BY MAX(event_id) DESC"
        )
        return [row["service"] for row in found]

    def checkpoint(self) -> None:
        """Make the main file complete, so that a copy of it alone is not older than it."""
        self._file.checkpoint()

    def start_run(self, job: str, place: str) -> RunMark:
        """Record that a job begins in a place; return what a witness outside needs to know it."""
        with self._file.writing() as db:
            token = secrets.token_hex(8)
            run = db.execute(
                "INSERT INTO runs (job, token, place, at) VALUES (?, ?, ?, ?)",
                (job, token, place, self._now()),
            ).lastrowid
        self.checkpoint()
        return RunMark(run or 0, token)

    def has_run(self, mark: RunMark) -> bool:
        """Check whether this ledger recorded a run; an older copy of it did not."""
        return bool(
            self._file.select(
                "SELECT 1 FROM runs WHERE id = ? AND token = ?", (mark.run, mark.token)
            )
        )

    def missing(self, marks: Mapping[str, EventMark]) -> list[str]:
        """Return the studies, of those with a mark, whose event this ledger does not have."""
        known = {
            (row["study_id"], row["id"], row["at"])
            for row in self._file.select("SELECT study_id, id, at FROM events")
        }
        return [s for s, mark in marks.items() if (s, mark.event, mark.at) not in known]

    def last_mark(self, study_id: str) -> EventMark | None:
        """Return what identifies the last event of a study."""
        found = self._file.select(
            "SELECT id, at FROM events WHERE study_id = ? ORDER BY id DESC LIMIT 1", (study_id,)
        )
        return EventMark(found[0]["id"], found[0]["at"]) if found else None

    def fact(self, name: str) -> str:
        """Return what was kept under a name; empty where nothing was."""
        found = self._file.select("SELECT value FROM facts WHERE name = ?", (name,))
        return str(found[0]["value"]) if found else ""

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a value under a name."""
        with self._file.writing() as db:
            db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def history(self, study_id: str) -> list[tuple[datetime, State, str]]:
        """Return everything recorded of one study, oldest first."""
        events = self._file.select(
            "SELECT at, state, message FROM events WHERE study_id = ? ORDER BY id", (study_id,)
        )
        with self._understood():
            return [(datetime.fromisoformat(at), State(state), text) for at, state, text in events]

    def seconds_since(self, study_id: str) -> float | None:
        """Return the seconds since the last event of a study, independent of the time of day."""
        found = self._file.select(
            "SELECT u.boot_id, u.seconds FROM events e LEFT JOIN uptimes u ON u.event_id = e.id"
            " WHERE e.study_id = ? ORDER BY e.id DESC LIMIT 1",
            (study_id,),
        )
        if not found or not boot_id() or found[0]["boot_id"] != boot_id():
            # Only the time of day is known: the computer was started again meanwhile, or the event
            # was recorded on another one.
            return None
        elapsed: float = self._monotonic() - found[0]["seconds"]
        return elapsed if elapsed >= 0 else None

    def rename(self, ids: Mapping[str, str]) -> None:
        """Give studies that were not sent other ids; their waived rules go with them."""
        waived = self.overrides()
        with self._file.writing() as db:
            for old, new in ids.items():
                db.execute("DELETE FROM renamed WHERE study_id = ?", (new,))
                db.execute("INSERT OR REPLACE INTO renamed VALUES (?, ?)", (old, new))
        for (study_id, rule), reason in waived.items():
            if study_id in ids:
                self.set_aside(ids[study_id], rule, reason)

    def renamed(self) -> dict[str, str]:
        """Map the former ids of studies to their new ones."""
        return dict(self._file.select("SELECT study_id, new_id FROM renamed"))  # type: ignore[arg-type]

    def set_aside(self, study_ids: str | Iterable[str], rule: str, reason: str) -> None:
        """Record that the user waived a rule for studies; the reason is kept for good."""
        ids = [study_ids] if isinstance(study_ids, str) else study_ids
        command = "INSERT INTO overrides (study_id, rule, reason, at) VALUES (?, ?, ?, ?)"
        with self._file.writing() as db:
            db.executemany(command, [(each, rule, reason, self._now()) for each in ids])

    def seal(self, digest: Callable[[str], str], close: Callable[[str], str]) -> None:
        """Seal what an older ledger holds about people; what `digest` and `close` made stays."""
        seal_rows(self._file, digest, close)

    def forget(self, study_id: str) -> None:
        """Remove a study; if it was sent, only digests of its scan and reasons."""
        forget_rows(self._file, study_id)

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

    def _move(self, db: sqlite3.Connection, row: LedgerRow, cohort_id: str) -> None:
        """Send a study with another cohort than the one it was packaged for."""
        db.execute(
            "UPDATE packages SET cohort_id = ? WHERE study_id = ?", (cohort_id, row.study_id)
        )
        db.execute("INSERT OR IGNORE INTO also_in VALUES (?, ?)", (row.study_id, row.cohort_id))

    def _select(
        self, cohort_id: str | None, study_id: str | None, service: str | None
    ) -> list[LedgerRow]:
        values = {"cohort_id": cohort_id, "study_id": study_id, "service": service}
        query = query_rows(one=study_id is not None)
        with self._understood():
            return [read_row(each) for each in self._file.select(query, values)]

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Translate a state or time that this version does not know."""
        try:
            yield
        except ValueError as error:
            raise of_other_version(self.path, f"It contains something unknown: {error}.") from error

    def _now(self) -> str:
        return self._clock().astimezone(UTC).isoformat(timespec="microseconds")

    def _append(  # noqa: PLR0917  the columns of an event
        self,
        db: sqlite3.Connection,
        study_id: str,
        state: State,
        message: str,
        content: tuple[int, str],
        service: str = "",
    ) -> EventMark:
        at = self._now()
        event = db.execute(
            "INSERT INTO events (study_id, state, message, size, sha256, at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (study_id, state.value, message, *content, at),
        ).lastrowid
        db.execute("INSERT INTO uptimes VALUES (?, ?, ?)", (event, boot_id(), self._monotonic()))
        if service:
            db.execute("INSERT INTO destinations VALUES (?, ?)", (event, service))
        return EventMark(event or 0, at)
