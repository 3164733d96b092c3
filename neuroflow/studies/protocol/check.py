"""Hold studies against the rules, before anything is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from dataclasses import fields, replace
from functools import partial

import pandas as pd

from neuroflow.errors import StudyError
from neuroflow.events import Reporter
from neuroflow.models import Finding, OnEvent, Study, StudyKind
from neuroflow.studies.parallel import run
from neuroflow.studies.protocol import rules
from neuroflow.studies.protocol.acquisition import Acquisition, read_acquisition
from neuroflow.studies.protocol.check_cache import CheckMemory, Looked
from neuroflow.studies.protocol.dcm2niix import deep_findings
from neuroflow.studies.protocol.rule import Rule
from neuroflow.studies.protocol.rules import RULES

COLUMNS = [field.name for field in fields(Finding)]
"""Of the table that `check` returns."""
NOT_CHECKED = "not checked yet"
"""What was measured of a study that was never looked at."""


def check(
    studies: Sequence[Study],
    *,
    sent: Collection[str] = (),
    deep: bool = False,
    executor: Executor | None = None,
    on_event: OnEvent | None = None,
    memory: CheckMemory | None = None,
    look: bool = True,
) -> pd.DataFrame:
    """Hold studies against the acquisition protocol of the service.

    Parameters
    ----------
    studies
        As `find_studies` gives them.
    sent
        SHA-256 of the Study Instance UIDs already sent, in hexadecimal, as the ledger keeps them.
    deep
        Also convert each DICOM study with dcm2niix (extra ``convert``) and compare; takes long.
    executor
        Where to do it: any `concurrent.futures.Executor`; None for processes on the local cores.
    on_event
        Listens to the progress.
    memory
        Remembers studies from one check to the next; those that did not change are not read again.
    look
        False tells what `memory` knows and opens no file; a study that it does not know has an
        error that says so.

    Returns
    -------
    pandas.DataFrame
        One row per finding: study (its label), rule, severity, measured, accepted, advice. Errors
        block submission; a study without a row is fine.

    Examples
    --------
    >>> check([]).columns.tolist()
    ['study', 'rule', 'severity', 'measured', 'accepted', 'advice']
    """
    results = _recalled(studies, None if deep else memory, look=look)
    todo = [index for index, known in enumerate(results) if known is None]
    reporter = Reporter("check", len(studies), on_event)
    if len(todo) < len(studies):
        reporter.step(len(studies) - len(todo))
    cost = max((len(study.files) for study in studies), default=1)
    work = partial(_check_chunk, deep=deep)
    for start, found in run(work, [studies[i] for i in todo], executor=executor, cost=cost):
        for index, result in zip(todo[start:], found, strict=False):
            results[index] = result
            if memory is not None and not deep:
                memory.keep(studies[index], result)
            errors = sum(finding.severity == "error" for finding in result[1])
            reporter.step(study_id=studies[index].study_id, message=f"{errors} errors")
    if memory is not None:
        memory.save()
    return _together(studies, [result or ("", ()) for result in results], sent)


def _recalled(
    studies: Sequence[Study], memory: CheckMemory | None, *, look: bool
) -> list[Looked | None]:
    known = [None if memory is None else memory.recall(study, look=look) for study in studies]
    if look:
        return known
    unknown = [(finding(rules.READABLE, study, NOT_CHECKED),) for study in studies]
    return [found or ("", new) for found, new in zip(known, unknown, strict=True)]


def _together(
    studies: Sequence[Study], results: Sequence[Looked], sent: Collection[str]
) -> pd.DataFrame:
    """Join what was found of each study with what only all of them together show."""
    fingerprints = [fingerprint for fingerprint, _ in results]
    findings = [finding for _, found in results for finding in found]
    findings += _duplicates(studies, fingerprints) + _sent_before(studies, fingerprints, sent)
    order = {study.label: number for number, study in enumerate(studies)}
    findings.sort(key=lambda finding: order[finding.study])
    rows = [{name: str(getattr(finding, name)) for name in COLUMNS} for finding in findings]
    return pd.DataFrame(rows, columns=COLUMNS)


def check_study(study: Study) -> tuple[Finding, ...]:
    """Hold one study against the rules that concern it alone."""
    return _look(study)[1]


def _check_chunk(studies: Sequence[Study], *, deep: bool) -> list[Looked]:
    return [_look(study, deep=deep) for study in studies]


def _look(study: Study, *, deep: bool = False) -> Looked:
    try:
        facts = read_acquisition(study)
    except StudyError as error:
        measured = " ".join(part for part in (error.what, error.why) if part)
        advice = error.advice or rules.READABLE.advice
        return "", (replace(finding(rules.READABLE, study, measured), advice=advice),)
    found = [rule.find(study.label, facts) for rule in RULES]
    found.append(_gradient_count(study, facts))
    if deep:
        found += deep_findings(study, facts)
    return facts.fingerprint, tuple(one for one in found if one is not None)


def _gradient_count(study: Study, facts: Acquisition) -> Finding | None:
    if facts.kind is not StudyKind.NIFTI:
        return None
    if facts.n_bvals is None or facts.n_bvecs is None:
        return finding(rules.GRADIENT_COUNT, study, facts.unread.get("n_bvals", "unknown"))
    if facts.n_volumes == facts.n_bvals == facts.n_bvecs:
        return None
    measured = f"{facts.n_volumes} volumes, {facts.n_bvals} b-values, {facts.n_bvecs} b-vectors"
    return finding(rules.GRADIENT_COUNT, study, measured)


def _duplicates(studies: Sequence[Study], fingerprints: Sequence[str]) -> list[Finding]:
    same: dict[str, list[Study]] = defaultdict(list)
    for study, fingerprint in zip(studies, fingerprints, strict=True):
        if fingerprint:
            same[fingerprint].append(study)
    return [
        finding(rules.DUPLICATE, study, "the same as " + _labels(group, study))
        for group in same.values()
        if len(group) > 1
        for study in group
    ]


def _labels(group: Sequence[Study], study: Study) -> str:
    return ", ".join(other.label for other in group if other is not study)


def _sent_before(
    studies: Sequence[Study], fingerprints: Sequence[str], sent: Collection[str]
) -> list[Finding]:
    known = {digest for digest in sent if digest}
    return [
        finding(rules.ALREADY_SENT, study, "sent before")
        for study, fingerprint in zip(studies, fingerprints, strict=True)
        if fingerprint in known
    ]


def finding(rule: Rule, study: Study, measured: str) -> Finding:
    """Say that a study breaks a rule."""
    accepted = rule.accepted.text(rule.unit)
    return Finding(study.label, rule.id, rule.severity, measured, accepted, rule.advice)
