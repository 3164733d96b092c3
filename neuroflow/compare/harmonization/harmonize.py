"""Harmonisation: values of several sites or scanners made comparable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from neuroflow._version import __version__
from neuroflow.compare.harmonization.combat import batch_effects
from neuroflow.compare.harmonization.sites import (
    SiteSample,
    read_sites,
    remove_site,
    replace_values,
)
from neuroflow.compare.longitudinal import fit_random_intercept
from neuroflow.compare.stats import (
    Covariate,
    covariate_columns,
    fit_linear,
    missing_patterns,
)
from neuroflow.errors import CompareError, OptionError, ResultWarning, Wording
from neuroflow.events import warn_user
from neuroflow.matrix import (
    BoolArray,
    ExcludeSuspect,
    FloatArray,
    IntArray,
    as_list,
    check_choice,
    match_labels,
    participants,
)

Harmonization = Literal["combat", "longitudinal", "linear"]
METHODS = ("combat", "longitudinal", "linear")
_FEW = 10
"""Regions below which a prior over regions is poor."""
_COMBAT = Wording('Use method="combat".', cli="Use --method combat.")


def harmonize(
    table: pd.DataFrame,
    *,
    batch: str = "site",
    method: Harmonization = "combat",
    by: str = "group",
    covariates: str | Sequence[str] = ("age", "sex"),
    fit: str | None = None,
    reference_batch: str | None = None,
    metric: str | Sequence[str] | None = None,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Remove the differences between sites from the values, keeping those of people.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    batch
        The column that holds sites or scanners.
    method
        ``"combat"`` removes shift and scale of each site, both shrunk towards those of all
        regions of a metric; ``"longitudinal"`` does so with a random intercept for each
        participant, for repeated visits; ``"linear"`` removes the shift only, as `remove_site`.
    by
        The column that holds the groups, whose differences stay.
    covariates
        Columns whose effects stay, as in `compare_groups`.
    fit
        The group that the sites are compared in, such as the controls (``"auto"``); None for
        all studies. What is found there is removed from all studies.
    reference_batch
        The site whose values stay as they are; None for the mean of all sites.
    metric
        One metric, several, or None for all; rows of others are not returned.
    exclude_suspect
        As for `compare_groups`.

    Returns
    -------
    DataFrame
        The same table with other values; NaN where a study lacks group, site or a covariate, or
        where a site has too few values of a region. ``.attrs["harmonized"]`` records how.

    Raises
    ------
    CompareError
        Site cannot be separated from group or a covariate, or a site has one participant only.
    OptionError
        An argument is outside its choices.
    TableError
        The table lacks a column.

    See Also
    --------
    compare_sites : Whether sites differ at all.

    Notes
    -----
    Harmonised values are for figures and for methods that take no covariates. p values from
    them are slightly too small, as the estimated site effects cost no degrees of freedom; for
    tests take the original table with site as a covariate.

    References
    ----------
    Johnson WE, Li C, Rabinovic A (2007), Biostatistics 8:118-127.
    Fortin JP et al. (2018), NeuroImage 167:104-120.
    Beer JC et al. (2020), NeuroImage 220:117129 (longitudinal).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdefgh"), "group": ["Control", "PSP"] * 4,
    ...     "site": ["A"] * 4 + ["B"] * 4, "region": "SCP", "metric": "FW",
    ...     "value": [0.29, 0.5, 0.31, 0.52, 0.4, 0.6, 0.42, 0.6]})
    >>> even = harmonize(table, method="linear", covariates=[])
    >>> even.groupby("site")["value"].mean().round(3).to_dict()
    {'A': 0.455, 'B': 0.455}
    """
    check_choice("method", method, METHODS)
    if metric is not None:
        table = table[table["metric"].isin(as_list("metric", metric))]
    if method == "linear":
        if fit is not None or reference_batch is not None:
            raise OptionError(
                "The method linear takes neither fit nor reference_batch.",
                advice=_COMBAT,
            )
        result = remove_site(
            table, site=batch, by=by, covariates=covariates, exclude_suspect=exclude_suspect
        )
        result.attrs["harmonized"] = _facts(method, batch, [by, *covariate_columns(covariates)])
        return result
    if method == "longitudinal" and fit is not None:
        raise OptionError(
            "The method longitudinal uses all studies.",
            advice=Wording(
                'Omit fit, or use method="combat".', cli="Omit --fit, or use --method combat."
            ),
        )
    cells, sample = read_sites(
        table, batch, by, covariates, fit=fit, exclude_suspect=exclude_suspect
    )
    keep = _reference(reference_batch, sample.place)
    who = participants(cells.studies)
    repeated = len(np.unique(who[sample.fitted])) < sample.fitted.sum()
    _warn(method, repeated)
    cleaned = np.full(cells.values.shape, np.nan)
    metrics = cells.columns["metric"].to_numpy()
    for name in pd.unique(metrics):
        columns = np.flatnonzero(metrics == name)
        if len(columns) < _FEW:
            warn_user(
                f"Only {len(columns)} regions have {name}; what is typical of a site is estimated "
                f"poorly from fewer than {_FEW}.",
                ResultWarning,
            )
        values = _of_studies(sample.known, cells.values[:, columns])
        longitudinal = who if method == "longitudinal" else None
        cleaned[:, columns] = _combat(values, sample, keep, longitudinal)
    _warn_lost(cells.values, cleaned)
    result = replace_values(table, cells, cleaned)
    result.attrs["harmonized"] = _facts(method, batch, sample.kept) | {
        "fit": sample.fit_group,
        "reference_batch": reference_batch or "",
        "batches": sample.counts(),
    }
    return result


