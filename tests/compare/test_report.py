import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from support.comparison_tables import normal_table, realistic_table, wide

from neuroflow.compare.change import change_over_time
from neuroflow.compare.correlate import correlate, correlate_regions
from neuroflow.compare.groups import compare_groups
from neuroflow.compare.report.methods import methods_text
from neuroflow.compare.report.paper_table import group_means, paper_table
from neuroflow.compare.z_scores import z_scores
from neuroflow.errors import CompareError


def test_adjusted_means_and_their_errors_equal_those_of_statsmodels():
    table = normal_table(seed=1, missing=0.1)
    means = group_means(table, covariates=["age", "sex"])
    data = wide(table).dropna(subset=["r01"])
    data["male"] = (data["sex"] == "M").astype(float)
    model = smf.ols("r01 ~ group + age + male", data).fit()
    for name in ("Control", "PD", "MSA", "PSP"):
        at = pd.DataFrame({"group": [name], "age": data["age"].mean(), "male": data["male"].mean()})
        theirs = model.get_prediction(at).summary_frame().iloc[0]
        ours = means[(means["group"] == name) & (means["region"] == "r01")].iloc[0]
        np.testing.assert_allclose(
            [ours["mean"], ours["se"], ours["ci_low"], ours["ci_high"]],
            [theirs["mean"], theirs["mean_se"], theirs["mean_ci_lower"], theirs["mean_ci_upper"]],
            rtol=1e-9,
        )
        assert ours["n"] == (data["group"] == name).sum()


def test_the_table_of_a_paper_tells_means_tests_and_which_groups_differ():
    table = realistic_table({"Control": 40, "PD": 40, "MSA": 30, "PSP": 30}, seed=2)
    paper = paper_table(table, reference=None, covariates=["age", "sex"]).set_index("Region")
    assert list(paper.columns) == [
        "System", "Control", "PD", "MSA", "PSP", "F", "df", "Partial η²", "p", "q", "Post hoc",
    ]  # fmt: skip
    assert len(paper) == 66
    peduncle = paper.loc["Superior cerebellar peduncle"]
    assert peduncle["df"] == "3, 134"
    assert peduncle["q"] == "< 0.001"
    assert "Control < PSP" in peduncle["Post hoc"]
    assert "PD < PSP" in peduncle["Post hoc"]


def test_post_hoc_pairs_belong_to_their_own_region():
    table = realistic_table({"Control": 25, "PSP": 25}, seed=3)
    effects = compare_groups(table, metric="FW")
    signs = np.where(effects["estimate"] > 0, "Control < PSP", "Control > PSP")
    expected = np.where(effects["q"] < 0.05, signs, "")
    assert paper_table(table)["Post hoc"].tolist() == expected.tolist()
    assert 0 < (expected != "").sum() < 66


def test_a_region_without_an_answer_is_a_row_of_dashes():
    table = normal_table(m=2)
    table.loc[table["region"] == "r01", "value"] = np.nan
    paper = paper_table(table, metric="M0").set_index("Region")
    assert list(paper.loc["r01", ["Control", "PSP", "F", "p", "q"]]) == ["–"] * 5
    assert paper.loc["r00", "F"] != "–"


def test_methods_name_groups_model_correction_exclusions_and_version():
    table = normal_table()
    table.loc[table["study_id"] == "study0003", "age"] = np.nan
    text = methods_text(compare_groups(table, covariates=["age", "site"], robust="HC3"))
    for part in (
        "Control (n = 11), PD (n = 14), MSA (n = 9) and PSP (n = 11) were compared",
        "a linear model (value ~ group + age + C(site)), adjusted for age and site",
        "with HC3 standard errors",
        "95% confidence intervals are reported",
        "corrected within each metric (Benjamini-Hochberg false discovery rate)",
        "Studies excluded: 1 (no age).",
        "Computed with neuroflow",
    ):
        assert part in text
    paper = paper_table(table, metric="M0", covariates=["age"])
    assert "those of post-hoc comparisons (where q < 0.05) within each region (Holm)" in paper.attrs["methods"]
    assert "not corrected" in methods_text(compare_groups(table, correction="none"))


def test_methods_say_what_was_compared_with_what():
    table = normal_table()
    planned = methods_text(compare_groups(table, contrasts="planned", omnibus=True))
    assert (
        "PSP - PD+MSA and PSP - MSA; groups joined by + are represented by the mean of" in planned
    )
    assert "separately for tests of any difference and for contrasts." in planned
    ranks = methods_text(compare_groups(table, contrasts="MSA+PSP - PD", method="mannwhitney"))
    assert (
        "The contrast was MSA+PSP - PD; groups joined by + are represented by all their studies"
        in ranks
    )
    assert "All pairs of groups were compared." in methods_text(
        compare_groups(table, reference=None)
    )
    assert "The contrast" not in methods_text(compare_groups(table, omnibus="only"))


def test_methods_tell_of_change_correlations_and_z_scores():
    table = normal_table()
    later = table.assign(study_id=table["study_id"] + "b", age=table["age"] + 1, session_id="2")
    change = change_over_time(pd.concat([table, later]), metric="M0")
    assert "change per year is the least-squares slope of the values over age" in methods_text(
        change
    )
    related = methods_text(correlate(table.assign(updrs=table["age"] ** 2), "updrs"))
    assert related.startswith(
        "Regions of 46 studies were correlated with updrs (Pearson correlation). "
        "95% confidence intervals are based on Fisher's transformation. p values were corrected "
        "within each metric"
    )
    pairs = correlate_regions(table, metric="M0", covariates=["age"], method="spearman")
    assert "with each other (partial Spearman correlation, adjusted for age)" in methods_text(pairs)
    scores = methods_text(z_scores(table, covariates=["age"]))
    assert "with the reference Control (n = 12) as z-scores" in scores
    assert "(value ~ 1 + age), adjusted for age. Each member of the reference" in scores


def test_a_table_that_lost_its_attributes_has_no_methods():
    with pytest.raises(CompareError, match="does not say how"):
        methods_text(pd.DataFrame({"region": ["SCP"]}))
