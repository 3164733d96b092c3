"""Read a report's file, within bounds: what the service sends may be of any size."""

from __future__ import annotations

from pathlib import Path

from neuroflow.errors import ResultError
from neuroflow.io import TextError, decode
from neuroflow.results.reports.grammars import parse_report
from neuroflow.results.reports.printed import fraction
from neuroflow.results.reports.report import Report

REPORT_FILES = (".txt", ".json", ".xml")
"""Endings of reports that are read."""
MAX_BYTES = 1 << 20
"""A textual report has about a kilobyte; what is longer than this is not one."""


def read_report(path: str | Path) -> Report:
    """Read one report."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ResultError(f"{path} cannot be read.", why=f"{error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise ResultError(
            f"{path} is not a textual report.",
            why=f"It is larger than {MAX_BYTES >> 20} MB.",
            advice="Download it again.",
        )
    try:
        text, _ = decode(data)
    except TextError as error:
        raise ResultError(
            f"{path} is not a textual report.", why=error.why, advice="Download it again."
        ) from error
    return parse_report(text)


def folder_verdict(folder: Path) -> str:
    """Classify the reports in a folder: ``failure``, ``report``, or nothing that is known."""
    verdicts = set()
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() in REPORT_FILES:
            try:
                report = read_report(path)
            except ResultError:
                continue
            # A report of a product that is not read has its product, or numbers by names.
            is_other = bool(report.product) or any(map(_is_number, report.unknown))
            is_report = report.is_prediction or (not report.failure and is_other)
            verdicts.add("failure" if report.failure else "report" if is_report else "")
    return next((name for name in ("failure", "report") if name in verdicts), "")


def _is_number(line: str) -> bool:
    return fraction(line.partition(":")[2]) is not None


def failure_reason(folder: Path) -> str:
    """Return why a study could not be processed; empty if no report states it."""
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() not in REPORT_FILES:
            continue
        try:
            reason = read_report(path).failure
        except ResultError:  # another report may state why; the study's facts name this one
            continue
        if reason:
            return reason
    return ""
