import numpy as np
import pytest

from neuroflow.compare.stats import two_groups
from neuroflow.compare.stats.two_groups import shift


@pytest.mark.parametrize("digits", [12, 2, 1])
def test_selection_agrees_with_sorting_all_differences(monkeypatch, digits):
    rng = np.random.default_rng(0)
    for m, n in ((30, 41), (200, 7), (64, 64)):
        a, b = rng.normal(0.3, 1, m).round(digits), rng.normal(0, 2, n).round(digits)
        everything = shift(a, b, 0.95)
        monkeypatch.setattr(two_groups, "_ALL", 0)
        np.testing.assert_allclose(shift(a, b, 0.95), everything, rtol=1e-12, atol=1e-13)
        monkeypatch.undo()


def test_twenty_thousand_studies_need_no_matrix():
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.5, 1, 10_000), rng.normal(0, 1, 10_000)
    middle, low, high = shift(a, b, 0.95)
    assert low < 0.5 < high
    assert high - low < 0.06
    assert middle == pytest.approx(0.5, abs=0.04)
