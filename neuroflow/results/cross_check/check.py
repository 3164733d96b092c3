"""Compare the biomarkers of reports with the tables of the same studies.

That they are the same values, rounded, is an inference from the published reports. Where it holds,
the names of regions, the metric, the unit and the study are proven. A study is flagged only where
the same regions of others agree: where all differ alike, report and table measure different things.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import numpy as np

from neuroflow.matrix import RegionName
from neuroflow.results.cross_check.causes import Causes, find_swapped
from neuroflow.results.cross_check.measure import Flags, Floats, Measured, measure
from neuroflow.results.cross_check.outcome import AGREES, DIFFERS, NOT_COMPARED, Outcome
from neuroflow.results.reports import Biomarker

_SPREAD = 0.05  # of a region's free water between studies, for the odds of agreeing by chance
_MOST = 0.5  # share of studies that agree
_CERTAIN = 10  # times the odds of chance
_NOTHING = Outcome()
_NAMED = 4  # studies or values in a sentence


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """The comparison of all reports with all tables."""

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)  # By study
    remarks: tuple[str, ...] = ()  # What differs in all studies alike

    @property
    def accused(self) -> list[str]:
        """The studies that differ where others agree."""
        return [study for study, outcome in self.outcomes.items() if outcome.is_accused]

    @property
    def has_compared(self) -> bool:
        """True where at least one study was compared."""
        return any(outcome.result != NOT_COMPARED for outcome in self.outcomes.values())

    @property
    def facts(self) -> dict[str, Any]:
        """The sentence for a methods section."""
        return {**self.counts, "accused": self.accused, "remarks": list(self.remarks)}

    @property
    def counts(self) -> dict[str, int]:
        """The number of studies with each result."""
        return dict(Counter(outcome.result for outcome in self.outcomes.values()))


def cross_check(
    studies: Sequence[str],
    reports: Sequence[Mapping[str, Biomarker]],
    names: Sequence[RegionName],
    matrix: Floats,
    rows: Sequence[int] | None = None,
) -> CrossCheck:
    """Compare the biomarkers of each study's report with its row of the matrix.

    `rows` are the rows of the studies, -1 for one without values; without it, they are in order.

    Examples
    --------
    >>> from neuroflow.matrix import resolve
    >>> names = [resolve("pSN_FW"), resolve("MCP_FW")]
    >>> printed = [{"pSN": Biomarker(0.2, 4), "MCP": Biomarker(0.1, 4)}] * 2
    >>> found = cross_check("ab", printed, names, np.array([[0.20004, 0.1], [0.20001, 0.3]]))
    >>> found.outcomes["a"].result, found.outcomes["b"].result
    ('agrees', 'differs')
    >>> print(found.outcomes["b"].detail)
    report and aidp.csv differ: MCP is 0.1 in the report and 0.3 in aidp.csv; the report matches
    the aidp.csv of a; the studies may be swapped
    """
    at = np.arange(len(studies)) if rows is None else np.asarray(rows, dtype=np.int64)
    measured = measure(reports, names, matrix, at)
    compared, same = measured.is_compared, measured.is_same
    differs = compared & ~same
    differing = np.flatnonzero(differs.any(axis=1)).tolist()
    swapped = find_swapped(measured, differing)
    is_own = _is_of_study(measured, compared, same, swapped)
    causes = Causes(measured, names, matrix, at)
    remarks, reasons = _remarks(measured, compared, differs, is_own, causes)
    has_any: list[bool] = np.any(compared, axis=1).tolist()
    outcomes = {
        study: _agreeing(n, measured, compared) if has else _NOTHING
        for n, (study, has) in enumerate(zip(studies, has_any, strict=True))
    }
    for n in differing:
        is_accused = bool((differs[n] & is_own).any())
        cause = ""
        if n in swapped:
            others = ", ".join(studies[other] for other in swapped[n][:_NAMED])
            cause = f"the report matches the aidp.csv of {others}; the studies may be swapped"
        elif is_accused:
            cause = _cause_in_study(n, measured, differs, causes)
        else:
            alike = (reasons[region] for region in np.flatnonzero(differs[n]).tolist())
            cause = "; ".join(dict.fromkeys(filter(None, alike)))
        detail = f"report and aidp.csv differ: {_apart(n, measured, differs)}"
        outcomes[studies[n]] = Outcome(
            DIFFERS, f"{detail}; {cause}" if cause else detail, is_accused or n in swapped
        )
    return CrossCheck(outcomes, remarks)


def _agreeing(n: int, measured: Measured, compared: Flags) -> Outcome:
    regions = compress(measured.regions, compared[n].tolist())
    return Outcome(AGREES, ", ".join(regions))


def _is_of_study(
    measured: Measured, compared: Flags, same: Flags, swapped: Mapping[int, Sequence[int]]
) -> Flags:
    """Return the regions of which the table's values are proven to be those of the reports.

    That is where most studies agree, or more than do by chance. A report that matches another
    study's table proves it as well.
    """
    proven = same.copy()
    for n in swapped:
        proven[n] = np.isfinite(measured.printed[n])
    agreeing = (proven & (compared | proven)).sum(axis=0)
    total = np.maximum(1, compared.sum(axis=0))
    typical = float(np.median(measured.tolerance)) if measured.tolerance.size else 0.0
    by_chance = min(0.5, typical / _SPREAD)
    share = agreeing / total
    most, some = share >= _MOST, (agreeing > 1) & (share >= _CERTAIN * by_chance)
    own: Flags = np.asarray((agreeing > 0) & (most | some), dtype=np.bool_)
    return own


def _remarks(
    measured: Measured, compared: Flags, differs: Flags, is_own: Flags, causes: Causes
) -> tuple[tuple[str, ...], dict[int, str]]:
    """Describe regions that differ in all studies alike, and return the cause by region."""
    alike = np.flatnonzero(~is_own & (differs.sum(axis=0) > 0)).tolist()
    reasons: dict[int, str] = {}
    sentences = []
    for region in alike:
        which = np.zeros_like(differs)
        which[:, region] = differs[:, region]
        reasons[region] = causes.unit(which) or causes.column(region, differs[:, region])
        n, total = int(differs[:, region].sum()), int(compared[:, region].sum())
        if total > 1:
            cause = f": {reasons[region]}" if reasons[region] else ""
            sentences.append(f"{measured.regions[region]} in {n} of {total} studies{cause}")
        elif not reasons[region]:
            reasons[region] = "there is no other study to compare with"
    if not sentences:
        return (), reasons
    what = "report and aidp.csv measure different things, so no study is flagged"
    return (f"{what} ({'; '.join(sentences)})",), reasons


def _cause_in_study(n: int, measured: Measured, differs: Flags, causes: Causes) -> str:
    only = np.zeros_like(differs)
    only[n] = differs[n]
    if unit := causes.unit(only):
        return unit
    regions = np.flatnonzero(differs[n]).tolist()
    others = [causes.column(region, only[:, region]) for region in regions]
    is_metric = [" is " in other and "aidp.csv" in other for other in others]
    if all(is_metric) and (len(regions) > 1 or measured.is_same[n].any()):
        return "; ".join(others)
    return ""


def _apart(n: int, measured: Measured, differs: Flags) -> str:
    regions = np.flatnonzero(differs[n]).tolist()
    return ", ".join(
        f"{measured.regions[region]} is {measured.printed[n, region]:.6g} in the report and "
        f"{measured.values[n, region]:.4g} in aidp.csv"
        for region in regions[:_NAMED]
    )
