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

    >>> usual_time({"n": 24, "median": 2.1, "shortest": 0.5, "longest": 2.1})
    'Results of 24 studies were seen here 30 min to 2.1 h after sending.'
    """
    if hours is None:
        return STATED
    n, longest = int(hours["n"]), hours["longest"]
    seen = f"Results of {n:,} studies were" if n > 1 else "The result of 1 study was"
    middle, first, last = (_words(hours[name]) for name in ("median", "shortest", "longest"))
    if longest <= 1 / 60:
        return f"{seen} seen here within a minute of sending."
    if first == last:
        return f"{seen} seen here {last} after sending."
    number, _, unit = first.rpartition(" ")
    span = f"{number if unit == last.rpartition(' ')[2] else first} to {last}"
    half = f", half of them within {middle}" if middle != last else ""
    return f"{seen} seen here {span} after sending{half}."


def _words(hours: float) -> str:
    """Write hours as minutes, hours or days; at least a minute."""
    if round(hours * 60) < 60:
        return f"{max(hours * 60, 1):.0f} min"
    number, unit = (hours, "h") if round(hours, 1) < 48 else (hours / 24, "days")
    return f"{number:.1f} {unit}".replace(".0 ", " ")
