"""prediction.txt: what the textual report says, as far as it is found; the text itself is kept.

No public sample exists. The reader takes lines of the form ``Key: value`` (or ``=``, or a tab) and
recognises keys by their words; everything else stays in the text and is not interpreted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from neuroflow.errors import ResultError
from neuroflow.io import TextError, decode
from neuroflow.matrix import resolve

_V = TypeVar("_V", str, float)

_LINE = re.compile(r"\s*(?P<key>[^:=\t]{1,80}?)\s*[:=\t]\s*(?P<value>\S.*?)\s*")
_NUMBER = re.compile(r"(?P<number>[0-9]+(?:[.,][0-9]+)?)\s*(?P<percent>%?)")
_VALUE = re.compile(rf"{_NUMBER.pattern}(?=\s|\(|;|$)")
_LABEL = re.compile(rf"(?P<label>[^()]+?)\s*\((?P<share>{_NUMBER.pattern})\)")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_FREE_WATER = re.compile(
    r"\s*(mean\s+)?(free[ -]?water|\bFW\b)(\s+(fraction|in|of)\b)?\s*", re.IGNORECASE
)
_DATE_FORMATS = ("%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y")
_FAILED = re.compile(r"\b(fail\w*|error|not (?:be )?processed|rejected|invalid)\b", re.IGNORECASE)
_LABEL_KEYS = ("prediction", "classification", "diagnosis", "result", "label")
_FACT_KEYS = {
    "product": "product", "productname": "product", "algorithm": "product",
    "modelversion": "model_version", "model": "model_version", "version": "model_version",
    "orderid": "order_id", "order": "order_id", "ordernumber": "order_id",
    "date": "date", "reportdate": "date", "processed": "date", "processingdate": "date",
    "completed": "date", "datetime": "date",
    "reason": "reason", "failurereason": "reason", "errormessage": "reason",
}  # fmt: skip
MAX_BYTES = 1 << 20
"""A textual report has about a kilobyte; what is longer than this is not one."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a textual report says."""

    # The classification's name (the heading above, or the key) and what it says.
    labels: Mapping[str, str] = field(default_factory=dict)
    # The class and its probability, between 0 and 1.
    probabilities: Mapping[str, float] = field(default_factory=dict)
    product: str = ""  # As written; empty where not found
    model_version: str = ""
    order_id: str = ""
    date: date | None = None  # When the report was made; None where not found or ambiguous
    biomarkers: Mapping[str, float] = field(default_factory=dict)  # Region and value
    failure: str = ""  # Why the study could not be processed; empty for a prediction
    text: str = ""  # The whole report
    warnings: tuple[str, ...] = ()  # What is unexpected in it


