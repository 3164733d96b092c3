"""Columns without any text share their memory, and still change one by one."""

import numpy as np
import pandas as pd
import pytest

from neuroflow.results import read_results

EMPTY = ["participant_id", "session_id", "group", "site", "sex"]


@pytest.fixture
def table(tmp_path):
    """Return the table of two studies without participants."""
    for study in ("a", "b"):
        (tmp_path / f"{study}_out").mkdir()
        (tmp_path / f"{study}_out" / "aidp.csv").write_text("pSN_FW,0.2\nMCP_FW,0.1\n", "ascii")
    return read_results(tmp_path)


def test_empty_columns_share_their_codes(table):
    codes = [table[name].array.codes for name in EMPTY]
    assert all(np.shares_memory(codes[0], each) for each in codes[1:])


@pytest.mark.parametrize("name", EMPTY)
def test_filling_an_empty_column_leaves_the_others(table, name):
    table[name] = table[name].cat.add_categories(["F"])
    table.loc[0, name] = "F"
    assert table[name].tolist()[0] == "F"
    assert table[[other for other in EMPTY if other != name]].isna().all(axis=None)


def test_missing_set_in_an_empty_column_changes_nothing(table):
    before = table.copy()
    table.loc[1, "sex"] = pd.NA
    pd.testing.assert_frame_equal(table, before)


def test_text_without_a_category_is_refused(table):
    with pytest.raises(TypeError, match="category"):
        table.loc[1, "sex"] = "F"
    assert table[EMPTY].isna().all(axis=None)
