"""The verdict of a report on quality control, as text or in JSON."""

from __future__ import annotations

import re

from neuroflow.results.reports.draft import Draft
from neuroflow.results.reports.report import Report

NAME = "quality control"
MAX_TEXT = 200
"""Characters of a text that is nothing but a verdict."""
MAX_ITEMS = 1000
_VERDICT = re.compile(r"(?:qc|quality control)\W{0,5}(?P<verdict>pass|fail)(?:ed)?\W{0,3}", re.I)
_VERDICTS = {"pass": "pass", "passed": "pass", "fail": "fail", "failed": "fail"}


def parse(text: str) -> Report:
    """Read a text that is nothing but a verdict.

    >>> parse("QC FAILED").quality
    'fail'
    """
    draft = Draft()
    match = _VERDICT.fullmatch(text.strip()) if len(text) <= MAX_TEXT else None
    if match is not None:
        set_verdict(draft, match["verdict"])
        draft.understood = 1
    return draft.finish(NAME, text)


def set_verdict(draft: Draft, verdict: object) -> bool:
    """Keep a verdict; return False for a text that is none."""
    found = _VERDICTS.get(str(verdict)[:MAX_TEXT].strip().casefold())
    if found is None:
        return False
    draft.quality = found
    if found == "fail":
        draft.failure = "quality control failed"
    return True


def of_json(data: object, text: str) -> Report | None:
    """Read a list of checks whose last item has the verdict, or an object with a status."""
    given = data if isinstance(data, list) else [data]
    items = [item for item in given[:MAX_ITEMS] if isinstance(item, dict)]
    if not items or len(items) != len(given):
        return None
    last = {str(key).casefold(): value for key, value in items[-1].items()}
    draft = Draft()
    if not set_verdict(draft, last.get("status")):
        return None
    draft.understood = len(items)
    failed = [name for item in items[:-1] if (name := _failed_name(item))]
    if draft.quality == "fail" and failed:
        draft.failure = f"quality control failed: {', '.join(failed)[:MAX_TEXT]}"
    return draft.finish(NAME, text)


def _failed_name(item: dict[str, object]) -> str:
    """Return the name of a check that failed; empty if it did not, or has no name."""
    cells = {str(key).casefold(): str(value)[:MAX_TEXT] for key, value in item.items()}
    if _VERDICTS.get(cells.get("status", "").strip().casefold()) != "fail":
        return ""
    return next((cells[key] for key in ("name", "check", "title", "test") if key in cells), "")
