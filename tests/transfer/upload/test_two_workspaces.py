"""Two workspaces of one account share a journal: neither sends what the other one sent."""

import threading
from contextlib import suppress
from dataclasses import FrozenInstanceError

import pytest
from support.counting import Counting
from support.dying import JOURNAL_MOMENTS, MOMENTS, die_while_submitting
from support.fake_service import FakeService, KilledError, mortal
from support.struck import STRUCK
from support.transfers import submit
from support.waits import PATIENCE

from neuroflow.identity import Journal, JournalEntry
from neuroflow.ledger import Ledger, State
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.upload.plan import Action, Planner
from neuroflow.transfer.upload.shared_journal import Scan, SharedJournal

AT = "2026-11-28T08:00:00+00:00"


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "account" / "journal"


@pytest.fixture
def run(tmp_path, journal, ledger_path):
    """Return a function that submits from a workspace; it returns states and the plan."""

    def submit_from(name, packages, open_it, *, scans=None, replace=False, listen=id):
        path = ledger_path if name == "dead" else tmp_path / f"{name}.sqlite"
        with Ledger(path) as ledger:
            for package in packages:
                ledger.add_package(package)
            shared = SharedJournal(Journal(journal), name, scans or {})
            planner = Planner(ledger, replace=replace, shared=shared)
            items = [planner.add(package) for package in packages]
            shared.catch_up(ledger.rows())
            todo = planner.plan("COHORT", {})
            for event in submit(todo, packages, open_it, ledger, shared=shared, quiet_seconds=0.2):
                listen(event)
            return [row.state for row in ledger.rows()], [item.action for item in items]

    return submit_from


IN_DOUBT = {
    "after unconfirmed in the journal",
    "before unconfirmed",
    "after unconfirmed",
    "before submitted",
}


@pytest.mark.parametrize("moment", [*MOMENTS, *JOURNAL_MOMENTS])
def test_a_study_killed_in_one_workspace_is_not_resent_elsewhere(
    tmp_path, trusting, packages, ledger_path, journal, run, moment
):
    (one,) = packages(1, size=100_000)
    with Counting(tmp_path / "service", delay=0, takes_uploads=True) as service:
        known = trusting(service)
        die_while_submitting(moment, service, known, [one], ledger_path, tmp_path, journal)
        STRUCK["SIGKILL"] += 1

        def open_it():
            return connect(service.profile, hostkeys=known)

        (other,), _ = run("other", [one], open_it)
        (dead,), _ = run("dead", [one], open_it)
        (after,), _ = run("other", [one], open_it)
        assert service.wholes([one])[0] <= 1
        is_whole = service.wholes([one]) == [1]
    # Not lost: it is sent and known as sent, or reported as in doubt, in both workspaces.
    if is_whole and moment not in IN_DOUBT:
        assert (dead, after) == (State.SUBMITTED, State.SUBMITTED)
    else:
        assert {dead, after} <= {State.UNCONFIRMED, State.SUBMITTED}
        assert moment in IN_DOUBT
    assert other in {State.UNCONFIRMED, State.SUBMITTED}


def entry(package, state, **facts):
    return JournalEntry(package.study_id, state, AT, "COHORT", workspace="another", **facts)


@pytest.mark.parametrize("state", ["submitted", "collected", "failed"])
def test_what_another_workspace_sent_counts_as_sent(packages, journal, run, folder_remote, state):
    home, open_it = folder_remote
    (one,) = packages(1)
    Journal(journal).add(entry(one, state))
    assert run("here", [one], open_it) == ([State.SUBMITTED], [Action.SKIP])
    assert not list(home.rglob("*.zip"))


@pytest.mark.parametrize("state", ["uploading", "partly_sent", "unconfirmed", "of-a-later-version"])
def test_a_study_begun_by_another_workspace_is_unconfirmed(
    packages, journal, run, folder_remote, state
):
    home, open_it = folder_remote
    (one,) = packages(1)
    Journal(journal).add(entry(one, state))
    assert run("here", [one], open_it) == ([State.UNCONFIRMED], [Action.CHECK])
    assert not list(home.rglob("*.zip"))
    Journal(journal).add(entry(one, "submitted"))
    assert run("here", [one], open_it) == ([State.SUBMITTED], [Action.SKIP])


def test_replace_sends_what_another_workspace_began(packages, journal, run, folder_remote):
    home, open_it = folder_remote
    (one,) = packages(1)
    Journal(journal).add(entry(one, "uploading"))
    assert run("here", [one], open_it, replace=True)[0] == [State.SUBMITTED]
    assert len(list(home.rglob("*.zip"))) == 1
    assert Journal(journal).last(one.study_id).state == "submitted"


