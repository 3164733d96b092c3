"""Who belongs to the cohorts of a workspace, and what was decided of single studies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from neuroflow.contract import check_cohort_id
from neuroflow.errors import IdError, OptionError, ResultWarning, Wording
from neuroflow.events import warn_user
from neuroflow.identity import Account
from neuroflow.io import ParticipantRows, is_more_than_text, read_participants, write_private
from neuroflow.ledger import Ledger, State
from neuroflow.models import Cohort, OnEvent, Study
from neuroflow.wording import counted
from neuroflow.workspace.arguments import check_studies
from neuroflow.workspace.enrolment.cohort_store import CohortStore
from neuroflow.workspace.enrolment.decisions import Decision, DecisionStore
from neuroflow.workspace.enrolment.ids import DERIVED, StudyIds, outdated_ids
from neuroflow.workspace.enrolment.known_values import (
    checked_values,
    cohort_id_of,
    find_study,
    named_studies,
    with_known_values,
)
from neuroflow.workspace.enrolment.repetition import check_repeatable, next_repetition
from neuroflow.workspace.enrolment.study_map import study_map
from neuroflow.workspace.folder import ProjectFolder
from neuroflow.workspace.notes import Notes

WITHDRAWN = "consent was withdrawn"
"""Why a study is excluded that is to be forgotten."""


class Enrolment:
    """The cohorts of a workspace, their participants, exclusions and filled-in values."""

    def __init__(
        self,
        folder: ProjectFolder,
        ledger: Ledger,
        *,
        account: Callable[[], Account] | None = None,
        id_kind: Callable[[], str] = lambda: DERIVED,
    ) -> None:
        self._folder = folder
        self._ledger = ledger
        self._open_account = account or folder.account
        self._id_kind = id_kind
        self._store = CohortStore(folder.cohorts)
        self._decisions = DecisionStore(folder.cohorts)

    @property
    def folder(self) -> Path:
        """The folder of the workspace."""
        return self._folder.root

    @property
    def account(self) -> Account:
        """The account at the service: its keys and its journal."""
        return self._open_account()

    def ids(self) -> list[str]:
        """List the cohorts in alphabetical order."""
        return self._store.ids()

    def cohort(
        self,
        cohort_id: Cohort | str,
        studies: Iterable[Study] | None = None,
        *,
        participants: str | Path | pd.DataFrame | None = None,
        executor: Executor | None = None,
        on_event: OnEvent | None = None,
    ) -> Cohort:
        """Make a cohort of studies, or open one again."""
        cohort_id = cohort_id_of(cohort_id)
        self._check_id(cohort_id)
        if studies is not None and not (studies := check_studies(studies)):
            raise OptionError(
                f"The cohort {cohort_id!r} would have no studies.",
                why="None were found, or none were chosen.",
                advice=Wording(
                    "Check the folder of scans with find_studies.",
                    cli="Check the folder of scans with `neuroflow check`.",
                    form="Choose another folder of scans.",
                ),
                about="folder",
            )
        # Refused before anything is written.
        source = b"" if participants is None else _people_to_copy(participants)
        if studies is None:
            cohort = self._store.read(cohort_id)
        else:
            sent = {row.study_id for row in self._ledger.rows(cohort_id) if row.submitted_at}
            cohort = self._store.enrol(
                cohort_id,
                studies,
                keep=sent,
                complete=partial(self._complete, executor=executor, on_event=on_event),
                new_id=StudyIds(
                    self._open_account,
                    self._id_kind,
                    self._studies_of_all(cohort_id),
                ),
            )
        if participants is not None:
            write_private(self._folder.participants(cohort_id), source)
            self.remove_participants(cohort_id)
        return self._with_known_values(cohort)

    def remove(self, cohort_id: str, study_ids: Collection[str]) -> None:
        """Remove studies from a cohort, with what was decided of them and found in them."""
        self._store.remove(cohort_id, study_ids)
        self._decisions.remove(cohort_id, study_ids)
        self._folder.checks(cohort_id).unlink(missing_ok=True)

    def stored(self, cohort_id: str) -> Sequence[Study]:
        """Return all studies of a cohort as its map has them."""
        return self._store.read(cohort_id).studies

    def remove_participants(self, cohort_id: str) -> bool:
        """Remove participants who were forgotten from the copy of participants.tsv."""
        table = self.participants(cohort_id)
        if table is None:
            return False
        has_gone = table["participant_id"].astype(str).map(self._folder.tombstones.has_participant)
        if has_gone.any():
            text = table[~has_gone].to_csv(sep="\t", index=False, na_rep="n/a")
            write_private(self._folder.participants(cohort_id), text.encode())
        return bool(has_gone.any())

    def _complete(
        self, studies: Sequence[Study], *, executor: Executor | None, on_event: OnEvent | None
    ) -> list[Study]:
        """Add the digests of scans, and leave out studies whose consent was withdrawn."""
        found = _identified(studies, executor=executor, on_event=on_event)
        kept = [study for study in found if not self._folder.tombstones.has_study(study)]
        if len(kept) < len(found):
            warn_user(
                f"{counted(len(found) - len(kept), 'study was', 'studies were')} excluded: the "
                "consent was withdrawn in this workspace.",
                ResultWarning,
            )
        return kept

    def renew_ids(self, cohort: Cohort | str) -> dict[str, str]:
        """Give unsent studies whose ids another account key made those of the present key."""
        cohort_id = cohort_id_of(cohort)
        if not self._outdated_ids(cohort_id):
            return {}
        with self._folder.locked():  # no job goes on with the old ones
            new = self._outdated_ids(cohort_id)
            self._store.rename(cohort_id, new)
            self._decisions.rename(cohort_id, new)
            self._ledger.rename(ids=new)
            Notes(self._folder.root).table.change_ids(new)
            for old in new:
                for name in (f"{old}.zip", f".{old}.source"):
                    (self._folder.packages(cohort_id) / name).unlink(missing_ok=True)
        return new

    def _outdated_ids(self, cohort_id: str) -> dict[str, str]:
        rows = self._ledger.rows(cohort_id)
        begun = {row.study_id for row in rows if row.state is not State.PACKAGED}
        return outdated_ids(self._store.studies(cohort_id), self.account, begun)

    def current(self, cohort: Cohort | str) -> Cohort:
        """Return a cohort as the workspace knows it now; of a `Cohort`, only its own studies."""
        cohort_id = cohort_id_of(cohort)
        known = self._with_known_values(self._store.read(cohort_id))
        # A `Cohort` may have been narrowed.
        if not isinstance(cohort, Cohort):
            return known
        by_id = {study.study_id: study for study in known.studies}
        renewed = self._ledger.renamed()
        found = [
            by_id.get(s.study_id) or by_id.get(renewed.get(str(s.study_id))) for s in cohort.studies
        ]
        unknown = [s for s, here in zip(cohort.studies, found, strict=True) if here is None]
        if unknown:
            raise OptionError(
                f"The study {unknown[0].label!r} does not belong to cohort {cohort_id!r} here.",
                why="The cohort was made again without it, or comes from another workspace.",
                advice=Wording(
                    f"Open it again with Workspace.cohort({cohort_id!r}).",
                    cli="Run the command again.",
                    form="Open the cohort again in the Cohort form.",
                ),
            )
        return replace(known, studies=tuple(study for study in found if study is not None))

    def repeat(self, cohort: Cohort | str, study: str, reason: str) -> Study:
        """Add a study once more, under a new id, to be sent again deliberately."""
        cohort_id = cohort_id_of(cohort)
        with self._folder.locked():
            chosen = find_study(self.current(cohort), study)
            known = self._studies_of_all(cohort_id)
            first = next((s for s in known if s.study_id == chosen.repeats), chosen)
            family = [s for s in known if first.study_id in {s.study_id, s.repeats}]
            check_repeatable(chosen, family, self._ledger)
            new = next_repetition(first, family, self.account, self._ledger)
            before = self._decisions.read(cohort_id).get(str(chosen.study_id), Decision())
            self._decisions.change(
                cohort_id, str(new.study_id), age=before.age, sex=before.sex, repeated=reason
            )
            for (study_id, rule), why in self._ledger.overrides().items():
                if study_id == chosen.study_id:
                    self._ledger.set_aside(str(new.study_id), rule, why)
            self._store.add(cohort_id, new)
        return new

    def repetitions(self) -> dict[str, str]:
        """Map the deliberate repetitions in all cohorts to the studies that they repeat."""
        return self._store.repetitions()

    def participants(self, cohort: Cohort | str) -> pd.DataFrame | None:
        """Read the participants.tsv of a cohort; None where it was made without one."""
        path = self._folder.participants(cohort_id_of(cohort))
        return read_participants(path) if path.exists() else None

    def exclude(self, cohort: Cohort | str, study: str, reason: str) -> None:
        """Exclude a study that was not sent yet, with a reason."""
        cohort = self.current(cohort)
        chosen = find_study(cohort, study)
        if not isinstance(reason, str) or not reason.strip():
            raise OptionError(
                "A study is excluded with a reason.",
                advice="State the reason in a few words; it stays in this workspace.",
                about="reason",
            )
        row = self._ledger.row(str(chosen.study_id))
        if row is not None and row.sent_sha256 and row.cohort_id == cohort.cohort_id:
            raise OptionError(
                f"The study {chosen.label!r} was sent already.",
                advice="Exclude it from the comparison instead, in the cohort table.",
            )
        self._decisions.change(cohort.cohort_id, str(chosen.study_id), excluded=reason.strip())

    def include(self, cohort: Cohort | str, study: str) -> None:
        """Include a study again that was excluded."""
        cohort = self.current(cohort)
        chosen = find_study(cohort, study)
        self._decisions.change(cohort.cohort_id, str(chosen.study_id), excluded="")

    def excluded(self, cohort: Cohort | str) -> dict[str, str]:
        """Map the excluded studies of a cohort, by `study_id`, to the reasons."""
        cohort_id = cohort_id_of(cohort)
        decisions = self._decisions.read(cohort_id)
        out = {study_id: each.excluded for study_id, each in decisions.items() if each.excluded}
        # Those that could not be removed wholly; `forget` run again removes the rest.
        ids = [str(study.study_id) for study in self._store.studies(cohort_id)]
        return out | dict.fromkeys(sorted(self._folder.tombstones.among(ids)), WITHDRAWN)

    def without_excluded(self, cohort: Cohort | str) -> Cohort:
        """Return a cohort as it is now, without its excluded studies."""
        cohort = self.current(cohort)
        out = self.excluded(cohort)
        return replace(cohort, studies=tuple(s for s in cohort.studies if s.study_id not in out))

    def fill_in(
        self,
        cohort: Cohort | str,
        study: str,
        *,
        age: float | None = None,
        sex: str | None = None,
    ) -> None:
        """Fill in the age or sex of a study where participants.tsv has none."""
        cohort = self.current(cohort)
        chosen = find_study(cohort, study)
        given = {name: value for name, value in (("age", age), ("sex", sex)) if value is not None}
        decision = checked_values(given)
        given = {name: getattr(decision, name) for name in given}
        known = with_known_values(chosen, decision, self._rows(cohort.cohort_id))
        for name, value in given.items():
            if getattr(known, name) != value:
                raise OptionError(
                    f"participants.tsv has another {name} for study {chosen.label!r}.",
                    why=f"It has {getattr(known, name)}.",
                    advice="Correct participants.tsv and choose it again.",
                    about=name,
                )
        self._decisions.change(cohort.cohort_id, str(chosen.study_id), **given)

    def find(self, name: str) -> str:
        """Return the id of a study of any cohort by its label, its id, or as in BIDS."""
        every = [study for cohort_id in self.ids() for study in self.stored(cohort_id)]
        found = {str(study.study_id): study.label for study in named_studies(every, name)}
        if len(found) == 1:
            return next(iter(found))
        raise OptionError(
            f"There are several studies {name!r}." if found else f"There is no study {name!r}.",
            advice=f"Use the study_id: {', '.join(list(found)[:5])}."
            if found
            else "Use the label or the study_id of a study of a cohort in this workspace.",
        )

    def labels(self) -> dict[str, str]:
        """Map the id of every study of the workspace to its label: participant and session."""
        return self._store.labels()

    def study_map(self) -> pd.DataFrame:
        """Join the studies of all cohorts with their participants, to match results with."""
        sent_with = {row.study_id: row.cohort_id for row in self._ledger.rows()}
        return study_map(self._store, self.participants, self._decisions.read, sent_with)

    def _studies_of_all(self, last: str) -> list[Study]:
        """Return the studies of all cohorts, those of one at the end."""
        others = [other for other in self.ids() if other != last]
        return [study for each in (*others, last) for study in self._store.studies(each)]

    def _check_id(self, cohort_id: str) -> None:
        """Refuse an id that the disks of Windows and macOS take for another cohort's."""
        check_cohort_id(cohort_id)
        known = self.ids()
        for other in known:
            if cohort_id not in known and cohort_id.casefold() == other.casefold():
                raise IdError(
                    f"The cohort id {cohort_id!r} differs from {other!r} in case only.",
                    advice=f"Write {other!r} for the existing cohort, or choose another id.",
                    about="cohort_id",
                )

    def _with_known_values(self, cohort: Cohort) -> Cohort:
        """Add the ages and sexes that were filled in or are in participants.tsv."""
        rows = self._rows(cohort.cohort_id)
        decisions = self._decisions.read(cohort.cohort_id)
        known = (
            with_known_values(study, decisions.get(str(study.study_id), Decision()), rows)
            for study in cohort.studies
        )
        return replace(cohort, studies=tuple(known))

    def _rows(self, cohort_id: str) -> ParticipantRows | None:
        participants = self.participants(cohort_id)
        return None if participants is None else ParticipantRows(participants)


def _people_to_copy(participants: str | Path | pd.DataFrame) -> bytes:
    """Return the contents of the workspace's copy of participants.tsv."""
    table = participants
    if isinstance(participants, str | Path):
        table = read_participants(participants)
        if not is_more_than_text(participants):
            return Path(participants).expanduser().read_bytes()
    if not isinstance(table, pd.DataFrame) or "participant_id" not in table:
        raise OptionError(
            f"participants must be a path, not {type(participants).__name__}.",
            advice="Pass the path of participants.tsv, or what read_participants returned.",
            about="participants",
        )
    return table.to_csv(sep="\t", index=False, na_rep="n/a").encode()  # with nothing beside it


def _identified(
    studies: Sequence[Study], *, executor: Executor | None, on_event: OnEvent | None
) -> list[Study]:
    """Add the digests of the scans that were never digested; the others keep theirs."""
    from neuroflow.studies import image_digests  # with readers of scans, when needed

    new = [study for study in studies if not study.image_digest]
    digests = iter(image_digests(new, executor=executor, on_event=on_event))
    return [
        study if study.image_digest else replace(study, image_digest=next(digests) or None)
        for study in studies
    ]
