import os
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from support import report_corpus

from neuroflow.errors import FolderError, OptionError, ResultError, ResultWarning, TableError
from neuroflow.results.aidp.reader import AidpReader
from neuroflow.results.search import Found, scan
from neuroflow.results.table.cohort_table import (
    COLUMNS,
    Results,
    read_results,
    study_facts,
    to_wide,
)
from neuroflow.results.table.load import read_values
from neuroflow.results.table.values import ValueMatrix

STUDIES = pd.DataFrame(
    {
        "study_id": ["b", "a", "c"],
        "cohort_id": ["C2", "C1", "C1"],
        "participant_id": ["sub-02", "sub-01", "sub-01"],
        "session_id": [None, "ses-1", "ses-2"],
    }
)
PARTICIPANTS = pd.DataFrame(
    {
        "participant_id": ["01", "01", "02"],
        "session_id": ["1", "2", None],
        "group": ["PD", "PD", "Control"],
        "age": [60.0, 62.0, 70.0],
        "sex": ["F", "F", None],
        "updrs": [10.0, 14.0, np.nan],
        "value": ["x", "y", "z"],
    }
)


@pytest.fixture
def three(folder):
    for study, value in (("a", 0.1), ("b", 0.2), ("c", 0.3)):
        folder.study(study, value)
    return folder.path


def test_columns_types_and_rows(three):
    table = read_results(three, studies=STUDIES, participants=PARTICIPANTS)
    assert tuple(table.columns) == (*COLUMNS, "updrs", "value_of_participant")
    assert len(table) == 3 * 132
    numbers = {"age", "value", "updrs"}
    assert {name for name in table if table[name].dtype == "category"} == set(table) - numbers
    assert all(table[name].dtype == "float64" for name in numbers)
    assert not table.duplicated(["study_id", "region", "hemisphere", "metric"]).any()
    assert list(table["metric"].cat.categories) == ["FW", "FAt"]


def test_studies_are_joined_with_their_participants_visit_by_visit(three):
    table = read_results(three, studies=STUDIES, participants=PARTICIPANTS)
    about = table.drop_duplicates("study_id").set_index("study_id")
    assert list(about.index) == ["b", "a", "c"]  # as in the map
    assert about["cohort_id"].tolist() == ["C2", "C1", "C1"]
    assert about["participant_id"].tolist() == ["02", "01", "01"]
    assert about["age"].tolist() == [70.0, 60.0, 62.0]
    assert about["group"].tolist() == ["Control", "PD", "PD"]
    assert about["sex"].isna().tolist() == [True, False, False]
    values = table[(table["region"] == "pSN") & (table["metric"] == "FW")]
    assert values["value"].tolist() == [0.2, 0.1, 0.3]


def test_groups_stand_in_the_order_of_participants_tsv(three):
    table = read_results(three, studies=STUDIES, participants=PARTICIPANTS)
    assert list(table["group"].cat.categories) == ["PD", "Control"]


def test_covariates_may_stand_in_the_map_itself(three):
    table = read_results(three, studies=STUDIES.assign(group=["A", "B", "B"], iq=[1, 2, 3]))
    about = table.drop_duplicates("study_id")
    assert about["group"].tolist() == ["A", "B", "B"]
    assert about["iq"].tolist() == [1, 2, 3]


def test_a_study_id_names_the_participant_without_a_map(three):
    people = pd.DataFrame({"participant_id": ["a", "b", "c"], "age": [1.0, 2.0, 3.0]})
    table = read_results(three, participants=people, cohort_id="C")
    about = table.drop_duplicates("study_id")
    assert about["participant_id"].tolist() == ["a", "b", "c"]
    assert about["age"].tolist() == [1.0, 2.0, 3.0]
    assert set(about["cohort_id"]) == {"C"}


def test_participants_tsv_may_name_the_study(three, tmp_path):
    path = tmp_path / "participants.tsv"
    path.write_text("participant_id\tsession_id\tstudy_id\n01\t1\tc\n01\t2\ta\n02\tn/a\tb\n")
    about = read_results(three, participants=path).drop_duplicates("study_id")
    assert about[["study_id", "participant_id", "session_id"]].astype(object).to_numpy(
        na_value=None
    ).tolist() == [["c", "01", "1"], ["a", "01", "2"], ["b", "02", None]]


