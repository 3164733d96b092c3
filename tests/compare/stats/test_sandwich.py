"""Robust errors: CR2 and its degrees of freedom by their definitions, and simulated truth."""

import numpy as np
import pytest
from scipy import linalg, stats
from support.comparison_tables import long, people

from neuroflow.compare.groups import compare_groups
from neuroflow.compare.stats.linear import Sandwich, fit_linear, wald_statistic
from neuroflow.compare.stats.linear.sandwich import spread_df


@pytest.fixture
def fit():
    """Return a model of 12 participants with one to four visits, and who they are."""
    rng = np.random.default_rng(0)
    who = rng.permutation(np.repeat(np.arange(12), [1, 2, 3, 4] * 3))
    group = who % 3
    design = np.column_stack([group == 0, group == 1, group == 2, rng.normal(size=len(who))])
    values = rng.normal(size=(len(who), 4)) + rng.normal(size=(12, 4))[who]
    return fit_linear(design.astype(float), values), who


def by_definition(model, weights, who):
    """Return vectors p_g (n each) with c'b = sum of p_g'y, from full n x n matrices."""
    x, n = model.design, len(who)
    rest = np.eye(n) - x @ model.unscaled @ x.T
    vectors = []
    for one in np.unique(who):
        mine = who == one
        adjust = linalg.fractional_matrix_power(rest[np.ix_(mine, mine)], -0.5).real
        vectors.append(rest[:, mine] @ adjust @ x[mine] @ model.unscaled @ weights.T)
    return np.array(vectors)


def test_cr2_and_satterthwaite_follow_their_definitions(fit):
    model, who = fit
    weights = np.array([[1.0, -1, 0, 0]])
    vectors = by_definition(model, weights, who)[:, :, 0]
    y = model.design @ model.coefficients + model.residuals
    errors = Sandwich.cr2(model, weights, who)
    variance = ((vectors @ y) ** 2).sum(axis=0)
    np.testing.assert_allclose(errors.covariance(model.residuals)[:, 0, 0], variance, rtol=1e-9)
    eigenvalues = np.linalg.eigvalsh(vectors @ vectors.T)
    df = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
    assert errors.df == pytest.approx(df, rel=1e-9)
    assert errors.factor == pytest.approx(1)


def test_cr2_is_unbiased_where_visits_are_independent(fit):
    model, who = fit
    weights = np.array([[1.0, -1, 0, 0]])
    values = np.random.default_rng(1).normal(size=(len(who), 20000))
    drawn = fit_linear(model.design, values)
    errors = Sandwich.cr2(drawn, weights, who).covariance(drawn.residuals)[:, 0, 0]
    truth = (weights @ model.unscaled @ weights.T).item()
    assert errors.mean() == pytest.approx(truth, rel=0.02)


def test_f_of_correlated_visits_keeps_its_level():
    rng = np.random.default_rng(2)
    who = np.repeat(np.arange(21), 3)
    design = np.eye(3)[who % 3]
    draws = 4000
    values = rng.normal(size=(63, draws)) + 1.5 * rng.normal(size=(21, draws))[who]
    model = fit_linear(design, values)
    weights = np.array([[-1.0, 1, 0], [-1, 0, 1]])
    errors = Sandwich.cr2(model, weights, who)
    wald, _ = wald_statistic(model, weights, errors.covariance(model.residuals))
    p = stats.f.sf(errors.factor * wald, 2, errors.df)
    assert 0.03 < np.mean(p < 0.05) < 0.06


def test_one_participant_alone_in_a_group_has_no_error():
    who = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    design = np.eye(2)[(who == 0).astype(int)]
    model = fit_linear(design, np.random.default_rng(3).normal(size=(8, 2)))
    errors = Sandwich.cr2(model, np.array([[1.0, -1]]), who)
    assert np.isnan(errors.covariance(model.residuals)).all()


