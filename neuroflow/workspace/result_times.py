"""How long results take, as far as this workspace has seen it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

from neuroflow.ledger import LedgerRow
from neuroflow.transfer import OutputSnapshot

FEWEST = 3
"""Results from which their times are stated."""
STATED = "Results usually arrive within two to three hours."
"""What neuropacs states."""


def result_hours(
    rows: Iterable[LedgerRow], snapshot: OutputSnapshot | None
) -> dict[str, float] | None:
    """Return number, median, shortest and longest of the hours from sending to a result.

    A result counts from the status check that saw it first, or else from when it was collected.
    """
    hours = []
    for row in rows:
        seen_at = snapshot.first_seen(row.study_id) if snapshot else None
        ends = [at for at in (seen_at, row.answered_at) if at and row.submitted_at]
        after = [at for at in ends if row.submitted_at and at >= row.submitted_at]
        if after and row.submitted_at:
            hours.append((min(after) - row.submitted_at).total_seconds() / 3600)
    if len(hours) < FEWEST:
        return None
    return {
        "n": len(hours),
        "median": round(median(hours), 4),
        "shortest": round(min(hours), 4),
        "longest": round(max(hours), 4),
    }


def usual_time(hours: Mapping[str, float] | None) -> str:
    """Describe how long results take: as seen here, or as neuropacs states.

    >>> usual_time({"n": 24, "median": 2.1, "shortest": 0.5, "longest": 30})
    'Results here were seen 2.1 h after sending (median of 24; 30 min to 30 h).'
    """
    if hours is None:
        return STATED
    words = {name: _words(hours[name]) for name in ("median", "shortest", "longest")}
    return (
        f"Results here were seen {words['median']} after sending (median of {hours['n']:.0f}; "
        f"{words['shortest']} to {words['longest']})."
    )


def _words(hours: float) -> str:
    return f"{max(hours * 60, 1):.0f} min" if hours < 1 else f"{hours:.1f} h".replace(".0 h", " h")
