"""Servers that list what is not there, name what no disk should see, or never come to an end."""

import asyncio
import os
import shutil

import pytest
from asyncssh.sftp import SFTPAttrs, SFTPName
from support.transfers import collect

from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import ConnectionLostError, RemoteRefusedError
from neuroflow.ledger.states import State
from neuroflow.models import RESULT_FILES
from neuroflow.transfer.collect.snapshot import OutputSnapshot
from neuroflow.transfer.sftp import client

HOSTILE = [
    "..", "../../evil", "/etc/evil", "a/b", "C:evil", "con", "x\x1b[2J", "nul.txt", ".bashrc",
    "n" * 300, "line\nbreak", "\udcff\udcfe", "u\u202etxt.csv",
]  # fmt: skip


@pytest.fixture
def results(tmp_path):
    return tmp_path / "work" / "results"


@pytest.fixture
def deliver(demo):
    """Return a function that puts result folders on the server."""

    def put(*folders, files=RESULT_FILES, size=7):
        for folder in folders:
            path = demo.home / "output" / folder
            path.mkdir(parents=True)
            for name in files:
                (path / name).write_bytes(b"x" * size)

    return put


@pytest.fixture
def listed(monkeypatch):
    """Return a function that changes what the server lists of a folder."""
    scandir = S3Home.scandir

    def change(to):
        async def changed(self, path):
            async for name in to(os.fsdecode(path), scandir(self, path)):
                yield name

        monkeypatch.setattr(S3Home, "scandir", changed)

    return change


def entry(name, *, is_folder=False, size=7):
    kind = 0o040755 if is_folder else 0o100644
    attrs = SFTPAttrs(permissions=kind, size=size, atime=1, mtime=1)
    return SFTPName(os.fsencode(name), attrs=attrs)


def run(connect, ledger, results, **options):
    """Collect; return the last word on every study, and all sentences about the whole."""
    events = list(collect(connect, ledger, results, **options))
    whole = [e.message for e in events if e.study_id is None and e.message]
    return {e.study_id: (e.status, e.message) for e in events if e.study_id}, whole


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_a_folder_that_vanishes_after_listing_affects_no_other(
    demo, opening, deliver, listed, ledger, results
):
    deliver("a_out", "b_out")

    async def losing(path, names):
        async for name in names:
            yield name
        if path == "output":
            shutil.rmtree(demo.home / "output" / "a_out", ignore_errors=True)

    listed(losing)
    found, _ = run(opening(demo), ledger, results)
    assert found["a"] == ("skipped", "the folder is empty or gone")
    assert found["b"][0] == "done"


def test_files_that_are_lost_after_they_were_listed_are_told(
    demo, opening, deliver, listed, ledger, results
):
    deliver("a_out", "b_out")

    async def losing(path, names):
        async for name in names:
            yield name
        if path == "output/a_out":
            shutil.rmtree(demo.home / path)

    listed(losing)
    found, _ = run(opening(demo), ledger, results)
    assert [found[study][0] for study in "ab"] == ["failed", "done"]
    assert files_in(results) == [f"b_out/{name}" for name in sorted(RESULT_FILES)]


def test_a_file_shorter_than_listed_does_not_appear(
    demo, opening, deliver, monkeypatch, packages, ledger, results
):
    (one,) = packages(1)
    ledger.record("COHORT", one.study_id, State.SUBMITTED)
    deliver(f"{one.study_id}_out", "b_out", size=50_000)
    read = S3Home.read

    def short(self, file, offset, size):
        data = read(self, file, offset, size)
        return data[: max(0, 40_000 - offset)] if one.study_id in file.name else data

    monkeypatch.setattr(S3Home, "read", short)
    found, _ = run(opening(demo), ledger, results)
    assert found[one.study_id][0] == "failed"
    assert "50000 bytes; arrived: 40000" in found[one.study_id][1]
    assert ledger.row(one.study_id).state is State.SUBMITTED
    assert files_in(results) == [f"b_out/{name}" for name in sorted(RESULT_FILES)]
    monkeypatch.undo()
    run(opening(demo), ledger, results)
    assert ledger.row(one.study_id).state is State.COLLECTED


