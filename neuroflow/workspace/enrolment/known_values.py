"""Cohorts and studies by name, and the ages and sexes that are known of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from neuroflow.contract import check_cohort_id
from neuroflow.errors import OptionError, Wording
from neuroflow.io import ParticipantRows, read_sex, study_names
from neuroflow.models import Cohort, Study
from neuroflow.workspace.enrolment.decisions import Decision

SEXES = ("M", "F")
MAX_AGE = 130.0
"""Years; a larger number is a mistake."""


def cohort_id_of(cohort: Cohort | str) -> str:
    """Return the id of a cohort, however it is named."""
    if isinstance(cohort, Cohort):
        return cohort.cohort_id
    if isinstance(cohort, str):
        return check_cohort_id(cohort)
    raise OptionError(
        f"A cohort is needed, not {type(cohort).__name__}.",
        advice="Pass what Workspace.cohort() returned, or the id of the cohort.",
    )


def named_studies(studies: Iterable[Study], name: str) -> list[Study]:
    """Return the studies of a name: label or id, or else participant and session, as in BIDS."""
    known = list(studies)
    if not isinstance(name, str):
        return []
    return [each for each in known if name in (each.label, each.study_id)] or [
        each for each in known if name in study_names(each.participant_id, each.session_id)
    ]


def find_study(cohort: Cohort, name: str) -> Study:
    """Find a study of a cohort by its label, its `study_id`, or participant and session."""
    found = named_studies(cohort.studies, name)
    if len({study.label for study in found}) == 1:
        return found[0]
    if found:
        raise OptionError(
            f"{name!r} has {len(found)} studies in cohort {cohort.cohort_id!r}.",
            advice=f"Name one of {', '.join(study.label for study in found[:5])}.",
        )
    raise OptionError(
        f"There is no study {name!r} in cohort {cohort.cohort_id!r}.",
        advice=Wording(
            "Name it as in the column `study` of the findings, or by its study_id.",
            cli="Name it as `neuroflow status` lists it, by its label or its study_id.",
            form="Choose a study of the table.",
        ),
    )


def with_participant(study: Study, rows: ParticipantRows) -> Study:
    """Add the age and sex of its participant to a study; what participants.tsv lacks stays."""
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


def with_known_values(study: Study, decision: Decision, rows: ParticipantRows | None) -> Study:
    """Add to a study the age and sex that were filled in or are in participants.tsv."""
    filled = replace(
        study,
        age=study.age if decision.age is None else decision.age,
        sex=decision.sex or study.sex,
    )
    known = filled if rows is None else with_participant(filled, rows)
    # The service takes M or F: what is stated for sending stands beside another sex in the table.
    return replace(known, sex=decision.sex) if decision.sex and known.sex not in SEXES else known


def checked_values(given: Mapping[str, object]) -> Decision:
    """Check an age and a sex as the user gave them; an age may be text."""
    age, sex = given.get("age"), given.get("sex")
    try:
        years = None if age is None else float(age)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        years = math.nan
    if years is not None and not 0 <= years <= MAX_AGE:
        raise OptionError(f"{age!r} is not an age.", advice="Use years, from 0 to 130.")
    known = read_sex(sex) if isinstance(sex, str) else None
    if sex is not None and known not in SEXES:
        raise OptionError(f"{sex!r} is not accepted as sex.", advice="Use M or F.")
    return Decision(age=years, sex=known)
