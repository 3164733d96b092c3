"""Check studies against the rules, before anything is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from concurrent.futures import Executor
from dataclasses import fields, replace
from functools import partial
from itertools import compress

import pandas as pd

from neuroflow.errors import StudyError
from neuroflow.events import Reporter
from neuroflow.models import Finding, OnEvent, Severity, Study, StudyKind
from neuroflow.studies.acquisition import Acquisition
from neuroflow.studies.archive import unpacked_archives
from neuroflow.studies.filenames import is_placeholder, printable
from neuroflow.studies.parallel import map_chunks
from neuroflow.studies.protocol import further_rules as rules
from neuroflow.studies.protocol.acquisition_reader import read_acquisition
from neuroflow.studies.protocol.advice import with_fitting_advice
from neuroflow.studies.protocol.causes import OF_THE_STUDY, of_one_cause, of_several_series
from neuroflow.studies.protocol.check_cache import CheckCache, CheckResult
from neuroflow.studies.protocol.dcm2niix import conversion_findings
from neuroflow.studies.protocol.rule import finding
from neuroflow.studies.protocol.rules import RULES
from neuroflow.studies.protocol.visits import name_others, same_visits
from neuroflow.studies.protocol.wording import CHECK_FIRST, DIRECTIONS, NOT_CHECKED

COLUMNS = [field.name for field in fields(Finding)]
"""Of the table that `check` returns."""


def check(
    studies: Sequence[Study],
    *,
    sent: Container[str] = (),
    deep: bool = False,
    executor: Executor | None = None,
    on_event: OnEvent | None = None,
    cache: CheckCache | None = None,
    cached_only: bool = False,
) -> pd.DataFrame:
    """Check studies against the acquisition protocol of the service.

    Parameters
    ----------
    studies
        The studies that `find_studies` returned.
    sent
        SHA-256 of the Study Instance UIDs already sent, in hexadecimal.
    deep
        Also convert each DICOM study with dcm2niix (extra ``convert``) and compare the gradients;
        this takes long.
    executor
        Any `concurrent.futures.Executor`; None uses processes on the local cores.
    on_event
        Called with each `Event`.
    cache
        Findings of earlier checks; studies that did not change are not read again.
    cached_only
        True returns what `cache` holds and opens no file; a study that is not in the cache gets an
        error of its own.

    Returns
    -------
    pandas.DataFrame
        One row per finding: study (its label), rule, severity, measured, accepted, advice. Errors
        block submission; a study without a row breaks no rule.

    Raises
    ------
    MissingExtraError
        `deep` was asked for and dcm2niix is not installed.
    WorkerError
        A worker process ended unexpectedly.

    Examples
    --------
    >>> check([]).columns.tolist()
    ['study', 'rule', 'severity', 'measured', 'accepted', 'advice']
    """
    results = _cached_results(studies, None if deep else cache, cached_only=cached_only)
    todo = [index for index, known in enumerate(results) if known is None]
    reporter = Reporter("check", len(studies), on_event)
    if len(todo) < len(studies):
        reporter.step(len(studies) - len(todo))
    cost = max((len(study.files) for study in studies), default=1)
    work = partial(_check_chunk, deep=deep)
    chosen = [studies[index] for index in todo]
    with unpacked_archives():
        for start, found in map_chunks(work, chosen, executor=executor, cost=cost):
            for index, result in zip(todo[start:], found, strict=False):
                results[index] = result
                if cache is not None and not deep:
                    cache.put(studies[index], result)
                errors = sum(finding.severity == "error" for finding in result.findings)
                reporter.step(study_id=studies[index].study_id, message=f"{errors} errors")
    if cache is not None:
        cache.save()
    return _findings_table(studies, [result or CheckResult("", ()) for result in results], sent)


def _cached_results(
    studies: Sequence[Study], cache: CheckCache | None, *, cached_only: bool
) -> list[CheckResult | None]:
    known = [
        None if cache is None else cache.get(study, verify=not cached_only) for study in studies
    ]
    if not cached_only:
        return known
    return [
        found or CheckResult("", (_not_checked(study),))
        for found, study in zip(known, studies, strict=True)
    ]


def _not_checked(study: Study) -> Finding:
    return replace(finding(rules.READABLE, study, NOT_CHECKED), advice=CHECK_FIRST)


def _findings_table(
    studies: Sequence[Study], results: Sequence[CheckResult], sent: Container[str]
) -> pd.DataFrame:
    """Join the findings of each study with those that need all studies."""
    fingerprints = [fingerprint for fingerprint, _ in results]
    findings = [finding for _, found in results for finding in found]
    findings += _sent_before(studies, fingerprints, sent)
    is_first = [study.repeats is None for study in studies]  # a repetition is meant to be the same
    firsts = list(compress(studies, is_first)), list(compress(fingerprints, is_first))
    findings += _duplicates(*firsts) + same_visits(*firsts)
    order = {study.label: number for number, study in enumerate(studies)}
    findings.sort(key=lambda finding: order[finding.study])
    rows = [{name: str(getattr(finding, name)) for name in COLUMNS} for finding in findings]
    return pd.DataFrame(rows, columns=COLUMNS)


def check_study(study: Study) -> tuple[Finding, ...]:
    """Check one study against the rules that need no other study."""
    return _check_one(study).findings


def _check_chunk(studies: Sequence[Study], *, deep: bool) -> list[CheckResult]:
    return [_check_one(study, deep=deep) for study in studies]


def _check_one(study: Study, *, deep: bool = False) -> CheckResult:
    try:
        return _read_and_checked(study, deep=deep)
    except StudyError as error:
        measured = " ".join(part for part in (error.what, error.why) if part)
        advice = error.advice or rules.READABLE.advice
        unreadable = replace(finding(rules.READABLE, study, measured), advice=advice)
        return CheckResult("", (unreadable,))
    except Exception as error:  # noqa: BLE001  one study's fault never stops the others
        return CheckResult("", (finding(rules.READABLE, study, _unexpected(error)),))


def _read_and_checked(study: Study, *, deep: bool) -> CheckResult:
    facts = read_acquisition(study)
    found = _found(study, facts)
    if facts.by_series:
        series = {name: _found(study, own) for name, own in facts.by_series.items()}
        found = of_several_series(found, series, OF_THE_STUDY)
    if deep:
        found += conversion_findings(study, facts)
    fitting = (with_fitting_advice(one, study, facts) for one in found)
    return CheckResult(facts.fingerprint, tuple(fitting))


def _found(study: Study, facts: Acquisition) -> list[Finding]:
    """Check one set of facts against all rules that need no other study."""
    found = [rule.check(study.label, facts) for rule in RULES]
    found += [_gradient_count(study, facts), _distinct_directions(study, facts)]
    return of_one_cause([*found, _placeholder_id(study, facts)], facts)


def _placeholder_id(study: Study, facts: Acquisition) -> Finding | None:
    """Report a PatientID that an anonymiser wrote; what it hides depends on the folders."""
    if facts.kind is not StudyKind.DICOM or not is_placeholder(facts.patient_id):
        return None
    written = printable(facts.patient_id)
    taken = study.participant_id
    is_known = taken is not None and not is_placeholder(taken)
    measured = f'"{written}"' if written else "blank"
    measured += f", participant {taken} taken from names" if is_known else ", participant unknown"
    one = finding(rules.PLACEHOLDER_ID, study, measured)
    return replace(one, severity=Severity.NOTE) if is_known else one


def _unexpected(error: Exception) -> str:
    """Return what a reader raised, without the values in it, which may be a person's."""
    return f"reading it failed unexpectedly ({type(error).__name__})"


