"""The same comparison in several cohorts, and what they show together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.cohorts.meta_analysis import pool
from neuroflow.compare.cohorts.prediction import predict_another
from neuroflow.compare.group_options import Method
from neuroflow.compare.groups import compare_groups
from neuroflow.compare.stats import Correction, Robust, correct_families
from neuroflow.errors import CompareError, ResultWarning, Wording
from neuroflow.events import warn_user
from neuroflow.matrix import (
    REGION_COLUMNS,
    REGION_KEY,
    ExcludeSuspect,
    FloatArray,
    as_list,
    carried_facts,
    check_choice,
    check_number,
    coded,
    require,
)

Pooled = Literal["estimate", "effect_size"]
RANDOM = "random effects"
"""The name of the summary in the column `cohort`."""
ONE_MODEL = "one model"
"""The name of the model of all studies together in the column `cohort`."""
_IDENTICAL = "all cohorts have the same effect: are they the same studies?"
_KEY = (*REGION_KEY, "contrast")


def compare_cohorts(
    table: pd.DataFrame,
    *,
    cohort: str = "cohort_id",
    by: str = "group",
    reference: str | None = "auto",
    groups: str | Sequence[str] | None = None,
    contrasts: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] = (),
    metric: str | Sequence[str] | None = None,
    method: Method = "linear",
    robust: Robust = "none",
    visit: str | None = None,
    value: Pooled = "estimate",
    one_model: bool = False,
    correction: Correction = "bh",
    family: str | Sequence[str] = "metric",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Compare groups in each cohort, and summarise the differences over the cohorts.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    cohort
        The column that holds the cohorts, or sites that are taken as such.
    by, reference, groups, contrasts, covariates, metric, method, robust, visit
        As for `compare_groups`, in every cohort.
    value
        What is summarised: ``"estimate"`` (the difference, in the metric's unit) or
        ``"effect_size"`` (where units or scanners differ).
    one_model
        True adds rows of one linear model of all studies with the cohort as covariate.
    correction, family, confidence
        As for `compare_groups`; of the summary.
    exclude_suspect
        As for `compare_groups`.

    Returns
    -------
    DataFrame
        The rows of `compare_groups` for each cohort, named in the column `cohort`, and rows
        ``"random effects"`` as `pool_effects` returns them.

    Raises
    ------
    CompareError
        Fewer than two cohorts can be compared.
    OptionError
        An argument is outside its choices.
    TableError
        The table lacks a column.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame({
    ...     "study_id": [f"s{i}" for i in range(60)], "cohort_id": list("ABC") * 20,
    ...     "group": ["Control"] * 30 + ["PSP"] * 30, "region": "SCP", "metric": "FW",
    ...     "value": 0.3 + 0.1 * (np.arange(60) >= 30) + 0.02 * rng.normal(size=60)})
    >>> found = compare_cohorts(table)
    >>> found[["cohort", "estimate"]].round(2).values.tolist()
    [['A', 0.1], ['B', 0.1], ['C', 0.11], ['random effects', 0.11]]
    """
    check_choice("value", value, ("estimate", "effect_size"))
    require(table, (cohort, by))
    how: dict[str, Any] = {
        "by": by,
        "reference": reference,
        "groups": groups,
        "contrasts": contrasts,
        "metric": metric,
        "method": method,
        "robust": robust,
        "visit": visit,
        "correction": correction,
        "family": family,
        "confidence": confidence,
        "exclude_suspect": exclude_suspect,
    }
    parts, failed = _each(table, cohort, covariates, how)
    effects = pd.concat(parts, ignore_index=True)
    summary = pool_effects(
        effects, value=value, correction=correction, family=family, confidence=confidence
    )
    rows = [effects, summary]
    if one_model:
        adjusted = [*as_list("covariates", covariates), f"C({cohort})"]
        rows.append(compare_groups(table, covariates=adjusted, **how).assign(cohort=ONE_MODEL))
    result = pd.concat(rows, ignore_index=True)
    columns = [*REGION_COLUMNS, "contrast", "cohort"]
    result = result[[*columns, *(name for name in result if name not in columns)]]
    first = parts[0].attrs
    result.attrs = summary.attrs | {
        "by": by,
        "model": first["model"],
        "compared_by": method,
        "covariates": first["covariates"],
        "failed": failed,
    }
    return result


