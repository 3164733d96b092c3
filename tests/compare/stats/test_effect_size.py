"""Exact intervals of many regions, interpolated, against root finding region by region."""

import numpy as np
import pytest
from scipy import optimize, special, stats

from neuroflow.compare.stats.effect_size import (
    eta_squared_interval,
    hedges_g,
    noncentral,
    small_sample_factor,
    standardised_interval,
)
from neuroflow.compare.stats.effect_size.noncentral import noncentral_f, noncentral_t

N = 400  # enough to interpolate


@pytest.mark.parametrize("df", [4.0, 38.0, 994.0])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.999])
def test_interpolated_intervals_of_g_equal_bracketed_roots(df, confidence):
    t = np.random.default_rng(1).normal(2, 4, N)
    _, *ends = hedges_g(t, df, 1.0, confidence)
    tail = (1 - confidence) / 2
    for found, share in zip(ends, (1 - tail, tail), strict=True):
        for place in [int(t.argmin()), int(t.argmax()), *range(0, N, 50)]:

            def miss(shift, value=t[place], share=share):
                return stats.nct.cdf(value, df, shift) - share

            root = optimize.brentq(miss, found[place] - 1, found[place] + 1, xtol=1e-13)
            assert found[place] == pytest.approx(root, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("k", "df"), [(1.0, 12.0), (1.0, 496.0), (3.0, 994.0)])
@pytest.mark.parametrize("mean", [0.0, 3.0, 60.0])
def test_interpolated_intervals_of_eta_squared_equal_single_ones(k, df, mean):
    f = stats.ncf.rvs(k, df, mean, size=N, random_state=3)
    n = df + k + 1
    many = eta_squared_interval(f, *(np.full(N, part) for part in (k, df, n)), 0.95)
    single = [eta_squared_interval(*map(np.array, (one, k, df, n)), 0.95) for one in f]
    np.testing.assert_allclose(np.array(many).T, np.array(single), atol=1e-10)
    for end, share in zip(many, (0.975, 0.025), strict=True):
        inside = end > 0
        shift = (end * n / (1 - end))[inside]
        np.testing.assert_allclose(special.ncfdtr(k, df, shift, f[inside]), share, atol=1e-9)


def test_regions_of_several_freedoms_keep_their_own():
    rng = np.random.default_rng(4)
    t, df = rng.normal(1, 3, 3 * N), np.repeat([30.0, 31.0, 500.0], N)
    t[5], df[-3:] = np.nan, [7.0, 8.0, np.nan]
    _, low, high = hedges_g(t, df, 1.0)
    known = np.isfinite(t) & np.isfinite(df)
    assert (np.isfinite(low) == known).all()
    np.testing.assert_allclose(stats.nct.sf(t, df, low)[known], 0.025, rtol=1e-8)
    np.testing.assert_allclose(stats.nct.cdf(t, df, high)[known], 0.025, rtol=1e-8)


def test_a_standardised_interval_includes_the_uncertainty_of_the_sd():
    ends = standardised_interval(*map(np.array, (1.0, 0.6, 30.0)), 0.95)
    assert [round(float(end), 3) for end in ends] == [0.349, 1.651]


@pytest.mark.parametrize("df", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("share", [0.025, 0.975])
def test_noncentrality_is_found_with_hardly_any_freedom(df, share):
    t = np.array([-3.0, 0.2, 4.0])
    found = noncentral_t(t, np.full(3, df), share)
    np.testing.assert_allclose(special.nctdtr(df, found, t), share, atol=1e-10)


def test_noncentrality_without_freedom_is_unknown():
    t, df = np.array([2.0, 2.0, np.nan, np.inf]), np.array([0.0, -1.0, 5.0, 5.0])
    assert np.isnan(noncentral_t(t, df, 0.5)).all()
    assert np.isnan(noncentral_t(t[:1], np.array([np.nan]), 0.5)).all()


@pytest.mark.parametrize(
    ("k", "df", "share", "f"),
    [(2, 1, 0.95, 200), (5, 1, 0.025, 0.1), (3, 40, 0.025, 5), (1, 2, 0.5, 30), (9, 500, 0.9, 2)],
)
def test_noncentrality_of_f_is_exact_where_steps_do_not_settle(k, df, share, f):
    found = noncentral_f(*(np.array([float(x)]) for x in (f, k, df)), share)

    def miss(shift):
        return special.ncfdtr(k, df, shift, f) - share

    root = optimize.brentq(miss, 1e-6, 1e4, xtol=1e-14, rtol=1e-14)
    assert found.item() == pytest.approx(root, rel=1e-8)


def test_noncentrality_at_the_central_quantile_is_zero():
    assert noncentral_f(*np.ones((3, 1)), 0.5).item() == pytest.approx(0, abs=1e-9)
    assert noncentral_f(*np.ones((3, 1)), 0.6).item() == 0


@pytest.mark.parametrize("effect", [-0.7, 0.0, 0.7])
def test_interval_of_a_standardised_difference_moves_both_parts(effect):
    half, df, confidence = 0.4, 12.0, 0.9
    # Zou and Donner: limits of the effect's two factors, put together by their distances.
    low_sd, high_sd = (np.sqrt(stats.chi2.ppf(share, df) / df) for share in (0.05, 0.95))
    inner = np.hypot(half, abs(effect) * (1 - low_sd))
    outer = np.hypot(half, abs(effect) * (high_sd - 1))
    below, above = (inner, outer) if effect >= 0 else (outer, inner)
    found = standardised_interval(*map(np.array, (effect, half, df)), confidence)
    assert [float(end) for end in found] == pytest.approx([effect - below, effect + above])


@pytest.mark.parametrize("df", [1.5, 7.0, 300.0])
def test_small_sample_factor_makes_the_mean_of_d_right(df):
    # E(sqrt(df / chi square)) is the mean of 1 / s in units of sigma; its inverse is the factor.
    mean = stats.chi2.expect(lambda x: np.sqrt(df / x), (df,))
    assert small_sample_factor(np.array(df)) == pytest.approx(1 / mean, rel=1e-6)


@pytest.mark.parametrize("k", [1.0, 2.0, 5.0])
@pytest.mark.parametrize("df", [8.0, 57.0, 1000.0])
def test_usual_values_of_f_need_no_slow_inversion(k, df, monkeypatch):
    monkeypatch.setattr(noncentral.special, "ncfdtrinc", None)
    f = np.array([0.3, 1.1, 2.0, 4.0, 8.0, 20.0, 80.0])
    for share in (0.025, 0.05, 0.95, 0.975):
        found = noncentral_f(f, np.full(7, k), np.full(7, df), share)
        above = found > 0
        assert special.ncfdtr(k, df, found, f)[above] == pytest.approx(share, abs=1e-9)
