"""Pairs of groups by Welch's test or ranks, and the test of any difference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuroflow.compare.stats.contrasts import Contrast
from neuroflow.compare.stats.omnibus import kruskal_wallis, welch_anova
from neuroflow.compare.stats.result import GroupSummary, ResultTable, mask_underpowered
from neuroflow.compare.stats.sample import Sample
from neuroflow.compare.stats.shifted_ranks import shift_coverage
from neuroflow.compare.stats.two_groups import mann_whitney, welch
from neuroflow.matrix import FloatArray


def pairwise_tests(
    sample: Sample, wanted: Sequence[Contrast], method: str, confidence: float, omnibus: bool
) -> ResultTable:
    """Fill in pairwise tests, and a last row for any difference."""
    values = sample.cells.values
    results = ResultTable(len(wanted) + omnibus, values.shape[1])
    pair_test, omnibus_test = (
        (welch, welch_anova) if method == "welch" else (mann_whitney, kruskal_wallis)
    )
    everything = slice(None)
    for row, contrast in enumerate(wanted):
        codes = [[sample.names.index(name) for name in side] for side in contrast.sides]
        first, second = (values[np.isin(sample.group, code)] for code in codes)
        found = pair_test(first, second, confidence)
        results.fill(row, everything, df_num=1, **found)
        if method == "mannwhitney":
            coverage = shift_coverage(first, second, found["estimate"], confidence)
            results.doubt(row, everything, coverage)
        labelled = zip(contrast.sides, (first, second), strict=True)
        mask_underpowered(
            results, row, [GroupSummary.of("+".join(side), part) for side, part in labelled]
        )
    if omnibus:
        groups = [values[sample.group == code] for code in range(len(sample.names))]
        results.fill(-1, everything, **omnibus_test(groups))
        _mask_omnibus(results, sample.names, groups, method)
    for row, p in enumerate(results.numbers["p"]):
        results.mask(row, np.isnan(p), "the values are too close to each other")
    return results


def _mask_omnibus(
    results: ResultTable, names: Sequence[str], groups: Sequence[FloatArray], method: str
) -> None:
    """Mask the last row where the test for any difference has no answer."""
    sides = [GroupSummary.of(name, values) for name, values in zip(names, groups, strict=True)]
    there = np.sum([side.n > 0 for side in sides], axis=0)
    results.mask(-1, there == 0, "no values")
    results.mask(-1, there == 1, "values in one group only")
    if method == "welch":  # needs the variance of every group that has values
        for side in sides:
            results.mask(-1, side.n == 1, f"only one value in {side.label}")
            results.mask(-1, (side.n > 1) & side.flat, f"all values of {side.label} are the same")
    results.mask(-1, GroupSummary.of("", np.concatenate(groups)).flat, "all values are the same")
