"""One study is handled: when the server is checked again, and how often in vain."""

import pytest
from support.transfers import FastClock

from neuroflow.errors import ConnectionLostError, RemoteRefusedError
from neuroflow.identity import Journal
from neuroflow.ledger.states import State
from neuroflow.transfer.control import Clock, Control, Job
from neuroflow.transfer.local import LocalRemote
from neuroflow.transfer.pool import DroppedError, PostponedError
from neuroflow.transfer.retry import MAX_ATTEMPTS
from neuroflow.transfer.upload.options import UploadOptions
from neuroflow.transfer.upload.rate_limit import RateLimiter
from neuroflow.transfer.upload.shared_journal import SharedJournal
from neuroflow.transfer.upload.task import Task
from neuroflow.transfer.upload.worker import UploadWorker

NOW = 1000.0


@pytest.fixture
def task(packages):
    (one,) = packages(1)
    return Task(one, force=False)


@pytest.fixture
def worker(tmp_path, ledger):
    fake = FastClock()
    job = Job(Clock(fake.now, fake.sleep, lambda: NOW), Control())
    shared = SharedJournal(Journal(tmp_path / "journal"), "here")
    options = UploadOptions(quiet_seconds=300)
    return UploadWorker(ledger, job, options, {}, RateLimiter(), shared=shared)


class Losing(LocalRemote):
    """A folder whose connection is lost in one of its methods."""

    def __init__(self, root, method):
        super().__init__(root)
        self.method = method

    def stat(self, path):
        if self.method == "stat":
            raise ConnectionLostError("gone")
        return super().stat(path)

    def put(self, local, path, on_bytes, before_last):
        on_bytes(0)
        raise ConnectionLostError("gone")


class Refusing(LocalRemote):
    """A folder that refuses a file after some bytes, or before the first."""

    def __init__(self, root, after, study_id=None):
        super().__init__(root)
        self.after = after
        self.study_id = study_id

    def put(self, local, path, on_bytes, before_last):
        if self.after is not None:
            on_bytes(self.after)
        raise RemoteRefusedError("No.", study_id=self.study_id)


def test_a_connection_with_a_part_in_flight_is_dropped(folder_remote, worker, task):
    with pytest.raises(DroppedError):
        worker.handle(Refusing(folder_remote[0], 100), task, id)


@pytest.mark.parametrize("after", [None, 1000])
def test_a_connection_without_a_part_in_flight_is_kept(folder_remote, worker, task, after):
    assert worker.handle(Refusing(folder_remote[0], after), task, id) is None


def test_what_another_workspace_sends_is_checked_soon(tmp_path, worker, task):
    with Journal(tmp_path / "journal").sending(task.package.study_id):
        assert worker.handle(None, task, id) == NOW + 30


def test_an_interrupted_upload_is_checked_after_the_quiet_time(folder_remote, worker, task):
    worker.ledger.record("COHORT", task.package.study_id, State.UPLOADING)
    assert worker.handle(folder_remote[1](), task, id) == pytest.approx(NOW + 330, abs=10)


def test_a_lost_upload_is_repeated_after_the_quiet_time(folder_remote, worker, task):
    with pytest.raises(PostponedError) as caught:
        worker.handle(Losing(folder_remote[0], "put"), task, id)
    assert caught.value.until == pytest.approx(NOW + 330)


@pytest.mark.parametrize("answers_between", [False, True])
def test_checks_in_vain_are_counted_since_the_last_answer(
    folder_remote, worker, task, answers_between
):
    worker.ledger.record("COHORT", task.package.study_id, State.UPLOADING)
    deaf = Losing(folder_remote[0], "stat")
    if answers_between:
        with pytest.raises(PostponedError):
            worker.handle(deaf, task, id)
        worker.handle(folder_remote[1](), task, id)
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(PostponedError):
            worker.handle(deaf, task, id)
    with pytest.raises(DroppedError):
        worker.handle(deaf, task, id)


@pytest.mark.parametrize("is_named", [False, True])
def test_a_refused_study_is_named_once(folder_remote, worker, task, is_named):
    study_id, events = task.package.study_id, []
    remote = Refusing(folder_remote[0], None, study_id if is_named else None)
    worker.handle(remote, task, events.append)
    assert events[-1].message.startswith(f"Study {study_id}: No.")
