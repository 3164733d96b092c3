"""Welch, Mann-Whitney, corrections and effect sizes against scipy, statsmodels and pingouin."""

import numpy as np
import pingouin
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW
from support.comparison_tables import normal_table, wide

from neuroflow.compare.groups import compare_groups
from neuroflow.compare.stats.effect_size import hedges_g, small_sample_factor
from neuroflow.compare.stats.multiple_testing import correct
from neuroflow.compare.stats.omnibus import kruskal_wallis, welch_anova
from neuroflow.errors import OptionError

# pingouin 0.7 calls what pandas 3.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*inplace keyword")

TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def two(table, region, first="PSP", second="Control"):
    data = wide(table).dropna(subset=[region])
    return (data.loc[data["group"] == name, region].to_numpy() for name in (first, second))


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_welch_equals_statsmodels(missing):
    table = normal_table(seed=1, missing=missing)
    effects = compare_groups(table, reference="Control", method="welch").set_index(
        ["region", "contrast"]
    )
    for region in ["r00", "r04"]:
        a, b = two(table, region)
        means = CompareMeans(DescrStatsW(a), DescrStatsW(b))
        t, p, df = means.ttest_ind(usevar="unequal")
        low, high = means.tconfint_diff(usevar="unequal")
        ours = effects.loc[(region, "PSP - Control")]
        np.testing.assert_allclose(
            [ours.statistic, ours.p, ours.df, ours.ci_low, ours.ci_high, ours.mean1, ours.mean2],
            [t, p, df, low, high, a.mean(), b.mean()],
            **TIGHT,
        )


def test_hedges_g_of_the_linear_model_is_that_of_pingouin():
    table = normal_table({"Control": 14, "PSP": 9}, seed=2, missing=0.1)
    effects = compare_groups(table).set_index("region")
    a, b = two(table, "r00")
    d = pingouin.compute_effsize(a, b, eftype="cohen")
    factor = small_sample_factor(np.array([len(a) + len(b) - 2.0]))[0]
    assert effects.loc["r00", "effect_size"] == pytest.approx(d * factor, rel=1e-9)
    # pingouin multiplies by the usual approximation of the factor instead
    hedges = pingouin.compute_effsize(a, b, eftype="hedges")
    assert effects.loc["r00", "effect_size"] == pytest.approx(hedges, rel=1e-3)


def test_welch_divides_by_the_average_sd_with_bonetts_interval():
    table = normal_table(seed=2, missing=0.1)
    effects = compare_groups(table, reference="Control", method="welch").set_index("contrast")
    a, b = two(table, "r00")
    (va, na), (vb, nb) = (a.var(ddof=1), len(a) - 1), (b.var(ddof=1), len(b) - 1)
    square = (va + vb) / 2
    d = (a.mean() - b.mean()) / np.sqrt(square)
    error = d**2 * (va**2 / na + vb**2 / nb) / (8 * square**2) + (va / na + vb / nb) / square
    half = stats.norm.ppf(0.975) * np.sqrt(error)
    ours = effects.loc["PSP - Control"].query("region == 'r00'").iloc[0]
    np.testing.assert_allclose(
        [ours.effect_size_ci_low, ours.effect_size_ci_high], [d - half, d + half], rtol=1e-9
    )


def test_the_small_sample_factor_is_the_ratio_of_gamma_functions():
    assert small_sample_factor(np.array([2.0])) == pytest.approx(1 / np.sqrt(np.pi), rel=1e-12)
    assert small_sample_factor(np.array([4.0])) == pytest.approx(
        1 / (np.sqrt(2) * np.sqrt(np.pi) / 2), rel=1e-12
    )
    assert np.isnan(small_sample_factor(np.array([1.0, 0.0]))).all()


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_interval_of_g_inverts_the_noncentral_t_distribution(confidence):
    rng = np.random.default_rng(0)
    t, df = rng.normal(0, 8, 200), rng.integers(3, 900, 200).astype(float)
    _, low, high = hedges_g(t, df, 1.0, confidence)
    tail = (1 - confidence) / 2
    np.testing.assert_allclose(stats.nct.sf(t, df, low), tail, rtol=1e-9)
    np.testing.assert_allclose(stats.nct.cdf(t, df, high), tail, rtol=1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_mann_whitney_and_hodges_lehmann_equal_pingouin_and_numpy(missing):
    table = normal_table(seed=4, missing=missing)
    effects = compare_groups(table, reference="Control", method="mannwhitney").set_index(
        ["region", "contrast"]
    )
    for region in ["r00", "r04"]:
        a, b = two(table, region)
        theirs = pingouin.mwu(a, b).iloc[0]
        ours = effects.loc[(region, "PSP - Control")]
        p = theirs["p_val"] if "p_val" in theirs else theirs["p-val"]
        np.testing.assert_allclose(
            [ours.statistic, ours.p, abs(ours.effect_size)],
            [theirs["U_val"] if "U_val" in theirs else theirs["U-val"], p, abs(theirs["RBC"])],
            **TIGHT,
        )
        assert ours.estimate == pytest.approx(np.median(np.subtract.outer(a, b)), rel=1e-12)
        assert np.sign(ours.effect_size) == np.sign(ours.estimate)


def test_the_interval_of_the_shift_is_that_of_r():
    # wilcox.test(a, b, conf.int = TRUE, exact = FALSE, correct = FALSE) inverts the same normal
    # approximation; here its definition: the shifts at which the test is just not significant.
    rng = np.random.default_rng(5)
    a, b = rng.normal(1, 1, 40), rng.normal(0, 1, 35)
    table = normal_table({"Control": 35, "PSP": 40}, m=1)
    table["value"] = np.concatenate([b, a])
    ours = compare_groups(table, method="mannwhitney").iloc[0]

    def p(shift):
        return stats.mannwhitneyu(a - shift, b, use_continuity=False, method="asymptotic").pvalue

    for end, outward in ((ours.ci_low, -1), (ours.ci_high, 1)):
        assert p(end + outward * 1e-9) < 0.05 < p(end - outward * 0.01)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("bh", "fdr_bh"), ("holm", "holm"), ("bonferroni", "bonferroni")]
)
def test_corrections_equal_those_of_statsmodels(ours, theirs):
    rng = np.random.default_rng(0)
    p = np.concatenate([rng.random(60), rng.random(20) ** 6, [1.0, 0.0, 0.03, 0.03]])
    np.testing.assert_allclose(correct(p, ours), multipletests(p, method=theirs)[1], **TIGHT)