def _gradient_count(study: Study, facts: Acquisition) -> Finding | None:
    if facts.kind is not StudyKind.NIFTI:
        return None
    table, n_volumes = facts.gradients, facts.geometry.n_volumes
    if table.n_bvals is None or table.n_bvecs is None:
        reason = facts.unknown_reasons.get("gradients.n_bvals", "unknown")
        return finding(rules.GRADIENT_COUNT, study, reason)
    if n_volumes == table.n_bvals == table.n_bvecs:
        return None
    measured = f"{n_volumes} volumes, {table.n_bvals} b-values, {table.n_bvecs} b-vectors"
    return finding(rules.GRADIENT_COUNT, study, measured)


def _distinct_directions(study: Study, facts: Acquisition) -> Finding | None:
    """Report fewer axes than directions, which is no error: makers' own tables have such pairs."""
    table = facts.gradients
    counts = [count for count in (table.n_encoded, table.n_declared) if count is not None]
    enough = counts and min(counts) >= DIRECTIONS
    if not enough or table.n_directions is None or table.n_directions >= DIRECTIONS:
        return None
    measured = f"{table.n_directions} axes of {table.n_encoded} weighted volumes"
    return finding(rules.DISTINCT_DIRECTIONS, study, measured)


def _duplicates(studies: Sequence[Study], fingerprints: Sequence[str]) -> list[Finding]:
    same: dict[str, list[Study]] = defaultdict(list)
    for study, fingerprint in zip(studies, fingerprints, strict=True):
        if fingerprint:
            same[fingerprint].append(study)
    findings = []
    for group in same.values():
        if len(group) > 1:
            labels = [study.label for study in group]
            findings += [
                finding(rules.DUPLICATE, study, "same as " + name_others(labels, place))
                for place, study in enumerate(group)
            ]
    return findings


def _sent_before(
    studies: Sequence[Study], fingerprints: Sequence[str], sent: Container[str]
) -> list[Finding]:
    return [
        finding(rules.ALREADY_SENT, study, "already sent")
        for study, fingerprint in zip(studies, fingerprints, strict=True)
        if fingerprint and fingerprint in sent
    ]
