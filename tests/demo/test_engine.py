"""The simulated values against the table they are drawn from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.demo.service.reference_stats import COMPOSED, GROUPS, group_statistics
from neuroflow.errors import DemoError

COUNT = 250


def simulated(subject: Subject) -> pd.Series:
    return simulate(subject).set_index(["region", "metric"])["value"]


@pytest.fixture(scope="module", params=["Control", "MSA"])
def many(request: pytest.FixtureRequest) -> tuple[str, pd.DataFrame]:
    subjects = [Subject(f"{i}", request.param, age=65.0, sex="M") for i in range(COUNT)]
    values = pd.DataFrame([simulated(subject) for subject in subjects])
    return request.param, values[list(group_statistics().index)]


def test_means_are_those_of_the_table(many: tuple[str, pd.DataFrame]) -> None:
    group, values = many
    expected = group_statistics()
    standard_errors = expected[f"{group}_sd"] / np.sqrt(COUNT)
    assert ((values.mean() - expected[f"{group}_mean"]) / standard_errors).abs().max() < 4


def test_spread_is_that_of_the_table(many: tuple[str, pd.DataFrame]) -> None:
    group, values = many
    ratio = values.std() / group_statistics()[f"{group}_sd"]
    assert ratio.between(0.75, 1.3).all()
    assert ratio.mean() == pytest.approx(1, abs=0.03)


def test_correlations_follow_the_loadings(many: tuple[str, pd.DataFrame]) -> None:
    _, values = many
    loading = group_statistics()["first_factor_loading"].xs("FW", level="metric")
    found = values.xs("FW", axis=1, level="metric").corr().to_numpy()
    expected = np.outer(loading, loading)
    pairs = np.triu_indices(len(loading), k=1)
    assert np.corrcoef(found[pairs], expected[pairs])[0, 1] > 0.95
    assert np.mean(found[pairs] - expected[pairs]) == pytest.approx(0, abs=0.04)


def test_values_move_with_age_by_the_slope() -> None:
    young, old = (
        np.mean([simulated(Subject(f"{i}", "Control", age, "F")) for i in range(40)], axis=0)
        for age in (55.0, 75.0)
    )
    index = simulated(Subject("0", "Control", 55.0, "F")).index
    change = pd.Series((old - young) / 20, index=index)
    assert change["Caudate", "FW"] == pytest.approx(0.0024848, rel=0.05)
    assert change["RN", "FA"] == pytest.approx(-0.0007619, rel=0.05)


def test_a_study_has_66_regions_with_fractions_of_two_metrics() -> None:
    for group in GROUPS:
        for age in (0.0, 65.0, 120.0):
            values = simulated(Subject("x", group, age, "M"))
            assert len(values) == 132
            assert values.between(0, 1).all()


def test_the_same_subject_and_seed_give_the_same_values() -> None:
    subject = Subject("x", "PSP", 70.0, "M")
    assert simulate(subject, 3).equals(simulate(subject, 3))
    assert not simulate(subject, 3).equals(simulate(subject, 4))


def test_visits_are_alike_but_not_equal() -> None:
    subjects = [Subject(f"{i}", "Control", 65.0, "M") for i in range(60)]
    first = pd.DataFrame([simulated(subject) for subject in subjects])
    second = pd.DataFrame([simulated(replace(subject, visit=2)) for subject in subjects])
    published = list(group_statistics().index)
    assert first[published].corrwith(second[published]).mean() == pytest.approx(0.9, abs=0.05)


def test_composed_regions_are_the_mean_of_their_parts() -> None:
    values = simulated(Subject("x", "MSA", 60.0, "F")).unstack("metric")
    for stem, parts in COMPOSED.items():
        assert values.loc[stem].to_numpy() == pytest.approx(
            values.loc[list(parts)].mean().to_numpy(), abs=0.05
        )
    assert not values.loc["Left_midbrain"].equals(values.loc["Right_midbrain"])


def test_a_group_without_statistics_is_refused() -> None:
    with pytest.raises(DemoError, match="PD, MSA"):
        simulate(Subject("x", "CBD", 60.0, "F"))


def test_all_regions_are_simulated_within_bounds():
    values = simulate(Subject("01", "MSA", age=64.0, sex="F"))
    assert (len(values), values.region.nunique()) == (132, 66)
    assert values.value.between(0, 1).all()


def test_the_statistics_are_those_of_the_publication():
    statistics = group_statistics()
    assert (len(statistics), statistics.loc[("MCP", "FW"), "MSA_mean"]) == (120, 0.172)
