import warnings

import numpy as np
import pandas as pd
import pytest

import neuroflow as nf
from neuroflow.errors import CompareError, ResultWarning
from neuroflow.plot import caption, styled, trajectory


def test_trajectories_are_readable(visits, theme, assert_readable):
    with styled(theme=theme):
        assert_readable(trajectory(visits, "SCP"))


def test_participants_are_lines_and_means_are_at_visits(visits):
    ax = trajectory(visits, "SCP")
    assert [
        len(lines.get_segments()) for lines in ax.collections if hasattr(lines, "get_segments")
    ][::2] == [8] * 4
    scp = visits[(visits["region"] == "SCP") & (visits["metric"] == "FW")]
    bars = ax.containers[0]
    means = scp[scp["group"] == "Control"].groupby("session_id")["value"].mean()
    np.testing.assert_allclose(bars[0].get_ydata(), means)
    np.testing.assert_allclose(bars[0].get_xdata(), [0, 1, 3], atol=0.1)
    assert "Control (n = 8)" in caption(ax)
    with pytest.raises(CompareError, match="No participant has two visits"):
        trajectory(visits, "pSN")


def test_lines_of_the_model_have_its_level_and_slope(visits):
    one = visits[(visits["region"] == "SCP") & (visits["metric"] == "FW")]
    ax = nf.plot.trajectory(one, "SCP", line="model")
    change = nf.change_over_time(one, method="mixed", covariates=()).set_index("contrast")
    drawn = [line.get_xydata() for line in ax.lines if len(line.get_xdata()) > 2][1::2]
    groups = ["Control", "PD", "MSA", "PSP"]
    for name, points in zip(groups, drawn, strict=True):
        slope = (points[-1, 1] - points[0, 1]) / points[-1, 0]
        assert slope == pytest.approx(change.loc[name, "estimate"], rel=1e-4)
        assert points[0, 1] == pytest.approx(change.loc[name, "baseline"], rel=1e-4)
    assert "mixed model (REML), n at each visit" in nf.plot.caption(ax)


@pytest.mark.parametrize("line", ["means", "model"])
def test_numbers_of_groups_with_equal_values_can_be_read(line):
    rng = np.random.default_rng(2)
    rows = [
        (f"{group}{person}", group, 60.0 + visit, 0.3 + rng.normal(0, 0.02))
        for group in ("Control", "PD", "MSA")
        for person in range(8)
        for visit in range(4 if person % 2 else 3)
    ]
    table = pd.DataFrame(rows, columns=["participant_id", "group", "age", "value"])
    table = table.assign(study_id=table.index.astype(str), region="SCP", metric="FW")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResultWarning)
        ax = nf.plot.trajectory(table, "SCP", line=line)
    ax.figure.draw_without_rendering()
    numbers = [text for text in ax.texts if text.get_text().removeprefix("n = ").isdigit()]
    boxes = [text.get_window_extent() for text in numbers]
    assert len(boxes) > 2
    over = [
        (one, other)
        for place, one in enumerate(boxes)
        for other in boxes[:place]
        if one.shrunk(0.8, 0.6).overlaps(other.shrunk(0.8, 0.6))
    ]
    assert over == []
