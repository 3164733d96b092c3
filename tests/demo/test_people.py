"""Who is scanned where and when in the demo."""

import pytest

from neuroflow.demo.folder import DemoFolder
from neuroflow.demo.people import plan_others, plan_visits
from neuroflow.demo.population import read_population, write_population


@pytest.mark.parametrize(
    ("visits", "n_visits", "n_people"),
    [(plan_visits(24), 24, 20), (plan_others(160, 24), 284, 140)],
)
def test_some_people_come_more_than_once(visits, n_visits, n_people):
    assert (len(visits), len({visit.participant_id for visit in visits})) == (n_visits, n_people)


def test_only_people_beyond_the_cohort_are_written(tmp_path):
    made = DemoFolder(tmp_path)
    write_population(made, n_people=6, n_studies=4, seed=1)
    assert sorted(read_population(made)["participant_id"].unique()) == ["D005", "D006"]
