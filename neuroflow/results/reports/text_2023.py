"""Text of 2023: percentages against the other class, and the biomarkers in one line."""

from __future__ import annotations

import re

from neuroflow.matrix import resolve
from neuroflow.results.reports.draft import Draft
from neuroflow.results.reports.keys import MAX_KEY, plain
from neuroflow.results.reports.printed import Printed, fraction
from neuroflow.results.reports.report import ATYPICAL, PSP_VS_MSAP, Report

NAME = "text of 2023"
MAX_PAIRS = 200
_CLASSES = {  # the key, the class, and whether the number is the probability of the other one
    "pdprobabilityvsmsapsp": (ATYPICAL, True),
    "msapspprobabilityvspd": (ATYPICAL, False),
    "msaprobabilityvspsp": (PSP_VS_MSAP, True),
    "msapprobabilityvspsp": (PSP_VS_MSAP, True),
    "pspprobabilityvsmsa": (PSP_VS_MSAP, False),
    "pspprobabilityvsmsap": (PSP_VS_MSAP, False),
}
_BIOMARKERS = {"biomarkerlevels", "biomarkers", "freewater"}
_PAIR = re.compile(r"\s*(?P<region>[^=]{1,60}?)\s*=\s*(?P<value>[^=]{1,60}?)\s*")


def parse(text: str) -> Report:
    """Read the lines of a report of 2023."""
    draft = Draft()
    for line in text.splitlines():
        if not line.strip():
            continue
        key, colon, value = line.partition(":")
        short = plain(key) if colon and len(key) <= MAX_KEY else ""
        if short in _CLASSES:
            _class(draft, *_CLASSES[short], key, value)
        elif short in _BIOMARKERS:
            _biomarkers(draft, line, value)
        elif not short or draft.take(key, value) is None:
            draft.not_understood(line)
    return draft.finish(NAME, text)


def _class(draft: Draft, name: str, is_other: bool, key: str, value: str) -> None:
    number = fraction(value)
    draft.understood += 1
    if number is None or not is_other:
        draft.number(draft.classes, name, value, key)
    else:
        draft.keep(draft.classes, name, _complement(number))


def _complement(number: Printed) -> Printed:
    return Printed(round(1 - number.value, min(15, number.digits)), number.digits)


def _biomarkers(draft: Draft, line: str, text: str) -> None:
    known = 0
    pairs = text.split(",", MAX_PAIRS)
    for pair in pairs:
        match = _PAIR.fullmatch(pair) if len(pair) <= 2 * MAX_KEY else None
        name = resolve(match["region"]) if match else None
        if match and name is not None and name.known:
            known += 1
            draft.number(draft.values, name.region, match["value"], match["region"])
        else:
            draft.warn(f"biomarker not understood: {pair.strip()[:MAX_KEY]!a}")
    if known:
        draft.understood += 1
    else:
        draft.not_understood(line)
