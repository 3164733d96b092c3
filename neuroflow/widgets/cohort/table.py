"""Tables of the Cohort form: one row per study, and the findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from neuroflow.models import Cohort, Severity, Study
from neuroflow.studies import NOT_CHECKED, OVERRIDDEN, findings_table, rule_words

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
    ordered = rows.assign(order=order).sort_values(["order", "study"], kind="stable")
    table = findings_table(ordered.drop(columns="order"), studies)
    names = {"advice": "what to do", "rule": "id", "parameter": "rule"}
    return table.rename(columns=names)[list(FINDINGS)]


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

    def known(name: str, value: object) -> str:
        if value is not None:
            return f"{value:g}" if isinstance(value, float) else str(value)
        return "missing" if name in wrong else "in header"

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
