from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import pandas as pd
import pytest

from neuroflow.ledger.records import LedgerRow
from neuroflow.ledger.states import TRANSITIONS, State
from neuroflow.models import RESULT_FILES, Entry, ResultFolder
from neuroflow.transfer.collect.snapshot import OutputSnapshot
from neuroflow.transfer.collect.status import COLUMNS, status

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SENT = NOW - timedelta(hours=3)


def row(state, study_id="s", **facts):
    return LedgerRow("C", study_id, state, SENT, 9, "", "", "", "said", submitted_at=SENT, **facts)


def folder(*names, study_id="s", age=timedelta()):
    path = PurePosixPath(f"output/{study_id}_out")
    files = tuple(Entry(path, name, 1, is_folder=False, modified=NOW - age) for name in names)
    return ResultFolder(study_id, path, files)


def seen(*folders, at=NOW, before=None):
    return OutputSnapshot(at, before).add(*folders)


def line_of(one, listing, hours=6.0, now=NOW):
    (line,) = status([one], listing, now=now, overdue_hours=hours).itertuples()
    return line


def state_of(*args, **options):
    return line_of(*args, **options).state


@pytest.mark.parametrize(
    ("folders", "hours", "expected"),
    [
        ([], 6, "processing"),
        ([], 2, "overdue"),
        ([folder("prediction.png")], 6, "partial"),
        ([folder("prediction.png")], 2, "overdue"),
        ([folder(*RESULT_FILES)], 2, "delivered"),
        ([folder("failure_report.txt")], 6, "delivered"),
    ],
)
def test_what_the_server_adds_to_a_submitted_study(folders, hours, expected):
    assert state_of(row(State.SUBMITTED), seen(*folders), hours) == expected


def test_nobody_is_overdue_because_nobody_looked():
    before_sending = seen(at=SENT - timedelta(minutes=1))
    soon_after = seen(at=SENT + timedelta(hours=1))
    one = row(State.SUBMITTED)
    assert state_of(one, None, 2) == "submitted"
    assert state_of(one, before_sending, 2) == "submitted"
    assert state_of(one, soon_after, 2) == "processing"


def test_a_clock_set_back_makes_nobody_overdue_and_is_told():
    line = line_of(row(State.SUBMITTED), seen(at=SENT), now=SENT - timedelta(hours=1))
    assert line.state == "processing"
    assert "clock was set back" in line.message


@pytest.mark.parametrize("skew", [timedelta(hours=5), -timedelta(hours=5)])
def test_a_server_whose_clock_is_hours_off_changes_nothing(skew):
    one = row(State.SUBMITTED)
    written = NOW + skew
    report = folder("prediction.txt", age=NOW - written)
    first = seen(report)
    assert state_of(one, first) == "partial"
    soon = seen(report, at=NOW + timedelta(minutes=1), before=first)
    assert state_of(one, soon) == "partial"
    settled = seen(report, at=NOW + timedelta(minutes=2), before=soon)
    assert state_of(one, settled) == "delivered"
    assert state_of(one, seen(), 2) == "overdue"
    assert state_of(one, seen(), 4) == "processing"


@pytest.mark.parametrize("skew", [timedelta(hours=5), -timedelta(hours=5)])
def test_results_of_replaced_uploads_are_recognised_under_any_clock(skew):
    old = folder(*RESULT_FILES, age=timedelta(hours=4) - skew)
    before = seen(old, at=SENT - timedelta(hours=1))
    replaced = row(State.SUBMITTED, answered_at=SENT - timedelta(hours=1))
    same = seen(old, before=before)
    assert state_of(replaced, same) == "processing"
    new = folder(*RESULT_FILES, age=timedelta(minutes=5) - skew)
    assert state_of(replaced, seen(new, before=same)) == "delivered"
    gone = seen(before=same)
    assert state_of(replaced, seen(new, before=gone)) == "delivered"


def test_a_folder_is_settled_once_the_server_wrote_others():
    report = folder("prediction.txt", age=timedelta(hours=-5))
    later = folder(*RESULT_FILES, study_id="x", age=timedelta(hours=-5, minutes=-2))
    states = status([row(State.SUBMITTED)], seen(report, later), now=NOW, overdue_hours=6)["state"]
    assert states[0] == "delivered"


def test_a_folder_to_which_something_is_added_is_not_settled():
    first = seen(folder("prediction.txt"))
    more = folder("prediction.txt", "prediction.png")
    assert state_of(
        row(State.SUBMITTED), seen(more, at=NOW + timedelta(hours=1), before=first)
    ) == ("partial")


