"""Tables of people as BIDS, Excel and people write them; a bad cell is a warning."""

import json
import warnings

import pandas as pd
import pytest

from neuroflow.errors import ParticipantsError, ResultWarning
from neuroflow.io import read_participants


@pytest.fixture
def write(tmp_path):
    def put(text, name="participants.tsv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return put


def read(path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = read_participants(path)
    return table, [str(each.message) for each in caught]


@pytest.mark.parametrize(
    ("written", "years"),
    [("89+", 90), (">89", 90), ("90+", 90), ("068Y", 68), ("18M", 1.5), ("61 years", 61)],
)  # fmt: skip
def test_ages_are_read_as_bids_and_dicom_write_them(write, written, years):
    table, said = read(write(f"participant_id\tage\n01\t{written}\n02\t60\n"))
    assert table["age"].tolist() == [years, 60]
    assert [text for text in said if "read as 90" in text] == said
    assert len(said) == (years == 90)


def test_a_bad_cell_is_one_warning_and_missing(write):
    text = "participant_id\tage\tsex\n01\told\tM\n02\t-1\tz\n03\t60\tF\n"
    table, said = read(write(text))
    assert table["age"].isna().tolist() == [True, True, False]
    assert table["sex"].isna().tolist() == [False, True, False]
    assert said == [
        "participants.tsv: ages that cannot be read, taken as missing (2): 'old' in line 2, "
        "'-1' in line 3",
        "participants.tsv: sexes that cannot be read, taken as missing (1): 'z' in line 3",
    ]


def test_other_sex_is_kept(write):
    table, said = read(write("participant_id\tsex\n01\tO\n02\tweiblich\n"))
    assert table["sex"].tolist() == ["O", "F"]
    assert said == []


def test_codes_mean_what_participants_json_says(write):
    path = write("participant_id\tsex\tgroup\n01\t0\t1\n02\t1\t2\n")
    _, said = read(path)
    assert "define codes in participants.json" in said[0]
    levels = {"sex": {"Levels": {"0": "male", "1": {"Description": "Female"}}}}
    levels["group"] = {"Levels": {"1": "Control", "2": "PSP"}}
    write(json.dumps(levels), "participants.json")
    table, said = read(path)
    assert table[["sex", "group"]].to_numpy().tolist() == [["M", "Control"], ["F", "PSP"]]
    assert said == []


def test_each_visit_has_the_age_of_sessions_tsv(write):
    path = write("participant_id\tage\tgroup\nsub-01\t60\tPSP\nsub-02\t70\tControl\n")
    write("session_id\tage\tacq_time\nses-1\t60\t2020-01-01\nses-2\t61.5\tn/a\n",
          "sub-01/sub-01_sessions.tsv")  # fmt: skip
    table, _ = read(path)
    visits = table[table["participant_id"] == "01"].set_index("session_id")
    assert visits.loc[["1", "2"], "age"].tolist() == [60, 61.5]
    assert visits.loc[["1", "2"], "group"].tolist() == ["PSP", "PSP"]
    assert (table["participant_id"] == "02").sum() == 1


def test_groups_that_differ_in_case_and_blanks_are_one(write):
    text = "participant_id\tgroup\n01\tControl\n02\tcontrol \n03\tControl\n04\tMSA-P\n05\tMSA P\n"
    table, said = read(write(text))
    assert table["group"].tolist() == ["Control"] * 3 + ["MSA-P"] * 2
    assert "group labels read as Control (1): 'control' in line 3" in said[0]


@pytest.mark.parametrize("cell", ["-", ".", "n.d.", "n/a", "k.A.", "-999", "?"])
def test_a_score_that_was_not_taken_leaves_its_column_numeric(write, cell):
    rows = "".join(f"{i:02d}\t{20 + i}\n" for i in range(12))
    table, _ = read(write(f"participant_id\tupdrs\n{rows}99\t{cell}\n"))
    assert pd.api.types.is_numeric_dtype(table["updrs"])
    assert table["updrs"].isna().sum() == 1


def test_a_slip_in_a_score_is_missing_and_reported(write):
    rows = "".join(f"{i:02d}\t{20 + i}\n" for i in range(12))
    table, said = read(write(f"participant_id\tupdrs\n{rows}99\t3O\n"))
    assert table["updrs"].isna().sum() == 1
    assert "cells of updrs that are not numbers, taken as missing (1): '3O' in line 14" in said[0]


def test_labels_stay_labels(write):
    table, said = read(write("participant_id\tscanner\tcode\n01\tA1\t007\n02\t3\t12\n"))
    assert table["scanner"].tolist() == ["A1", "3"]
    assert table["code"].tolist() == ["007", "12"]
    assert said == []


@pytest.mark.parametrize("header", ["Subject", "Patient ID", "MRN", "record_id", "Proband", "Name"])
def test_participants_are_found_by_the_usual_names_of_ids(write, header):
    table, _ = read(write(f"{header},age\n01,60\n", "people.csv"))
    assert table.to_dict("list") == {"participant_id": ["01"], "age": [60.0]}


def test_an_excel_file_is_read_with_leading_zeros(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "people.xlsx"
    rows = {"participant_id": ["001", "002"], "age": [60, 61.5], "sex": ["m", "f"]}
    pd.DataFrame(rows).to_excel(path, index=False)
    table, _ = read(path)
    assert table["participant_id"].tolist() == ["001", "002"]
    assert table[["age", "sex"]].to_numpy().tolist() == [[60, "M"], [61.5, "F"]]


def test_a_row_given_twice_counts_once(write):
    table, said = read(write("participant_id\tage\n01\t60\nsub-01\t60\n"))
    assert len(table) == 1
    assert "rows that repeat another one, excluded (1)" in said[0]
    with pytest.raises(ParticipantsError, match="repeat a participant_id: 2, 3"):
        read_participants(write("participant_id\tage\n01\t60\nsub-01\t61\n"))


def test_warnings_are_those_of_results(write):
    with pytest.warns(ResultWarning):
        read_participants(write("participant_id\tage\n01\told\n"))
