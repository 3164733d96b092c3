"""Measure how far neuroflow's statistics are from those of statsmodels and pingouin.

Run with ``python tools/make_agreement.py``: it writes the table of docs/statistics.md between its
two marks. A test measures again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
import statsmodels.formula.api as smf
from page_block import write_block
from scipy import stats
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests

from neuroflow.compare.correlate import correlate, correlate_regions
from neuroflow.compare.groups import ANY_DIFFERENCE, compare_groups
from neuroflow.compare.longitudinal import change_over_time
from neuroflow.compare.norms import z_scores

PAGE = Path(__file__).parent.parent / "docs" / "statistics.md"
START, END = "<!-- agreement: made by tools/make_agreement.py -->", "<!-- end of agreement -->"
GROUPS = ("Control", "PD", "MSA", "PSP")
REGIONS = tuple(f"r{i}" for i in range(8))
LIMIT = 1e-9


def studies() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw random studies: one row each, and as a cohort table."""
    rng = np.random.default_rng(11)
    n = 120
    wide = pd.DataFrame(
        {
            "study_id": [f"s{i:03d}" for i in range(n)],
            "participant_id": [f"p{i:03d}" for i in range(n)],
            "group": np.array(GROUPS)[np.arange(n) % 4],
            "age": rng.normal(66, 8, n),
            "male": rng.integers(0, 2, n).astype(float),
            "updrs": rng.normal(30, 9, n),
        }
    )
    values = rng.normal(0.3, 0.04, (n, len(REGIONS))) + 0.001 * wide[["age"]].to_numpy()
    wide = wide.join(pd.DataFrame(values, columns=list(REGIONS)))
    return wide, as_table(wide)


def as_table(wide: pd.DataFrame) -> pd.DataFrame:
    """Turn one row per study into a cohort table."""
    facts = [name for name in wide if name not in REGIONS]
    table = wide.melt(facts, list(REGIONS), var_name="region")
    return table.assign(metric="FW")


def largest(ours: object, theirs: object) -> float:
    """Return the largest relative difference."""
    one, two = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    return float((np.abs(one - two) / np.maximum(np.abs(two), 1e-12)).max())


def linear(robust: str) -> float:
    """Estimate, SE, t, p and interval of an adjusted contrast."""
    wide, table = studies()
    ours = compare_groups(table, reference="Control", covariates=["age", "male"], robust=robust)
    ours = ours[ours["contrast"] == "PSP - Control"].set_index("region")
    found = []
    for region in REGIONS:
        kind = {} if robust == "none" else {"cov_type": robust, "use_t": True}
        model = smf.ols(f"{region} ~ C(group) + age + male", wide).fit(**kind)
        name = "C(group)[T.PSP]"
        theirs = [model.params[name], model.bse[name], model.tvalues[name], model.pvalues[name]]
        theirs += list(model.conf_int().loc[name])
        mine = ours.loc[region, ["estimate", "se", "statistic", "p", "ci_low", "ci_high"]]
        found.append(largest(mine, theirs))
    return max(found)


def omnibus() -> tuple[float, float]:
    """F and p of an ANCOVA: statsmodels, pingouin (with partial eta squared)."""
    wide, table = studies()
    ours = compare_groups(table, covariates=["age", "male"], omnibus=True)
    ours = ours[ours["contrast"] == ANY_DIFFERENCE].set_index("region")
    one, two = [], []
    for region in REGIONS:
        model = smf.ols(f"{region} ~ C(group) + age + male", wide).fit()
        anova = anova_lm(model, typ=2).loc["C(group)"]
        one.append(largest(ours.loc[region, ["statistic", "p"]], [anova["F"], anova["PR(>F)"]]))
        found = pingouin.ancova(
            wide, dv=region, between="group", covar=["age", "male"], effsize="np2"
        ).iloc[0]
        p = next(found[name] for name in ("p_unc", "p-unc") if name in found)
        two.append(
            largest(ours.loc[region, ["statistic", "p", "np2"]], [found["F"], p, found["np2"]])
        )
    return max(one), max(two)


def pairs() -> tuple[float, float]:
    """Welch's and the Mann-Whitney test: SciPy by way of pingouin."""
    wide, table = studies()
    found: dict[str, list[float]] = {"welch": [], "mannwhitney": []}
    for method, differences in found.items():
        ours = compare_groups(table, groups=["Control", "PD"], method=method).set_index("region")
        for region in REGIONS:
            first, second = (wide.loc[wide["group"] == g, region] for g in ("PD", "Control"))
            if method == "welch":
                test = pingouin.ttest(first, second, correction=True).iloc[0]
                p = next(test[name] for name in ("p_val", "p-val") if name in test)
                mine = ours.loc[region, ["statistic", "df", "p"]]
                differences.append(largest(mine, [test["T"], test["dof"], p]))
            else:
                test = stats.mannwhitneyu(first, second)
                mine = ours.loc[region, ["statistic", "p"]]
                differences.append(largest(mine, [test.statistic, test.pvalue]))
    return max(found["welch"]), max(found["mannwhitney"])


def several() -> tuple[float, float]:
    """Any difference without covariates: Welch's analysis of variance, Kruskal-Wallis."""
    wide, table = studies()
    welch, ranks = (
        compare_groups(table, method=method, omnibus="only").set_index("region")
        for method in ("welch", "mannwhitney")
    )
    one, two = [], []
    for region in REGIONS:
        found = pingouin.welch_anova(wide, dv=region, between="group").iloc[0]
        p = next(found[name] for name in ("p_unc", "p-unc") if name in found)
        mine = welch.loc[region, ["statistic", "df", "p", "np2"]]
        one.append(largest(mine, [found["F"], found["ddof2"], p, found["np2"]]))
        test = stats.kruskal(*(values for _, values in wide.groupby("group")[region]))
        two.append(largest(ranks.loc[region, ["statistic", "p"]], [test.statistic, test.pvalue]))
    return max(one), max(two)


