"""The long table as a matrix, however its rows stand."""

import numpy as np
import pandas as pd
import pytest
from support.comparison_tables import normal_table

from neuroflow.errors import TableError
from neuroflow.matrix.cells import coded
from neuroflow.matrix.read import combine_codes, read_cells, require


@pytest.fixture(params=["text", "categories"])
def table(request):
    plain = normal_table({"Control": 4, "PSP": 3}, m=3).assign(hemisphere="midline")
    names = ["study_id", "region", "metric", "hemisphere", "group", "sex"]
    return plain.astype(dict.fromkeys(names, "category")) if request.param != "text" else plain


def expected(table, cells):
    plain = table.astype({"study_id": str, "region": str})
    wide = plain.pivot(index="study_id", columns="region", values="value")
    return wide.loc[cells.studies["study_id"].astype(str), cells.columns["region"]].to_numpy()


@pytest.mark.parametrize(
    "turn",
    [
        lambda table: table,
        lambda table: table.sample(frac=1, random_state=3),
        lambda table: table.sort_values(["region", "study_id"]),
        lambda table: table.drop(index=[0, 7, 11]),
        lambda table: table.drop(index=table.index[table["region"] == "r01"][:2]),
        lambda table: table.iloc[::-1],
        # as many rows per study as before, in another order in one of them
        lambda table: table.iloc[[1, 0, *range(2, len(table))]],
    ],
    ids=["grid", "shuffled", "by region", "rows lack", "a region lacks", "backwards", "one turned"],
)
def test_every_value_is_where_its_row_says(table, turn):
    rows = turn(table)
    cells = read_cells(rows, needed=["group", "age"])
    np.testing.assert_array_equal(cells.values, expected(rows, cells))
    assert list(cells.studies["study_id"]) == list(rows["study_id"].drop_duplicates())
    assert list(cells.columns["region"]) == list(rows["region"].drop_duplicates())
    facts = rows.drop_duplicates("study_id")
    assert list(cells.studies["age"]) == list(facts["age"])
    assert list(cells.studies["group"]) == list(facts["group"])


def test_two_values_of_one_cell_are_refused(table):
    twice = pd.concat([table, table.iloc[:3]], ignore_index=True)  # one study as a whole again
    with pytest.raises(TableError, match="two values of M0 in r00"):
        read_cells(twice)
    same = table.assign(region="r00")  # each study the same region over and over
    with pytest.raises(TableError, match="two values of M0 in r00"):
        read_cells(same)


def test_conflicting_facts_within_a_study_are_refused_by_study(table):
    table.loc[4, "age"] = 99.0
    with pytest.raises(TableError, match="column 'age' has more than one value") as caught:
        read_cells(table, needed=["age"])
    assert caught.value.study_id == "study0001"
    table["age"] = np.nan  # missing is like missing
    assert read_cells(table, needed=["age"]).studies["age"].isna().all()


def test_infinite_values_are_missing(table):
    table.loc[0, "value"] = np.inf
    assert np.isnan(read_cells(table).values[0, 0])
    assert table.loc[0, "value"] == np.inf  # the table itself is left as it was


def test_a_column_that_is_there_twice_is_refused_by_name(table):
    twice = pd.concat([table, table[["age"]]], axis=1)
    assert len(read_cells(twice.drop(columns="age")).columns) == 3
    with pytest.raises(TableError, match="several columns age"):
        read_cells(twice, needed=["age"])


def test_an_empty_table_is_said_to_have_no_columns():
    with pytest.raises(TableError, match="Its columns are none at all"):
        require(pd.DataFrame(), ["study_id"])


def test_labels_are_coded_without_blanks_and_missing_ones():
    codes, names = coded(pd.Series(["PSP", "Control", " PSP ", ""]))
    assert (codes.tolist(), names) == ([1, 0, 1, -1], ["Control", "PSP"])


def test_each_different_row_has_a_code():
    columns = [pd.Series(["SCP", "SCP", "MCP"]), pd.Series(["l", "r", "l"])]
    assert combine_codes(columns).tolist() == [4, 5, 7]
