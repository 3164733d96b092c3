import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import realistic_table

from neuroflow.errors import OptionError
from neuroflow.plot import caption, ecdf, marks_of, styled


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_cumulative_distributions_are_readable(table, theme, assert_readable):
    with styled(theme=theme, note="Simulated data"):
        assert_readable(ecdf(table, "SCP"))


def test_each_line_reaches_a_share_at_each_value(table):
    ax = ecdf(table, "SCP")
    rows = table[(table["region"] == "SCP") & (table["metric"] == "FW")].dropna(subset=["value"])
    lines = [line for line in ax.lines if len(line.get_xdata()) > 1]
    for line, group in zip(lines, ["Control", "PD", "MSA", "PSP"], strict=True):
        values = np.sort(rows.loc[rows["group"] == group, "value"])
        np.testing.assert_allclose(line.get_xdata()[1:], values)
        np.testing.assert_allclose(
            line.get_ydata()[1:], np.arange(1, len(values) + 1) / len(values)
        )
        assert f"{group} n = {len(values)}" in caption(ax)


def test_marks_stand_at_the_medians_on_the_lines():
    table = realistic_table({"Control": 9, "PSP": 7}, seed=1)
    ax = ecdf(table, "SCP")
    rows = table[(table["region"] == "SCP") & (table["metric"] == "FW")]
    medians = rows.groupby("group")["value"].median()
    drawn = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    np.testing.assert_allclose(drawn, medians[["Control", "PSP"]])


def test_only_first_visits_count(table):
    later = table.assign(study_id=table["study_id"] + "b", session_id="2", value=1e-9)
    ax = ecdf(pd.concat([table, later]), "SCP")
    assert ax.lines[0].get_xdata()[1:].min() > 1e-9
    assert "Only first visits are shown" in caption(ax)
    assert "Only first visits are shown" not in caption(ecdf(table, "SCP"))


def test_every_study_is_recorded_where_its_value_is(table):
    (first, *_) = marks_of(ecdf(table, "SCP"))
    rows = table[(table["region"] == "SCP") & (table["metric"] == "FW")].set_index("study_id")
    np.testing.assert_allclose(first.boxes[:, 0], rows.loc[list(first.keys), "value"])


def test_a_name_of_several_regions_is_refused(table):
    with pytest.raises(OptionError, match="matches several regions"):
        ecdf(table, "midbrain")
