"""A report while it is read: what was found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from neuroflow.models import shortened
from neuroflow.results.reports import keys
from neuroflow.results.reports.printed import Printed, day, fraction
from neuroflow.results.reports.report import PSP_VS_MSAP, Biomarker, Report

_V = TypeVar("_V", str, float, Printed)

MAX_UNKNOWN = 20
"""Lines that were not understood and are kept."""
MAX_WARNINGS = 20
MAX_FACT = 300
"""Characters of a fact."""
_POSSIBLE_NAMES = ("PSP", "MSA")


@dataclass(slots=True)
class Draft:
    """What was found in a report so far; the first of two contradicting values is kept."""

    facts: dict[str, str] = field(default_factory=dict)
    classes: dict[str, Printed] = field(default_factory=dict)
    sentences: dict[str, str] = field(default_factory=dict)
    values: dict[str, Printed] = field(default_factory=dict)
    means: dict[str, Printed] = field(default_factory=dict)
    sds: dict[str, Printed] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    probabilities: dict[str, float] = field(default_factory=dict)
    failure: str = ""
    quality: str = ""
    warnings: list[str] = field(default_factory=list)
    understood: int = 0
    unknown: list[str] = field(default_factory=list)
    n_unknown: int = 0
    unsure: str = ""  # The key of a class whose direction the report does not state

    def take(self, key: str, value: str) -> keys.Key | None:
        """Take a key of the published ones with its value; return None where it is unknown."""
        found, value = keys.find_key(key), value.strip()
        if found is None:
            return None
        if found.kind == keys.FACT:
            self.fact(found.name, value)
        elif found.kind == keys.CLASS:
            self.number(self.classes, found.name, value, key)
            if keys.plain(key) in keys.UNSURE:
                self.unsure = key.strip()
        elif found.kind == keys.SENTENCE:
            self.keep(self.sentences, found.name, value)
        elif found.kind != keys.REMARK:
            into = {keys.VALUE: self.values, keys.MEAN: self.means, keys.SD: self.sds}
            self.number(into[found.kind], found.name, value, key)
        self.understood += 1
        return found

    def fact(self, name: str, value: str) -> None:
        """Keep a fact; of several dates the first that can be read in one way only."""
        value = value[:MAX_FACT]
        if name == "date" and day(self.facts.get("date", "")) is None:
            self.facts["date"] = value
        self.facts.setdefault(name, value)

    def number(self, into: dict[str, Printed], name: str, value: str, key: str) -> None:
        """Keep a fraction; a text that is none is a warning."""
        number = fraction(value)
        if number is None:
            shown = shortened(ascii(value))
            self.warn(f"{shortened(key.strip())} is not a number between 0 and 1: {shown}")
        else:
            self.keep(into, name, number)

    def keep(self, into: dict[str, _V], name: str, value: _V) -> None:
        """Keep the first value of a name; another one is a warning."""
        if into.setdefault(name, value) != value:
            self.warn(f"{shortened(name)} occurs twice; the first value is kept")

    def warn(self, sentence: str) -> None:
        """Keep a warning, once and up to a number."""
        if len(self.warnings) < MAX_WARNINGS and sentence not in self.warnings:
            self.warnings.append(sentence)

    def not_understood(self, line: str) -> None:
        """Count a line or field that was not understood."""
        self.n_unknown += 1
        if len(self.unknown) < MAX_UNKNOWN:
            self.unknown.append(shortened(line.strip()))

    def finish(self, grammar: str, text: str) -> Report:
        """Return the report."""
        self._check_direction()
        date = day(self.facts.get("date", ""))
        if date is None and self.facts.get("date"):
            self.warn(f"not a date, or one that can be read in two ways: {self.facts['date']!a}")
        lone = sorted((self.means.keys() | self.sds.keys()) - self.values.keys())
        if lone:
            self.warn(f"controls without a value of the study: {', '.join(lone)}")
        return Report(
            grammar=grammar,
            product=self.facts.get("product", ""),
            model_version=self.facts.get("model_version", ""),
            order_id=self.facts.get("order_id", ""),
            date=date,
            input=self.facts.get("input", ""),
            classes={name: number.value for name, number in self.classes.items()},
            sentences=self.sentences,
            biomarkers={region: self._biomarker(region) for region in self.values},
            labels=self.labels,
            probabilities=self.probabilities,
            failure=self.failure,
            quality=self.quality,
            understood=self.understood,
            unknown=tuple(self.unknown),
            n_unknown=self.n_unknown,
            warnings=tuple(self.warnings),
            text=text,
        )

    def _biomarker(self, region: str) -> Biomarker:
        value, mean, sd = self.values[region], self.means.get(region), self.sds.get(region)
        return Biomarker(value.value, value.digits, mean and mean.value, sd and sd.value)

    def _check_direction(self) -> None:
        """Warn of a class whose key names the other diagnosis first, unless its sentence agrees."""
        number = self.classes.get(PSP_VS_MSAP)
        if not self.unsure or number is None:
            return
        sentence = self.sentences.get(PSP_VS_MSAP, "")
        named = [name for name in _POSSIBLE_NAMES if name in sentence]
        if named != ["PSP" if number.value >= 0.5 else "MSA"]:
            self.warn(
                f"{self.unsure}: read as the probability of PSP, as the key that replaced it; "
                "the report does not state it"
            )
