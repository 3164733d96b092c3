"""Text with probabilities of diagnoses by name: lines ``Key: value`` (or ``=``, or a tab).

It is not published. It is read for reports that other software makes, or later ones may be like;
keys are recognised by their words, and everything else is not interpreted.
"""

from __future__ import annotations

import re

from neuroflow.matrix import resolve
from neuroflow.models import shortened
from neuroflow.results.reports.draft import Draft
from neuroflow.results.reports.keys import CLASSES, MAX_KEY, plain
from neuroflow.results.reports.printed import fraction, leading_fraction
from neuroflow.results.reports.report import ATYPICAL, PSP_VS_MSAP, Report

NAME = "text with names"
MAX_VALUE = 300
"""Characters of a value that is interpreted."""
_MARK = re.compile(r"[:=\t]")
_LABEL = re.compile(r"(?P<label>[^()]{1,200})\((?P<share>[^()]{1,40})\)")
_BRACKETS = re.compile(r"\(([^()]{0,80})\)")
_FREE_WATER = re.compile(
    r"\s?(mean\s)?(free[ -]?water|\bFW\b)(\s(fraction|in|of)\b)?\s?", re.IGNORECASE
)
_LABEL_KEYS = ("prediction", "classification", "diagnosis", "result", "label")
_WRITTEN = {*CLASSES, "pdvsmsappsp", "pdvatypical"}


def parse(text: str) -> Report:
    """Find labels, probabilities and facts in a report's text."""
    parser = _Parser()
    for line in text.splitlines():
        parser.take(line)
    parser.set_classes()
    return parser.draft.finish(NAME, text)


class _Parser:
    def __init__(self) -> None:
        self.draft = Draft()
        self.heading = ""
        self.is_new = False  # The heading, until something below it is understood

    def take(self, line: str) -> None:
        line = line.strip()
        mark = _MARK.search(line[: MAX_KEY + 1])
        key, value = (line[: mark.start()], line[mark.end() :]) if mark else ("", "")
        key, value = " ".join(key.split()), value.strip()
        if not key or not value:
            self._head(line)
            return
        if self._understands(key, value):
            self.draft.understood += 1 + self.is_new
            self.is_new = False
        else:
            self.draft.not_understood(line)

    def _head(self, line: str) -> None:
        heading = line.strip(" :=\t-")
        if not heading:
            return
        if self.is_new or len(heading) > MAX_KEY:
            self.draft.not_understood(self.heading if self.is_new else line)
        self.is_new = len(heading) <= MAX_KEY
        self.heading = heading if self.is_new else self.heading

    def _understands(self, key: str, value: str) -> bool:
        short = plain(key)
        if len(value) > MAX_VALUE:
            return False
        if "probability" in key.casefold():
            name = re.sub(r"probability|\bof\b|[():_]", " ", key, flags=re.IGNORECASE).strip()
            return self._share(name or self.heading or key, value)
        if short in _LABEL_KEYS:
            return self._label(self.heading or key, value)
        if short in _WRITTEN:
            return self._classification(key, value)
        if self._biomarker(key, value):
            return True
        found = self.draft.take(key, value) is not None
        self.draft.understood -= found  # it is counted by who asks
        return found

    def _label(self, name: str, value: str) -> bool:
        """Read ``Prediction: PSP``, also with the probability behind it in brackets."""
        match = _LABEL.fullmatch(value)
        share = fraction(match["share"]) if match else None
        label = match["label"].strip() if match and share else value
        self.draft.keep(self.draft.labels, name, label)
        if match and share:
            self._share(label, match["share"])
        return True

    def _share(self, name: str, value: str) -> bool:
        number = fraction(value)
        if number is None:
            shown = shortened(repr(value))
            self.draft.warn(f"the probability of {name} is not between 0 and 1: {shown}")
        else:
            self.draft.keep(self.draft.probabilities, name, number.value)
        return True

    def _classification(self, key: str, value: str) -> bool:
        """Read ``Atypical: 0.93`` and ``Atypical: yes (93 %)``."""
        if value[0].isdigit():
            return self._share(key, value)
        label, bracket, rest = value.partition("(")
        self.draft.keep(self.draft.labels, key, label.strip())
        return self._share(key, rest.rstrip(") ")) if bracket else True

    def _biomarker(self, key: str, value: str) -> bool:
        """Read ``pSN: 0.21``, with words and brackets around the region and behind the value."""
        bare = _FREE_WATER.sub("", _BRACKETS.sub(" ", key))
        names = (resolve(text.strip()) for text in (bare, *_BRACKETS.findall(key)))
        region = next((name.region for name in names if name.known), None)
        number = leading_fraction(value)
        if region is None or number is None:
            return False
        self.draft.keep(self.draft.values, region, number)
        return True

    def set_classes(self) -> None:
        """Set the classes, where the probabilities of the diagnoses are known."""
        draft, shares = self.draft, self.draft.probabilities
        for key, share in shares.items():
            if plain(key) in CLASSES:
                draft.number(draft.classes, CLASSES[plain(key)], f"{share:.15f}", key)
        msa = next((shares[name] for name in ("MSAp", "MSA") if name in shares), None)
        if ATYPICAL not in draft.classes and "PD" in shares and len(shares) == 1:
            draft.number(draft.classes, ATYPICAL, f"{1 - shares['PD']:.15f}", "PD")
        if msa is not None and "PSP" in shares and abs(msa + shares["PSP"] - 1) < 0.01:
            draft.number(draft.classes, PSP_VS_MSAP, f"{shares['PSP']:.15f}", "PSP")
