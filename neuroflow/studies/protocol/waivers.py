"""Rules that the user overrides for a study, with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from neuroflow.errors import OptionError
from neuroflow.models import Severity
from neuroflow.studies.protocol.rules import ALL_RULES

OVERRIDDEN = "Overridden by the user"
"""How the advice of an overridden finding begins."""
_RULES = {rule.id: rule for rule in ALL_RULES}


@dataclass(frozen=True, slots=True)
class Waiver:
    """One rule that the user overrides for one study."""

    study: str  # The study's label
    rule: str  # The rule's id
    reason: str  # Why, kept in the ledger; no patient data

    def __post_init__(self) -> None:
        rule = _RULES.get(self.rule)
        if rule is None:
            raise OptionError(
                f"There is no rule {self.rule!r}.",
                advice=f"Rules are: {', '.join(sorted(_RULES))}.",
            )
        if not rule.can_be_overridden:
            raise OptionError(
                f"The rule {self.rule!r} cannot be overridden.",
                why="A study that breaks it cannot be packaged.",
                advice="Correct the study, or exclude it.",
            )
        if not self.reason.strip():
            raise OptionError(
                "A rule is overridden with a reason.", advice="State why the study may be sent."
            )


def apply_waivers(findings: pd.DataFrame, waivers: Iterable[Waiver]) -> pd.DataFrame:
    """Turn errors that the user overrode into warnings."""
    result = findings.copy()
    for waiver in waivers:
        chosen = (
            (result["study"] == waiver.study)
            & (result["rule"] == waiver.rule)
            & (result["severity"] == str(Severity.ERROR))
        )
        result.loc[chosen, "severity"] = str(Severity.WARNING)
        result.loc[chosen, "advice"] = f"{OVERRIDDEN}: {waiver.reason.strip()}"
    return result
