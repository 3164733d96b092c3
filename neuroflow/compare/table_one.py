"""Table 1 of a paper: who was studied, by group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow._version import __version__
from neuroflow.compare.report import recipe
from neuroflow.compare.stats import ROUNDING, are_dates, choose_sample, welch_anova
from neuroflow.errors import OptionError
from neuroflow.matrix import (
    BoolArray,
    FloatArray,
    as_list,
    labels,
    p_text,
    participants,
    read_cells,
    require,
)

_USUAL = ("age", "sex", "site")
_DASH = "–"
_MAX_LEVELS = 20
_LIKELY_SKEWED = 1.0
"""Skewness beyond which median and quartiles describe better than mean and SD."""


def table_one(
    table: pd.DataFrame,
    columns: str | Sequence[str] | None = None,
    *,
    by: str = "group",
    groups: str | Sequence[str] | None = None,
    nonnormal: str | Sequence[str] | None = None,
    categorical: str | Sequence[str] = (),
    tests: bool = False,
    visit: str | None = None,
    digits: int = 1,
) -> pd.DataFrame:
    """Describe who was studied, one column per group.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    columns
        What to describe, one value per study; None for age, sex and site, where the table has
        them.
    by, groups, visit
        As for `compare_groups`.
    nonnormal
        Columns shown as median [quartiles]; None for those with a skewness beyond 1.
    categorical
        Columns of numbers that are codes.
    tests
        True for a column `p`: Welch's analysis of variance, Kruskal-Wallis for medians,
        chi-squared for counts (Fisher's exact test for two by two). Most journals ask to leave
        them out.
    digits
        Decimal places of numbers and percentages.

    Returns
    -------
    DataFrame
        As text, one row per number and per level of a category: `Characteristic`, one column per
        group, `All`, `Missing` (number of studies), and `SMD`, the largest standardised difference
        between two groups (0.1 is small). Without visits to choose, a participant counts once.

    Raises
    ------
    CompareError
        No study has a group, or participants have repeated visits and none is chosen.
    OptionError
        A column holds dates, or has too many different labels.
    TableError
        The table lacks a column.

    References
    ----------
    Austin PC (2009), Stat Med 28:3083-3107 (standardised differences).
    Yang D, Dalton JE (2012), SAS Global Forum 335-2012 (of several levels).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3, "region": "SCP",
    ...     "metric": "FW", "value": 0.3, "age": [60, 62, 67, 70, 71, 72], "sex": list("FMMFFM")})
    >>> table_one(table).drop(columns=["Missing", "SMD"]).values.tolist()
    [['n', '3', '3', '6'], ['age, mean (SD)', '63.0 (3.6)', '71.0 (1.0)', '67.0 (5.0)'],
     ['sex = F, n (%)', '1 (33.3)', '2 (66.7)', '3 (50.0)'],
     ['sex = M, n (%)', '2 (66.7)', '1 (33.3)', '3 (50.0)']]
    """
    given = dict(locals())
    if not 0 <= digits <= 15:
        raise OptionError(f"digits is {digits}.", advice="Choose a number from 0 to 15.")
    require(table, (by,))
    wanted = (
        [name for name in _USUAL if name in table]
        if columns is None
        else as_list("columns", columns)
    )
    cells = read_cells(table, needed=list(dict.fromkeys([by, *wanted])), exclude_suspect=False)
    sample = choose_sample(cells, by=by, groups=groups, visit=visit, least=1)
    studies = sample.cells.studies
    sides = {name: sample.group == code for code, name in enumerate(sample.names)}
    skewed = None if nonnormal is None else set(as_list("nonnormal", nonnormal))
    codes = set(as_list("categorical", categorical))
    layout = _Layout(sides, digits, tests)
    rows = [{name: str(int(side.sum())) for name, side in sides.items()}]
    rows[0] |= {"Characteristic": "n", "All": str(len(studies))}
    for name in wanted:
        column = studies[name]
        if pd.api.types.is_numeric_dtype(column) and name not in codes:
            values = column.to_numpy(dtype=np.float64, na_value=np.nan)
            as_median = _is_skewed(values) if skewed is None else name in skewed
            rows.append(layout.number(name, values, as_median))
        else:
            rows += layout.category(name, labels(column))
    shown = ["Characteristic", *sample.names, "All", "Missing", "SMD", *(["p"] if tests else [])]
    result = pd.DataFrame(rows).reindex(columns=shown).fillna("")
    result.attrs |= {
        "by": by,
        "n_studies": len(studies),
        "n_participants": len(np.unique(participants(studies))),
        "visit": visit or "",
        "exclusions": sample.exclusions,
        "neuroflow": __version__,
        "title": f"Participants by {by}",
        "footnote": _footnote(len(studies), len(np.unique(participants(studies))), tests),
        "recipe": recipe("table_one", given),
    }
    return result


def _footnote(n_studies: int, n_people: int, tests: bool) -> str:
    who = f"{n_studies} studies of {n_people} people." if n_studies > n_people else ""
    smd = "SMD: largest standardised difference between two groups. Missing: number of studies."
    return " ".join([*filter(None, [who]), smd, *(["p: not corrected."] if tests else [])])


def _is_skewed(values: FloatArray) -> bool:
    known = values[np.isfinite(values)]
    return len(known) > 2 and _varies(known) and abs(float(stats.skew(known))) > _LIKELY_SKEWED


def _varies(values: FloatArray) -> bool:
    """Return whether values differ by more than rounding."""
    return float(values.std()) > ROUNDING * float(np.abs(values).max())


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a characteristic becomes rows of text."""

    sides: Mapping[str, BoolArray]  # the studies of each group
    digits: int
    tests: bool

    def number(self, name: str, values: FloatArray, as_median: bool) -> dict[str, str]:
        """Return the row of a number."""
        known = np.isfinite(values)
        parts = {group: values[side & known] for group, side in self.sides.items()}
        kind = "median [quartiles]" if as_median else "mean (SD)"
        row = {"Characteristic": f"{name}, {kind}"}
        row |= {group: self._centre(part, as_median) for group, part in parts.items()}
        row |= {"All": self._centre(values[known], as_median), "Missing": str((~known).sum())}
        row["SMD"] = _largest(list(parts.values()), _difference_of_means)
        return row | ({"p": _p_of_numbers(list(parts.values()), as_median)} if self.tests else {})

    def category(self, name: str, texts: pd.Series) -> list[dict[str, str]]:
        """Return a row for each level of a category."""
        levels = sorted(set(texts.dropna()))
        if are_dates(levels):
            raise OptionError(
                f"The column {name!r} holds dates, which a Table 1 leaves out.",
                why="They describe no group, and may identify participants.",
                advice="Choose another column, such as the age at the scan.",
            )
        if len(levels) > _MAX_LEVELS:
            raise OptionError(
                f"The column {name!r} has {len(levels)} different labels.",
                why=f"A table of more than {_MAX_LEVELS} categories cannot be read.",
                advice="Choose another column, or merge labels.",
            )
        given = texts.to_numpy(dtype=object)
        counts = np.array(
            [
                [float((given[side] == level).sum()) for level in levels]
                for side in self.sides.values()
            ]
        )
        rows = [
            {"Characteristic": f"{name} = {level}, n (%)"}
            | dict(zip(self.sides, map(self._share, counts[:, i], counts.sum(axis=1)), strict=True))
            | {"All": self._share(counts[:, i].sum(), counts.sum())}
            for i, level in enumerate(levels)
        ] or [{"Characteristic": f"{name}, n (%)"} | dict.fromkeys([*self.sides, "All"], _DASH)]
        rows[0]["Missing"] = str(int(texts.isna().sum()))
        rows[0]["SMD"] = _largest(list(counts), _difference_of_shares)
        if self.tests:
            rows[0]["p"] = _p_of_counts(counts)
        return rows

    def _centre(self, values: FloatArray, as_median: bool) -> str:
        if not len(values):
            return _DASH
        if as_median:
            low, middle, high = (
                f"{x:.{self.digits}f}" for x in np.percentile(values, [25, 50, 75])
            )
            return f"{middle} [{low}, {high}]"
        sd = f"{values.std(ddof=1):.{self.digits}f}" if len(values) > 1 else _DASH
        return f"{values.mean():.{self.digits}f} ({sd})"

    def _share(self, n: float, of: float) -> str:
        return f"{n:.0f} ({100 * n / of:.{self.digits}f})" if of else _DASH


