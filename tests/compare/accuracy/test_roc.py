import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from neuroflow.compare.accuracy.roc import area_inference, roc_area


def sides(seed, m, n, shift, columns=1):
    rng = np.random.default_rng(seed)
    return rng.normal(shift, 1, (m, columns)), rng.normal(0, 1, (n, columns))


def delong_by_pairs(positive, negative):
    """Return area and variance from every pair of studies, as the paper defines them."""
    kernel = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    upper, lower = kernel.mean(axis=1), kernel.mean(axis=0)
    variance = upper.var(ddof=1) / len(positive) + lower.var(ddof=1) / len(negative)
    return kernel.mean(), variance


@pytest.mark.parametrize("digits", [8, 1, 0])
def test_area_and_variance_agree_with_all_pairs(digits):
    positive, negative = (part.round(digits) for part in sides(1, 23, 41, 0.8, columns=5))
    area = roc_area(positive, negative)
    for i in range(5):
        auc, variance = delong_by_pairs(positive[:, i], negative[:, i])
        assert area.auc[i] == pytest.approx(auc, abs=1e-12)
        assert area.se[i] ** 2 == pytest.approx(variance, abs=1e-12)


def test_area_agrees_with_scikit_learn():
    positive, negative = sides(2, 30, 50, 0.5)
    truth = np.repeat([1, 0], [30, 50])
    expected = roc_auc_score(truth, np.concatenate([positive, negative])[:, 0])
    assert roc_area(positive, negative).auc[0] == pytest.approx(expected, abs=1e-12)


def test_missing_values_change_nothing_in_other_columns():
    positive, negative = sides(3, 20, 20, 0.7, columns=2)
    whole = roc_area(positive, negative)
    positive[:5, 1] = np.nan
    negative[3, 1] = np.nan
    gaps = roc_area(positive, negative)
    alone = roc_area(positive[5:, 1:], np.delete(negative, 3, axis=0)[:, 1:])
    assert gaps.auc[0] == whole.auc[0]
    assert (gaps.auc[1], gaps.se[1], gaps.n_positive[1]) == (alone.auc[0], alone.se[0], 15)


def test_reversed_scores_have_the_mirrored_interval():
    positive, negative = sides(4, 20, 30, 0.7)
    up = area_inference(roc_area(positive, negative), 0.95)
    down = area_inference(roc_area(-positive, -negative), 0.95)
    assert down["ci_low"][0] == pytest.approx(1 - up["ci_high"][0])
    assert down["p"][0] == pytest.approx(up["p"][0])


@pytest.mark.parametrize("case", ["one study", "no study"])
def test_too_few_studies_give_no_interval(case):
    positive, negative = sides(5, 1 if case == "one study" else 0, 10, 0)
    found = area_inference(roc_area(positive, negative), 0.95)
    assert np.isnan([found["ci_low"][0], found["p"][0]]).all()


def test_separated_groups_have_an_interval_below_one():
    positive, negative = np.arange(10.0, 20)[:, None], np.arange(10.0)[:, None]
    area = roc_area(positive, negative)
    found = area_inference(area, 0.95)
    assert area.auc[0] == 1
    assert 0.7 < found["ci_low"][0] < 0.95
    assert found["ci_high"][0] == 1
    assert 0 < found["p"][0] < 0.001


@pytest.mark.parametrize(("m", "n"), [(10, 10), (10, 40), (40, 60)])
@pytest.mark.parametrize("truth", [0.5, 0.8, 0.95])
def test_interval_covers_the_true_area(m, n, truth):
    shift = np.sqrt(2) * stats.norm.ppf(truth)
    found = area_inference(roc_area(*sides(6, m, n, shift, columns=2000)), 0.95)
    covered = np.mean((found["ci_low"] <= truth) & (truth <= found["ci_high"]))
    assert 0.935 < covered < 0.995


def test_p_value_of_noise_is_uniform_at_five_percent():
    found = area_inference(roc_area(*sides(7, 25, 35, 0, columns=4000)), 0.95)
    assert 0.03 < np.mean(found["p"] < 0.05) < 0.06
