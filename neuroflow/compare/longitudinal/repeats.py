"""Repeated scans of the same people: people x repeats x regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroflow.errors import CompareError, Wording
from neuroflow.matrix import (
    Cells,
    FloatArray,
    TimeUnit,
    as_list,
    coded,
    group_order,
    participants,
    years_of,
)

_LEAST = 2


@dataclass(frozen=True, slots=True)
class Repeats:
    """Values of people who were scanned more than once."""

    values: FloatArray  # people x repeats x columns, NaN where missing
    names: list[str]  # of the repeats: scanners, or "first", "second", ...
    columns: pd.DataFrame
    people: list[str]
    notes: list[str]


def read_repeats(
    cells: Cells,
    scanner: str | None = None,
    *,
    time: str = "age",
    unit: TimeUnit | None = None,
    # At most so many years after the person's first scan.
    within: float | None = None,
) -> Repeats:
    """Read the repeats: one scan per scanner and person, or scans in order of time."""
    who = pd.factorize(participants(cells.studies))[0]
    studies = cells.studies
    there = np.ones(len(who), dtype=bool)
    years = np.zeros(len(who))
    if within is not None:
        years = years_of(studies[time], time, unit)
        first = pd.Series(years).groupby(who).transform("min").to_numpy(dtype=np.float64)
        there = years - first <= within
    if scanner is not None:
        codes, labels = coded(studies[scanner])
        names = group_order(labels)
        place = np.array([*(names.index(name) for name in labels), -1])[codes]
        there &= place >= 0
        _refuse_twice(studies[there], who[there], place[there], scanner)
    else:
        order = np.lexsort((years, who))
        place = np.empty(len(who), dtype=np.intp)
        place[order] = pd.Series(who[order]).groupby(who[order]).cumcount().to_numpy()
        most = int(place[there].max(initial=0)) + 1
        names = [("first", "second", "third")[i] if i < 3 else f"{i + 1}th" for i in range(most)]
    several = np.bincount(who[there], minlength=who.max() + 1) >= _LEAST
    if several.sum() < _LEAST:
        raise CompareError(
            f"{int(several.sum())} participants have repeated scans; two are needed at least.",
            advice=Wording(
                "Give repeated scans the same participant_id and their own session_id"
                + (f", or check {scanner}." if scanner else ", or allow a longer interval."),
                form="Allow more days between the scans.",
            ),
            about="within" if within is not None else "",
        )
    chosen = there & several[who]
    row = np.cumsum(several) - 1
    values = np.full((int(several.sum()), len(names), cells.values.shape[1]), np.nan)
    values[row[who[chosen]], place[chosen]] = cells.values[chosen]
    ids = studies["participant_id"].astype(str).to_numpy()
    first_rows = pd.Series(np.arange(len(who))).groupby(who).first().to_numpy()
    return Repeats(
        values, names, cells.columns, ids[first_rows][several].tolist(), list(cells.notes)
    )


def _refuse_twice(studies: pd.DataFrame, who: np.ndarray, place: np.ndarray, scanner: str) -> None:
    twice = pd.DataFrame({"who": who, "place": place}).duplicated().to_numpy()
    if twice.any():
        person = studies["participant_id"].to_numpy()[int(twice.argmax())]
        raise CompareError(
            f"The participant {person} has several scans of one {scanner}.",
            advice="Keep one, or compare repeated scans without naming scanners.",
        )


def needed_columns(scanner: str | None, time: str, within: float | None) -> list[str]:
    """Return the columns that `read_repeats` needs."""
    extra = as_list("scanner", scanner) if scanner is not None else []
    return ["participant_id", *extra, *([time] if within is not None else [])]