def test_values_without_report_are_delivered_once_settled():
    part = folder("aidp.csv", "prediction.txt")
    first = seen(part)
    assert state_of(row(State.SUBMITTED), first) == "partial"
    line = line_of(row(State.SUBMITTED), seen(part, at=NOW + timedelta(minutes=2), before=first))
    assert (line.state, line.message) == (
        "delivered",
        "results are ready on the server, without prediction.png",
    )


def test_the_status_says_how_old_its_listing_is():
    before = NOW - timedelta(minutes=3)
    assert status([], None, now=NOW, overdue_hours=6).attrs["listed_at"] is None
    assert status([], seen(at=before), now=NOW, overdue_hours=6).attrs["listed_at"] == before


@pytest.mark.parametrize("state", sorted(set(TRANSITIONS) - {State.SUBMITTED}))
def test_every_other_state_is_the_ledgers(state):
    assert state_of(row(state), seen()) == state


@pytest.mark.parametrize("state", [State.UPLOADING, State.UNCONFIRMED])
def test_results_of_an_upload_without_a_known_end_wait_too(state):
    assert state_of(row(state), seen(folder(*RESULT_FILES))) == "delivered"
    assert state_of(row(state), seen(folder("prediction.txt"))) == state


@pytest.mark.parametrize("state", [State.COLLECTED, State.FAILED])
def test_results_changed_after_collection_are_awaited_again(state):
    listing = seen(folder(*RESULT_FILES))
    found = {}
    for what, changed in (("changed", {"s"}), ("same", set())):
        found[what] = status(
            [row(state)], listing, now=NOW, overdue_hours=6, collected={"s"}, changed=changed
        ).loc[0, "state"]
    assert found == {"changed": "delivered", "same": state}
    assert state_of(row(state), listing) == "delivered"  # nothing of it is here any more
    assert state_of(row(state), seen(folder("prediction.png"))) == state


@pytest.mark.parametrize("state", [State.PACKAGED, State.PARTLY_SENT])
def test_results_but_not_failures_show_an_unknown_submission(state):
    assert state_of(row(state), seen(folder(*RESULT_FILES))) == "delivered"
    assert state_of(row(state), seen(folder("failure_report.txt"))) == state


def test_what_could_not_be_looked_into_is_told():
    listing = seen()
    listing.left_out.append("A folder was left out.")
    table = status([], listing, now=NOW, overdue_hours=6)
    assert table.attrs["left_out"] == ["A folder was left out."]


def test_without_an_earlier_status_server_times_identify_replaced_results():
    replaced = row(State.SUBMITTED, answered_at=SENT - timedelta(hours=1))
    old = folder(*RESULT_FILES, age=timedelta(hours=9))
    assert state_of(replaced, seen(old)) == "processing"
    assert state_of(replaced, seen(folder(*RESULT_FILES))) == "delivered"


def test_studies_of_others_are_unknown_on_the_server_and_here():
    listing = seen(folder(study_id="x"), folder(study_id="y"))
    table = status(
        [row(State.SUBMITTED)], listing, now=NOW, overdue_hours=6, collected={"y", "z", "s"}
    )
    assert table["study_id"].tolist() == ["s", "x", "y", "z"]
    assert table["state"].tolist() == ["processing", "unknown", "unknown", "unknown"]
    assert table["size"].tolist() == [9, 0, 0, 0]
    told = [message.split(",")[0] for message in table["message"][1:]]
    assert told == ["on the server", "collected", "collected"]


def test_the_table_has_its_columns_and_types_even_when_empty():
    for rows in ([], [row(State.SUBMITTED)]):
        table = status(rows, seen(), now=NOW, overdue_hours=6)
        assert tuple(table.columns) == COLUMNS
        assert isinstance(table["since"].dtype, pd.DatetimeTZDtype)
        assert pd.api.types.is_string_dtype(table["state"])
        assert table["size"].sum() == 9 * len(rows)


def test_an_overdue_study_says_for_how_long():
    table = status([row(State.SUBMITTED)], seen(), now=NOW, overdue_hours=2)
    assert "after 3.0 hours" in table.loc[0, "message"]
    assert table.loc[0, "since"] == SENT


def test_times_and_limits_are_given_by_name():
    with pytest.raises(TypeError):
        status([], None, NOW, 6)
