"""Numbers in words and tables keep the digits that matter."""

import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import normal_table

from neuroflow.compare.groups import compare_groups
from neuroflow.compare.norms import z_scores, z_summary
from neuroflow.compare.report.methods import methods_text
from neuroflow.compare.report.paper_table import paper_table
from neuroflow.plot import forest


@pytest.mark.parametrize(("confidence", "text"), [(0.999, "99.9%"), (0.975, "97.5%"), (0.9, "90%")])
def test_confidence_is_written_with_all_its_digits(confidence, text):
    effects = compare_groups(normal_table(m=2), reference="Control", confidence=confidence)
    assert f"{text} confidence intervals" in methods_text(effects)
    assert f"({text} CI)" in forest(effects).get_xlabel()


def test_paper_table_shows_two_digits_of_small_errors():
    table = normal_table({"Control": 12, "PD": 12}, m=1, seed=4)
    table = table.assign(value=7e-4 + 3e-6 * table["value"], metric="MD")
    mean, error = paper_table(table, metric="MD")["Control"].iloc[0].split(" ± ")
    assert len(error.lstrip("0.")) == 2
    assert float(mean) != round(float(mean), 4)
    assert paper_table(table, metric="MD", digits=2)["Control"].iloc[0] == "0.00 ± 0.00"


@pytest.mark.parametrize(("members", "per_cent"), [(5, 14.2), (10, 8.9), (20, 6.6)])
def test_expected_share_beyond_the_limit_is_exact(members, per_cent):
    rng = np.random.default_rng(members)
    studies = pd.DataFrame(
        {
            "study_id": [f"s{i}" for i in range(members + 1)],
            "group": ["Control"] * members + ["new"],
        }
    )
    table = studies.merge(pd.DataFrame({"region": [f"r{i}" for i in range(4000)]}), how="cross")
    table = table.assign(metric="FW", value=rng.normal(0.3, 0.02, len(table)))
    newcomer = z_summary(z_scores(table)).iloc[-1]
    assert newcomer["expected"] == pytest.approx(per_cent, abs=0.06)
    assert newcomer["percent"] == pytest.approx(newcomer["expected"], abs=1.5)
