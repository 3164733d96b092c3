"""Randomised arms: change from baseline, adjusted for the baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.longitudinal.models import fit_repeated
from neuroflow.compare.longitudinal.visits import FollowUp, read_follow_up
from neuroflow.compare.stats import Correction, correct_families, covariate_columns
from neuroflow.errors import CompareError, OptionError, Wording
from neuroflow.matrix import (
    ExcludeSuspect,
    FloatArray,
    IntArray,
    TimeUnit,
    as_list,
    carried_facts,
    check_choice,
    check_number,
    labels,
    read_cells,
    resolve_reference,
)

ArmMethod = Literal["mmrm", "ancova"]
_PLACEBO = ("placebo", "sham", "plc", "pbo")


def compare_arms(
    table: pd.DataFrame,
    *,
    by: str = "arm",
    reference: str = "auto",
    visit: str = "session_id",
    time: str = "age",
    unit: TimeUnit | None = None,
    covariates: str | Sequence[str] = (),
    method: ArmMethod = "mmrm",
    metric: str | Sequence[str] | None = None,
    correction: Correction = "bh",
    family: str | Sequence[str] = "metric",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Compare the arms of a randomised trial: change from baseline at every planned visit.

    Parameters
    ----------
    table
        The cohort table of everybody who was randomised, with repeated visits.
    by, reference
        The column with the arms, and the control arm; ``"auto"`` for placebo, sham or controls.
    visit
        The column that names the planned visits; the earliest, by the mean of `time`, is the
        baseline.
    time, unit
        As for `change_over_time`.
    covariates
        Columns to adjust for beside the baseline value, as at the first visit.
    method
        ``"mmrm"``: a model of all visits after baseline (arm x visit, baseline x visit, covariates)
        with an unstructured covariance by REML and Satterthwaite's degrees of freedom; people who
        miss visits are used. ``"ancova"``: each visit by itself, of those who have it.
    metric, correction, family, confidence, exclude_suspect
        As for `compare_groups`.

    Returns
    -------
    DataFrame
        One row per contrast, visit, region and metric: `n1`, `n2` (analysed), `missing1`,
        `missing2` (randomised without this value), `mean1`, `mean2` (adjusted mean change from
        baseline), `estimate` (their difference), `se`, `ci_low`, `ci_high`, `statistic`, `df`, `p`,
        `q` and `reason`. ``.attrs`` holds the estimand and the numbers randomised.

    Raises
    ------
    CompareError
        There is no control arm or only one visit, or somebody is in two arms.
    OptionError
        There is no such arm, metric or method.
    TableError
        The table lacks a column.

    References
    ----------
    Vickers AJ, Altman DG (2001), BMJ 323:1123-1124 (ANCOVA).
    Mallinckrodt CH et al. (2008), Drug Inf J 42:303-319 (MMRM).

    Examples
    --------
    >>> rows = [(f"p{i}v{v}", f"p{i}", ("Placebo", "Drug")[i % 2], str(v), 60 + v,
    ...          0.3 + 0.01 * i + 0.02 * v * (i % 2 == 0) + 0.002 * (i * v % 3))
    ...         for i in range(10) for v in (0, 1)]
    >>> names = ["study_id", "participant_id", "arm", "session_id", "age", "value"]
    >>> table = pd.DataFrame(rows, columns=names).assign(region="SCP", metric="FW")
    >>> found = compare_arms(table, method="ancova")
    >>> found[["contrast", "n1", "n2", "estimate"]].round(2).to_dict("records")
    [{'contrast': 'Drug - Placebo', 'n1': 5, 'n2': 5, 'estimate': -0.02}]
    """
    check_choice("method", method, get_args(ArmMethod))
    check_number("confidence", confidence, below=1)
    needed = ["participant_id", by, visit, time, *covariate_columns(covariates)]
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    data = read_follow_up(cells, by=by, time=time, unit=unit, covariates=covariates)
    arms = _arms_in_order(data, reference)
    names, values = _planned(data, visit)
    parts = [
        row | {"column": column}
        for column in range(values.shape[2])
        for row in _compare(data, values[:, :, column], (names, arms), method, confidence)
    ]
    result = pd.DataFrame(parts).sort_values(["order", "column"], ignore_index=True)
    described = data.columns.iloc[result.pop("column")].reset_index(drop=True)
    result = pd.concat([described, result.drop(columns="order")], axis=1)
    result["q"] = correct_families(result, correction, family)
    result["reason"] = result.pop("reason")
    counts = np.bincount(data.people.group, minlength=len(data.people.names))
    result.attrs |= carried_facts(table, result) | {
        "arms": dict(zip(data.people.names, counts.tolist(), strict=True)),
        "arm_method": method,
        "baseline": names[0],
        "visits": names[1:],
        "estimand": "difference between arms in mean change from baseline as randomised, "
        "missing values at random",
        "covariates": [item.name for item in data.people.covariates],
        "correction": correction,
        "family": as_list("family", family),
        "confidence": float(confidence),
        "exclusions": data.people.exclusions,
        "data_notes": data.people.cells.notes,
        "neuroflow": __version__,
    }
    return result


