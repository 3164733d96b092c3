"""One reader for every small table of a user."""

from pathlib import Path

import pytest

import neuroflow
from neuroflow.errors import FolderError
from neuroflow.io.text import decode, read_text_table

PACKAGE = Path(neuroflow.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def read(path, **options):
    return read_text_table(path, error=FolderError, **options)


def test_comments_and_empty_lines_keep_line_numbers(write):
    table = read(write("# ward 3\n\nid\tage\n01\t61\n# late\n02\t62\n"))
    assert (table.header, table.rows, table.lines) == (
        ["id", "age"],
        [["01", "61"], ["02", "62"]],
        [4, 6],
    )


def test_quoted_cells_may_hold_the_delimiter(write):
    table = read(write('id,"name, first"\n01,"Doe, ""J"""\n'))
    assert (table.header, table.rows) == (["id", "name, first"], [["01", 'Doe, "J"']])


def test_first_line_of_excel_names_no_column(write):
    assert read(write("sep=;\nid;age\n01;61\n")).header == ["id", "age"]


def test_columns_without_name_and_value_are_dropped(write):
    table = read(write("id\tage\t\n01\t61\t\n02\t62\t\n"))
    assert (table.header, table.rows) == (["id", "age"], [["01", "61"], ["02", "62"]])


def test_known_names_may_be_in_any_case(write):
    assert read(write("ID\tUPDRS\n01\t3\n"), known=("id",)).header == ["id", "UPDRS"]


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [("0,5;1", ","), ("0.5;1", "."), ("1,234;2", "."), ("1,234;0,5", ","), ("a,b;c", ".")],
)
def test_decimal_mark_comes_from_unambiguous_numbers(write, cells, decimal):
    assert read(write(f"one;two\n{cells}\n")).decimal == decimal


def test_missing_values_are_none_in_a_column(write):
    assert read(write("id\tage\n01\tn/a\n02\t-\n03\t61\n")).column("age") == [None, None, "61"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "is empty"),
        ("id\tid\n", "These names occur twice: id"),
        ("id\t\n01\t3\n", "no name"),
        ("id\tage\n\n01\n02\t3\t4\n03\t5\n", "do not have 2 cells as the header has: 3, 4"),
        ('id\n"01\n', "Line 2 of"),
        (b"\x89PNG\r\n\x1a\n\x00", "not a text file"),
    ],
)
def test_errors_name_file_and_line(write, content, named):
    with pytest.raises(FolderError, match=named) as raised:
        read(write(content))
    assert "participants.tsv" in str(raised.value)


def test_only_one_file_decodes_tables_of_users():
    own = {
        "io/text.py",
        "cli/inputs.py",  # a cohort table, which may be too large for cells of text
        "cli/completion.py",  # tables that neuroflow itself wrote
        "workspace/enrolment/cohort_store.py",
        "workspace/study_table.py",
        "matrix/regions.py",  # tables that come with the package
        "plot/_brain/anatomy.py",
    }
    readers = ("csv.reader(", "csv.DictReader(", "read_csv(", "utf-16")
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in SOURCES
        if "demo" not in path.parts and any(r in path.read_text("utf-8") for r in readers)
    }
    assert found == own


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_text_is_decoded_with_the_encoding_found(encoding):
    assert decode("ä".encode(encoding)) == ("ä", encoding)


def test_a_table_of_excel_is_read_with_its_decimal_comma(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("# ward 3\nID;age\n01;68,5\n", encoding="utf-16")
    table = read_text_table(path, error=FolderError, known=("id",))
    assert (table.header, table.rows) == (["id", "age"], [["01", "68,5"]])
    assert (table.lines, table.decimal) == ([3], ",")
