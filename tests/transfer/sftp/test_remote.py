"""What SFTP adds to the promises of a Remote: refusals, silence, hostile listings."""

import asyncio
import dataclasses
import os
import time
from pathlib import Path, PurePosixPath

import pytest
from support.proxy import Fault, Proxy

from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.demo.service.server import DemoService
from neuroflow.errors import (
    ConnectionLostError,
    RemoteMissingError,
    RemoteRefusedError,
    SizeMismatchError,
)
from neuroflow.transfer.remote import Receipt
from neuroflow.transfer.sftp.client import PipelinedClient
from neuroflow.transfer.sftp.packets import StatusError
from neuroflow.transfer.sftp.remote import connect
from neuroflow.transfer.ssh.known_hosts import fetch_host_key

PATH = PurePosixPath("output/x.zip")


def test_a_file_taken_into_processing_at_once_was_sent_whole(tmp_path, opening, local):
    with (
        DemoService(tmp_path / "taker", delay=60, takes_uploads=True) as service,
        opening(service)() as remote,
    ):
        remote.mkdirs(PurePosixPath("input/C/input"))
        assert remote.put(local, PurePosixPath("input/C/input/x.zip")) is Receipt.TAKEN


@pytest.mark.sshd
@pytest.mark.parametrize("kind", ["reset", "close", "silence"])
@pytest.mark.parametrize("after", [100_000, 2_990_000])
def test_an_upload_cut_short_is_a_lost_connection(sshd, trusting, local, kind, after):
    with Proxy(sshd.port, faults=[Fault(after, kind)]) as proxy:
        remote = through(proxy, sshd, trusting, timeout=3.0)
        with pytest.raises(ConnectionLostError):
            remote.put(local, PATH)
        with pytest.raises(ConnectionLostError):
            remote.stat(PATH)
        remote.close()


@pytest.mark.sshd
def test_a_slow_line_is_no_silent_one(sshd, trusting, local):
    """Draining what is under way takes longer than the time-out; answers keep coming in."""
    with Proxy(sshd.port, rate=450_000) as proxy:
        remote = through(proxy, sshd, trusting, timeout=3.0)
        begun = time.monotonic()
        assert remote.put(local, PATH) is Receipt.CONFIRMED
        assert time.monotonic() - begun > 4
        remote.close()


def test_a_store_may_take_its_time_to_close(demo, opening, local, monkeypatch):
    close = S3Home.close

    async def slowly(self, handle):
        await asyncio.sleep(3.5)
        await close(self, handle)

    monkeypatch.setattr(S3Home, "close", slowly)
    with opening(demo, timeout=2.5)() as remote:
        assert remote.put(local, PATH) is Receipt.CONFIRMED


@pytest.mark.sshd
def test_a_download_cut_short_leaves_nothing(sshd, trusting, local, tmp_path):
    (sshd.home / PATH).write_bytes(local.read_bytes())
    with Proxy(sshd.port, faults=[Fault(3600, "reset")]) as proxy:
        remote = through(proxy, sshd, trusting)
        with pytest.raises(ConnectionLostError):
            remote.get(PATH, tmp_path / "back", 3_000_000)
        remote.close()
    assert list(tmp_path.glob("*back*")) == []


def through(proxy, server, trusting, **options):
    known = trusting(server)
    known.trust(proxy.host, proxy.port, fetch_host_key(server.host, server.port))
    behind = dataclasses.replace(server.profile, port=proxy.port)
    return connect(behind, hostkeys=known, **options)


def disk_full_file(home):
    """Return a path below the home where every write is refused and opening is not."""
    if not Path("/dev/full").exists():
        pytest.skip("only Linux has /dev/full")
    (home / "output" / "full").symlink_to("/dev/full")
    return PurePosixPath("output/full")


@pytest.mark.sshd
def test_a_server_that_refuses_to_write_is_heard(sshd, opening, local):
    with opening(sshd)() as remote:
        heard = []
        with pytest.raises(RemoteRefusedError):
            remote.put(local, disk_full_file(sshd.home), heard.append)
        assert heard[0] == 0
        with pytest.raises(ConnectionLostError):  # it hung up rather than close the file
            remote.put(local, PATH)


