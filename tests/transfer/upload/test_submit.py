"""Once and only once: against OpenSSH, the embedded service and a folder."""

import dataclasses
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from support.proxy import Fault, Proxy
from support.transfers import FastClock, behind, is_whole, plan_and_submit, states, submit
from support.waits import PATIENCE

from neuroflow.contract import upload_path
from neuroflow.demo.service.server import DemoService
from neuroflow.errors import (
    ConnectError,
    ConnectionLostError,
    HostNotFoundError,
    LedgerError,
    LoginRefusedError,
    PortError,
    RemoteRefusedError,
    SizeMismatchError,
    SubmissionError,
)
from neuroflow.ledger.ledger import Ledger
from neuroflow.ledger.states import State
from neuroflow.transfer.control import Clock
from neuroflow.transfer.local import LocalRemote
from neuroflow.transfer.remote import Receipt
from neuroflow.transfer.upload.plan import plan


def run(packages, ledger, connect, *, quiet_seconds=0.05, **options):
    """Plan and submit; return the events."""
    return list(plan_and_submit(packages, ledger, connect, quiet_seconds=quiet_seconds, **options))


def test_every_study_arrives_whole_and_once(place, packages, ledger):
    home, connect = place
    made = packages(7, size=200_000)
    events = run(made, ledger, connect)
    assert all(is_whole(home, package) for package in made)
    assert states(ledger) == {State.SUBMITTED: 7}
    assert [e.study_id for e in events if e.status == "done" and e.study_id] != []
    assert run(made, ledger, pytest.fail) == []


def test_intent_is_recorded_before_and_outcome_after(folder_remote, packages, ledger):
    (one,) = packages(1)
    run([one], ledger, folder_remote[1], quiet_seconds=300)
    assert [(state, text) for _, state, text in ledger.history(one.study_id)] == [
        (State.PACKAGED, "packaged"),
        (State.UPLOADING, "begun"),
        (State.UNCONFIRMED, "the last byte is being sent"),
        (State.SUBMITTED, Receipt.CONFIRMED.value),
    ]


def test_a_study_taken_into_processing_at_once_counts_as_sent(tmp_path, opening, packages, ledger):
    made = packages(3)
    with DemoService(tmp_path / "taker", delay=0, takes_uploads=True) as service:
        run(made, ledger, opening(service))
        service.wait_until_idle()
        run(made, ledger, pytest.fail)
    assert sorted(service.processed) == sorted(package.study_id for package in made)
    assert {row.message for row in ledger.rows()} == {Receipt.TAKEN.value}


def test_events_tell_of_bytes_of_each_study_and_of_all(folder_remote, packages, ledger):
    made = packages(2, size=3_000_000)
    events = run(made, ledger, folder_remote[1], connections=1)
    one = [e for e in events if e.study_id == made[0].study_id]
    assert (one[0].done, one[-1].done, one[-1].total) == (0, 3_000_000, 3_000_000)
    assert one[-1].status == "done"
    job = [e for e in events if e.study_id is None]
    assert [job[0].status, job[-1].status] == ["started", "done"]
    assert (job[-1].done, job[-1].total) == (6_000_000, 6_000_000)
    assert [e.done for e in job] == sorted(e.done for e in job)


def test_events_name_no_file_and_no_folder(folder_remote, packages, ledger):
    made = packages(2)
    made[1].path.unlink()
    for event in run(made, ledger, folder_remote[1]):
        assert str(made[0].path.parent) not in event.message
        assert "COHORT" not in event.message


def test_studies_go_at_the_same_time(folder_remote, packages, ledger):
    home, _ = folder_remote
    both = threading.Barrier(2, timeout=PATIENCE)

    class Meeting(LocalRemote):
        def put(self, *args):
            both.wait()
            return super().put(*args)

    run(packages(2), ledger, lambda: Meeting(home), connections=2)
    assert states(ledger) == {State.SUBMITTED: 2}


def test_stopping_finishes_the_study_under_way(folder_remote, packages, ledger):
    home, _ = folder_remote
    stop = threading.Event()

    class Stopping(LocalRemote):
        def put(self, *args):
            stop.set()
            return super().put(*args)

    run(packages(3), ledger, lambda: Stopping(home), connections=1, stop=stop)
    assert states(ledger) == {State.SUBMITTED: 1, State.PACKAGED: 2}


