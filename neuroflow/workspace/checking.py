"""The checks of a cohort, and which rules are overridden for which study."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import asdict, fields

import pandas as pd

from neuroflow.errors import OptionError
from neuroflow.io import ParticipantRows
from neuroflow.ledger import Ledger
from neuroflow.models import Cohort, Finding, OnEvent, Severity, Study
from neuroflow.studies import Waiver, apply_waivers
from neuroflow.workspace.enrolment import Enrolment, find_study
from neuroflow.workspace.folder import ProjectFolder


class Checks:
    """Checks the cohorts of a workspace against the service's acquisition protocol."""

    def __init__(self, folder: ProjectFolder, ledger: Ledger, enrolment: Enrolment) -> None:
        self._folder = folder
        self._ledger = ledger
        self._enrolment = enrolment
        self._seal = folder.seal

    def check(
        self,
        cohort: Cohort | str,
        *,
        on_event: OnEvent | None = None,
        executor: Executor | None = None,
        offline: bool = False,
    ) -> pd.DataFrame:
        """Return one row per finding; excluded studies are not checked."""
        from neuroflow.studies import CheckCache, check  # with readers of scans, when needed

        cohort = self._enrolment.without_excluded(cohort)
        repeats = self._enrolment.repetitions()
        own = {repeats.get(str(s.study_id), str(s.study_id)) for s in cohort.studies}
        sent = {
            row.study_uid_sha256
            for row in self._ledger.rows()
            if row.submitted_at
            and row.study_uid_sha256
            and repeats.get(row.study_id, row.study_id) not in own
        }
        findings = check(
            cohort.studies,
            sent=self._seal.among(sent),
            executor=executor,
            on_event=on_event,
            cache=CheckCache(self._folder.checks(cohort.cohort_id)),
            cached_only=offline,
        )
        participants = self._enrolment.participants(cohort.cohort_id)
        unmatched = unmatched_studies(cohort, participants)
        return apply_waivers(
            pd.concat([findings, unmatched], ignore_index=True),
            overrides_of(cohort, self._overrides()),
        )

    def override(self, cohort: Cohort | str, study: str | None, rule: str, reason: str) -> None:
        """Override one rule for one study, or for all; an empty reason applies the rule again."""
        if study is None:
            chosen = list(self._enrolment.without_excluded(cohort).studies)
        else:
            chosen = [find_study(self._enrolment.current(cohort), study)]
        if not isinstance(reason, str):
            raise OptionError(
                f"The reason must be text, not {type(reason).__name__}.",
                advice="State the reason in a few words; an empty text applies the rule again.",
            )
        for one in chosen:
            Waiver(one.label, rule, reason or "applied again")
        ids = [str(one.study_id) for one in chosen]
        self._ledger.set_aside(ids, rule, self._seal.close(reason.strip()))

    def with_note(self, table: pd.DataFrame) -> pd.DataFrame:
        """Record in a cohort table, for captions and methods texts, which rules were overridden."""
        here = set(table["study_id"].astype(str))
        rules = Counter(
            rule
            for study_id, names in overridden_rules(self._ledger).items()
            for rule in names
            if study_id in here
        )
        if not rules:
            return table
        named = ", ".join(f"{rule} ({n})" for rule, n in sorted(rules.items()))
        note = f"rules of the acquisition protocol were overridden (number of studies): {named}"
        table.attrs["data_notes"] = [*table.attrs.get("data_notes", ()), note]
        return table

    def _overrides(self) -> dict[tuple[str, str], str]:
        return {key: self._seal.open(why) for key, why in self._ledger.overrides().items()}


def overridden_rules(ledger: Ledger) -> dict[str, list[str]]:
    """Map studies to the rules that were overridden for them."""
    rules: dict[str, list[str]] = {}
    for study_id, rule in sorted(ledger.overrides()):
        rules.setdefault(study_id, []).append(rule)
    return rules


def overrides_of(cohort: Cohort, kept: Mapping[tuple[str, str], str]) -> list[Waiver]:
    """Return the rules that were overridden for the studies of a cohort."""
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
        _unmatched(study, rows)
        for study in cohort.studies
        if rows is not None and not _is_in(rows, study)
    ]
    columns = [field.name for field in fields(Finding)]
    return pd.DataFrame([asdict(finding) for finding in findings], columns=columns)


def _unmatched(study: Study, rows: ParticipantRows) -> Finding:
    """Name what the table has in place of a study, if anything."""
    names = " ".join(filter(None, (study.participant_id, study.session_id)))
    other = rows.other_names(study.participant_id) if study.participant_id else []
    advice = (
        "Write it in the table as in the scans; spreadsheets remove leading zeros from cells that "
        "are not text."
        if other
        else "Add the row, or name the participant in studies.tsv."
    )
    return Finding(
        study=study.label,
        rule="participant",
        severity=Severity.WARNING,
        measured=f"{names}; the table has {', '.join(other[:3])}" if other else names or "unknown",
        accepted="a row of participants.tsv",
        advice=f"{advice} Without a row, the results of this study have no group.",
    )


def _is_in(rows: ParticipantRows, study: Study) -> bool:
    if study.participant_id is None:
        return False
    return rows.find(study.participant_id, study.session_id) is not None


def blocked_studies(cohort: Cohort, findings: pd.DataFrame) -> dict[str, str]:
    """Return the studies that have errors, with the reasons."""
    errors = findings[findings["severity"] == Severity.ERROR]
    reasons: dict[str, list[str]] = defaultdict(list)
    for label, rule, measured in zip(
        errors["study"], errors["rule"], errors["measured"], strict=True
    ):
        reasons[label].append(f"{rule}: {measured}")
    return {
        str(s.study_id): "; ".join(reasons[s.label]) for s in cohort.studies if s.label in reasons
    }
