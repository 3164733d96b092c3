"""Groups compared in all regions and metrics at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from neuroflow._version import __version__
from neuroflow.compare.stats import (
    RESULT_NUMBERS,
    Contrast,
    Correction,
    GroupSummary,
    LinearModel,
    ResultTable,
    Robust,
    Sample,
    Standardizer,
    add_sensitivity,
    choose_sample,
    correct_families,
    covariate_columns,
    kruskal_wallis,
    make_contrasts,
    mann_whitney,
    mask_underpowered,
    refuse_empty_reference,
    welch,
    welch_anova,
)
from neuroflow.errors import OptionError, Wording
from neuroflow.matrix import (
    REGION_COLUMNS,
    ExcludeSuspect,
    FloatArray,
    IntArray,
    as_list,
    carried_facts,
    check_choice,
    check_number,
    participants,
    read_cells,
    resolve_reference,
)

Method = Literal["linear", "welch", "mannwhitney"]

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
    metric: str | Sequence[str] | None = None,
    method: Method = "linear",
    robust: Robust = "none",
    standardizer: Standardizer = "residual",
    omnibus: bool | Literal["only"] = False,
    visit: str | None = None,
    correction: Correction = "bh",
    family: str | Sequence[str] = "metric",
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
        numbers so; `sex`, `site`, `session_id` and `cohort_id` always are.
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
    visit
        The visit of each participant to use: ``"first"``, ``"last"`` or a session id.
    correction
        ``"bh"`` (Benjamini-Hochberg, FDR), ``"holm"``, ``"bonferroni"`` or ``"none"``.
    family
        Which tests are corrected together: ``"all"``, per ``"metric"``, ``"contrast"`` or
        ``"region"``, or a list of these, crossed.
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
        `estimate` (`mean1` minus `mean2`, in the metric's unit), `se`, `ci_low`, `ci_high`,
        `statistic`, `df`, `p`, `q`, `effect_size` with its interval, `np2`. Where a test cannot be
        computed, numbers are NaN and `reason` says why. ``.attrs`` describes the computation:
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
    plain = covariate_columns(covariates)
    _check_options(method, robust, covariates, omnibus, confidence)
    _check_standardizer(method, standardizer)
    if by in plain:
        raise OptionError(
            f"The groups in {by!r} cannot be compared and adjusted for at the same time.",
            advice=f"Remove {by} from the covariates.",
        )
    cells = read_cells(table, metric=metric, needed=[by, *plain], exclude_suspect=exclude_suspect)
    sample = choose_sample(
        cells,
        by=by,
        groups=groups,
        covariates=covariates,
        visit=visit,
        repeated=robust == "cluster",
    )
    refuse_empty_reference(cells.studies, by, reference, sample, groups=groups, planned=contrasts)
    wanted = make_contrasts(sample.names, reference=reference, planned=contrasts)
    against = resolve_reference(reference, sample.names) if contrasts is None else None
    wanted = [] if omnibus == "only" else wanted
    if method == "linear":
        model = LinearModel.prepare(
            sample,
            wanted,
            by=by,
            robust=robust,
            standardizer=standardizer if plain else "residual",
            omnibus=bool(omnibus),
            confidence=confidence,
        )
        results = model.fit(sample.cells.values)
    else:
        results = _pairwise_tests(sample, wanted, method, confidence, bool(omnibus))
    names = [contrast.name for contrast in wanted] + [ANY_DIFFERENCE] * bool(omnibus)
    effects = results.to_frame(sample.cells.columns, names)
    apart = np.arange(len(effects)) >= len(wanted) * results.n_columns
    effects["q"] = correct_families(effects, correction, family, apart)
    effects.attrs |= (
        carried_facts(table, effects)
        | _facts(sample, by)
        | {
            "method": method,
            "reference": against or "",
            "contrasts": [contrast.name for contrast in wanted],
            "standard_errors": "ordinary" if robust == "none" else robust,
            "visit": visit or "",
            "correction": correction,
            "family": as_list("family", family),
            "confidence": float(confidence),
            "effect_size": _effect_size(method, robust, standardizer, plain) if wanted else "",
            "omnibus": _OMNIBUS[method] if omnibus else "",
        }
    )
    add_sensitivity(effects, sample.cells, compare_groups, given, ("estimate", "effect_size", "p"))
    return effects


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
    return f"{name}, {'exact' if exact else 'delta-method'} interval"


def _check_options(
    method: str,
    robust: str,
    covariates: str | Sequence[str],
    omnibus: bool | str,
    confidence: float,
) -> None:
    check_choice("method", method, get_args(Method))
    check_choice("robust", robust, get_args(Robust))
    check_number("confidence", confidence, below=1)
    if omnibus not in (True, False, "only"):
        raise OptionError(
            f"omnibus must be one of three values, not {omnibus!r}.",
            advice='Choose True, False or "only".',
        )
    if method != "linear" and (covariates or robust != "none"):
        raise OptionError(
            f"The method {method} takes no covariates or robust standard errors.",
            advice=Wording(
                'Use method="linear".', cli="Use --method linear.", form="Use the linear model."
            ),
        )


def _check_standardizer(method: str, standardizer: str) -> None:
    check_choice("standardizer", standardizer, get_args(Standardizer))
    if method != "linear" and standardizer != "residual":
        raise OptionError(
            f"The method {method} takes no standardizer.", advice='Use method="linear".'
        )


def _pairwise_tests(
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
        results.fill(row, everything, df_num=1, **pair_test(first, second, confidence))
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


def _different(codes: IntArray) -> int:
    return len(np.unique(codes))


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