@pytest.mark.parametrize("unit", [1.0, 1000.0])
@pytest.mark.parametrize("together", [True, False])
def test_freedom_of_the_residual_sd_follows_its_definition(fit, unit, together):
    model, who = fit
    model = fit_linear(model.design, unit * model.values)
    units = who if together else np.arange(len(who))
    n, count = len(who), len(np.unique(units))
    hat = model.design @ np.linalg.inv(model.design.T @ model.design) @ model.design.T
    single = (model.residuals**2 / (1 - np.diag(hat))[:, None] - model.sd**2) / n
    sums = np.array([single[units == one].sum(axis=0) for one in np.unique(units)])
    # How far the variance varies, unit by unit; of few participants more than they show.
    variance = (sums**2).sum(axis=0) * (count / (count - 1) if together else 1)
    found = spread_df(model, who if together else None)
    np.testing.assert_allclose(found, 2 * model.sd**4 / variance, rtol=1e-9)


# -------------------------------------------------- intervals of effect sizes cover


def covered(effects, truth):
    inside = (effects["effect_size_ci_low"] <= truth) & (truth <= effects["effect_size_ci_high"])
    return inside.mean()


@pytest.mark.parametrize("truth", [0.0, 0.8])
def test_g_of_repeated_visits_covers_under_cluster_errors(truth):
    rng = np.random.default_rng(4)
    studies = people({"Control": 60, "PSP": 60})
    studies["participant_id"] = [f"q{i // 4:02}" for i in range(120)]
    own = np.sqrt(0.8) * rng.normal(size=(30, 2000))[np.arange(120) // 4]
    values = own + np.sqrt(0.2) * rng.normal(size=(120, 2000))
    values += truth * (studies["group"] == "PSP").to_numpy()[:, None]
    effects = compare_groups(long(studies, values), robust="cluster")
    assert covered(effects, truth) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_g_of_unequal_spread_covers_under_hc3(truth):
    rng = np.random.default_rng(5)
    studies = people({"Control": 50, "PSP": 12})
    sick = (studies["group"] == "PSP").to_numpy()[:, None]
    sd = np.where(sick, 3.0, 1.0)
    overall = np.sqrt((50 + 12 * 9) / 62)
    values = sd * rng.normal(size=(62, 2000)) + truth * overall * sick
    effects = compare_groups(long(studies, values), robust="HC3")
    assert covered(effects, truth) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_g_of_unequal_spread_covers_under_welch(truth):
    rng = np.random.default_rng(6)
    studies = people({"Control": 50, "PSP": 12})
    sick = (studies["group"] == "PSP").to_numpy()[:, None]
    values = np.where(sick, 3.0, 1.0) * rng.normal(size=(62, 2000))
    values += truth * np.sqrt((1 + 9) / 2) * sick
    effects = compare_groups(long(studies, values), method="welch")
    assert covered(effects, truth) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("truth", [0.0, 0.8])
def test_g_over_the_raw_sd_covers_what_it_names(truth):
    rng = np.random.default_rng(7)
    studies = people({"Control": 30, "PSP": 30})
    age = rng.normal(65, 6, (60, 1))
    values = 0.25 * (age - 65) + rng.normal(size=(60, 2000))
    raw = np.sqrt(1 + (0.25 * 6) ** 2)
    values += truth * raw * (studies["group"] == "PSP").to_numpy()[:, None]
    table = long(studies.assign(age=age[:, 0]), values)
    effects = compare_groups(table, covariates="age", standardizer="raw")
    drawn = np.sqrt(1 + (0.25 * age.std(ddof=2)) ** 2)  # of these ages, which all columns share
    assert covered(effects, truth * raw / drawn) == pytest.approx(0.95, abs=0.025)
    assert "over the SD within the groups" in effects.attrs["effect_size"]
    adjusted = compare_groups(table, covariates="age").attrs["effect_size"]
    assert adjusted.startswith("adjusted Hedges' g over the model's residual SD")
