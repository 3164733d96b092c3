"""The grammars of reports, and which of them a text is read by."""

from __future__ import annotations

from collections.abc import Callable

from neuroflow.results.reports import (
    failure,
    json_form,
    named_text,
    quality,
    text_2023,
    text_lines,
    xml_form,
)
from neuroflow.results.reports.report import Report

Grammar = Callable[[str], Report | None]
"""Reads a text; None where the text cannot be of its form."""

GRAMMARS: tuple[Grammar, ...] = (
    json_form.parse,
    xml_form.parse,
    text_lines.parse,
    text_2023.parse,
    named_text.parse,
    quality.parse,
    failure.parse,
)
"""In this order; of two that understand as much, the first one counts. A new one is added here."""
_DECIDED = {json_form.NAME, xml_form.NAME}


def parse_report(text: str) -> Report:
    """Read a report by the grammar that understands most of it."""
    best: Report | None = None
    for grammar in GRAMMARS:
        found = grammar(text)
        if found is None:
            continue
        if found.grammar in _DECIDED or (found.is_understood and found.share == 1):
            return found
        if best is None or _rank(found) > _rank(best):
            best = found
    return best or Report(text=text)


def _rank(report: Report) -> tuple[bool, bool, float, int]:
    return report.is_prediction, report.is_understood, report.share, report.understood
