"""One rule: what it is about, what it accepts, and how a study is held against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter

from neuroflow.models import Finding, Severity, StudyKind
from neuroflow.studies.acquisition import Acquisition
from neuroflow.studies.protocol.criteria import Criterion, describe_value

GUIDE = "neuropacs documentation, acquisition parameters"
"""Where most rules stand."""
BOTH = frozenset({StudyKind.DICOM, StudyKind.NIFTI})
"""What most rules apply to."""
ANOTHER_SCAN = "The scanner made it so: leave this study out, or ask the service about it."
"""What there is to do about most acquisitions."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    id: str  # Its name in tables and overrides
    parameter: str  # What it is about, for people
    fact: str  # Dotted name within `Acquisition`, as "geometry.n_slices"; empty for several facts
    criterion: Criterion  # What is taken
    unit: str = ""  # The unit of the fact
    source: str = GUIDE  # Where the rule stands
    advice: str = ANOTHER_SCAN  # What to do when it is broken
    severity: Severity = Severity.ERROR  # How much it matters when it is broken
    # How much it matters when the fact is not known; None where that is fine.
    unknown: Severity | None = Severity.WARNING
    kinds: frozenset[StudyKind] = field(default=BOTH)  # What it applies to
    can_be_overridden: bool = True  # False where a study that breaks it cannot be packaged

    def check(self, label: str, facts: Acquisition) -> Finding | None:
        """Hold a study against this rule."""
        if facts.kind not in self.kinds or not self.fact:
            return None
        value = attrgetter(self.fact)(facts)
        accepted = self.criterion.describe(self.unit)
        if value is None:
            if self.unknown is None:
                return None
            measured = "unknown: " + facts.unknown_reasons.get(self.fact, "not in the headers")
            advice = f"It could not be read; make sure of it ({self.parameter}: {accepted})."
            if self.unknown is Severity.ERROR:
                advice = self.advice
            return Finding(label, self.id, self.unknown, measured, accepted, advice)
        if self.criterion.is_met(value):
            return None
        measured = describe_value(value, self.unit)
        return Finding(label, self.id, self.severity, measured, accepted, self.advice)
