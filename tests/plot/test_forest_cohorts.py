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


def test_summary_of_another_quantity_is_not_drawn(table):
    found = nf.compare_cohorts(table, value="estimate")
    ax = nf.plot.forest(found, by="cohort", contrasts="PSP - Control", value="effect_size")
    assert not [item for item in ax.collections if isinstance(item, PolyCollection)]


def test_several_contrasts_of_cohorts_are_refused(table):
    with pytest.raises(OptionError, match="one contrast, not 2"):
        nf.plot.forest(nf.compare_cohorts(table), by="cohort")
    with pytest.raises(TableError, match="no column cohort"):
        nf.plot.forest(nf.compare_groups(table.drop_duplicates()), by="cohort")
