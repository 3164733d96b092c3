"""Each error of a connection or a file: its advice is followed word by word, and cures it."""

import dataclasses
import os
import shlex
import subprocess
from pathlib import PurePosixPath

import asyncssh
import pytest
from support.advice import advice
from support.proxy import Fault, Proxy
from support.sshd import free_port
from support.transfers import behind, is_whole, plan_and_submit, states

from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import (
    ConnectionLostError,
    FileChangedError,
    HostKeyError,
    HostKeyUnknownError,
    HostNotFoundError,
    KeyFileError,
    PortError,
    RemoteMissingError,
    RemoteRefusedError,
    SizeMismatchError,
    TransferError,
)
from neuroflow.ledger import State
from neuroflow.transfer.diagnose import diagnose
from neuroflow.transfer.local import LocalRemote
from neuroflow.transfer.local_files import make_folder
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh.keys import load_key, make_key
from neuroflow.transfer.ssh.known_hosts import HostKeys

RESULT = PurePosixPath("output/a.csv")
LOST = ConnectionLostError.anchor


@pytest.fixture
def folder(folder_remote):
    """Return a folder in place of the service, with one file, and a session with it."""
    home, open_it = folder_remote
    (home / RESULT).write_bytes(b"half")
    return home, open_it()


@pytest.mark.cures("HostNotFoundError")
def test_a_misspelt_name_is_cured_by_the_right_one(demo, trusting):
    wrong = dataclasses.replace(demo.profile, host="127.0.0.1.invalid")
    known = trusting(demo)
    assert "Check the server id" in advice(
        HostNotFoundError, lambda: connect(wrong, hostkeys=known)
    )
    right = dataclasses.replace(wrong, host=demo.host)
    connect(right, hostkeys=known).close()


@pytest.mark.cures("PortError")
def test_a_wrong_port_is_cured_by_the_right_one(demo, trusting):
    wrong = dataclasses.replace(demo.profile, port=free_port())
    known = trusting(demo)
    assert "Check the port" in advice(PortError, lambda: connect(wrong, hostkeys=known))
    connect(dataclasses.replace(wrong, port=demo.port), hostkeys=known).close()


@pytest.mark.cures("HostKeyError")
def test_a_fingerprint_in_the_form_of_the_advice_is_accepted(demo, tmp_path):
    known = HostKeys(tmp_path / "known_hosts")
    digits = demo.fingerprint.removeprefix("SHA256:")
    text = advice(HostKeyError, lambda: known.pin(demo.host, demo.port, f"MD5:{digits}"))
    assert "SHA256:" in text
    known.pin(demo.host, demo.port, f"SHA256:{digits}")
    connect(demo.profile, hostkeys=known).close()


@pytest.mark.cures("HostKeyUnknownError")
def test_the_shown_key_once_confirmed_opens_the_connection(demo, tmp_path):
    known = HostKeys(tmp_path / "known_hosts")
    with pytest.raises(HostKeyUnknownError) as caught:
        connect(demo.profile, hostkeys=known)
    assert "onfirm" in caught.value.advice
    known.pin(demo.host, demo.port, caught.value.fingerprint)
    connect(demo.profile, hostkeys=known).close()


@pytest.mark.cures("KeyFileError")
def test_permissions_are_corrected_by_the_command_of_the_advice(tmp_path):
    path = tmp_path / "key"
    make_key(path)
    path.chmod(0o644)
    if os.name == "nt":
        return
    command = advice(KeyFileError, lambda: load_key(path))
    subprocess.run(shlex.split(command), check=True)
    assert load_key(path)


@pytest.mark.cures("KeyFileError")
@pytest.mark.parametrize("form", ["public", "missing"])
def test_the_key_file_that_the_advice_names_can_be_used(tmp_path, form):
    make_key(tmp_path / "key")
    wrong = tmp_path / ("key.pub" if form == "public" else "kay")
    text = advice(KeyFileError, lambda: load_key(wrong))
    assert ("without .pub" if form == "public" else "Check the path") in text
    assert load_key(tmp_path / "key")


