"""Servers that do not send whether a path is a file or a folder."""

import stat
from pathlib import PurePosixPath

import asyncssh
import pytest
from asyncssh.sftp import SFTPAttrs

from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import RemoteRefusedError
from neuroflow.transfer.collect.discover import find_results
from neuroflow.transfer.remote import Receipt
from neuroflow.transfer.sftp.client import PipelinedClient

IDS = [f"{n:08d}-1111-4222-8333-444444444444" for n in range(40)]
OUTPUT = PurePosixPath("output")


@pytest.fixture(params=["nothing", "bits without a type", "the long name", "a wrong long name"])
def tacit(request, demo, monkeypatch):
    """Return the embedded service, which sends less of a path than most servers do."""
    scandir, find = S3Home.scandir, S3Home.stat

    def attributes(found):
        bits = stat.S_IMODE(found.st_mode) if request.param.startswith("bits") else None
        seconds = int(found.st_mtime)
        return SFTPAttrs(size=found.st_size, atime=seconds, mtime=seconds, permissions=bits)

    async def quiet_scandir(self, path):
        async for name in scandir(self, path):
            found = await find(self, path + b"/" + name.filename)
            kind = "d" if stat.S_ISDIR(found.st_mode) else "-"
            name.longname = {
                "the long name": f"{kind}rwxr-xr-x 1 - - 9 Nov 28 07:00 ".encode() + name.filename,
                "a wrong long name": name.filename,
            }.get(request.param, b" ")
            name.attrs = attributes(found)
            yield name

    async def quiet_stat(self, path):
        return attributes(await find(self, path))

    monkeypatch.setattr(S3Home, "scandir", quiet_scandir)
    monkeypatch.setattr(S3Home, "stat", quiet_stat)
    monkeypatch.setattr(S3Home, "lstat", quiet_stat)
    return demo


def test_files_and_folders_are_told_apart(tacit, opening):
    (tacit.home / "output" / "drawer.csv").write_bytes(b"123")
    (tacit.home / "output" / "data-folder").mkdir()
    with opening(tacit)() as remote:
        found = {entry.name: entry for entry in remote.list(OUTPUT)}
        assert {name: entry.is_folder for name, entry in found.items()} == {
            "drawer.csv": False,
            "data-folder": True,
        }
        assert found["drawer.csv"].size == 3
        assert remote.stat(OUTPUT).is_folder
        assert not remote.stat(OUTPUT / "drawer.csv").is_folder


def test_every_result_is_found(tacit, opening):
    for study_id in IDS:
        folder = tacit.home / "output" / f"{study_id}_out"
        folder.mkdir()
        (folder / "aidp.csv").write_text("region,FW\npSN,0.2\n")
    with opening(tacit)() as remote:
        assert [folder.study_id for folder in find_results(remote)] == IDS
        folders = [entry.path for entry in remote.list(OUTPUT)]
        for entries in remote.list_many(folders):
            assert [(entry.name, entry.is_folder) for entry in entries] == [("aidp.csv", False)]


def test_a_study_is_sent(tacit, opening, tmp_path):
    (tmp_path / "x.zip").write_bytes(b"study")
    folder = PurePosixPath("input/C/input")
    with opening(tacit)() as remote:
        remote.mkdirs(folder)
        assert remote.put(tmp_path / "x.zip", folder / "x.txt") is Receipt.CONFIRMED
    assert (tacit.home / folder / "x.txt").read_bytes() == b"study"


@pytest.mark.parametrize("tacit", ["nothing"], indirect=True)
def test_unreadable_entries_are_reported_not_taken_as_absent(tacit, opening, monkeypatch):
    (tacit.home / "output" / "closed").mkdir()
    scandir = S3Home.scandir

    async def refuse(self, path):
        if path.endswith(b"closed"):
            raise asyncssh.SFTPPermissionDenied("closed")
        async for name in scandir(self, path):
            yield name

    monkeypatch.setattr(S3Home, "scandir", refuse)
    monkeypatch.setattr(PipelinedClient, "_can_read", lambda _, paths: [False] * len(paths))
    with opening(tacit)() as remote:
        for look in (lambda: list(remote.list(OUTPUT)), lambda: remote.stat(OUTPUT / "closed")):
            with pytest.raises(RemoteRefusedError, match="does not report whether output/closed"):
                look()
        (error,) = remote.list_many([OUTPUT])
        assert isinstance(error, RemoteRefusedError)
