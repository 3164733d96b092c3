"""Studies with a known truth, and the scores that should find it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from neuroflow._version import __version__
from neuroflow.compare.stats import ExclusionLog, read_score, warn_similar_labels
from neuroflow.errors import CompareError, OptionError
from neuroflow.matrix import (
    BoolArray,
    ExcludeSuspect,
    FloatArray,
    Labels,
    as_labels,
    as_list,
    carried_facts,
    check_choice,
    coded,
    group_order,
    match_labels,
    participants,
    read_cells,
    resolve_reference,
)

Direction = Literal["higher", "lower"]
DIRECTIONS = ("higher", "lower")


@dataclass(frozen=True, slots=True)
class Labelled:
    """The studies that are classified."""

    studies: pd.DataFrame  # One row per study
    columns: pd.DataFrame  # One row per score: `REGION_COLUMNS` of a region, or `score`
    values: FloatArray  # Studies x scores; the higher, the more positive
    positive: BoolArray
    facts: dict[str, Any]  # Who was classified, as plain values

    def keep(self, studies: BoolArray) -> Labelled:
        """Return some of the studies."""
        rows = self.studies.loc[studies].reset_index(drop=True)
        values = self.values[studies]
        return Labelled(rows, self.columns, values, self.positive[studies], self.facts)


def read_labelled(
    table: pd.DataFrame,
    *,
    truth: str,
    positive: Labels | None,
    reference: Labels | None,
    score: str | Sequence[str] | None = None,
    metric: str | Sequence[str] | None = None,
    direction: Direction = "higher",
    visit: str | None = None,
    needed: Sequence[str] = (),
    strata: str | None = None,
    exclude_suspect: ExcludeSuspect = None,
) -> Labelled:
    """Choose the studies with a known truth and the values of every score."""
    check_choice("direction", direction, DIRECTIONS)
    scores = [] if score is None else as_list("score", score)
    cells = read_cells(
        table,
        metric=metric,
        needed=list(dict.fromkeys([truth, *needed, *scores, *([strata] if strata else [])])),
        exclude_suspect=False if scores else exclude_suspect,
    )
    log = ExclusionLog(cells)
    codes, names = coded(cells.studies[truth])
    warn_similar_labels(truth, names)
    sick, well = _sides(truth, positive, reference, group_order(names))
    side = np.array([*(1 if n in sick else 0 if n in well else -1 for n in names), -1])[codes]
    log.exclude(codes < 0, f"no {truth}")
    log.exclude(side < 0, f"{truth} neither positive nor negative")
    log.exclude_other_visits(visit)
    if strata is not None:
        log.exclude(coded(cells.studies[strata])[0] < 0, f"no {strata}")
    kept = log.cells
    if scores:
        columns = pd.DataFrame({"score": scores})
        values = np.column_stack([numbers_of(kept.studies, name) for name in scores])
    else:
        columns, values = kept.columns, kept.values
    is_positive = side[log.kept] == 1
    facts = carried_facts(table, columns) | {
        "truth": truth,
        "positive": sick,
        "negative": well,
        "direction": direction,
        "n_positive": int(is_positive.sum()),
        "n_negative": int((~is_positive).sum()),
        "n_studies": len(is_positive),
        "n_participants": len(np.unique(participants(kept.studies))),
        "visit": visit or "",
        "exclusions": log.exclusions,
        "data_notes": [] if scores else cells.notes,
        "neuroflow": __version__,
    }
    if not is_positive.any() or is_positive.all():
        missing = sick if not is_positive.any() else well
        raise CompareError(
            f"No study is {' or '.join(missing)}.",
            why=f"Positive: {', '.join(sick)}; negative: {', '.join(well)}.",
            advice="Choose other groups, or another visit.",
        )
    values = values if direction == "higher" else -values
    return Labelled(kept.studies, columns, values, is_positive, facts)


def _sides(
    truth: str,
    positive: Labels | None,
    reference: Labels | None,
    present: list[str],
) -> tuple[list[str], list[str]]:
    """Return the labels that are positive, and those that are negative."""
    if reference is None or isinstance(reference, str | Real):
        one = resolve_reference(reference, present)
        well = [] if one is None else [one]
    else:
        well = match_labels("group", as_labels("reference", reference), present)
    named = [] if positive is None else as_labels("positive", positive)
    sick = match_labels("group", named, present)
    if not sick and not well:
        raise OptionError(
            f"It is not clear which groups of {truth!r} are positive.",
            why="No group has a usual name of controls.",
            advice=f"Name the positive groups; there are {', '.join(present)}.",
        )
    sick = sick or [name for name in present if name not in well]
    if positive is not None and (reference is None or (reference == "auto" and not well)):
        well = [name for name in present if name not in sick]
    if both := [name for name in sick if name in well]:
        if reference != "auto":
            raise OptionError(
                f"{both[0]} cannot be both positive and negative.",
                advice="Name other groups.",
            )
        well = [name for name in present if name not in sick]
    return sick, well


def numbers_of(studies: pd.DataFrame, name: str) -> FloatArray:
    """Return a column of numbers, one per study."""
    column = read_score(studies, name)
    return np.where(column.known, column.values, np.nan)


def probabilities(studies: pd.DataFrame, name: str) -> FloatArray:
    """Return a column of probabilities; refuse anything that is not between 0 and 1."""
    return check_probabilities(numbers_of(studies, name), name)


def check_probabilities(values: FloatArray, name: str) -> FloatArray:
    """Refuse values that are not between 0 and 1, or a column that is empty."""
    known = values[np.isfinite(values)]
    if not len(known) or known.min() < 0 or known.max() > 1:
        span = f"Its values reach from {known.min():g} to {known.max():g}." if len(known) else ""
        raise OptionError(
            f"The column {name!r} does not contain probabilities.",
            why=span or "It has no values.",
            advice="Choose a column of values between 0 and 1; divide percent by 100.",
        )
    return values
