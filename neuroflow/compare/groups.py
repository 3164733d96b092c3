"""Groups compared in all regions and metrics at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from neuroflow._version import __version__
from neuroflow.compare.group_options import (
    Method,
    check_adjusted,
    check_options,
    check_standardizer,
    check_tests,
)
from neuroflow.compare.interval_notes import interval_notes
from neuroflow.compare.stats import (
    RESULT_NUMBERS,
    Contrast,
    Correction,
    LinearModel,
    Permutations,
    Robust,
    Sample,
    Standardizer,
    Weights,
    add_equivalence,
    add_sensitivity,
    choose_sample,
    correct_within,
    covariate_columns,
    family_codes,
    make_contrasts,
    pairwise_tests,
    permuted,
    refuse_empty_reference,
)
from neuroflow.matrix import (
    REGION_COLUMNS,
    ExcludeSuspect,
    IntArray,
    as_list,
    carried_facts,
    participants,
    read_cells,
    resolve_reference,
)

ANY_DIFFERENCE = "any difference"
"""The contrast's name in the rows of the omnibus test."""

EFFECT_COLUMNS = (*REGION_COLUMNS, "contrast", *RESULT_NUMBERS, "reason")
_EFFECT_SIZES = {
    "welch": "Hedges' g over the average SD, Bonett's interval",
    "mannwhitney": "rank-biserial correlation, DeLong interval",
}
_OMNIBUS = {
    "linear": "the F test of the linear model",
    "welch": "Welch's analysis of variance",
    "mannwhitney": "the Kruskal-Wallis test",
}


