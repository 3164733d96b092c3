"""Interactions, splines, weights, permutations, equivalence: against R and simulated truth."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from neuroflow.compare import compare_groups, methods_text, paper_table
from neuroflow.compare.stats.effect_size import eta_squared_interval
from neuroflow.compare.stats.terms import natural_spline
from neuroflow.errors import CompareError, OptionError


def studies(n: int = 60, regions: int = 3, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    wide = pd.DataFrame(
        {
            "study_id": [f"s{i:03d}" for i in range(n)],
            "participant_id": [f"p{i:03d}" for i in range(n)],
            "group": np.array(["Control", "PD", "PSP"])[np.arange(n) % 3],
            "age": rng.normal(66, 8, n).round(1),
            "sex": rng.choice(["F", "M"], n, p=[0.3, 0.7]),
            "site": rng.choice(["A", "B"], n),
        }
    )
    tables = [
        wide.assign(region=f"r{k}", metric="FW", value=rng.normal(0.3, 0.04, n))
        for k in range(regions)
    ]
    return pd.concat(tables, ignore_index=True)


def by_hand(table: pd.DataFrame, formula: str) -> "object":
    import statsmodels.formula.api as smf

    return smf.ols(formula, table[table["region"] == "r0"]).fit()


def test_slopes_differ_as_the_interaction_of_a_linear_model() -> None:
    table = studies()
    effects = compare_groups(table, covariates="sex", interaction="age", omnibus=True)
    first = effects[effects["region"] == "r0"].set_index("contrast")
    model = by_hand(table, "value ~ C(group) * age + C(sex)")
    name = "C(group)[T.PSP]:age"
    mine = first.loc["PSP - Control", ["estimate", "se", "p"]].astype(float).to_numpy()
    theirs = [model.params[name], model.bse[name], model.pvalues[name]]
    assert mine == pytest.approx(theirs, rel=1e-9)
    whole = model.f_test(f"C(group)[T.PD]:age = 0, {name} = 0")
    assert first.loc["any difference", "p"] == pytest.approx(float(whole.pvalue), rel=1e-9)
    assert effects.attrs["model"] == "value ~ group + C(sex) + age + group:age"


def test_an_interaction_with_categories_is_a_difference_of_differences() -> None:
    table = studies()
    effects = compare_groups(table, interaction="sex")
    row = effects[(effects["region"] == "r0") & (effects["contrast"] == "PD - Control")].iloc[0]
    means = table[table["region"] == "r0"].groupby(["group", "sex"])["value"].mean()
    difference = means.unstack()["M"] - means.unstack()["F"]
    assert row["mean1"] == pytest.approx(difference["PD"])
    assert row["estimate"] == pytest.approx(difference["PD"] - difference["Control"])


def test_each_category_of_an_interaction_has_its_contrast() -> None:
    table = studies(90)
    table["scanner"] = table["study_id"].str[-1].map(lambda digit: "xyz"[int(digit) % 3])
    effects = compare_groups(table, interaction="scanner")
    assert set(effects["contrast"]) == {
        f"{group} - Control ({level} - x)" for group in ("PD", "PSP") for level in "yz"
    }


def test_a_region_without_a_category_has_no_interaction() -> None:
    table = studies()
    table.loc[(table["region"] == "r1") & (table["sex"] == "F"), "value"] = np.nan
    effects = compare_groups(table, interaction="sex").set_index(["region", "contrast"])
    assert np.isfinite(effects.loc[("r0", "PD - Control"), "p"])
    assert np.isnan(effects.loc[("r1", "PD - Control"), "p"])
    assert effects.loc[("r1", "PD - Control"), "reason"]


def test_a_spline_has_the_basis_of_r() -> None:
    x = np.array([50.0, 55, 60, 61, 70, 72, 80, 44])  # splines::ns(x, df = 3), rows 1 and 8
    found = natural_spline(x, x, 3)[[0, 7]]
    assert found == pytest.approx(np.array(R_NS), abs=1e-9)


R_NS = [
    [-0.1069730501315, 0.3565362493055, -0.2289682334989],
    [0.0, 0.0, 0.0],
]


def test_a_spline_is_a_straight_line_beyond_what_is_known() -> None:
    known = np.linspace(50.0, 80.0, 40)
    left, right = (natural_spline(ends + np.arange(3.0), known, 4) for ends in (20.0, 90.0))
    for basis in (left, right):
        assert np.diff(basis, 2, axis=0) == pytest.approx(0, abs=1e-12)


def test_equal_weights_are_means_of_equally_frequent_sexes() -> None:
    table = studies()
    equal = compare_groups(table, covariates="sex", weights="equal")
    usual = compare_groups(table, covariates="sex")
    model = by_hand(table, "value ~ C(group) + C(sex)")
    expected = model.params["Intercept"] + model.params["C(sex)[T.M]"] / 2
    assert equal["mean2"].iloc[0] == pytest.approx(expected)
    assert usual["mean2"].iloc[0] != pytest.approx(expected, abs=1e-6)
    assert equal["estimate"].tolist() == pytest.approx(usual["estimate"].tolist())
    assert "equally frequent" in methods_text(equal)


@pytest.mark.parametrize(
    ("covariates", "words"),
    [
        ("age:age", "twice"),
        ("spline(age, x)", "degrees of freedom"),
        ("spline(sex, 3)", "numbers"),
        ("age + ", "empty"),
        ("group + age", "adjusted for"),
    ],
)
def test_formulas_without_meaning_are_refused(covariates: str, words: str) -> None:
    with pytest.raises((OptionError, CompareError), match=words):
        compare_groups(studies(), covariates=covariates)


def test_a_formula_runs_no_code() -> None:
    with pytest.raises(Exception, match="no column"):
        compare_groups(studies(), covariates="__import__('os').getcwd()")


def test_permutations_correct_over_regions_that_are_alike() -> None:
    table = studies(45, 1)
    same = pd.concat([table.assign(region=f"copy{k}") for k in range(20)], ignore_index=True)
    effects = compare_groups(
        same, reference=None, groups=["PD", "PSP"], correction="maxt", n_permutations=2000
    )
    # Twenty copies of one region are one test.
    assert effects["q"].nunique() == 1
    assert effects["q"].iloc[0] == pytest.approx(effects["p"].iloc[0], abs=0.03)
    assert "2,000 permutations" in methods_text(effects)


def test_permutations_are_the_same_for_the_same_seed() -> None:
    options = {"covariates": "age", "correction": "maxt", "n_permutations": 200, "blocks": "site"}
    first, again, other = (
        compare_groups(studies(), seed=seed, **options)["q"].tolist() for seed in (1, 1, 2)
    )
    assert first == again != other


def test_permutations_move_all_visits_of_a_person() -> None:
    rng = np.random.default_rng(5)
    level = rng.normal(0.3, 0.05, 24)
    rows = [
        {"study_id": f"p{p}v{v}", "participant_id": f"p{p}", "session_id": str(v),
         "group": "PSP" if p % 2 else "Control", "region": "r", "metric": "FW",
         "value": level[p] + rng.normal(0, 0.005)}
        for p in range(24) for v in range(4)
    ]  # fmt: skip
    effects = compare_groups(
        pd.DataFrame(rows), robust="cluster", correction="maxt", n_permutations=999
    )
    assert effects["q"].iloc[0] == pytest.approx(effects["p"].iloc[0], abs=0.06)


def test_blocks_that_leave_nothing_to_exchange_are_refused() -> None:
    table = studies(12, 1)
    with pytest.raises(CompareError, match="fewer than 20 permutations"):
        compare_groups(table.assign(own=table["study_id"]), correction="maxt", blocks="own")


def test_permutations_hold_the_error_of_a_family() -> None:
    rng = np.random.default_rng(11)
    false = 0
    for _ in range(40):
        table = studies(30, 1)
        shared = rng.normal(size=(30, 1))
        values = 0.8 * shared + 0.6 * rng.normal(size=(30, 6))
        whole = pd.concat(
            [table.assign(region=f"r{k}", value=0.3 + 0.01 * values[:, k]) for k in range(6)]
        )
        found = compare_groups(
            whole, covariates="age", correction="maxt", n_permutations=119, exclude_suspect=False
        )
        false += bool((found["q"] <= 0.05).any())
    assert false <= 7  # 2 expected of 40; more than 7 come once in a thousand


def test_equivalence_is_the_shorter_interval_within_the_margin() -> None:
    table = studies()
    effects = compare_groups(table, covariates="age", margin=0.03)
    shorter = compare_groups(table, covariates="age", confidence=0.90)
    inside = (shorter["ci_low"] > -0.03) & (shorter["ci_high"] < 0.03)
    assert effects["equivalent"].tolist() == inside.tolist()
    assert inside.any()
    assert not inside.all()
    assert "two one-sided tests" in methods_text(effects)


def test_eta_squared_has_the_interval_of_the_noncentral_f() -> None:
    from scipy import stats

    low, high = (
        float(end) for end in eta_squared_interval(*map(np.array, (6.0, 2.0, 57.0, 60.0)), 0.95)
    )
    for end, tail in ((low, 0.975), (high, 0.025)):
        shift = 60 * end / (1 - end)
        assert stats.ncf.cdf(6.0, 2, 57, shift) == pytest.approx(tail, abs=1e-9)


def test_a_paper_table_can_show_slopes() -> None:
    paper = paper_table(studies(), interaction="age", digits=5)
    assert "interaction of group and age" in paper.attrs["methods"]
    assert paper["df"].iloc[0] == "2, 54"


@pytest.mark.parametrize("confidence", [0.95, 0.999])
def test_ends_of_partial_eta_squared_are_quantiles_at_any_size(confidence):
    rng = np.random.default_rng(2)
    k = rng.integers(1, 8, 400).astype(float)
    df = np.exp(rng.uniform(0, np.log(5000), 400)).round()
    f = np.exp(rng.uniform(-8, 6, 400))
    n = df + k + 1
    tail = (1 - confidence) / 2
    for end, share in zip(
        eta_squared_interval(f, k, df, n, confidence), (1 - tail, tail), strict=True
    ):
        assert np.isfinite(end).all()
        inside = end > 0
        shift = (end * n / (1 - end))[inside]
        found = special.ncfdtr(k[inside], df[inside], shift, f[inside])
        np.testing.assert_allclose(found, share, atol=1e-9)
