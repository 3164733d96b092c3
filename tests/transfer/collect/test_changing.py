"""Results that the service writes again while they are fetched, leaves empty, or hides."""

import os

import pytest
from support.transfers import collect

from neuroflow.errors import FileChangedError, RemoteRefusedError
from neuroflow.ledger.states import State
from neuroflow.models import RESULT_FILES
from neuroflow.transfer.collect.discover import changed_ids, find_results
from neuroflow.transfer.collect.snapshot import STABLE_AFTER, OutputSnapshot
from neuroflow.transfer.control import Clock
from neuroflow.transfer.local import LocalRemote
from neuroflow.transfer.sftp.attributes import entry_of
from neuroflow.transfer.sftp.remote import SftpRemote

OLD, NEW = b"A" * 300_000, b"B" * 300_000


def last_words(events):
    return [(event.status, event.message) for event in events if event.study_id][-1]


@pytest.mark.parametrize("way", ["in place", "renamed over"])
@pytest.mark.parametrize("times", [1, 2, 9])
def test_a_result_replaced_while_it_is_fetched_is_fetched_again(
    demo, opening, delivered, ledger, results, monkeypatch, way, times
):
    folder = delivered(demo.home)
    path, left = folder / "prediction.png", [times]
    fetch = SftpRemote._fetch

    def replacing(self, chunks, wanted):
        on_bytes, changes = wanted.on_bytes, []

        def on_first_bytes(done):
            if left[0] and wanted.path.name == path.name and 0 < done < len(OLD) and not changes:
                changes.append(done)
                left[0] -= 1
                other = path if way == "in place" else folder.parent / "other"
                other.write_bytes(NEW)
                os.utime(other, (2e9 + left[0], 2e9 + left[0]))
                other.replace(path)
            on_bytes(done)

        return fetch(self, chunks, wanted._replace(on_bytes=on_first_bytes))

    monkeypatch.setattr(SftpRemote, "_fetch", replacing)
    monkeypatch.setattr("neuroflow.transfer.sftp.reader.MAX_READS", 1)
    events = list(collect(opening(demo), ledger, results, connections=1))
    here = results / folder.name / path.name
    if times < 3:
        assert here.read_bytes() == NEW
        assert last_words(events) == ("done", "results collected")
    else:
        assert not here.exists()
        assert last_words(events)[0] == "skipped"
        assert "change while they are fetched" in last_words(events)[1]
        monkeypatch.undo()
        list(collect(opening(demo), ledger, results))
        assert here.read_bytes() == NEW
    assert [row.state for row in ledger.rows()] == [State.COLLECTED]


def test_a_folder_replaced_while_it_is_read_brings_no_mixture(folder_remote, tmp_path):
    home, connect = folder_remote
    path = home / "output" / "x"
    path.write_bytes(OLD)
    os.utime(path, (1e9, 1e9))
    (entry,) = connect().list(path.parent.relative_to(home))
    with pytest.raises(FileChangedError, match="x was changed on the server"):
        connect().get(
            entry.path, tmp_path / "x", entry.size, lambda _: path.write_bytes(NEW), entry.modified
        )
    assert not (tmp_path / "x").exists()


def test_listed_times_that_differ_from_stat_are_accepted(
    demo, opening, delivered, ledger, results, monkeypatch
):
    folder = delivered(demo.home)
    shift = iter(range(1, 1000))

    def later(path, attributes, *, is_folder):
        attributes.st_mtime += next(shift)
        return entry_of(path, attributes, is_folder=is_folder)

    monkeypatch.setattr("neuroflow.transfer.sftp.remote.entry_of", later)
    events = list(collect(opening(demo), ledger, results))
    assert last_words(events) == ("done", "results collected")
    assert len(list((results / folder.name).iterdir())) == len(RESULT_FILES)


