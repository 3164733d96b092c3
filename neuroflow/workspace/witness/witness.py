"""What stands beside the ledger and knows if it went back in time or to another place."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from neuroflow.errors import FirstSubmissionError, LedgerError, LedgerLostError
from neuroflow.io import PRIVATE, atomic_write
from neuroflow.ledger import Ledger, LedgerRow, RunMark, State, rebuild_advice
from neuroflow.models import Package
from neuroflow.transfer import Phase, SentMark, and_confirm, read_marks, was_refused, write_mark
from neuroflow.workspace.file_names import PACKAGES, RESULTS, WITNESS_NAME
from neuroflow.workspace.folder import PERMISSIONS
from neuroflow.workspace.witness.place import is_same_folder, place_of

_PLACES = "places"
_BESIDE = "made_beside"
_DAMAGED = RunMark(-1, "")
_HOW = "It was deleted, restored from an older copy, or copied without its log."


class Witness:
    """The second record of a workspace: the last run, and a mark beside each package that left.

    Each job begins with `start`; before anything is sent, `check` and `check_place` compare.
    """

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self._root = root
        self._ledger = ledger
        self._path = root / WITNESS_NAME

    def start(self, job: str) -> None:
        """Record that a job begins, in the ledger and beside it; the caller holds the lock."""
        is_behind = bool(self._why_behind())
        place = place_of(self._root)
        if not self._places():
            self._ledger.keep_fact(_PLACES, place)
        is_new = self._last_run() is None
        run = self._ledger.start_run(job, place)
        # The record of a ledger that is gone is left as it is: only `renew` replaces it.
        if is_behind:
            return
        if is_new:  # a workspace of an earlier version: what left has no marks yet
            self._write_marks(self._ledger.rows())
        self._write(run)

    def check(self) -> None:
        """Raise an error if the ledger knows less than what is beside it."""
        why = self._why_behind() or self._why_lacking(self.marks())
        if not why:
            return
        raise LedgerLostError(
            f"The ledger of {self._root} is not the one that was used here; nothing was sent.",
            why=why,
            advice=rebuild_advice(self._root),
        )

    def doubt(self, rows: Iterable[LedgerRow]) -> str:
        """Return a warning if the ledger knows less than what is beside it, empty if not."""
        # Faster than `check`: only marks of studies that `rows` show as not sent are read.
        left = {row.study_id for row in rows if row.state.is_sent}
        try:
            why = self._why_behind() or self._why_lacking(self.marks(but=left))
        except LedgerError as error:
            why = f"{error.what} {error.why}"
        if not why:
            return ""
        return (
            f"The ledger of {self._root} is not the one that was used here, so the states of "
            f"studies may be older than what was sent. {why} "
            f"`neuroflow rebuild {shlex.quote(str(self._root))}` makes it again; nothing is sent."
        )

    def check_place(self, *, is_confirmed: bool) -> None:
        """Raise an error in a place where the ledger was not used before, unless confirmed."""
        place, known = place_of(self._root), self._places()
        if place in known:
            return
        is_moved = not any(is_same_folder(place, other) for other in known)
        has_sent = any(row.sent_sha256 is not None for row in self._ledger.rows())
        if is_confirmed or not (is_moved or has_sent):
            self._ledger.keep_fact(_PLACES, "\n".join([*known, place]))
            return
        what = "was moved or copied" if is_moved else "was used on another computer"
        raise FirstSubmissionError(
            f"The workspace {self._root} {what}; nothing was sent.",
            why="Of a copy, nobody knows here what was sent from the other one meanwhile.",
            advice=and_confirm("Send from the other one if there is one."),
        )

    def marks(self, but: Collection[str] = ()) -> dict[str, SentMark]:
        """Read the marks beside the packages of all cohorts, but of some studies."""
        return read_marks(sorted((self._root / PACKAGES).glob("*/")), but)

    def renew(self) -> None:
        """Take the ledger as it is now for the right one, after it was rebuilt."""
        self._ledger.keep_fact(_BESIDE, "")
        self._write_marks(self._ledger.rows())
        self._write(self._ledger.start_run("renew", place_of(self._root)))

    def _why_behind(self) -> str:
        """Return why this ledger cannot be the one of the last run; empty where it can."""
        beside = self._ledger.fact(_BESIDE)
        if beside:
            return f"It is new, and the workspace is not ({beside}). {_HOW}"
        last = self._last_run()
        if last == _DAMAGED:
            return f"The record of its last run, {self._path.name}, is damaged."
        if last is not None and not self._ledger.has_run(last):
            return f"It does not have the last run of this workspace, number {last.run}. {_HOW}"
        return ""

    def _why_lacking(self, marks: Mapping[str, SentMark]) -> str:
        """Return which uploads this ledger lacks; empty where it has those of all marks."""
        gone = self._ledger.missing({s: mark.event for s, mark in marks.items()}) if marks else ()
        return (
            f"It lacks uploads of {len(gone)} studies that left from here. {_HOW}" if gone else ""
        )

    def _places(self) -> list[str]:
        return self._ledger.fact(_PLACES).split()

    def _last_run(self) -> RunMark | None:
        try:
            note = json.loads(self._path.read_text(encoding="utf-8"))
            return RunMark(int(note["run"]), str(note["token"]))
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise LedgerError(
                f"{self._path} cannot be read.", why=f"{error.strerror}.", advice=PERMISSIONS
            ) from error
        except OSError as error:
            raise LedgerError(
                f"{self._path} cannot be read.",
                why=f"{error.strerror}.",
                advice=rebuild_advice(self._root),
            ) from error
        except (ValueError, KeyError, TypeError):
            return _DAMAGED  # a run that no ledger has, so that only a rebuild goes on from here

    def _write(self, run: RunMark) -> None:
        with atomic_write(self._path, mode=PRIVATE, error=LedgerError) as temporary:
            note = {"run": run.run, "token": run.token}
            temporary.write_text(json.dumps(note), encoding="utf-8")

    def _write_marks(self, rows: Iterable[LedgerRow]) -> None:
        """Write the marks of everything that has left according to the ledger."""
        for row in rows:
            event = self._ledger.last_mark(row.study_id)
            if row.sent_sha256 is not None and event is not None:
                write_mark(SentMark(self._package(row), _phase(row), row.service, event))

    def _package(self, row: LedgerRow) -> Package:
        return Package(
            cohort_id=row.cohort_id,
            study_id=row.study_id,
            path=self._root / PACKAGES / row.cohort_id / f"{row.study_id}.zip",
            size=row.sent_size or 0,
            sha256=row.sent_sha256 or "",
            source_sha256=row.source_sha256,
            study_uid_sha256=row.study_uid_sha256,
        )


def set_ledger_aside(ledger: Path) -> None:
    """Rename a damaged ledger and what belongs to it; nothing is deleted."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    try:
        for ending in ("", "-wal", "-shm"):
            path = ledger.with_name(f"{ledger.name}{ending}")
            if path.exists():
                path.rename(ledger.with_name(f"ledger.damaged-{stamp}.sqlite{ending}"))
    except OSError as error:
        raise LedgerError(
            f"The damaged ledger {ledger} cannot be renamed.",
            why=f"{error.strerror}.",
            advice="Check the permissions of the workspace.",
        ) from error


def traces(root: Path) -> str:
    """Return what a workspace holds of earlier work, in words; empty where there is nothing."""
    packages = [*root.glob(f"{PACKAGES}/*/*.zip"), *root.glob(f"{PACKAGES}/*/*.sent")]
    found = {
        "packages": len({path.stem for path in packages}),
        "results": sum(1 for _ in root.glob(f"{RESULTS}/*_out")),
        "records of runs": int((root / WITNESS_NAME).exists()),
        "logs of uploads": int(_has_uploads(root / "logs" / "neuroflow.log")),
    }
    return ", ".join(f"{name}: {count}" for name, count in found.items() if count)


def _has_uploads(log: Path) -> bool:
    try:
        return '"stage": "upload"' in log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _phase(row: LedgerRow) -> Phase:
    if row.state.is_sent:
        return Phase.ACKNOWLEDGED
    if was_refused(row):
        return Phase.REFUSED
    return Phase.LEAVING if row.state is State.UNCONFIRMED else Phase.BEGUN
