"""Whether the effects of one cohort are found again in another."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.errors import CompareError
from neuroflow.matrix import (
    REGION_KEY,
    Cells,
    ExcludeSuspect,
    FloatArray,
    as_list,
    check_choice,
    check_number,
    coded,
    read_cells,
    require,
)

_LEAST = 4  # regions, as many as an interval of a correlation needs


def replication(
    effects: pd.DataFrame,
    others: pd.DataFrame,
    *,
    table: pd.DataFrame | None = None,
    by: str = "group",
    value: Literal["effect_size", "estimate"] = "effect_size",
    metric: str | list[str] | None = None,
    alpha: float = 0.05,
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Compare the map of effects of one cohort with that of a second one.

    Parameters
    ----------
    effects
        What `compare_groups` returned for the first cohort.
    others
        The same of the second cohort; another team can send it without any person's data.
    table
        The cohort table of either cohort. It gives the correlation of the regions within the
        groups, without which there is no interval: regions are not independent.
    by
        The column of `table` with the groups.
    value
        ``"effect_size"``, or ``"estimate"`` in the metric's unit.
    metric
        One metric, several, or None for all that both have.
    alpha
        Effects with q below it count as found.
    confidence
        Level of the interval, between 0 and 1.
    exclude_suspect
        Of `table`: what happens to values that no brain has, as in `compare_groups`.

    Returns
    -------
    DataFrame
        One row per metric and contrast that both have: `n_regions`, `r` (correlation of the
        effects) with `ci_low`, `ci_high` and `p`, which count the regions as `n_effective`
        independent ones; `slope` (of the second cohort's effects on those of the first, through
        zero; 1 is as large); `same_sign` and `share_same_sign`; of the `n_found` regions found in
        the first cohort, `n_found_same_sign` and `n_found_again` (same sign and found in the second
        one), and `reason`.

    Raises
    ------
    CompareError
        The tables have no contrast in common.
    OptionError
        An argument is outside its choices.
    TableError
        A table lacks a column.

    References
    ----------
    Clifford P, Richardson S, Hémon D (1989), Biometrics 45:123-134 (number of independent places).
    Dutilleul P (1993), Biometrics 49:305-314.

    Examples
    --------
    >>> first = pd.DataFrame({
    ...     "region": list("ABCDE"), "metric": "FW", "contrast": "PSP - Control", "q": 0.01,
    ...     "effect_size": [0.1, 0.5, 0.9, 1.2, 0.4]})
    >>> second = first.assign(effect_size=[0.2, 0.3, 0.8, 1.0, -0.1])
    >>> found = replication(first, second)
    >>> found[["n_regions", "r", "same_sign", "n_found_again"]].iloc[0].round(2).tolist()
    [5.0, 0.88, 4.0, 4.0]
    """
    check_choice("value", value, ("effect_size", "estimate"))
    check_number("confidence", confidence, below=1)
    check_number("alpha", alpha, below=1)
    for each in (effects, others):
        require(each, ("region", "metric", "contrast", "q", value))
    key = [name for name in REGION_KEY if name in effects and name in others]
    first, second = (
        each.assign(**{name: _texts(each[name]) for name in key}) for each in (effects, others)
    )
    both = first.merge(second, on=[*key, "contrast"], suffixes=("", "_2"))
    if metric is not None:
        both = both[both["metric"].isin(as_list("metric", metric))]
    both = both[both[value].notna() & both[f"{value}_2"].notna()]
    if both.empty:
        raise CompareError(
            "The two tables have no contrast of the same region and metric in common.",
            advice="Compare the same groups, under the same names, in both cohorts.",
        )
    residuals: dict[Any, pd.DataFrame] = {}
    notes: list[str] = []
    if table is not None:
        for name in both["metric"].unique():
            cells = read_cells(table, metric=name, needed=[by], exclude_suspect=exclude_suspect)
            residuals[name] = _residuals(cells, key, by)
            notes += cells.notes
    rows = [
        {"metric": name, "contrast": contrast}
        | _agreement(part, value, alpha)
        | _inference(part, value, _correlation(residuals.get(name), part[key]), confidence)
        for (name, contrast), part in both.groupby(["metric", "contrast"], sort=False)
    ]
    result = pd.DataFrame(rows)
    result.attrs |= {
        "replication": value,
        "alpha": alpha,
        "confidence": float(confidence),
        "regions_correlate": table is not None,
        "data_notes": list(dict.fromkeys(notes)),
        "neuroflow": __version__,
    }
    return result