def compare_groups(
    table: pd.DataFrame,
    *,
    by: str = "group",
    reference: str | None = "auto",
    groups: str | Sequence[str] | None = None,
    contrasts: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] = (),
    interaction: str | None = None,
    weights: Weights = "proportional",
    metric: str | Sequence[str] | None = None,
    method: Method = "linear",
    robust: Robust = "none",
    standardizer: Standardizer = "residual",
    omnibus: bool | Literal["only"] = False,
    margin: float | None = None,
    visit: str | None = None,
    correction: Correction | Literal["maxt"] = "bh",
    family: str | Sequence[str] = "metric",
    n_permutations: int = 10_000,
    blocks: str | None = None,
    seed: int = 0,
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Compare groups in every region and metric of a cohort table.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric, with the columns
        `study_id`, `region`, `metric`, `value`, and those named by other arguments.
    by
        The column that holds the groups.
    reference
        Compare every other group with this one: its label (case and blanks do not matter), or
        ``"auto"`` for the controls, found by their usual names (Control, HC, NC, CTL, healthy
        controls, ...). Where there are no controls, and with None, all pairs are compared.
    groups
        Use only these groups; None for all.
    contrasts
        Planned contrasts such as ``"MSA+PSP - PD"``, instead of a reference; ``"planned"`` for
        those published for free water (`neuroflow.compare.PLANNED`). The linear
        model takes the mean of the pooled groups' adjusted means; the other methods pool the
        studies.
    covariates
        Columns to adjust for (linear model only). Text is categorical; ``"C(scanner)"`` makes
        numbers so; `sex`, `site`, `session_id` and `cohort_id` always are. Also a sum such as
        ``"age + sex + group:age + spline(age, 3)"``: a colon is an interaction, ``spline`` a
        natural cubic spline with so many degrees of freedom. Groups are compared at the mean of
        numbers.
    interaction
        Compare the slope of this covariate between the groups, instead of their means (group x
        age): `mean1`, `mean2` and `estimate` are then per unit of the covariate. Of a covariate
        with two categories they are differences between them; of one with more, each contrast has
        a row per category, against the first.
    weights
        What adjusted means are averaged over: the categories of covariates as often as in the
        sample (``"proportional"``), or all alike (``"equal"``, the default of emmeans). Without
        interactions, differences are the same.
    metric
        One metric, several, or None for all.
    method
        ``"linear"``: one model of all groups; ``"welch"`` (Welch's t test) or ``"mannwhitney"``
        (ranks): pairwise tests.
    robust
        Standard errors of the linear model: ``"none"`` (ordinary), ``"HC3"``, or ``"cluster"``
        to keep repeated visits of a participant together (CR2, Satterthwaite's degrees of
        freedom).
    standardizer
        What the linear model's effect sizes are divided by: the ``"residual"`` SD, which is
        smaller the more the covariates explain (adjusted Hedges' g), or the ``"raw"`` SD within
        the groups, as studies without covariates have it. Without covariates both are the same.
    omnibus
        True adds rows that test for any difference between the groups: ANCOVA, with ``"welch"``
        Welch's analysis of variance, with ``"mannwhitney"`` the Kruskal-Wallis test; F or H, and
        partial eta squared. They are corrected apart from the contrasts. ``"only"`` omits the
        contrasts.
    margin
        Also test that a difference is smaller than this, in the metric's unit, either way: two
        one-sided tests. Adds `p_equivalence`, `q_equivalence` and `equivalent` (that p below 1 -
        `confidence`).
    visit
        The visit of each participant to use: ``"first"``, ``"last"`` or a session id.
    correction
        ``"bh"`` (Benjamini-Hochberg, FDR), ``"holm"``, ``"bonferroni"``, ``"none"``, or ``"maxt"``
        (linear model): the largest t or F of the family in permutations of what the other effects
        leave (Freedman and Lane), which takes the regions' correlation into account.
    family
        Which tests are corrected together: ``"all"``, per ``"metric"``, ``"contrast"`` or
        ``"region"``, or a list of these, crossed.
    n_permutations, seed
        Of ``correction="maxt"``.
    blocks
        For ``"maxt"``, a column within which people are exchanged, such as ``"site"``. With
        ``robust="cluster"`` the studies of a person move together.
    confidence
        Level of the confidence intervals, between 0 and 1.
    exclude_suspect
        Values that cannot be (FW, FA and FAt outside 0 to 1, MD beyond twice that of water) are
        refused. True leaves them out, and those of exactly 0 or 1 (a region that fell out of the
        brain); ``"impossible"`` leaves out only the former; False keeps all.

    Returns
    -------
    DataFrame
        One row per contrast, region and metric, with `EFFECT_COLUMNS`: `n1`, `n2` (studies with a
        value), `mean1`, `mean2` (adjusted to the mean of the covariates among the studies used),
        `estimate` (`mean1` minus `mean2`, in the metric's unit; with ``"mannwhitney"`` the
        median of all differences between the groups, Hodges and Lehmann's shift), `se`, `ci_low`,
        `ci_high`, `statistic`, `df`, `p`, `q`, `effect_size` with its interval, `np2` with its
        interval (ordinary errors). Where a test cannot be
        computed, numbers are NaN and `reason` states why. ``.attrs`` describes the computation:
        model, groups, exclusions, correction, version. ``exclude_suspect=True`` adds
        `n_suspect` and, with the values of exactly 0 or 1 kept, `estimate_all`, `effect_size_all`
        and `p_all`.

    Raises
    ------
    CompareError
        Repeated visits without a choice, fewer than two groups, or a covariate whose effect cannot
        be separated from that of the groups.
    OptionError
        An argument is outside its choices, or a group does not exist.
    TableError
        The table lacks a column, or has values that cannot be.

    Warns
    -----
    ResultWarning
        Labels of groups or of a covariate differ in case or blanks only, or are two names of
        controls; values of exactly 0 or 1 are used.

    See Also
    --------
    paper_table : The same comparison as a table for a paper.
    methods_text : Sentences for the methods section.

    References
    ----------
    Searle SR, Speed FM, Milliken GA (1980), Am Stat 34:216-221 (adjusted means).
    Hedges LV (1981), J Educ Stat 6:107-128.
    Freedman D, Lane D (1983), J Bus Econ Stat 1:292-298 (permutation).
    Schuirmann DJ (1987), J Pharmacokinet Biopharm 15:657-680 (two one-sided tests).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.50, 0.55, 0.60]})
    >>> effects = compare_groups(table, reference="Control")
    >>> effects[["contrast", "n1", "n2", "estimate", "p"]].round(4).to_dict("records")
    [{'contrast': 'PSP - Control', 'n1': 3, 'n2': 3, 'estimate': 0.2, 'p': 0.008}]
    >>> effects.attrs["model"]
    'value ~ group'
    """
    given = dict(locals())
    if interaction is not None:
        covariates = [*as_list("covariates", covariates), f"{by}:{interaction}"]
    plain = [name for name in covariate_columns(covariates) if name != by]
    check_options(method, robust, covariates, omnibus, confidence)
    check_standardizer(method, standardizer, weights)
    check_tests(method, margin, correction, robust)
    check_adjusted(by, covariates)
    needed = list(dict.fromkeys([by, *plain, *([blocks] if blocks else [])]))
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    sample = choose_sample(
        cells,
        by=by,
        groups=groups,
        covariates=covariates,
        visit=visit,
        repeated=robust == "cluster",
        weights=weights,
    )
    refuse_empty_reference(cells.studies, by, reference, sample, groups=groups, planned=contrasts)
    wanted = make_contrasts(sample.names, reference=reference, planned=contrasts)
    against = resolve_reference(reference, sample.names) if contrasts is None else None
    wanted = [] if omnibus == "only" else wanted
    model = None
    if method == "linear":
        model = LinearModel.prepare(
            sample,
            wanted,
            by=by,
            robust=robust,
            standardizer=standardizer if plain else "residual",
            omnibus=bool(omnibus),
            confidence=confidence,
            interaction=interaction or "",
        )
        wanted = list(model.contrasts)
        results = model.fit(sample.cells.values)
    else:
        results = pairwise_tests(sample, wanted, method, confidence, bool(omnibus))
    names = [contrast.name for contrast in wanted] + [ANY_DIFFERENCE] * bool(omnibus)
    effects = results.to_frame(sample.cells.columns, names)
    apart = np.arange(len(effects)) >= len(wanted) * results.n_columns
    codes = family_codes(effects, family, apart)
    if correction == "maxt" and model is not None:
        options = Permutations(n_permutations, seed, blocks)
        effects["q"] = permuted(model, sample, codes, effects["p"], options)
    else:
        effects["q"] = correct_within(effects["p"].to_numpy(dtype=np.float64), correction, codes)
    if margin is not None:
        add_equivalence(effects, margin, confidence, correction, codes)
    facts = _facts(sample, by) | _options_used(given, wanted, against) | _more_facts(given, sample)
    effects.attrs |= carried_facts(table, sample.cells.columns) | facts
    how = (method, robust)
    effects.attrs |= interval_notes(effects, results, sample.cells.columns, how, confidence)
    if wanted:
        effects.attrs["effect_size"] = _effect_size(method, robust, standardizer, plain)
    add_sensitivity(effects, sample.cells, compare_groups, given, ("estimate", "effect_size", "p"))
    return effects


def _options_used(
    given: dict[str, Any], wanted: Sequence[Contrast], against: str | None
) -> dict[str, Any]:
    return {
        "method": given["method"],
        "reference": against or "",
        "contrasts": [contrast.name for contrast in wanted],
        "standard_errors": "ordinary" if given["robust"] == "none" else given["robust"],
        "visit": given["visit"] or "",
        "correction": given["correction"],
        "family": as_list("family", given["family"]),
        "confidence": float(given["confidence"]),
        "effect_size": "",
        "omnibus": _OMNIBUS[given["method"]] if given["omnibus"] else "",
    }


def _more_facts(given: dict[str, Any], sample: Sample) -> dict[str, Any]:
    """Return what is recorded only where it was asked for, or matters."""
    facts: dict[str, Any] = {}
    if given["interaction"] is not None:
        facts["interaction"] = given["interaction"]
    if any(item.levels for item in sample.covariates):
        facts["weights"] = given["weights"]
    if given["margin"] is not None:
        facts["margin"] = float(given["margin"])
    if given["correction"] == "maxt":
        facts |= {name: given[name] for name in ("n_permutations", "seed")}
        facts["blocks"] = given["blocks"] or ""
    return facts


def _effect_size(method: str, robust: str, standardizer: str, adjusted: Sequence[str]) -> str:
    """Return what the effect sizes are, and their interval."""
    if method != "linear":
        return _EFFECT_SIZES[method]
    if not adjusted:
        name = "Hedges' g over the SD within the groups"
    elif standardizer == "raw":
        name = "Hedges' g of the adjusted difference over the SD within the groups"
    else:
        name = "adjusted Hedges' g over the model's residual SD"
    exact = robust == "none" and (standardizer == "residual" or not adjusted)
    return f"{name}, {'exact' if exact else 'combined'} interval"


def _different(codes: IntArray) -> int:
    return int(np.count_nonzero(np.bincount(codes)))  # quicker than np.unique


def _people(sample: Sample) -> dict[str, int]:
    """Count the participants of each group."""
    people = participants(sample.cells.studies)
    return {
        name: _different(people[sample.group == code]) for code, name in enumerate(sample.names)
    }


def _facts(sample: Sample, by: str) -> dict[str, Any]:
    """Return what was compared, as plain values that survive JSON and Parquet."""
    counts = np.bincount(sample.group, minlength=len(sample.names))
    return {
        "model": " + ".join([f"value ~ {by}", *(item.term for item in sample.covariates)]),
        "by": by,
        "groups": {name: int(n) for name, n in zip(sample.names, counts, strict=True)},
        "people": _people(sample),
        "n_studies": len(sample.group),
        "n_participants": _different(participants(sample.cells.studies)),
        "covariates": [item.name for item in sample.covariates],
        "exclusions": sample.exclusions,
        "data_notes": sample.cells.notes,
        "neuroflow": __version__,
    }
