"""The table of a paper."""

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from support.comparison_tables import normal_table, realistic_table, wide

from neuroflow.compare.groups import compare_groups
from neuroflow.compare.report.paper_table import group_means, paper_table


def test_adjusted_means_equal_those_of_statsmodels():
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


def test_paper_table_shows_means_tests_and_differences():
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