def test_a_stop_that_was_not_asked_for_is_not_set(folder_remote, packages, ledger):
    stop = threading.Event()
    run(packages(1), ledger, folder_remote[1], stop=stop)
    assert not stop.is_set()


def test_nobody_listening_any_more_finishes_the_study_under_way(folder_remote, packages, ledger):
    made = packages(3)
    connect = folder_remote[1]
    events = submit(plan(made, ledger, {}), made, connect, ledger, connections=1)
    next(event for event in events if event.study_id)
    events.close()
    for row in ledger.rows():
        assert row.state in {State.SUBMITTED, State.PACKAGED}


@pytest.mark.sshd
@pytest.mark.parametrize("kind", ["reset", "close", "silence"])
def test_a_lost_connection_is_taken_up_again(sshd, trusting, packages, ledger, kind):
    made = packages(4, size=400_000)
    faults = [Fault(200_000, kind), None, Fault(700_000, kind)]
    with Proxy(sshd.port, faults=faults) as proxy:
        events = run(made, ledger, behind(proxy, sshd, trusting, timeout=0.5), connections=2)
    assert states(ledger) == {State.SUBMITTED: 4}
    assert all(is_whole(sshd.home, package) for package in made)
    assert [e for e in events if e.stage == "wait"]


def test_a_part_the_store_published_is_overwritten_by_the_whole(demo, trusting, packages, ledger):
    (one,) = packages(1, size=2_000_000)
    with Proxy(demo.port, faults=[Fault(1_000_000, "reset")]) as proxy:
        run([one], ledger, behind(proxy, demo, trusting))
    assert is_whole(demo.home, one)
    seen = [state for _, state, _ in ledger.history(one.study_id)]
    assert seen[-3:] == [State.UPLOADING, State.UNCONFIRMED, State.SUBMITTED]
    assert State.PARTLY_SENT in seen


def test_nothing_is_sent_before_the_quiet_time_is_over(folder_remote, packages, ledger):
    (one,) = packages(1)
    ledger.record("COHORT", one.study_id, State.UPLOADING)
    fake = FastClock()
    run([one], ledger, folder_remote[1], quiet_seconds=300, clock=fake.clock)
    assert 300 < fake.slept.total_seconds() < 340
    assert states(ledger) == {State.SUBMITTED: 1}


def test_other_studies_go_while_one_waits(folder_remote, packages, ledger):
    made = packages(3)
    ledger.record("COHORT", made[0].study_id, State.UPLOADING)
    fake = FastClock()
    events = run(
        made,
        ledger,
        folder_remote[1],
        connections=1,
        quiet_seconds=300,
        clock=fake.clock,
    )
    done = [e.study_id for e in events if e.status == "done" and e.study_id]
    assert done == [made[1].study_id, made[2].study_id, made[0].study_id]


def test_stopping_ends_the_waiting_too(folder_remote, packages, ledger):
    (one,) = packages(1)
    ledger.record("COHORT", one.study_id, State.UPLOADING)
    stop = threading.Event()
    run(
        [one],
        ledger,
        folder_remote[1],
        quiet_seconds=300,
        stop=stop,
        clock=Clock(sleep=lambda _: stop.set()),
    )
    assert ledger.row(one.study_id).state is State.UPLOADING


def test_what_may_have_arrived_is_never_sent_unasked(folder_remote, packages, ledger):
    home, connect = folder_remote
    (one,) = packages(1)
    for state in (State.UPLOADING, State.UNCONFIRMED):
        ledger.record("COHORT", one.study_id, state)
    *_, last, _, _ = run([one], ledger, connect, quiet_seconds=0)
    assert (last.status, ledger.row(one.study_id).state) == ("failed", State.UNCONFIRMED)
    assert not is_whole(home, one)
    run([one], ledger, connect, quiet_seconds=0, replace=True)
    assert is_whole(home, one)


