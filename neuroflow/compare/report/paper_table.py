"""Tables for the paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow.compare.group_options import Method
from neuroflow.compare.groups import compare_groups
from neuroflow.compare.report.document import recipe
from neuroflow.compare.report.footnote import paper_footnote, paper_title
from neuroflow.compare.report.methods import methods_text
from neuroflow.compare.stats import (
    Contrast,
    Correction,
    GroupSummary,
    LinearModel,
    ResultTable,
    Robust,
    Sample,
    Weights,
    choose_sample,
    covariate_columns,
    make_contrasts,
    mask_underpowered,
)
from neuroflow.errors import OptionError, Wording
from neuroflow.matrix import (
    REGION_COLUMNS,
    ExcludeSuspect,
    as_list,
    check_number,
    decimals_for,
    moments,
    p_text,
    read_cells,
)


def group_means(
    table: pd.DataFrame,
    *,
    by: str = "group",
    groups: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] = (),
    interaction: str | None = None,
    weights: Weights = "proportional",
    metric: str | Sequence[str] | None = None,
    method: Method = "linear",
    robust: Robust = "none",
    visit: str | None = None,
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Return every group's mean; the linear model adjusts it to the mean of the covariates.

    References
    ----------
    Searle SR, Speed FM, Milliken GA (1980), Am Stat 34:216-221.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.50, 0.55, 0.60]})
    >>> group_means(table)[["group", "n", "mean"]].round(3).to_dict("list")
    {'group': ['Control', 'PSP'], 'n': [3, 3], 'mean': [0.35, 0.55]}
    """
    check_number("confidence", confidence, below=1)
    if interaction is not None:
        covariates = [*as_list("covariates", covariates), f"{by}:{interaction}"]
    sample = choose_sample(
        read_cells(
            table,
            metric=metric,
            needed=list(dict.fromkeys([by, *covariate_columns(covariates)])),
            exclude_suspect=exclude_suspect,
        ),
        by=by,
        groups=groups,
        covariates=covariates,
        visit=visit,
        repeated=robust == "cluster",
        weights=weights,
    )
    if method == "linear":
        single = [Contrast((name,), ()) for name in sample.names]
        model = LinearModel.prepare(
            sample,
            single,
            by=by,
            confidence=confidence,
            robust=robust,
            interaction=interaction or "",
        )
        if len(model.contrasts) > len(single):
            raise OptionError(
                f"A paper table cannot show the interaction with {interaction}, which has more "
                "than two categories.",
                advice=Wording(
                    "Use the table of compare_groups, which has a row for each category.",
                    cli="Write all rows with --to, which has one for each category.",
                    form="Export the table of the answer, which has a row for each category.",
                ),
            )
        results = model.fit(sample.cells.values)
    else:
        results = _plain_means(sample, confidence)
    means = results.to_frame(sample.cells.columns, sample.names)
    means = means.rename(columns={"contrast": "group", "n1": "n", "estimate": "mean"})
    return means[[*REGION_COLUMNS, "group", "n", "mean", "se", "ci_low", "ci_high", "reason"]]


def _plain_means(sample: Sample, confidence: float) -> ResultTable:
    """Return means without a model, each with its own standard error."""
    results = ResultTable(len(sample.names), sample.cells.values.shape[1])
    for row, name in enumerate(sample.names):
        values = sample.cells.values[sample.group == row]
        n, mean, variance = moments(values)
        with np.errstate(invalid="ignore", divide="ignore"):
            se = np.sqrt(variance / n)
            half = stats.t.ppf((1 + confidence) / 2, np.where(n > 1, n - 1, np.nan)) * se
        results.fill(row, slice(None), n1=n, estimate=mean, se=se)
        results.fill(row, slice(None), ci_low=mean - half, ci_high=mean + half)
        mask_underpowered(results, row, [GroupSummary.of(name, values)])
    return results


