"""Sites and scanners: do they differ, and how to take the difference out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroflow._version import __version__
from neuroflow.compare.groups import compare_groups
from neuroflow.compare.reference import controls_of
from neuroflow.compare.stats import (
    Correction,
    Covariate,
    Design,
    Fit,
    build_design,
    covariate_columns,
    fit_linear,
    missing_patterns,
    read_covariate,
    read_covariates,
    warn_similar_labels,
)
from neuroflow.errors import CompareError, Wording
from neuroflow.matrix import (
    BoolArray,
    Cells,
    ExcludeSuspect,
    FloatArray,
    IntArray,
    coded,
    group_order,
    labels,
    participants,
    read_cells,
    require,
    resolve_reference,
    row_values,
)


def compare_sites(
    table: pd.DataFrame,
    *,
    site: str = "site",
    by: str = "group",
    reference: str | None = "auto",
    covariates: str | Sequence[str] = (),
    metric: str | Sequence[str] | None = None,
    visit: str | None = None,
    correction: Correction = "bh",
    family: str | Sequence[str] = "metric",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Compare sites in one group, usually the controls.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    site
        The column that holds sites or scanners.
    by
        The column that holds the groups.
    reference
        The group whose studies are compared: its label, ``"auto"`` for the controls, or None for
        all studies, whatever their group.
    covariates, metric, visit, correction, family, confidence
        As for `compare_groups`.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

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
    require(table, ("study_id", site) if reference is None else ("study_id", site, by))
    rows = table
    if reference is not None:
        groups = labels(table[by])
        reference = _reference(table, reference, by)
        rows = table[(groups == reference).to_numpy(dtype=bool)]
    effects = compare_groups(
        rows,
        by=site,
        reference=None,
        covariates=covariates,
        metric=metric,
        omnibus=True,
        visit=visit,
        correction=correction,
        family=family,
        confidence=confidence,
        exclude_suspect=exclude_suspect,
    )
    effects.attrs["reference"] = reference or "all studies"
    return effects


def _reference(table: pd.DataFrame, reference: str, by: str) -> str:
    """Return the label of the group whose studies are compared."""
    present = group_order(labels(table[by]).dropna())
    warn_similar_labels(by, present)
    found = controls_of(table, by) if reference == "auto" else resolve_reference(reference, present)
    if found is None:
        raise CompareError(
            "There are fewer than three controls to compare sites in.",
            why=f"The groups in {by!r} are {', '.join(present) or 'empty'}.",
            advice=Wording(
                "Name another group with reference=..., or use all studies with reference=None.",
                cli="Name another group with --reference, or use all studies with "
                "--reference none.",
                form="Choose another group, or all studies.",
            ),
        )
    return found


def remove_site(
    table: pd.DataFrame,
    *,
    site: str = "site",
    by: str = "group",
    covariates: str | Sequence[str] = ("age", "sex"),
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Remove the differences between sites from the values, for figures.

    A linear model of group, covariates and site is fitted to each region; what it ascribes to a
    study's site, against the mean of all studies, is subtracted. Spread is left as it is. For
    tests take the table as it came, with site as a covariate: then the degrees of freedom are
    right.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    site
        The column that holds sites or scanners.
    by
        The column that holds the groups, whose differences stay.
    covariates
        Columns whose effects stay.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    DataFrame
        The same table with other values; NaN where a study lacks group, site or a covariate.
        ``.attrs["removed"]`` records what was removed.

    Raises
    ------
    CompareError
        The effect of site cannot be separated from that of group or a covariate, or a site has
        one participant only.
    TableError
        The table lacks a column.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdefgh"), "group": ["Control", "PSP"] * 4,
    ...     "site": ["A"] * 4 + ["B"] * 4, "region": "SCP", "metric": "FW",
    ...     "value": [0.3, 0.5, 0.3, 0.5, 0.4, 0.6, 0.4, 0.6]})
    >>> remove_site(table, covariates=[])["value"].round(3).tolist()
    [0.35, 0.55, 0.35, 0.55, 0.35, 0.55, 0.35, 0.55]
    """
    cells, sample = read_sites(table, site, by, covariates, exclude_suspect=exclude_suspect)
    cleaned = np.full(cells.values.shape, np.nan)
    for rows, columns, _, effects in site_models(cells, sample):
        cleaned[np.ix_(rows, columns)] = cells.values[np.ix_(rows, columns)] - effects
    result = replace_values(table, cells, cleaned)
    result.attrs["removed"] = {
        "site": site,
        "kept": sample.kept,
        "left_out": cells.notes,
        "neuroflow": __version__,
    }
    return result


