"""Sites and scanners: do they differ, and how to take the difference out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from neuroflow import __version__
from neuroflow.compare.cells import BoolArray, Cells, FloatArray, IntArray, coded, labels
from neuroflow.compare.combat import FEWEST, by_metric, check_spread, check_values, combat, named
from neuroflow.compare.correction import Correction
from neuroflow.compare.design import Covariate, build, columns_of, covariate
from neuroflow.compare.groups import compare_groups
from neuroflow.compare.linear import fit, patterns
from neuroflow.compare.options import check_choice
from neuroflow.compare.reading import read_cells, require
from neuroflow.compare.reference import controls_of
from neuroflow.compare.visits import participants
from neuroflow.errors import CompareError, OptionError


def compare_sites(
    table: pd.DataFrame,
    *,
    site: str = "site",
    within: str | None = "auto",
    between: str = "group",
    covariates: Sequence[str] = (),
    metric: str | Sequence[str] | None = None,
    visit: str | None = None,
    correction: Correction = "bh",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare sites in one group, usually the controls.

    Parameters
    ----------
    table
        The cohort table.
    site
        The column that holds sites or scanners.
    within
        The group whose studies are compared; ``"auto"`` takes the controls; None takes all
        studies, whatever their group.
    between
        The column that holds the groups.
    covariates, metric, visit, correction, confidence
        As for `neuroflow.compare.groups.compare_groups`.

    Returns
    -------
    DataFrame
        What `compare_groups` returns: all pairs of sites, and rows that test for any difference.

    Raises
    ------
    CompareError
        There are no controls or no two sites, or repeated visits without a choice.
    OptionError
        There is no such group.
    TableError
        The table lacks a column.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": "Control", "site": ["A"] * 3 + ["B"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.50, 0.55, 0.60]})
    >>> compare_sites(table)[["contrast", "p"]].round(4).values.tolist()
    [['B - A', 0.008], ['any difference', 0.008]]
    """
    require(table, ("study_id", site) if within is None else ("study_id", site, between))
    rows = table
    if within == "auto":
        within = controls_of(table, between)
        if within is None:
            raise CompareError(
                "There are fewer than three controls to compare sites in.",
                advice="Name another group as within, or None for all studies.",
            )
    if within is not None:
        rows = table[(labels(table[between]) == within).to_numpy(dtype=bool)]
        if rows.empty:
            raise OptionError(f"There is no group {within} in {between}.")
    effects = compare_groups(
        rows,
        between=site,
        covariates=covariates,
        metric=metric,
        omnibus=True,
        visit=visit,
        correction=correction,
        confidence=confidence,
    )
    effects.attrs["within"] = within or "all studies"
    return effects


def remove_site(
    table: pd.DataFrame,
    *,
    site: str = "site",
    between: str = "group",
    covariates: Sequence[str] = ("age", "sex"),
    method: Literal["linear", "combat"] = "linear",
) -> pd.DataFrame:
    """Take the differences of sites out of the values, for figures.

    A linear model of group, covariates and site is fitted to each region; what it ascribes to a
    study's site, against the mean of all studies, is subtracted, and spread is left as it is.
    ComBat starts from the same model, brings the spread of sites together too, and steadies what
    it takes out of one region by the others of the same metric. For tests take the table as it
    came, with site as a covariate: then the degrees of freedom are right.

    Parameters
    ----------
    table
        The cohort table.
    site
        The column that holds sites or scanners.
    between
        The column that holds the groups, whose differences stay.
    covariates
        Columns whose effects stay.
    method
        ``"linear"``, or ``"combat"`` for ComBat with parametric priors (neuroCombat), within each
        metric.

    Returns
    -------
    DataFrame
        The same table with other values; NaN where a study lacks group, site or a covariate.
        ``.attrs["removed"]`` says what was done.

    Raises
    ------
    CompareError
        Site cannot be told apart from group or a covariate, or a site has one participant only.
        For ComBat a site needs three participants, and three values of each region; a metric
        needs three regions, which vary.
    OptionError
        There is no such method.
    TableError
        The table lacks a column.

    Notes
    -----
    Repeated visits of a participant all stay, and count once when a site's participants are
    counted; neither method knows that they are alike.

    References
    ----------
    Johnson WE, Li C, Rabinovic A (2007), Biostatistics 8:118-127 (ComBat).
    Fortin JP et al. (2018), NeuroImage 167:104-120 (with group and covariates kept).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdefgh"), "group": ["Control", "PSP"] * 4,
    ...     "site": ["A"] * 4 + ["B"] * 4, "region": "SCP", "metric": "FW",
    ...     "value": [0.3, 0.5, 0.3, 0.5, 0.4, 0.6, 0.4, 0.6]})
    >>> remove_site(table, covariates=[])["value"].round(3).tolist()
    [0.35, 0.55, 0.35, 0.55, 0.35, 0.55, 0.35, 0.55]
    """
    check_choice("method", method, ("linear", "combat"))
    needed = list(dict.fromkeys([site, between, *columns_of(covariates)]))
    cells = read_cells(table, needed=needed)
    group, names = coded(cells.studies[between])
    items = [covariate(cells.studies, name) for name in covariates]
    place = covariate(cells.studies, f"C({site})")
    known = (group >= 0) & place.known
    for item in items:
        known &= item.known
    _check_sites(cells, place, known, fewest=2 if method == "linear" else FEWEST)
    used = cells.keep(known)
    model = _Model(
        group[known], names, [item.keep(known) for item in items], place.keep(known), between
    )
    cleaned = np.full(cells.values.shape, np.nan)
    cleaned[known] = _without_shift(used, model) if method == "linear" else _combat(used, model)
    result = _replaced(table, cells, cleaned)
    result.attrs["removed"] = {
        "site": site,
        "kept": [between, *(item.name for item in items)],
        "method": method,
        "neuroflow": __version__,
    }
    return result


