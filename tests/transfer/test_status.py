from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import pandas as pd
import pytest

from neuroflow.ledger import LedgerRow
from neuroflow.models import RESULT_FILES, Entry, ResultFolder
from neuroflow.states import TRANSITIONS, State
from neuroflow.transfer.status import COLUMNS, status

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SENT = NOW - timedelta(hours=3)


def row(state, study_id="s", **facts):
    return LedgerRow("C", study_id, state, SENT, 9, "", "", "", "said", submitted_at=SENT, **facts)


def folder(*names, study_id="s", age=timedelta()):
    path = PurePosixPath(f"output/{study_id}_out")
    files = tuple(Entry(path / name, 1, is_folder=False, modified=NOW - age) for name in names)
    return ResultFolder(study_id, path, files)


def state_of(one, results, hours=6.0):
    (line,) = status([one], results, now=NOW, overdue_hours=hours).itertuples()
    return line.state


@pytest.mark.parametrize(
    ("results", "hours", "expected"),
    [
        ([], 6, "processing"),
        ([], 2, "overdue"),
        (None, 6, "submitted"),
        (None, 2, "overdue"),
        ([folder("prediction.png")], 2, "partial"),
        ([folder(*RESULT_FILES)], 2, "delivered"),
        ([folder("failure_report.txt")], 6, "delivered"),
    ],
)
def test_what_the_server_adds_to_a_submitted_study(results, hours, expected):
    assert state_of(row(State.SUBMITTED), results, hours) == expected


@pytest.mark.parametrize("state", sorted(set(TRANSITIONS) - {State.SUBMITTED}))
def test_every_other_state_is_the_ledgers(state):
    assert state_of(row(state), []) == state


@pytest.mark.parametrize("state", [State.UPLOADING, State.UNCONFIRMED])
def test_results_of_an_upload_without_a_known_end_wait_too(state):
    assert state_of(row(state), [folder(*RESULT_FILES)]) == "delivered"
    assert state_of(row(state), [folder("prediction.txt")]) == state


def test_results_of_what_was_replaced_do_not_count():
    replaced = row(State.SUBMITTED, answered_at=SENT - timedelta(hours=1))
    old = folder(*RESULT_FILES, age=timedelta(hours=9))
    assert state_of(replaced, [old]) == "processing"
    assert state_of(replaced, [folder(*RESULT_FILES)]) == "delivered"


def test_studies_of_others_are_unknown():
    table = status([row(State.SUBMITTED)], [folder(study_id="x")], now=NOW, overdue_hours=6)
    assert table["study_id"].tolist() == ["s", "x"]
    assert table["state"].tolist() == ["processing", "unknown"]


def test_the_table_has_its_columns_and_types_even_when_empty():
    for rows in ([], [row(State.SUBMITTED)]):
        table = status(rows, [], now=NOW, overdue_hours=6)
        assert tuple(table.columns) == COLUMNS
        assert isinstance(table["since"].dtype, pd.DatetimeTZDtype)
        assert pd.api.types.is_string_dtype(table["state"])
        assert table["size"].sum() == 9 * len(rows)


def test_an_overdue_study_says_for_how_long():
    table = status([row(State.SUBMITTED)], [], now=NOW, overdue_hours=2)
    assert "after 3.0 hours" in table.loc[0, "message"]
    assert table.loc[0, "since"] == SENT
