"""Values of a matrix find the rows of the table that they were read from."""

import numpy as np
import pandas as pd
import pytest

from neuroflow.matrix import read_cells, row_values


def table(n_studies=5, regions=("SCP", "MCP", "pSN")):
    rows = [
        {"study_id": f"s{i}", "region": region, "hemisphere": side, "metric": metric}
        for i in range(n_studies)
        for region in regions
        for side in ("", "left")
        for metric in ("FW", "FAt")
    ]
    found = pd.DataFrame(rows)
    return found.assign(value=np.random.default_rng(0).random(len(found)).round(6))


def in_order(found):
    return found


def shuffled(found):
    return found.sample(frac=1, random_state=1)


def with_gaps(found):
    return shuffled(found).iloc[7:]


def as_categories(found):
    return with_gaps(found).astype({"study_id": "category", "region": "category"})


@pytest.mark.parametrize("change", [in_order, shuffled, with_gaps, as_categories])
def test_values_that_were_read_come_back_to_their_rows(change):
    given = change(table())
    cells = read_cells(given)
    assert row_values(given, cells, cells.values).tolist() == given["value"].tolist()


@pytest.mark.parametrize("change", [in_order, with_gaps])
def test_studies_that_were_set_aside_have_no_values(change):
    given = change(table())
    aside = given["study_id"].isin(["s0", "s3"])
    given = given.assign(set_aside=pd.Series("moved", given.index).where(aside))
    cells = read_cells(given)
    assert len(cells.studies) == 3
    found = row_values(given, cells, cells.values)
    np.testing.assert_array_equal(found, given["value"].where(~aside))
