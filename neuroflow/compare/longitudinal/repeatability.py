"""How well repeated scans agree: ICC, within-subject SD, repeatability coefficient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.longitudinal.repeats import needed_columns, read_repeats
from neuroflow.matrix import (
    ExcludeSuspect,
    FloatArray,
    TimeUnit,
    carried_facts,
    check_number,
    decimals_for,
    percent_text,
    read_cells,
)

_LEAST = 3  # people with all repeats, for an ICC
_NO_REPEATS = "no participant has two values"


def repeatability(
    table: pd.DataFrame,
    *,
    scanner: str | None = None,
    within: float | None = None,
    time: str = "age",
    unit: TimeUnit | None = None,
    metric: str | list[str] | None = None,
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Compute how well repeated scans of the same people agree, in every region.

    Parameters
    ----------
    table
        The cohort table; repeated scans have the same `participant_id`.
    scanner
        The column with the scanner or site of travelling people; None for repeats on one.
    within
        Use only scans that are at most so many years after the person's first; None for all.
    time, unit
        As for `change_over_time`; needed for `within` only.
    metric
        One metric, several, or None for all.
    confidence
        Level of intervals, repeatability coefficient and detectable change, between 0 and 1.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    DataFrame
        One row per region and metric: `n` (people with two values or more), `icc2` (ICC(2,1),
        absolute agreement) and `icc3` (ICC(3,1), consistency) with intervals, from the `n_icc`
        people with all repeats; `sd_within` with its interval, `cv_within` (percent); `rc`, the
        repeatability coefficient, with its interval; `mdc`, the minimal detectable change where
        a bias between repeats is removed; `bias` of `bias_of`, with `p_bias`; `claim` in the
        words of QIBA, whose change has Student's quantile instead of the normal one: with few
        people it is larger than `rc`; `reason`.

    Raises
    ------
    CompareError
        Fewer than two people have repeated scans, or one has several of one scanner.
    OptionError
        There is no such metric.
    TableError
        The table lacks a column.

    References
    ----------
    McGraw KO, Wong SP (1996), Psychol Methods 1:30-46 (ICC and intervals).
    Bland JM, Altman DG (1996), BMJ 313:744 (within-subject SD).
    Raunig DL et al. (2015), Stat Methods Med Res 24:27-67 (QIBA: repeatability coefficient).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "participant_id": list("xxyyzz"), "region": "SCP",
    ...     "metric": "FW", "value": [0.30, 0.31, 0.40, 0.39, 0.50, 0.52]})
    >>> found = repeatability(table)
    >>> found[["n", "icc3", "rc"]].round(3).to_dict("records")
    [{'n': 3, 'icc3': 0.989, 'rc': 0.028}]
    """
    check_number("confidence", confidence, below=1)
    needed = needed_columns(scanner, time, within)
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    repeats = read_repeats(cells, scanner, time=time, unit=unit, within=within)
    m = repeats.values.shape[2]
    rows = [_agreement(repeats.values[:, :, i], repeats.names, confidence) for i in range(m)]
    result = pd.concat([repeats.columns, pd.DataFrame(rows)], axis=1)
    spread = zip(result["sd_within"], result["df"], strict=True)
    result["claim"] = [_claim(sd, df, confidence) for sd, df in spread]
    result = result.drop(columns="df")
    result["reason"] = result.pop("reason")
    result.attrs |= carried_facts(table, result) | {
        "repeatability": "scanners" if scanner else "repeats",
        "repeats": repeats.names,
        "n_participants": len(repeats.people),
        "confidence": float(confidence),
        "data_notes": repeats.notes,
        "neuroflow": __version__,
    }
    return result


def _agreement(values: FloatArray, names: list[str], confidence: float) -> dict[str, Any]:
    """Return all numbers of one region; `values` is people x repeats."""
    count = np.isfinite(values).sum(axis=1)
    some = values[count >= 2]
    counts = count[count >= 2]
    row: dict[str, Any] = {"n": len(some)}
    numbers = ("icc2", "icc2_ci_low", "icc2_ci_high", "icc3", "icc3_ci_low", "icc3_ci_high")
    row |= dict.fromkeys(("n_icc", *numbers), np.nan)
    same = not len(some) or (np.nanmax(some, axis=1) == np.nanmin(some, axis=1)).all()
    if same:
        spread = ("sd_within", "sd_within_ci_low", "sd_within_ci_high", "cv_within", "rc")
        nothing = dict.fromkeys((*spread, "rc_ci_low", "rc_ci_high", "mdc", "bias", "df"), np.nan)
        reason = "all repeats of each participant are the same" if len(some) else _NO_REPEATS
        return row | nothing | {"bias_of": "", "p_bias": np.nan, "reason": reason}
    mean = np.nanmean(some, axis=1)
    squares, df = np.nansum((some - mean[:, None]) ** 2, axis=1), counts - 1
    sd = float(np.sqrt(squares.sum() / df.sum()))
    tails = stats.chi2.ppf([(1 + confidence) / 2, (1 - confidence) / 2], df.sum())
    low, high = sd * np.sqrt(df.sum() / tails)
    factor = stats.norm.ppf((1 + confidence) / 2) * np.sqrt(2)
    cv = 100 * float(np.sqrt(np.mean(squares / df / mean**2)))
    row |= {"sd_within": sd, "sd_within_ci_low": low, "sd_within_ci_high": high, "cv_within": cv}
    row |= {
        "df": df.sum(),
        "rc": factor * sd,
        "rc_ci_low": factor * low,
        "rc_ci_high": factor * high,
    }
    usual = np.isfinite(values).sum(axis=0) > 0
    kept = usual if len(names) == 2 else np.isfinite(values).sum(axis=0) >= _LEAST
    whole = values[:, kept]
    whole = whole[np.isfinite(whole).all(axis=1)]
    row["n_icc"] = len(whole)
    bias = {"mdc": np.nan, "bias": np.nan, "bias_of": "", "p_bias": np.nan, "reason": ""}
    if len(whole) < _LEAST or whole.shape[1] < 2:
        return row | bias | {"reason": f"fewer than {_LEAST} participants have all repeats"}
    anova = _two_way(whole)
    row |= _icc(*anova, whole.shape, confidence)
    _, columns, error = anova
    n, k = whole.shape
    means = whole.mean(axis=0)
    first, last = (0, 1) if k == 2 else (int(means.argmin()), int(means.argmax()))
    labels = [name for name, here in zip(names, kept, strict=True) if here]
    bias |= {"mdc": factor * np.sqrt(error), "bias": means[last] - means[first]}
    bias |= {"bias_of": f"{labels[last]} - {labels[first]}"}
    if error > 0:
        bias["p_bias"] = stats.f.sf(columns / error, k - 1, (n - 1) * (k - 1))
    return row | bias


