import errno
import multiprocessing
import os
import sqlite3
import threading
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.waits import PATIENCE

from neuroflow.errors import LedgerError, LedgerLostError
from neuroflow.ledger.ledger import Ledger
from neuroflow.ledger.states import TRANSITIONS, State
from neuroflow.models import Package

STORED = sorted(TRANSITIONS)
ROUTES = {  # one way to every stored state
    State.PACKAGED: (),
    State.UPLOADING: (State.UPLOADING,),
    State.PARTLY_SENT: (State.UPLOADING, State.PARTLY_SENT),
    State.UNCONFIRMED: (State.UPLOADING, State.UNCONFIRMED),
    State.SUBMITTED: (State.UPLOADING, State.SUBMITTED),
    State.COLLECTED: (State.SUBMITTED, State.COLLECTED),
    State.FAILED: (State.SUBMITTED, State.FAILED),
}


def package(study_id="s", sha256="aa", size=3, cohort_id="C"):
    return Package(cohort_id, study_id, Path("s.zip"), size, sha256, "source", "uid")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    with Ledger(path) as opened:
        opened.add_package(package())
        yield opened


def bring_to(ledger, state):
    for step in ROUTES[state]:
        ledger.record("C", "s", step)


def test_row_tells_where_a_study_stands(ledger):
    ledger.record("C", "s", State.UPLOADING, "begun")
    row = ledger.row("s")
    assert (row.cohort_id, row.study_id, row.state) == ("C", "s", State.UPLOADING)
    assert (row.size, row.sha256, row.source_sha256) == (3, "aa", "source")
    assert (row.study_uid_sha256, row.message) == ("uid", "begun")


def test_everything_survives_closing(path, ledger):
    ledger.record("C", "s", State.SUBMITTED, "whole")
    ledger.close()
    with Ledger(path) as again:
        assert [state for _, state, _ in again.history("s")] == [State.PACKAGED, State.SUBMITTED]


def test_times_are_the_clocks_in_utc(path):
    times = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(9))
    with Ledger(path, clock=lambda: next(times)) as ledger:
        ledger.add_package(package())
        ledger.record("C", "s", State.SUBMITTED)
        ledger.record("C", "s", State.COLLECTED)
        row = ledger.row("s")
    assert row.submitted_at == datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert row.since == row.answered_at == datetime(2026, 1, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("state", STORED)
@pytest.mark.parametrize("new", list(State))
def test_steps_are_those_of_the_table(ledger, state, new):
    bring_to(ledger, state)
    before = ledger.history("s")
    if new in TRANSITIONS[state]:
        ledger.record("C", "s", new)
        assert ledger.row("s").state is new
    else:
        with pytest.raises(LedgerError, match=f"that is {state} cannot become {new}"):
            ledger.record("C", "s", new)
        assert ledger.history("s") == before


def test_rows_are_of_one_cohort_or_all_in_order(ledger):
    ledger.add_package(package("a"))
    ledger.add_package(package("b", cohort_id="D"))
    assert [row.study_id for row in ledger.rows()] == ["s", "a", "b"]
    assert [row.study_id for row in ledger.rows("C")] == ["s", "a"]
    assert ledger.row("nobody") is None


def test_same_package_again_is_no_event(ledger):
    ledger.add_package(package())
    assert len(ledger.history("s")) == 1


def test_package_made_anew_before_sending_starts_over(ledger):
    ledger.add_package(package(sha256="bb"))
    assert [text for _, _, text in ledger.history("s")] == ["packaged", "packaged again"]
    assert not ledger.row("s").is_changed


def test_package_made_anew_after_sending_keeps_what_is_known(ledger):
    ledger.record("C", "s", State.UPLOADING)
    ledger.record("C", "s", State.SUBMITTED)
    ledger.add_package(package(sha256="bb", size=4))
    row = ledger.row("s")
    assert row.state is State.SUBMITTED
    assert row.is_changed
    assert (row.size, row.sha256, row.sent_size, row.sent_sha256) == (4, "bb", 3, "aa")


def test_replacing_speaks_of_the_new_content_until_taken_back(ledger):
    ledger.record("C", "s", State.SUBMITTED)
    ledger.add_package(package(sha256="bb", size=4))
    ledger.record("C", "s", State.UPLOADING)
    assert ledger.row("s").sent_sha256 == "bb"
    ledger.record("C", "s", State.SUBMITTED, "nothing was sent", sent=(3, "aa"))
    assert ledger.row("s").sent_sha256 == "aa"


def test_a_study_that_was_begun_belongs_to_one_cohort(ledger):
    ledger.record("C", "s", State.UPLOADING)
    with pytest.raises(LedgerError, match="another cohort"):
        ledger.add_package(package(cohort_id="D"))
    with pytest.raises(LedgerError, match="not in this cohort"):
        ledger.record("D", "s", State.UPLOADING)


def test_an_unsent_study_may_be_sent_with_another_cohort(ledger):
    ledger.add_package(package(cohort_id="D"))
    assert ledger.row("s").cohort_id == "D"
    assert ledger.further_cohorts() == {"s": ["C"]}
    assert [row.study_id for row in ledger.rows("C")] == ["s"]
    ledger.add_package(package(cohort_id="C"))
    assert ledger.row("s").cohort_id == "C"
    assert ledger.further_cohorts() == {"s": ["D"]}


def test_a_renamed_study_is_shown_under_its_new_id_only(ledger):
    ledger.set_aside("s", "echo_time", "as agreed")
    ledger.rename({"s": "new"})
    assert ledger.rows() == []
    ledger.add_package(package(study_id="new"))
    assert [row.study_id for row in ledger.rows()] == ["new"]
    assert ledger.overrides()["new", "echo_time"] == "as agreed"
    ledger.rename({"new": "s"})
    assert [row.study_id for row in ledger.rows()] == ["s"]


def test_events_cannot_be_changed_or_removed(path, ledger):
    with sqlite3.connect(path) as other:
        for statement in ("UPDATE events SET state = 'submitted'", "DELETE FROM events"):
            with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
                other.execute(statement)
    other.close()


def test_every_event_is_on_disk_at_once(path, ledger):
    assert ledger._file.pragma("synchronous") == 2  # FULL
    assert ledger._file.pragma("journal_mode") == "wal"


def test_threads_lose_nothing(ledger):
    def work(number):
        ledger.add_package(package(f"t{number}"))
        for _ in range(10):
            ledger.record("C", f"t{number}", State.UPLOADING)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(ledger.history(f"t{n}")) for n in range(6)] == [11] * 6


