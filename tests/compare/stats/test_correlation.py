"""Correlations of columns with scattered missing values equal those of each pair's own rows."""

import numpy as np
import pytest
from scipy import stats

from neuroflow.compare.stats import correlation
from neuroflow.compare.stats.correlation import all_pairs
from neuroflow.compare.stats.terms import Covariate

CLOSE = {"rtol": 1e-9, "atol": 1e-11}


def scattered(n=60, m=9, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 1)) + rng.normal(size=(n, m))
    values[rng.random((n, m)) < 0.15] = np.nan
    return values


def one_by_one(left, right, method="pearson"):
    """Let scipy correlate the rows that each pair has."""
    test = {"pearson": stats.pearsonr, "spearman": stats.spearmanr}[method]
    r = np.full((left.shape[1], right.shape[1]), np.nan)
    for i, j in np.ndindex(r.shape):
        both = np.isfinite(left[:, i]) & np.isfinite(right[:, j])
        x, y = left[both, i], right[both, j]
        if len(x) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0:
            r[i, j] = test(x, y)[0]
    return r


def with_outlier(values):
    values[~np.isnan(values[:, 1]).nonzero()[0][:1], 1] = 1e9
    return values


def far_from_the_overlap(values):
    """Let one column be far off, but where others are missing: its mean says nothing of theirs."""
    values[:20, 2] = 1e7 * np.arange(20)
    values[:20, 3:] = np.nan
    return values


def constant_in_an_overlap(values):
    values[:30, 4] = 0.3
    values[30:, 5] = np.nan
    return values


def in_two_columns_only(values):
    values[:, 2:] = np.nan_to_num(values[:, 2:])
    return values


def few_in_common(values):
    values[2:, 0] = np.nan
    values[:, 1] = np.nan
    values[:58, 2] = np.nan
    values[:57, 3] = np.nan
    return values


@pytest.mark.parametrize("method", ["pearson", "spearman"])
@pytest.mark.parametrize(
    "change",
    [
        lambda v: v,
        lambda v: 0.3 + 0.001 * v,
        lambda v: 1e5 + 1e-2 * v,
        lambda v: v * 10.0 ** np.arange(-40, 41, 10),
        lambda v: v.round(),
        with_outlier,
        far_from_the_overlap,
        constant_in_an_overlap,
        few_in_common,
        in_two_columns_only,
    ],
)
def test_pairs_with_scattered_missing_values_equal_single_computations(change, method):
    values = change(scattered())
    found = all_pairs(values, values, (), method)
    present = np.isfinite(values).astype(float)
    np.testing.assert_array_equal(found.n, present.T @ present)
    np.testing.assert_array_equal(found.k, np.where(found.n < 3, np.nan, 0))
    np.testing.assert_allclose(found.r, one_by_one(values, values, method), **CLOSE)
    other = scattered(m=2, seed=1)
    found = all_pairs(other, values, (), method)
    np.testing.assert_allclose(found.r, one_by_one(other, values, method), **CLOSE)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_nearly_constant_columns_with_missing_values_have_no_correlation(method):
    values = scattered(n=200)
    values[:, 3] = 1e9 + 1e-9 * values[:, 3]  # all the same, once rounded
    values[5, 3] = np.nan
    found = all_pairs(values, values, (), method)
    assert np.isnan(np.delete(found.r[3], 3)).all()
    assert np.isfinite(np.delete(np.delete(found.r, 3, axis=0), 3, axis=1)).all()


@pytest.mark.parametrize("change", [lambda v: v, lambda v: 1e5 + 1e-2 * v, lambda v: v - 1e5])
def test_columns_far_from_zero_need_no_single_computation(change, monkeypatch):
    values = change(scattered())
    monkeypatch.setattr(correlation, "_correlate_block", None)
    found = all_pairs(values, values, (), "pearson")
    np.testing.assert_allclose(found.r, one_by_one(values, values), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_a_column_that_is_its_covariate_has_no_correlation(size):
    rng = np.random.default_rng(3)
    age, other = rng.normal(66, 8, 50), rng.normal(size=(50, 2))
    left = np.column_stack([0.1 + size * age, other[:, 0]])
    found = all_pairs(left, other, [Covariate("age", age)], "pearson")
    assert np.isnan(found.r[0]).all()
    design = np.column_stack([np.ones(50), age])
    rest = other - design @ np.linalg.lstsq(design, other, rcond=None)[0]
    np.testing.assert_allclose(found.r[1], np.corrcoef(rest.T)[0], **CLOSE)
    assert (found.k == 1).all()
