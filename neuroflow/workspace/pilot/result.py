"""What became of the study that was sent first."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from neuroflow.ledger import State

PASSED, FAILED, UNKNOWN = "passed", "failed", "unknown"
"""Results of a check; ``unknown`` is a remark and stops nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class PilotResult:
    """What became of the pilot study: whether its results are as expected.

    Parameters
    ----------
    cohort_id, study_id, label
        Which study it is; label and study_id are empty if no study could be sent.
    state
        Its state, as `Workspace.status` has it.
    message
        The message of the service or the reports.
    checks
        One row per check of its results: check, result (``"passed"``, ``"failed"`` or
        ``"unknown"``) and detail; empty while there are no results.
    """

    cohort_id: str
    study_id: str
    label: str
    state: str
    message: str = ""
    checks: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["check", "result", "detail"])
    )

    @property
    def is_passed(self) -> bool:
        """True if its results came and no check failed."""
        return self.state == State.COLLECTED and FAILED not in set(self.checks["result"])

    @property
    def is_waiting(self) -> bool:
        """True if it was sent and the service may still answer."""
        return self.state in {State.SUBMITTED, State.PROCESSING, State.PARTIAL, State.DELIVERED}

    @property
    def summary(self) -> str:
        """The outcome in one sentence."""
        what = f"The pilot study {self.label}" if self.label else "The pilot study"
        if self.is_passed:
            return f"{what} passed: its results are complete and agree with its report."
        if self.is_waiting:
            return f"{what} was sent; its results have not been collected yet."
        if self.state == State.COLLECTED:
            failed = self.checks[self.checks["result"] == FAILED]
            return f"{what} did not pass: {'; '.join(failed['detail'])}."
        return f"{what} is {self.state or 'not sent'}: {self.message.rstrip('.')}."
