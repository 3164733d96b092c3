"""Tables of the Cohort form: one row per study, and the findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from neuroflow.models import Cohort, Severity, Study
from neuroflow.studies import (
    NOT_CHECKED,
    OVERRIDDEN,
    findings_table,
    is_unchecked,
    rule_words,
)
from neuroflow.wording import counted
from neuroflow.workspace import blocked_studies

ERRORS, UNCHECKED, WARNINGS = "has errors", "not checked", "has warnings"
READY, EXCLUDED, SENT = "ready", "excluded", "sent"
TONES = {ERRORS: "bad", UNCHECKED: "warn", WARNINGS: "warn", READY: "good", EXCLUDED: "", SENT: ""}
"""Tone of each state, most urgent first."""
SENDABLE = frozenset({WARNINGS, READY, SENT})
COLUMNS = ("study", "participant", "session", "kind", "age", "sex", "state", "findings")
FINDINGS = ("study", "severity", "rule", "measured", "accepted", "what to do", "folder")
ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def empty_table() -> pd.DataFrame:
    """Return the table of a cohort without studies."""
    return pd.DataFrame(columns=list(COLUMNS))


def study_rows(
    cohort: Cohort, findings: pd.DataFrame, excluded: Mapping[str, str], sent: Collection[str]
) -> pd.DataFrame:
    """Return one row per study, most urgent state first."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in findings.itertuples(index=False):
        found[str(row.study)].append(row)
    lines = []
    for study in cohort.studies:
        study_id = str(study.study_id)
        own = found[study.label]
        if study_id in sent:
            state, text = SENT, _findings_text(own)
        elif study_id in excluded:
            state, text = EXCLUDED, excluded[study_id]
        else:
            state, text = _state(own), _findings_text(own)
        lines.append((*_facts(study, own), state, text))
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    order = table["state"].map({state: number for number, state in enumerate(TONES)})
    return table.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def finding_rows(
    findings: pd.DataFrame | None, labels: Collection[str], studies: Collection[Study] = ()
) -> pd.DataFrame:
    """Return findings as shown in the form, errors first, with the folders of the studies."""
    if findings is None:
        return pd.DataFrame(columns=list(FINDINGS))
    rows = findings[findings["study"].isin(labels)] if labels else findings
    order = rows["severity"].map(ORDER)
    rows = rows.assign(severity=rows["severity"].mask(is_unchecked(rows), UNCHECKED))
    ordered = rows.assign(order=order).sort_values(["order", "study"], kind="stable")
    table = findings_table(ordered.drop(columns="order"), studies)
    names = {"advice": "what to do", "rule": "id", "parameter": "rule"}
    return table.rename(columns=names)[list(FINDINGS)]


def unchecked_studies(cohort: Cohort, findings: pd.DataFrame) -> frozenset[str]:
    """Return the ids of the studies that were not checked yet."""
    labels = set(findings.loc[is_unchecked(findings), "study"])
    return frozenset(str(study.study_id) for study in cohort.studies if study.label in labels)


def blocked(cohort: Cohort, findings: pd.DataFrame) -> dict[str, str]:
    """Return the studies that have errors or were not checked yet, with the reasons."""
    unchecked = dict.fromkeys(unchecked_studies(cohort, findings), NOT_CHECKED)
    return blocked_studies(cohort, findings) | unchecked


def n_good(rows: pd.DataFrame, unchecked: Collection[str]) -> int:
    """Count the studies without errors; of those whose labels are given nothing is known."""
    return int((rows["state"].isin(SENDABLE) & ~rows["study"].isin(unchecked)).sum())


def summary(rows: pd.DataFrame, unchecked: Collection[str]) -> str:
    """Return in words how many studies have no errors, and of how many that is not known."""
    total, excluded = len(rows), int((rows["state"] == EXCLUDED).sum())
    open_ = int((rows["study"].isin(unchecked) & (rows["state"] != EXCLUDED)).sum())
    parts = [counted(total, "study", "studies")]
    if open_ and open_ == total - excluded:
        parts.append(NOT_CHECKED)
    else:
        parts.append(f"{n_good(rows, unchecked)} without errors")
        parts += [f"{open_} {NOT_CHECKED}"] if open_ else []
    parts += [f"{excluded} excluded"] if excluded else []
    return f"{', '.join(parts)}."


def missing_demographics(
    cohort: Cohort, findings: pd.DataFrame | None
) -> list[tuple[str, str, bool, bool]]:
    """List the studies whose age or sex is missing."""
    if findings is None:
        return []
    errors = findings[findings["severity"] == Severity.ERROR]
    age = set(errors.loc[errors["rule"] == "age", "study"])
    sex = set(errors.loc[errors["rule"] == "sex", "study"])
    return [
        (str(study.study_id), study.label, study.label in age, study.label in sex)
        for study in cohort.studies
        if study.label in age | sex
    ]


def _facts(study: Study, findings: list[Any]) -> tuple[str, ...]:
    wrong = {row.rule for row in findings if row.severity == Severity.ERROR}
    is_unchecked = any(row.measured == NOT_CHECKED for row in findings)

    def known(name: str, value: object) -> str:
        if value is not None:
            return f"{value:g}" if isinstance(value, float) else str(value)
        return UNCHECKED if is_unchecked else "missing" if name in wrong else "in header"

    age, sex = known("age", study.age), known("sex", study.sex)
    participant, session = study.participant_id or "", study.session_id or ""
    return study.label, participant, session, study.kind.value, age, sex


def _state(findings: list[Any]) -> str:
    if any(row.measured == NOT_CHECKED for row in findings):
        return UNCHECKED
    severities = {row.severity for row in findings}
    if Severity.ERROR in severities:
        return ERRORS
    return WARNINGS if Severity.WARNING in severities else READY


def _findings_text(findings: list[Any]) -> str:
    """Summarize findings in one line: errors, overridden rules, then warnings."""
    wrong = [row for row in findings if row.severity == Severity.ERROR]
    warned = [row for row in findings if row.severity == Severity.WARNING]
    aside = [row for row in warned if row.advice.startswith(OVERRIDDEN)]
    parts = [f"{rule_words(row.rule)}: {row.measured}" for row in wrong]
    parts += [f"{rule_words(row.rule)}: overridden" for row in aside]
    others = [row for row in warned if row not in aside]
    return "; ".join(parts + [f"{rule_words(row.rule)}: warning" for row in others])