@pytest.mark.cures("ConnectionLostError")
def test_the_same_command_again_cures_a_lost_connection(demo, trusting, packages, ledger):
    (one,) = packages(1, size=200_000)
    with Proxy(demo.port, faults=[Fault(100_000, "reset")]) as proxy:
        open_it = behind(proxy, demo, trusting)
        options = {"attempts": 1, "quiet_seconds": 0.0}
        said = [event.message for event in plan_and_submit([one], ledger, open_it, **options)]
        advised = f"the server is checked before the upload continues. [{LOST}]"
        assert any(advised in message for message in said)
        list(plan_and_submit([one], ledger, open_it, **options))
    assert states(ledger) == {State.SUBMITTED: 1}
    assert is_whole(demo.home, one)


@pytest.mark.cures("RemoteRefusedError")
def test_a_refused_operation_succeeds_when_tried_again(demo, opening, monkeypatch):
    with monkeypatch.context() as refusing, opening(demo)() as remote:

        def refuse(*_args):
            raise asyncssh.SFTPFailure("not now")

        refusing.setattr(S3Home, "mkdir", refuse)
        path = PurePosixPath("input/C/input")
        assert "Try again" in advice(RemoteRefusedError, lambda: remote.mkdirs(path))
        refusing.undo()
        remote.mkdirs(path)
        assert (demo.home / path).is_dir()


@pytest.mark.cures("RemoteMissingError")
def test_the_folder_that_support_creates_is_found(sshd, trusting):
    known = trusting(sshd)
    (sshd.home / "output").rmdir()
    *_, step = diagnose(sshd.profile, known)
    assert isinstance(step.error, RemoteMissingError)
    assert "Ask neuropacs support" in step.advice
    (sshd.home / "output").mkdir()
    assert all(step.ok for step in diagnose(sshd.profile, known))


@pytest.mark.cures("SizeMismatchError")
def test_a_result_still_being_written_is_whole_later(folder, tmp_path):
    home, remote = folder
    here = tmp_path / "a.csv"
    text = advice(SizeMismatchError, lambda: remote.get(RESULT, here, 8))
    assert "collect again later" in text
    assert not here.exists()
    (home / RESULT).write_bytes(b"complete")
    remote.get(RESULT, here, remote.stat(RESULT).size)
    assert here.read_bytes() == b"complete"


@pytest.mark.cures("FileChangedError")
def test_a_replaced_result_is_fetched_whole_again(folder, tmp_path):
    home, remote = folder
    listed = remote.stat(RESULT)

    def replace_it(done):
        if done:
            os.utime(home / RESULT, (1, 1))

    def get(entry, on_bytes):
        remote.get(RESULT, tmp_path / "a.csv", entry.size, on_bytes, entry.modified)

    assert "fetched again" in advice(FileChangedError, lambda: get(listed, replace_it))
    get(remote.stat(RESULT), lambda _done: None)
    assert (tmp_path / "a.csv").read_bytes() == b"half"


@pytest.mark.cures("TransferError")
def test_results_get_their_folder_once_its_place_is_free(tmp_path):
    (tmp_path / "results").write_text("a file in its place")
    text = advice(TransferError, lambda: make_folder(tmp_path / "results" / "s_out"))
    assert "Check" in text
    (tmp_path / "results").unlink()
    make_folder(tmp_path / "results" / "s_out")
    assert (tmp_path / "results" / "s_out").is_dir()


@pytest.mark.cures("TransferError")
def test_a_package_cut_while_it_leaves_is_sent_once_whole(folder_remote, tmp_path):
    home, open_it = folder_remote
    local, target = tmp_path / "s.zip", PurePosixPath("input/C/input/s.zip")
    whole = bytes(3 << 20)
    local.write_bytes(whole)

    def cut(done):
        if done:
            local.write_bytes(b"short")

    remote = open_it()
    assert isinstance(remote, LocalRemote)
    remote.mkdirs(target.parent)
    assert "submit again" in advice(TransferError, lambda: remote.put(local, target, cut))
    local.write_bytes(whole)
    remote.put(local, target)
    assert (home / target).read_bytes() == whole
