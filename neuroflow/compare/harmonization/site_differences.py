"""How far the sites lie apart in each region, and how wide they scatter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroflow._version import __version__
from neuroflow.compare.harmonization.sites import read_sites, site_models
from neuroflow.matrix import ExcludeSuspect


def site_differences(
    table: pd.DataFrame,
    *,
    site: str = "site",
    by: str = "group",
    covariates: str | Sequence[str] = ("age", "sex"),
    metric: str | Sequence[str] | None = None,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Describe each site by its shift and its spread, after group and covariates.

    Parameters
    ----------
    table
        The cohort table, or what `harmonize` returned: one row per study, region, hemisphere and
        metric.
    site
        The column that holds sites or scanners.
    by
        The column that holds the groups, whose differences are none of the site's.
    covariates
        Columns whose effects are none of the site's.
    metric
        One metric, several, or None for all.
    exclude_suspect
        As for `compare_groups`.

    Returns
    -------
    DataFrame
        One row per region, metric and site: `n` studies, `shift` (the site's mean less that of all
        studies, adjusted for groups and covariates) and `sd` (within the site, of what the model
        leaves), both in the metric's unit.

    Raises
    ------
    CompareError
        Site cannot be separated from group or a covariate, or a site has one participant only.
    TableError
        The table lacks a column.

    See Also
    --------
    compare_sites : Tests for differences between sites.
    neuroflow.plot.harmonization : Draws them before and after `harmonize`.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdefgh"), "group": ["Control", "PSP"] * 4,
    ...     "site": ["A"] * 4 + ["B"] * 4, "region": "SCP", "metric": "FW",
    ...     "value": [0.3, 0.5, 0.3, 0.5, 0.4, 0.6, 0.4, 0.6]})
    >>> site_differences(table, covariates=[])["shift"].round(3).tolist()
    [-0.05, 0.05]
    """
    cells, sample = read_sites(
        table, site, by, covariates, metric=metric, exclude_suspect=exclude_suspect
    )
    names = sample.place.levels
    n, shift, spread = np.full((3, len(names), cells.values.shape[1]), np.nan)
    codes = sample.place.values
    for rows, columns, model, effects in site_models(cells, sample):
        for code in range(len(names)):
            mine = codes[rows] == code
            n[code, columns] = mine.sum()
            if mine.any():
                shift[code, columns] = effects[mine][0]
            if mine.sum() > 1:
                spread[code, columns] = model.residuals[mine].std(axis=0, ddof=1)
    parts = [
        cells.columns.assign(site=name, n=n[code], shift=shift[code], sd=spread[code])
        for code, name in enumerate(names)
    ]
    result = pd.concat(parts, ignore_index=True).astype({"n": "Int64"})
    result.attrs |= {
        "site": site,
        "kept": sample.kept,
        "data_notes": cells.notes,
        "neuroflow": __version__,
    }
    return result
