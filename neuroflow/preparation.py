"""From studies and participants to what may be sent and what is blocked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from neuroflow.cohorts import CohortStore
from neuroflow.errors import SubmissionError
from neuroflow.models import Cohort, Severity, Study
from neuroflow.participants import participant_row

MOST_NAMED = 5
"""How many blocked studies an error names; the findings have them all."""


def with_participant(study: Study, participants: pd.DataFrame) -> Study:
    """Give a study the age and sex of its participant; what is already known stays.

    Parameters
    ----------
    study
        The study.
    participants
        What `neuroflow.participants.read_participants` read.

    Returns
    -------
    Study
        The same study where participants.tsv does not know it.
    """
    if study.participant_id is None:
        return study
    row = participant_row(participants, study.participant_id, study.session_id)
    if row is None:
        return study
    age, sex = row.get("age"), row.get("sex")
    return replace(
        study,
        age=study.age if pd.isna(age) else float(age),
        sex=study.sex if pd.isna(sex) else str(sex),
    )


def blocked_studies(cohort: Cohort, findings: pd.DataFrame) -> dict[str, str]:
    """Name the studies that have errors.

    Parameters
    ----------
    cohort
        The cohort.
    findings
        What `Workspace.check` found.

    Returns
    -------
    dict
        From `study_id` to the reasons, for people.
    """
    errors = findings[findings["severity"] == Severity.ERROR]
    reasons = {
        label: "; ".join(f"{row.rule}: {row.measured}" for row in rows.itertuples())
        for label, rows in errors.groupby("study", sort=False)
    }
    return {str(s.study_id): reasons[s.label] for s in cohort.studies if s.label in reasons}


def refusal(cohort: Cohort, blocked: Mapping[str, str]) -> SubmissionError:
    """Say why a cohort may not be sent as it is.

    Parameters
    ----------
    cohort
        The cohort.
    blocked
        What `blocked_studies` returned; not empty.

    Returns
    -------
    SubmissionError
        Names the first studies by their label, which stays on this disk.
    """
    labels = {str(study.study_id): study.label for study in cohort.studies}
    named = [f"{labels[study_id]} ({reason})" for study_id, reason in blocked.items()]
    more = f", and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return SubmissionError(
        f"{len(blocked)} of {len(cohort.studies)} studies have errors; nothing was sent.",
        why=f"{', '.join(named[:MOST_NAMED])}{more}.",
        advice="See Workspace.check(cohort); mend them, or send the others with only_good=True.",
    )


def study_map(
    cohorts: CohortStore, participants: Callable[[str], pd.DataFrame | None]
) -> pd.DataFrame:
    """Join every cohort's map with its participants: what results are matched with.

    Parameters
    ----------
    cohorts
        The cohorts of a workspace.
    participants
        Returns the participants of a cohort, if known.

    Returns
    -------
    pandas.DataFrame
        One row per study: cohort_id, study_id, participant_id, session_id, and the columns of
        participants.tsv.
    """
    parts = []
    for cohort_id in cohorts.ids():
        studies = cohorts.frame(cohort_id)[["study_id", "participant_id", "session_id"]]
        studies = studies.assign(cohort_id=cohort_id)
        table = participants(cohort_id)
        parts.append(studies if table is None else _joined(studies, table))
    columns = ["cohort_id", "study_id", "participant_id", "session_id"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _joined(studies: pd.DataFrame, participants: pd.DataFrame) -> pd.DataFrame:
    """Join each study with the row of its own visit, or else of its participant."""
    rows = [
        participant_row(participants, participant or "", session or None)
        for participant, session in zip(
            studies["participant_id"], studies["session_id"], strict=True
        )
    ]
    further = [c for c in participants.columns if c not in {"participant_id", "session_id"}]
    facts = pd.DataFrame(
        {c: [None if row is None else row[c] for row in rows] for c in further}, index=studies.index
    )
    return pd.concat([studies, facts], axis=1)