@dataclass(frozen=True, slots=True)
class SiteSample:
    """The studies, where they come from, and what is kept."""

    group: IntArray
    names: list[str]
    place: Covariate
    covariates: list[Covariate]
    known: BoolArray  # studies with group, site and covariates
    fitted: BoolArray  # those that the sites are compared in
    fit_group: str
    by: str

    @classmethod
    def read(
        cls,
        studies: pd.DataFrame,
        batch: str,
        by: str,
        covariates: str | Sequence[str],
        fit: str | None = None,
    ) -> SiteSample:
        """Read columns of the studies."""
        group, names = coded(studies[by])
        items = read_covariates(studies, covariates)
        place = read_covariate(studies, f"C({batch})")
        warn_similar_labels(by, names)
        warn_similar_labels(batch, place.levels)
        known = (group >= 0) & place.known
        for item in items:
            known &= item.known
        chosen = resolve_reference(fit, group_order(names))
        if fit is not None and chosen is None:
            raise CompareError(
                f"The column {by!r} has no controls to compare sites in.",
                advice=f"Name another group; there are {', '.join(names)}.",
            )
        fitted = known & (group == names.index(chosen)) if chosen else known
        return cls(group, names, place, items, known, fitted, chosen or "", by)

    def groups(self) -> tuple[IntArray, list[str]]:
        """Return the codes and names of the groups that the model distinguishes."""
        if self.fit_group:
            return np.zeros(len(self.group), dtype=np.intp), ["all"]
        return self.group, self.names

    @property
    def kept(self) -> list[str]:
        """The columns whose effects stay."""
        return [self.by, *(item.name for item in self.covariates)]

    def design(self, used: BoolArray) -> Design:
        """Return the design of some studies; refuse sites that it cannot separate."""
        return build_design(*self.groups(), [*self.covariates, self.place], used, self.by)

    def counts(self) -> dict[str, int]:
        """Return the number of studies of each site."""
        codes = self.place.values[self.known].astype(np.intp)
        counts = np.bincount(codes, minlength=len(self.place.levels))
        return {name: int(n) for name, n in zip(self.place.levels, counts, strict=True)}


def read_sites(
    table: pd.DataFrame,
    site: str,
    by: str,
    covariates: str | Sequence[str],
    *,
    fit: str | None = None,
    metric: str | Sequence[str] | None = None,
    exclude_suspect: ExcludeSuspect,
) -> tuple[Cells, SiteSample]:
    """Read the values and where they come from; refuse sites that cannot be separated."""
    needed = list(dict.fromkeys([site, by, *covariate_columns(covariates)]))
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    sample = SiteSample.read(cells.studies, site, by, covariates, fit)
    check_sites(cells, sample.place, sample.fitted)
    sample.design(sample.fitted)
    return cells, sample


def site_models(
    cells: Cells, sample: SiteSample
) -> Iterator[tuple[IntArray, IntArray, Fit, FloatArray]]:
    """Yield studies and columns with the same gaps, their model, and what it ascribes to sites."""
    usable = np.where(sample.known[:, None], cells.values, np.nan)
    for rows, columns in missing_patterns(usable):
        if len(rows) == 0:
            continue
        used = np.zeros(len(sample.known), dtype=bool)
        used[rows] = True
        try:
            design = sample.design(used)
        except CompareError:
            continue  # solvable with all studies, not with those that have this region: NaN
        model = fit_linear(design.matrix, usable[np.ix_(rows, columns)])
        own = sample.place.columns(used)[rows]
        yield rows, columns, model, own @ model.coefficients[-own.shape[1] :]


def check_sites(cells: Cells, place: Covariate, known: BoolArray) -> None:
    """Refuse one site alone, and a site with one participant."""
    who = participants(cells.studies)
    if len(place.levels) < 2:
        raise CompareError(
            f"The column {place.name!r} has fewer than two sites, so there is nothing to remove.",
            advice="Use the table as it is.",
        )
    for code, name in enumerate(place.levels):
        n = len(np.unique(who[known & (place.values == code)]))
        if n < 2:
            raise CompareError(
                f"The site {name} has {n} participant{'s' * (n != 1)} with all covariates.",
                why="The difference of the site cannot be separated from that of the participant.",
                advice="Exclude the studies of this site, or adjust for fewer covariates.",
            )


def replace_values(table: pd.DataFrame, cells: Cells, cleaned: FloatArray) -> pd.DataFrame:
    """Return the table with the values of a matrix."""
    result = table.assign(value=row_values(table, cells, cleaned))
    result.attrs["data_notes"] = cells.notes
    return result
