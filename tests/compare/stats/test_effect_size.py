"""Exact intervals of many regions, interpolated, against root finding region by region."""

import numpy as np
import pytest
from scipy import optimize, special, stats

from neuroflow.compare.stats.effect_size import (
    eta_squared_interval,
    hedges_g,
    standardised_interval,
)

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
