"""A panel of the user's own, as wide as a journal's column, stays readable."""

import matplotlib.pyplot as plt
import pytest
from support.comparison_tables import realistic_table

from neuroflow.compare.correlate import correlate_regions
from neuroflow.compare.groups import compare_groups
from neuroflow.plot import (
    brain,
    caption,
    correlation,
    coverage,
    forest,
    heatmap,
    profile,
    raincloud,
    roc,
    strip,
)
from neuroflow.plot.common.style import MM, SINGLE_COLUMN
from neuroflow.results.table.coverage import coverage as counted

FEW = ["pSN", "SCP", "Putamen"]


@pytest.fixture(scope="module")
def table():
    return realistic_table()


@pytest.fixture
def panel():
    def make(height):
        figure = plt.figure(figsize=(SINGLE_COLUMN * MM, height * MM), layout="constrained")
        return figure.add_subplot()

    yield make
    plt.close("all")


def effects(table):
    return compare_groups(table, reference="Control", metric="FW")


DRAW = {
    "strip": (lambda t, ax: strip(t, FEW, ax=ax), 75),
    "raincloud": (lambda t, ax: raincloud(t, FEW, ax=ax), 90),
    "heatmap": (lambda t, ax: heatmap(t, regions=FEW, ax=ax), 75),
    "forest": (lambda t, ax: forest(effects(t), ax=ax, regions=FEW), 75),
    "profile": (lambda t, ax: profile(t, "study0040", ax=ax, regions=FEW), 75),
    "correlation": (lambda t, ax: correlation(correlate_regions(t), ax=ax, regions=FEW), 90),
    "coverage": (lambda t, ax: coverage(counted(t, by="group"), ax=ax), 60),
    "brain": (lambda t, ax: brain(effects(t), ax=ax, contrast="PSP - Control"), 95),
    "roc": (lambda t, ax: roc(t, FEW, positive="PSP", ax=ax), 85),
    "forest of all": (lambda t, ax: forest(effects(t), ax=ax), 400),
    "heatmap of all": (lambda t, ax: heatmap(t, ax=ax), 290),
    "profile of all": (lambda t, ax: profile(t, "study0040", ax=ax), 300),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_fits_into_the_column_of_a_journal(table, panel, assert_readable, name):
    draw, height = DRAW[name]
    ax = draw(table, panel(height))
    assert_readable(ax)  # a layout that cannot be solved is a warning, and warnings are errors
    assert ax.get_position().width > 0.4


def test_names_that_do_not_fit_stay_apart(table, panel):
    ax = heatmap(table, ax=panel(290))
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert len(set(names)) == len(names)


def test_a_small_brain_names_the_strongest_in_its_caption(table, panel):
    ax = brain(effects(table), ax=panel(95), contrast="PSP - Control")
    assert "Strongest: Superior cerebellar peduncle" in caption(ax)
    assert not any("strongest" in text.get_text() for text in ax.texts)
