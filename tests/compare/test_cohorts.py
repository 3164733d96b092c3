import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import long, people

import neuroflow as nf
from neuroflow.compare.cohorts.meta_analysis import pool
from neuroflow.compare.cohorts.prediction import predict_another
from neuroflow.errors import CompareError, ResultWarning


def cohorts(sizes, shifts, seed=0, columns=12):
    """Return a table of several cohorts with a true difference in each."""
    rng = np.random.default_rng(seed)
    parts = []
    for name, n, shift in zip("ABCDEFGH", sizes, shifts, strict=False):
        studies = people({"Control": n, "PSP": n}).assign(cohort_id=name)
        studies["study_id"] = name + studies["study_id"].astype(str)
        studies["participant_id"] = studies["study_id"]
        sick = (studies["group"] == "PSP").to_numpy()[:, None]
        parts.append(long(studies, 10 + shift * sick + rng.normal(size=(2 * n, columns))))
    return pd.concat(parts, ignore_index=True)


# R 4.2.2, metafor 3.8.1: rma(y, sei = se, method = "REML", test = "knha")
METAFOR = {
    "estimate": 0.3144973296237,
    "se": 0.0762813402531,
    "ci_low": 0.1027063758600,
    "ci_high": 0.5262882833873,
    "p": 0.0145784130449,
    "tau2": 0.0175708349706,
    "i2": 55.9594472820172,
    "heterogeneity_q": 9.3317345245069,
}
Y = np.array([0.30, 0.10, 0.50, 0.20, 0.45])
SE = np.array([0.10, 0.12, 0.08, 0.15, 0.20])


def test_summary_agrees_with_metafor_to_ten_digits():
    found = pool(Y[:, None], SE[:, None], 0.95)
    for name, value in METAFOR.items():
        assert found[name][0] == pytest.approx(value, rel=1e-10), name


def test_summary_agrees_with_an_independent_search_of_the_likelihood():
    y, se = Y, SE

    def restricted(tau2):
        w = 1 / (se**2 + tau2)
        mu = (w * y).sum() / w.sum()
        return np.log(1 / w).sum() + np.log(w.sum()) + (w * (y - mu) ** 2).sum()

    grid = np.linspace(0, 0.2, 200_001)
    tau2 = grid[np.argmin([restricted(t) for t in grid])]
    found = pool(y[:, None], se[:, None], 0.95)
    assert found["tau2"][0] == pytest.approx(tau2, abs=2e-6)
    w = 1 / (se**2 + found["tau2"][0])
    mu = (w * y).sum() / w.sum()
    assert found["estimate"][0] == pytest.approx(mu)
    knapp = np.sqrt((w * (y - mu) ** 2).sum() / 4 / w.sum())
    assert found["se"][0] == pytest.approx(knapp)


def mixture_by_sampling(y, se, confidence, draws=100_000):
    """Return the interval of another cohort by drawing Q, its variance, and effects."""
    rng = np.random.default_rng(3)

    def q_of(tau2):
        w = 1 / (se**2 + tau2)
        return (w * (y - (w * y).sum() / w.sum()) ** 2).sum()

    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1e5, 20_000)])
    values = np.array([q_of(tau2) for tau2 in grid])
    tau2 = np.interp(-rng.chisquare(len(y) - 1, draws), -values, grid)  # 0 above the largest Q
    w = 1 / (se**2 + tau2[:, None])
    mean = (w * y).sum(axis=1) / w.sum(axis=1)
    another = rng.normal(mean, np.sqrt(tau2 + 1 / w.sum(axis=1)))
    return np.quantile(another, [(1 - confidence) / 2, (1 + confidence) / 2])


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("k", [3, 5])
def test_interval_of_another_cohort_equals_sampling(k, confidence):
    y, se = Y[:k], SE[:k]
    found = predict_another(y[:, None], se[:, None], confidence)
    sampled = mixture_by_sampling(y, se, confidence)
    width = sampled[1] - sampled[0]
    np.testing.assert_allclose(np.ravel(found), sampled, atol=0.03 * width)


@pytest.mark.parametrize("tau", [0.0, 0.2, 0.6])
def test_interval_of_another_cohort_holds_its_effect(tau):
    rng = np.random.default_rng(2)
    se = rng.uniform(0.1, 0.4, (6, 1))
    truth = 0.5 + tau * rng.normal(size=(6, 2000))
    low, high = predict_another(truth + se * rng.normal(size=truth.shape), se + 0 * truth, 0.95)
    another = 0.5 + tau * rng.normal(size=2000)
    assert np.mean((low <= another) & (another <= high)) > 0.93


def test_interval_of_another_cohort_leaves_missing_cohorts_out():
    y, se = np.tile(Y[:, None], 3), np.tile(SE[:, None], 3)
    y[4, 1], se[1:, 2] = np.nan, np.nan
    low, high = predict_another(y, se, 0.95)
    alone = np.ravel(predict_another(Y[:4, None], SE[:4, None], 0.95))
    np.testing.assert_allclose([low[1], high[1]], alone, rtol=1e-9)
    assert np.isnan([low[2], high[2]]).all()


def test_cohorts_that_agree_have_no_variance_between_them():
    found = pool(np.full((4, 1), 0.3), np.array([[0.1], [0.2], [0.1], [0.3]]), 0.95)
    assert found["tau2"][0] == 0
    assert found["i2"][0] == 0