def _largest(
    parts: Sequence[FloatArray], difference: Callable[[FloatArray, FloatArray], float]
) -> str:
    found = [difference(one, other) for one, other in combinations(parts, 2)]
    finite = [value for value in found if np.isfinite(value)]
    return f"{max(finite):.2f}" if finite else _DASH


def _difference_of_means(one: FloatArray, other: FloatArray) -> float:
    if min(len(one), len(other)) < 2:
        return np.nan
    if not (_varies(one) or _varies(other)):
        return np.nan
    spread = np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2)
    return abs(float(one.mean() - other.mean())) / float(spread)


def _difference_of_shares(one: FloatArray, other: FloatArray) -> float:
    """Return the Mahalanobis distance of two rows of counts, as shares."""
    if not one.sum() or not other.sum() or len(one) < 2:
        return np.nan
    p, q = one / one.sum(), other / other.sum()
    used = (p + q > 0).nonzero()[0][1:]  # one level follows from the others
    d = (p - q)[used]
    spread = sum(np.diag(x[used]) - np.outer(x[used], x[used]) for x in (p, q)) / 2
    return float(np.sqrt(d @ np.linalg.pinv(spread) @ d)) if np.any(spread) else np.nan


def _p_of_numbers(parts: Sequence[FloatArray], as_median: bool) -> str:
    used = [part for part in parts if len(part) > 1]
    if len(used) < 2 or not _varies(np.concatenate(used)):
        return _DASH
    if as_median:
        return p_text(float(stats.kruskal(*used).pvalue))
    if not all(map(_varies, used)):
        return _DASH
    return p_text(float(welch_anova([part[:, None] for part in used])["p"][0]))


def _p_of_counts(counts: FloatArray) -> str:
    used = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(used.shape) < 2:
        return _DASH
    if used.shape == (2, 2):
        return p_text(float(stats.fisher_exact(used).pvalue))
    return p_text(float(stats.chi2_contingency(used, correction=False).pvalue))