def test_what_did_not_match_is_told_by_name_and_stays(three):
    people = pd.DataFrame({"participant_id": ["a", "b", "zz"], "age": [1.0, 2.0, 3.0]})
    with pytest.warns(ResultWarning) as told:
        table = read_results(three, participants=people)
    assert sorted(str(warning.message) for warning in told) == [
        "Participants without results (1): zz",
        "Studies without a row in participants.tsv (1): c",
    ]
    assert table.loc[table["study_id"] == "c", "age"].isna().all()
    facts = study_facts(three, participants=people).set_index("study_id")
    assert facts["in_participants"].to_dict() == {"a": True, "b": True, "c": False}


def test_labels_match_with_and_without_their_prefixes(three):
    people = PARTICIPANTS.assign(participant_id=["sub-01", "sub-01", "sub-02"])
    table = read_results(three, studies=STUDIES, participants=people)
    expected = read_results(three, studies=STUDIES, participants=PARTICIPANTS)
    pd.testing.assert_frame_equal(table, expected)


def test_tables_that_cannot_be_joined(three):
    with pytest.raises(TableError, match="no column study_id"):
        read_results(three, studies=STUDIES.drop(columns="study_id"))
    with pytest.raises(TableError, match="no column participant_id"):
        read_results(three, participants=PARTICIPANTS.drop(columns="participant_id"))
    with pytest.raises(TableError, match="contradicts itself for a"):
        read_results(three, studies=pd.concat([STUDIES, STUDIES.assign(cohort_id="Z")[1:2]]))
    with pytest.raises(TableError, match="age"):
        read_results(three, studies=STUDIES.assign(age="old"))


def test_one_bad_file_does_not_stop_the_others(three, folder):
    folder.put("d_out/aidp.csv", b"\x00\x01")
    with pytest.warns(ResultWarning, match=r"Unreadable result files \(1\)"):
        table = read_results(three)
    assert table["study_id"].nunique() == 3
    facts = study_facts(three).set_index("study_id")
    assert "not a text file" in facts.loc["d", "warnings"]
    assert facts.loc["a", "warnings"] == ""


def test_folders_without_results(folder, tmp_path):
    with pytest.raises(FolderError, match="There is no folder"):
        read_results(tmp_path / "nowhere")
    folder.put("notes.csv", "a,b\n1,2\n")
    with pytest.raises(FolderError, match="no results"):
        read_results(folder.path)


@pytest.mark.parametrize(
    ("name", "start", "advice"),
    [
        ("results.zip", b"PK\x03\x04", "Unpack"),
        ("results.tar.gz", b"\x1f\x8b\x08", "Unpack"),
        ("aidp.xlsx", b"PK\x03\x04", "CSV"),
        ("aidp.xls", b"\xd0\xcf\x11\xe0", "CSV"),
    ],
)
def test_an_archive_is_to_be_unpacked_first(folder, name, start, advice):
    path = folder.put(name, start + bytes(100))
    with pytest.raises(FolderError, match=f"{name} is an") as told:
        read_results(path)
    assert advice in told.value.advice


def test_a_folder_of_archives_says_what_to_do(folder):
    folder.put("first_out.zip", b"PK")
    folder.put("deep/second.tar.gz", b"")
    with pytest.raises(FolderError, match=r"There are 2, for example deep/second\.tar\.gz.*Unpack"):
        read_results(folder.path)


def test_a_folder_of_excel_files_says_what_to_do(folder):
    folder.put("a_out/aidp.xlsx", b"PK")
    with pytest.raises(FolderError, match=r"but Excel files.*Save them as CSV"):
        read_results(folder.path)


