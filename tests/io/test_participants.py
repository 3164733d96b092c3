import pandas as pd
import pytest

from neuroflow.errors import ParticipantsError
from neuroflow.io import ParticipantRows, read_participants


def test_known_columns_come_first_and_the_others_follow(write):
    path = write("updrs\tSex\tage\tparticipant_id\thand\n12\tfemale\t61.5\tsub-01\tR\n")
    table = read_participants(path)
    assert list(table) == ["participant_id", "age", "sex", "updrs", "hand"]
    assert table.iloc[0].tolist() == ["01", 61.5, "F", 12.0, "R"]


def test_missing_values_stay_missing(write):
    path = write("participant_id\tage\tsex\tgroup\tscore\n01\tn/a\tN/A\t\tn/a\n02\t60\tM\tPD\t3\n")
    table = read_participants(path)
    assert table.loc[0, ["age", "sex", "group", "score"]].isna().all()
    assert table.loc[1, ["age", "sex", "group", "score"]].tolist() == [60.0, "M", "PD", 3.0]


def test_decimal_commas_are_read_in_ages_and_other_columns(write):
    table = read_participants(write("participant_id;age;score;code\n01;68,5;1,25;a,b\n02;70;3;c\n"))
    assert table["age"].tolist() == [68.5, 70.0]
    assert table["score"].tolist() == [1.25, 3.0]
    assert table["code"].tolist() == ["a,b", "c"]


def test_labels_keep_leading_zeros(write):
    table = read_participants(write("participant_id\tcode\n007\t010\n008\t020\n"))
    assert table["participant_id"].tolist() == ["007", "008"]
    assert table["code"].tolist() == ["010", "020"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_dialects(write, encoding, delimiter, newline):
    text = newline.join(["participant_id\tsite", "sub-01\tKöln", ""]).replace("\t", delimiter)
    table = read_participants(write(text.encode(encoding)))
    assert table.to_dict("list") == {"participant_id": ["01"], "site": ["Köln"]}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("participant_id\tage\n", "no participants"),
        ("birthday\tage\nA\t3\n", "participant_id"),
        ("participant_id\tage\tage\n01\t3\t4\n", "age"),
        ("participant_id\t\n01\t3\n", "no name"),
        (
            "participant_id\tage\n01\t3\n02\t3\nsub-01\t4\n",
            "These lines repeat a participant_id: 2, 4",
        ),
        (
            "participant_id\tsession_id\tage\n01\t1\t3\n01\tses-1\t4\n",
            "These lines repeat a participant_id and session_id: 2, 3",
        ),
        ("participant_id\tage\n\t3\n", "These lines have no participant_id: 2"),
        ("participant_id\tage\n01\n", "These lines do not have 2 cells"),
        ('participant_id\tsex\n01\t"M\n', "Line 2"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not a text file"),
    ],
)
def test_bad_files_are_refused_and_the_lines_named(write, content, named):
    with pytest.raises(ParticipantsError, match=named):
        read_participants(write(content))


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(ParticipantsError, match="does not exist"):
        read_participants(tmp_path / "participants.tsv")
    with pytest.raises(ParticipantsError, match="cannot be read"):
        read_participants(tmp_path)


def test_the_same_person_may_have_two_sessions(write):
    path = write("participant_id\tsession_id\tage\n01\tses-1\t60\n01\tses-2\t62\n01\tn/a\t59\n")
    people = ParticipantRows(read_participants(path))
    assert people.find("01", "1")["age"] == 60
    assert people.find("sub-01", "ses-2")["age"] == 62
    assert people.find("01", "3")["age"] == 59
    assert people.find("01")["age"] == 59
    assert people.find("1", "1") is None


def test_a_row_of_another_session_is_not_taken(write):
    people = ParticipantRows(
        read_participants(write("participant_id\tsession_id\tage\n01\t1\t60\n"))
    )
    assert people.find("01", "2") is None
    assert people.find("01") is None


def test_session_missing_everywhere_matches_any(write):
    people = ParticipantRows(read_participants(write("participant_id\tsession_id\n01\tn/a\n")))
    assert isinstance(people.find("01", "2"), pd.Series)


def test_rows_are_numbered_as_in_the_given_table(write):
    table = read_participants(write("participant_id\tage\n01\t60\n02\t70\n"))
    people = ParticipantRows(table)
    table["participant_id"] = ["02", "01"]
    table.loc[0, "age"] = 99.0
    assert people.find("01")["age"] == 60
    assert ParticipantRows(table).find("02")["age"] == 99


def test_a_path_may_begin_at_home(write, tmp_path, monkeypatch):
    write("participant_id\n01\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert len(read_participants("~/participants.tsv")) == 1


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("D1\t1\nD1\t2\n", ["visit 1", "visit 2"]),
        ("D1\tn/a\n", []),
        ("D2\t1\n", []),
    ],
)
def test_other_visits_of_a_participant_are_named(write, rows, found):
    people = ParticipantRows(read_participants(write("participant_id\tsession_id\n" + rows)))
    assert people.other_names("sub-D1") == found


def test_a_label_without_its_zeros_is_named(write):
    people = ParticipantRows(read_participants(write("participant_id\n1\n10\n")))
    assert people.other_names("001") == ["participant 1"]
