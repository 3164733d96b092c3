"""What the workspaces of an account share: who sends which study, and what became of it.

A line is added before the ledger's record of an intent or a refusal, and after its record of
another outcome, so the journal never promises less caution than the ledger: a process killed
between the two leaves a study that other workspaces take for in doubt, never one that they take
for not sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace

from neuroflow.identity import Journal, JournalEntry
from neuroflow.ledger import Ledger, LedgerRow, State, utc_now
from neuroflow.models import Package
from neuroflow.transfer.upload.reconcile import ELSEWHERE, KEPT, NOT_STORED, was_refused

SENT_ELSEWHERE = f"{ELSEWHERE}of this account sent it"
BEGUN_ELSEWHERE = (
    f"{ELSEWHERE}of this account began to send it, and its outcome is not known; continue there, "
    "wait for its result, or submit it with replace"
)
REFUSED_ELSEWHERE = f"{NOT_STORED}{BEGUN_ELSEWHERE}"
REFUSED_HERE = f"{NOT_STORED}it is recorded in the journal of the account{KEPT}"
REFUSED_STATE = "refused"
"""State of a line about a study that the server refused to store: in doubt, whatever it shows."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What the journal knows a study by, besides its id."""

    ids: tuple[str, ...] = ()  # The ids derived from the scan, that of the key for new ids first
    about: tuple[str, ...] = ()  # Keyed digests of the age and sex that are sent, for each key
    is_repetition: bool = False  # Sent again on purpose: only its own id counts


@dataclass(frozen=True, slots=True)
class Adopted:
    """What the ledger is to record of a study because of the journal."""

    state: State
    reason: str
    entry: JournalEntry

    @property
    def sent(self) -> tuple[int, str] | None:
        """Size and digest of what was sent, where it matters; else those of the package here."""
        is_known = self.state is State.UNCONFIRMED and self.entry.sha256
        return (self.entry.size, self.entry.sha256) if is_known else None


@dataclass(frozen=True, slots=True)
class SharedJournal:
    """The journal of an account as one workspace uses it; without a `journal`, it does nothing."""

    journal: Journal | None = None
    workspace: str = ""  # What identifies this workspace
    scans: Mapping[str, Scan] = field(default_factory=dict)  # By study_id

    @contextmanager
    def sending(self, study_id: str) -> Iterator[None]:
        """Hold a scan while it is sent, against every process that uses this journal."""
        scan = self._scan(study_id)
        name = study_id if scan.is_repetition or not scan.ids else scan.ids[0]
        with self.journal.sending(name) if self.journal else nullcontext():
            yield

    def add(self, study: Package | LedgerRow, state: State, *, is_refused: bool = False) -> None:
        """Add what this workspace is about to do with a study, or what became of it."""
        if self.journal is None:
            return
        scan = self._scan(study.study_id)
        entry = JournalEntry(
            study_id=study.study_id,
            state=REFUSED_STATE if is_refused else state.value,
            at=utc_now().isoformat(timespec="seconds"),
            cohort_id=study.cohort_id,
            size=study.size,
            sha256=study.sha256,
            scan=scan.ids[0] if scan.ids else "",
            about=scan.about[0] if scan.about else "",
            workspace=self.workspace,
        )
        self.journal.add(entry)

    def adopted(self, row: LedgerRow) -> Adopted | None:  # noqa: PLR0911  one answer per case
        """Return what the ledger has to learn of a study; None where it knows it."""
        entry = self.last(row.study_id)
        if entry is None or row.state.is_sent:
            return None
        state = _state(entry)
        is_own = entry.workspace == self.workspace
        if is_own and entry.state == REFUSED_STATE and not was_refused(row):
            return Adopted(State.UNCONFIRMED, REFUSED_HERE, entry)  # it died before the record
        if is_own and (
            row.state is not State.PACKAGED or state in {State.UPLOADING, State.PARTLY_SENT}
        ):
            return None  # the ledger knows more; an intent that it lacks was never carried out
        if state.is_sent:
            return Adopted(State.SUBMITTED, SENT_ELSEWHERE, entry)
        if self.is_refused(row.study_id) and not was_refused(row):
            return Adopted(State.UNCONFIRMED, REFUSED_ELSEWHERE, entry)
        if state is State.PACKAGED or row.state is State.UNCONFIRMED:
            return None
        return Adopted(State.UNCONFIRMED, BEGUN_ELSEWHERE, entry)

    def has_other_facts(self, study_id: str) -> bool:
        """Check whether a study was sent with another age or sex than it has now."""
        entry, about = self.last(study_id), self._scan(study_id).about
        if entry is None or not (entry.about and about):
            return False
        keys = {each.partition(":")[0] for each in about}
        return entry.about.partition(":")[0] in keys and entry.about not in about

    def other_id(self, study_id: str) -> str | None:
        """Return the other id under which the scan of a study was sent, or begun."""
        scan = self._scan(study_id)
        if self.journal is None or scan.is_repetition:
            return None
        found = self.journal.id_of(scan.ids)
        if found is None or found == study_id or self.last(study_id) is not None:
            return None
        entry = self.last(found)
        return None if entry is None or entry.state == State.PACKAGED else found

    def last(self, study_id: str) -> JournalEntry | None:
        """Return the last line about a study."""
        return self.journal.last(study_id) if self.journal else None

    def is_refused(self, study_id: str) -> bool:
        """Check whether the server refused to store a study after its last byte."""
        entry = self.last(study_id)
        return entry is not None and entry.state == REFUSED_STATE

    def is_behind(self, rows: Iterable[LedgerRow]) -> bool:
        """Check whether the journal lacks a study that this workspace sent: it is new, or old."""
        if self.journal is None:
            return False
        known = self.journal.study_ids
        return any(row.sent_sha256 is not None and row.study_id not in known for row in rows)

    def catch_up(self, rows: Iterable[LedgerRow]) -> None:
        """Add what the ledger knows and the journal does not: outcomes that a crash kept back."""
        if self.journal is None:
            return
        for row in rows:
            entry = self.journal.last(row.study_id)
            is_new = entry is None and row.sent_sha256 is not None
            is_late = (
                entry is not None
                and entry.workspace == self.workspace
                and row.state.is_sent
                and not _state(entry).is_sent
            )
            if is_new or is_late:
                size, sha256 = row.sent_size or row.size, row.sent_sha256 or row.sha256
                study = replace(row, size=size, sha256=sha256)
                self.add(study, row.state, is_refused=was_refused(row))

    def _scan(self, study_id: str) -> Scan:
        return self.scans.get(study_id, Scan())


def adopt(ledger: Ledger, study: Package | LedgerRow, adopted: Adopted, service: str) -> None:
    """Record in the ledger what the journal knows of a study."""
    ledger.record(
        study.cohort_id,
        study.study_id,
        adopted.state,
        adopted.reason,
        sent=adopted.sent,
        service=service,
    )


def _state(entry: JournalEntry) -> State:
    """Return the state of a line; one that this version does not know is in doubt."""
    try:
        return State(entry.state)
    except ValueError:
        return State.UNCONFIRMED