def _combat(
    values: FloatArray, sample: SiteSample, keep: int | None, who: IntArray | None
) -> FloatArray:
    """Return the values of one metric without the effects of sites."""
    site = sample.place.values.astype(np.intp)
    n_sites = len(sample.place.levels)
    fitted_values = _of_studies(sample.fitted, values)
    standard = np.full(values.shape, np.nan)  # what is kept of each value
    spread = np.full(values.shape[1], np.nan)
    for rows, columns in missing_patterns(fitted_values):
        if len(rows) == 0:
            continue
        complete = (len(rows), len(columns)) == values.shape
        cells = fitted_values if complete else fitted_values[np.ix_(rows, columns)]
        try:
            model = _fit(cells, rows, sample, keep, who)
        except CompareError:
            continue  # solvable with all studies, not with those that have this region: NaN
        standard[:, columns], spread[columns] = model
    z = values - standard
    with np.errstate(divide="ignore", invalid="ignore"):
        z /= spread
    if not np.isfinite(z).all():
        z[~np.isfinite(z)] = np.nan
    effects = batch_effects(_of_studies(sample.fitted, z), site, n_sites, keep)
    adjusted = np.full(values.shape, np.nan)
    for code in range(n_sites):
        mine = site == code
        if code == keep:
            adjusted[mine] = values[mine]
            continue
        even = z[mine] - effects.shift[code]
        even *= spread / np.sqrt(effects.scale[code])
        even += standard[mine]
        adjusted[mine] = even
    return adjusted


def _of_studies(wanted: BoolArray, values: FloatArray) -> FloatArray:
    """Return the values with NaN for other studies; no copy where all are wanted."""
    return values if wanted.all() else np.where(wanted[:, None], values, np.nan)


def _fit(
    values: FloatArray, rows: IntArray, sample: SiteSample, keep: int | None, who: IntArray | None
) -> tuple[FloatArray, FloatArray]:
    """Fit site, groups and covariates to columns without gaps; return what stays, and the SD."""
    used = np.zeros(len(sample.known), dtype=bool)
    used[rows] = True
    sample.design(used)  # refuses sites that cannot be separated
    codes, _ = sample.groups()
    site = sample.place.values
    sites = [float(code) for code in range(len(sample.place.levels)) if (site[rows] == code).any()]
    places = (site[:, None] == np.array(sites)).astype(np.float64)
    people = [(codes == code).astype(np.float64) for code in np.unique(codes[rows])[1:]]
    parts = [np.column_stack(people)] if people else []
    parts += [item.columns(used) for item in sample.covariates]
    kept = np.column_stack(parts) if parts else np.empty((len(used), 0))
    design = np.column_stack([places, kept])[rows]
    own = None
    if who is None:
        model = fit_linear(design, values)
        coefficients, residuals = model.coefficients, model.residuals
    else:
        mixed = fit_random_intercept(design, values, who[rows])
        coefficients, residuals, own = mixed.coefficients, mixed.residuals, mixed.intercepts
    shares = places[rows].mean(axis=0)
    effects = coefficients[: len(sites)]
    if keep is None or keep not in sites:
        middle = shares @ effects
        spread = np.sqrt(np.einsum("nm,nm->m", residuals, residuals) / len(residuals))
    else:
        middle = effects[sites.index(float(keep))]
        spread = np.sqrt((residuals[site[rows] == keep] ** 2).mean(axis=0))
    if who is not None:
        spread = mixed.sd
    standard = _of_studies(sample.known, middle + kept @ coefficients[len(sites) :])
    if own is not None:
        standard[rows] += own
    return standard, spread


def _reference(reference_batch: str | None, place: Covariate) -> int | None:
    if reference_batch is None:
        return None
    (name,) = match_labels(place.name, [reference_batch], place.levels)
    return place.levels.index(name)


def _warn(method: str, repeated: bool) -> None:
    if repeated and method == "combat":
        warn_user(
            Wording.sentences(
                "Participants have repeated visits, which ComBat takes for independent.",
                Wording('Use method="longitudinal".', cli="Use --method longitudinal."),
            ),
            ResultWarning,
        )
    if not repeated and method == "longitudinal":
        raise CompareError(
            "No participant has repeated visits.",
            advice=_COMBAT,
        )


def _warn_lost(values: FloatArray, cleaned: FloatArray) -> None:
    lost = int(np.count_nonzero(np.isfinite(values)) - np.count_nonzero(np.isfinite(cleaned)))
    if lost > 0:
        warn_user(
            f"{lost} of {np.isfinite(values).sum()} values could not be harmonised: their study "
            "lacks group, site or a covariate, or its site has too few values of the region.",
            ResultWarning,
        )


def _facts(method: str, batch: str, kept: list[str]) -> dict[str, Any]:
    return {"method": method, "batch": batch, "kept": kept, "neuroflow": __version__}
