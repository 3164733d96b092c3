"""Servers that do not send the sizes of files."""

import os
import stat
from pathlib import PurePosixPath

import asyncssh
import pytest
from asyncssh.sftp import SFTPAttrs
from support.transfers import collect

from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import RemoteRefusedError
from neuroflow.transfer.collect.discover import find_results
from neuroflow.transfer.collect.folder_contents import missing_files
from neuroflow.transfer.collect.snapshot import OutputSnapshot
from neuroflow.transfer.remote import Receipt

OUTPUT = PurePosixPath("output")
SIZES = [0, 1, 2, 3, 32768, 100_001]
WAYS = ["stat", "fstat", "reading", "nothing"]
"""What tells the size; of `nothing`, not even that."""


@pytest.fixture
def tell_by(demo, monkeypatch):
    """Return a function that makes the service tell sizes in one way only."""
    scandir, find, fstat, open_it = S3Home.scandir, S3Home.stat, S3Home.fstat, S3Home.open

    def without_size(found):
        return SFTPAttrs(permissions=found.st_mode, atime=0, mtime=int(found.st_mtime))

    def only_by(way):
        async def unsized_scandir(self, path):
            async for name in scandir(self, path):
                name.attrs = without_size(await find(self, path + b"/" + name.filename))
                yield name

        async def unsized_stat(self, path):
            return without_size(await find(self, path))

        async def unsized_fstat(self, file_obj):
            return without_size(await fstat(self, file_obj))

        async def not_to_read(self, path, pflags, attrs):
            if pflags & asyncssh.FXF_READ:
                raise asyncssh.SFTPPermissionDenied("no")
            return await open_it(self, path, pflags, attrs)

        monkeypatch.setattr(S3Home, "scandir", unsized_scandir)
        for name, fake in (("stat", unsized_stat), ("lstat", unsized_stat)):
            if way != "stat":
                monkeypatch.setattr(S3Home, name, fake)
        if way in {"reading", "nothing"}:
            monkeypatch.setattr(S3Home, "fstat", unsized_fstat)
        if way == "nothing":
            monkeypatch.setattr(S3Home, "open", not_to_read)

    return only_by


@pytest.mark.parametrize("way", WAYS[:3])
def test_unsent_sizes_are_asked_for(demo, opening, tell_by, way):
    for size in SIZES:
        (demo.home / "output" / f"{size}.txt").write_bytes(os.urandom(size))
    tell_by(way)
    with opening(demo)() as remote:
        found = {entry.name: entry.size for entry in remote.list(OUTPUT)}
        assert found == {f"{size}.txt": size for size in SIZES}
        assert remote.stat(OUTPUT / "100001.txt").size == 100_001


@pytest.mark.parametrize("way", WAYS[:3])
def test_results_without_listed_sizes_are_collected(
    demo, opening, tell_by, way, delivered, ledger, results
):
    folder = delivered(demo.home)
    tell_by(way)
    list(collect(opening(demo), ledger, results))
    there = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {path.name: path.read_bytes() for path in (results / folder.name).iterdir()} == there


def test_unknown_sizes_are_reported_not_taken_for_empty(
    demo, opening, tell_by, delivered, ledger, results, tmp_path
):
    folder = delivered(demo.home, is_old=False)
    tell_by("nothing")
    snapshot = OutputSnapshot(ledger.rows()[0].since)
    events = list(collect(opening(demo), ledger, results, snapshot=snapshot))
    (study_id,) = snapshot.folders
    words = "aidp.csv (of unknown size), prediction.txt (of unknown size)"
    assert missing_files(snapshot.folders[study_id]).startswith(words)
    assert any("aidp.csv (of unknown size)" in event.message for event in events)
    snapshot.save(tmp_path / "listing.json", "server")
    loaded = OutputSnapshot.load(tmp_path / "listing.json", "server")
    assert loaded.folders == snapshot.folders
    skipped = []
    with opening(demo)() as remote:
        find_results(remote, on_skipped=skipped.append)
        with pytest.raises(RemoteRefusedError, match="report the size"):
            remote.stat(OUTPUT / folder.name / "aidp.csv")
    assert [sentence.endswith("the server does not report its size.") for sentence in skipped] == [
        True
    ] * 3


@pytest.mark.parametrize("way", WAYS)
def test_a_sent_study_is_confirmed_only_by_a_size(demo, opening, tell_by, way, tmp_path):
    (tmp_path / "x.zip").write_bytes(b"study")
    folder = PurePosixPath("input/C/input")
    tell_by(way)
    with opening(demo)() as remote:
        remote.mkdirs(folder)
        receipt = remote.put(tmp_path / "x.zip", folder / "x.txt")
    assert receipt is (Receipt.UNSIZED if way == "nothing" else Receipt.CONFIRMED)
    assert stat.S_ISREG((demo.home / folder / "x.txt").stat().st_mode)
