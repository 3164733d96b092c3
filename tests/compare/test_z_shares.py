"""Shares of the t distribution, interpolated between nodes where there are many values."""

import numpy as np
import pytest
from scipy import stats

from neuroflow.compare.norms.t_shares import t_share_below


@pytest.mark.parametrize("df", [1.0, 3.0, 17.0, 245.0])
def test_many_shares_equal_those_of_scipy(df):
    x = np.linspace(-9, 9, 40_000).reshape(200, -1)
    expected = stats.t.cdf(x, df)
    np.testing.assert_allclose(t_share_below(x, np.full(200, df)), expected, rtol=2e-9)


def test_each_row_has_its_own_degrees_of_freedom():
    x = np.array([[1.0, np.nan], [1.0, -2.0], [1.0, 7.0]])
    df = np.array([2.0, 9.0, np.nan])
    np.testing.assert_allclose(t_share_below(x, df), stats.t.cdf(x, df[:, None]))
