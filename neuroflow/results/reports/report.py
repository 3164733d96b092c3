"""The contents of a report, in one set of names whatever its year and form."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

ATYPICAL, PSP_VS_MSAP = "atypical", "psp_vs_msap"
"""The classes: MSA or PSP against PD, and PSP against MSA; from 0.5 on it is the former."""


@dataclass(frozen=True, slots=True)
class Biomarker:
    """The free water of one region as printed, beside that of the service's own controls."""

    value: float  # Fraction
    digits: int  # Of the fraction, behind the decimal mark
    mean: float | None = None  # Of the controls
    sd: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The contents of one report."""

    grammar: str = ""  # Which one it was read by
    product: str = ""  # As written; empty where not found
    model_version: str = ""
    order_id: str = ""
    date: datetime.date | None = None  # None where not found or ambiguous
    input: str = ""  # What the service states that it received
    classes: Mapping[str, float] = field(default_factory=dict)  # `ATYPICAL`, `PSP_VS_MSAP`: 0 to 1
    sentences: Mapping[str, str] = field(default_factory=dict)  # The sentence on each class
    biomarkers: Mapping[str, Biomarker] = field(default_factory=dict)  # By region
    labels: Mapping[str, str] = field(default_factory=dict)  # Classifications in words, as written
    # Probabilities of single diagnoses, as written.
    probabilities: Mapping[str, float] = field(default_factory=dict)
    failure: str = ""  # Why the study could not be processed; empty for a prediction
    quality: str = ""  # The verdict of a report on quality control: "pass", "fail", or empty
    understood: int = 0  # Lines (fields of JSON and XML) that were understood
    unknown: tuple[str, ...] = ()  # The first of those that were not
    n_unknown: int = 0
    warnings: tuple[str, ...] = ()  # What is unexpected in it
    text: str = ""  # The whole report

    @property
    def n_lines(self) -> int:
        """The number of its lines, or fields."""
        return self.understood + self.n_unknown

    @property
    def share(self) -> float:
        """The share of lines that were understood, between 0 and 1; 0 for an empty report."""
        return self.understood / self.n_lines if self.n_lines else 0.0

    @property
    def is_prediction(self) -> bool:
        """True where it holds a class or a biomarker."""
        return bool(self.classes or self.biomarkers or self.probabilities or self.labels)

    @property
    def is_understood(self) -> bool:
        """True where it states what became of the study."""
        return self.is_prediction or bool(self.failure or self.quality)
