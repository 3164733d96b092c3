"""Regions with a clinical score, and regions with each other: partial correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.interval_notes import correlation_notes
from neuroflow.compare.stats import (
    Correction,
    Correlations,
    Covariate,
    ExclusionLog,
    Kind,
    add_sensitivity,
    all_pairs,
    build_design,
    choose_groups,
    correct,
    correct_families,
    covariate_columns,
    read_covariate,
    read_covariates,
    read_score,
    warn_similar_labels,
)
from neuroflow.errors import CompareError, OptionError
from neuroflow.matrix import (
    REGION_COLUMNS,
    REGION_FACTS,
    Cells,
    ExcludeSuspect,
    FloatArray,
    as_list,
    carried_facts,
    check_choice,
    check_name,
    check_number,
    coded,
    group_order,
    read_cells,
)


def correlate(
    table: pd.DataFrame,
    score: str,
    *,
    by: str = "group",
    groups: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] = (),
    metric: str | Sequence[str] | None = None,
    method: Kind = "pearson",
    visit: str | None = None,
    correction: Correction = "bh",
    family: str | Sequence[str] = "metric",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Correlate every region with a clinical score.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    score
        A column of numbers, one per study.
    by
        The column that holds the groups.
    groups
        Use only studies of these groups; None for all studies, whatever their group. Over
        several groups, differences between them show as correlations (``.attrs`` and
        `methods_text` state it): name one group for the correlation within it, or `by` among the
        covariates for that within all of them.
    covariates
        Columns that both variables are adjusted for (partial correlation), as in
        `compare_groups`.
    metric
        One metric, several, or None for all.
    method
        ``"pearson"``, or ``"spearman"`` for ranks (all ranked first, then adjusted).
    visit
        The visit of each participant to use: ``"first"``, ``"last"`` or a session id.
    correction, family, confidence
        As for `compare_groups`.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    DataFrame
        One row per region and metric: the region's columns, `variable` (the score), `n`, `r`,
        `ci_low`, `ci_high` (Fisher; for ranks Bonett and Wright), `statistic` (t), `df`, `p`, `q`,
        `reason`. Where a correlation cannot be computed, numbers are NaN and `reason` states why.

    Raises
    ------
    CompareError
        Repeated visits without a choice; the score or a covariate does not vary, or its
        effect cannot be separated from that of others.
    OptionError
        An argument is outside its choices.
    TableError
        The table lacks a column.

    References
    ----------
    Fisher RA (1924), Metron 3:329-332 (partial correlation: n less one per covariate).
    Bonett DG, Wright TA (2000), Psychometrika 65:23-28 (interval for ranks).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcde"), "updrs": [10, 20, 30, 40, 50],
    ...     "region": "pSN", "metric": "FW", "value": [0.20, 0.25, 0.24, 0.30, 0.31]})
    >>> correlate(table, "updrs")[["region", "variable", "n", "r"]].round(3).to_dict("records")
    [{'region': 'pSN', 'variable': 'updrs', 'n': 5, 'r': 0.943}]
    """
    given = dict(locals())
    _check(method, confidence)
    check_name("score", score)
    among = (by, groups)
    chosen = _select(
        table, [score], covariates, among, metric=metric, visit=visit,
        exclude_suspect=exclude_suspect,
    )  # fmt: skip
    numbers = read_covariate(chosen.cells.studies, score)
    found = all_pairs(numbers.values[:, None], chosen.cells.values, chosen.covariates, method)
    result = chosen.cells.columns.copy()
    result["variable"] = score
    for name, values in correlation_inference(found, confidence, method).items():
        result[name] = values[0]
    result["n"] = result["n"].astype("Int64")
    result["q"] = correct_families(result, correction, family)
    result["reason"] = _reasons(result, score)
    order = ("variable", "n", "r", "ci_low", "ci_high", "statistic", "df", "p", "q", "reason")
    result = result[[*REGION_COLUMNS, *order]]
    result.attrs |= (
        carried_facts(table, chosen.cells.columns)
        | chosen.facts(method, correction, confidence)
        | {
            "score": score,
            "family": as_list("family", family),
        }
        | correlation_notes(result, "region")
    )
    add_sensitivity(result, chosen.cells, correlate, given, ("r", "p"))
    return result


