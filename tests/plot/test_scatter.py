import re

import numpy as np
import pytest

from neuroflow.compare import correlate
from neuroflow.errors import OptionError
from neuroflow.plot import caption, scatter, styled


@pytest.mark.parametrize("covariates", [[], ["age", "sex"]])
def test_scatters_are_readable(scored_table, theme, covariates, assert_readable):
    with styled(theme=theme):
        ax = scatter(
            scored_table, "updrs", "pSN", covariates=covariates, score_label="UPDRS III (points)"
        )
        assert_readable(ax)


def test_small_p_values_are_named_in_the_caption(scored_table):
    own = scored_table[(scored_table["region"] == "SCP") & (scored_table["metric"] == "FW")]
    same = own.assign(score=own["value"] + 0.001 * own["updrs"])
    assert re.search(r"\(n = \d+\), p < 0\.001\.", caption(scatter(same, "score", "SCP")))


def test_line_is_the_fit_and_r_that_of_correlate(scored_table):
    ax = scatter(scored_table, "updrs", "SCP", covariates=["age"])
    found = correlate(scored_table, "updrs", covariates=["age"], metric="FW").set_index("region")
    assert f"partial r = {found['r']['SCP']:.2f}".replace("-", "−") in caption(ax)
    points = np.vstack([c.get_offsets() for c in ax.collections[:4]])
    line = ax.lines[0]
    slope = np.diff(line.get_ydata())[0] / np.diff(line.get_xdata())[0]
    studies = scored_table[
        (scored_table["region"] == "SCP") & (scored_table["metric"] == "FW")
    ].dropna()
    assert len(points) == len(studies)
    design = np.column_stack([np.ones(len(studies)), studies[["updrs", "age"]]])
    assert slope == pytest.approx(np.linalg.lstsq(design, studies["value"], rcond=None)[0][1])
    with pytest.raises(OptionError, match="matches several regions"):
        scatter(scored_table, "updrs", "midbrain")
