"""The failure report: why a study could not be processed."""

from __future__ import annotations

import re

from neuroflow.results.reports.draft import Draft
from neuroflow.results.reports.keys import MAX_KEY, plain
from neuroflow.results.reports.printed import fraction
from neuroflow.results.reports.report import Report

NAME = "failure report"
MAX_LINE = 500
"""Characters of a line that is searched for words."""
_TITLES = {"failurereport", "reasonforfailure", "failure"}
_FAILED = re.compile(r"\b(fail\w*|error|not (?:be )?processed|rejected|invalid)\b", re.IGNORECASE)
_CONTACT = re.compile(r"@|\b(support|contact|help)\b", re.IGNORECASE)
_OTHERS = {"info", "disclaimer", "notice", "note"}


def parse(text: str) -> Report:
    """Read a failure report; of any other text, `failure` is empty."""
    draft = Draft()
    titles, failed = [], []
    has_result = False
    for line in (each.strip() for each in text.splitlines()):
        if not line:
            continue
        key, colon, value = line.partition(":")
        short = plain(key) if len(key) <= MAX_KEY else ""
        if short in _TITLES:
            titles.append(line)
            draft.understood += 1
            if value.strip():
                draft.fact("reason", value.strip())
            continue
        is_failed = _FAILED.search(line[:MAX_LINE]) is not None
        if colon and short and draft.take(key, value) is not None:
            is_failed = is_failed and short == "reason"
        elif short == "status" or is_failed or _CONTACT.search(line[:MAX_LINE]):
            draft.understood += 1
        else:
            draft.not_understood(line)
            has_result = has_result or bool(colon and fraction(value))
        if is_failed and not short.endswith(tuple(_OTHERS)):
            failed.append(line)
    if not draft.classes and not draft.values and not has_result and (titles or failed):
        draft.failure = draft.facts.get("reason") or (failed or titles)[0][:MAX_LINE]
    return draft.finish(NAME, text)
