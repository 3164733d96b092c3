"""Participants per arm: closed forms, simulation, and published figures."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower
from support.follow_up import cohort

import neuroflow as nf
from neuroflow.compare.longitudinal.power import TrialDesign, slope_variance
from neuroflow.compare.longitudinal.resampled import best_weights
from neuroflow.errors import OptionError, TableError

pytestmark = pytest.mark.filterwarnings("ignore:.*models with random")

TIMES = (0.0, 0.5, 1.0, 1.5)


def z(power=0.8, alpha=0.05):
    return stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)


def test_slopes_equal_the_closed_form_of_edland():
    design = TrialDesign(visits=TIMES)
    variance = slope_variance(np.array([[1.0, 0.2, 0.3]]), np.array([0.5]), design)
    squares = np.var(TIMES) * len(TIMES)
    edland = 2 * z() ** 2 * (0.3 + 0.5 / squares) / 0.2**2
    ours = design.needed(variance, np.array([0.2]))[0] - stats.norm.ppf(0.975) ** 2 / 4
    assert ours == pytest.approx(edland)


def test_exchangeable_visits_equal_liu_and_liang_with_allocation():
    rho, total, slope = 0.6, 2.0, 0.25
    design = TrialDesign(visits=TIMES, allocation=2.0)
    random = np.array([[rho * total, 0.0, 0.0]])
    variance = slope_variance(random, np.array([(1 - rho) * total]), design)
    squares = np.var(TIMES) * len(TIMES)
    share = 1 / 3  # of all participants in the smaller arm
    everybody = z() ** 2 * total * (1 - rho) / (share * (1 - share) * squares * slope**2)
    ours = design.needed(variance, np.array([slope]))[0] - stats.norm.ppf(0.975) ** 2 / 6
    assert 3 * ours == pytest.approx(everybody)


@pytest.mark.parametrize(
    ("source", "how", "n"),
    [
        # Cohen (1988), Statistical power analysis, table 2.4.1: power 0.80 at 0.05, two-sided.
        ({"effect_size": 0.5}, {}, 64),
        ({"effect_size": 0.8}, {}, 26),
    ],
)
def test_published_sample_sizes_are_reproduced(source, how, n):
    assert nf.sample_size(source, **how)["n_per_arm"].tolist() == [n]


@pytest.mark.parametrize(("variance", "n"), [(100.0, 313), (200.0, 625)])
def test_the_table_of_diggle_and_others_is_reproduced(variance, n):
    # Diggle, Heagerty, Liang and Zeger (2002), Analysis of longitudinal data, 2.4: visits at 0, 2
    # and 5, correlation 0.2, a difference of slopes of 0.5, power 0.8 at 0.05 one-sided.
    design = TrialDesign(alpha=0.1, visits=(0.0, 2.0, 5.0))
    random, residual = np.array([[0.2 * variance, 0, 0]]), np.array([0.8 * variance])
    needed = design.needed(slope_variance(random, residual, design), np.array([0.5]))[0]
    assert math.ceil(needed - stats.norm.ppf(0.95) ** 2 / 4) == n


@pytest.mark.parametrize("effect", [0.2, 0.6, 1.2])
def test_differences_equal_the_noncentral_t(effect):
    exact = TTestIndPower().solve_power(effect, alpha=0.05, power=0.9)
    assert abs(nf.sample_size({"effect_size": effect}, power=0.9)["n_per_arm"][0] - exact) < 1.01


def test_dropout_lowers_the_information_of_slopes():
    numbers = {"estimate": 1.0, "sd_intercept": 2.0, "sd_slope": 1.0, "sd_residual": 1.0}
    none = nf.sample_size(numbers, visits=TIMES)["n_per_arm"][0]
    some = nf.sample_size(numbers, visits=TIMES, dropout=0.3)["n_per_arm"][0]
    assert none < some < none / 0.7
    change = {"mean_change": 1.0, "sd_change": 1.0}
    plain = nf.sample_size(change)["n_per_arm"][0]
    assert nf.sample_size(change, dropout=0.2)["n_per_arm"][0] == pytest.approx(plain / 0.8, abs=2)


def test_the_stated_power_is_that_of_simulated_trials():
    rng = np.random.default_rng(1)
    numbers = {"estimate": 1.0, "sd_intercept": 1.0, "sd_slope": 0.5, "sd_residual": 0.4}
    plan = nf.sample_size(numbers, slowing=0.4, visits=TIMES)
    n, times, draws = int(plan["n_per_arm"][0]), np.array(TIMES), 2000
    arms = []
    for rate in (1.0, 0.6):
        slope = rate + 0.5 * rng.normal(size=(draws, n, 1))
        values = rng.normal(size=(draws, n, 1)) + slope * times
        values = values + 0.4 * rng.normal(size=values.shape)
        centred = times - times.mean()
        arms.append(values @ centred / (centred @ centred))
    found = (stats.ttest_ind(*arms, axis=1).pvalue < 0.05).mean()
    assert 0.78 < found < 0.82


def test_weights_maximise_change_for_its_spread():
    rng = np.random.default_rng(0)
    spread = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.0], [0.0, 0.0, 4.0]])
    slopes = rng.multivariate_normal([1.0, 0.2, 1.0], spread, 4000)
    weights = best_weights(slopes, slopes[:0])
    ideal = np.linalg.solve(spread, [1.0, 0.2, 1.0])
    np.testing.assert_allclose(weights / weights[0], ideal / ideal[0], atol=0.08)
    assert np.var(slopes @ weights, ddof=1) == pytest.approx(1)


def test_regions_a_composite_and_intervals_come_from_a_mixed_model():
    table = cohort(0, ("pSN", "SCP", "MCP"), noise=0.01)
    change = nf.change_over_time(table, method="mixed", groups="PSP")
    plan = nf.sample_size(change, table=table, n_boot=12, visits=TIMES)
    assert plan["region"].tolist() == ["pSN", "SCP", "MCP", "composite"]
    alone = nf.sample_size(change, visits=TIMES)
    assert plan["n_per_arm"][:3].tolist() == alone["n_per_arm"].tolist()
    inside = plan["n_ci_low"].astype(float) <= plan["n_per_arm"].astype(float)
    assert inside.all()
    assert (plan["n_per_arm"] <= plan["n_ci_high"].fillna(10**9)).all()
    assert "composite" in nf.plot.power(plan, "composite").get_legend_handles_labels()[1][0]


def test_noise_in_other_regions_does_not_flatter_the_composite():
    rng = np.random.default_rng(5)
    table = cohort(0, tuple("abcdefghij"), noise=0.0)
    table["value"] = 0.4 + rng.normal(0, 0.02, len(table))
    table["value"] += 0.01 * (table["region"] == "a") * table["time"]
    change = nf.change_over_time(table, method="mixed", groups="PSP")
    plan = nf.sample_size(change, table=table, n_boot=0).set_index("region")["n_per_arm"]
    assert plan["composite"] > 0.9 * plan["a"]


def test_areas_follow_hanley_and_mcneil():
    plan = nf.sample_size({"auc": [0.7, 0.8], "region": ["a", "b"]})
    assert plan["n_per_arm"].tolist() == [31, 13]


def test_unequal_groups_need_as_many_as_simulated_areas_say():
    area, per_negative = 0.8, 3
    plan = nf.sample_size({"auc": area}, allocation=per_negative)
    n = int(plan["n_per_arm"].iloc[0])
    assert plan["n_treated"].iloc[0] == per_negative * n
    # Hanley and McNeil's variance is that of exponential scores.
    rng = np.random.default_rng(7)
    positive = rng.exponential(area / (1 - area), (20_000, per_negative * n))
    negative = rng.exponential(1.0, (20_000, n))
    areas = (positive[:, :, None] > negative[:, None]).mean(axis=(1, 2))
    limit = 0.5 + 1.959964 * np.sqrt((1 + per_negative) / 12 / (per_negative * n))
    assert (areas > limit).mean() == pytest.approx(0.8, abs=0.03)


def test_what_cannot_be_planned_is_refused():
    with pytest.raises(TableError, match="cannot be computed"):
        nf.sample_size(pd.DataFrame({"mean": [1.0]}))
    with pytest.raises(OptionError, match="dropout"):
        nf.sample_size({"effect_size": 1.0}, dropout=20)
    with pytest.raises(OptionError, match="not a plan"):
        nf.sample_size({"effect_size": 1.0}, visits=(1, 0))
    assert math.isclose(TrialDesign().power_of(np.array([64.0]), 1.0, 0.5)[0], 0.8, abs_tol=0.002)


def test_power_figure_says_which_regions_it_draws():
    names = [f"r{i}" for i in range(9)]
    sds = [1.0 + 0.1 * i for i in range(9)]
    ax = nf.plot.power({"mean_change": [1.0] * 9, "sd_change": sds, "region": names})
    assert "the 6 regions of 9 that need the fewest" in nf.plot.caption(ax)
    few = nf.plot.power({"mean_change": [1.0] * 9, "sd_change": sds, "region": names}, names[:3])
    assert "need the fewest" not in nf.plot.caption(few)