@pytest.mark.sshd
def test_a_server_that_refuses_the_only_block_is_heard(sshd, opening, local):
    local.write_bytes(b"little")
    with opening(sshd)() as remote, pytest.raises(RemoteRefusedError):
        remote.put(local, disk_full_file(sshd.home))


@pytest.mark.sshd
def test_a_refusal_is_told_though_the_line_breaks_after_it(sshd, opening, local, monkeypatch):
    def break_line(_client):
        raise EOFError

    def fail(done):
        monkeypatch.setattr(PipelinedClient, "_read_packet", break_line)
        raise RemoteRefusedError("no space left")

    with opening(sshd)() as remote, pytest.raises(RemoteRefusedError, match="no space"):
        remote.put(local, PATH, fail)


def test_a_server_that_refuses_to_close_is_heard(demo, opening, local, monkeypatch):
    """The store could not be written: OpenSSH and paramiko would call this a success."""
    close = S3Home.close

    async def refuse(self, handle):
        await close(self, handle)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(S3Home, "close", refuse)
    with opening(demo)() as remote, pytest.raises(RemoteRefusedError, match=r"closing x\.zip"):
        remote.put(local, PATH)


@pytest.mark.sshd
def test_a_server_that_stores_less_is_noticed(sshd, opening, local, monkeypatch):
    close = PipelinedClient.close_file

    def close_and_cut(client, handle):
        close(client, handle)
        os.truncate(sshd.home / PATH, 1000)

    monkeypatch.setattr(PipelinedClient, "close_file", close_and_cut)
    with opening(sshd)() as remote, pytest.raises(SizeMismatchError, match="there now: 1000"):
        remote.put(local, PATH)


def refuse(*_):
    raise StatusError(13, "no")


@pytest.mark.sshd
def test_an_account_that_may_not_look_still_sends(sshd, opening, local, monkeypatch):
    with opening(sshd)() as remote:
        monkeypatch.setattr(PipelinedClient, "stat", refuse)
        assert remote.put(local, PATH) is Receipt.UNSEEN


@pytest.mark.sshd
def test_folders_an_account_cannot_check_are_left_to_upload(sshd, opening, local, monkeypatch):
    with opening(sshd)() as remote:
        monkeypatch.setattr(PipelinedClient, "mkdir", refuse)
        with pytest.raises(RemoteRefusedError):
            remote.mkdirs(PurePosixPath("input/C"))
        monkeypatch.setattr(PipelinedClient, "stat", refuse)
        remote.mkdirs(PurePosixPath("input/C"))
        with pytest.raises(RemoteMissingError):
            remote.put(local, PurePosixPath("input/C/x.zip"))


@pytest.mark.sshd
def test_one_folder_that_may_not_be_listed_is_told(sshd, opening, monkeypatch):
    (sshd.home / "output" / "file").touch()
    paths = [PurePosixPath("output"), PurePosixPath("output/file")]
    with opening(sshd)() as remote, pytest.raises((RemoteRefusedError, RemoteMissingError)):
        list(remote.list(paths[1]))
    with opening(sshd)() as remote:
        assert next(iter(remote.list_many(paths)))[0].name == "file"


@pytest.mark.sshd
def test_links_and_pipes_are_not_listed(sshd, opening):
    (sshd.home / "output" / "link").symlink_to("/etc/passwd")
    os.mkfifo(sshd.home / "output" / "pipe")
    with opening(sshd)() as remote:
        assert list(remote.list(PurePosixPath("output"))) == []


@pytest.mark.sshd
def test_a_name_that_is_no_text_hides_no_other(sshd, opening):
    (sshd.home / "output" / "good").touch()
    (sshd.home / "output" / os.fsdecode(b"bad\xff\xfe")).touch()
    with opening(sshd)() as remote:
        names = {entry.name for entry in remote.list(PurePosixPath("output"))}
    assert names == {"good", "bad\udcff\udcfe"}


@pytest.mark.sshd
def test_a_long_listing_is_whole(sshd, opening):
    for number in range(700):
        (sshd.home / "output" / f"{number}_out").mkdir()
    with opening(sshd)() as remote:
        assert len(list(remote.list(PurePosixPath("output")))) == 700
