"""JSON: the values as texts by name, or (newer) an object with ``value`` for each."""

from __future__ import annotations

import json
import math

from neuroflow.models import shortened
from neuroflow.results.reports import quality
from neuroflow.results.reports.draft import Draft
from neuroflow.results.reports.keys import FACT, find_key
from neuroflow.results.reports.report import Report

NAME = "JSON"
_RESULTS = {"result", "results"}
_PARTS = {
    "value": "", "info": " Info", "controlmean": " Control Mean", "mean": " Control Mean",
    "controlstdev": " Control StDev", "controlsd": " Control StDev", "stdev": " Control StDev",
    "sd": " Control StDev",
}  # fmt: skip
"""What stands in the object of one value, and the key it has in the text."""


def parse(text: str) -> Report | None:
    """Read a report in JSON; None for a text that is none."""
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return None
    try:
        data = json.loads(text.lstrip("\ufeff"), parse_constant=str)
    except (ValueError, RecursionError):
        return None
    if (verdict := quality.of_json(data, text)) is not None:
        return verdict
    draft = Draft()
    if not isinstance(data, dict):
        draft.not_understood(text)
        return draft.finish(NAME, text)
    for key, value in data.items():
        if key.casefold() in _RESULTS and isinstance(value, dict):
            for name, inner in value.items():
                _result(draft, name, inner)
        else:
            _field(draft, key, value)
    if not draft.understood and not draft.n_unknown:
        draft.not_understood(text)
    return draft.finish(NAME, text)


def _result(draft: Draft, name: str, inner: object) -> None:
    if not isinstance(inner, dict):
        _field(draft, name, inner)
        return
    name = name.removeprefix("FW") if find_key(name) and name.startswith("FW") else name
    is_region = find_key(f"FW{name}") is not None and find_key(name) is None
    for part, value in inner.items():
        ending = _PARTS.get(part.casefold().replace("_", ""))
        if ending is None:
            draft.not_understood(f"{name}.{part}")
        elif is_region and not ending:
            _field(draft, f"{name} Free Water Value", value)
        else:
            _field(draft, f"{name}{ending}", value)


def _field(draft: Draft, key: str, value: object) -> None:
    """Take one value; numbers of JSON as they are printed."""
    known = find_key(key) if len(key) <= 200 else None
    is_scalar = isinstance(value, str | int | float) and not isinstance(value, bool)
    if known is None or not is_scalar:
        draft.not_understood(f"{shortened(key)}: {shortened(ascii(value)[:200])}")
        return
    if isinstance(value, float) and known.kind != FACT and math.isfinite(value):
        value = f"{value!r}" if abs(value) >= 1e-4 else f"{value:.20f}".rstrip("0")
    draft.take(key, str(value))
