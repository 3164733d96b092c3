"""What a plan would do: its rows and one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from neuroflow.widgets.common import format_duration

EXCLUDED, SKIPPED = "excluded", "already sent"
NOT_SENT = {
    "skip": SKIPPED,
    "blocked": "blocked by errors",
    "excluded": EXCLUDED,
    "refused": "refused (see the table)",
}
"""Why a study is not sent, by the action in the plan."""
PLAN_COLUMNS = ("study", "action", "MB", "time", "reason")


def plan_rows(plan: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of a plan as the form shows them."""
    shown = plan.assign(
        study=plan["study_id"].map(labels),
        action=plan["action"].replace({"skip": SKIPPED, "excluded": EXCLUDED}),
        MB=(plan["size"].where(plan["size"] > 0) / 1e6).round(1),
        time=["" if not value > 0 else format_duration(value) for value in plan["seconds"]],
    )
    return shown[list(PLAN_COLUMNS)]


def is_complete(plan: pd.DataFrame) -> bool:
    """Check whether a plan names every study: it was not stopped."""
    return not plan["reason"].str.startswith("stopped before").any()


def plan_text(plan: pd.DataFrame) -> str:
    """Return one sentence on what a plan would do.

    Examples
    --------
    >>> plan = pd.DataFrame({"action": ["send", "skip"]})
    >>> plan.attrs["summary"] = "1 of 2 studies to send, 2.5 MB"
    >>> plan_text(plan)
    '1 of 2 studies to send, 2.5 MB; 1 already sent.'
    """
    counts = Counter(plan["action"])
    rest = [f"{counts[action]} {words}" for action, words in NOT_SENT.items() if counts[action]]
    return "; ".join([plan.attrs["summary"], *rest]) + "."
