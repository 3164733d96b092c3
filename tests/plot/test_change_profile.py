"""One person's change in every region, over the prediction interval from the reference."""

import numpy as np
import pandas as pd
import pytest
from support.follow_up import cohort

import neuroflow as nf
from neuroflow.errors import CompareError, OptionError


@pytest.fixture
def table():
    return cohort()


def test_the_figure_is_readable(table, theme, assert_readable):
    with nf.plot.styled(theme=theme):
        assert_readable(nf.plot.change_profile(table, "PSP003"))


def test_points_and_intervals_are_those_of_person_change(table):
    ax = nf.plot.change_profile(table, "PSP003", ["pSN", "SCP"])
    mine = nf.person_change(table).query("participant_id == 'PSP003'").set_index("region")
    (inside, outside) = (points.get_offsets() for points in ax.collections[-2:])
    drawn = {int(y): x for x, y in np.vstack([inside, outside])}
    assert drawn[0] == pytest.approx(mine.loc["pSN", "z"])
    assert drawn[1] == pytest.approx(mine.loc["SCP", "z"])
    assert len(outside) == mine["beyond"].sum()
    bar = ax.patches[0]
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == pytest.approx((-1.96, 1.96), abs=1e-3)


def test_the_caption_counts_who_has_two_visits(table):
    ax = nf.plot.change_profile(table, "PSP003")
    people = table[table["group"] == "Control"].drop_duplicates(["participant_id", "age"])
    several = (people.groupby("participant_id")["age"].nunique() > 1).sum()
    assert f"Control (n = {several})" in nf.plot.caption(ax)


def test_changes_beyond_the_repeatability_are_marked(table):
    known = pd.DataFrame(
        {"region": ["pSN", "SCP"], "hemisphere": "", "metric": "FW", "rc": [1e-6, 9.0]}
    )
    ax = nf.plot.change_profile(table, "PSP003", ["pSN", "SCP"], repeatability=known)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert [name.endswith(" †") for name in names] == [True, False]
    assert "†: exceeds the repeatability coefficient" in nf.plot.caption(ax)


def test_a_person_without_two_visits_is_refused(table):
    with pytest.raises(OptionError, match="no two visits of Nobody"):
        nf.plot.change_profile(table, "Nobody")


def test_a_table_without_controls_is_refused(table):
    with pytest.raises(CompareError):
        nf.plot.change_profile(table[table["group"] == "PSP"], "PSP003")