def test_downloads_that_got_a_number_are_of_the_same_study(folder):
    for number, name in enumerate(("a_out/aidp.csv", "a_out (1)/aidp.csv", "b_out/aidp (2).csv")):
        folder.put(name, f"pSN_FW,0.{number + 1}\nMCP_FW,0.5\n")
    with pytest.warns(ResultWarning, match=r"other values in a further file.* \(1\): a"):
        table = read_results(folder.path)
    assert to_wide(table, metric="FW")["pSN"].to_dict() == {"a": 0.1, "b": 0.3}
    facts = study_facts(folder.path).set_index("study_id")
    assert "other values, not used: a_out (1)/aidp.csv" in facts.loc["a", "warnings"]


def test_a_report_of_many_in_utf_16_is_found(folder):
    folder.put("all.csv", "Subject;pSN_FW;MCP_FW\ns1;0,2;0,1\n".encode("utf-16"))
    assert read_results(folder.path)["study_id"].unique().tolist() == ["s1"]


def test_two_cohorts_and_two_visits_stand_side_by_side(folder):
    for place, study in (("C1/", "a"), ("C1/", "b"), ("C2/", "c")):
        folder.study(study, place=place)
    table = read_results(folder.path, studies=STUDIES, participants=PARTICIPANTS)
    about = table.drop_duplicates("study_id").astype(object)
    visits = about[["cohort_id", "participant_id", "session_id"]].fillna("none")
    assert visits.to_numpy().tolist() == [
        ["C2", "02", "none"],
        ["C1", "01", "1"],
        ["C1", "01", "2"],
    ]


@pytest.mark.parametrize("place", ["", "deep/down/", "input/x_out/../"])
def test_result_folders_are_found_at_any_depth(folder, place):
    folder.put("input/x_out/.keep", "")
    folder.study("s1", place=place)
    folder.put("plain/aidp.csv", "pSN_FW,0.1\nMCP_FW,0.2\n")
    folder.put("flat/s3_aidp.csv", "pSN_FW,0.1\nMCP_FW,0.2\n")
    assert set(read_results(folder.path)["study_id"]) == {"s1", "plain", "s3"}


def test_one_result_folder_and_one_file(folder):
    path = folder.study("s1")
    for source in (path, path.parent):
        assert set(read_results(source)["study_id"]) == {"s1"}


def test_a_report_of_many_is_read_alone_or_beside_folders(folder):
    folder.study("a", 0.1)
    report = folder.put("all.csv", "ID,pSN_FW,MCP_FW\na,0.7,0.8\nb_out,0.3,0.4\n")
    wide = to_wide(read_results(report))
    assert wide["pSN"].to_dict() == {"a": 0.7, "b": 0.3}
    with pytest.warns(ResultWarning, match=r"other values in a further file.* \(1\): a"):
        wide = to_wide(read_results(folder.path))
    assert wide["pSN"].to_dict() == {"a": 0.1, "b": 0.3}
    told = study_facts(folder.path).set_index("study_id").loc["a", "warnings"]
    assert "found again with other values, not used: all.csv" in told


@pytest.mark.parametrize("place", ["", "aggregated/", "aggregated/COHORT/", "C/"])
def test_a_report_of_many_may_have_one_row(folder, place):
    folder.study("a", 0.2, place="C/")
    folder.study("b", 0.2)
    folder.put(f"{place}aidp.csv", "StudyID,pSN_FW,Putamen_FW\nx,0.1,0.2\n")
    folder.put(f"{place}prediction.txt", "Product: P\n")
    facts = study_facts(folder.path)
    assert facts["study_id"].tolist() == ["a", "b", "x"]
    assert facts["product"].tolist() == ["", "", ""]


@pytest.mark.parametrize(
    ("row", "is_told"), [("0.1,0.1", False), ("0.1,", False), ("0.1,0.2", True)]
)
def test_a_report_of_many_with_repeated_values_gives_no_warning(folder, row, is_told):
    folder.study("a", 0.1)
    folder.put("all.csv", f"ID,pSN_FW,MCP_FW\na,{row}\n")
    told = study_facts(folder.path)["warnings"].tolist()
    assert ["found again with other values" in text for text in told] == [is_told]