def test_a_processed_study_is_not_sent_again(folder_remote, packages, ledger):
    home, connect = folder_remote
    (one,) = packages(1)
    for state in (State.UPLOADING, State.UNCONFIRMED):
        ledger.record("COHORT", one.study_id, state)
    result = home / "output" / "deeper" / f"{one.study_id}_out"
    result.mkdir(parents=True)
    (result / "aidp.csv").touch()
    run([one], ledger, connect)
    assert ledger.row(one.study_id).state is State.SUBMITTED
    assert not is_whole(home, one)


class Failing(LocalRemote):
    """A folder whose uploads fail as told: before the first byte, midway, or at the end."""

    def __init__(self, root, error, at):
        super().__init__(root)
        self.error, self.at = error, at

    def put(self, local, path, on_bytes, before_last):
        if self.at != "opening":
            on_bytes(0)
            (self.root / path).write_bytes(local.read_bytes()[: self.part(local)])
        if self.at in {"closing", "closed"}:
            before_last()
            on_bytes(local.stat().st_size)
        raise self.error

    def part(self, local):
        return local.stat().st_size if self.at == "closed" else 100


@pytest.mark.parametrize(
    ("error", "at", "state"),
    [
        (RemoteRefusedError("no"), "opening", State.PACKAGED),
        (RemoteRefusedError("no"), "midway", State.PARTLY_SENT),
    ],
)
def test_an_upload_refused_midway_is_sent_next_run(
    folder_remote, packages, ledger, error, at, state
):
    home, connect = folder_remote
    made = packages(2)
    events = run(made, ledger, lambda: Failing(home, error, at), connections=1)
    assert states(ledger) == {state: 2}
    assert [e.status for e in events if e.study_id][-1] == "failed"
    run(made, ledger, connect)
    assert states(ledger) == {State.SUBMITTED: 2}
    assert all(is_whole(home, package) for package in made)


@pytest.mark.parametrize("at", ["closing", "closed"])
@pytest.mark.parametrize("error", [RemoteRefusedError("no"), SizeMismatchError("less")])
def test_a_refusal_after_the_last_byte_stays_unconfirmed(
    folder_remote, packages, ledger, error, at
):
    home, connect = folder_remote
    made = packages(2)
    events = run(made, ledger, lambda: Failing(home, error, at), connections=1)
    assert states(ledger) == {State.UNCONFIRMED: 2}
    assert [e.status for e in events if e.study_id][-1] == "failed"
    before = [(home / upload_path("COHORT", each.study_id)).read_bytes() for each in made]
    refused = isinstance(error, RemoteRefusedError)
    for _ in range(2):  # a matching length proves nothing after a refusal, and is not forgotten
        run(made, ledger, connect)
        proven = at == "closed" and not refused
        assert states(ledger) == {State.SUBMITTED if proven else State.UNCONFIRMED: 2}
        after = [(home / upload_path("COHORT", each.study_id)).read_bytes() for each in made]
        assert after == before
    run(made, ledger, connect, replace=True)
    assert states(ledger) == {State.SUBMITTED: 2}
    assert all(is_whole(home, package) for package in made)


def test_a_refused_closing_has_one_sentence_everywhere(folder_remote, packages, ledger):
    home, connect = folder_remote
    (one,) = packages(1)
    full = RemoteRefusedError("The server reported an error while closing.", why="No space left.")
    events = run([one], ledger, lambda: Failing(home, full, "closing"))
    sentence = (
        'the server refused to store it: it answered the closing with "No space left" and shows '
        f"100 of {one.size} bytes, which proves nothing; it is not sent again "
        "automatically; wait for its result, or submit it with replace"
    )
    for _ in range(2):
        assert ledger.row(one.study_id).message == sentence
        assert [event.message for event in events if event.status == "failed"] == [
            f"Study {one.study_id}: {sentence}"
        ]
        events = run([one], ledger, connect)


class Unanswering(Failing):
    """It cannot be asked what it shows once an upload was refused."""

    is_refused = False

    def put(self, *args):
        self.is_refused = True
        super().put(*args)

    def stat(self, path):
        if self.is_refused:
            raise RemoteRefusedError("no")
        return super().stat(path)


