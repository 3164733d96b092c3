"""A report as a short text, to be kept in a cache: all of it but its own text."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import astuple
from datetime import date
from typing import Any

from neuroflow.results.reports.report import Biomarker, Report

_REPEATED = ("grammar", "product", "model_version", "quality")
_MAPPINGS = ("classes", "sentences", "labels", "probabilities")
_NOTHING: Mapping[str, Any] = {}


def pack(report: Report) -> str:
    """Write a report as JSON, without its text."""
    fields = {name: getattr(report, name) for name in report.__slots__ if name != "text"}
    fields["date"] = report.date and report.date.isoformat()
    fields["biomarkers"] = {name: astuple(each) for name, each in report.biomarkers.items()}
    return json.dumps({name: value for name, value in fields.items() if value})


def unpack(text: str) -> Report:
    """Return the report that was packed; any other text is a ValueError, TypeError or KeyError."""
    fields = json.loads(text)
    fields |= {name: sys.intern(fields[name]) for name in _REPEATED if name in fields}
    for name in _MAPPINGS:
        fields[name] = _shared(fields.get(name))
    if "date" in fields:
        fields["date"] = date.fromisoformat(fields["date"])
    for name in ("unknown", "warnings"):
        fields[name] = tuple(fields.get(name, ()))
    # Thousands are held together, so they share what is the same in all.
    packed = _shared(fields.get("biomarkers"))
    fields["biomarkers"] = {name: Biomarker(*each) for name, each in packed.items()} or _NOTHING
    return Report(**fields)


def _shared(given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return a mapping with names, or an empty one, that all reports share."""
    return {sys.intern(name): value for name, value in given.items()} if given else _NOTHING