def test_tests_without_an_answer_do_not_count_in_the_family():
    corrected = correct(np.array([0.01, np.nan, 0.04]), "bonferroni")
    np.testing.assert_allclose(corrected, [0.02, np.nan, 0.08])
    assert np.isnan(correct(np.array([np.nan]), "bh")).all()


def test_no_correction_leaves_p_as_it_is():
    p = np.array([0.5, np.nan, 0.01, 0.9])
    np.testing.assert_array_equal(correct(p, "none"), p)


@pytest.mark.parametrize(("correction", "theirs"), [("bh", "fdr_bh"), ("bonferroni", "bonferroni")])
def test_p_of_equivalence_is_corrected_like_the_others(correction, theirs):
    table = normal_table({"Control": 30, "PSP": 30}, seed=3)
    effects = compare_groups(table, margin=0.9, correction=correction)
    a, b = two(table, "r00")
    means = CompareMeans(DescrStatsW(a), DescrStatsW(b))
    largest, _ = means.ttost_ind(-0.9, 0.9)
    assert effects.set_index("region").loc["r00", "p_equivalence"] == pytest.approx(largest)
    expected = multipletests(effects["p_equivalence"], method=theirs)[1]
    np.testing.assert_allclose(effects["q_equivalence"], expected, **TIGHT)
    assert effects["equivalent"].tolist() == (effects["p_equivalence"] < 0.05).tolist()


def test_p_of_equivalence_is_corrected_by_holm_beside_permutations():
    table = normal_table({"Control": 30, "PSP": 30}, seed=3)
    effects = compare_groups(table, margin=0.9, correction="maxt", n_permutations=100)
    expected = multipletests(effects["p_equivalence"], method="holm")[1]
    np.testing.assert_allclose(effects["q_equivalence"], expected, **TIGHT)


def test_an_unknown_correction_is_refused():
    with pytest.raises(OptionError, match="bonferroni"):
        correct(np.array([0.1]), "fdr")


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_any_difference_by_welch_equals_pingouin(missing):
    table = normal_table(seed=6, missing=missing)
    effects = compare_groups(table, method="welch", omnibus="only").set_index("region")
    for region in ["r00", "r04"]:
        data = wide(table).dropna(subset=[region])
        theirs = pingouin.welch_anova(data, dv=region, between="group").iloc[0]
        ours = effects.loc[region]
        p = theirs["p_unc"] if "p_unc" in theirs else theirs["p-unc"]
        np.testing.assert_allclose(
            [ours.statistic, ours.df_num, ours.df, ours.p, ours.np2, ours.n1],
            [theirs["F"], theirs["ddof1"], theirs["ddof2"], p, theirs["np2"], len(data)],
            **TIGHT,
        )


@pytest.mark.parametrize("digits", [1, 6], ids=["ties", "no ties"])
def test_any_difference_by_ranks_equals_scipy(digits):
    table = normal_table(seed=7, missing=0.15).round({"value": digits})
    effects = compare_groups(table, method="mannwhitney", omnibus="only").set_index("region")
    for region in ["r00", "r04"]:
        data = wide(table).dropna(subset=[region])
        theirs = stats.kruskal(*(values for _, values in data.groupby("group")[region]))
        ours = effects.loc[region]
        np.testing.assert_allclose([ours.statistic, ours.p], theirs, **TIGHT)
        assert (ours.df_num, ours.n1) == (3, len(data))
        assert ours.np2 == pytest.approx(ours.statistic / (len(data) - 1))


@pytest.mark.parametrize(("test", "statistic"), [(welch_anova, 2.857), (kruskal_wallis, 2.333)])
def test_two_groups_have_the_statistic_of_their_test(test, statistic):
    groups = [np.array([[1.0], [2.0], [4.0]]), np.array([[3.0], [5.0], [9.0]])]
    assert test(groups)["statistic"].item() == pytest.approx(statistic, abs=5e-4)
