"""Answers that a server may give and few servers do."""

import asyncssh
import pytest
from asyncssh.sftp import SFTPServerHandler
from support.transfers import collect, submit

from neuroflow.contract import upload_path
from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import RemoteRefusedError
from neuroflow.ledger import State
from neuroflow.models import RESULT_FILES
from neuroflow.transfer.upload.plan import plan
from neuroflow.transfer.upload.reconcile import NOT_STORED


@pytest.fixture
def run(demo, opening, ledger):
    """Return a function that submits packages once."""

    def submit_all(made):
        todo = plan(made, ledger, {})
        return list(submit(todo, made, opening(demo), ledger, quiet_seconds=0.1))

    return submit_all


def ends(monkeypatch, name):
    """Let the service answer with "end of file"; it does what it can for files already open."""
    done = getattr(S3Home, name)

    async def end(self, *arguments):
        if name in {"write", "close"}:
            result = done(self, *arguments)
            if hasattr(result, "__await__"):
                await result
        raise asyncssh.SFTPEOFError

    monkeypatch.setattr(S3Home, name, end)


def test_end_of_file_at_the_closing_is_a_refusal(demo, packages, ledger, run, monkeypatch):
    made = packages(2)
    ends(monkeypatch, "close")
    for _ in range(2):
        run(made)
        assert {row.state for row in ledger.rows()} == {State.UNCONFIRMED}
        for row in ledger.rows():
            assert row.message.startswith(f'{NOT_STORED}it answered the closing with "End of file"')


@pytest.mark.parametrize(
    ("name", "state"), [("write", State.PARTLY_SENT), ("open", State.PACKAGED)]
)
def test_end_of_file_is_no_lost_connection(demo, packages, ledger, run, monkeypatch, name, state):
    made = packages(1)
    ends(monkeypatch, name)
    (event,) = [event for event in run(made) if event.status == "failed"]
    assert ledger.rows()[0].state is state
    assert "End of file" in event.message


@pytest.mark.parametrize("name", ["stat", "mkdir"])
def test_end_of_file_is_reported_as_a_refusal(demo, opening, monkeypatch, name):
    ends(monkeypatch, name)
    path = upload_path("COHORT", "x")
    with opening(demo)() as remote, pytest.raises(RemoteRefusedError, match="End of file"):
        remote.mkdirs(path.parent) if name == "mkdir" else remote.stat(path.parents[2])


def test_end_of_file_ends_a_listing(demo, opening, monkeypatch):
    async def end(self, path):
        raise asyncssh.SFTPEOFError
        yield

    monkeypatch.setattr(S3Home, "scandir", end)
    with opening(demo)() as remote:
        assert list(remote.list(upload_path("COHORT", "x").parents[2])) == []


def test_an_answer_of_another_kind_closes_nothing(demo, packages, ledger, run, monkeypatch):
    made = packages(1)
    process = SFTPServerHandler._process_close

    async def as_handle(self, packet):
        await process(self, packet)
        return b"handle"

    monkeypatch.setitem(SFTPServerHandler._packet_handlers, 4, as_handle)
    monkeypatch.setitem(SFTPServerHandler._return_types, 4, asyncssh.sftp.FXP_HANDLE)
    run(made)
    assert ledger.rows()[0].state is State.UNCONFIRMED
    assert "Something else than a status" in ledger.rows()[0].message


@pytest.mark.parametrize("length", [0, 1, 256])
def test_handles_of_every_length_work(
    demo, opening, packages, ledger, tmp_path, monkeypatch, length
):
    (one,) = packages(1)
    number = iter(range(1 << 30))

    def next_handle(self):
        taken = {*self._file_handles, *self._dir_handles}
        handles = (next(number).to_bytes(4, "big") * 64 for _ in range(1 << 30))
        return next(h for each in handles if (h := each[-length:] if length else b"") not in taken)

    folder = demo.home / "output" / f"{one.study_id}_out"
    folder.mkdir()
    for name in RESULT_FILES:
        (folder / name).write_bytes(name.encode())
    ledger.record("COHORT", one.study_id, State.SUBMITTED)
    monkeypatch.setattr("neuroflow.transfer.sftp.reader.MAX_OPEN_FILES", 1)
    monkeypatch.setattr(SFTPServerHandler, "_get_next_handle", next_handle)
    list(collect(opening(demo), ledger, tmp_path / "results"))
    there = tmp_path / "results" / folder.name
    assert {path.name: path.read_bytes() for path in there.iterdir()} == {
        name: name.encode() for name in RESULT_FILES
    }
