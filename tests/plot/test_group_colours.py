"""A colour belongs to one group in every figure; means of visits compare the same people."""

import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from matplotlib.lines import Line2D
from support.comparison_tables import normal_table

from neuroflow.compare.groups import compare_groups
from neuroflow.plot import forest, strip, trajectory


def legend_of(ax):
    """Return the colour and mark of each label of a figure's legend, without n."""
    legend = ax.get_legend() or ax.figure.legends[0]
    return {
        text.get_text().split(" (n")[0]: (
            matplotlib.colors.to_hex(handle.get_color()),
            handle.get_marker(),
        )
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)
        if isinstance(handle, Line2D)
    }


@pytest.mark.parametrize(
    "groups",
    [
        ["Control", "PD", "MSA", "PSP", "CBS"],
        ["Control", "PD", "Progressive supranuclear palsy", "DLB"],
        ["HC", "CBS"],
    ],
)
def test_contrasts_have_the_colours_of_their_groups(groups):
    table = normal_table(dict.fromkeys(groups, 8), m=2)
    table = table.assign(metric="FW", value=0.3 + 0.01 * table["value"])
    groups_drawn = legend_of(strip(table))
    contrasts = legend_of(forest(compare_groups(table, reference=groups[0])))
    for name in groups[1:]:
        assert contrasts[f"{name} − {groups[0]}"] == groups_drawn[name]


def test_people_who_leave_do_not_bend_the_line():
    rng = np.random.default_rng(2)
    rows = []
    for i in range(10):
        level = 0.30 + 0.02 * i  # the most affected come back most often
        for visit in range(2 + (i >= 6) + (i >= 9)):
            value = level + 0.005 * visit + rng.normal(0, 1e-5)
            rows.append((f"s{i}_{visit}", f"p{i}", 65 + i + visit, value))
    table = pd.DataFrame(rows, columns=["study_id", "participant_id", "age", "value"])
    ax = trajectory(table.assign(group="PD", region="SCP", metric="FW"), "SCP")
    steps = np.diff(ax.containers[0][0].get_ydata())
    np.testing.assert_allclose(steps, 0.005, atol=2e-4)
    assert [text.get_text() for text in ax.texts if text.get_text().startswith("n =")] == ["n = 4"]