def _each(
    table: pd.DataFrame, cohort: str, covariates: str | Sequence[str], how: dict[str, Any]
) -> tuple[list[pd.DataFrame], dict[str, str]]:
    """Compare groups in every cohort; return the effects, and why others could not be compared."""
    codes, names = coded(table[cohort])
    parts, failed = [], {}
    for code, name in enumerate(names):
        try:
            part = compare_groups(table[codes == code], covariates=covariates, **how)
        except CompareError as error:
            failed[name] = error.what
            continue
        parts.append(part.assign(cohort=name))
    if failed:
        why = "; ".join(f"{name}: {what}" for name, what in failed.items())
        warn_user(f"{len(failed)} of {len(names)} cohorts were excluded. {why}", ResultWarning)
    if len(parts) < 2:
        raise CompareError(
            f"Only {len(parts)} of {len(names)} cohorts can be compared.",
            why=" ".join(failed.values()),
            advice=Wording(
                "Use compare_groups, with the cohort as a covariate.",
                cli="Use `neuroflow compare`, with the cohort among the --covariates.",
                form="Compare groups, with the cohort as a covariate.",
            ),
        )
    return parts, failed


def pool_effects(
    effects: pd.DataFrame,
    *,
    cohort: str = "cohort",
    value: Pooled = "estimate",
    correction: Correction = "bh",
    family: str | Sequence[str] = "metric",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Summarise effects of several cohorts by a random-effects model, also of other teams.

    Parameters
    ----------
    effects
        Tables of `compare_groups`, one below the other, with a column that names the cohort:
        `region`, `metric`, `contrast`, and `estimate` with `se`, or `effect_size` with its
        interval.
    cohort
        The column that holds the cohorts.
    value
        ``"estimate"`` or ``"effect_size"``; the error of an effect size is that of its 95 %
        interval, on the normal distribution.
    correction, family
        As for `compare_groups`.
    confidence
        Level of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per region, metric and contrast, `cohort` ``"random effects"``: `k` (cohorts),
        `estimate`, `se`, `ci_low`, `ci_high`, `statistic` (t), `df`, `p` (Hartung and Knapp), `q`,
        `tau2` (REML, the square of the unit), `i2` (percent), `heterogeneity_q`,
        `heterogeneity_p`, `pi_low`, `pi_high` (prediction interval of another cohort, wide where
        cohorts are few), `without_low`, `without_high` (the lowest and highest estimate
        with one cohort left out) and `reason`.

    Raises
    ------
    CompareError
        There are fewer than two cohorts.
    OptionError
        An argument is outside its choices.
    TableError
        The table lacks a column, or has two effects of one cohort.

    Warns
    -----
    ResultWarning
        The error of an effect is zero, infinite or missing: its cohort is not in that summary.

    References
    ----------
    Viechtbauer W (2005), J Educ Behav Stat 30:261-293; Hartung J, Knapp G (2001), Stat Med
    20:1771-1782; Higgins JPT, Thompson SG (2002), Stat Med 21:1539-1558.

    Examples
    --------
    >>> effects = pd.DataFrame({
    ...     "cohort": list("ABCD"), "region": "SCP", "metric": "FW", "contrast": "PSP - Control",
    ...     "estimate": [0.3, 0.1, 0.5, 0.2], "se": 0.1})
    >>> pool_effects(effects)[["k", "estimate", "se", "i2"]].round(3).values.tolist()
    [[4, 0.275, 0.085, 65.714]]
    """
    check_choice("value", value, ("estimate", "effect_size"))
    check_number("confidence", confidence, below=1)
    interval = (f"{value}_ci_low", f"{value}_ci_high")
    needed = ("estimate", "se") if value == "estimate" else (value, *interval)
    key = [name for name in _KEY if name in effects or name != "hemisphere"]
    require(effects, (cohort, *key, *needed))
    if effects.duplicated([cohort, *key]).any():
        raise CompareError(
            "A cohort has two effects of the same region and contrast.",
            advice="Give each cohort a name of its own.",
        )
    described = [name for name in (*REGION_COLUMNS, "contrast") if name in effects]
    columns = effects[described].drop_duplicates(key, ignore_index=True)
    errors = effects["se"] if value == "estimate" else _errors(effects, interval)
    _warn_without_error(effects, effects[cohort], effects[value], errors)
    estimates, spread = (
        _matrix(effects.assign(_number=numbers), cohort, key, columns)
        for numbers in (effects[value], errors)
    )
    if len(estimates) < 2:
        raise CompareError("There is only one cohort.", advice="Add another one.")
    found = pool(estimates, spread, confidence)
    low, high = predict_another(estimates, spread, confidence)
    same = np.isnan(found["se"])
    found["pi_low"], found["pi_high"] = np.where(same, np.nan, low), np.where(same, np.nan, high)
    result = columns.assign(cohort=RANDOM, **found)
    result["without_low"], result["without_high"] = _leave_one_out(estimates, spread)
    result["k"] = result["k"].astype("Int64")
    q = correct_families(result, correction, family)
    result.insert(list(result.columns).index("p") + 1, "q", q)
    result["reason"] = [
        f"{k} cohort with a value" if k < 2 else _IDENTICAL if alike else ""
        for k, alike in zip(result["k"], same, strict=True)
    ]
    names = coded(effects[cohort])[1]
    result.attrs = dict(carried_facts(effects, effects).items())
    result.attrs |= {
        "pooled": value,
        "cohorts": names,
        "correction": correction,
        "family": as_list("family", family),
        "confidence": float(confidence),
        "neuroflow": __version__,
    }
    return result


def _warn_without_error(
    effects: pd.DataFrame, cohorts: pd.Series, estimates: pd.Series, errors: pd.Series
) -> None:
    """Name the effects that cannot be weighted, since their error is not a number above zero."""
    usable = np.isfinite(estimates) & np.isfinite(errors) & (errors > 0)
    lost = effects.loc[~usable & estimates.notna(), ["region", "metric", "contrast"]]
    if lost.empty:
        return
    first = lost.astype(str).agg(" ".join, axis=1).groupby(cohorts[lost.index].astype(str))
    listed = "; ".join(f"{name}: {len(rows)}, as {rows.iloc[0]}" for name, rows in first)
    warn_user(
        f"{len(lost)} of {len(effects)} effects are not pooled, as their error is zero, infinite "
        f"or missing ({listed}).",
        ResultWarning,
    )


def _matrix(
    effects: pd.DataFrame, cohort: str, key: list[str], columns: pd.DataFrame
) -> FloatArray:
    """Return one number of each effect, cohorts x columns, NaN where a cohort has none."""
    wide = effects.pivot(index=cohort, columns=key, values="_number")
    order = pd.MultiIndex.from_frame(columns[key])
    return wide.reindex(columns=order).to_numpy(dtype=np.float64)


def _errors(effects: pd.DataFrame, interval: tuple[str, str]) -> pd.Series:
    """Return the errors of effect sizes from their intervals."""
    level = float(effects.attrs.get("confidence", 0.95))
    width: pd.Series = effects[interval[1]] - effects[interval[0]]
    return width / (2 * stats.norm.ppf((1 + level) / 2))


def _leave_one_out(estimates: FloatArray, errors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest estimate with one cohort left out; NaN with two cohorts."""
    without = np.stack(
        [
            pool(np.delete(estimates, i, 0), np.delete(errors, i, 0), 0.95)["estimate"]
            for i in range(len(estimates))
        ]
    )
    unknown = np.isnan(without)
    low = np.where(unknown, np.inf, without).min(axis=0)
    high = np.where(unknown, -np.inf, without).max(axis=0)
    nothing = unknown.all(axis=0)
    return np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
