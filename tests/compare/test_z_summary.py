"""Z-scores summed up by study."""

import numpy as np
import pytest
from scipy import stats
from support.comparison_tables import realistic_table

from neuroflow.compare.norms import z_scores, z_summary
from neuroflow.errors import OptionError, TableError


def test_studies_are_summed_up():
    table = realistic_table(seed=4, missing=0.02)
    scores = z_scores(table)
    summary = z_summary(scores).set_index("study_id")
    mine = scores[(scores["study_id"] == "study0040") & (scores["metric"] == "FW")]
    row = summary.loc["study0040"]
    assert row["above"] == (mine["z"] > 2).sum()
    assert row["below"] == (mine["z"] < -2).sum()
    assert row["regions"] == mine["z"].notna().sum()
    assert row["percent"] == pytest.approx(100 * (mine["z"].abs() > 2).sum() / row["regions"])
    assert abs(row["max_z"]) == pytest.approx(mine["z"].abs().max())
    n = mine.loc[mine["z"].notna(), "n_reference"].astype(float)
    exact = 200 * stats.t.sf(2 / np.sqrt(1 + 1 / n), n - 1)
    assert row["expected"] == pytest.approx(exact.mean(), rel=1e-9)
    biomarkers = mine.set_index("region")["z"]
    for name in ("pSN", "Putamen", "SCP", "MCP"):
        np.testing.assert_equal(row[f"z_{name}"], biomarkers[name])
    patients = summary.groupby("group")["beyond"].mean()
    assert patients["PSP"] > patients["Control"]


def test_only_z_scores_are_summed_up():
    with pytest.raises(TableError, match="no column z"):
        z_summary(realistic_table())
    with pytest.raises(OptionError, match="Its metrics are FW, FAt"):
        z_summary(z_scores(realistic_table()), metric="MD")
