"""Tables for the paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from neuroflow.compare.groups import compare_groups
from neuroflow.compare.report.methods import methods_text
from neuroflow.compare.stats import (
    Contrast,
    Correction,
    LinearModel,
    choose_sample,
    covariate_columns,
    make_contrasts,
)
from neuroflow.errors import OptionError
from neuroflow.matrix import REGION_COLUMNS, check_number, read_cells


def group_means(
    table: pd.DataFrame,
    *,
    between: str = "group",
    groups: Sequence[str] | None = None,
    covariates: Sequence[str] = (),
    metric: str | Sequence[str] | None = None,
    visit: str | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return every group's mean, adjusted to the mean of the covariates.

    References
    ----------
    Searle SR, Speed FM, Milliken GA (1980), Am Stat 34:216-221.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.50, 0.55, 0.60]})
    >>> group_means(table)[["group", "n", "mean"]].round(3).to_dict("list")
    {'group': ['Control', 'PSP'], 'n': [3, 3], 'mean': [0.35, 0.55]}
    """
    check_number("confidence", confidence, below=1)
    needed = [between, *covariate_columns(covariates)]
    sample = choose_sample(
        read_cells(table, metric=metric, needed=needed),
        between=between,
        groups=groups,
        covariates=covariates,
        visit=visit,
    )
    single = [Contrast((name,), ()) for name in sample.names]
    model = LinearModel.prepare(sample, single, by=between, confidence=confidence)
    means = model.fit(sample.cells.values).to_frame(sample.cells.columns, sample.names)
    means = means.rename(columns={"contrast": "group", "n1": "n", "estimate": "mean"})
    return means[[*REGION_COLUMNS, "group", "n", "mean", "se", "ci_low", "ci_high", "reason"]]


def paper_table(
    table: pd.DataFrame,
    *,
    metric: str = "FW",
    between: str = "group",
    groups: Sequence[str] | None = None,
    covariates: Sequence[str] = (),
    visit: str | None = None,
    correction: Correction = "bh",
    alpha: float = 0.05,
    digits: int = 3,
) -> pd.DataFrame:
    """Return the table of a paper: adjusted means, F, partial eta squared, p, q, and which differ.

    Parameters
    ----------
    table, between, groups, covariates, visit
        As for `neuroflow.compare.groups.compare_groups`.
    metric
        One metric.
    correction
        Of the F tests over the regions.
    alpha
        Regions with q below it get post-hoc pairs, corrected by Holm within the region.
    digits
        Behind the point, of the means.

    Returns
    -------
    DataFrame
        One row per region, as text: `Region`, `System`, per group ``"mean ± SE"``, `F`, `df`,
        `Partial η²`, `p`, `q` and `Post hoc` (as ``"Control < PSP"``). ``.attrs["methods"]`` is
        the sentence of `methods_text`.

    Raises
    ------
    CompareError, OptionError, TableError
        As `compare_groups` does.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.50, 0.55, 0.60]})
    >>> paper = paper_table(table)
    >>> paper.drop(columns="System").iloc[0].tolist()
    ['SCP', '0.350 ± 0.029', '0.550 ± 0.029', '24.0', '1, 4', '0.86', '0.008', '0.008',
     'Control < PSP']
    """
    options: dict[str, Any] = {
        "between": between,
        "groups": groups,
        "covariates": covariates,
        "metric": metric,
        "visit": visit,
    }
    if not isinstance(metric, str):
        raise OptionError("A table of the paper holds one metric.")
    check_number("alpha", alpha, below=1)
    if not 0 <= digits <= 15:
        raise OptionError(f"Means cannot be written with {digits} digits.", advice="Say 3.")
    means = group_means(table, **options)
    whole = compare_groups(table, omnibus="only", correction=correction, **options)
    pairs = compare_groups(table, correction="holm", family="region", **options)
    rows = len(whole)
    paper = pd.DataFrame({"Region": _names(whole), "System": whole["system"]})
    for name in dict.fromkeys(means["group"]):
        mine = means[means["group"] == name]
        paper[name] = [
            f"{mean:.{digits}f} ± {se:.{digits}f}" if np.isfinite(se) else "–"
            for mean, se in zip(mine["mean"], mine["se"], strict=True)
        ]
    paper["F"] = [f"{f:.1f}" if np.isfinite(f) else "–" for f in whole["statistic"]]
    paper["df"] = [
        f"{k}, {df:.0f}" if np.isfinite(df) else "–"
        for k, df in zip(whole["df_num"], whole["df"], strict=True)
    ]
    paper["Partial η²"] = [f"{x:.2f}" if np.isfinite(x) else "–" for x in whole["np2"]]
    paper["p"] = [_p(p) for p in whole["p"]]
    paper["q"] = [_p(q) for q in whole["q"]]
    contrasts = make_contrasts(list(dict.fromkeys(means["group"])))
    by_region = [pairs.iloc[start::rows] for start in range(rows)]
    paper["Post hoc"] = [
        _differences(mine, contrasts, alpha) if q < alpha else ""
        for mine, q in zip(by_region, whole["q"], strict=True)
    ]
    facts = {**whole.attrs, "post_hoc": "holm", "post_hoc_alpha": float(alpha)}
    paper.attrs |= {**facts, "methods": methods_text(facts)}
    return paper


def _names(rows: pd.DataFrame) -> list[str]:
    return [
        f"{name}, {side}" if side in ("left", "right") else str(name)
        for name, side in zip(rows["region_name"], rows["hemisphere"], strict=True)
    ]


def _p(p: float) -> str:
    """Return a p value as journals print it."""
    return "–" if not np.isfinite(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _differences(pairs: pd.DataFrame, contrasts: Sequence[Contrast], alpha: float) -> str:
    found = [
        f"{contrast.second[0]} {'<' if estimate > 0 else '>'} {contrast.first[0]}"
        for contrast, estimate, q in zip(
            contrasts, pairs["estimate"].tolist(), pairs["q"].tolist(), strict=True
        )
        if q < alpha
    ]
    return ", ".join(found)