def test_a_long_report_is_distinguished_from_an_exported_table(folder):
    folder.put("all.csv", "Subject;ROI;FW\na;pSN;0,1\na;MCP;0,2\nb;pSN;0,3\nb;MCP;0,4\n")
    table = read_results(folder.path)
    assert to_wide(table)["pSN"].to_dict() == {"a": 0.1, "b": 0.3}
    table.to_csv(folder.path / "cohort_table.csv")
    folder.put("people.csv", "id,name,value\n1,A,2\n")
    assert set(study_facts(folder.path)["source"]) == {"all.csv"}


def test_of_two_reports_of_many_the_newer_counts(folder):
    for name, seconds in (("a.csv", 1), ("b.csv", 3), ("c.csv", 2)):
        path = folder.put(name, f"ID,pSN_FW,MCP_FW\nx,0.{seconds},0.8\n")
        os.utime(path, (seconds, seconds))
    with pytest.warns(ResultWarning, match=r"other values in a further file.* \(1\): x"):
        table = read_results(folder.path)
    assert to_wide(table)["pSN"].to_dict() == {"x": 0.3}


def test_where_no_file_can_be_read_this_is_told_once(folder, recwarn):
    folder.put("a_out/aidp.csv", "")
    with pytest.raises(ResultError, match=r"a_out.aidp.csv, line 1.*empty"):
        read_results(folder.path)
    folder.put("b_out/aidp.csv", "")
    with pytest.raises(ResultError, match="1 more could not be read"):
        read_results(folder.path)
    assert len(recwarn) == 0


def test_a_folder_that_may_not_be_looked_into_is_told(three, monkeypatch):
    scandir = os.scandir

    def refused(place):  # a mode of 0 does not stop root, nor anybody on Windows
        if place.endswith("a_out"):
            raise PermissionError(13, "Permission denied", place)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.warns(ResultWarning, match=r"Unreadable folders \(1\): a_out/"):
        assert read_results(three)["study_id"].nunique() == 2
    with pytest.raises(FolderError, match="cannot be searched"):
        read_results(three / "a_out")


def test_a_report_without_ids_gets_numbers(folder):
    report = folder.put("all.csv", "pSN_FW,MCP_FW\n0.1,0.2\n0.3,0.4\n")
    with pytest.warns(ResultWarning, match="without a column that names the studies"):
        table = read_results(report)
    assert to_wide(table).index.tolist() == ["all#1", "all#2"]


def test_a_copy_of_a_study_is_used_once(folder):
    folder.study("a", 0.1, place="1/")
    folder.study("a", 0.1, place="2/")
    assert len(read_results(folder.path)) == 132
    assert "again with the same values" in study_facts(folder.path)["warnings"].iat[0]


def test_studies_with_fewer_values_are_told_and_filled_with_nan(three, folder):
    folder.study("d", stems=["pSN", "MCP"])
    table = read_results(three)
    assert table.groupby("study_id", observed=True).size().tolist() == [132] * 4
    assert table.loc[table["study_id"] == "d", "value"].notna().sum() == 4
    facts = study_facts(three).set_index("study_id")
    assert "4 values, 132 expected; 4 numbers, most studies have 132" in facts.loc["d", "warnings"]
    assert facts["n_values"].to_dict() == {"a": 132, "b": 132, "c": 132, "d": 4}


def test_facts_of_files_and_reports(folder):
    folder.put("s_out/aidp.csv", "Age,61\npSN_FW,0.1\nMCP_FW,0.2\n")
    folder.put("s_out/prediction.txt", "Product: P-v1.0\nAtypical Probability: 0.9\n")
    folder.put("s_out/prediction.png", b"\x89PNG")
    folder.put("f_out/failure_report.txt", "The study could not be processed: it failed.\n")
    facts = study_facts(folder.path).set_index("study_id")
    assert facts.loc["s", ["aidp_Age", "product", "layout", "failure"]].tolist() == [
        "61", "P-v1.0", "transposed", "",
    ]  # fmt: skip
    assert facts.loc["s", "p_atypical"] == 0.9
    assert facts.loc["s", "picture"].endswith("prediction.png")
    assert "could not be processed" in facts.loc["f", "failure"]
    assert set(read_results(folder.path)["study_id"]) == {"s"}


