"""A file of participants that is something else, and headings in other languages."""

import io
import warnings
import zipfile

import pandas as pd
import pytest

from neuroflow.errors import ParticipantsError, ResultWarning, Wording
from neuroflow.io import look_at_people, read_participants


def zip_with(name):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, "x")
    return data.getvalue()


OTHERS = {
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "a picture": b"\x89PNG\r\n\x1a\n\0",
    "a Word document": zip_with("word/document.xml"),
    "an archive": zip_with("scan.dcm"),
    "a document of a word processor": rb"{\rtf1\ansi Patienten}",
    "a web page": b"\n<html><table><tr><td>id</td></tr></table></html>",
    "an old or encrypted file of Word or Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99),
    "a file of SPSS": b"$FL2@(#) SPSS DATA FILE",
}


@pytest.mark.parametrize("name", ["people.csv", "people.xlsx"])
@pytest.mark.parametrize("kind", OTHERS)
def test_a_file_that_is_no_table_is_named(write, kind, name):
    with pytest.raises(ParticipantsError, match=f"It is {kind}") as caught:
        read_participants(write(OTHERS[kind], name))
    assert "as .xlsx or as CSV" in caught.value.advice


def test_a_picture_cut_from_a_report_is_a_picture(write):
    with pytest.raises(ParticipantsError, match="It is a picture"):
        read_participants(write(b"\xff\xd8\xff\xe0JFIF", "people.tsv"))


def test_an_excel_file_called_csv_is_to_be_renamed(tmp_path):
    path = tmp_path / "people.xlsx"
    pd.DataFrame({"participant_id": ["01"]}).to_excel(path, index=False)
    with pytest.raises(ParticipantsError, match=r"an Excel file.*ends with \.xlsx"):
        read_participants(path.rename(path.with_suffix(".csv")))


def test_a_text_called_xlsx_is_to_be_renamed(write):
    with pytest.raises(ParticipantsError, match=r"It is text\..*ends with \.csv"):
        read_participants(write("participant_id\tage\n01\t61\n", "people.xlsx"))


@pytest.mark.parametrize("name", ["people.csv", "people.xlsx"])
def test_an_empty_file_is_called_empty(write, name):
    with pytest.raises(ParticipantsError, match="is empty"):
        read_participants(write("", name))


@pytest.mark.parametrize("text", ["Alter\n61\n", "participant_id age sex\n01 61 F\n"])
def test_one_column_needs_a_separator(write, text):
    path = write(text)
    with pytest.raises(ParticipantsError, match=r"one column only.*Separate the columns"):
        read_participants(path)
    assert look_at_people(path).headings == ()


def test_columns_between_bars_are_read(write):
    table = read_participants(write("participant_id|age\n01|61\n"))
    assert table.to_dict("list") == {"participant_id": ["01"], "age": [61.0]}


@pytest.mark.parametrize(
    "header",
    [
        "Patienten-Nr.;Besuch;Alter (Jahre);Geschlecht;Diagnose",
        "Identifiant;Séance;Âge;Sexe;Groupe",
        "Paciente;Visita;Edad;Género;Grupo",
    ],
)
def test_headings_of_other_languages_are_proposed(write, header):
    names = ("participant_id", "session_id", "age", "sex", "group")
    found = look_at_people(write(f"{header}\n01;1;61;F;PD\n"))
    assert found.columns == dict(zip(names, header.split(";"), strict=True))
    assert found.needs_choice


def test_a_proposed_column_of_participants_is_not_taken_silently(write):
    path = write("Identifiant;age;sex\n01;61;F\n")
    assert look_at_people(path).needs_choice
    with pytest.raises(ParticipantsError) as caught:
        read_participants(path)
    advice = caught.value.advice
    assert 'columns={"participant_id": "Identifiant"' in advice
    assert "--column participant_id=Identifiant" in Wording.pick(advice, "cli")


def test_an_unknown_heading_is_not_guessed(write):
    found = look_at_people(write("Identifiants;Alters;Ages;Sexes\n01;61;1;F\n"))
    assert dict(found.columns) == {}


def test_a_column_of_ages_that_is_not_read_is_reported(write):
    path = write("participant_id;Alter;Geschlecht\n01;61;w\n", "people.csv")
    with pytest.warns(ResultWarning, match=r"Alter \(age\?\), Geschlecht \(sex\?\)") as caught:
        table = read_participants(path)
    assert len(caught) == 1
    assert list(table) == ["participant_id", "Alter", "Geschlecht"]


def test_visits_under_another_heading_are_proposed_for_repeated_rows(write):
    path = write("participant_id;Besuch\n01;1\n01;2\n")
    with pytest.raises(ParticipantsError, match=r"repeat a participant_id: 2, 3.*Besuch"):
        read_participants(path)


def read_sexes(path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = read_participants(path, columns={"sex": "Sexo"})
    return [None if pd.isna(sex) else sex for sex in table["sex"]], [str(w.message) for w in caught]


def test_words_of_sex_in_spanish_are_read(write):
    rows = "\n".join(f"{n:02d};{word}" for n, word in enumerate(("Hombre", "Mujer", "h", "F")))
    assert read_sexes(write(f"participant_id;Sexo\n{rows}\n")) == (["M", "F", "M", "F"], [])


def test_m_beside_h_is_not_taken_for_male(write):
    found, said = read_sexes(write("participant_id;Sexo\n01;H\n02;M\n03;M\n"))
    assert found == [None, None, None]
    assert "M may be mujer" in said[0]
