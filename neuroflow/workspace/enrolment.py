"""Cohorts of a workspace: who belongs to them, what the checks say, what was decided."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

import pandas as pd

from neuroflow.contract import check_cohort_id
from neuroflow.errors import IdError, OptionError
from neuroflow.io import ParticipantRows, read_participants, write_private
from neuroflow.ledger import Ledger, utc_now
from neuroflow.models import Cohort, OnEvent, Study
from neuroflow.studies import CheckCache, Waiver, apply_waivers, check
from neuroflow.workspace.cohort_store import CohortStore
from neuroflow.workspace.decisions import Decision, DecisionStore
from neuroflow.workspace.folder import WorkFolder
from neuroflow.workspace.preparation import (
    find_study,
    overrides_of,
    unmatched_studies,
    with_facts,
)

SEXES = ("M", "F")


class CohortWorkspace:
    """What a workspace knows of its cohorts; `neuroflow.Workspace` adds the rest."""

    def __init__(self, folder: str | Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._places = WorkFolder(folder)
        self.ledger = Ledger(self._places.ledger, clock=clock)
        self._cohorts = CohortStore(self._places.cohorts)
        self._decisions = DecisionStore(self._places.cohorts)

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self._places.root

    @property
    def is_busy(self) -> bool:
        """True while a notebook or a command is packaging, sending or collecting here."""
        return self._places.is_locked

    def close(self) -> None:
        """Close the ledger; harmless when repeated."""
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.folder)!r})"

    # ---------------------------------------------------------------- cohorts

    def cohorts(self) -> list[str]:
        """List the ids of the cohorts in this workspace."""
        return self._cohorts.ids()

    def cohort(
        self,
        cohort_id: str,
        studies: Iterable[Study] | None = None,
        *,
        participants: str | Path | None = None,
    ) -> Cohort:
        """Make a cohort of studies, or open one again.

        Every study gets a `study_id`, and keeps it whenever the cohort is made anew.
        """
        self._check_new(cohort_id)
        if studies is not None and not (studies := list(studies)):
            raise OptionError(
                f"The cohort {cohort_id!r} would have no studies.",
                why="None were found, or none were chosen.",
                advice="Look at the folder of scans with find_studies.",
            )
        if participants is not None:
            read_participants(participants)  # refused before anything is written
            source = Path(participants).expanduser().read_bytes()
        if studies is None:
            cohort = self._cohorts.read(cohort_id)
        else:
            sent = {row.study_id for row in self.ledger.rows(cohort_id) if row.submitted_at}
            cohort = self._cohorts.enrol(cohort_id, studies, keep=sent)
        if participants is not None:
            write_private(self._places.participants(cohort_id), source)
        return self._with_facts(cohort)

    def participants(self, cohort_id: str) -> pd.DataFrame | None:
        """Return the participants of a cohort."""
        path = self._places.participants(cohort_id)
        return read_participants(path) if path.exists() else None

    def check(
        self,
        cohort: Cohort,
        *,
        on_event: OnEvent | None = None,
        executor: Executor | None = None,
        look: bool = True,
    ) -> pd.DataFrame:
        """Check every study of a cohort against the service's acquisition protocol.

        Studies whose files did not change since the last check are not read again; those that
        were excluded are not checked.
        """
        cohort = self._in_use(cohort)
        own = {str(study.study_id) for study in cohort.studies}
        sent = {
            row.study_uid_sha256
            for row in self.ledger.rows()
            if row.submitted_at and row.study_uid_sha256 and row.study_id not in own
        }
        findings = check(
            cohort.studies,
            sent=sent,
            executor=executor,
            on_event=on_event,
            cache=CheckCache(self._places.checks(cohort.cohort_id)),
            cached_only=not look,
        )
        unmatched = unmatched_studies(cohort, self.participants(cohort.cohort_id))
        return apply_waivers(
            pd.concat([findings, unmatched], ignore_index=True),
            overrides_of(cohort, self.ledger.overrides()),
        )

    def override(self, cohort: Cohort, study: str, rule: str, reason: str) -> None:
        """Set one rule aside for one study, with a reason that the ledger keeps."""
        chosen = find_study(cohort, study)
        Waiver(chosen.label, rule, reason or "taken up again")
        self.ledger.set_aside(str(chosen.study_id), rule, reason.strip())

    def exclude(self, cohort: Cohort, study: str, reason: str) -> None:
        """Leave a study out: it is not checked, packaged or sent until it is included again."""
        chosen = find_study(cohort, study)
        if not reason.strip():
            raise OptionError(
                "A study is left out with a reason.",
                advice="Say why, in a few words; it stays in this workspace.",
            )
        row = self.ledger.row(str(chosen.study_id))
        if row is not None and row.sent_sha256 is not None:
            raise OptionError(
                f"The study {chosen.label!r} was sent already.",
                advice="Leave it out when you compare, with the cohort table.",
            )
        self._decisions.change(cohort.cohort_id, str(chosen.study_id), excluded=reason.strip())

    def include(self, cohort: Cohort, study: str) -> None:
        """Take a study that was excluded into its cohort again."""
        chosen = find_study(cohort, study)
        self._decisions.change(cohort.cohort_id, str(chosen.study_id), excluded="")

    def excluded(self, cohort_id: str) -> dict[str, str]:
        """Tell which studies of a cohort are left out, and why."""
        decisions = self._decisions.read(cohort_id)
        return {study_id: each.excluded for study_id, each in decisions.items() if each.excluded}

    def fill_in(
        self, cohort: Cohort, study: str, *, age: float | None = None, sex: str | None = None
    ) -> Cohort:
        """Give a study the age or sex that neither participants.tsv nor its header tells.

        They are kept in the workspace; participants.tsv is not changed, and wins where it names
        them later.
        """
        chosen = find_study(cohort, study)
        given = {name: value for name, value in (("age", age), ("sex", sex)) if value is not None}
        decision = _decided(given)
        given = {name: getattr(decision, name) for name in given}
        known = with_facts(chosen, decision, self._participant_rows(cohort.cohort_id))
        for name, value in given.items():
            if getattr(known, name) != value:
                raise OptionError(
                    f"participants.tsv says another {name} of study {chosen.label!r}.",
                    why=f"It says {getattr(known, name)}.",
                    advice="Correct participants.tsv and choose it again.",
                )
        self._decisions.change(cohort.cohort_id, str(chosen.study_id), **given)
        return self._with_facts(cohort)

    def _check_new(self, cohort_id: str) -> None:
        """Refuse an id that the disks of Windows and macOS take for another cohort's."""
        check_cohort_id(cohort_id)
        known = self.cohorts()
        for other in known:
            if cohort_id not in known and cohort_id.casefold() == other.casefold():
                raise IdError(
                    f"The cohort id {cohort_id!r} differs from {other!r} in case only.",
                    advice=f"Write {other!r} for the cohort that is there, or choose another id.",
                )

    def _in_use(self, cohort: Cohort) -> Cohort:
        """Return a cohort without the studies that are excluded."""
        out = self.excluded(cohort.cohort_id)
        return replace(cohort, studies=tuple(s for s in cohort.studies if s.study_id not in out))

    def _with_facts(self, cohort: Cohort) -> Cohort:
        """Give the studies the ages and sexes that were filled in or stand in participants.tsv."""
        rows = self._participant_rows(cohort.cohort_id)
        decisions = self._decisions.read(cohort.cohort_id)
        known = (
            with_facts(study, decisions.get(str(study.study_id), Decision()), rows)
            for study in cohort.studies
        )
        return replace(cohort, studies=tuple(known))

    def _participant_rows(self, cohort_id: str) -> ParticipantRows | None:
        participants = self.participants(cohort_id)
        return None if participants is None else ParticipantRows(participants)


def _decided(given: Mapping[str, object]) -> Decision:
    """Check an age and a sex as a person gave them; an age may be a text."""
    age, sex = given.get("age"), given.get("sex")
    try:
        years = None if age is None else float(age)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        years = math.nan
    if years is not None and not 0 <= years <= 130:
        raise OptionError(f"{age!r} is no age.", advice="Give years, from 0 to 130.")
    if sex is not None and not (isinstance(sex, str) and sex in SEXES):
        raise OptionError(f"{sex!r} is no sex.", advice="Give M or F.")
    return Decision(age=years, sex=sex)