def test_a_report_without_class_and_biomarker_warns_the_caller(folder):
    folder.study("a", 0.1)
    folder.put("a_out/prediction.txt", "Order ID:1\nMSA/PSP:0.93\n")
    with pytest.warns(ResultWarning, match=r"neither a class nor a biomarker \(1\).*a_out"):
        facts = study_facts(folder.path)
    assert "neither a class nor a biomarker" in facts.loc[0, "warnings"]
    assert facts.loc[0, "report_understood"] == 0.5


def test_two_reports_of_a_study_that_differ_are_named(folder):
    folder.study("a", 0.1)
    folder.put("a_out/a_report.json", report_corpus.json_texts())
    folder.put("a_out/prediction.txt", report_corpus.text_2025())
    assert "differ" not in study_facts(folder.path).loc[0, "warnings"]
    folder.put("a_out/prediction.txt", report_corpus.text_2025().replace("0.8125", "0.1"))
    facts = study_facts(folder.path)
    assert "prediction.txt and a_report.json differ (atypical)" in facts.loc[0, "warnings"]
    assert facts.loc[0, "p_atypical"] == 0.1


def test_only_failure_reports_make_an_empty_table(folder):
    folder.put("f_out/prediction.txt", "Processing failed.\n")
    table = read_results(folder.path)
    assert (tuple(table.columns), len(table)) == (COLUMNS, 0)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_links_that_lead_in_circles_end(folder):
    folder.study("a")
    try:
        (folder.path / "again").symlink_to(folder.path, target_is_directory=True)
    except OSError:
        pytest.skip("symbolic links are not allowed here")
    assert set(read_results(folder.path)["study_id"]) == {"a"}


def test_wide_names_the_side_only_where_there_are_two(three):
    wide = to_wide(read_results(three), metric="FAt")
    assert wide.shape == (3, 66)
    assert {"pSN", "midbrain_left", "midbrain_right"} <= set(wide.columns)
    assert wide.loc["a"].unique().tolist() == [0.9]


def test_wide_with_all_metrics_and_covariates(three):
    table = read_results(three, studies=STUDIES, participants=PARTICIPANTS)
    wide = to_wide(table, metric=None, covariates=True)
    assert wide.loc["b", ["pSN_FW", "pSN_FAt", "age", "updrs"]].tolist()[:3] == [0.2, 0.8, 70.0]
    assert wide.shape == (3, 132 + 9)


def test_wide_refuses_what_it_cannot_turn(three):
    table = read_results(three)
    with pytest.raises(OptionError, match=r"no metric 'XX'.*FW, FAt"):
        to_wide(table, metric="XX")
    with pytest.raises(TableError, match="twice"):
        to_wide(pd.concat([table, table]))
    with pytest.raises(TableError, match="no column value"):
        to_wide(table.drop(columns="value"))


def test_wide_returns_the_values_of_the_files(three):
    table = read_results(three).sample(frac=1, random_state=0)  # any order of rows
    wide = to_wide(table)
    for study, value in (("a", 0.1), ("b", 0.2), ("c", 0.3)):
        assert (wide.loc[study] == value).all()


def test_an_exported_table_reads_back_equal(three, tmp_path):
    table = read_results(three, studies=STUDIES)
    path = tmp_path / "cohort_table.csv"
    table.to_csv(path, index=False)
    pd.testing.assert_frame_equal(
        to_wide(read_results(path), None).sort_index(), to_wide(table, None).sort_index()
    )


def test_twenty_thousand_studies_stay_small(folder):
    one = read_values(scan(folder.study("s").parent).values, AidpReader()).values
    count = 20_000
    ids = [f"s{n}" for n in range(count)]
    rows = one.rows.loc[[0] * count].assign(study_id=ids, source=[f"{each}_out" for each in ids])
    many = ValueMatrix(
        one.names, np.tile(one.matrix, (count, 1)), rows.reset_index(drop=True), one.sets
    )
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        table = Results(many, Found((), {})).table
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert len(table) == count * 132
    assert table.memory_usage(deep=True).sum() < 100e6
    assert peak < 300e6
