"""From studies and participants to what may be sent and what is blocked."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, fields, replace

import pandas as pd

from neuroflow.errors import OptionError, SubmissionError
from neuroflow.io import ParticipantRows, without_prefix
from neuroflow.models import Cohort, Finding, Severity, Study
from neuroflow.studies import Waiver
from neuroflow.workspace.cohort_store import CohortStore
from neuroflow.workspace.decisions import Decision

MOST_NAMED = 5
"""How many blocked studies an error names; the findings have them all."""


def with_participant(study: Study, rows: ParticipantRows) -> Study:
    """Give a study the age and sex of its participant; what is already known stays."""
    if study.participant_id is None:
        return study
    row = rows.find(study.participant_id, study.session_id)
    if row is None:
        return study
    age, sex = row.get("age"), row.get("sex")
    return replace(
        study,
        age=study.age if pd.isna(age) else float(age),
        sex=study.sex if pd.isna(sex) else str(sex),
    )


def with_facts(study: Study, decision: Decision, rows: ParticipantRows | None) -> Study:
    """Give a study the age and sex that are known of it beside its header."""
    filled = replace(
        study,
        age=study.age if decision.age is None else decision.age,
        sex=decision.sex or study.sex,
    )
    return filled if rows is None else with_participant(filled, rows)


def find_study(cohort: Cohort, name: str) -> Study:
    """Find a study of a cohort by what people or the server call it."""
    for study in cohort.studies:
        if name in {study.label, study.study_id}:
            return study
    raise OptionError(
        f"There is no study {name!r} in cohort {cohort.cohort_id!r}.",
        advice="Name it as in the column `study` of the findings, or by its study_id.",
    )


def overrides_of(cohort: Cohort, kept: Mapping[tuple[str, str], str]) -> list[Waiver]:
    """Pick the rules that were set aside for the studies of a cohort."""
    labels = {study.study_id: study.label for study in cohort.studies}
    return [
        Waiver(labels[study_id], rule, reason)
        for (study_id, rule), reason in kept.items()
        if study_id in labels
    ]


def unmatched_studies(cohort: Cohort, participants: pd.DataFrame | None) -> pd.DataFrame:
    """Warn of studies whose participant is not in participants.tsv."""
    rows = None if participants is None else ParticipantRows(participants)
    findings = [
        Finding(
            study=study.label,
            rule="participant",
            severity=Severity.WARNING,
            measured=study.participant_id or "unknown",
            accepted="a row of participants.tsv",
            advice="Add the row, or name the participant in studies.tsv; else the results of this "
            "study have no group.",
        )
        for study in cohort.studies
        if rows is not None and not _is_in(rows, study)
    ]
    columns = [field.name for field in fields(Finding)]
    return pd.DataFrame([asdict(finding) for finding in findings], columns=columns)


def _is_in(rows: ParticipantRows, study: Study) -> bool:
    if study.participant_id is None:
        return False
    return rows.find(study.participant_id, study.session_id) is not None


def blocked_studies(cohort: Cohort, findings: pd.DataFrame) -> dict[str, str]:
    """Name the studies that have errors."""
    errors = findings[findings["severity"] == Severity.ERROR]
    reasons = {
        label: "; ".join(f"{row.rule}: {row.measured}" for row in rows.itertuples())
        for label, rows in errors.groupby("study", sort=False)
    }
    return {str(s.study_id): reasons[s.label] for s in cohort.studies if s.label in reasons}


def refusal(cohort: Cohort, blocked: Mapping[str, str]) -> SubmissionError:
    """Say why a cohort may not be sent as it is."""
    labels = {str(study.study_id): study.label for study in cohort.studies}
    named = [f"{labels[study_id]} ({reason})" for study_id, reason in blocked.items()]
    more = f", and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return SubmissionError(
        f"{len(blocked)} of {len(cohort.studies)} studies have errors; nothing was sent.",
        why=f"{', '.join(named[:MOST_NAMED])}{more}.",
        advice="Workspace.check(cohort) says what to do. Mend them, send the others with "
        "only_good=True, or set a rule aside with Workspace.override.",
    )


def chosen_studies(cohort: Cohort, only: Collection[str], excluded: Collection[str]) -> Cohort:
    """Narrow a cohort to the studies that are named."""
    if isinstance(only, str):
        only = [only]
    names = [name for s in cohort.studies for name in (s.study_id, s.label) if name]
    unknown = [name for name in only if name not in names]
    if unknown:
        near = difflib.get_close_matches(unknown[0], names, n=MOST_NAMED, cutoff=0.5)
        raise OptionError(
            f"There is no study {unknown[0]!r} in cohort {cohort.cohort_id!r}.",
            why=f"The nearest are {', '.join(near)}." if near else "",
            advice="Name studies by their study_id, as Workspace.status() lists them.",
        )
    chosen = tuple(s for s in cohort.studies if s.study_id in only or s.label in only)
    out = [str(study.study_id) for study in chosen if study.study_id in excluded]
    if out:
        raise OptionError(
            "A study that is named is left out of the cohort.",
            advice="Take it in again, or do not name it.",
            study_id=out[0],
        )
    return replace(cohort, studies=chosen)


def with_the_others(
    rows: pd.DataFrame, cohort: Cohort, excluded: Mapping[str, str]
) -> pd.DataFrame:
    """Add the studies that a plan does not speak of: no study of a cohort is left out of sight."""
    ids = [str(study.study_id) for study in cohort.studies]
    missing = set(ids) - set(rows["study_id"])
    added = pd.DataFrame(
        [
            {"study_id": study_id, "size": 0, "action": "excluded", "reason": excluded[study_id]}
            if study_id in excluded
            else {
                "study_id": study_id,
                "size": 0,
                "action": "send",
                "reason": "stopped before it was packaged",
            }
            for study_id in missing
        ]
    )
    whole = pd.concat([rows, added], ignore_index=True) if missing else rows
    return whole.set_index("study_id").loc[ids].reset_index()


def study_map(
    cohorts: CohortStore,
    participants: Callable[[str], pd.DataFrame | None],
    decisions: Callable[[str], Mapping[str, Decision]],
) -> pd.DataFrame:
    """Join every cohort's map with its participants: what results are matched with."""
    parts = []
    for cohort_id in cohorts.ids():
        studies = cohorts.frame(cohort_id)[["study_id", "participant_id", "session_id"]]
        studies = studies.assign(cohort_id=cohort_id)
        table = participants(cohort_id)
        joined = studies if table is None else _joined(studies, table, cohort_id)
        parts.append(_filled(joined, decisions(cohort_id)))
    columns = ["cohort_id", "study_id", "participant_id", "session_id"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _joined(studies: pd.DataFrame, participants: pd.DataFrame, cohort_id: str) -> pd.DataFrame:
    """Join each study with the row of its own visit, or else of its participant."""
    known = ParticipantRows(participants)
    rows = [
        known.find(participant or "", session or None)
        for participant, session in zip(
            studies["participant_id"], studies["session_id"], strict=True
        )
    ]
    further = [c for c in participants.columns if c not in {"participant_id", "session_id"}]
    facts = pd.DataFrame(
        {c: [None if row is None else row[c] for row in rows] for c in further}, index=studies.index
    )
    found = studies.assign(in_participants=[row is not None for row in rows])
    ids = participants["participant_id"]
    lone = ids[~ids.isin(studies["participant_id"].map(without_prefix))].unique().tolist()
    table = pd.concat([found, facts], axis=1).reindex(range(len(studies) + len(lone)))
    table.loc[len(studies) :, "participant_id"] = lone
    return table.assign(cohort_id=cohort_id)


def _filled(studies: pd.DataFrame, decisions: Mapping[str, Decision]) -> pd.DataFrame:
    """Fill the ages and sexes that participants.tsv does not tell with what the user gave."""
    result = studies
    for name in ("age", "sex"):
        given = {key: getattr(each, name) for key, each in decisions.items()}
        known = {key: value for key, value in given.items() if value is not None}
        if known:
            values = studies["study_id"].map(known)
            result = result.assign(
                **{name: result[name].fillna(values) if name in result else values}
            )
    return result
