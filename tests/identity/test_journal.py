import multiprocessing
import stat
import sys

import pytest
from support.waits import PATIENCE

from neuroflow.errors import AccountKeyError, SubmissionError
from neuroflow.identity import ACCEPTED, Journal, JournalEntry

AT = "2026-11-28T08:00:00+00:00"


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "account" / "journal")


def entry(study_id, state="submitted", **facts):
    return JournalEntry(study_id, state, AT, **facts)


def test_a_journal_reads_back_what_was_added(journal):
    facts = {"cohort_id": "C", "size": 9, "sha256": "ab", "scan": "scan", "about": "x"}
    journal.add(entry("s", **facts))
    assert Journal(journal.path).last("s") == entry("s", **facts)
    assert journal.study_ids == {"s"}
    assert journal.cohort_ids == {"C"}


def test_a_second_workspace_sees_each_line_at_once(journal):
    other = Journal(journal.path)
    assert other.last("s") is None
    for state in ("uploading", "unconfirmed", "submitted"):
        journal.add(entry("s", state))
        assert other.last("s").state == state


def test_a_scan_is_found_under_its_submitted_id(journal):
    journal.add(entry("random-id", scan="derived-id"))
    assert journal.id_of({"derived-id", "of-another-key"}) == "random-id"
    assert journal.id_of({"of-another-key"}) is None


def test_what_was_accepted_is_no_study(journal):
    journal.add(entry("random", ACCEPTED))
    assert journal.accepted == {"random"}
    assert journal.study_ids == frozenset()
    assert not journal.is_new


def test_a_line_cut_by_a_crash_does_not_hide_others(journal):
    journal.add(entry("a"))
    with journal.path.open("ab") as file:
        file.write(b'{"study_id": "b", "sta')
    journal.add(entry("c"))
    assert Journal(journal.path).study_ids == {"a", "c"}
    assert journal.n_damaged == 0


def test_a_damaged_line_is_counted(journal):
    for name in "abc":
        journal.add(entry(name))
    data = journal.path.read_bytes().replace(b'"b"', b'"b\x00\xff')
    journal.path.write_bytes(data)
    assert journal.study_ids == {"a", "c"}
    assert journal.n_damaged == 1


@pytest.mark.skipif(sys.platform == "win32", reason="modes have no meaning there")
def test_only_the_owner_may_read_it(journal):
    journal.add(entry("a"))
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_a_journal_that_cannot_be_written_stops_the_submission(journal):
    journal.path.mkdir(parents=True)
    with pytest.raises(AccountKeyError, match="nothing is sent"):
        journal.add(entry("a"))


def test_a_study_is_sent_by_one_process_at_a_time(journal):
    other = Journal(journal.path)
    with (
        journal.sending("a"),
        other.sending("b"),
        pytest.raises(SubmissionError, match="another workspace"),
        other.sending("a"),
    ):
        pass
    with Journal(journal.path).sending("a"):
        pass
    assert not list(journal.path.parent.glob("sending-*"))


def _hold(path, ready):
    with Journal(path).sending("a"):
        ready.set()
        while True:
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_process_that_dies_lets_go_of_its_study(journal):
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(journal.path, ready), daemon=True)
    holder.start()
    try:
        assert ready.wait(PATIENCE)
        with pytest.raises(SubmissionError), journal.sending("a"):
            pass
    finally:
        holder.kill()
        holder.join()
    with journal.sending("a"):
        pass