def _texts(names: pd.Series) -> pd.Series:
    """Return names as text; a file has nothing where a region has no hemisphere."""
    return names.astype(object).where(names.notna(), "").astype(str)


def _agreement(part: pd.DataFrame, value: str, alpha: float) -> dict[str, Any]:
    """Count signs and findings."""
    first, second = (part[name].to_numpy(dtype=np.float64) for name in (value, f"{value}_2"))
    same = np.sign(first) == np.sign(second)
    found, again = ((part[q] < alpha).to_numpy(dtype=bool) for q in ("q", "q_2"))
    return {
        "n_regions": len(part),
        "slope": float(first @ second / (first @ first)),
        "same_sign": int(same.sum()),
        "share_same_sign": float(same.mean()),
        "n_found": int(found.sum()),
        "n_found_same_sign": int((found & same).sum()),
        "n_found_again": int((found & same & again).sum()),
    }


def _residuals(cells: Cells, key: list[str], by: str) -> pd.DataFrame:
    """Return what the groups leave of each region's values, studies x regions."""
    codes, _ = coded(cells.studies[by])
    regions = pd.MultiIndex.from_frame(cells.columns[key].apply(_texts))
    values = pd.DataFrame(cells.values, columns=regions)
    return (values - values.groupby(codes).transform("mean"))[codes >= 0]


def _correlation(residuals: pd.DataFrame | None, regions: pd.DataFrame) -> FloatArray | None:
    """Return the correlation of regions within the groups; None where one is not in the table."""
    if residuals is None or not residuals.columns.is_unique:
        return None
    places = residuals.columns.get_indexer(pd.MultiIndex.from_frame(regions))
    if (places < 0).any():
        return None
    return residuals.iloc[:, places].corr().to_numpy(dtype=np.float64)


def effective_regions(correlation: FloatArray) -> float:
    """Return as how many independent regions these ones count, for the correlation of two maps.

    Examples
    --------
    >>> round(effective_regions(np.eye(10)), 6)
    10.0
    """
    n = len(correlation)
    centre = np.eye(n) - 1 / n
    middle = centre @ correlation
    return float(1 + np.trace(middle) ** 2 / np.trace(middle @ middle))


def _inference(
    part: pd.DataFrame, value: str, correlation: FloatArray | None, confidence: float
) -> dict[str, Any]:
    """Return r with its interval on Fisher's scale."""
    first, second = (part[name].to_numpy(dtype=np.float64) for name in (value, f"{value}_2"))
    nothing = {"r": np.nan, "ci_low": np.nan, "ci_high": np.nan, "p": np.nan, "n_effective": np.nan}
    if len(part) < _LEAST or not np.ptp(first) or not np.ptp(second):
        return nothing | {"reason": f"fewer than {_LEAST} regions, or all effects are the same"}
    r = float(np.clip(np.corrcoef(first, second)[0, 1], -1, 1))
    if correlation is None or not np.isfinite(correlation).all():
        return nothing | {"r": r, "reason": "no table with the correlation of these regions"}
    n = effective_regions(correlation)
    found: dict[str, Any] = nothing | {"r": r, "n_effective": n}
    if n <= _LEAST - 1:
        return found | {"reason": "the regions count as three independent ones or fewer"}
    half = stats.norm.ppf((1 + confidence) / 2) / np.sqrt(n - 3)
    middle = np.arctanh(min(max(r, -1 + 1e-15), 1 - 1e-15))
    t = abs(r) * np.sqrt((n - 2) / max((1 - r) * (1 + r), 1e-15))
    found |= {"ci_low": float(np.tanh(middle - half)), "ci_high": float(np.tanh(middle + half))}
    return found | {"p": float(2 * stats.t.sf(t, n - 2)), "reason": ""}
