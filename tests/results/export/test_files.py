import json

import numpy as np
import openpyxl
import pandas as pd
import pytest

from neuroflow.cli.inputs import read_effects
from neuroflow.errors import FolderError, MissingExtraError, OptionError, TableError
from neuroflow.io import read_participants
from neuroflow.results.export import files
from neuroflow.results.export.dictionary import DICTIONARY, data_dictionary
from neuroflow.results.export.files import save_cohort_table
from neuroflow.results.table.cohort_table import COLUMNS, read_results, study_facts, to_wide


@pytest.fixture
def table(folder):
    folder.study("a", 0.1)
    folder.study("b", 0.2, stems=["pSN", "Köln"])
    return read_results(folder.path)


def test_every_column_of_the_cohort_table_is_described():
    assert list(DICTIONARY) == list(COLUMNS)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".tsv", ".xlsx", ".CSV"])
def test_written_tables_read_back_equal(table, tmp_path, suffix):
    path = save_cohort_table(table, tmp_path / "new" / f"cohort_table{suffix}")
    readers = {
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
        ".tsv": lambda p: pd.read_csv(p, sep="\t"),
        ".xlsx": pd.read_excel,
    }
    back = readers[suffix.lower()](path)
    assert list(back) == list(COLUMNS)
    np.testing.assert_array_equal(back["value"], table["value"])
    assert back["region"].tolist() == table["region"].tolist()
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []


def test_parquet_keeps_categories(table, tmp_path):
    back = pd.read_parquet(save_cohort_table(table, tmp_path / "t.parquet"))
    given = [name for name in table if table[name].notna().any()]
    pd.testing.assert_frame_equal(back[given], table[given], check_categorical=False)
    assert (back[given].dtypes == table[given].dtypes).all()


def test_bids_tables_have_na_and_a_dictionary_beside_them(table, tmp_path):
    path = save_cohort_table(table, tmp_path / "t.tsv")
    assert "n/a" in path.read_text(encoding="utf-8")
    meanings = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert set(meanings) == set(table.columns)
    assert meanings["age"] == {
        "Description": "Age at the scan", "Units": "years", "Source": "participants.tsv",
    }  # fmt: skip


def test_excel_has_the_dictionary_on_a_second_sheet(table, tmp_path):
    path = save_cohort_table(table, tmp_path / "t.xlsx")
    sheets = pd.read_excel(path, sheet_name=None)
    assert list(sheets) == ["table", "data dictionary"]
    assert sheets["data dictionary"]["column"].tolist() == list(table.columns)


def test_excel_gets_what_it_can_hold(tmp_path):
    times = pd.to_datetime(["2026-01-02T03:04:05+01:00"], utc=True)
    odd = pd.DataFrame({"since": times, "text": ["a\x0bb"], "kind": pd.Categorical(["x\x01"])})
    back = pd.read_excel(save_cohort_table(odd, tmp_path / "t.xlsx"))
    assert back.to_numpy().tolist() == [
        [pd.Timestamp("2026-01-02T02:04:05"), "a\ufffdb", "x\ufffd"]
    ]
    assert odd["text"].tolist() == ["a\x0bb"]


def test_no_text_becomes_a_formula_in_excel(tmp_path):
    sly = pd.DataFrame({"=1+1": ["=1+1", "=cmd|' /c calc'!A1"], "n": [1, 2]})
    sly.attrs["title"] = "=1+1"
    book = openpyxl.load_workbook(save_cohort_table(sly, tmp_path / "t.xlsx"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if str(cell.value).startswith("=")]
    assert not [cell.value for cell in cells if cell.data_type == "f"]


def test_the_index_of_a_wide_table_is_a_column(table, tmp_path):
    back = pd.read_csv(save_cohort_table(to_wide(table), tmp_path / "wide.csv"))
    assert list(back)[:2] == ["study_id", "aSN"]


def test_columns_of_a_wide_table_are_described(table):
    meanings = data_dictionary(to_wide(table, None)).set_index("column")
    assert meanings.loc["midbrain_left_FAt", "meaning"] == "Midbrain, left: FAt"


def test_every_fact_of_a_study_is_described(folder):
    folder.put("s_out/aidp.csv", "Age,61\npSN_FW,0.1\nMCP_FW,0.2\n")
    folder.put("s_out/prediction.txt", "Product: P-v1.0\nAtypical Probability: 0.9\npSN: 0.3\n")
    meanings = data_dictionary(study_facts(folder.path)).set_index("column")
    assert "A further column" not in set(meanings["meaning"])
    assert meanings.loc["p_atypical"].tolist() == ["Probability", "fraction", "prediction.txt"]
    assert meanings.loc["aidp_Age", "source"] == "aidp.csv"


def test_a_covariate_is_not_taken_for_a_fact(table):
    described = data_dictionary(table.assign(p_moca=1.0)).set_index("column")
    assert described.loc["p_moca", "meaning"] == "A further column"


def test_excel_without_openpyxl_names_the_package(table, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="pip install openpyxl"):
        save_cohort_table(table, tmp_path / "t.xlsx")


def test_too_long_for_excel(table, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "EXCEL_ROWS", 10)
    with pytest.raises(TableError, match="268 rows"):
        save_cohort_table(table, tmp_path / "t.xlsx")
    assert list(tmp_path.glob("*.xlsx")) == []


def test_bad_targets(table, tmp_path):
    with pytest.raises(OptionError, match=r"\.csv, \.tsv, \.parquet, \.xlsx"):
        save_cohort_table(table, tmp_path / "t.docx")
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="cannot be written"):
        save_cohort_table(table, tmp_path / "file" / "t.csv")


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".xlsx"])
def test_a_status_with_its_time_is_exported(tmp_path, ending):
    now = pd.Timestamp.now("UTC")
    status = pd.DataFrame({"study_id": ["s"], "since": [now]})
    status.attrs["listed_at"] = now.to_pydatetime()
    assert save_cohort_table(status, tmp_path / f"status{ending}").stat().st_size > 0
    assert status.attrs


@pytest.mark.parametrize(("site", "mark"), [("Köln", b"\xef\xbb\xbf"), ("Ulm", b"")])
def test_only_csv_beyond_ascii_has_a_mark(table, tmp_path, site, mark):
    path = save_cohort_table(table[table["region"] != "Köln"].assign(site=site), tmp_path / "t.csv")
    assert path.read_bytes().startswith(mark + b"cohort_id,")
    assert set(pd.read_csv(path)["site"]) == {site}


def test_marked_csv_is_read_as_results(table, tmp_path):
    path = save_cohort_table(table.assign(site="Köln"), tmp_path / "t.csv")
    back = read_results(path)
    assert set(back["study_id"]) == {"a", "b"}
    assert back["value"].sum() == pytest.approx(table["value"].sum())


def test_marked_csv_is_read_by_the_command_line(table, tmp_path):
    path = save_cohort_table(table.assign(site="Köln"), tmp_path / "t.csv")
    assert next(iter(read_effects(path))) == "cohort_id"


def test_marked_participants_are_read(tmp_path):
    people = pd.DataFrame({"participant_id": ["01", "02"], "site": ["Köln", "Ulm"]})
    path = save_cohort_table(people, tmp_path / "people.csv")
    assert read_participants(path)["site"].tolist() == ["Köln", "Ulm"]
