import os
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from neuroflow.errors import ResultWarning
from neuroflow.results.aidp.reader import AidpReader
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.table import cache as cache_module
from neuroflow.results.table.cache import FILE_NAME, MOST_PARTS, cached_results, cached_warnings
from neuroflow.results.table.cohort_table import read_results, study_facts

pytestmark = pytest.mark.filterwarnings("ignore:Studies with")


@pytest.fixture
def place(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def parsed(monkeypatch):
    """Counts the files that are really read."""
    paths = []
    read = AidpReader.read

    def counted(self, path):
        paths.append(Path(path).parent.name)
        return read(self, path)

    monkeypatch.setattr(AidpReader, "read", counted)
    return paths


def cached_table(folder, place):
    return cached_results(folder, place).table


def later():
    return 2**62  # long after every file was written: times can be trusted


@pytest.fixture
def three(folder):
    for n, study in enumerate("abc"):
        folder.study(study, 0.1 * (n + 1))
    return folder


def test_the_second_look_reads_nothing_and_gives_the_same(three, place, parsed):
    first = cached_table(three.path, place)
    assert parsed == ["a_out", "b_out", "c_out"]
    again = cached_results(three.path, place)
    table, facts = again.table, again.studies
    assert len(parsed) == 3
    pd.testing.assert_frame_equal(table, first)
    pd.testing.assert_frame_equal(table, read_results(three.path))
    pd.testing.assert_frame_equal(facts, study_facts(three.path))


def test_one_new_study_is_read_alone(three, place, parsed):
    cached_table(three.path, place)
    three.put("bb_out/aidp.csv", "foo_FW,0.3\npSN_FW,0.4\nAge,60\n")
    del parsed[:]
    table = cached_table(three.path, place)
    assert parsed == ["bb_out"]
    pd.testing.assert_frame_equal(table, read_results(three.path))


def test_a_study_that_went_leaves_no_trace(three, place):
    path = three.put("d_out/aidp.csv", "foo_FW,0.3\npSN_FW,0.4\n")
    assert "foo" in set(cached_table(three.path, place)["region"])
    path.unlink()
    pd.testing.assert_frame_equal(cached_table(three.path, place), read_results(three.path))


def test_a_file_changed_within_its_size_and_times_is_noticed(three, place):
    path = three.path / "b_out/aidp.csv"
    before = path.stat()
    cached_table(three.path, place)
    path.write_bytes(path.read_bytes().replace(b"pSN,0.2", b"pSN,0.9"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    table = cached_table(three.path, place)
    value = table[(table["study_id"] == "b") & (table["region"] == "pSN")]["value"].iat[0]
    assert value == 0.9


def test_touched_files_are_compared_by_content(three, place, parsed):
    cached_results(three.path, place, clock_ns=later)
    for path in three.path.rglob("aidp.csv"):
        os.utime(path)
    del parsed[:]
    cached_results(three.path, place, clock_ns=later)
    assert parsed == []


def test_old_files_are_not_even_opened(three, place, monkeypatch):
    cached_results(three.path, place, clock_ns=later)
    monkeypatch.setattr("neuroflow.results.table.load._digest", None)
    assert len(cached_results(three.path, place, clock_ns=later).table) == 3 * 132


def test_a_bad_file_is_told_again(three, place):
    three.put("d_out/aidp.csv", b"")
    for _ in range(2):
        facts = cached_results(three.path, place).studies.set_index("study_id")
        assert "empty" in facts.loc["d", "warnings"]


@pytest.mark.parametrize("at", [0.0, 0.2, 0.5, 0.9])
def test_a_damaged_cache_is_made_anew_without_a_word(three, place, at, parsed):
    table = cached_table(three.path, place)
    path = place / FILE_NAME
    data = bytearray(path.read_bytes())
    position = int(at * (len(data) - 1))
    data[position : position + 8] = bytes(byte ^ 0xFF for byte in data[position : position + 8])
    path.write_bytes(data)
    pd.testing.assert_frame_equal(cached_table(three.path, place), table)
    del parsed[:]
    pd.testing.assert_frame_equal(cached_table(three.path, place), table)
    assert parsed == []


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all"])
def test_a_cache_that_is_none(three, place, content):
    place.mkdir()
    (place / FILE_NAME).write_bytes(content)
    assert len(cached_table(three.path, place)) == 3 * 132


def test_another_version_or_schema_reads_everything_again(three, place, parsed, monkeypatch):
    cached_table(three.path, place)
    monkeypatch.setattr(cache_module, "__version__", "99")
    cached_table(three.path, place)
    assert len(parsed) == 6
    cached_results(three.path, place, schema=Schema(layout="long"))
    assert len(parsed) == 9


def test_an_unwritable_cache_is_reported_and_the_table_returned(three, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.warns(UserWarning, match="cannot be written"):
        assert len(cached_table(three.path, blocked / "cache")) == 3 * 132


def test_warnings_come_from_the_cache_and_open_no_report(three, place, parsed, monkeypatch):
    three.study("d", stems=["pSN"])
    three.put("e_out/aidp.csv", b"")
    three.put("e_out/prediction.txt", "Atypical Probability: 7\n")
    cached_results(three.path, place, clock_ns=later)
    del parsed[:]
    monkeypatch.setattr("neuroflow.results.table.report_cache.read_report", None)
    told = cached_warnings(three.path, place)
    assert parsed == []
    assert set(told) == {"d", "e"}
    assert told["d"].endswith("2 numbers, most studies have 132")
    assert "empty" in told["e"]


def test_warnings_are_those_of_the_facts(three, place):
    three.study("d", stems=["pSN"])
    three.study("a", 0.7, place="again/")
    told = study_facts(three.path).set_index("study_id")["warnings"]
    assert cached_warnings(three.path, place) == told[told != ""].to_dict()


def test_no_results_yet_means_no_warnings(tmp_path, place):
    assert cached_warnings(tmp_path / "nowhere", place) == {}


@pytest.fixture
def listed(monkeypatch):
    """Names the folders that are listed."""
    places = []
    scandir = os.scandir

    def counted(place):
        places.append(Path(place).name)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", counted)
    return places


@pytest.fixture
def settled(three, place):
    """Three studies with reports, looked at long after they came."""
    for path in three.path.glob("*_out"):
        (path / "prediction.txt").write_text("Product: P\nAtypical:0.2\n")
        os.utime(path, ns=(1, 10**9))
    cached_results(three.path, place, clock_ns=later)
    return three


def test_result_folders_are_not_listed_again(settled, place, listed):
    facts = cached_results(settled.path, place, clock_ns=later).studies
    assert listed == [settled.path.name]
    pd.testing.assert_frame_equal(facts, study_facts(settled.path))


def test_young_folders_are_listed_again(three, place, listed):
    cached_results(three.path, place)
    del listed[:]
    cached_results(three.path, place)
    assert len(listed) == 4


@pytest.mark.parametrize(
    "name", ["failure_report.txt", "x_aidp.csv", "deeper/x_out/aidp.csv", "picture.png"]
)
def test_what_comes_into_a_known_folder_is_found(settled, place, name):
    settled.put(f"b_out/{name}", "pSN_FW,0.1\nMCP_FW,0.2\n")
    for _ in range(3):
        facts = cached_results(settled.path, place, clock_ns=later).studies
        pd.testing.assert_frame_equal(facts, study_facts(settled.path))


def test_what_goes_from_a_known_folder_is_missed(settled, place):
    (settled.path / "b_out" / "aidp.csv").unlink()
    (settled.path / "c_out" / "prediction.txt").unlink()
    for _ in range(2):
        results = cached_results(settled.path, place, clock_ns=later)
        assert set(results.table["study_id"]) == {"a", "c"}
        pd.testing.assert_frame_equal(results.studies, study_facts(settled.path))


def test_what_changes_below_a_folder_of_folders_is_found(settled, place):
    path = settled.put("b_out/deeper/y_out/aidp.csv", "pSN_FW,0.1\nMCP_FW,0.2\n")
    os.utime(path.parent.parent, ns=(1, 10**9))
    os.utime(settled.path / "b_out", ns=(1, 10**9))
    cached_results(settled.path, place, clock_ns=later)
    settled.put("b_out/deeper/z_out/aidp.csv", "pSN_FW,0.1\nMCP_FW,0.2\n")
    facts = cached_results(settled.path, place, clock_ns=later).studies
    assert {"y", "z"} < set(facts["study_id"])


def test_changed_values_let_their_folder_be_listed_again(settled, place, listed):
    folder = settled.path / "b_out"
    (folder / "aidp.csv").write_text("pSN_FW,0.1\nMCP_FW,0.2\n")
    os.utime(folder, ns=(1, 10**9))
    cached_results(settled.path, place, clock_ns=later)
    assert listed == [settled.path.name, "b_out"]


@pytest.fixture
def many(folder, place):
    """Twenty studies, looked at long after they came."""
    for n in range(20):
        folder.study(f"s{n:02}", 0.01 * (n + 1))
    cached_results(folder.path, place, clock_ns=later)
    return folder


def same(folder, place):
    """Tell whether the cache gives what reading everything gives, in the same order."""
    results = cached_results(folder.path, place, clock_ns=later)
    pd.testing.assert_frame_equal(results.table, read_results(folder.path))
    pd.testing.assert_frame_equal(results.studies, study_facts(folder.path))


def files_of(place):
    return sorted(path.name for path in place.iterdir())


def test_what_comes_later_is_written_beside_what_is_there(many, place, parsed):
    first = (place / FILE_NAME).read_bytes()
    many.study("s005", 0.7)
    many.put("new_out/aidp.csv", "foo_FW,0.3\npSN_FW,0.4\nAge,60\n")
    same(many, place)
    assert (place / FILE_NAME).read_bytes() == first
    assert files_of(place) == ["values-1.parquet", FILE_NAME]
    del parsed[:]
    cached_results(many.path, place, clock_ns=later)
    assert parsed == []


def test_a_changed_file_counts_as_it_is_now(many, place):
    many.put("all.csv", "ID,pSN_FW,MCP_FW\nx,0.7,0.8\ny,0.3,0.4\n")
    cached_results(many.path, place, clock_ns=later)
    many.put("s03_out/aidp.csv", "pSN_FW,0.123\nMCP_FW,0.2\n")
    many.put("all.csv", "ID,pSN_FW,MCP_FW\nx,0.5,0.8\n")
    for _ in range(2):
        same(many, place)


def test_many_small_files_become_one(many, place):
    for n in range(MOST_PARTS):
        many.study(f"t{n}", 0.5)
        cached_results(many.path, place, clock_ns=later)
    assert len(files_of(place)) == MOST_PARTS + 1
    many.study("u", 0.5)
    same(many, place)
    assert files_of(place) == [FILE_NAME]


def test_many_additions_or_a_removal_rebuild_the_cache(many, place):
    many.study("t", 0.5)
    cached_results(many.path, place, clock_ns=later)
    (many.path / "s03_out/aidp.csv").unlink()
    same(many, place)
    assert files_of(place) == [FILE_NAME]
    for n in range(9):
        many.study(f"v{n}", 0.5)
    same(many, place)
    assert files_of(place) == [FILE_NAME]


@pytest.mark.parametrize("damage", [b"", b"no parquet", None])
def test_a_damaged_or_foreign_addition_is_read_again(many, place, damage):
    many.study("t", 0.5)
    cached_results(many.path, place, clock_ns=later)
    part = place / "values-1.parquet"
    if damage is None:
        cached_results(many.path, place.with_name("other"), clock_ns=later)
        (place / FILE_NAME).write_bytes((place.with_name("other") / FILE_NAME).read_bytes())
    else:
        part.write_bytes(damage)
    many.study("u", 0.6)
    same(many, place)
    same(many, place)


def test_facts_are_the_same_before_and_after_the_table(many, place):
    before = cached_results(many.path, place, clock_ns=later).studies
    results = cached_results(many.path, place, clock_ns=later)
    results.table["value"] = 5.0
    pd.testing.assert_frame_equal(results.studies, before)
    assert results.warnings == cached_results(many.path, place, clock_ns=later).warnings


def test_many_groups_of_rows_read_back_equal(many, place, monkeypatch):
    monkeypatch.setattr(cache_module, "_ROWS_TOGETHER", 3)
    place = place.with_name("groups")
    cached_results(many.path, place, clock_ns=later)
    file = pq.ParquetFile(place / FILE_NAME)
    assert file.num_row_groups == 7
    same(many, place)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems name files in Unicode")
@pytest.mark.parametrize("name", [b"caf\xe9_out", b"t_out/pr\xe9diction.txt"])
def test_a_name_of_another_encoding_is_reported(folder, place, name):
    folder.study("s", 0.2)
    path = folder.path / os.fsdecode(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("x") if path.suffix else path.mkdir()
    for _ in range(2):
        with pytest.warns(ResultWarning, match=r"xe9.*\(its name is not Unicode\)"):
            assert cached_table(folder.path, place)["study_id"].unique().tolist() == ["s"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems name files in Unicode")
def test_a_folder_of_another_encoding_is_read(folder, place):
    folder.study("s", 0.2)
    (folder.path / "s_out" / "prediction.txt").write_text("Order ID: 7\nAtypical:0.91\n")
    path = folder.path.rename(folder.path.with_name(os.fsdecode(b"caf\xe9")))
    for _ in range(2):
        facts = cached_results(path, place, clock_ns=later).studies
        assert facts["p_atypical"].tolist() == [0.91]
        assert facts["report"].str.endswith("xe9/s_out/prediction.txt").all()
