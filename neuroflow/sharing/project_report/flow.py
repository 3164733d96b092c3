"""The flow of a cohort: how many studies were found, checked, sent, failed and excluded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from neuroflow.ledger import State
from neuroflow.sharing.project_report.page import Grid, Section
from neuroflow.sharing.project_report.source import Source
from neuroflow.studies import is_unchecked, is_violation

_SENT = {State.SUBMITTED, State.PROCESSING, State.OVERDUE, State.PARTIAL, State.DELIVERED}
_ANSWERED = {State.COLLECTED, State.FAILED}


def flow_section(source: Source) -> Section:
    """Count the studies of every cohort at every step."""
    section = Section("flow", "Cohort flow")
    for cohort_id in source.ws.cohorts():
        rows = [[step, str(n)] for step, n in _steps(source, cohort_id)]
        section.grids.append(Grid(f"Studies of cohort {cohort_id}", ["Step", "Studies"], rows))
    return section


def _steps(source: Source, cohort_id: str) -> Iterator[tuple[str, int]]:
    status = source.status[source.status["cohort_id"] == cohort_id]
    states = Counter(map(State, status["state"]))
    studies = source.ws.cohort(cohort_id).studies
    yield "found", len(studies)
    excluded = source.ws.excluded(cohort_id)
    yield "excluded before sending", len(excluded)
    for reason, n in Counter(map(source.public, excluded.values())).items():
        yield f"excluded: {reason}", n
    findings = source.ws.check(cohort_id, offline=True)
    unchecked = findings.loc[is_unchecked(findings), "study"]
    yield "checked", len(studies) - len(excluded) - unchecked.nunique()
    bad = findings[is_violation(findings)]
    yield "with errors in the last check", bad["study"].nunique()
    for rule, n in bad.groupby("rule", sort=True)["study"].nunique().items():
        yield f"error: {rule}", int(n)
    sent = sum(states[state] for state in _SENT | _ANSWERED)
    yield "sent", sent
    yield "not sent", len(studies) - sent - len(excluded)
    yield "waiting for results", sum(states[state] for state in _SENT)
    yield "failed at the service", states[State.FAILED]
    failed = status[status["state"] == State.FAILED]
    for why, n in Counter(map(source.public, failed["message"])).items():
        yield f"failed: {why}", n
    yield "with results", states[State.COLLECTED]
    aside = source.ws.excluded_results()
    aside = aside[aside["study_id"].isin(status["study_id"])]
    for words, rows in aside.groupby("reason", sort=True):
        yield (
            f"set aside after quality control: {source.public(words)}",
            rows["study_id"].nunique(),
        )
