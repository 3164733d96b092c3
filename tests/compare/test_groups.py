"""What compare_groups says, leaves out and refuses."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import long, normal_table, people, realistic_table

from neuroflow import __version__
from neuroflow.compare.groups import ANY_DIFFERENCE, EFFECT_COLUMNS, compare_groups
from neuroflow.compare.report.methods import methods_text
from neuroflow.compare.stats.contrasts import PLANNED
from neuroflow.errors import CompareError, OptionError, TableError

RESULT_NUMBERS = ["estimate", "se", "ci_low", "ci_high", "statistic", "df", "p", "q", "effect_size"]
METHODS = ["linear", "welch", "mannwhitney"]


def test_columns_and_order_are_those_of_the_schema():
    effects = compare_groups(realistic_table({"PSP": 4, "Control": 4, "PD": 4}), reference=None)
    assert tuple(effects.columns) == EFFECT_COLUMNS
    assert list(effects["contrast"].unique()) == ["PD - Control", "PSP - Control", "PSP - PD"]
    assert len(effects) == 3 * 132
    midbrain = effects[effects["region"] == "midbrain"]
    assert set(midbrain["hemisphere"]) == {"left", "right"}
    assert (effects["reason"] == "").all()
    assert np.isfinite(effects[RESULT_NUMBERS]).all(axis=None)


def test_attributes_describe_the_method_and_survive_json_and_parquet(tmp_path):
    table = normal_table()
    table.loc[table["study_id"] == "study0003", "age"] = np.nan
    effects = compare_groups(table, reference="Control", covariates=["age", "site"])
    facts = json.loads(json.dumps(effects.attrs))
    assert facts == effects.attrs
    assert facts["model"] == "value ~ group + age + C(site)"
    assert facts["groups"] == {"Control": 11, "PD": 14, "MSA": 9, "PSP": 11}
    assert facts["exclusions"] == [{"reason": "no age", "n": 1, "study_ids": ["study0003"]}]
    assert (facts["correction"], facts["family"]) == ("bh", ["metric"])
    assert facts["neuroflow"] == __version__
    effects.to_parquet(tmp_path / "effects.parquet")
    assert pd.read_parquet(tmp_path / "effects.parquet").attrs == effects.attrs


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda v: np.nan, "no values in PSP"),
        (lambda v: np.where(np.arange(len(v)) == 0, v, np.nan), "only one value in PSP"),
        (lambda v: 0.25, "all values of PSP are the same"),
    ],
)
def test_groups_without_an_answer_have_a_reason(method, spoil, reason):
    table = normal_table()
    bad = (table["group"] == "PSP") & (table["region"] == "r01")
    table.loc[bad, "value"] = spoil(table.loc[bad, "value"].to_numpy())
    effects = compare_groups(table, reference="Control", method=method).set_index(
        ["contrast", "region"]
    )
    row = effects.loc[("PSP - Control", "r01")]
    assert row["reason"] == reason
    assert row[RESULT_NUMBERS].isna().all()
    assert row["n2"] == 12
    others = effects.drop(index=("PSP - Control", "r01"))
    assert (others["reason"] == "").all()
    assert others["p"].notna().all()


def test_a_group_of_one_study_leaves_the_other_groups_alone():
    effects = compare_groups(normal_table({"Control": 8, "PD": 8, "PSP": 1}), reference="Control")
    by_contrast = effects.groupby("contrast")["reason"].unique()
    assert list(by_contrast["PSP - Control"]) == ["only one value in PSP"]
    assert list(by_contrast["PD - Control"]) == [""]


def test_a_region_without_variance_within_groups_has_no_p():
    table = normal_table({"Control": 6, "PD": 6}, m=1)
    table["value"] = table["age"] * 0.5
    effects = compare_groups(table, covariates=["age"])
    assert list(effects["reason"]) == ["the values do not vary within the groups"]
    assert effects["p"].isna().all()


def test_a_region_with_too_few_values_has_a_reason():
    table = normal_table(m=2)
    out = (table["region"] == "r00") & (table["site"] != "A")
    table.loc[out, "value"] = np.nan
    effects = compare_groups(table, reference="Control", covariates=["site"]).set_index("region")
    assert effects.loc["r00", "reason"].str.contains("site is the same").all()
    assert (effects.loc["r01", "reason"] == "").all()


def test_more_coefficients_than_values_is_a_reason():
    studies = people({"Control": 2, "PD": 2})
    studies["age"], studies["motion"] = [60, 65, 70, 52], [0.1, 0.5, 0.2, 0.9]
    table = long(studies, np.arange(4.0)[:, None] ** 2)
    effects = compare_groups(table, covariates=["age", "motion"])
    assert list(effects["reason"]) == ["more coefficients than values"]


def test_covariates_confounded_with_the_groups_are_refused_by_name():
    table = normal_table({"Control": 6, "PD": 6})
    table["site"] = np.where(table["group"] == "PD", "Oslo", "Bonn")
    with pytest.raises(
        CompareError, match="effect of site cannot be separated from that of group"
    ) as caught:
        compare_groups(table, covariates=["age", "site"])
    assert "Every study of Bonn is Control; every study of Oslo is PD." in str(caught.value)


def test_redundant_or_constant_covariates_are_refused_by_name():
    table = normal_table({"Control": 6, "PD": 6})
    table["months"] = table["age"] * 12
    with pytest.raises(CompareError, match="months cannot be separated from that of group and age"):
        compare_groups(table, covariates=["age", "months"])
    with pytest.raises(CompareError, match="sex is the same in all 12 studies"):
        compare_groups(table.assign(sex="F"), covariates=["sex"])


def test_extreme_units_of_a_covariate_are_not_confounding():
    table = normal_table({"Control": 8, "PD": 8})
    table["when"] = 1e9 + table["age"]
    ours = compare_groups(table, covariates=["when"])
    plain = compare_groups(table, covariates=["age"])
    np.testing.assert_allclose(ours["p"], plain["p"], rtol=1e-6)


def test_numbers_become_categories_when_asked():
    table = normal_table()
    table["scanner"] = table["site"].map({"A": 1, "B": 2, "C": 3})
    as_text = compare_groups(table, reference="Control", covariates=["site"])
    as_number = compare_groups(table, reference="Control", covariates=["C(scanner)"])
    np.testing.assert_allclose(as_number["p"], as_text["p"], rtol=1e-12)
    assert as_number.attrs["model"] == "value ~ group + C(scanner)"


def test_repeated_visits_are_refused_until_one_is_chosen():
    first = normal_table({"Control": 6, "PD": 6})
    second = first.assign(study_id=first["study_id"] + "b", session_id="2", age=first["age"] + 1)
    table = pd.concat([second, first])
    with pytest.raises(CompareError, match="12 participants have more than one study") as caught:
        compare_groups(table)
    assert 'visit="first"' in str(caught.value)
    alone = compare_groups(first)
    for visit in ("first", "1", "ses-1"):
        pd.testing.assert_frame_equal(compare_groups(table, visit=visit), alone)
    assert compare_groups(table, visit="last").attrs["exclusions"][0]["n"] == 12
    clustered = compare_groups(table, robust="cluster")
    assert (clustered.attrs["n_studies"], clustered.attrs["n_participants"]) == (24, 12)
    np.testing.assert_allclose(clustered["df"], 10)  # two groups of six participants
    assert "The 24 studies come from 12 participants." in methods_text(clustered)
    assert "robust to clusters (a participant's studies)" in methods_text(clustered)


def test_the_groups_and_contrasts_can_be_chosen():
    table = normal_table()
    two = compare_groups(table, groups=["PD", "PSP"])
    assert list(two["contrast"].unique()) == ["PSP - PD"]
    assert two.attrs["groups"] == {"PD": 14, "PSP": 11}
    published = compare_groups(table, contrasts="planned")
    assert tuple(published["contrast"].unique()) == PLANNED
    planned = compare_groups(table, contrasts=["MSA + PSP - PD"], omnibus=True)
    assert list(planned["contrast"].unique()) == ["MSA+PSP - PD", ANY_DIFFERENCE]
    assert (planned["n1"].iloc[0], planned["n2"].iloc[0]) == (20, 14)


@pytest.mark.parametrize("method", METHODS)
def test_the_test_for_any_difference_can_stand_alone(method):
    table = normal_table()
    both = compare_groups(table, method=method, omnibus=True)
    alone = compare_groups(table, method=method, omnibus="only")
    expected = both[both["contrast"] == ANY_DIFFERENCE].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, expected)
    assert "was tested by" in methods_text(alone)
    assert "effect sizes" not in methods_text(alone)  # there are none


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("spoilt", "value", "reason"),
    [
        (["PD", "MSA", "PSP"], np.nan, "values in one group only"),
        (["Control", "PD", "MSA", "PSP"], np.nan, "no values"),
        (["Control", "PD", "MSA", "PSP"], 0.5, "same|vary"),
    ],
)
def test_no_difference_can_be_told_without_values_in_two_groups(method, spoilt, value, reason):
    table = normal_table(m=2)
    table.loc[table["group"].isin(spoilt) & (table["region"] == "r01"), "value"] = value
    effects = compare_groups(table, method=method, omnibus="only").set_index("region")
    assert effects.loc["r01", ["statistic", "p", "q", "np2"]].isna().all()
    assert re.search(reason, effects.loc["r01", "reason"])
    assert effects.loc["r00", "reason"] == ""


def test_welch_needs_two_values_per_group_unlike_ranks():
    table = normal_table({"Control": 8, "PD": 8, "PSP": 1}, m=1)
    assert compare_groups(table, method="welch", omnibus="only")["reason"].tolist() == [
        "only one value in PSP"
    ]
    ranks = compare_groups(table, method="mannwhitney", omnibus="only").iloc[0]
    assert (ranks["reason"], ranks["df_num"]) == ("", 2)


@pytest.mark.parametrize("robust", ["HC3", "cluster"])
def test_robust_errors_of_one_study_give_a_reason(robust):
    table = normal_table({"Control": 8, "PD": 8, "PSP": 1}, m=1)
    effects = compare_groups(table, reference="Control", robust=robust, omnibus=True)
    effects = effects.set_index("contrast")
    assert effects.loc["PSP - Control", "reason"] == "only one value in PSP"
    assert effects.loc["PD - Control", "p"] < 1
    assert effects.loc[ANY_DIFFERENCE, "reason"] == "only one value in PSP"


def test_the_family_settles_what_is_corrected_together():
    table = realistic_table({"Control": 8, "PSP": 8, "PD": 8})
    q = {
        family: compare_groups(table, reference="Control", family=family, correction="bonferroni")
        for family in ("all", "metric", "contrast", "region")
    }
    sizes = {"all": 264, "metric": 132, "contrast": 132, "region": 2}
    for family, effects in q.items():
        np.testing.assert_allclose(effects["q"], (effects["p"] * sizes[family]).clip(upper=1))
    crossed = compare_groups(
        table, reference="Control", family=("metric", "contrast"), correction="bonferroni"
    )
    np.testing.assert_allclose(crossed["q"], (crossed["p"] * 66).clip(upper=1))


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"reference": "HC"}, OptionError, "no group HC.*Control, PD, MSA, PSP"),
        ({"groups": ["PD"]}, CompareError, "only the group PD, so there is nothing to compare"),
        ({"contrasts": ["PD"]}, OptionError, "not a contrast"),
        ({"contrasts": ["PD - PD+MSA"]}, OptionError, "both sides"),
        ({"metric": "MD"}, OptionError, "no metric MD.*M0"),
        ({"by": "diagnosis"}, TableError, "no column diagnosis"),
        ({"covariates": ["age", 1]}, OptionError, r'covariates=\["one", "other"\]'),
        ({"covariates": ["group"]}, OptionError, "compared and adjusted"),
        ({"method": "ttest"}, OptionError, "linear, welch, mannwhitney"),
        ({"method": "welch", "covariates": ["age"]}, OptionError, "no covariates"),
        ({"robust": "HC9"}, OptionError, "HC3"),
        ({"omnibus": "also"}, OptionError, 'True, False or "only"'),
        ({"family": "lobe"}, OptionError, "no family 'lobe'"),
        ({"correction": "fdr"}, OptionError, "no correction 'fdr'"),
        ({"confidence": 95}, OptionError, "must be between 0 and 1"),
        ({"visit": "9"}, OptionError, "No study has the session '9'.*There are 1"),
    ],
)
def test_arguments_outside_their_choices_are_refused(options, error, says):
    with pytest.raises(error, match=says):
        compare_groups(normal_table(), **options)


def test_tables_that_are_no_cohort_table_are_refused():
    table = normal_table()
    with pytest.raises(TableError, match="no rows"):
        compare_groups(table.iloc[:0])
    with pytest.raises(TableError, match="two values of M0 in r00"):
        compare_groups(pd.concat([table, table.iloc[:1]]))
    with pytest.raises(TableError, match="not a number"):
        compare_groups(table.assign(value="0,5"))
    with pytest.raises(TableError, match="column 'age' has more than one value"):
        compare_groups(table.assign(age=np.arange(len(table))), covariates=["age"])
    with pytest.raises(CompareError, match="No study has a group and all covariates"):
        compare_groups(table.assign(age=np.nan), covariates=["age"])


def test_categorical_columns_and_rows_in_any_order_make_no_difference():
    table = normal_table()
    plain = compare_groups(table, covariates=["age", "sex"])
    kinds = dict.fromkeys(["group", "sex", "site", "region", "metric"], "category")
    mixed = compare_groups(
        table.astype(kinds).sample(frac=1, random_state=1), covariates=["age", "sex"]
    )
    both = [f.sort_values(["contrast", "region"], ignore_index=True) for f in (plain, mixed)]
    pd.testing.assert_frame_equal(*both)


def test_the_table_is_left_as_it_was():
    table = normal_table()
    before = table.copy()
    compare_groups(table, covariates=["age"])
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("size", [1e200, 1e300])
def test_values_too_large_for_their_squares_say_so(size):
    table = normal_table(seed=1)
    effects = compare_groups(table.assign(value=table["value"] * size, metric="X"))
    assert effects["p"].isna().all()
    assert set(effects["reason"]) == {"the values are too large for their squares"}


def test_groups_that_are_codes_are_named_by_numbers():
    table = normal_table({"Control": 6, "PD": 5}, m=3)
    table["sick"] = (table["group"] == "PD").astype(int)
    found = compare_groups(table, by="sick", groups=[0, 1], reference=0)
    assert found["contrast"].unique().tolist() == ["1 - 0"]