def paper_table(
    table: pd.DataFrame,
    metric: str = "FW",
    *,
    by: str = "group",
    reference: str | None = "auto",
    groups: str | Sequence[str] | None = None,
    contrasts: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] = (),
    interaction: str | None = None,
    weights: Weights = "proportional",
    method: Method = "linear",
    robust: Robust = "none",
    visit: str | None = None,
    correction: Correction | Literal["maxt"] = "bh",
    n_permutations: int = 10_000,
    blocks: str | None = None,
    seed: int = 0,
    exclude_suspect: ExcludeSuspect = None,
    alpha: float = 0.05,
    digits: int | None = None,
) -> pd.DataFrame:
    """Return a table for a paper: adjusted means, F, partial eta squared, p, q and post-hoc tests.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    metric
        One metric.
    by, groups, covariates, interaction, weights, method, robust, visit
        As for `compare_groups`. With an interaction, slopes stand where the means do.
    reference, contrasts
        The post-hoc comparisons, as for `compare_groups`: by default every group with the
        controls; ``reference=None`` for all pairs.
    correction
        Correction for multiple comparisons of the omnibus tests, over the regions.
    n_permutations, blocks, seed
        Of ``correction="maxt"``, as for `compare_groups`.
    alpha
        Regions with q below it get post-hoc comparisons, corrected by Holm within the region.
    digits
        Decimal places of the means; None shows the standard errors with two digits, and
        fractions with at least three decimals.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    DataFrame
        One row per region, as text: `Region`, `System`, per group ``"mean ± SE"`` in the metric's
        unit, `F` (`H` with ``method="mannwhitney"``), `df`, `Partial η²`, `p`, `q` and `Post hoc`
        (as ``"Control < PSP"``). A dash marks what cannot be computed. ``.attrs`` holds `title`,
        `footnote` (what the cells are) and `methods` (the sentences of `methods_text`).

    Raises
    ------
    CompareError, OptionError, TableError
        As `compare_groups` does.

    See Also
    --------
    save_paper_table : Write the table for Word, LaTeX, Markdown or Excel.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.50, 0.55, 0.60]})
    >>> paper = paper_table(table)
    >>> paper.drop(columns="System").iloc[0].tolist()
    ['SCP', '0.350 ± 0.029', '0.550 ± 0.029', '24.0', '1, 4', '0.86', '0.008', '0.008',
     'Control < PSP']
    """
    given = dict(locals())
    if not isinstance(metric, str):
        raise OptionError("A paper table shows one metric.", advice="Choose one metric.")
    check_number("alpha", alpha, below=1)
    if digits is not None and not 0 <= digits <= 15:
        raise OptionError(f"digits is {digits}.", advice="Choose a number from 0 to 15.")
    options: dict[str, Any] = {
        "by": by,
        "groups": groups,
        "covariates": covariates,
        "interaction": interaction,
        "weights": weights,
        "metric": metric,
        "method": method,
        "robust": robust,
        "visit": visit,
        "exclude_suspect": exclude_suspect,
    }
    compared: dict[str, Any] = {"reference": reference, "contrasts": contrasts}
    whole = compare_groups(
        table,
        omnibus="only",
        correction=correction,
        n_permutations=n_permutations,
        blocks=blocks,
        seed=seed,
        **options,
    )
    if exclude_suspect is None:  # there are no impossible values, and the others were reported
        options["exclude_suspect"] = "impossible"
    pairs = compare_groups(table, correction="holm", family="region", **compared, **options)
    names = list(whole.attrs["groups"])
    wanted = make_contrasts(names, reference=reference, planned=contrasts)
    means = group_means(table, **options)
    if digits is None:
        digits = decimals_for(means["se"], least=3 if (means["mean"].abs() <= 1).all() else 0)
    paper = _described_regions(whole, means, digits)
    by_region = [pairs.iloc[start :: len(whole)] for start in range(len(whole))]
    paper["Post hoc"] = [
        _differences(mine, wanted, alpha) if q < alpha else ""
        for mine, q in zip(by_region, whole["q"], strict=True)
    ]
    facts: dict[str, Any] = {
        **{str(name): each for name, each in whole.attrs.items()},
        "post_hoc": "holm",
        "post_hoc_alpha": float(alpha),
    }
    about = {"title": paper_title(facts), "footnote": paper_footnote(facts)}
    made = {"methods": methods_text(facts), "recipe": recipe("paper_table", given)}
    paper.attrs |= {**facts, **about, **made}
    return paper


def _described_regions(whole: pd.DataFrame, means: pd.DataFrame, digits: int) -> pd.DataFrame:
    """Return every region's means and its test for any difference, as text."""
    paper = pd.DataFrame({"Region": _names(whole), "System": whole["system"]})
    for name in dict.fromkeys(means["group"]):
        mine = means[means["group"] == name]
        paper[name] = [
            f"{mean:.{digits}f} ± {se:.{digits}f}" if np.isfinite(se) else "–"
            for mean, se in zip(mine["mean"], mine["se"], strict=True)
        ]
    by_ranks = whole.attrs["method"] == "mannwhitney"
    statistic = "H" if by_ranks else "F"
    paper[statistic] = [f"{f:.1f}" if np.isfinite(f) else "–" for f in whole["statistic"]]
    paper["df"] = [
        "–" if not np.isfinite(f) else f"{k}" if by_ranks else f"{k}, {round(df, 1):g}"
        for f, k, df in zip(whole["statistic"], whole["df_num"], whole["df"], strict=True)
    ]
    paper["Partial η²"] = [f"{x:.2f}" if np.isfinite(x) else "–" for x in whole["np2"]]
    paper["p"] = [p_text(p) for p in whole["p"]]
    paper["q"] = [p_text(q) for q in whole["q"]]
    return paper


def _names(rows: pd.DataFrame) -> list[str]:
    return [
        f"{name}, {side}" if side in ("left", "right") else str(name)
        for name, side in zip(rows["region_name"], rows["hemisphere"], strict=True)
    ]


def _differences(pairs: pd.DataFrame, contrasts: Sequence[Contrast], alpha: float) -> str:
    found = [
        f"{'+'.join(contrast.second)} {'<' if estimate > 0 else '>'} {'+'.join(contrast.first)}"
        for contrast, estimate, q in zip(
            contrasts, pairs["estimate"].tolist(), pairs["q"].tolist(), strict=True
        )
        if q < alpha
    ]
    return ", ".join(found)
