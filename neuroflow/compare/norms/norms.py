"""Norms: what controls have, as a small file without any participant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.norms.reference_group import named_reference, reference_members
from neuroflow.compare.norms.varying_fits import fits_that_vary
from neuroflow.compare.stats import (
    ROUNDING,
    Covariate,
    build_design,
    covariate_columns,
    fit_linear,
    missing_patterns,
    read_covariates,
    spline_basis,
    spline_knots,
)
from neuroflow.contract import CONTROL_FREE_WATER
from neuroflow.errors import CompareError, OptionError, ResultWarning, TableError, Wording
from neuroflow.events import warn_user
from neuroflow.io import atomic_write
from neuroflow.matrix import Cells, ExcludeSuspect, FloatArray, read_cells
from neuroflow.wording import counted

LEAST_CONTROLS = 20
"""How many controls norms need: with fewer, their SD is known too badly to be handed on."""

_KIND, _VERSION = "neuroflow norms", 1
_STEP = 5.0  # ages are rounded outwards to so many years, so that none is anybody's


@dataclass(frozen=True, slots=True)
class Norms:
    """What controls have in each region and metric, given age and other covariates.

    Made by `fit_norms`, `read_norms` or `service_norms`; passed to `z_scores` as ``reference=``.

    Parameters
    ----------
    facts
        The content of the file: covariates with their knots or categories, and for each region
        and metric coefficients, SD, degrees of freedom and number of controls.

    Examples
    --------
    >>> service_norms()
    Norms(4 regions and metrics, value ~ 1, neuropacs controls)
    """

    facts: dict[str, Any]

    def __repr__(self) -> str:
        n = sum(len(fit["columns"]) for fit in self.facts["fits"])
        return f"Norms({n} regions and metrics, {self.facts['model']}, {self.facts['reference']})"

    @property
    def covariates(self) -> list[str]:
        """The columns that a table needs."""
        return [str(item["name"]) for item in self.facts["covariates"]]

    def save(self, path: str | Path) -> Path:
        """Write the norms to a JSON file.

        Parameters
        ----------
        path
            The file; an existing one is replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OSError
            The file cannot be written.

        Examples
        --------
        >>> import tempfile
        >>> path = service_norms().save(Path(tempfile.mkdtemp()) / "norms.json")
        >>> read_norms(path) == service_norms()
        True
        """
        target = Path(path)
        with atomic_write(target) as part:
            part.write_text(json.dumps(self.facts, indent=1) + "\n", encoding="utf-8")
        return target

    def _score(self, cells: Cells, confidence: float) -> dict[str, FloatArray]:
        """Return the numbers of `z_scores` for every study and column that the norms know."""
        names = ("expected", "sd", "z", "centile", "pi_low", "pi_high", "df", "n_reference")
        numbers = {name: np.full(cells.values.shape, np.nan) for name in names}
        design = self._design(cells.studies)
        place = {}
        for at, row in enumerate(cells.columns.itertuples()):
            place[str(row.region), str(row.hemisphere), str(row.metric)] = at
            place[str(row.region), "", str(row.metric)] = at
        for fit in self.facts["fits"]:
            pairs = [(place.get(tuple(key)), at) for at, key in enumerate(fit["columns"])]
            columns = [column for column, _ in pairs if column is not None]
            own = [at for column, at in pairs if column is not None]
            if not columns:
                continue
            df = np.inf if fit["df"] is None else float(fit["df"])
            unscaled = np.array(fit["unscaled"])
            spread = 1 + np.einsum("np,pq,nq->n", design, unscaled, design)[:, None]
            expected = design @ np.array(fit["coefficients"])[:, own]
            sd = np.broadcast_to(np.array(fit["sd"])[own], expected.shape)
            z = (cells.values[:, columns] - expected) / sd
            half = stats.t.ppf((1 + confidence) / 2, df) * np.sqrt(spread) * sd
            numbers["expected"][:, columns], numbers["z"][:, columns] = expected, z
            numbers["sd"][:, columns] = sd
            numbers["centile"][:, columns] = 100 * stats.t.cdf(z / np.sqrt(spread), df)
            numbers["pi_low"][:, columns] = expected - half
            numbers["pi_high"][:, columns] = expected + half
            numbers["df"][:, columns] = df
            numbers["n_reference"][:, columns] = fit["n"] or np.nan
        return numbers

    def _design(self, studies: pd.DataFrame) -> FloatArray:
        blocks = [np.ones((len(studies), 1))]
        for item in self.facts["covariates"]:
            column = studies[item["name"]]
            if item["levels"]:
                texts = column.astype(object).map(str).to_numpy()
                block = (texts[:, None] == np.array(item["levels"], dtype=object)).astype(float)
                block[~block.any(axis=1)] = np.nan
                block = block[:, 1:]
            else:
                numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
                _warn_outside(item, numbers)
                knots = np.array(item["knots"])
                block = spline_basis(numbers, knots) if len(knots) > 2 else numbers[:, None]
            blocks.append(block - np.array(item["centre"]))
        return np.hstack(blocks)


def fit_norms(
    table: pd.DataFrame,
    *,
    by: str = "group",
    reference: str = "auto",
    covariates: str | Sequence[str] = (),
    metric: str | Sequence[str] | None = None,
    exclude_suspect: ExcludeSuspect = None,
) -> Norms:
    """Fit norms to the controls of a cohort table.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    by
        The column that holds the groups.
    reference
        The group of controls: its label, or ``"auto"`` to find it by the usual names.
    covariates
        What the expected value depends on, such as ``"spline(age, 3) + sex"``; no interactions.
    metric
        One metric, several, or None for all.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    Norms
        ``.save("norms.json")`` writes a small file that holds no participant. Only the first visit
        of each control is used. Regions with values of fewer than 20 controls are left out.

    Raises
    ------
    CompareError
        There are fewer than 20 controls with all covariates.
    OptionError, TableError
        As `z_scores` does.

    Warns
    -----
    ResultWarning
        Regions are left out.

    References
    ----------
    Crawford JR, Howell DC (1998), Clin Neuropsychol 12:482-486.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame({
    ...     "study_id": [f"s{i}" for i in range(30)], "group": "Control", "region": "SCP",
    ...     "metric": "FW", "age": rng.normal(65, 8, 30), "value": rng.normal(0.3, 0.05, 30)})
    >>> fit_norms(table, covariates="age")
    Norms(1 regions and metrics, value ~ 1 + age, Control)
    """
    needed = list(dict.fromkeys([by, *covariate_columns(covariates)]))
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    adjust = read_covariates(cells.studies, covariates)
    if crossed := [item.name for item in adjust if item.parts]:
        raise OptionError(
            f"Norms have no interactions ({', '.join(crossed)}).",
            advice="Remove them from the covariates.",
        )
    name = named_reference(cells.studies, by, reference)
    member = reference_members(cells.studies, by, name, adjust)
    if member.sum() < LEAST_CONTROLS:
        raise CompareError(
            f"The group {name} has {member.sum()} participants with all covariates; norms need "
            f"at least {LEAST_CONTROLS}.",
            advice=Wording(
                "Use z_scores with these controls, or more controls.",
                cli="Omit --save-norms, or use more controls.",
            ),
        )
    build_design(np.zeros(len(member), dtype=np.intp), ["reference"], adjust, member, "the mean")
    described = [_describe(item, member) for item in adjust]
    facts: dict[str, Any] = {
        "kind": _KIND,
        "version": _VERSION,
        "neuroflow": __version__,
        "reference": name,
        "n_reference": int(member.sum()),
        "model": " + ".join(["value ~ 1", *(item.term for item in adjust)]),
        "covariates": described,
        "fits": [],
    }
    controls = cells.keep(member)
    facts["fits"] = _fits(controls, Norms(facts)._design(controls.studies))
    return Norms(facts)


def read_norms(path: str | Path) -> Norms:
    """Read norms from a file that `Norms.save` wrote.

    Parameters
    ----------
    path
        The JSON file.

    Returns
    -------
    Norms
        To be passed to `z_scores` as ``reference=``.

    Raises
    ------
    TableError
        The file cannot be read, or holds no norms.

    Warns
    -----
    ResultWarning
        The SD of a region is only rounding, as earlier versions saved it: it is not used.

    Examples
    --------
    >>> import tempfile
    >>> read_norms(service_norms().save(Path(tempfile.mkdtemp()) / "norms.json"))
    Norms(4 regions and metrics, value ~ 1, neuropacs controls)
    """
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
        if facts["kind"] != _KIND or facts["version"] > _VERSION:
            raise ValueError("it is not a file of norms that this version knows")  # noqa: TRY301
        norms = Norms({**facts, "fits": fits_that_vary(facts["fits"])})
        repr(norms)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TableError(
            f"{path} holds no norms that can be read.",
            why=f"{type(error).__name__}: {error}.",
            advice=Wording(
                "Write the file again with fit_norms(...).save(...).",
                cli="Write the file again with `neuroflow z-scores --save-norms`.",
            ),
        ) from error
    return norms


def service_norms() -> Norms:
    """Return the free water of the controls of neuropacs in four regions, as its reports print it.

    Returns
    -------
    Norms
        Means and SDs of pSN, Putamen, SCP and MCP, not adjusted for age. How many controls there
        were is not published: the intervals take mean and SD as exact.

    Examples
    --------
    >>> service_norms().covariates
    []
    """
    means, sds = zip(*CONTROL_FREE_WATER.values(), strict=True)
    fit = {
        "columns": [[region, "", "FW"] for region in CONTROL_FREE_WATER],
        "n": None,
        "df": None,
        "unscaled": [[0.0]],
        "coefficients": [list(means)],
        "sd": list(sds),
    }
    facts = {"kind": _KIND, "version": _VERSION, "neuroflow": __version__, "n_reference": None}
    more = {"reference": "neuropacs controls", "model": "value ~ 1", "covariates": []}
    return Norms({**facts, **more, "fits": [fit]})


def _describe(item: Covariate, member: np.ndarray) -> dict[str, Any]:
    """Return what makes a covariate's columns; no value of it is a participant's."""
    own = item.values[member]
    facts: dict[str, Any] = {"name": item.name, "levels": [], "knots": []}
    if item.levels:
        counts = np.bincount(own.astype(int), minlength=len(item.levels))
        facts["levels"] = [level for level, n in zip(item.levels, counts, strict=True) if n]
        facts["centre"] = (counts[counts > 0] / counts.sum())[1:].tolist()
        return facts
    ends = [np.floor(own.min() / _STEP) * _STEP, np.ceil(own.max() / _STEP) * _STEP]
    if np.ptp(own) < _STEP:  # no years: a fraction or the like
        ends = [own.mean() - 3 * own.std(), own.mean() + 3 * own.std()]
    inner = spline_knots(own, item.df)[1:-1].round(1).tolist() if item.df else []
    knots = np.array([ends[0], *inner, ends[1]])
    facts["knots"] = knots.tolist()
    middle = own.mean(keepdims=True)
    facts["centre"] = (spline_basis(middle, knots)[0] if item.df else middle).tolist()
    return facts


def _fits(controls: Cells, design: FloatArray) -> list[dict[str, Any]]:
    fits, few = [], []
    keys = [
        [str(row.region), str(row.hemisphere), str(row.metric)]
        for row in controls.columns.itertuples()
    ]
    for rows, columns in missing_patterns(controls.values):
        if len(rows) < LEAST_CONTROLS or np.linalg.matrix_rank(design[rows]) < design.shape[1]:
            few += [keys[column][0] for column in columns]
            continue
        known = controls.values[np.ix_(rows, columns)]
        fit = fit_linear(design[rows], known)
        varies = fit.sd > ROUNDING * np.abs(known).max(axis=0)
        few += [keys[column][0] for column in columns[~varies]]
        if not varies.any():
            continue
        fits.append(
            {
                "columns": [keys[column] for column in columns[varies]],
                "n": len(rows),
                "df": fit.df,
                "unscaled": fit.unscaled.tolist(),
                "coefficients": fit.coefficients[:, varies].tolist(),
                "sd": fit.sd[varies].tolist(),
            }
        )
    if few:
        warn_user(
            f"The norms exclude {len(few)} regions and metrics, of which fewer than "
            f"{LEAST_CONTROLS} controls have values, or values or covariates do not vary: "
            f"{', '.join(dict.fromkeys(few))}.",
            ResultWarning,
        )
    return fits


def _warn_outside(item: dict[str, Any], numbers: FloatArray) -> None:
    low, high = item["knots"][0], item["knots"][-1]
    n = int(((numbers < low) | (numbers > high)).sum())
    if n:
        warn_user(
            f"{counted(n, 'study has', 'studies have')} {item['name']} outside that of the "
            f"controls ({low:g} to {high:g}): expected values are extrapolated in a straight line.",
            ResultWarning,
        )