def test_after_a_refused_closing_an_unknown_length_is_called_so(folder_remote, packages, ledger):
    home, _ = folder_remote
    (one,) = packages(1)
    run([one], ledger, lambda: Unanswering(home, RemoteRefusedError("no"), "closing"))
    assert ledger.row(one.study_id).message.startswith(
        "the server refused to store it: it answered the closing with an error and could not be "
        "asked for the file; it is not sent again automatically"
    )


def test_a_refused_replacement_leaves_what_is_known_of_the_old(folder_remote, packages, ledger):
    home, connect = folder_remote
    (one,) = packages(1)
    run([one], ledger, connect)
    one.path.write_bytes(b"other")
    other = dataclasses.replace(
        one,
        size=5,
        sha256="d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa",
    )
    ledger.add_package(other)
    refuse = Failing(home, RemoteRefusedError("no"), "opening")
    run([other], ledger, lambda: refuse, replace=True)
    row = ledger.row(one.study_id)
    assert (row.state, row.sent_sha256, row.is_changed) == (State.SUBMITTED, one.sha256, True)
    run([other], ledger, connect, replace=True)
    assert (home / upload_path("COHORT", one.study_id)).read_bytes() == b"other"
    assert not ledger.row(one.study_id).is_changed


@pytest.mark.parametrize("harm", ["missing", "other bytes"])
def test_a_package_changed_after_it_was_made_is_refused(folder_remote, packages, ledger, harm):
    home, connect = folder_remote
    bad, good = packages(2)
    bad.path.unlink()
    if harm == "other bytes":
        bad.path.write_bytes(bytes(bad.size))
    events = run([bad, good], ledger, connect)
    assert [e.status for e in events if e.study_id == bad.study_id] == ["failed"]
    assert ledger.row(bad.study_id).state is State.PACKAGED
    assert is_whole(home, good)


def test_a_ledger_that_cannot_be_written_stops_everything(folder_remote, packages, ledger_path):
    home, connect = folder_remote
    made = packages(4)

    class Full(Ledger):
        def record(self, *args, **kwargs):
            raise LedgerError("disk full")

    full = Full(ledger_path)
    with full, pytest.raises(LedgerError, match="disk full"):
        run(made, full, connect, connections=2)
    assert not any(is_whole(home, package) for package in made)


@pytest.mark.usefixtures("short_pauses")
def test_a_server_out_of_reach_is_an_error_at_once(packages, ledger):
    def connect():
        raise ConnectionLostError("no network")

    with pytest.raises(ConnectionLostError):
        run(packages(1), ledger, connect)
    assert states(ledger) == {State.PACKAGED: 1}


def test_fewer_connections_than_wished_for_do(folder_remote, packages, ledger):
    _, connect = folder_remote
    calls = []

    def once():
        calls.append(1)
        if len(calls) > 1:
            raise ConnectionLostError("too many sessions")
        return connect()

    run(packages(3), ledger, once, connections=3)
    assert states(ledger) == {State.SUBMITTED: 3}


@pytest.mark.sshd
def test_a_hard_stop_leaves_a_true_ledger(sshd, trusting, packages, ledger):
    made = packages(1, size=30_000_000)
    with Proxy(sshd.port, latency=0.05) as proxy:
        connect = behind(proxy, sshd, trusting, timeout=30)
        events = submit(plan(made, ledger, {}), made, connect, ledger)
        next(event for event in events if event.status == "progress" and event.study_id)
        with pytest.raises(KeyboardInterrupt):
            events.throw(KeyboardInterrupt)
    assert states(ledger) == {State.UPLOADING: 1}


def test_the_ledger_is_correct_after_a_permanent_outage(folder_remote, packages, ledger):
    home, _ = folder_remote
    lost = Failing(home, ConnectionLostError("gone"), "closing")
    connections = iter([lost])

    def connect():
        try:
            return next(connections)
        except StopIteration:
            raise ConnectionLostError("still gone") from None

    fake = FastClock()
    with pytest.raises(ConnectError, match="still gone"):
        run(packages(2), ledger, connect, connections=1, clock=fake.clock)
    assert states(ledger) == {State.UNCONFIRMED: 1, State.PACKAGED: 1}