def read_prediction(path: str | Path) -> Prediction:
    """Read a prediction.txt."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ResultError(f"{path} cannot be read.", why=f"{error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise ResultError(f"{path} is not a textual report.", advice="Download it again.")
    try:
        text, _ = decode(data)
    except TextError as error:
        raise ResultError(
            f"{path} is not a textual report.", advice="Download it again."
        ) from error
    return parse_prediction(text)


def failure_reason(folder: Path) -> str:
    """Return why a study could not be processed; empty if no report says so."""
    for path in sorted(folder.glob("*.txt")):
        try:
            reason = read_prediction(path).failure
        except ResultError:  # another report may say why; the study's facts name this one
            continue
        if reason:
            return reason
    return ""


def parse_prediction(text: str) -> Prediction:
    r"""Find labels, probabilities and facts in a report's text.

    Examples
    --------
    >>> found = parse_prediction("Product: PD/MSA/PSP-v1.0\nAtypical Probability: 93.2 %\n")
    >>> found.product, dict(found.probabilities)
    ('PD/MSA/PSP-v1.0', {'Atypical': 0.932})
    """
    parser = _Parser()
    for line in text.splitlines():
        parser.take(line)
    failure = ""
    if not parser.labels and not parser.probabilities:
        failed = [line.strip() for line in text.splitlines() if _FAILED.search(line)]
        failure = parser.facts.get("reason", failed[0]) if failed else ""
    return Prediction(
        labels=parser.labels,
        probabilities=parser.probabilities,
        product=parser.facts.get("product", ""),
        model_version=parser.facts.get("model_version", ""),
        order_id=parser.facts.get("order_id", ""),
        date=_date(parser.facts.get("date", "")),
        biomarkers=parser.biomarkers,
        failure=failure,
        text=text,
        warnings=tuple(parser.warnings),
    )


class _Parser:
    def __init__(self) -> None:
        self.heading = ""
        self.labels: dict[str, str] = {}
        self.probabilities: dict[str, float] = {}
        self.biomarkers: dict[str, float] = {}
        self.facts: dict[str, str] = {}
        self.warnings: list[str] = []

    def take(self, line: str) -> None:
        match = _LINE.fullmatch(line)
        if match is None:
            self.heading = line.strip(" :=\t-") or self.heading
            return
        key, value = match["key"], match["value"]
        plain = "".join(filter(str.isalnum, key.casefold()))
        if plain in _FACT_KEYS:
            self._fact(_FACT_KEYS[plain], value)
        elif "probability" in key.casefold():
            self._probability(key, value)
        elif plain in _LABEL_KEYS:
            self._label(self.heading or key, value)
        elif plain in ("atypical", "pspvsmsap", "pdvsmsappsp", "pdvatypical"):
            self._classification(key, value)
        else:
            self._biomarker(key, value)

    def _fact(self, name: str, value: str) -> None:
        """Keep a fact; of several dates the first that can be read in one way only."""
        if name == "date" and _date(self.facts.get("date", "")) is None:
            self.facts["date"] = value
        self.facts.setdefault(name, value)

    def _label(self, name: str, value: str) -> None:
        """Read ``Prediction: PSP``, also with the probability behind it in brackets."""
        match = _LABEL.fullmatch(value)
        self._keep(self.labels, name, match["label"] if match else value)
        if match:
            self._share(match["label"], match["share"])

    def _probability(self, key: str, value: str) -> None:
        name = re.sub(r"probability|\bof\b|[():_]", " ", key, flags=re.IGNORECASE).strip()
        self._share(name or self.heading or key, value)

    def _share(self, name: str, value: str) -> None:
        match = _NUMBER.fullmatch(value)
        number = _number(match) if match else -1.0
        if 0 <= number <= 1:
            self._keep(self.probabilities, name, number)
        else:
            self.warnings.append(f"the probability of {name} is not between 0 and 1: {value!r}")

    def _classification(self, key: str, value: str) -> None:
        """Read ``Atypical: 0.93`` and ``Atypical: yes (93 %)``."""
        if _NUMBER.fullmatch(value):
            self._share(key, value)
            return
        label, bracket, rest = value.partition("(")
        self._keep(self.labels, key, label.strip())
        if bracket:
            self._share(key, rest.rstrip(") "))

    def _biomarker(self, key: str, value: str) -> None:
        """Read ``pSN: 0.21``, with words and brackets around the region and behind the value."""
        match = _VALUE.match(value)
        bare = _FREE_WATER.sub("", _BRACKETS.sub(" ", key))
        names = (resolve(text.strip()) for text in (bare, *_BRACKETS.findall(key)))
        region = next((name.region for name in names if name.known), None)
        if region is not None and match is not None:
            self._keep(self.biomarkers, region, _number(match))

    def _keep(self, into: dict[str, _V], name: str, value: _V) -> None:
        if into.setdefault(name, value) != value:
            self.warnings.append(f"{name} occurs twice; the first value is kept")


def _number(match: re.Match[str]) -> float:
    value = float(match["number"].replace(",", "."))
    return value / 100 if match["percent"] else value


def _date(text: str) -> date | None:
    """Read a date; one that could be read in two ways is none."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        pass
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None
