"""One person's change against the changes of a reference group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.longitudinal.true_change import first_to_last, limits_of
from neuroflow.compare.longitudinal.visits import FollowUp, read_follow_up
from neuroflow.compare.stats import ROUNDING
from neuroflow.errors import CompareError
from neuroflow.matrix import (
    BoolArray,
    ExcludeSuspect,
    FloatArray,
    TimeUnit,
    carried_facts,
    check_number,
    read_cells,
    resolve_reference,
)

_LEAST = 5  # members of the reference more than coefficients
_BEYOND = 0.25  # of the reference's longest and shortest interval


def person_change(
    table: pd.DataFrame,
    *,
    by: str = "group",
    reference: str = "auto",
    time: str = "age",
    unit: TimeUnit | None = None,
    covariates: str | Sequence[str] = ("age",),
    repeatability: pd.DataFrame | None = None,
    metric: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Compare each person's change, first to last visit, with that expected in a reference group.

    Parameters
    ----------
    table
        The cohort table, with repeated visits.
    by, reference
        The column that holds the groups, and the reference group; ``"auto"`` for the controls.
        Members of the reference are compared with the other members.
    time, unit
        As for `change_over_time`.
    covariates
        Columns of numbers, as at the first visit, that the expected change is adjusted for; it is
        always adjusted for the interval.
    repeatability
        What `neuroflow.repeatability` returned: marks the changes that exceed the repeatability
        coefficient of the region.
    metric
        One metric, several, or None for all.
    confidence
        Level of the prediction interval, between 0 and 1.
    exclude_suspect
        As for `compare_groups`.

    Returns
    -------
    DataFrame
        One row per person with two visits, region and metric: `years`, `change`, the `expected`
        change with its prediction interval `low` to `high`, `z` (as a normal deviate), `p`,
        `beyond` (outside the interval), `exceeds` (larger than the repeatability coefficient) and
        `reason`.

    Raises
    ------
    CompareError
        There is no reference group, or too few of it have two visits.
    OptionError
        There is no such group or metric.
    TableError
        The table lacks a column.

    References
    ----------
    Crawford JR, Garthwaite PH (2006), Neuropsychology 20:259-271 (one person and a regression).

    Examples
    --------
    >>> rows = [(f"p{i}v{v}", f"p{i}", "PSP" if i == 8 else "Control", 60 + i % 3 + v,
    ...          0.3 + 0.01 * (i * 7 % 5) * v + 0.2 * v * (i == 8))
    ...         for i in range(9) for v in (0, 1)]
    >>> table = pd.DataFrame(rows, columns=["study_id", "participant_id", "group", "age", "value"])
    >>> changes = person_change(table.assign(region="SCP", metric="FW"), covariates=())
    >>> changes.loc[changes["beyond"], ["participant_id", "change"]].round(2).values.tolist()
    [['p8', 0.21]]
    """
    check_number("confidence", confidence, below=1)
    names = [covariates] if isinstance(covariates, str) else list(covariates)
    needed = ["participant_id", by, time, *names]
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    data = read_follow_up(cells, by=by, time=time, unit=unit, covariates=names)
    against = resolve_reference(reference, data.people.names)
    if against is None:
        raise CompareError(
            "There are no controls to compare with.",
            advice=f"Name a reference; the groups are {', '.join(data.people.names)}.",
        )
    change, years = first_to_last(data)
    member = data.people.group == data.people.names.index(against)
    numbers = [item.values for item in data.people.covariates]
    adjust = np.column_stack([np.zeros((len(member), 0)), *numbers])
    parts = [
        _expected(change[:, i], years[:, i], adjust, member, confidence)
        for i in range(change.shape[1])
    ]
    result = _frame(data, parts, change, years, by)
    result["exceeds"] = _exceeds(result, repeatability)
    result["reason"] = result.pop("reason")
    result.attrs |= carried_facts(table, data.columns) | {
        "individual": against,
        "n_reference": int((member & np.isfinite(change).any(axis=1)).sum()),
        "covariates": names,
        "confidence": float(confidence),
        "exclusions": data.people.exclusions,
        "data_notes": data.people.cells.notes,
        "neuroflow": __version__,
    }
    return result


