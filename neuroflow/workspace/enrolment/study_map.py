"""The table that results are matched with: every study, its participant and covariates."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from neuroflow.io import ParticipantRows, without_prefix
from neuroflow.models import STUDY_KEYS
from neuroflow.workspace.enrolment.cohort_store import CohortStore
from neuroflow.workspace.enrolment.decisions import Decision


def study_map(
    cohorts: CohortStore,
    participants: Callable[[str], pd.DataFrame | None],
    decisions: Callable[[str], Mapping[str, Decision]],
    sent_with: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Join the studies of every cohort with their participants."""
    parts = []
    for cohort_id in cohorts.ids():
        studies = cohorts.frame(cohort_id)[["study_id", "participant_id", "session_id", "repeats"]]
        if studies["repeats"].eq("").all():
            studies = studies.drop(columns="repeats")
        studies = studies.assign(cohort_id=cohort_id)
        table = participants(cohort_id)
        joined = studies if table is None else _joined(studies, table, cohort_id)
        parts.append(_filled(joined, decisions(cohort_id)))
    columns = list(STUDY_KEYS)
    if not parts:
        return pd.DataFrame(columns=columns)
    # A study that stands in several cohorts is in the one it was sent with; ``also_in`` names the
    # others.
    return _each_once(pd.concat(parts, ignore_index=True), sent_with or {})


def _each_once(studies: pd.DataFrame, sent_with: Mapping[str, str]) -> pd.DataFrame:
    """Keep one row of each study that stands in several cohorts."""
    ids = studies["study_id"]
    is_repeated = ids.notna() & ids.duplicated(keep=False)
    if not is_repeated.any():
        return studies
    repeated = studies[is_repeated]
    first = repeated["study_id"].map(sent_with).eq(repeated["cohort_id"])
    chosen = repeated.assign(_first=first).sort_values("_first", ascending=False, kind="stable")
    chosen = chosen.drop_duplicates("study_id").drop(columns="_first")
    cohorts = repeated.groupby("study_id")["cohort_id"].agg(list).to_dict()
    also_in = [
        ", ".join(other for other in cohorts[study_id] if other != cohort_id)
        for study_id, cohort_id in zip(chosen["study_id"], chosen["cohort_id"], strict=True)
    ]
    whole = pd.concat([studies[~is_repeated], chosen.assign(also_in=also_in)]).sort_index()
    return whole.reset_index(drop=True)


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
    """Add the ages and sexes that the user filled in where participants.tsv has none."""
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