def limits_of_agreement(differences: FloatArray, confidence: float) -> dict[str, FloatArray]:
    """Return bias and limits of agreement of each column's differences, with their intervals.

    References
    ----------
    Bland JM, Altman DG (1999), Stat Methods Med Res 8:135-160.
    Carkeet A (2015), Optom Vis Sci 92:e71-e80 (exact intervals of the limits, noncentral t).
    """
    n, tail = len(differences), (1 + confidence) / 2
    bias, sd = differences.mean(axis=0), differences.std(axis=0, ddof=1)
    half, of_bias = stats.norm.ppf(tail), stats.t.ppf(tail, n - 1) / np.sqrt(n)
    near, far = stats.nct.ppf([1 - tail, tail], n - 1, half * np.sqrt(n)) / np.sqrt(n)
    found: dict[str, FloatArray] = {}
    for name, middle, low, high in (
        ("bias", 0.0, -of_bias, of_bias),
        ("lower", -half, -far, -near),
        ("upper", half, near, far),
    ):
        found |= {name: bias + middle * sd}
        found |= {f"{name}_low": bias + low * sd, f"{name}_high": bias + high * sd}
    return found


def _two_way(values: FloatArray) -> tuple[float, float, float]:
    """Return the mean squares of people, repeats and error."""
    n, k = values.shape
    people, repeats, grand = values.mean(axis=1), values.mean(axis=0), values.mean()
    error = values - people[:, None] - repeats + grand
    return (
        float(k * ((people - grand) ** 2).sum() / (n - 1)),
        float(n * ((repeats - grand) ** 2).sum() / (k - 1)),
        float((error**2).sum() / ((n - 1) * (k - 1))),
    )


def _icc(
    people: float, repeats: float, error: float, shape: tuple[int, ...], confidence: float
) -> dict[str, float]:
    """Return ICC(2,1) and ICC(3,1) with McGraw and Wong's intervals."""
    n, k = shape
    tail, df = (1 + confidence) / 2, (n - 1) * (k - 1)
    icc2 = (people - error) / (people + (k - 1) * error + k / n * (repeats - error))
    icc3 = (people - error) / (people + (k - 1) * error)
    found = {"icc2": icc2, "icc3": icc3}
    with np.errstate(divide="ignore", invalid="ignore"):
        f = np.float64(people) / error
        low, high = f / stats.f.ppf(tail, n - 1, df), f * stats.f.ppf(tail, df, n - 1)
        found["icc3_ci_low"] = (low - 1) / (low + k - 1)
        found["icc3_ci_high"] = (high - 1) / (high + k - 1)
        a = k * icc2 / (n * (1 - icc2))
        b = 1 + k * icc2 * (n - 1) / (n * (1 - icc2))
        parts = (a * repeats) ** 2 / (k - 1) + (b * error) ** 2 / df
        v = (a * repeats + b * error) ** 2 / parts
        upper, lower = stats.f.ppf(tail, n - 1, v), stats.f.ppf(tail, v, n - 1)
        spread = k * repeats + (k * n - k - n) * error
        found["icc2_ci_low"] = n * (people - upper * error) / (upper * spread + n * people)
        found["icc2_ci_high"] = n * (lower * people - error) / (spread + n * lower * people)
    return {name: float(value) for name, value in found.items()}


def _claim(sd: float, df: float, confidence: float) -> str:
    """Return the claim; its change is larger than the coefficient if few people were measured."""
    change = float(stats.t.ppf((1 + confidence) / 2, df) * np.sqrt(2) * sd)
    if not np.isfinite(change) or change <= 0:
        return ""
    shown = f"{change:.{decimals_for([change])}f}"
    return (
        f"A measured change of {shown} or more indicates a true change with "
        f"{percent_text(confidence)} confidence."
    )