def _expected(
    change: FloatArray, years: FloatArray, adjust: FloatArray, member: BoolArray, confidence: float
) -> dict[str, Any]:
    """Predict one region's change of everybody from the reference's, without the person."""
    known = np.isfinite(change) & np.isfinite(adjust).all(axis=1)
    used = known & member
    nothing = np.full(len(change), np.nan)
    columns = np.column_stack([years, adjust])
    columns = columns[:, np.ptp(columns[used], axis=0) > 1e-9] if used.any() else columns[:, :0]
    if used.sum() < columns.shape[1] + 1 + _LEAST:
        reason = np.full(len(change), "too few of the reference have two values", dtype=object)
        return dict.fromkeys(("expected", "low", "high", "z"), nothing) | {"reason": reason}
    centre = columns[used].mean(axis=0)
    x = np.column_stack([np.ones(len(change)), columns - centre])
    inverse = np.linalg.pinv(x[used].T @ x[used])
    beta = inverse @ x[used].T @ change[used]
    residual = change - x @ beta
    leverage = np.einsum("np,pq,nq->n", x, inverse, x)
    df = int(used.sum()) - x.shape[1]
    squares = float((residual[used] ** 2).sum())
    out = np.where(used, 1 - leverage, 1.0)
    out[out < 1e-9] = np.nan
    own_df = np.where(used, df - 1, df)
    sd = np.sqrt(np.where(used, squares - residual**2 / out, squares) / own_df)
    away = np.where(used, residual / out, residual)  # from what the others predict
    error = sd * np.where(used, 1 / np.sqrt(out), np.sqrt(1 + leverage))
    flat = sd <= ROUNDING * np.abs(change[used]).max()
    error = np.where(flat, np.nan, error)
    half = stats.t.ppf((1 + confidence) / 2, own_df) * error
    t = away / error
    z = stats.norm.isf(stats.t.sf(np.abs(t), own_df)) * np.sign(t)
    expected = change - away
    longest, shortest = years[used].max() * (1 + _BEYOND), years[used].min() * (1 - _BEYOND)
    far = known & ((years > longest) | (years < shortest))
    found = {"expected": expected, "low": expected - half, "high": expected + half, "z": z}
    found = {name: np.where(known & ~far, values, np.nan) for name, values in found.items()}
    alike = "the changes of the reference do not vary"
    reason = np.select([far, flat], ["no such interval in the reference", alike], "").astype(object)
    return found | {"reason": reason}


def _frame(
    data: FollowUp, parts: Sequence[dict[str, Any]], change: FloatArray, years: FloatArray, by: str
) -> pd.DataFrame:
    """Return people x columns as rows; people without two values are left out."""
    here, place = np.nonzero(np.isfinite(change))
    studies = data.people.cells.studies
    frame = {name: studies[name].to_numpy()[here] for name in ("participant_id", by)}
    frame |= {str(name): data.columns[name].to_numpy()[place] for name in data.columns}
    frame |= {"years": years[here, place], "change": change[here, place]}
    for name in ("expected", "low", "high", "z", "reason"):
        frame[name] = np.stack([part[name] for part in parts], axis=1)[here, place]
    result = pd.DataFrame(frame)
    result["p"] = 2 * stats.norm.sf(np.abs(result["z"]))
    result["beyond"] = (result["change"] < result["low"]) | (result["change"] > result["high"])
    return result


def _exceeds(result: pd.DataFrame, repeatability: pd.DataFrame | None) -> pd.Series:
    """Return whether changes are larger than the repeatability coefficient; missing if unknown."""
    if repeatability is None:
        return pd.Series(pd.NA, index=result.index, dtype="boolean")
    limits = pd.Series(limits_of(result, repeatability), index=result.index)
    return (result["change"].abs() > limits).astype("boolean").where(limits.notna())