def test_empty_values_remain_awaited_until_real_ones_arrive(
    folder_remote, delivered, ledger, results
):
    home, connect = folder_remote
    files = dict.fromkeys(RESULT_FILES, OLD) | {"aidp.csv": b""}
    folder = delivered(home, files, is_old=False)
    events = list(collect(connect, ledger, results))
    assert last_words(events) == ("skipped", "still being written: aidp.csv (empty) missing")
    assert [row.state for row in ledger.rows()] == [State.SUBMITTED]
    (folder / "aidp.csv").write_bytes(OLD)
    assert last_words(collect(connect, ledger, results)) == ("done", "results collected")


def test_an_empty_report_beside_values_is_named(folder_remote, delivered, ledger, results):
    home, connect = folder_remote
    delivered(home, dict.fromkeys(RESULT_FILES, OLD) | {"prediction.txt": b""}, is_old=False)
    snapshot = OutputSnapshot(ledger.rows()[0].since)
    assert last_words(collect(connect, ledger, results, snapshot=snapshot))[0] == "skipped"
    later = snapshot.at + STABLE_AFTER
    again = OutputSnapshot(later, snapshot)
    events = collect(connect, ledger, results, snapshot=again, clock=Clock(now=lambda: later))
    assert last_words(events) == ("done", "results collected, without prediction.txt (empty)")


def test_an_output_that_may_not_be_listed_is_named(demo, opening, ledger, results, monkeypatch):
    import asyncssh

    from neuroflow.demo.service.s3_sftp import S3Home

    async def refuse(self, path):
        raise asyncssh.SFTPPermissionDenied("")
        yield

    monkeypatch.setattr(S3Home, "scandir", refuse)
    with pytest.raises(RemoteRefusedError) as caught:
        list(collect(opening(demo), ledger, results))
    assert str(caught.value).startswith("The folder output on the server may not be listed.")
    assert "Errno" not in str(caught.value)
    assert "let this account list it" in str(caught.value)


def test_an_unlistable_result_folder_is_reported_with_its_study(
    folder_remote, delivered, ledger, results
):
    home, _ = folder_remote
    folder = delivered(home)

    class Hidden(LocalRemote):
        def list(self, path):
            if path.name == folder.name:
                raise RemoteRefusedError("no")
            return super().list(path)

    study_id = folder.name.removesuffix("_out")
    words = f"Study {study_id}: The folder output/{folder.name} on the server may not be listed."
    assert last_words(collect(lambda: Hidden(home), ledger, results))[1].startswith(words)
    skipped = []
    find_results(Hidden(home), on_skipped=skipped.append)
    assert skipped[0].startswith(f"A result folder was skipped: {words}")


def test_an_unstorable_file_name_does_not_mark_studies_changed(
    folder_remote, delivered, ledger, results
):
    home, connect = folder_remote
    folder = delivered(home, dict.fromkeys([*RESULT_FILES, "CON", "a\\b", "Aidp.CSV"], OLD))
    (folder / os.fsdecode(b"bericht_\xfc.txt")).write_bytes(OLD)
    list(collect(connect, ledger, results))
    skipped = []
    found = find_results(connect(), on_skipped=skipped.append)
    assert changed_ids(results, found, {folder.name.removesuffix("_out")}) == set()
    assert sorted(text.split("the file ")[1].split(" beside")[0] for text in skipped) == [
        r"'Aidp.CSV'", r"'CON'", r"'a\\b'", r"'bericht_\udcfc.txt'",
    ]  # fmt: skip
    assert all(f"Study {found[0].study_id}: " in text for text in skipped)


def test_folders_beside_an_unlistable_one_are_searched(folder_remote):
    home, _ = folder_remote
    for name in ("a/x_out", "b/y_out"):
        (home / "output" / name).mkdir(parents=True)

    class Refusing(LocalRemote):
        def list(self, path):
            if path.name == "a":
                raise RemoteRefusedError("Permission denied.")
            return super().list(path)

    assert [found.study_id for found in find_results(Refusing(home))] == ["y"]
