"""ZIPs of results are read in place, as the folders that they hold would be."""

import io
import os
import zipfile

import pandas as pd
import pytest
from support import report_corpus as corpus

from neuroflow.errors import FolderError, ResultWarning
from neuroflow.results import cached_results, read_results, study_facts
from neuroflow.results.search import group_zips

WIDE = "Subject,pSN_FW,MCP_FW,pSN_FA,MCP_FA\nx,0.2001,0.1002,0.5,0.6\n"


def packed(files, **options):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content, **options)
    return data.getvalue()


GROUP = {
    "COHORT/a_out/aidp.csv": WIDE,
    "COHORT/a_out/prediction.txt": corpus.text_2025(),
    "COHORT/a_out/prediction.png": b"\x89PNG",
    "COHORT/b_out/aidp.csv": WIDE.replace("0.2001", "0.3001"),
    "COHORT/c_out/aidd.csv": "Subject,AD_Index\nx,0.2\n",
    "o1_report.txt": corpus.text_2025(),
    "__MACOSX/._a": b"x",
}


def values(table):
    return table.sort_values(["study_id", "region", "metric"])["value"].tolist()


def test_a_group_zip_reads_as_its_folder_does(folder, tmp_path):
    folder.put("group.ZIP", packed(GROUP))
    for name, content in GROUP.items():
        target = tmp_path / "by hand" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    by_hand = read_results(tmp_path / "by hand")
    facts = study_facts(folder.path).set_index("study_id")
    for table in (read_results(folder.path), read_results(folder.path / "group.ZIP")):
        pd.testing.assert_frame_equal(table, by_hand)
    assert {"a", "b", "c"} <= set(facts.index)
    assert facts.loc["c", "not_read"] == "aidd.csv"
    inside = folder.path / "group.ZIP" / "COHORT" / "a_out"
    assert facts.loc["a", ["report", "picture"]].tolist() == [
        str(inside / "prediction.txt"),
        str(inside / "prediction.png"),
    ]


def test_a_zip_of_one_study_is_named_by_its_file(folder):
    folder.put("s7_out.zip", packed({"aidp.csv": WIDE}))
    folder.study("a")
    assert set(read_results(folder.path)["study_id"]) == {"a", "s7"}


def test_a_workspace_reads_a_zip_again_only_when_it_changed(folder, tmp_path):
    path = folder.put("group.zip", packed(GROUP))

    def read():
        return cached_results(folder.path, tmp_path / "cache", clock_ns=lambda: 2**62).table

    first = read()
    (copy,) = (tmp_path / "cache" / "unpacked").glob("*/group.zip/COHORT/b_out/aidp.csv")
    assert copy.stat().st_mode & 0o077 == 0
    before = copy.stat().st_ino
    pd.testing.assert_frame_equal(read(), first)
    assert copy.stat().st_ino == before
    path.write_bytes(packed({"COHORT/b_out/aidp.csv": WIDE}))
    os.utime(path, ns=(1, 1))
    assert set(read()["study_id"]) == {"b"}
    assert not copy.exists()
    path.unlink()
    folder.study("d")
    assert set(read()["study_id"]) == {"d"}
    assert not list((tmp_path / "cache" / "unpacked").iterdir())


def test_nothing_of_a_zip_is_written_elsewhere(folder, tmp_path):
    evil = [
        "../../evil.csv",
        "/evil.csv",
        "a\\..\\..\\evil.csv",
        "con/aidp.csv",
        "x" * 300 + ".csv",
    ]
    folder.put("g.zip", packed({"b_out/aidp.csv": WIDE} | dict.fromkeys(evil, WIDE)))
    results = cached_results(folder.path, tmp_path / "cache")
    with pytest.warns(ResultWarning, match=r"g.zip \(5 files with unsafe names"):
        table = results.table
    assert set(table["study_id"]) == {"b"}
    assert not list(tmp_path.rglob("*evil*"))


def test_a_zip_that_would_fill_the_disk_is_cut(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(group_zips, "MAX_UNPACKED", 100_000)
    bomb = {f"z{n}_out/aidp.csv": b"0" * 60_000 for n in range(50)}
    folder.put("g.zip", packed({"b_out/aidp.csv": WIDE} | bomb))
    with pytest.warns(ResultWarning):
        cached_results(folder.path, tmp_path / "cache").table  # noqa: B018  it is read there
    copies = (tmp_path / "cache" / "unpacked").rglob("*.csv")
    assert sum(copy.stat().st_size for copy in copies) <= 100_000


def test_a_damaged_zip_is_named_beside_what_is_read(folder):
    whole = bytearray(packed(GROUP))
    at = whole.find(b"COHORT/b_out/aidp.csv") + len(b"COHORT/b_out/aidp.csv") + 4
    whole[at : at + 8] = bytes(8)
    folder.put("g.zip", bytes(whole))
    folder.study("z")
    with pytest.warns(ResultWarning, match=r"not read, or not wholly \(1\): g.zip \("):
        table = read_results(folder.path)
    assert set(table["study_id"]) == {"z"}
    with pytest.raises(FolderError, match="is an archive"):
        read_results(folder.path / "g.zip")


def test_files_beyond_the_most_are_named_at_every_reading(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(group_zips, "MAX_MEMBERS", 2)
    files = {f"{study}_out/aidp.csv": WIDE for study in "abcde"}
    folder.put("g.zip", packed(files))
    for _ in range(2):
        with pytest.warns(ResultWarning, match=r"g.zip \(3 files .* too many"):
            table = cached_results(folder.path, tmp_path / "cache").table
        assert set(table["study_id"]) == {"a", "b"}