def test_a_network_that_comes_back_after_minutes_is_waited_for(folder_remote, packages, ledger):
    home, connect = folder_remote
    fake = FastClock()
    lost = Failing(home, ConnectionLostError("gone"), "midway")
    absent = [HostNotFoundError("no name"), PortError("no port")] * 4

    def later():
        if lost.at:
            lost.at = ""
            return lost
        if absent:
            raise absent.pop()
        return connect()

    events = run(packages(2), ledger, later, connections=1, clock=fake.clock)
    assert states(ledger) == {State.SUBMITTED: 2}
    assert fake.slept > timedelta(seconds=60)
    assert sum("retrying" in event.message for event in events) == 8


def test_a_key_refused_later_on_is_not_tried_again(folder_remote, packages, ledger):
    home, _ = folder_remote
    answers = [Failing(home, ConnectionLostError("gone"), "midway")]

    def connect():
        if answers:
            return answers.pop()
        raise LoginRefusedError("not any more")

    with pytest.raises(LoginRefusedError):
        run(packages(1), ledger, connect)


def test_after_three_failures_a_study_waits_for_another_run(folder_remote, packages, ledger):
    home, connect = folder_remote
    lost = Failing(home, ConnectionLostError("gone"), "midway")
    made = packages(1)
    events = run(made, ledger, lambda: lost, quiet_seconds=0)
    assert [e.status for e in events if e.study_id][-1] == "failed"
    assert states(ledger) == {State.UPLOADING: 1}
    run(made, ledger, connect)
    assert is_whole(home, made[0])


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_study_is_tried_as_often_as_the_options_say(folder_remote, packages, ledger, attempts):
    lost = Failing(folder_remote[0], ConnectionLostError("gone"), "midway")
    events = run(packages(1), ledger, lambda: lost, quiet_seconds=0, attempts=attempts)
    waits = [event for event in events if event.study_id and event.stage == "wait"]
    assert len(waits) == attempts - 1
    assert [event.status for event in events if event.study_id][-1] == "failed"


def test_a_long_upload_is_noted_again_and_again(folder_remote, packages, ledger):
    home, _ = folder_remote
    fake = FastClock()

    class Slow(LocalRemote):
        def put(self, local, path, on_bytes, before_last):
            def slowly(done):
                fake.sleep(40)
                on_bytes(done)

            for done in (0, 100, 200):
                slowly(done)
            return super().put(local, path, on_bytes, before_last)

    made = packages(1)
    run(made, ledger, lambda: Slow(home), quiet_seconds=300, clock=fake.clock)
    texts = [text for _, _, text in ledger.history(made[0].study_id)]
    assert "200 of 1000 bytes" in texts


def test_sending_loads_no_library_of_tables():
    """It takes 80 MB: an upload stays small."""
    code = (
        "import sys; import neuroflow.transfer.upload.submit, neuroflow.transfer.sftp.remote; "
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_plan_of_unknown_studies_is_refused(folder_remote, packages, ledger):
    made = packages(1)
    with pytest.raises(SubmissionError, match="no package"):
        list(submit(plan(made, ledger, {}), [], folder_remote[1], ledger))


@pytest.mark.parametrize("failures", [1, 3])
def test_the_first_connection_is_tried_again(folder_remote, packages, ledger, failures):
    _, connect = folder_remote
    made, left = packages(1), [ConnectionLostError("away")] * failures

    def shaky():
        if left:
            raise left.pop()
        return connect()

    events = run(made, ledger, shaky, clock=FastClock().clock)
    waits = [event for event in events if event.stage == "wait"]
    assert len(waits) == failures
    assert all("no connection, retrying in" in event.message for event in waits)
    assert states(ledger) == {State.SUBMITTED: 1}


def test_a_wrong_address_is_reported_after_a_few_attempts(packages, ledger):
    attempts = []

    def wrong():
        attempts.append(1)
        raise PortError("closed")

    with pytest.raises(PortError):
        run(packages(1), ledger, wrong, clock=FastClock().clock)
    assert len(attempts) == 4
    assert states(ledger) == {State.PACKAGED: 1}