def record_many(path, study_id):
    with Ledger(path) as ledger:
        ledger.add_package(package(study_id))
        for _ in range(20):
            ledger.record("C", study_id, State.UPLOADING)


def test_two_processes_lose_nothing(path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=record_many, args=(path, f"p{n}")) for n in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
        assert process.exitcode == 0
    with Ledger(path) as ledger:
        assert [len(ledger.history(f"p{n}")) for n in range(2)] == [21, 21]


def test_a_file_of_something_else_is_refused(path):
    path.write_text("patient,age\n" * 100)
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger(path)
    assert path.read_text() == "patient,age\n" * 100


def test_another_programs_database_is_refused(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(LedgerError, match="another program"):
        Ledger(path)
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    other.close()


def test_a_later_version_is_refused(path, ledger):
    ledger.close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(LedgerError, match="a different version") as refused:
        Ledger(path)
    assert "Do not move or delete the ledger" in refused.value.advice


@pytest.mark.parametrize("read", [Ledger.rows, lambda ledger: ledger.history("s1")])
def test_a_state_of_a_later_version_is_reported(path, ledger, read):
    ledger.add_package(package("s1"))
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA ignore_check_constraints = ON")
        other.execute(
            "INSERT INTO events (study_id, state, message, size, sha256, at)"
            " SELECT study_id, 'frozen', message, size, sha256, at FROM events"
        )
    other.close()
    with pytest.raises(LedgerError, match="a different version"):
        read(ledger)


def test_a_damaged_file_is_refused(path, ledger):
    for number in range(200):
        ledger.add_package(package(f"s{number}"))
    ledger.close()
    data = bytearray(path.read_bytes())
    data[4096 : 4096 * 6] = bytes(4096 * 5)
    path.write_bytes(data)
    with pytest.raises(LedgerError, match=r"damaged|cannot be opened"):
        Ledger(path)


def test_damage_is_reported_in_one_line(path, ledger):
    for number in range(200):
        ledger.add_package(package(f"s{number}"))
    ledger.close()
    data = bytearray(path.read_bytes())
    for place in range(5000, len(data), 997):
        data[place] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(LedgerLostError, match="damaged") as refused:
        Ledger(path)
    assert "\n" not in refused.value.why


def test_a_folder_in_its_place_is_refused(path):
    path.mkdir()
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger(path)


def test_a_closed_ledger_says_so(ledger):
    ledger.close()
    ledger.close()
    with pytest.raises(LedgerError, match="cannot be read"):
        ledger.rows()


def test_an_overridden_rule_keeps_its_reason_until_restored(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.set_aside("s1", "echo_time", "agreed with the vendor")
        ledger.set_aside("s1", "sex", "not recorded")
        ledger.set_aside("s1", "sex", "")
    with Ledger(path) as ledger:
        assert ledger.overrides() == {("s1", "echo_time"): "agreed with the vendor"}


@pytest.mark.parametrize(("later", "elapsed"), [(7.5, 7.5), (-1.0, None)])
def test_seconds_since_an_event_are_of_a_clock_nobody_sets(path, later, elapsed):
    seconds = iter((100.0, 100.0 + later))
    with Ledger(path, monotonic=lambda: next(seconds)) as ledger:
        ledger.add_package(package())
        assert ledger.seconds_since("s") == elapsed


def test_what_is_only_in_the_log_is_read_without_writing(path, ledger):
    before = sorted(path.parent.iterdir())
    with Ledger(path, read_only=True) as opened:
        assert opened.row("s") == ledger.row("s")
    assert sorted(path.parent.iterdir()) == before
    assert path.with_name("ledger.sqlite-wal").stat().st_size > 0


@pytest.mark.parametrize("end", [Ledger.checkpoint, Ledger.close])
def test_a_ledger_without_a_log_is_read_without_writing(path, ledger, end):
    row = ledger.row("s")
    end(ledger)
    before = sorted(path.parent.iterdir())
    with Ledger(path, read_only=True) as opened:
        assert opened.row("s") == row
    assert sorted(path.parent.iterdir()) == before


def test_rows_cannot_be_changed(ledger):
    with pytest.raises(FrozenInstanceError):
        ledger.row("s").size = 4


def test_the_last_events_mark_is_known_to_the_ledger(ledger):
    ledger.record("C", "s", State.SUBMITTED)
    assert ledger.missing({"s": ledger.last_mark("s")}) == []
    assert ledger.last_mark("nobody") is None


def test_a_missing_folder_is_named_in_the_systems_words(tmp_path):
    with pytest.raises(LedgerError) as caught:
        Ledger(tmp_path / "none" / "ledger.sqlite")
    assert caught.value.why == f"{os.strerror(errno.ENOENT)}."


def test_the_header_names_the_program_for_other_versions(path, ledger):
    ledger.checkpoint()
    assert path.read_bytes()[68:72] == b"nflg"