@dataclass(frozen=True, slots=True)
class _Model:
    """Group, covariates and site of the studies that have them all."""

    group: IntArray
    names: Sequence[str]
    covariates: Sequence[Covariate]
    place: Covariate
    between: str

    def parts(self, values: FloatArray, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return what is the site's in the values of some studies, and the residuals."""
        used = np.zeros(len(self.group), dtype=bool)
        used[rows] = True
        terms = [*self.covariates, self.place]
        design = build(self.group, self.names, terms, used, self.between)
        model = fit(design.matrix, values)
        own = self.place.columns(used)[rows]
        return own @ model.coefficients[-own.shape[1] :], model.residuals


def _without_shift(cells: Cells, model: _Model) -> FloatArray:
    everyone = np.arange(len(model.group))
    model.parts(cells.values[:, :0], everyone)  # refuses what cannot be told apart
    cleaned = np.full(cells.values.shape, np.nan)
    for rows, columns in patterns(cells.values):
        if len(rows) == 0:
            continue
        values = cells.values[np.ix_(rows, columns)]
        try:
            shift, _ = model.parts(values, rows)
        except CompareError:
            continue  # solvable with all studies, not with those that have this region: NaN
        cleaned[np.ix_(rows, columns)] = values - shift
    return cleaned


def _combat(cells: Cells, model: _Model) -> FloatArray:
    site, sites = model.place.values.astype(np.intp), model.place.levels
    model.parts(cells.values[:, :0], np.arange(len(site)))  # refuses what cannot be told apart
    check_values(cells, site, sites)
    shift, residuals = np.full((2, *cells.values.shape), np.nan)
    for rows, columns in patterns(cells.values):
        if len(rows) == 0:
            continue
        cut = np.ix_(rows, columns)
        try:
            shift[cut], residuals[cut] = model.parts(cells.values[cut], rows)
        except CompareError as error:
            which = np.isin(np.arange(cells.values.shape[1]), columns)
            raise CompareError(
                f"{named(cells, which)} is missing in too many studies.",
                why=f"Among those that have it: {error.what}",
                advice='Leave the region out, or take method="linear".',
            ) from error
    check_spread(cells, residuals, site, sites)
    cleaned = np.full(cells.values.shape, np.nan)
    there = np.isfinite(residuals).any(axis=0)
    for own in by_metric(cells, there).values():
        deviations = shift[:, own] + residuals[:, own]
        cleaned[:, own] = cells.values[:, own] - deviations
        cleaned[:, own] += combat(deviations, residuals[:, own], site)
    return cleaned


def _check_sites(cells: Cells, place: Covariate, known: BoolArray, fewest: int) -> None:
    who = participants(cells.studies)
    if len(place.levels) < 2:
        raise CompareError("There are no two sites.", advice="Leave the values as they are.")
    for code, name in enumerate(place.levels):
        n = len(np.unique(who[known & (place.values == code)]))
        if n < fewest:
            what = "Its difference" if n < 2 else "Its spread"
            raise CompareError(
                f"The site {name} has {n} participant{'s' * (n != 1)} with all covariates.",
                why=f"{what} cannot be told from that of the participant{'s' * (n != 1)}.",
                advice="Leave its studies out, or adjust for fewer covariates.",
            )


def _replaced(table: pd.DataFrame, cells: Cells, cleaned: FloatArray) -> pd.DataFrame:
    key = ["region", "hemisphere", "metric"] if "hemisphere" in table else ["region", "metric"]
    n, m = cleaned.shape
    keys = {name: np.tile(cells.columns[name].to_numpy(), n) for name in key}
    study = np.repeat(cells.studies["study_id"].to_numpy(), m)
    values = pd.DataFrame({"study_id": study, **keys, "_cleaned": cleaned.ravel()})
    plain = table[["study_id", *key]].astype(object).reset_index(drop=True)
    plain[key] = plain[key].apply(labels)
    if "hemisphere" in key:
        plain["hemisphere"] = plain["hemisphere"].fillna("")
    merged = plain.merge(values.astype({"study_id": object}), on=["study_id", *key], how="left")
    result = table.copy()
    result["value"] = merged["_cleaned"].to_numpy()
    return result
