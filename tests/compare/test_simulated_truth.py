"""What is known by construction comes out: intervals cover, false discoveries stay rare."""

import numpy as np
import pytest
from support.comparison_tables import long, people, realistic_table

from neuroflow.compare.groups import compare_groups
from neuroflow.compare.stats.contrasts import PLANNED

GROUPS = {"Control": 14, "PD": 11, "PSP": 8}


def covered(effects, low, high, truth):
    inside = (effects[low] <= truth) & (truth <= effects[high])
    return inside.mean()


@pytest.fixture(scope="module")
def cohort():
    """3000 columns with a known shift of PSP of 1.5 units and an age slope."""
    rng = np.random.default_rng(0)
    studies = people(GROUPS)
    mean = 1.5 * (studies["group"] == "PSP") + 0.1 * studies["age"]
    values = mean.to_numpy()[:, None] + rng.normal(0, 2, (len(studies), 3000))
    return long(studies, values)


@pytest.mark.parametrize(("confidence", "margin"), [(0.95, 0.012), (0.8, 0.022)])
def test_intervals_of_adjusted_differences_and_of_g_cover(cohort, confidence, margin):
    effects = compare_groups(
        cohort, contrasts=["PSP - Control"], covariates=["age", "sex"], confidence=confidence
    )
    assert covered(effects, "ci_low", "ci_high", 1.5) == pytest.approx(confidence, abs=margin)
    assert covered(effects, "effect_size_ci_low", "effect_size_ci_high", 0.75) == pytest.approx(
        confidence, abs=margin
    )
    assert effects["effect_size"].mean() == pytest.approx(0.75, abs=0.03)  # g is unbiased


def test_intervals_of_welch_cover_with_unequal_variances():
    rng = np.random.default_rng(1)
    studies = people({"Control": 20, "PSP": 9})
    sd = np.where(studies["group"] == "PSP", 4.0, 1.0)[:, None]
    values = 2.0 * (studies["group"] == "PSP").to_numpy()[:, None] + sd * rng.normal(
        0, 1, (len(studies), 3000)
    )
    effects = compare_groups(long(studies, values), method="welch")
    assert covered(effects, "ci_low", "ci_high", 2.0) == pytest.approx(0.95, abs=0.015)


def test_intervals_of_the_rank_methods_cover():
    rng = np.random.default_rng(2)
    studies = people({"Control": 25, "PSP": 20})
    shift = (studies["group"] == "PSP").to_numpy()[:, None]
    values = shift + rng.normal(0, 1, (len(studies), 800))
    effects = compare_groups(long(studies, values), method="mannwhitney")
    assert covered(effects, "ci_low", "ci_high", 1.0) == pytest.approx(0.95, abs=0.025)
    truth = 2 * 0.760249938906523 - 1  # P(X > Y) is the normal distribution at 1 / sqrt(2)
    assert covered(effects, "effect_size_ci_low", "effect_size_ci_high", truth) == pytest.approx(
        0.95, abs=0.025
    )


def test_false_discoveries_stay_below_their_rate_over_200_cohorts():
    # One metric is one simulated cohort; 10 of 40 regions differ. BH holds 5 % x 30/40.
    cohorts, regions, different = 200, 40, 10
    rng = np.random.default_rng(3)
    studies = people({"Control": 20, "PSP": 20})
    common = 0.5 * rng.normal(0, 1, (len(studies), cohorts, 1))
    values = common + rng.normal(0, 1, (len(studies), cohorts, regions))
    values[(studies["group"] == "PSP").to_numpy(), :, :different] += 1.2
    table = long(studies, values.reshape(len(studies), -1), metrics=cohorts)
    effects = compare_groups(table, family="metric", covariates=["age"])
    found = effects["q"] < 0.05
    false = found & (effects["region"] >= f"r{different}")
    by_cohort = effects.assign(found=found, false=false).groupby("metric")[["found", "false"]].sum()
    rate = (by_cohort["false"] / by_cohort["found"].clip(lower=1)).mean()
    assert rate == pytest.approx(0.05 * 30 / 40, abs=0.012)
    assert (found & ~false).sum() / (cohorts * different) > 0.6


def test_published_differences_are_found_in_a_similar_cohort():
    table = realistic_table({"Control": 60, "PD": 60, "MSA": 60, "PSP": 60}, seed=1)
    effects = compare_groups(
        table, contrasts=PLANNED, covariates=["age", "sex"], metric="FW", family="contrast"
    )
    for region, contrast in [
        ("pSN", "PD+MSA+PSP - Control"),
        ("MCP", "MSA - PD+PSP"),
        ("Putamen", "MSA+PSP - PD"),
        ("SCP", "PSP - PD+MSA"),
    ]:
        row = effects[(effects["region"] == region) & (effects["contrast"] == contrast)].iloc[0]
        assert row["estimate"] > 0
        assert row["q"] < 0.05
