"""Whose change is larger than repeated scans of an unchanged person differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from neuroflow.compare.longitudinal.visits import FollowUp
from neuroflow.errors import OptionError, ResultWarning
from neuroflow.events import warn_user
from neuroflow.matrix import REGION_KEY, FloatArray

_NOTE = (
    "A change from first to last visit that exceeds the repeatability coefficient of the region is "
    "counted as a true change of a person (95 % confidence)."
)


def first_to_last(data: FollowUp) -> tuple[FloatArray, FloatArray]:
    """Return change and years from first to last value, people x columns; NaN without two."""
    shape = (len(data.people.group), data.values.shape[1])
    first, last, start, end = (np.full(shape, np.nan) for _ in range(4))
    for row, (person, when) in enumerate(zip(data.person, data.years, strict=True)):
        there = np.isfinite(data.values[row])
        new = there & np.isnan(start[person])
        first[person, new], start[person, new] = data.values[row, new], when
        last[person, there], end[person, there] = data.values[row, there], when
    years = end - start
    several = years > 0
    return np.where(several, last - first, np.nan), np.where(several, years, np.nan)


def limits_of(columns: pd.DataFrame, repeatability: pd.DataFrame) -> FloatArray:
    """Return the repeatability coefficient of each region and metric; NaN where it is unknown."""
    missing = [name for name in (*REGION_KEY, "rc") if name not in repeatability]
    if missing:
        raise OptionError(
            f"repeatability has no column {', '.join(missing)}.",
            advice="Use what neuroflow.repeatability returned.",
        )
    known = dict(zip(_keys(repeatability), repeatability["rc"].tolist(), strict=True))
    found = np.array([known.get(key, np.nan) for key in _keys(columns)], dtype=float)
    if len(found) and not np.isfinite(found).any():
        warn_user(
            "The repeatability table knows none of these regions and metrics; no change is "
            "compared with it.",
            ResultWarning,
        )
    return found


def _keys(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Name the rows; a file does not keep an empty text apart from a missing one."""
    texts = [table[name].astype("str").fillna("").tolist() for name in REGION_KEY]
    return list(zip(*texts, strict=True))


def add_true_changes(result: pd.DataFrame, data: FollowUp, repeatability: pd.DataFrame) -> None:
    """Count the people of each group whose change exceeds the coefficient, and name them."""
    change = first_to_last(data)[0]
    limits = limits_of(data.columns, repeatability)
    exceeds = np.abs(change) > limits
    ids = data.people.cells.studies["participant_id"].astype(str).to_numpy()
    place = {key: at for at, key in enumerate(_keys(data.columns))}
    group = {name: data.people.group == at for at, name in enumerate(data.people.names)}
    counts: list[tuple[Any, Any]] = []
    named = []
    for contrast, key in zip(result["contrast"].tolist(), _keys(result), strict=True):
        at = place[key]
        if contrast not in group or not np.isfinite(limits[at]):
            # Contrasts have no people of their own.
            counts.append((pd.NA, pd.NA))
            continue
        mine = group[contrast]
        who = ids[mine & exceeds[:, at]].tolist()
        counts.append((len(who), int(np.isfinite(change[mine, at]).sum())))
        if who:
            named.append(
                {"contrast": contrast, **dict(zip(REGION_KEY, key, strict=True)), "who": who}
            )
    for name, numbers in zip(("n_exceed", "n_several"), zip(*counts, strict=True), strict=True):
        result[name] = pd.array(numbers, dtype="Int64")
    result.attrs["exceeding"] = named
    result.attrs["data_notes"] = [*result.attrs.get("data_notes", []), _NOTE]
