"""What a table knows of its values goes with what is computed from it."""

import pandas as pd

from neuroflow.matrix.provenance import carried_facts


def test_facts_of_a_table_go_with_its_result():
    table = pd.DataFrame({"region": ["SCP", "pSN"], "hemisphere": "", "metric": "FW"})
    table.attrs |= {"cross_check": {"agrees": 12}, "other": 1}
    facts = carried_facts(table, table)
    assert (facts["cross_check"], facts["metrics"], facts["n_regions"]) == (
        {"agrees": 12},
        ["FW"],
        2,
    )
    assert "other" not in facts
