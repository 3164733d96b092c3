"""Terms of the model: what may be written, adjusted means by definition, splines, units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from support.comparison_tables import long, normal_table, people, wide

from neuroflow.compare.groups import ANY_DIFFERENCE, compare_groups
from neuroflow.compare.stats.terms import Covariate, column_of, natural_spline, parse_terms
from neuroflow.errors import CompareError, OptionError

GROUPS = {"Control": 20, "PD": 17, "PSP": 15}


@pytest.mark.parametrize(("df", "is_one"), [(1, False), (2, True), (10, True), (11, False)])
def test_a_spline_has_two_to_ten_degrees_of_freedom(df, is_one):
    if is_one:
        ((factor,),) = parse_terms(f"spline(age, {df})")
        assert (factor.column, factor.df, factor.category) == ("age", df, False)
        return
    with pytest.raises(OptionError, match="Use 2 to 10"):
        parse_terms(f"spline(age, {df})")


def test_crossed_columns_are_themselves_and_their_product():
    words = [":".join(factor.text for factor in term) for term in parse_terms("a*b*C(c+d) + a:e")]
    assert words == ["a", "b", "C(c+d)", "a:b:C(c+d)", "a:e"]
    assert [factor.column for factor in parse_terms("a*b*C(c+d)")[-1]] == ["a", "b", "c+d"]
    assert [factor.category for factor in parse_terms("a*b*C(c+d)")[-1]] == [False, False, True]


@pytest.mark.parametrize("different", [4, 5])
def test_a_spline_needs_two_values_more_than_its_freedom(different):
    table = normal_table(GROUPS, m=1)
    table["age"] = 60.0 + np.arange(len(table)) % different
    if different == 5:
        assert compare_groups(table, covariates="spline(age, 3)")["p"].notna().all()
        return
    with pytest.raises(OptionError, match="at least 5 different values; the column 'age' has 4"):
        compare_groups(table, covariates="spline(age, 3)")


@pytest.mark.parametrize("df", [2, 3, 5])
def test_a_straight_line_is_a_natural_spline_everywhere(df):
    known = np.random.default_rng(1).normal(66, 8, 60)
    x = np.linspace(20, 120, 101)
    inside, everywhere = (
        np.column_stack([np.ones(len(at)), natural_spline(at, known, df)]) for at in (known, x)
    )
    line = np.linalg.lstsq(inside, 3 - 0.2 * known, rcond=None)[0]
    np.testing.assert_allclose(everywhere @ line, 3 - 0.2 * x, atol=1e-9)


def test_a_natural_spline_leaves_its_knots_without_a_bend():
    known = np.arange(20.0)
    near = np.array([-1e-3, 0.0, 1e-3, 19 - 1e-3, 19.0, 19 + 1e-3])
    steps = np.diff(natural_spline(near, known, 3), axis=0)
    np.testing.assert_allclose(steps[[0, 3]], steps[[1, 4]], rtol=1e-5, atol=1e-10)


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_units_of_a_covariate_change_no_comparison(unit):
    table = normal_table(GROUPS, m=2)
    plain = compare_groups(table, covariates="age")
    scaled = compare_groups(table.assign(age=table["age"] * unit), covariates="age")
    np.testing.assert_allclose(scaled["p"], plain["p"], rtol=1e-8)


@pytest.mark.parametrize("covariate", ["age", "sex"])
def test_a_covariate_that_is_the_same_in_all_is_refused(covariate):
    table = normal_table(GROUPS, m=1).assign(age=60.5, sex="F")
    with pytest.raises(CompareError, match=f"{covariate} is the same in all 52 studies used"):
        compare_groups(table, covariates=covariate)


def test_an_interaction_without_a_combination_is_refused():
    table = normal_table(GROUPS, m=1)
    table["sex"] = np.where(table["site"] == "C", "F", table["sex"])
    with pytest.raises(CompareError, match="sex:site cannot be separated from that of group and"):
        compare_groups(table, covariates="sex*site")


def fitted(table, term):
    for word in ("sex", "site", "group"):
        term = term.replace(word, f"C({word})")
    return smf.ols(f"r00 ~ C(group) + {term}", wide(table)).fit()


@pytest.mark.parametrize(
    "term", ["sex + group:sex", "sex*site", "site*age", "age + group:age + sex"]
)
def test_adjusted_means_are_of_the_sample_put_into_a_group(term):
    table = normal_table(GROUPS, m=1, seed=4)
    row = compare_groups(table, covariates=term).set_index("contrast").loc["PD - Control"]
    model, everyone = fitted(table, term), wide(table).assign(age=lambda t: t["age"].mean())
    for name, mean in (("PD", row["mean1"]), ("Control", row["mean2"])):
        expected = model.predict(everyone.assign(group=name)).mean()
        assert mean == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("term", ["sex*site", "sex + group:sex", "site + sex + group:site"])
def test_equal_weights_are_means_over_all_combinations(term):
    table = normal_table(GROUPS, m=1, seed=4)
    found = compare_groups(table, covariates=term, weights="equal").set_index("contrast")
    cells = pd.DataFrame(
        [{"sex": sex, "site": site, "group": "PSP"} for sex in "FM" for site in "ABC"]
    )
    expected = fitted(table, term).predict(cells).mean()
    assert found.loc["PSP - Control", "mean1"] == pytest.approx(expected, rel=1e-9)


def test_slopes_of_other_groups_stay_where_one_has_none():
    table = normal_table(GROUPS, m=2, seed=4)
    table.loc[(table["region"] == "r01") & (table["group"] == "PSP"), "value"] = np.nan
    found = compare_groups(table, interaction="age").set_index(["region", "contrast"])
    others = wide(table).query("group != 'PSP'")
    model = smf.ols("r01 ~ C(group) * age", others).fit()
    row = found.loc[("r01", "PD - Control")]
    assert row["estimate"] == pytest.approx(model.params["C(group)[T.PD]:age"], rel=1e-9)
    assert row["p"] == pytest.approx(model.pvalues["C(group)[T.PD]:age"], rel=1e-9)
    assert found.loc[("r01", "PSP - Control"), "reason"] == "no values in PSP"


@pytest.mark.parametrize(
    ("equal", "means"), [(None, [0, 0]), (False, [0, 0]), (True, [1 / 6, -1 / 6])]
)
def test_categories_are_centred_as_they_occur_or_all_alike(equal, means):
    codes = np.array([0, 1, 1, 1, 2, 0.0])
    options = {} if equal is None else {"equal": equal}
    item = Covariate("site", codes, ("A", "B", "C"), **options)
    columns = item.columns(np.ones(6, dtype=bool))
    np.testing.assert_allclose(columns.mean(axis=0), means, atol=1e-12)
    np.testing.assert_allclose(columns[1] - columns[0], [1, 0])
    np.testing.assert_allclose(columns[4] - columns[0], [0, 1])


def test_dates_are_categories_where_that_is_asked():
    table = normal_table(GROUPS, m=1)
    day = np.where(table["age"] > 66, "2024-01-05", "2023-02-06")
    with pytest.raises(OptionError, match="has dates"):
        compare_groups(table.assign(day=day), covariates="day")
    effects = compare_groups(table.assign(day=day), covariates="C(day)")
    assert effects.attrs["covariates"] == ["day"]


def test_texts_among_numbers_are_named_up_to_three():
    table = normal_table(GROUPS, m=1)
    texts = table["age"].astype(str)
    for place, odd in enumerate(["89+", "old", "n/a?", "90s"]):
        texts[place] = odd
    with pytest.raises(OptionError, match="stored as text") as caught:
        compare_groups(table.assign(age=texts), covariates="age")
    assert caught.value.why == "Not all of them are numbers: '89+', '90s', 'n/a?'."
    with pytest.raises(OptionError) as plain:
        compare_groups(table.assign(age=table["age"].astype(str)), covariates="age")
    assert plain.value.why == ""


def test_the_test_for_any_difference_counts_all_values():
    studies = people(GROUPS)
    values = np.random.default_rng(0).normal(size=(52, 2))
    values[:5, 1] = np.nan
    effects = compare_groups(long(studies, values), covariates="age", omnibus=True)
    rows = effects[effects["contrast"] == ANY_DIFFERENCE].set_index("region")
    assert rows["n1"].tolist() == [52, 47]
    assert rows["n2"].isna().all()


def test_a_star_stands_for_both_effects_and_their_interaction():
    terms = parse_terms("age + group*sex")
    texts = [":".join(factor.text for factor in term) for term in terms]
    assert texts == ["age", "group", "sex", "group:sex"]


def test_a_covariate_of_categories_means_its_column():
    assert column_of("C(scanner)") == "scanner"
