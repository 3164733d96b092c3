"""Values that are impossible, or suspect: examined wherever a cohort table is read.

Free water and anisotropy are fractions: outside 0 to 1 they are impossible (a code for missing
values, percent without its sign). Exactly 0 or 1 they are suspect: a region that fell out of the
brain, or where the fit failed. The unit of mean diffusivity is recognised by the median.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from neuroflow.errors import OptionError, ResultWarning, TableError, Wording
from neuroflow.events import warn_user
from neuroflow.matrix.cells import BoolArray, Cells, FloatArray, numbers
from neuroflow.matrix.regions import FRACTIONS, REGION_KEY

ExcludeSuspect = bool | Literal["impossible"] | None
"""None refuses impossible values; False keeps all; "impossible" and True exclude them, and True
those that are exactly 0 or 1 as well."""

MISSING_CODES = (-9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0)
"""Numbers that programs write for a missing value."""

SET_ASIDE = "set_aside"
"""The column of the cohort table that holds why a value was set aside."""

_MD_UNITS = ((0.05, 0.006), (50.0, 6.0), (np.inf, 6000.0))
"""Mean diffusivity: below which median the unit is mm²/s, µm²/ms or µm²/s, and twice what free
water has at 37 °C in it (0.003 mm²/s)."""
_SHOWN = 5
_TOGETHER = 4096  # studies
_FEW = 10  # studies: fewer do not show what is usual
_FAR = 6.0  # robust standard deviations
_MANY = 0.1  # of a study's regions


@dataclass(frozen=True, slots=True)
class Suspects:
    """Which values of a matrix are impossible, and which exactly 0 or 1."""

    impossible: BoolArray
    extreme: BoolArray

    def of(self, exclude: ExcludeSuspect) -> BoolArray:
        """Return which values are left out."""
        if exclude is True:
            return self.impossible | self.extreme
        return self.impossible if exclude == "impossible" else np.zeros_like(self.impossible)


def find_suspects(values: FloatArray, metrics: Sequence[str | None]) -> Suspects:
    """Find impossible and suspect values; `metrics` are those of the columns."""
    if _are_plain(values, metrics):  # quicker
        nothing = np.zeros(values.shape, dtype=bool)
        return Suspects(nothing, nothing)
    is_fraction = np.array([metric in FRACTIONS for metric in metrics], dtype=bool)
    impossible = ((values < 0) | (values > 1)) & is_fraction
    extreme = ((values == 0) | (values == 1)) & is_fraction
    diffusivity = np.array([metric == "MD" for metric in metrics], dtype=bool)
    if diffusivity.any():
        ours = values[:, diffusivity]
        some = np.abs(ours[np.isfinite(ours)])
        middle = float(np.median(some)) if len(some) else 0.0
        most = next(most for below, most in _MD_UNITS if middle < below)
        impossible[:, diffusivity] = (ours < 0) | (ours > most)
    return Suspects(impossible, extreme)


def _are_plain(values: FloatArray, metrics: Sequence[str | None]) -> bool:
    """Return whether all values are there, of fractions, and between 0 and 1: as usual."""
    if not values.size or not set(metrics) <= set(FRACTIONS):
        return False
    return bool(values.min() > 0 and values.max() < 1)


def _robust(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return median and robust standard deviation along the last axis."""
    centre = np.asarray(np.median(values, axis=-1))
    return centre, np.asarray(1.4826 * np.median(np.abs(values - centre[..., None]), axis=-1))


