"""The linear model, number by number, against statsmodels and pingouin."""

import numpy as np
import pandas as pd
import pingouin
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm
from support.comparison_tables import normal_table, wide

from neuroflow.compare.groups import ANY_DIFFERENCE, compare_groups
from neuroflow.compare.stats.contrasts import PLANNED
from neuroflow.compare.stats.linear.fit import missing_patterns

# pingouin 0.7 calls what pandas 3.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*inplace keyword")

TIGHT = {"rtol": 1e-9, "atol": 1e-12}
FORMULA = "{} ~ 0 + group + age + C(sex) + C(site)"
COVARIATES = ["age", "sex", "site"]


def row(effects: pd.DataFrame, region: str, contrast: str) -> pd.Series:
    found = effects[(effects["region"] == region) & (effects["contrast"] == contrast)]
    assert len(found) == 1
    return found.iloc[0]


def weights_of(contrast: str, names: list[str]) -> np.ndarray:
    weights = np.zeros(len(names))
    for sign, side in zip((1, -1), contrast.split(" - "), strict=True):
        groups = side.split("+")
        for group in groups:
            weights[names.index(f"group[{group}]")] += sign / len(groups)
    return weights


@pytest.mark.parametrize("robust", ["none", "HC3"])
@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_contrasts_equal_those_of_statsmodels(robust, missing):
    table = normal_table(missing=missing, seed=3)
    effects = compare_groups(table, contrasts=PLANNED, covariates=COVARIATES, robust=robust)
    frame = wide(table)
    for region in ["r00", "r01", "r02", "r03", "r04"]:
        data = frame.dropna(subset=[region])
        kind = {} if robust == "none" else {"cov_type": robust, "use_t": True}
        theirs = smf.ols(FORMULA.format(region), data).fit(**kind)
        names = list(theirs.model.exog_names)
        for contrast in PLANNED:
            test = theirs.t_test(weights_of(contrast, names))
            ours = row(effects, region, contrast)
            np.testing.assert_allclose(
                [ours.estimate, ours.se, ours.statistic, ours.p, ours.ci_low, ours.ci_high],
                [
                    test.effect.item(),
                    test.sd.item(),
                    test.tvalue.item(),
                    test.pvalue.item(),
                    *test.conf_int().ravel(),
                ],
                **TIGHT,
            )
            assert ours.df == test.df_denom


def test_adjusted_means_are_predictions_at_mean_covariates():
    table = normal_table(missing=0.1, seed=4)
    effects = compare_groups(table, reference="Control", covariates=["age"])
    data = wide(table).dropna(subset=["r02"])
    model = smf.ols("r02 ~ group + age", data).fit()
    at = pd.DataFrame({"group": ["PSP", "Control"], "age": data["age"].mean()})
    ours = row(effects, "r02", "PSP - Control")
    np.testing.assert_allclose([ours.mean1, ours.mean2], model.predict(at), **TIGHT)
    assert [ours.n1, ours.n2] == [(data["group"] == g).sum() for g in ("PSP", "Control")]


def test_omnibus_equals_the_anova_of_statsmodels():
    table = normal_table(missing=0.1, seed=5)
    effects = compare_groups(table, covariates=COVARIATES, omnibus=True)
    for region in ["r00", "r03"]:
        model = smf.ols(
            f"{region} ~ C(group) + age + C(sex) + C(site)", wide(table).dropna(subset=[region])
        ).fit()
        anova = anova_lm(model, typ=2)
        theirs = anova.loc["C(group)"]
        ours = row(effects, region, ANY_DIFFERENCE)
        np.testing.assert_allclose(
            [ours.statistic, ours.p], [theirs["F"], theirs["PR(>F)"]], **TIGHT
        )
        assert (ours.df_num, ours.df) == (3, model.df_resid)


def test_omnibus_with_hc3_equals_the_wald_test_of_statsmodels():
    table = normal_table(seed=6)
    effects = compare_groups(table, covariates=["age"], omnibus=True, robust="HC3")
    model = smf.ols("r01 ~ group + age", wide(table)).fit(cov_type="HC3", use_t=True)
    theirs = model.wald_test_terms(scalar=True).table.loc["group"]
    ours = row(effects, "r01", ANY_DIFFERENCE)
    np.testing.assert_allclose(
        [ours.statistic, ours.p], [theirs["statistic"], theirs["pvalue"]], **TIGHT
    )


def test_ancova_and_partial_eta_squared_equal_those_of_pingouin():
    table = normal_table(seed=7)
    effects = compare_groups(table, covariates=["age"], omnibus=True)
    theirs = pingouin.ancova(wide(table), dv="r00", covar="age", between="group", effsize="np2")
    theirs = theirs.set_index("Source").loc["group"]
    ours = row(effects, "r00", ANY_DIFFERENCE)
    np.testing.assert_allclose(
        [ours.statistic, ours.p, ours.np2],
        [theirs["F"], theirs["p_unc" if "p_unc" in theirs else "p-unc"], theirs["np2"]],
        **TIGHT,
    )


def test_effect_size_of_a_contrast_is_over_the_residual_sd():
    table = normal_table(seed=8)
    effects = compare_groups(table, reference="Control", covariates=["age"])
    model = smf.ols("r00 ~ group + age", wide(table)).fit()
    ours = row(effects, "r00", "PSP - Control")
    d = model.params["group[T.PSP]"] / np.sqrt(model.scale)
    assert ours.effect_size == pytest.approx(d * (1 - 3 / (4 * model.df_resid - 1)), rel=1e-4)
    t = model.tvalues["group[T.PSP]"]
    assert ours.np2 == pytest.approx(t**2 / (t**2 + model.df_resid), rel=1e-9)


def test_columns_that_miss_the_same_rows_are_solved_together():
    table = np.array([[1.0, 2.0, np.nan], [3.0, 4.0, 5.0]])
    found = [(rows.tolist(), columns.tolist()) for rows, columns in missing_patterns(table)]
    assert found == [([0, 1], [0, 1]), ([1], [2])]