@pytest.mark.parametrize("tau", [0.0, 0.3])
def test_intervals_of_the_summary_cover_the_truth(tau):
    rng = np.random.default_rng(1)
    se = rng.uniform(0.1, 0.4, (6, 1))
    truth = 0.5 + tau * rng.normal(size=(6, 4000))
    found = pool(truth + se * rng.normal(size=truth.shape), np.broadcast_to(se, truth.shape), 0.95)
    covered = np.mean((found["ci_low"] <= 0.5) & (found["ci_high"] >= 0.5))
    assert 0.925 < covered < 0.975


def test_each_cohort_and_their_summary_are_rows_of_one_table():
    found = nf.compare_cohorts(cohorts([12, 15, 20], [1.0, 0.8, 1.2]))
    assert found.groupby("cohort", sort=False).size().to_dict() == {
        "A": 12,
        "B": 12,
        "C": 12,
        "random effects": 12,
    }
    one = nf.compare_groups(cohorts([12, 15, 20], [1.0, 0.8, 1.2]).query("cohort_id == 'B'"))
    mine = found[found["cohort"] == "B"]
    np.testing.assert_allclose(mine["estimate"], one["estimate"])


def test_one_model_of_all_studies_stands_beside_the_summary():
    table = cohorts([12, 15, 20], [1.0, 0.8, 1.2])
    found = nf.compare_cohorts(table, one_model=True)
    whole = nf.compare_groups(table, covariates="C(cohort_id)")
    np.testing.assert_allclose(found[found["cohort"] == "one model"]["estimate"], whole["estimate"])


def test_effect_tables_of_other_teams_can_be_pooled():
    table = cohorts([12, 15, 20], [1.0, 0.8, 1.2])
    sent = [
        nf.compare_groups(part).assign(cohort=name) for name, part in table.groupby("cohort_id")
    ]
    pooled = nf.pool_effects(pd.concat(sent, ignore_index=True), value="effect_size")
    found = nf.compare_cohorts(table, value="effect_size")
    mine = found[found["cohort"] == "random effects"]
    np.testing.assert_allclose(pooled["estimate"], mine["estimate"])
    assert (pooled["k"] == 3).all()


def test_heterogeneous_cohorts_are_seen_and_widen_the_interval():
    found = nf.compare_cohorts(cohorts([20] * 4, [0.0, 3.0, 0.0, 3.0]))
    summary = found[found["cohort"] == "random effects"]
    assert (summary["i2"] > 80).all()
    assert (summary["pi_low"] < 0).all()
    assert (summary["without_high"] > summary["estimate"]).all()


def test_a_cohort_without_controls_is_left_out_aloud():
    table = cohorts([12, 12, 12], [1.0, 1.0, 1.0])
    table = table[(table["cohort_id"] != "B") | (table["group"] == "PSP")]
    with pytest.warns(ResultWarning, match="1 of 3 cohorts were excluded"):
        found = nf.compare_cohorts(table)
    assert set(found["cohort"]) == {"A", "C", "random effects"}
    assert "B: " in nf.methods_text(found)


def test_one_cohort_alone_is_refused():
    with pytest.raises(CompareError, match="Only 1 of 1"):
        nf.compare_cohorts(cohorts([12], [1.0]))


def test_a_region_of_one_cohort_only_has_a_reason():
    table = cohorts([12, 12], [1.0, 1.0])
    table = table[(table["cohort_id"] == "A") | (table["region"] != "r00")]
    found = nf.compare_cohorts(table)
    summary = found[found["cohort"] == "random effects"].set_index("region")
    assert summary.loc["r00", "reason"] == "1 cohort with a value"
    assert np.isnan(summary.loc["r00", "p"])


def test_methods_name_cohorts_and_model():
    text = nf.methods_text(nf.compare_cohorts(cohorts([12, 12], [1.0, 1.0])))
    assert "each of 2 cohorts (A and B)" in text
    assert "Hartung and Knapp" in text


def test_identical_cohorts_have_a_reason_instead_of_a_test():
    (one,) = (part for _, part in cohorts([12], [1.0]).groupby("cohort_id"))
    again = one.assign(cohort_id="copy", study_id=one["study_id"] + "c")
    found = nf.compare_cohorts(pd.concat([one, again]))
    summary = found[found["cohort"] == "random effects"]
    assert summary["reason"].str.contains("are they the same studies").all()
    assert summary[["se", "ci_low", "p", "q", "pi_high"]].isna().all(axis=None)
    assert summary["estimate"].to_numpy() == pytest.approx(found["estimate"][:12].to_numpy())


@pytest.mark.parametrize("error", [0.0, np.inf, np.nan])
def test_effects_without_a_usable_error_are_named(error):
    effects = pd.DataFrame({"cohort": list("ABC"), "region": "SCP", "metric": "FW"})
    effects = effects.assign(contrast="PSP - PD", estimate=[0.3, 0.1, 0.2], se=[0.1, 0.1, error])
    with pytest.warns(ResultWarning, match=r"1 of 3 effects .* \(C: 1, as SCP FW PSP - PD\)"):
        pooled = nf.pool_effects(effects)
    assert pooled["k"].tolist() == [2]
