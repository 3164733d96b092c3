import numpy as np
import pytest

from neuroflow.errors import CompareError
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
