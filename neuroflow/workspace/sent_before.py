"""What was sent before a submission, here and elsewhere, as far as it can be known."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence

from neuroflow.errors import FirstSubmissionError
from neuroflow.identity import ACCEPTED, Account, JournalEntry, read_id
from neuroflow.ledger import Ledger, LedgerRow, State, utc_now
from neuroflow.models import Cohort, ResultFolder, Study
from neuroflow.transfer import (
    Acquaintance,
    BeforeFirst,
    Remote,
    Scan,
    SharedJournal,
    and_confirm,
    check_account,
    strange_keys,
)
from neuroflow.workspace.enrolment import Enrolment
from neuroflow.workspace.witness import Witness

_NAME = "workspace"
_ABOUT = "neuroflow age and sex 1"


class SentBefore:
    """Compares what the ledger, the journal of the account and the server know was sent.

    Studies that cannot be known are asked about before anything is sent; `is_confirmed` is the
    user's answer that they were never sent.
    """

    def __init__(self, ledger: Ledger, enrolment: Enrolment, witness: Witness | None) -> None:
        self._ledger = ledger
        self._enrolment = enrolment
        self._witness = witness

    def shared(self, cohort: Cohort) -> SharedJournal:
        """Return the journal of the account, for the studies of one cohort."""
        account = self._enrolment.account
        scans = {str(study.study_id): _scan(study, account) for study in cohort.studies}
        return SharedJournal(account.journal, self._workspace(), scans)

    def check(self, cohort: Cohort, service: str, *, is_confirmed: bool) -> None:
        """Raise an error where what was sent before cannot be known here."""
        if self._witness is not None:
            self._witness.check()
            self._witness.check_place(is_confirmed=is_confirmed)
        if is_confirmed:
            return
        here = {r.study_id: r for r in self._ledger.rows(cohort.cohort_id, service=service or None)}
        own = {study.study_id for study in cohort.studies}
        elsewhere = [
            row
            for row in self._ledger.rows(cohort.cohort_id)
            if row.sent_sha256 is not None
            and row.study_id in own
            and (row.study_id not in here or here[row.study_id].sent_sha256 is None)
        ]
        if elsewhere:
            raise FirstSubmissionError(
                f"{len(elsewhere)} of {len(cohort.studies)} studies were sent to another service; "
                "nothing was sent.",
                why=f"They went to {elsewhere[0].service}; the profile in use is {service}.",
                advice=and_confirm("Use the profile of that service, if it is the right one."),
            )

    def before_first(
        self, cohort_id: str, service: str, shared: SharedJournal, *, is_confirmed: bool
    ) -> BeforeFirst:
        """Return what compares the account with the journal before anything is sent."""
        fact = f"submitted to {service}"
        rows = self._ledger.rows(service=service or None)
        has_sent = bool(self._ledger.fact(fact)) or any(r.sent_sha256 is not None for r in rows)
        known = self._acquaintance(is_first=not has_sent or shared.is_behind(rows))

        def look(remote: Remote, results: Mapping[str, ResultFolder]) -> None:
            if not is_confirmed:
                check_account(remote, cohort_id, answered=results, known=known)
            else:
                tags = strange_keys(remote, cohort_id, answered=results, known=known)
                self._accept(sorted(tags))
            shared.catch_up(rows)
            self._ledger.keep_fact(fact, "yes")

        return look

    def _acquaintance(self, *, is_first: bool) -> Acquaintance:
        account = self._enrolment.account
        return Acquaintance(
            study_ids=account.journal.study_ids | _sent(self._ledger.rows()),
            keys=account.tags,
            accepted=account.journal.accepted,
            is_first=is_first,
        )

    def _accept(self, tags: Sequence[str]) -> None:
        """Record that the user knows of the studies with ids of these keys."""
        journal = self._enrolment.account.journal
        for tag in tags:
            if tag not in journal.accepted:
                journal.add(JournalEntry(tag, ACCEPTED, utc_now().isoformat(timespec="seconds")))

    def _workspace(self) -> str:
        """Return what identifies this workspace in the journal; a copy has another one."""
        token = self._ledger.fact(_NAME)
        if not token:
            token = secrets.token_hex(8)
            self._ledger.keep_fact(_NAME, token)
        place = f"{token}:{self._enrolment.folder.stat().st_ino}"
        return hashlib.sha256(place.encode("ascii")).hexdigest()[:16]


def _sent(rows: Sequence[LedgerRow]) -> set[str]:
    # Another workspace gives the same scan the same id: only what left here is known.
    return {row.study_id for row in rows if row.state is not State.PACKAGED}


def _scan(study: Study, account: Account) -> Scan:
    keys = account.keys()
    derived = read_id(str(study.study_id))
    facts = f"{study.age} {study.sex}".encode()
    return Scan(
        ids=account.scans_of(study.image_digest) if study.image_digest else (),
        about=tuple(f"{key.tag}:{key.digest(_ABOUT, facts).hex()[:16]}" for key in keys),
        is_repetition=study.repeats is not None or bool(derived and derived.repetition),
    )
