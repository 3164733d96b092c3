"""The regions with the clearest effects, for a figure that fits a page."""

from __future__ import annotations

import pandas as pd

from neuroflow.errors import CompareError, OptionError, TableError
from neuroflow.matrix import as_list, check_number, require, usual_metric


def top_regions(
    effects: pd.DataFrame,
    n: int | None = None,
    *,
    alpha: float | None = None,
    metric: str | None = None,
    contrasts: str | list[str] | None = None,
) -> list[str]:
    """Return the regions with the smallest p values, for the argument `regions` of a figure.

    Parameters
    ----------
    effects
        What `compare_groups` returned: one row per contrast, region and metric.
    n
        At most as many regions; None for all.
    alpha
        Only regions with q below it in one of the contrasts; None for all.
    metric
        The metric that counts; None for free water (FW) if the table has it, else the first.
    contrasts
        The contrasts that count; None for all.

    Returns
    -------
    list of str
        Identifiers of regions, the clearest first.

    Raises
    ------
    CompareError
        No region has a q below `alpha`.
    OptionError
        The table has no such metric or contrast, or `n` is below 1.
    TableError
        The table lacks a column, or has no effects.

    Examples
    --------
    >>> effects = pd.DataFrame({
    ...     "region": ["pSN", "SCP", "MCP"], "metric": "FW", "contrast": "PSP - Control",
    ...     "p": [0.01, 0.0001, 0.4], "q": [0.015, 0.0003, 0.4]})
    >>> top_regions(effects, alpha=0.05)
    ['SCP', 'pSN']
    """
    require(effects, ("region", "metric", "contrast", "p", "q"))
    if n is not None and n < 1:
        raise OptionError(f"n must be at least 1, not {n}.")
    if alpha is not None:
        check_number("alpha", alpha, below=1)
    if effects.empty:
        raise TableError("The table has no effects.", advice="Compare at least two groups.")
    metric = metric or usual_metric([str(name) for name in effects["metric"].unique()])
    rows = effects[effects["metric"] == metric]
    for what, name, wanted in (
        ("metric", "metric", [metric]),
        ("contrast", "contrast", as_list("contrasts", contrasts or [])),
    ):
        there = effects[name].unique().tolist()
        if unknown := [one for one in wanted if one not in there]:
            raise OptionError(
                f"The effects have no {what} {', '.join(unknown)}.",
                advice=f"There are {', '.join(map(str, there))}.",
            )
    if contrasts:
        rows = rows[rows["contrast"].isin(as_list("contrasts", contrasts))]
    if alpha is not None:
        rows = rows[(rows["q"] < alpha).to_numpy(dtype=bool, na_value=False)]
        if rows.empty:
            raise CompareError(
                f"No region has a q below {alpha:g}.", advice="Show all, or the first n regions."
            )
    least = rows.groupby("region", sort=False, observed=True)["p"].min().dropna()
    ordered = least.sort_values(kind="stable").index.tolist()
    return [str(name) for name in ordered[:n]]