def _arms_in_order(data: FollowUp, reference: str) -> list[int]:
    """Return the codes of the arms, the control arm first."""
    names = data.people.names
    against = None
    if reference == "auto":
        against = next((name for name in names if name.casefold() in _PLACEBO), None)
    against = against or resolve_reference(reference, names)
    if against is None or len(names) < 2:
        raise CompareError(
            f"There is no control arm among {', '.join(names)}.",
            advice=Wording(
                'Name it with reference="...".',
                cli="Name it with --reference.",
                form="Choose the control arm.",
            ),
        )
    first = names.index(against)
    return [first, *(code for code in range(len(names)) if code != first)]


def _planned(data: FollowUp, visit: str) -> tuple[list[str], FloatArray]:
    """Return the names of the visits in order, and people x visits x columns."""
    named = labels(data.studies[visit])
    known = named.notna().to_numpy()
    when = pd.Series(data.years[known]).groupby(named[known].to_numpy()).mean().sort_values()
    names = [str(name) for name in when.index]
    if len(names) < 2:
        raise CompareError(
            f"The column {visit!r} has {len(names)} visit; two are needed.",
            advice="Give each planned visit its name in participants.tsv.",
        )
    place = pd.Index(names).get_indexer(pd.Index(named[known]))
    person = data.person[known]
    if pd.DataFrame({"person": person, "place": place}).duplicated().any():
        raise OptionError(
            f"Somebody has two studies with the same {visit}.", advice="Keep one of them."
        )
    values = np.full((len(data.people.group), len(names), data.values.shape[1]), np.nan)
    values[person, place] = data.values[known]
    return names, values


def _compare(
    data: FollowUp,
    values: FloatArray,
    planned: tuple[list[str], list[int]],
    method: str,
    confidence: float,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one region."""
    (_, *later), (control, *others) = planned
    group, names = data.people.group, data.people.names
    used = np.isfinite(values[:, 0]) & np.isfinite(values[:, 1:]).any(axis=1)
    places = list(range(len(later)))
    visits = [[place] for place in places] if method == "ancova" else [places]
    for chosen in visits:
        after = values[used][:, 1:][:, chosen]
        people = np.flatnonzero(used)[np.isfinite(after).any(axis=1)]
        found = _fit(data, values, people, chosen, [control, *others])
        for order, code in enumerate(others):
            for at, place in enumerate(chosen):
                there = np.isfinite(values[people, place + 1])
                n1, n2 = (int((there & (group[people] == arm)).sum()) for arm in (code, control))
                row: dict[str, Any] = {"order": order * len(later) + place}
                row |= {"contrast": f"{names[code]} - {names[control]}", "visit": later[place]}
                row |= {"n1": n1, "n2": n2}
                row |= {"missing1": int((group == code).sum()) - n1}
                row |= {"missing2": int((group == control).sum()) - n2}
                row |= _numbers(found, (at, order + 1, len(others) + 2), confidence)
                yield row


def _fit(
    data: FollowUp, values: FloatArray, people: IntArray, chosen: list[int], arms: list[int]
) -> Any:
    """Fit the visits of the people; a text states why there is no fit."""
    group = data.people.group[people]
    if min(np.bincount(group, minlength=len(data.people.names))[arms]) < 2:
        return "fewer than two participants in an arm"
    base = values[people, 0] - values[people, 0].mean()
    keep = np.zeros(len(data.people.group), dtype=bool)
    keep[people] = True
    extra = [item.columns(keep)[keep] for item in data.people.covariates]
    k, member = len(chosen), (group[:, None] == np.array(arms)).astype(np.float64)
    own = np.column_stack([member, base])
    design = np.zeros((len(people), k, own.shape[1] * k))
    for at in range(k):
        design[:, at, at * own.shape[1] : (at + 1) * own.shape[1]] = own
    if extra:
        fixed = np.repeat(np.column_stack(extra)[:, None], k, axis=1)
        design = np.concatenate([design, fixed], axis=2)
    change = values[people][:, [place + 1 for place in chosen]] - values[people, :1]
    there = np.isfinite(change)
    rows = design[there]
    rank = np.linalg.matrix_rank(rows)
    if rank < rows.shape[1] or len(rows) <= rank + k:
        return "covariates or visits cannot be separated, or too few values"
    if np.nanstd(change) <= 1e-12:
        return "the values do not vary"
    fit = fit_repeated(design, change)
    return fit if fit.converged else "the model did not converge"


def _numbers(found: Any, where: tuple[int, int, int], confidence: float) -> dict[str, Any]:
    """Return estimate and test of one arm against the first at one visit."""
    names = ("mean1", "mean2", "estimate", "se", "ci_low", "ci_high", "statistic", "df", "p")
    if isinstance(found, str):
        return dict.fromkeys(names, np.nan) | {"reason": found}
    at, arm, width = where  # coefficients of a visit: arms and baseline
    weights = np.zeros(len(found.coefficients))
    weights[at * width + arm], weights[at * width] = 1, -1
    mean1, mean2 = found.coefficients[at * width + arm], found.coefficients[at * width]
    estimate, se, df = found.contrast(weights)
    half = stats.t.ppf((1 + confidence) / 2, df) * se
    t = estimate / se
    numbers = (mean1, mean2, estimate, se, estimate - half, estimate + half, t, df)
    return dict(zip(names, (*numbers, 2 * stats.t.sf(abs(t), df)), strict=True)) | {"reason": ""}
