"""The forest of several cohorts: a mark for each, a diamond for their summary."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from support.comparison_tables import normal_table

import neuroflow as nf
from neuroflow.errors import OptionError, TableError


@pytest.fixture(scope="module")
def table():
    parts = [
        normal_table({"Control": 12, "PSP": 10, "PD": 9}, m=3, seed=i).assign(cohort_id=name)
        for i, name in enumerate(("Graz", "Ulm", "Lund"))
    ]
    for name, part in zip("GUL", parts, strict=True):
        part[["study_id", "participant_id"]] = name + part[["study_id", "participant_id"]]
    return pd.concat(parts, ignore_index=True)


def diamonds(ax):
    (found,) = [item for item in ax.collections if isinstance(item, PolyCollection)]
    return np.array([path.vertices[:4] for path in found.get_paths()])


@pytest.mark.parametrize("value", ["estimate", "effect_size"])
def test_diamonds_span_the_interval_of_the_summary(table, value):
    found = nf.compare_cohorts(table, value=value)
    ax = nf.plot.forest(found, by="cohort", contrasts="PSP - Control", value=value)
    summary = found[(found["cohort"] == "random effects") & (found["contrast"] == "PSP - Control")]
    corners = diamonds(ax)
    assert sorted(corners[:, 0, 0]) == pytest.approx(sorted(summary["ci_low"]))
    assert sorted(corners[:, 2, 0]) == pytest.approx(sorted(summary["ci_high"]))
    labels = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    cohorts = [f"{name} (n = 10 v 12)" for name in ("Graz", "Lund", "Ulm")]
    assert labels == [*cohorts, "random effects"]


@pytest.mark.parametrize(
    ("pooled", "value", "words"),
    [("estimate", "effect_size", "differences"), ("effect_size", "estimate", "effect sizes")],
)
def test_summary_of_another_quantity_is_not_drawn(table, pooled, value, words):
    found = nf.compare_cohorts(table, value=pooled)
    ax = nf.plot.forest(found, by="cohort", contrasts="PSP - Control", value=value)
    assert not [item for item in ax.collections if isinstance(item, PolyCollection)]
    assert f"The summary of the cohorts is one of {words}, and not drawn." in nf.plot.caption(ax)


def test_summary_alone_has_no_diamonds_in_words(table):
    found = nf.compare_cohorts(table)
    summary = found[found["cohort"] == "random effects"]
    assert "iamonds" not in nf.plot.caption(nf.plot.forest(summary, value="estimate"))


@pytest.mark.parametrize("draw", [nf.plot.forest, nf.plot.volcano])
def test_several_cohorts_are_refused_where_contrasts_are_drawn(table, draw):
    with pytest.raises(TableError, match="several effects of one region and contrast"):
        draw(nf.compare_cohorts(table))


def test_several_contrasts_of_cohorts_are_refused(table):
    with pytest.raises(OptionError, match="one contrast, not 2"):
        nf.plot.forest(nf.compare_cohorts(table), by="cohort")
    with pytest.raises(TableError, match="no column cohort"):
        nf.plot.forest(nf.compare_groups(table.drop_duplicates()), by="cohort")


@pytest.mark.parametrize("pooled", ["estimate", "effect_size"])
def test_the_quantity_of_the_summary_is_drawn_by_default(table, pooled):
    found = nf.compare_cohorts(table, value=pooled)
    ax = nf.plot.forest(found, by="cohort", contrasts="PSP - Control")
    assert len(diamonds(ax)) == 3
