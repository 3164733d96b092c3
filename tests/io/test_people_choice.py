"""Participants in any sheet of an Excel file, and under any headings."""

import pandas as pd
import pytest

from neuroflow.errors import OptionError, ParticipantsError
from neuroflow.io import look_at_people, read_participants

CHOSEN = {"participant_id": "Proband", "age": "Alter", "group": "Dx"}


@pytest.fixture
def workbook(tmp_path):
    """Write an Excel file whose second sheet has participants, under the headings of a clinic."""
    path = tmp_path / "clinic.xlsx"
    people = {"Proband": ["01", "02"], "Alter": [61, 70.5], "Dx": ["PD", "HC"], "age": [40, 41]}
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"note": ["draft"]}).to_excel(book, sheet_name="Notes", index=False)
        pd.DataFrame(people).to_excel(book, sheet_name="People", index=False)
    return path


def test_the_chosen_sheet_and_columns_are_read(workbook):
    table = read_participants(workbook, sheet="People", columns=CHOSEN)
    assert table["participant_id"].tolist() == ["01", "02"]
    assert table["age"].tolist() == [61.0, 70.5]
    assert table["group"].tolist() == ["PD", "HC"]


def test_a_column_that_was_not_chosen_keeps_its_values(workbook):
    table = read_participants(workbook, sheet="People", columns=CHOSEN)
    assert table["other_age"].tolist() == [40.0, 41.0]


def test_headings_are_chosen_in_any_case(write):
    path = write("ID\tALTER\n01\t61\n")
    assert read_participants(path, columns={"age": "alter"})["age"].tolist() == [61.0]


@pytest.mark.parametrize(
    ("options", "error", "says", "about"),
    [
        ({"sheet": "People 2"}, OptionError, "Its sheets are Notes, People", "sheet"),
        (
            {"sheet": "People", "columns": {"age": "Jahre"}},
            ParticipantsError,
            "'Jahre' is not in the file.*Proband, Alter, Dx, age",
            "columns",
        ),
        (
            {"sheet": "People", "columns": {"age": "Alter", "site": "Alter"}},
            ParticipantsError,
            "chosen twice",
            "columns",
        ),
        ({"columns": {"years": "Alter"}}, OptionError, "read as 'years'", "columns"),
    ],
)
def test_a_choice_that_cannot_be_read_is_explained(workbook, options, error, says, about):
    with pytest.raises(error, match=says) as caught:
        read_participants(workbook, **options)
    assert caught.value.about == about


def test_a_text_file_has_no_sheets(write):
    with pytest.raises(OptionError, match="no sheets"):
        read_participants(write("participant_id\n01\n"), sheet="People")


def test_likely_columns_are_recognized_by_usual_names(workbook):
    found = look_at_people(workbook, "People")
    assert found.sheets == ("Notes", "People")
    assert found.headings == ("Proband", "Alter", "Dx", "age")
    assert found.columns == {"participant_id": "Proband", "group": "Dx", "age": "age"}


@pytest.mark.parametrize(
    ("header", "needs"),
    [
        ("participant_id\tage\tsex\tgroup", False),
        ("participant_id\tage\tsex\thandedness", False),
        ("participant_id", False),
        ("ID\tage\tsex", False),
        ("participant_id\tAlter\tsex", True),
        ("x1\tx2\tage", True),
        ("code\tx1\tx2", True),
    ],
)
def test_only_files_with_other_headings_need_a_choice(write, header, needs):
    path = write(f"{header}\n" + "\t".join("1" for _ in header.split("\t")) + "\n")
    assert look_at_people(path).needs_choice is needs


def test_a_file_that_is_no_table_offers_nothing(tmp_path):
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"not a workbook")
    assert look_at_people(path).headings == ()