def test_a_study_refused_at_once_can_be_sent_again(packages, journal, run, folder_remote):
    home, open_it = folder_remote
    (one,) = packages(1)
    Journal(journal).add(entry(one, "packaged"))
    assert run("here", [one], open_it)[0] == [State.SUBMITTED]
    assert len(list(home.rglob("*.zip"))) == 1


def test_a_scan_is_recognised_under_another_random_id(packages, journal, run, folder_remote):
    home, open_it = folder_remote
    one, two = packages(2)
    scans = {one.study_id: Scan(("scan",)), two.study_id: Scan(("scan",))}
    run("there", [one], open_it, scans=scans)
    states, actions = run("here", [two], open_it, scans=scans)
    assert (states, actions) == ([State.PACKAGED], [Action.REFUSED])
    again = {two.study_id: Scan(("scan",), is_repetition=True)}
    assert run("here", [two], open_it, scans=again)[0] == [State.SUBMITTED]
    assert len(list(home.rglob("*.zip"))) == 2


def test_an_older_ledger_learns_from_its_own_lines(packages, journal, run, folder_remote, tmp_path):
    _home, open_it = folder_remote
    (one,) = packages(1)
    run("here", [one], open_it)
    (tmp_path / "here.sqlite").unlink()
    assert run("here", [one], open_it) == ([State.SUBMITTED], [Action.SKIP])


def test_another_process_that_sends_is_waited_for(packages, journal, run, folder_remote):
    home, open_it = folder_remote
    (one,) = packages(1)
    held, is_held, is_waiting = Journal(journal), threading.Event(), threading.Event()

    def listen(event):
        if "another workspace" in event.message:
            is_waiting.set()

    def send_meanwhile():
        with held.sending(one.study_id):
            is_held.set()
            assert is_waiting.wait(PATIENCE)
            held.add(entry(one, "submitted"))

    other = threading.Thread(target=send_meanwhile)
    other.start()
    assert is_held.wait(PATIENCE)
    assert run("here", [one], open_it, listen=listen)[0] == [State.SUBMITTED]
    other.join()
    assert not list(home.rglob("*.zip"))


@pytest.mark.parametrize(
    ("scan", "held"),
    [(Scan(("new", "old")), "new"), (Scan(("new",), is_repetition=True), "s"), (Scan(), "s")],
)
def test_a_scan_is_held_under_its_newest_id(journal, scan, held):
    shared = SharedJournal(Journal(journal), "here", {"s": scan})
    with shared.sending("s"):
        assert [path.name for path in journal.parent.glob("*.lock")] == [f"sending-{held}.lock"]


def test_a_journal_without_a_sent_study_is_behind(packages, journal, ledger):
    (one,) = packages(1)
    ledger.record("COHORT", one.study_id, State.SUBMITTED)
    shared = SharedJournal(Journal(journal), "here")
    assert shared.is_behind(ledger.rows())
    shared.catch_up(ledger.rows())
    assert not shared.is_behind(ledger.rows())
    assert not SharedJournal().is_behind(ledger.rows())


def test_the_view_of_the_journal_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        SharedJournal().workspace = "other"


def test_the_journal_learns_what_a_crash_kept_from_it(packages, journal, run, folder_remote):
    _home, open_it = folder_remote
    one, two = packages(2)
    run("here", [one, two], open_it)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(line for line in lines if b"submitted" not in line))
    assert Journal(journal).last(one.study_id).state == "unconfirmed"
    run("here", [one, two], open_it)
    assert {Journal(journal).last(p.study_id).state for p in (one, two)} == {"submitted"}
    assert run("there", [one, two], open_it)[1] == [Action.SKIP, Action.SKIP]


def test_what_was_refused_elsewhere_is_proven_by_no_length(tmp_path, packages, run):
    (one,) = packages(1, size=1000)
    service = FakeService(tmp_path / "service", trick="close refused, not stored")
    assert run("dead", [one], service.connect)[0] == [State.UNCONFIRMED]
    assert run("other", [one], service.connect)[0] == [State.UNCONFIRMED]
    assert service.wholes == 0
    assert run("dead", [one], service.connect, replace=True)[0] == [State.SUBMITTED]
    assert run("other", [one], service.connect)[0] == [State.SUBMITTED]
    assert service.wholes == 1


@pytest.mark.parametrize("steps", range(17, 26))  # from the line of the journal on
def test_a_death_around_a_refusal_calls_nothing_sent(tmp_path, packages, run, steps):
    (one,) = packages(1, size=1000)
    service = FakeService(tmp_path / "service", "close refused, not stored", steps)
    with mortal(service):
        with suppress(KilledError):
            run("dead", [one], service.connect)
        service.begin()
        for name in ("other", "dead", "other"):
            states, _ = run(name, [one], service.connect)
            assert service.wholes <= 1
            assert (State.SUBMITTED in states) <= service.wholes