@pytest.mark.parametrize("kind", ["result folder", "folder", "file", "report"])
def test_hostile_names_write_nothing_and_hide_nobody(
    demo, opening, deliver, listed, ledger, results, tmp_path, kind
):
    deliver("a_out", "b_out")
    place = "output/a_out" if kind == "file" else "output"
    ending = {"result folder": "_out", "report": ".csv"}.get(kind, "")

    async def hostile(path, names):
        async for name in names:
            yield name
        if path == place:
            for name in HOSTILE:
                yield entry(name + ending, is_folder="folder" in kind)

    listed(hostile)
    (tmp_path / "work").mkdir()
    before = set(tmp_path.iterdir())
    found, whole = run(opening(demo), ledger, results)
    assert found["b"][0] == "done"
    assert found["a"][0] == "done"
    fetched = [f"results/{s}_out/{n}" for s in "ab" for n in sorted(RESULT_FILES)]
    assert files_in(tmp_path / "work") == fetched
    new = {path.name.split(".")[0] for path in set(tmp_path.iterdir()) - before}
    assert new <= {"known_hosts", "ledger"}
    told = [sentence for sentence in whole if "was skipped" in sentence or "left out" in sentence]
    above = kind in {"file", "folder"}  # the folder above is in every listing
    assert len(told) == len(HOSTILE) - above
    assert not any("\x1b" in sentence or "\n" in sentence for sentence in whole)


def test_a_listing_that_never_comes_is_a_lost_connection(
    demo, opening, deliver, listed, ledger, results
):
    deliver("a_out")

    async def silent(path, names):
        await asyncio.sleep(3600)
        async for name in names:
            yield name

    listed(silent)
    with pytest.raises(ConnectionLostError):
        run(opening(demo, timeout=3.0), ledger, results)


@pytest.mark.parametrize("folder", ["output", "output/a_out"])
def test_a_listing_without_an_end_is_refused(
    demo, opening, deliver, listed, ledger, results, folder, monkeypatch
):
    deliver("a_out", "b_out")
    monkeypatch.setattr(client, "MAX_NAMES", 3000)

    async def endless(path, names):
        async for name in names:
            yield name
        number = 0
        while path == folder:
            number += 1
            yield entry(f"{number}.dat")

    listed(endless)
    if folder == "output":
        with pytest.raises(RemoteRefusedError, match="more than 3000 names"):
            run(opening(demo), ledger, results)
    else:
        found, _ = run(opening(demo), ledger, results)
        assert [found[study][0] for study in "ab"] == ["failed", "done"]


def test_fifty_thousand_entries_are_looked_through(demo, opening, deliver, listed, ledger, results):
    deliver("a_out", "b_out")

    async def crowded(path, names):
        for number in range(50_000 if path == "output" else 0):
            yield entry(f"{number}.dat")
        async for name in names:
            yield name

    listed(crowded)
    found, whole = run(opening(demo), ledger, results)
    assert {status for status, _ in found.values()} == {"done"}
    assert whole == []
    assert len(files_in(results)) == 6


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_two_folders_that_differ_in_case_only_are_not_mixed(
    demo, opening, deliver, packages, ledger, results
):
    one = packages(11)[-1]  # its id has letters
    ledger.record("COHORT", one.study_id, State.SUBMITTED)
    deliver("AB_out", "ab_out", "c_out", f"{one.study_id}_out", f"{one.study_id.upper()}_out")
    listing = OutputSnapshot(ledger.row(one.study_id).since)
    found, whole = run(opening(demo), ledger, results, snapshot=listing)
    assert set(found) == {"c", one.study_id}
    assert {path.name for path in results.iterdir()} == {"c_out", f"{one.study_id}_out"}
    assert len([sentence for sentence in whole if "differs from it in case only" in sentence]) == 3
    assert ledger.row(one.study_id).state is State.COLLECTED


def test_an_unlistable_folder_does_not_hide_others(demo, opening, deliver, listed, ledger, results):
    deliver("a_out", "deeper/b_out", "locked/c_out")

    async def refusing(path, names):
        if path in {"output/a_out", "output/locked"}:
            raise PermissionError(13, "no")
        async for name in names:
            yield name

    listed(refusing)
    found, whole = run(opening(demo), ledger, results)
    assert (found["a"][0], found["b"][0]) == ("failed", "done")
    assert ["was skipped" in sentence for sentence in whole] == [True]
