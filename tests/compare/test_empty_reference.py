"""A reference group of which nobody is left is refused, with who was left out and why."""

import pandas as pd
import pytest
from support.comparison_tables import long, people

from neuroflow.compare import change_over_time, compare_groups, z_scores
from neuroflow.errors import CompareError, OptionError, ResultWarning

METHODS = ("slopes", "mixed")


def two_visits(*, without=(), same_age=(), groups=None):
    """Two visits a year apart; some people of no age at any visit, or of one age at both."""
    base = people(groups or {"HC": 5, "PSP": 5, "MSA": 5}, 1)
    frames = []
    for number in (0, 1):
        studies = base.assign(
            study_id=base["study_id"] + f"v{number}",
            session_id=str(number),
            age=base["age"] + number * ~base["group"].isin(same_age),
        )
        studies.loc[studies["group"].isin(without), "age"] = None
        frames.append(long(studies, 1.0 + number + base[["age"]].to_numpy() / 90))
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("spelling", ["HC", "hc"])
def test_controls_with_one_age_are_named_not_dropped(spelling):
    table = two_visits(same_age=["HC"])
    with (
        pytest.raises(CompareError, match="reference group HC") as caught,
        pytest.warns(ResultWarning, match="5 participants have no change over time"),
    ):
        change_over_time(table, reference=spelling)
    assert "all visits at the same time: " in caught.value.why
    mine = table.loc[table["group"] == "HC", "study_id"].unique()
    assert all(study in caught.value.why for study in mine)


@pytest.mark.filterwarnings("ignore:.*no change over time")
@pytest.mark.parametrize("method", METHODS)
def test_controls_without_any_time_are_named(method):
    table = two_visits(without=["HC"])
    with pytest.raises(CompareError, match="reference group HC") as caught:
        change_over_time(table, reference="HC", method=method)
    assert "no " in caught.value.why
    assert "PSP" not in caught.value.why


def test_the_last_group_is_no_substitute_for_the_reference():
    table = two_visits(same_age=["HC"], groups={"HC": 4, "PSP": 5})
    with (
        pytest.warns(ResultWarning),
        pytest.raises(CompareError, match="Nobody of the reference group HC"),
    ):
        change_over_time(table, reference="HC")


@pytest.mark.filterwarnings("ignore:.*no change over time")
def test_controls_found_automatically_warn_where_nobody_is_left():
    with pytest.warns(ResultWarning, match="Nobody of the reference group HC"):
        change = change_over_time(two_visits(same_age=["HC"]))
    assert set(change["contrast"]) == {"MSA", "PSP", "PSP - MSA"}


def test_a_reference_outside_the_chosen_groups_is_refused():
    with pytest.raises(OptionError, match="HC is not among the groups"):
        change_over_time(two_visits(), groups="PSP", reference="HC")


def test_groups_without_controls_are_compared_silently():
    change = change_over_time(two_visits(), groups=["PSP", "MSA"])
    assert "MSA - PSP" in set(change["contrast"])


def test_groups_without_a_covariate_are_refused_as_reference():
    table = two_visits(without=["HC"])
    table = table[table["session_id"] == "0"]
    with pytest.raises(CompareError, match="reference group HC") as caught:
        compare_groups(table, reference="HC", covariates="age")
    assert caught.value.why.startswith("Excluded: no age: ")


def test_a_thin_reference_of_z_scores_names_who_is_missing():
    table = two_visits(without=["HC"])
    with pytest.raises(CompareError, match="HC has only 0") as caught:
        z_scores(table[table["session_id"] == "0"], covariates="age")
    mine = table.loc[(table["group"] == "HC") & (table["session_id"] == "0"), "study_id"]
    assert all(study in caught.value.why for study in mine.unique())


def test_planned_contrasts_need_no_reference():
    with pytest.warns(ResultWarning, match="no change over time"):
        change = change_over_time(
            two_visits(same_age=["HC"]), reference="HC", contrasts="PSP - MSA"
        )
    assert "PSP - MSA" in set(change["contrast"])
