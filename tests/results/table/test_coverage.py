import pandas as pd
import pytest

from neuroflow.errors import OptionError, TableError
from neuroflow.results.table.cohort_table import read_results
from neuroflow.results.table.coverage import VIEWS, coverage

MAP = pd.DataFrame(
    {
        "study_id": ["a", "b", "c"],
        "cohort_id": ["X", "X", "Y"],
        "participant_id": ["1", "1", "2"],
        "session_id": ["s1", "s2", "s1"],
        "site": ["K", "K", "L"],
        "group": ["PD", "PD", None],
    }
)


@pytest.fixture
def table(folder):
    folder.study("a")
    folder.study("b")
    folder.study("c", stems=["pSN", "MCP"])
    return read_results(folder.path, studies=MAP)


def test_by_region_names_the_studies_without_it(table):
    found = coverage(table)
    assert len(found) == 132
    first = found.iloc[0]
    assert (first["expected"], first["present"], first["missing"], first["missing_in"]) == (
        3,
        2,
        1,
        "c",
    )
    complete = found[found["missing"] == 0]
    assert set(complete["region"]) == {"pSN", "MCP"}
    assert (complete["percent"] == 100).all()


def test_rows_that_are_not_there_count_as_missing_too(table):
    pd.testing.assert_frame_equal(coverage(table), coverage(table.dropna(subset="value")))


@pytest.mark.parametrize("by", list(VIEWS))
def test_every_view_counts_every_value_once(table, by):
    found = coverage(table, by)
    assert found["expected"].sum() == 3 * 132
    assert found["missing"].sum() == 128


def test_by_study(table):
    found = coverage(table, "study").set_index("study_id")
    assert found["missing"].to_dict() == {"c": 128, "a": 0, "b": 0}
    assert found.loc["c", "missing_in"].startswith("aSN FW, aSN FAt")


def test_by_visit(table):
    found = coverage(table, "visit")
    assert found.loc["1"].tolist() == [True, True]
    assert found.loc["2"].tolist() == [True, False]


def test_what_cannot_be_counted(table):
    with pytest.raises(OptionError, match="'visit'"):
        coverage(table, "moon")
    with pytest.raises(TableError, match="no column value"):
        coverage(table.drop(columns="value"))
    with pytest.raises(TableError, match="no column site"):
        coverage(table.drop(columns="site"), "site")
