"""Correlations over several diagnoses say so, in words and in the figure."""

import numpy as np
import pandas as pd
import pytest

from neuroflow.compare.correlate import correlate, correlate_regions
from neuroflow.compare.report.methods import methods_text
from neuroflow.plot import caption, scatter


@pytest.fixture
def table():
    """Groups that differ in both score and value; within them the two are unrelated."""
    rng = np.random.default_rng(1)
    level = np.repeat([0, 1, 2], 30)
    studies = pd.DataFrame(
        {
            "study_id": [f"s{i}" for i in range(90)],
            "group": np.repeat(["Control", "PD", "PSP"], 30),
            "updrs": 15.0 * level + rng.normal(0, 3, 90),
        }
    )
    values = pd.DataFrame({"region": ["pSN", "SCP"], "metric": "FW"})
    frame = studies.merge(values, how="cross")
    return frame.assign(value=0.2 + 0.05 * np.repeat(level, 2) + rng.normal(0, 0.02, 180))


def test_groups_taken_together_are_named_in_attrs_and_methods(table):
    for found in (correlate(table, "updrs"), correlate_regions(table)):
        assert found.attrs["pooled_groups"] == ["Control", "PD", "PSP"]
        assert "over all of Control, PD and PSP, not adjusted for group" in methods_text(found)


@pytest.mark.parametrize("options", [{"groups": "PD"}, {"covariates": "group"}])
def test_correlations_within_groups_need_no_remark(table, options):
    found = correlate(table, "updrs", **options)
    assert found.attrs["pooled_groups"] == []
    assert "not adjusted for group" not in methods_text(found)
    assert found["r"].abs().max() < 0.4 < correlate(table, "updrs")["r"].min()


def test_scatter_draws_a_line_within_each_group(table):
    ax = scatter(table, "updrs", "pSN")
    own = [line for line in ax.lines if len(line.get_xdata()) == 2]
    assert len(own) == 3
    assert len({line.get_color() for line in own}) == 3
    assert "Coloured lines: within each group." in caption(ax)
    within = scatter(table, "updrs", "pSN", covariates="group")
    assert [line for line in within.lines if len(line.get_xdata()) == 2] == []


def test_lines_within_groups_have_the_slopes_of_the_groups(table):
    ax = scatter(table, "updrs", "pSN")
    mine = table[(table["group"] == "PD") & (table["region"] == "pSN")]
    slope = np.polyfit(mine["updrs"], mine["value"], 1)[0]
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2]
    slopes = [np.diff(line.get_ydata())[0] / np.diff(line.get_xdata())[0] for line in lines]
    assert min(abs(found - slope) for found in slopes) < 1e-12
