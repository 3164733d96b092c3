"""Who is scanned where and when in the demo."""

from collections import Counter

import pytest

from neuroflow.demo.folder import DemoFolder
from neuroflow.demo.people import plan_others, plan_visits
from neuroflow.demo.population import read_population, write_population
from neuroflow.errors import DemoError


@pytest.mark.parametrize(
    ("visits", "n_visits", "n_people"),
    [(plan_visits(24), 24, 20), (plan_others(160, 24), 284, 140)],
)
def test_some_people_come_more_than_once(visits, n_visits, n_people):
    assert (len(visits), len({visit.participant_id for visit in visits})) == (n_visits, n_people)


@pytest.mark.parametrize("groups", [("Control", "PSP"), ("Control", "PD", "PSP")])
def test_chosen_groups_have_as_many_people_at_each_site(groups):
    visits = [visit for visit in plan_visits(29, groups=groups) if visit.number < 24]
    places = Counter((visit.group, visit.site.name) for visit in visits if visit.years == 0)
    assert len(places) == 4 * len(groups)
    assert set(places.values()) == {24 // len(places)}


@pytest.mark.parametrize(("groups", "why"), [(("Control", "ALS"), "ALS"), ((), "No group")])
def test_groups_without_statistics_are_refused(groups, why):
    with pytest.raises(DemoError, match=why):
        plan_visits(4, groups=groups)


def test_only_people_beyond_the_cohort_are_written(tmp_path):
    made = DemoFolder(tmp_path)
    write_population(made, n_people=6, n_studies=4, seed=1)
    assert sorted(read_population(made)["participant_id"].unique()) == ["D005", "D006"]
