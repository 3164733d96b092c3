"""Every study against a reference group: z-scores, expected values, prediction intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.norms.norms import Norms
from neuroflow.compare.norms.reference_group import (
    named_reference,
    reference_members,
    who_is_missing,
)
from neuroflow.compare.norms.t_shares import t_share_below
from neuroflow.compare.reference import LEAST
from neuroflow.compare.stats import (
    ROUNDING,
    Covariate,
    Fit,
    add_sensitivity,
    build_design,
    covariate_columns,
    fit_linear,
    missing_patterns,
    read_covariates,
)
from neuroflow.errors import CompareError, OptionError
from neuroflow.matrix import (
    BoolArray,
    Cells,
    ExcludeSuspect,
    FloatArray,
    IntArray,
    carried_facts,
    check_number,
    participants,
    read_cells,
)


def z_scores(
    table: pd.DataFrame,
    *,
    by: str = "group",
    reference: str | Norms | None = "auto",
    covariates: str | Sequence[str] = (),
    metric: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Compare every study with a reference group.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    by
        The column that holds the groups.
    reference
        The group that expected values are estimated from: its label, ``"auto"`` for the controls
        (found by their usual names, such as HC, Control, Healthy_Controls), None for all
        studies, or norms from `fit_norms`, `read_norms` or `service_norms`, which bring their
        covariates.
    covariates
        Columns that the expected value is adjusted for, as in `compare_groups`.
    metric
        One metric, several, or None for all.
    confidence
        Level of the prediction intervals, between 0 and 1.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    DataFrame
        One row per study, region and metric, by study: `study_id`, participant, session, group,
        the region's columns, `value`, `expected`, `sd` (of the reference), `z` (distance from the
        expected value in SDs), `centile` (percentage of
        the reference below it), `pi_low` and `pi_high` (prediction interval of one new value),
        `outside` (True beyond it), `df` (degrees of freedom of `sd`), `n_reference`. NaN
        where a score cannot be computed. A member of the reference is compared with the others;
        only its first visit is in the reference.

    Raises
    ------
    CompareError
        The reference has fewer than three participants with all covariates, or a covariate cannot
        be used in it.
    OptionError
        There is no such group or metric.
    TableError
        The table lacks a column.

    References
    ----------
    Crawford JR, Howell DC (1998), Clin Neuropsychol 12:482-486 (one case against few controls).
    Belsley DA, Kuh E, Welsch RE (1980), Regression diagnostics, 2.1 (leaving one out).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcde"), "group": ["Control"] * 4 + ["PSP"],
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.35, 0.55]})
    >>> scores = z_scores(table)
    >>> scores[["study_id", "expected", "z"]].round(2).iloc[-1].to_dict()
    {'study_id': 'e', 'expected': 0.35, 'z': 4.9}
    """
    given = dict(locals())
    scored = z_score_matrices(
        table,
        by=by,
        reference=reference,
        covariates=covariates,
        metric=metric,
        confidence=confidence,
        exclude_suspect=exclude_suspect,
    )
    cells = scored.cells
    n, m = cells.values.shape
    studies, columns = np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    data: dict[str, Any] = {
        str(name): frame[name].array.take(places)
        for frame, places in ((cells.studies, studies), (cells.columns, columns))
        for name in frame
    }
    data["value"] = cells.values.flatten()  # not the table's own
    data |= {name: values.ravel() for name, values in scored.numbers.items()}
    data["outside"] = scored.outside.ravel()
    data["n_reference"] = pd.array(data.pop("n_reference"), dtype="Int64")
    result = pd.DataFrame(data, copy=False)
    result.attrs |= carried_facts(table, cells.columns) | scored.facts
    add_sensitivity(result, cells, z_scores, given, ("z",))
    return result


@dataclass(frozen=True, slots=True)
class ZScoreMatrices:
    """Every study against the reference, as matrices."""

    cells: Cells  # Studies, columns and values
    # `expected`, `sd`, `z`, `pi_low`, `pi_high`, `df` and `n_reference`, each studies x columns.
    numbers: dict[str, FloatArray]
    facts: dict[str, Any]  # How it was computed, as plain values

    @property
    def outside(self) -> BoolArray:
        """True beyond the prediction interval."""
        low, high = self.numbers["pi_low"], self.numbers["pi_high"]
        return (self.cells.values < low) | (self.cells.values > high)


