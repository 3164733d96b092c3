"""Rules that a user knowingly sets aside for a study, with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from neuroflow.errors import OptionError
from neuroflow.models import Severity
from neuroflow.studies.protocol.rules import ALL_RULES

NOT_WAIVABLE = frozenset(rule.id for rule in ALL_RULES if not rule.can_be_overridden)


@dataclass(frozen=True, slots=True)
class Waiver:
    """One rule set aside for one study.

    Examples
    --------
    >>> Waiver("P1", "echo_time", "The vendor agreed to 108 ms.").rule
    'echo_time'
    """

    study: str  # The study's label
    rule: str  # The rule's id
    reason: str  # Why, for the ledger and for whoever looks at the results; no patient data

    def __post_init__(self) -> None:
        known = {rule.id for rule in ALL_RULES}
        if self.rule not in known:
            raise OptionError(
                f"There is no rule {self.rule!r}.", advice=f"Rules are: {', '.join(sorted(known))}."
            )
        if self.rule in NOT_WAIVABLE:
            raise OptionError(
                f"The rule {self.rule!r} cannot be set aside.",
                why="What breaks it cannot be packaged.",
                advice="Mend the study, or leave it out.",
            )
        if not self.reason.strip():
            raise OptionError(
                "A rule is set aside with a reason.", advice="Say why the study may be sent."
            )


def apply_waivers(findings: pd.DataFrame, overrides: Iterable[Waiver]) -> pd.DataFrame:
    """Turn errors that the user set aside into warnings.

    Examples
    --------
    >>> row = ["P1", "echo_time", "error", "108 ms", "55–104 ms", "..."]
    >>> columns = ["study", "rule", "severity", "measured", "accepted", "advice"]
    >>> findings = pd.DataFrame([row], columns=columns)
    >>> aside = apply_waivers(findings, [Waiver("P1", "echo_time", "The vendor agreed.")])
    >>> aside.loc[0, ["severity", "advice"]].tolist()
    ['warning', 'Set aside by the user: The vendor agreed.']
    """
    result = findings.copy()
    for override in overrides:
        chosen = (
            (result["study"] == override.study)
            & (result["rule"] == override.rule)
            & (result["severity"] == str(Severity.ERROR))
        )
        result.loc[chosen, "severity"] = str(Severity.WARNING)
        result.loc[chosen, "advice"] = f"Set aside by the user: {override.reason.strip()}"
    return result
