"""One rule: what it is about, what it accepts, and how it checks a study."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter

from neuroflow.models import Finding, Severity, Study, StudyKind
from neuroflow.studies.acquisition import Acquisition
from neuroflow.studies.protocol.criteria import Criterion, NoneOf, describe_value

GUIDE = "neuropacs documentation, acquisition parameters"
"""The source of most rules."""
BOTH = frozenset({StudyKind.DICOM, StudyKind.NIFTI})
"""The kinds of studies that most rules apply to."""
ACQUIRED_THIS_WAY = (
    "The study was acquired this way: exclude it, or ask neuropacs whether they accept it."
)
"""The advice of most rules."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    id: str  # Its name in tables and in `Workspace.override`; stored in ledgers
    parameter: str  # What it is about, for people
    fact: str  # Dotted name within `Acquisition`, as "geometry.n_slices"; empty for several facts
    criterion: Criterion  # What the service accepts
    unit: str = ""  # The unit of the fact
    source: str = GUIDE  # The document that states it
    advice: str = ACQUIRED_THIS_WAY  # What to do when it is broken
    severity: Severity = Severity.ERROR  # Of a finding
    # Severity where the fact is unknown; None skips the rule.
    unknown: Severity | None = Severity.WARNING
    kinds: frozenset[StudyKind] = field(default=BOTH)  # What it applies to
    can_be_overridden: bool = True  # False where a study that breaks it cannot be packaged

    def check(self, label: str, facts: Acquisition) -> Finding | None:
        """Check the facts of a study; return a finding, or None if they are accepted."""
        if facts.kind not in self.kinds or not self.fact:
            return None
        value = attrgetter(self.fact)(facts)
        accepted = self.criterion.describe(self.unit)
        if value is None:
            if self.unknown is None:
                return None
            measured = "unknown: " + facts.unknown_reasons.get(self.fact, "not in the headers")
            advice = f"It could not be read; check it yourself ({self.parameter}: {accepted})."
            if self.unknown is Severity.ERROR:
                advice = self.advice
            return Finding(label, self.id, self.unknown, measured, accepted, advice)
        if self.criterion.is_met(value):
            return None
        measured = describe_value(value, self.unit)
        if isinstance(self.criterion, NoneOf):
            measured = self.criterion.measured(value)
        return Finding(label, self.id, self.severity, measured, accepted, self.advice)


def finding(rule: Rule, study: Study, measured: str) -> Finding:
    """Make the finding of a study that breaks a rule."""
    accepted = rule.criterion.describe(rule.unit)
    return Finding(study.label, rule.id, rule.severity, measured, accepted, rule.advice)