def z_score_matrices(
    table: pd.DataFrame,
    *,
    by: str = "group",
    reference: str | Norms | None = "auto",
    covariates: str | Sequence[str] = (),
    metric: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> ZScoreMatrices:
    """Compare every study with a reference group, and return matrices."""
    check_number("confidence", confidence, below=1)
    if isinstance(reference, Norms):
        return _against_norms(
            table,
            reference,
            by=by,
            covariates=covariates,
            metric=metric,
            confidence=confidence,
            exclude_suspect=exclude_suspect,
        )
    grouped = [by] if reference is not None or by in table else []
    needed = [*grouped, *covariate_columns(covariates)]
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    adjust = read_covariates(cells.studies, covariates)
    reference = None if reference is None else named_reference(cells.studies, by, reference)
    member = reference_members(cells.studies, by, reference, adjust)
    if member.sum() < LEAST:
        raise CompareError(
            f"The reference group {reference or 'of all studies'} has only {member.sum()} "
            f"participants with all covariates; at least {LEAST} are needed.",
            why=who_is_missing(cells.studies, by, reference, adjust),
            advice="Choose another reference group, or adjust for fewer covariates.",
        )
    frame = _Reference(adjust, member, _own_row(cells.studies, member))
    build_design(np.zeros(len(member), dtype=np.intp), ["reference"], adjust, member, "the mean")
    facts = {
        "model": " + ".join(["value ~ 1", *(item.term for item in adjust)]),
        "reference": reference or "all studies",
        "n_reference": int(member.sum()),
        "from_norms": False,
        "n_studies": len(member),
        "covariates": [item.name for item in adjust],
        "confidence": float(confidence),
        "exclusions": cells.excluded,
        "data_notes": cells.notes,
        "neuroflow": __version__,
    }
    return ZScoreMatrices(cells, _score(frame, cells.values, confidence), facts)


def _against_norms(
    table: pd.DataFrame,
    norms: Norms,
    *,
    by: str,
    covariates: str | Sequence[str],
    metric: str | Sequence[str] | None,
    confidence: float,
    exclude_suspect: ExcludeSuspect,
) -> ZScoreMatrices:
    if covariates:
        raise OptionError("The norms have their covariates already.", advice="Omit covariates.")
    needed = list(dict.fromkeys([*([by] if by in table else []), *norms.covariates]))
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    facts = {
        "model": norms.facts["model"],
        "reference": f"norms of {norms.facts['reference']}",
        "n_reference": norms.facts["n_reference"] or "not published",
        "from_norms": True,
        "n_studies": len(cells.studies),
        "covariates": norms.covariates,
        "confidence": float(confidence),
        "exclusions": cells.excluded,
        "data_notes": cells.notes,
        "neuroflow": __version__,
    }
    return ZScoreMatrices(cells, norms._score(cells, confidence), facts)


@dataclass(frozen=True, slots=True)
class _Reference:
    """Who is compared with whom."""

    covariates: Sequence[Covariate]
    member: BoolArray  # in the reference
    own: IntArray  # the row in the reference that is the same participant, or -1


def _own_row(studies: pd.DataFrame, member: BoolArray) -> IntArray:
    who = participants(studies)
    rows = {name: row for row, name in enumerate(who) if member[row]}
    return np.array([rows.get(name, -1) for name in who], dtype=np.intp)


def _score(frame: _Reference, values: FloatArray, confidence: float) -> dict[str, FloatArray]:
    names = ("expected", "sd", "z", "centile", "pi_low", "pi_high", "df", "n_reference")
    scores = {name: np.full(values.shape, np.nan) for name in names}
    known = np.where(frame.member[:, None], values, np.nan)
    for rows, columns in missing_patterns(known):
        used = np.zeros(len(values), dtype=bool)
        used[rows] = True
        scores["n_reference"][:, columns] = len(rows)
        if len(rows) < 2:
            continue
        try:
            build_design(
                np.zeros(len(used), dtype=np.intp), [""], frame.covariates, used, "the mean"
            )
        except CompareError:
            continue  # solvable with all members, not with those that have this region: NaN
        ones = np.ones((len(used), 1))
        design = np.hstack([ones, *(item.columns(used) for item in frame.covariates)])
        model = fit_linear(design[rows], values[np.ix_(rows, columns)])
        place = np.full(len(used), -1, dtype=np.intp)
        place[rows] = np.arange(len(rows))
        own = np.where(frame.own >= 0, place[frame.own], -1)
        expected, sd, leverage, df = _predict(model, design, own)
        with np.errstate(invalid="ignore", divide="ignore"):
            flat = sd <= ROUNDING * np.abs(values[np.ix_(rows, columns)]).max(axis=0)
            sd = np.where(flat, np.nan, sd)
            quantile = np.asarray(stats.t.ppf((1 + confidence) / 2, df))
            half = (quantile * np.sqrt(1 + leverage))[:, None] * sd
            scores["df"][:, columns] = np.broadcast_to(df, len(used))[:, None]
            scores["expected"][:, columns] = expected
            scores["sd"][:, columns] = sd
            z = (values[:, columns] - expected) / sd
            scores["z"][:, columns] = z
            width = np.sqrt(1 + leverage)[:, None]
            scores["centile"][:, columns] = 100 * t_share_below(z / width, df)
        scores["pi_low"][:, columns] = expected - half
        scores["pi_high"][:, columns] = expected + half
    return scores


def _predict(
    model: Fit, design: FloatArray, own: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return expected value, SD, leverage and df of every study, its own participant left out."""
    expected = design @ model.coefficients
    leverage: FloatArray = np.einsum("np,pq,nq->n", design, model.unscaled, design)
    squares: FloatArray = model.squares.sum(axis=0)
    inside = own >= 0
    mine = own[inside]
    left = 1 - model.leverage[mine]
    with np.errstate(invalid="ignore", divide="ignore"):
        cross: FloatArray = np.einsum(
            "np,pq,nq->n", design[inside], model.unscaled, model.design[mine]
        )
        pull = model.residuals[mine] / left[:, None]
        expected[inside] -= cross[:, None] * pull
        leverage[inside] += cross**2 / left
        rest = np.broadcast_to(squares, expected.shape).copy()
        rest[inside] -= model.residuals[mine] * pull
        df = np.where(inside, model.df - 1.0, model.df)
        df[df <= 0] = np.nan
        sd = np.sqrt(np.maximum(rest, 0) / df[:, None])
    return expected, sd, leverage, df