def correlate_regions(
    table: pd.DataFrame,
    metric: str = "FW",
    *,
    by: str = "group",
    groups: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] = (),
    method: Kind = "pearson",
    visit: str | None = None,
    correction: Correction = "bh",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Correlate every region with every other.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    metric
        One metric.
    by, groups, covariates, method, visit, correction, confidence
        As for `correlate`.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    DataFrame
        One row per pair of regions, the upper triangle row by row: region, name, kind, system and
        hemisphere of both (``"region_1"``, ``"region_2"``, ...), `metric`, `n`, `r`, `ci_low`,
        `ci_high`, `statistic`, `df`, `p`, `q` (over all pairs). Each pair uses the studies that
        have both.

    Raises
    ------
    CompareError, OptionError, TableError
        As `correlate` does.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcd") * 2, "region": ["pSN"] * 4 + ["SCP"] * 4, "metric": "FW",
    ...     "value": [0.1, 0.2, 0.3, 0.5, 0.2, 0.4, 0.5, 0.9]})
    >>> correlate_regions(table)[["region_1", "region_2", "n", "r"]].round(3).values.tolist()
    [['pSN', 'SCP', 4, 0.994]]
    """
    given = dict(locals())
    _check(method, confidence)
    if not isinstance(metric, str):
        raise OptionError("Regions are correlated within one metric.", advice="Choose one metric.")
    chosen = _select(
        table, [], covariates, (by, groups), metric=metric, visit=visit,
        exclude_suspect=exclude_suspect,
    )  # fmt: skip
    values, columns = chosen.cells.values, chosen.cells.columns
    numbers = correlation_inference(
        all_pairs(values, values, chosen.covariates, method), confidence, method
    )
    upper = np.triu_indices(values.shape[1], k=1)
    sides = [
        columns[[*REGION_FACTS]].iloc[places].reset_index(drop=True).add_suffix(end)
        for places, end in zip(upper, ("_1", "_2"), strict=True)
    ]
    result = pd.concat(sides, axis=1).assign(metric=metric)
    for name, square in numbers.items():
        result[name] = square[upper]
    result["n"] = result["n"].astype("Int64")
    result["q"] = correct(result["p"].to_numpy(dtype=np.float64), correction)
    facts = chosen.facts(method, correction, confidence)
    facts |= correlation_notes(result, "region_1")
    result.attrs |= carried_facts(table, chosen.cells.columns) | facts | {"family": ["all"]}
    add_sensitivity(result, chosen.cells, correlate_regions, given, ("r", "p"))
    return result


@dataclass(frozen=True, slots=True)
class _Selection:
    """The studies that are used, and what they are adjusted for."""

    cells: Cells
    covariates: list[Covariate]
    exclusions: list[dict[str, Any]]
    pooled: list[str]  # the groups that are taken together, if several and not adjusted for

    def facts(self, method: str, correction: str, confidence: float) -> dict[str, Any]:
        return {
            "correlation": method,
            "covariates": [item.name for item in self.covariates],
            "n_studies": len(self.cells.studies),
            "pooled_groups": self.pooled,
            "exclusions": self.exclusions,
            "data_notes": self.cells.notes,
            "correction": correction,
            "confidence": float(confidence),
            "neuroflow": __version__,
        }


def _check(method: str, confidence: float) -> None:
    check_choice("method", method, get_args(Kind))
    check_number("confidence", confidence, below=1)


def _select(
    table: pd.DataFrame,
    scores: list[str],
    covariates: str | Sequence[str],
    among: tuple[str, str | Sequence[str] | None],
    *,
    metric: str | Sequence[str] | None,
    visit: str | None,
    exclude_suspect: ExcludeSuspect = None,
) -> _Selection:
    by, groups = among
    plain = [*scores, *covariate_columns(covariates)]
    grouped = [by] if groups is not None or by in table else []
    needed = list(dict.fromkeys([*plain, *grouped]))
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    log = ExclusionLog(cells)
    if groups is not None:
        codes, present = coded(cells.studies[by])
        warn_similar_labels(by, present)
        wanted = choose_groups(groups, group_order(present))
        used = [code for code, name in enumerate(present) if name in wanted]
        log.exclude(~np.isin(codes, used), f"{by} not used")
    log.exclude_other_visits(visit)
    scored = [read_score(cells.studies, name) for name in scores]
    adjust = read_covariates(cells.studies, covariates)
    for item in (*scored, *adjust):
        log.exclude(~item.known, f"no {item.name}")
    if not log.kept.any():
        raise CompareError(
            f"No study has {' and '.join(plain) or 'a value'}.", advice="Complete participants.tsv."
        )
    together = np.zeros(len(log.kept), dtype=np.intp)
    build_design(together, ["all"], [*adjust, *scored], log.kept, "the mean")
    pooled: list[str] = []
    if by in cells.studies and by not in plain:
        found, names = coded(log.cells.studies[by])
        used_names = [names[code] for code in np.unique(found[found >= 0])]
        pooled = group_order(used_names) if len(used_names) > 1 else []
    adjusted = [item.keep(log.kept) for item in adjust]
    return _Selection(log.cells, adjusted, log.exclusions, pooled)


def correlation_inference(
    found: Correlations, confidence: float, method: Kind
) -> dict[str, FloatArray]:
    """Return interval and p value of each correlation."""
    df = found.n - 2 - found.k
    df = np.where(df > 0, df, np.nan)
    r = np.where(np.isfinite(df), found.r, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = r * np.sqrt(df / ((1 - r) * (1 + r)))
        error = np.sqrt(np.where(df > 1, df - 1, np.nan) ** -1)
        if method == "spearman":  # Bonett DG, Wright TA (2000), Psychometrika 65:23-28
            error = error * np.sqrt(1 + r**2 / 2)
        half = stats.norm.ppf((1 + confidence) / 2) * error
        middle = np.arctanh(r)
    return {
        "n": found.n,
        "r": r,
        "ci_low": np.tanh(middle - half),
        "ci_high": np.tanh(middle + half),
        "statistic": statistic,
        "df": df,
        "p": np.asarray(2 * stats.t.sf(np.abs(statistic), df)),
    }


def _reasons(result: pd.DataFrame, score: str) -> list[str]:
    return [
        ""
        if np.isfinite(r)
        else "no values"
        if n == 0
        else f"too few values ({n})"
        if not np.isfinite(df)
        else f"the values or {score} do not vary once adjusted"
        for r, n, df in zip(result["r"], result["n"], result["df"], strict=True)
    ]
