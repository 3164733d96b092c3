"""What a plan would do: its rows and one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from neuroflow.ledger import SENT, LedgerRow, State
from neuroflow.models import Event
from neuroflow.widgets.common import FINISHED, Bar, format_duration, in_form_words

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
        reason=plan["reason"].map(in_form_words),
        time=["" if not value > 0 else format_duration(value) for value in plan["seconds"]],
    )
    return shown[list(PLAN_COLUMNS)]


def bar_of(row: LedgerRow) -> Bar:
    """Return the progress of an upload of another program, from what the ledger has of it."""
    number = row.message.split(" of ")[0]
    if not number.isdigit():
        return Bar(row.study_id, message=row.message)
    return Bar(row.study_id, int(number), row.size)


def is_news(event: Event, shown: Mapping[str, LedgerRow]) -> bool:
    """Return whether the table shows another state of a study than an event of its sending."""
    if not event.study_id:
        return False
    row = shown.get(event.study_id)
    is_shown = row is not None and row.state is State.UPLOADING
    return event.status in FINISHED or (event.stage == "upload" and not is_shown)


def outcome_text(outcome: pd.DataFrame, *, was_stopped: bool) -> tuple[str, int]:
    """Return in words what was sent, and the number of studies that are left."""
    of_them = outcome[~outcome["action"].isin([EXCLUDED])]
    rest = of_them[~of_them["state"].isin(SENT)]
    left = len(rest)
    unclear = int((rest["state"] == State.UNCONFIRMED).sum())
    begun = int(rest["state"].isin([State.UPLOADING, State.PARTLY_SENT]).sum())
    kept = int(rest["action"].isin(["blocked", "refused"]).sum())
    parts = {
        "Stopped; uploads that had begun were finished.": was_stopped and left > 0,
        f"{len(of_them) - left} of {len(of_them)} studies have been sent.": True,
        f"Whether {unclear} arrived is unknown: see Retry failed studies.": unclear > 0,
        f"{kept} cannot be sent: the table shows why.": kept > 0,
        f"{begun} sent in part, the table shows why: press Send to continue.": begun > 0,
        "The others are not sent yet: press Send to continue.": left > unclear + begun + kept,
    }
    return " ".join(text for text, is_said in parts.items() if is_said), left


def not_sendable(n_blocked: int, n_unchecked: int, total: int) -> tuple[str, ...]:
    """Return in words which studies cannot be sent; of the unchecked ones nothing is known."""
    n_wrong, lines = n_blocked - n_unchecked, []
    if n_wrong:
        many = "have errors: correct or exclude them"
        what = "has errors: correct or exclude it" if n_wrong == 1 else many
        lines.append(f"{n_wrong} of {total} studies {what}")
    if n_unchecked:
        verb = "was" if n_unchecked == 1 else "were"
        lines.append(
            f"{n_unchecked} of {total} studies {verb} not checked yet: check the studies in the "
            "Cohort form"
        )
    return tuple(lines)


def is_all_sent(rows: pd.DataFrame) -> bool:
    """Check whether every study of the table was sent or is excluded."""
    states = set(rows["state"]) - {EXCLUDED}
    return bool(states) and states <= SENT


def is_complete(plan: pd.DataFrame) -> bool:
    """Check whether a plan names every study: it was not stopped."""
    return not plan["reason"].str.startswith("stopped before").any()


def plan_text(plan: pd.DataFrame) -> str:
    """Return one sentence on what a plan would do."""
    counts = Counter(plan["action"])
    rest = [f"{counts[action]} {words}" for action, words in NOT_SENT.items() if counts[action]]
    return "; ".join([plan.attrs["summary"], *rest]) + "."
