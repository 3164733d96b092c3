"""Regions with a score, and regions with each other."""

import numpy as np
import pandas as pd
import pingouin
import pytest
from scipy import stats
from support.comparison_tables import normal_table, wide

from neuroflow.compare.correlate import correlate, correlate_regions
from neuroflow.errors import CompareError, OptionError

pytestmark = pytest.mark.filterwarnings("ignore:.*inplace keyword")

TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def scored(**options):
    table = normal_table(**options)
    rng = np.random.default_rng(9)
    names = table["study_id"].unique()
    score = dict(zip(names, rng.normal(30, 9, len(names)).round(), strict=True))
    return table.assign(updrs=table["study_id"].map(score) + 2 * (table["group"] == "PSP"))


def interval(theirs):
    return theirs["CI95"] if "CI95" in theirs else theirs["CI95%"]


def p_of(theirs):
    return theirs["p_val"] if "p_val" in theirs else theirs["p-val"]


@pytest.mark.parametrize("method", ["pearson", "spearman"])
@pytest.mark.parametrize("covariates", [[], ["age"], ["age", "male"]])
def test_correlations_with_a_score_equal_those_of_pingouin(method, covariates):
    table = scored(seed=1, missing=0.1)
    table["male"] = (table["sex"] == "M").astype(float)
    ours = correlate(table, "updrs", covariates=covariates, method=method)
    facts = table.drop_duplicates("study_id").set_index("study_id")[["updrs", "male"]]
    data = wide(table).join(facts, on="study_id")
    for region in ("r00", "r03"):
        some = data.dropna(subset=[region])
        if covariates:
            found = pingouin.partial_corr(
                some, x=region, y="updrs", covar=covariates, method=method
            )
        else:
            found = pingouin.corr(some[region], some["updrs"], method=method)
        theirs = found.iloc[0]
        mine = ours.set_index("region").loc[region]
        np.testing.assert_allclose([mine["r"], mine["p"]], [theirs["r"], p_of(theirs)], **TIGHT)
        np.testing.assert_allclose(
            [mine["ci_low"], mine["ci_high"]],
            interval(theirs),
            atol=0.006,  # rounded there
        )
        assert mine["n"] == len(some)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_the_matrix_equals_the_pairs_of_pingouin(method):
    table = normal_table(seed=2, missing=0.1)
    ours = correlate_regions(table, metric="M0", method=method)
    regions = [f"r{i:02d}" for i in range(5)]
    theirs = pingouin.pairwise_corr(wide(table)[regions], method=method, padjust="fdr_bh")
    assert ours[["region_1", "region_2"]].to_numpy().tolist() == (
        theirs[["X", "Y"]].to_numpy().tolist()
    )
    corrected = next(theirs[name] for name in ("p_corr", "p-corr") if name in theirs)
    uncorrected = next(theirs[name] for name in ("p_unc", "p-unc") if name in theirs)
    np.testing.assert_allclose(ours["r"], theirs["r"], **TIGHT)
    np.testing.assert_allclose(ours["p"], uncorrected, **TIGHT)
    np.testing.assert_allclose(ours["q"], corrected, **TIGHT)
    assert ours["n"].tolist() == theirs["n"].tolist()


def test_a_partial_matrix_equals_pairs_done_one_by_one():
    table = normal_table(seed=3, missing=0.1)
    ours = correlate_regions(table, metric="M0", covariates=["age"])
    pair = ours[(ours["region_1"] == "r01") & (ours["region_2"] == "r04")].iloc[0]
    theirs = pingouin.partial_corr(wide(table), x="r01", y="r04", covar="age").iloc[0]
    np.testing.assert_allclose([pair["r"], pair["p"]], [theirs["r"], p_of(theirs)], **TIGHT)


def test_five_percent_of_unrelated_regions_look_related():
    table = scored(m=2000, seed=4)
    table["updrs"] = table["updrs"] - 2 * (table["group"] == "PSP")
    found = correlate(table, "updrs", covariates=["age", "sex", "site", "group"])
    assert (found["p"] < 0.05).mean() == pytest.approx(0.05, abs=0.02)


def test_what_has_no_answer_is_a_row_with_a_reason():
    table = scored(m=4)
    table.loc[table["region"] == "r00", "value"] = 0.3
    table.loc[table["region"] == "r01", "value"] = np.nan
    few = table["study_id"].isin(table["study_id"].unique()[2:])
    table.loc[(table["region"] == "r02") & few, "value"] = np.nan
    found = correlate(table, "updrs").set_index("region")
    assert found["reason"].tolist() == [
        "the values or updrs do not vary once adjusted", "no values", "too few values (2)", "",
    ]  # fmt: skip
    assert found["q"].notna().tolist() == [False, False, False, True]


def test_groups_visits_and_missing_scores_are_chosen_and_counted():
    table = scored()
    table.loc[table["study_id"] == "study0000", "updrs"] = np.nan
    found = correlate(table, "updrs", groups=["Control", "PSP"])
    assert found["n"].tolist() == [22] * 5
    assert [item["reason"] for item in found.attrs["exclusions"]] == ["group not used", "no updrs"]
    again = pd.concat([table, table.assign(study_id=table["study_id"] + "b", session_id="2")])
    with pytest.raises(CompareError, match="more than one study"):
        correlate(again, "updrs")
    assert correlate(again, "updrs", visit="first")["n"].tolist() == [45] * 5


def test_wrong_questions_are_refused():
    table = scored()
    with pytest.raises(OptionError, match="column 'sex' does not contain numbers"):
        correlate(table, "sex")
    with pytest.raises(CompareError, match="cannot be separated"):
        correlate(table.assign(twice=table["age"] * 2), "updrs", covariates=["age", "twice"])
    with pytest.raises(OptionError, match="pearson, spearman"):
        correlate(table, "updrs", method="kendall")


def test_interval_of_rank_correlations_is_wider_by_bonett_and_wright():
    table = normal_table({"Control": 30}, m=3, seed=8)
    table["score"] = table["age"]
    plain = correlate(table, "score", method="spearman").iloc[0]
    middle, half = np.arctanh(plain["r"]), stats.norm.ppf(0.975) / np.sqrt(27)
    half *= np.sqrt(1 + plain["r"] ** 2 / 2)
    expected = np.tanh([middle - half, middle + half])
    np.testing.assert_allclose([plain["ci_low"], plain["ci_high"]], expected, rtol=1e-9)
