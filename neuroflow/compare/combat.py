"""ComBat: level and spread of sites, each region steadied by what the site does to the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroflow.compare.cells import BoolArray, Cells, FloatArray, IntArray
from neuroflow.errors import CompareError

FEWEST = 3
"""Regions of a metric, participants of a site, and values of a region at a site: not fewer."""

_CONSTANT = 1e-10  # of a region's largest value: what is left below it is rounding
_EQUAL = 1e-12  # of their squared mean: spreads that differ less have a prior of one value
_CLOSE = 1e-12  # the last step, in residual SDs
_STEPS = 10_000


def combat(deviations: FloatArray, residuals: FloatArray, site: IntArray) -> FloatArray:
    """Take out of the regions of one metric what sites do to their level and spread.

    Level and spread of a site are estimated in each region, and drawn towards those of the
    site's other regions, by empirical Bayes with parametric priors.

    Parameters
    ----------
    deviations
        Distances of the values from what group and covariates let expect at the mean of all
        sites, shape (n_studies, n_regions); NaN where missing. A site has two values at least.
    residuals
        What is left of them when the site has explained its part, in the same shape.
    site
        Codes of sites, shape (n_studies,).

    Returns
    -------
    ndarray of float, shape (n_studies, n_regions)
        The deviations without the site.

    Raises
    ------
    CompareError
        The estimates of a site do not settle.

    References
    ----------
    Johnson WE, Li C, Rabinovic A (2007), Biostatistics 8:118-127.
    Fortin JP et al. (2018), NeuroImage 167:104-120.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> site = np.repeat([0, 1], 50)
    >>> residuals = rng.normal(0, 1 + site[:, None], (100, 20))
    >>> for code in (0, 1):
    ...     residuals[site == code] -= residuals[site == code].mean(axis=0)
    >>> without = combat(residuals + 3 * (site[:, None] - 0.5), residuals, site)
    >>> [bool(abs(without[site == code].mean()) < 0.1) for code in (0, 1)]
    [True, True]
    >>> [round(float(without[site == code].std()), 1) for code in (0, 1)]
    [1.6, 1.6]
    """
    spread = np.sqrt(np.nanmean(residuals**2, axis=0))
    standard = deviations / spread
    without: FloatArray = np.empty_like(standard)
    for code in np.unique(site):
        own = standard[site == code]
        level, variance = _estimates(own)
        without[site == code] = (own - level) / np.sqrt(variance)
    without *= spread
    return without


def by_metric(cells: Cells, columns: BoolArray) -> dict[str, BoolArray]:
    """Sort columns by their metric.

    Parameters
    ----------
    cells
        Whose columns they are.
    columns
        True for each that is meant, shape (n_columns,).

    Returns
    -------
    dict of str to ndarray of bool, shape (n_columns,)
        For each metric those of the columns that hold it.
    """
    metrics = cells.columns["metric"].to_numpy(dtype=object)
    return {str(name): columns & (metrics == name) for name in pd.unique(metrics[columns])}


def named(cells: Cells, columns: BoolArray) -> str:
    """Return what some columns are called.

    Parameters
    ----------
    cells
        Whose columns they are.
    columns
        True for each that is meant, shape (n_columns,).

    Returns
    -------
    str
        The first one, and how many more there are: ``"SCP (FW, and 2 more)"``.
    """
    first, *others = np.flatnonzero(columns)
    row = cells.columns.iloc[first]
    name = " ".join(filter(None, [row["region"], row["hemisphere"]]))
    return f"{name} ({row['metric']}{f', and {len(others)} more' * bool(others)})"


def check_values(cells: Cells, site: IntArray, sites: Sequence[str]) -> None:
    """Refuse values that ComBat cannot learn from.

    Parameters
    ----------
    cells
        The studies that are used.
    site
        Codes of `sites`, shape (n_studies,).
    sites
        The sites' names.

    Raises
    ------
    CompareError
        A metric has too few regions, or a region too few values at a site, or only one value
        again and again; they are named.
    """
    present = np.isfinite(cells.values)
    there: BoolArray = np.any(present, axis=0)
    for metric, own in by_metric(cells, there).items():
        n = int(own.sum())
        if n < FEWEST:
            raise CompareError(
                f"{metric} has {n} region{'s' * (n != 1)}.",
                why=f"ComBat learns from {FEWEST} regions or more what a site does to all of them.",
                advice='Take method="linear".',
            )
    for code, name in enumerate(sites):
        few = there & (present[site == code].sum(axis=0) < FEWEST)
        if few.any():
            raise CompareError(
                f"{named(cells, few)} has fewer than {FEWEST} values at the site {name}.",
                why="What the site does to it cannot be estimated.",
                advice='Leave out the region or the site, or take method="linear".',
            )
        high, low = (
            np.where(present, cells.values, end)[site == code] for end in (-np.inf, np.inf)
        )
        flat = there & (high.max(axis=0) == low.min(axis=0))
        if flat.any():
            raise CompareError(
                f"{named(cells, flat)} has the same value in all studies of the site {name}.",
                why="It may lie outside of what was scanned there.",
                advice="Leave out the region or the site.",
            )


def check_spread(cells: Cells, residuals: FloatArray, site: IntArray, sites: Sequence[str]) -> None:
    """Refuse what group, covariates and site explain wholly.

    Parameters
    ----------
    cells, site, sites
        As for `check_values`.
    residuals
        Of the linear model, in the shape of the values.

    Raises
    ------
    CompareError
        Nothing is left to harmonise; region or site is named.
    """
    there: BoolArray = np.any(np.isfinite(residuals), axis=0)
    size = np.nanmax(np.abs(cells.values), axis=0, initial=0)
    left = np.abs(np.where(np.isfinite(residuals), residuals, 0))
    constant = there & (left.max(axis=0) <= _CONSTANT * size)
    if constant.any():
        raise CompareError(
            f"{named(cells, constant)} does not vary beyond group, covariates and site.",
            why="ComBat divides by this spread.",
            advice="Leave the region out.",
        )
    for metric, columns in by_metric(cells, there).items():
        for code, name in enumerate(sites):
            own = left[np.ix_(site == code, columns)]
            if (own.max(axis=0) <= _CONSTANT * size[columns]).all():
                raise CompareError(
                    f"No region of {metric} varies beyond group and covariates at the site {name}.",
                    why="ComBat divides by this spread.",
                    advice="Leave the site out, or adjust for fewer covariates.",
                )


def _estimates(own: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the level and the variance of one site in each region: the modes of the posterior."""
    n = np.isfinite(own).sum(axis=0)
    mean, observed = np.nanmean(own, axis=0), np.nanvar(own, axis=0, ddof=1)
    prior_mean, prior_variance = mean.mean(), mean.var(ddof=1)
    typical = observed.mean()
    ratio = typical**2 / max(observed.var(ddof=1), _EQUAL * typical**2)
    shape, rate = 2 + ratio, typical * (1 + ratio)  # of the inverse gamma prior, by its moments
    variance = np.full(len(n), typical)
    for _ in range(_STEPS):
        weight = prior_variance * n
        level = (weight * mean + variance * prior_mean) / (weight + variance)
        squares = (n - 1) * observed + n * (mean - level) ** 2
        before, variance = variance, (squares / 2 + rate) / (n / 2 + shape - 1)
        if np.abs(variance - before).max() <= _CLOSE:
            return level, variance
    raise CompareError(
        "ComBat's estimates of a site do not settle.",
        advice='Look for values far from all others, or take method="linear".',
    )