def corrections() -> float:
    """Corrected p values."""
    _, table = studies()
    found = []
    for ours, theirs in (("bh", "fdr_bh"), ("holm", "holm"), ("bonferroni", "bonferroni")):
        effects = compare_groups(table, reference="Control", correction=ours)
        found.append(largest(effects["q"], multipletests(effects["p"], method=theirs)[1]))
    return max(found)


def scores() -> float:
    """Compare expected values and prediction intervals of studies outside the reference."""
    wide, table = studies()
    ours = z_scores(table, covariates=["age"]).set_index(["region", "study_id"])
    controls, others = wide[wide["group"] == "Control"], wide[wide["group"] != "Control"]
    found = []
    for region in REGIONS:
        model = smf.ols(f"{region} ~ age", controls).fit()
        theirs = model.get_prediction(others).summary_frame()
        mine = ours.loc[region].loc[others["study_id"], ["expected", "pi_low", "pi_high"]]
        found.append(largest(mine, theirs[["mean", "obs_ci_lower", "obs_ci_upper"]]))
    return max(found)


def related(method: str) -> float:
    """Partial correlations with a score."""
    wide, table = studies()
    ours = correlate(table, "updrs", covariates=["age", "male"], method=method).set_index("region")
    found = []
    for region in REGIONS:
        test = pingouin.partial_corr(
            wide, x=region, y="updrs", covar=["age", "male"], method=method
        ).iloc[0]
        p = next(test[name] for name in ("p_val", "p-val") if name in test)
        found.append(largest(ours.loc[region, ["r", "p"]], [test["r"], p]))
    return max(found)


def matrix() -> float:
    """Correlations of all pairs of regions."""
    wide, table = studies()
    theirs = pingouin.pairwise_corr(wide[list(REGIONS)])
    p = next(theirs[name] for name in ("p_unc", "p-unc") if name in theirs)
    ours = correlate_regions(table)
    return max(largest(ours["r"], theirs["r"]), largest(ours["p"], p))


def change() -> float:
    """Group x time with two visits a year apart: the interaction of a mixed ANOVA."""
    wide, _ = studies()
    wide = wide[wide["group"].isin(["Control", "PSP"])]
    rng = np.random.default_rng(12)
    later = wide.assign(study_id=wide["study_id"] + "b", age=wide["age"] + 1)
    later[list(REGIONS)] += rng.normal(0, 0.01, (len(wide), len(REGIONS)))
    both = as_table(pd.concat([wide.assign(visit=1), later.assign(visit=2)]))
    ours = change_over_time(both, reference="Control").set_index(["contrast", "region"])
    found = []
    for region in REGIONS:
        anova = pingouin.mixed_anova(
            both[both["region"] == region],
            dv="value",
            within="visit",
            between="group",
            subject="participant_id",
        ).set_index("Source")
        theirs = anova.loc["Interaction"]
        p = next(theirs[name] for name in ("p_unc", "p-unc") if name in theirs)
        mine = ours.loc["PSP - Control", :].loc[region]
        found.append(largest([mine["statistic"] ** 2, mine["p"]], [theirs["F"], p]))
    return max(found)


MEASURES: dict[tuple[str, str], Callable[[], float]] = {
    ("adjusted contrast: estimate, SE, t, p, interval", "statsmodels `ols`"): lambda: linear(
        "none"
    ),
    ("the same, HC3", "statsmodels `ols`, HC3"): lambda: linear("HC3"),
    ("ANCOVA: F, p", "statsmodels `anova_lm`, type 2"): lambda: omnibus()[0],
    ("ANCOVA: F, p, partial η²", "pingouin `ancova`"): lambda: omnibus()[1],
    ("Welch: t, df, p", "pingouin `ttest`"): lambda: pairs()[0],
    ("Mann-Whitney: U, p", "SciPy `mannwhitneyu`"): lambda: pairs()[1],
    ("Welch's analysis of variance: F, df, p, η²", "pingouin `welch_anova`"): lambda: several()[0],
    ("Kruskal-Wallis: H, p", "SciPy `kruskal`"): lambda: several()[1],
    ("q: Benjamini-Hochberg, Holm, Bonferroni", "statsmodels `multipletests`"): corrections,
    ("expected value, prediction interval", "statsmodels `get_prediction`"): scores,
    ("partial correlation, Pearson: r, p", "pingouin `partial_corr`"): lambda: related("pearson"),
    ("partial correlation, Spearman: r, p", "pingouin `partial_corr`"): lambda: related("spearman"),
    ("correlation of regions: r, p", "pingouin `pairwise_corr`"): matrix,
    ("group x time, two visits: F, p", "pingouin `mixed_anova`"): change,
}


def measure() -> dict[tuple[str, str], float]:
    """Measure all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the other packages
        return {what: run() for what, run in MEASURES.items()}


def main() -> None:
    """Write the table into the page."""
    rows = ["| Quantity | Compared with | Largest relative difference |", "| --- | --- | --- |"]
    for (what, whom), found in measure().items():
        power = int(np.ceil(np.log10(max(found, 1e-16))))
        rows.append(f"| {what} | {whom} | below 10^{power} |".replace("10^", "1e"))
    write_block(PAGE, START, END, rows)


if __name__ == "__main__":
    main()
