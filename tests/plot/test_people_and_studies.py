"""Figures and methods texts count people, and studies where some people have several."""

import pandas as pd
import pytest
from support.comparison_tables import realistic_table

import neuroflow as nf
from neuroflow.plot import FIGURES


@pytest.fixture(scope="module")
def repeated():
    """Six people of each group; two of the first and one of the second were scanned twice."""
    table = realistic_table({"Control": 6, "PSP": 6}, seed=4)
    table = table[table["region"].isin(["pSN", "SCP"]) & (table["metric"] == "FW")]
    people = table.groupby("group")["participant_id"].unique()
    twice = [*people["Control"][:2], *people["PSP"][:1]]
    again = table[table["participant_id"].isin(twice)]
    later = again.assign(study_id=again["study_id"] + "b", age=again["age"] + 1)
    return pd.concat([table.assign(session_id="1"), later.assign(session_id="2")])


def words(ax):
    legends = [*ax.figure.legends, *([ax.get_legend()] if ax.get_legend() else [])]
    return " ".join(text.get_text() for legend in legends for text in legend.get_texts())


@pytest.mark.parametrize("name", ["strip", "raincloud", "heatmap"])
def test_legends_count_people_and_name_their_studies(repeated, name):
    ax = FIGURES[name].draw(repeated)
    assert "Control (n = 6, 8 studies)" in words(ax)
    assert "PSP (n = 6, 7 studies)" in words(ax)


@pytest.mark.parametrize("name", ["strip", "raincloud"])
def test_captions_count_people_and_name_their_studies(repeated, name):
    text = nf.plot.caption(FIGURES[name].draw(repeated))
    assert "Control n = 6, 8 studies, PSP n = 6, 7 studies" in text


def test_cumulative_distributions_count_the_people_drawn(repeated):
    assert "Control (n = 6)" in words(nf.plot.ecdf(repeated, "SCP"))


def test_effects_of_repeated_visits_count_people(repeated):
    effects = nf.compare_groups(repeated, robust="cluster")
    assert "(n = 6 v 6; 7 v 8 studies)" in words(nf.plot.forest(effects))
    assert "Control (n = 6, 8 studies)" in nf.methods_text(effects)


def test_one_study_each_is_counted_once(repeated):
    once = repeated[repeated["session_id"] == "1"]
    assert "Control (n = 6) PSP (n = 6)" in words(nf.plot.strip(once))
    assert "Control (n = 6)" in nf.methods_text(nf.compare_groups(once))