def find_outlying(values: FloatArray) -> dict[int, int]:
    """Return the studies with outliers in many regions, and in how many."""
    if len(values) < _FEW:
        return {}
    sample = values[:: max(len(values) // 2000, 1)]  # 2,000 studies show what is usual
    # An outlier is more than six robust standard deviations (1.4826 times the median absolute
    # deviation) from the median of all studies: Rousseeuw PJ, Croux C (1993), J Am Stat Assoc
    # 88:1273-1283.
    centre, spread = np.full((2, values.shape[1]), np.nan)
    columns = np.ascontiguousarray(sample.T)
    whole = np.isfinite(columns).all(axis=1)
    centre[whole], spread[whole] = _robust(columns[whole])
    for j in np.flatnonzero(~whole):
        there = columns[j, np.isfinite(columns[j])]
        if len(there) >= _FEW:
            centre[j], spread[j] = _robust(there)
    spread[spread == 0] = np.nan
    parts = np.array_split(values, len(values) // _TOGETHER + 1)  # not all of them twice in memory
    far = [np.count_nonzero(np.abs(part - centre) > _FAR * spread, axis=1) for part in parts]
    counts = np.concatenate(far)
    least = max(5.0, _MANY * np.count_nonzero(np.isfinite(spread)))
    return {int(row): int(counts[row]) for row in np.flatnonzero(counts >= least)}


def examine(cells: Cells, exclude: ExcludeSuspect, attrs: Mapping[Any, Any]) -> Cells:
    """Refuse impossible values, or exclude suspect ones, and note what was done."""
    if exclude not in (None, True, False, "impossible"):
        raise OptionError(
            f"exclude_suspect must be one of four values, not {exclude!r}.",
            advice='Choose None, True, False or "impossible".',
        )
    notes = [*cells.notes, *map(str, attrs.get("data_notes", ()))]
    found = find_suspects(cells.values, cells.columns["metric"].tolist())
    if not found.impossible.any() and not found.extreme.any():
        suspect = np.zeros(cells.values.shape[1], dtype=np.intp)
        return replace(cells, notes=list(dict.fromkeys(notes)), suspect=suspect)
    if found.impossible.any():
        if exclude is None:
            raise _refused(cells, found.impossible)
        left = "Kept" if exclude is False else "Excluded"
        notes.append(f"{left}: {_counted(cells, found.impossible)} outside the possible range.")
    if found.extreme.any():
        left = "Excluded" if exclude is True else "Kept"
        notes.append(f"{left}: {_counted(cells, found.extreme)} exactly 0 or 1.")
        if exclude is None:
            _warn_extreme(cells, found.extreme)
    out = found.of(exclude)
    values = np.where(out, np.nan, cells.values) if out.any() else cells.values
    counts = np.count_nonzero(out, axis=0)
    return replace(cells, values=values, notes=list(dict.fromkeys(notes)), suspect=counts)


def examine_table(table: pd.DataFrame, exclude: ExcludeSuspect) -> pd.DataFrame:
    """Do the same with the rows of a cohort table; what is left out is missing in the copy."""
    given = numbers(table["value"])
    if SET_ASIDE in table:
        given = np.where(table[SET_ASIDE].notna(), np.nan, given)
    sides = (["study_id"], [*REGION_KEY])
    row, column = (
        table.groupby(names, sort=False, dropna=False, observed=True).ngroup().to_numpy()
        for names in sides
    )
    studies, columns = (table[names].drop_duplicates(ignore_index=True) for names in sides)
    values = np.full((len(studies), len(columns)), np.nan)
    values[row, column] = given
    examined = examine(Cells(studies, columns, values), exclude, table.attrs)
    kept = table.assign(value=examined.values[row, column])
    if examined.notes:
        kept.attrs["data_notes"] = examined.notes
    return kept


def set_aside(cells: Cells, reasons: pd.DataFrame) -> Cells:
    """Take out what the researcher set aside; `reasons` has the shape of the values."""
    aside: BoolArray = reasons.notna().to_numpy(dtype=bool)
    whole: BoolArray = np.asarray(aside.all(axis=1))
    excluded = []
    if whole.any():
        first = reasons.iloc[:, 0]
        ids = cells.studies["study_id"].astype(str)
        for reason in first[whole].drop_duplicates():
            named = ids[whole & (first == reason).to_numpy(dtype=bool)].tolist()
            excluded.append({"reason": f"set aside: {reason}", "n": len(named), "study_ids": named})
    parts = aside & ~whole[:, None]
    notes = []
    if parts.any():
        why = "; ".join(dict.fromkeys(reasons.to_numpy()[parts].astype(str)))
        notes = [f"Set aside ({why}): {_counted(cells, parts)}."]
    values = np.where(aside, np.nan, cells.values)
    if whole.all():
        raise TableError(
            "All studies of the table are set aside.",
            advice=Wording(
                "Include some again with Workspace.include_result.",
                cli="Include some again with neuroflow include-result.",
                form="Include some again in the gallery.",
            ),
        )
    cells = replace(cells, values=values, notes=[*cells.notes, *notes])
    cells = cells.keep(~whole) if whole.any() else cells
    return replace(cells, excluded=[*cells.excluded, *excluded])


def exclusion_note(cells: Cells) -> str:
    """Return a sentence on the studies that were set aside; empty if there are none."""
    if not cells.excluded:
        return ""
    parts = ", ".join(f"{item['n']} ({item['reason']})" for item in cells.excluded)
    return f"Studies excluded: {parts}."


_EXCLUDE_OR_KEEP = Wording(
    "exclude_suspect=True excludes them; exclude_suspect=False keeps them without this warning.",
    cli="--exclude-suspect excludes them; --keep-suspect keeps them without this warning.",
    form="Choose whether suspect values are excluded.",
)


def _refused(cells: Cells, bad: BoolArray) -> TableError:
    rows, columns = (places.tolist() for places in np.nonzero(bad))
    shown = [
        f"{cells.columns['region'].iat[j]} {cells.columns['metric'].iat[j]} "
        f"{cells.values[i, j]:g} in study {cells.studies['study_id'].iat[i]}"
        for i, j in list(zip(rows, columns, strict=True))[:_SHOWN]
    ]
    coded = np.isin(cells.values[bad], MISSING_CODES).sum()
    percent = ((cells.values[bad] > 1) & (cells.values[bad] <= 100)).sum()
    hints = [f"{coded} look like a code for missing values"] * bool(coded)
    hints += [f"{percent} look like percent"] * bool(percent > len(rows) / 2)
    why = f"{', '.join(shown)}{', ...' * (len(rows) > _SHOWN)}. "
    why += "FW, FA and FAt are fractions between 0 and 1; MD is positive, and below twice that of "
    why += f"water. {'; '.join(hints)}{'.' * bool(hints)}"
    return TableError(
        f"{_counted(cells, bad)} outside the possible range would enter the computation.",
        why=why.strip(),
        advice=Wording(
            "Correct them; or exclude them with exclude_suspect=True (values of exactly 0 or 1 "
            'as well) or "impossible"; or keep all with exclude_suspect=False.',
            cli="Correct them; or exclude them with --exclude-suspect, or keep all with "
            "--keep-suspect.",
            form="Correct them, or exclude suspect values.",
        ),
    )


def _warn_extreme(cells: Cells, extreme: BoolArray) -> None:
    ids = cells.studies["study_id"].astype(str).to_numpy()[extreme.any(axis=1)].tolist()
    shown = ", ".join(ids[:_SHOWN]) + ", ..." * (len(ids) > _SHOWN)
    warn_user(
        Wording.sentences(
            f"{_counted(cells, extreme)} exactly 0 or 1 are used ({shown}): regions outside the "
            "brain mask, or with a failed fit, have such values.",
            _EXCLUDE_OR_KEEP,
        ),
        ResultWarning,
    )


def _counted(cells: Cells, bad: BoolArray) -> str:
    metrics = (
        cells.columns["metric"].iloc[np.flatnonzero(bad.any(axis=0))].drop_duplicates().tolist()
    )
    n, studies = int(bad.sum()), int(bad.any(axis=1).sum())
    return (
        f"{n} value{'s' * (n != 1)} of {', '.join(metrics)} in "
        f"{studies} {'studies' if studies != 1 else 'study'}"
    )
