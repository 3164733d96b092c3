"""Numbers in files are computed again, and what differs is found."""

import shutil
import warnings
from pathlib import Path

import pandas as pd
import pytest
from support.collected import collect_into, people
from support.comparison_tables import realistic_table

import neuroflow as nf
from neuroflow.errors import OptionError, ResultWarning
from neuroflow.sharing.verification.keyed import read_keyed
from neuroflow.workspace import Workspace


@pytest.fixture(scope="module")
def report(project, tmp_path_factory):
    """Return the file of a report, never changed."""
    return nf.report(project, tmp_path_factory.mktemp("report") / "r.html", figures=False)


OPTIONS = [
    {},
    {"metric": "FAt", "by": "site", "visit": "last", "title": "Sites & <scanners> 1"},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_an_unchanged_report_has_no_difference(project, tmp_path, options):
    file = nf.report(project, tmp_path / "r.html", figures=False, **options)
    found = nf.verify(file, project)
    assert found.to_dict("records") == []
    assert found.attrs["n_compared"] > 500


def test_one_changed_digit_in_a_report_is_found(project, report, tmp_path):
    file = Path(shutil.copy(report, tmp_path))
    text = file.read_text("utf-8")
    start = text.index("±", text.index('id="comparison"')) - 2
    other = str((int(text[start]) + 1) % 10) if text[start].isdigit() else "9"
    file.write_text(text[:start] + other + text[start + 1 :], "utf-8")
    (found,) = nf.verify(file, project).to_dict("records")
    assert found["key"].startswith("comparison/table-1/")
    assert found["written"] != found["computed"]


def test_a_removed_row_is_found(project, report, tmp_path):
    file = Path(shutil.copy(report, tmp_path))
    text = file.read_text("utf-8")
    row = text[text.index('<tr><th scope="row"', text.index('id="accuracy"')) :]
    file.write_text(text.replace(row[: row.index("</tr>") + 5], ""), "utf-8")
    assert nf.verify(file, project)["key"].str.contains("accuracy/").any()


def test_another_picture_is_another_text(tmp_path):
    texts = []
    for data in ("QUJD", "QUJE"):
        file = tmp_path / "r.html"
        file.write_text(
            '<script id="neuroflow-recipe">{"made_by": "report"}</script>'
            f'<img src="data:image/png;base64,{data}" alt="Points" data-key="a/strip/picture">'
        )
        texts.append(read_keyed(file).texts)
    assert [each["a/strip/picture/alt"] for each in texts] == ["Points", "Points"]
    assert texts[0]["a/strip/picture"] != texts[1]["a/strip/picture"]


def test_text_around_marks_belongs_to_its_key(tmp_path):
    file = tmp_path / "r.html"
    file.write_text(
        '<script id="neuroflow-recipe">{"made_by": "report"}</script><script>run()</script>'
        '<td data-key="a">1 <b>± <br> 2</b> 3</td><td>4</td><td data-key="a">5</td>'
        '<td data-key="b"></td>'
    )
    assert read_keyed(file).texts == {"a": "1 ± 2 3", "b": "", "a (2)": "5"}


def test_a_report_of_another_project_is_named_so(report, tmp_path):
    file = Path(shutil.copy(report, tmp_path))
    with Workspace(tmp_path / "p") as ws:
        collect_into(ws, people(12))
        with pytest.raises(OptionError, match="is of another project"):
            nf.verify(file, ws)


def test_a_paper_table_of_other_studies_is_named_so(tmp_path):
    table = realistic_table()
    file = nf.save_paper_table(nf.paper_table(table, metric="FW"), tmp_path / "t.md")
    other = table.assign(study_id="x" + table["study_id"], value=table["value"] * 0.9)
    with pytest.raises(OptionError, match="is of another project"):
        nf.verify(file, other)
    with_more = pd.concat([table, other], ignore_index=True)
    with_more["participant_id"] = with_more["study_id"]
    assert len(nf.verify(file, with_more)) > 0


def test_files_of_projects_that_share_studies_share_no_mark(tmp_path):
    table = realistic_table()
    files = []
    for name, part in (("all", table), ("some", table[table["group"] != "PD"])):
        made = nf.paper_table(part, metric="FW")
        files.append(read_keyed(nf.save_paper_table(made, tmp_path / f"{name}.md")))
    marks = [set(file.recipe["studies"]) for file in files]
    assert [len(each) for each in marks] == [17, 17]
    assert marks[0].isdisjoint(marks[1])


def test_a_table_whose_studies_have_new_ids_is_the_same(tmp_path):
    table = realistic_table()
    file = nf.save_paper_table(nf.paper_table(table, metric="FW"), tmp_path / "t.md")
    assert nf.verify(file, table.assign(study_id="x" + table["study_id"])).empty


def test_a_decision_after_the_report_is_found(tmp_path):
    with Workspace(tmp_path / "p") as ws:
        cohort = collect_into(ws, people(12))
        file = nf.report(ws, tmp_path / "r.html", figures=False)
        ws.exclude_result(str(cohort.studies[1].study_id), reason="motion")
        found = nf.verify(file, ws)
    assert found["key"].str.startswith("flow/").any()
    assert found["key"].str.startswith("comparison/").any()


@pytest.fixture(scope="module")
def table():
    table = realistic_table({"Control": 12, "PSP": 12})
    return table[table["region"].isin(["pSN", "Putamen", "SCP", "MCP"])]


@pytest.mark.parametrize("ending", ["md", "tex", "html", "docx", "xlsx"])
@pytest.mark.parametrize("title", ["", "Table 1: 5 % & more"])
def test_an_unchanged_table_has_no_difference(table, tmp_path, ending, title):
    for made in (nf.paper_table(table, covariates="age"), nf.table_one(table)):
        file = nf.save_paper_table(made, tmp_path / f"t.{ending}", title=title)
        found = nf.verify(file, table)
        assert found.to_dict("records") == []
        assert found.attrs["n_compared"] > 20


@pytest.mark.parametrize("ending", ["md", "tex", "html"])
def test_one_changed_cell_of_a_text_file_is_found(table, tmp_path, ending):
    file = nf.save_paper_table(nf.paper_table(table), tmp_path / f"t.{ending}")
    cell = nf.paper_table(table).loc[2, "PSP"].split()[0]
    text = file.read_text("utf-8")
    assert text.count(cell) == 1
    file.write_text(text.replace(cell, cell[:-1] + "x"), "utf-8")
    (found,) = nf.verify(file, table).to_dict("records")
    assert found["key"].endswith("/ PSP")


@pytest.mark.parametrize("row", [0, -1])
@pytest.mark.parametrize("ending", ["md", "tex"])
def test_a_change_in_any_column_is_found(table, tmp_path, ending, row):
    made = nf.paper_table(table)
    file = nf.save_paper_table(made, tmp_path / f"t.{ending}")
    text = file.read_text("utf-8")
    (line,) = (line for line in text.splitlines() if str(made.iloc[row, 0]) in line)
    cells = [cell.strip() for cell in line.strip("|\\ ").split({"md": "|", "tex": "&"}[ending])]
    assert len(cells) >= made.shape[1] - 1  # the last one is empty in most rows
    for cell in cells:
        file.write_text(text.replace(line, line.replace(cell, f"{cell}9", 1)), "utf-8")
        assert len(nf.verify(file, table)), cell


@pytest.mark.parametrize("ending", ["md", "tex"])
def test_a_changed_text_beside_the_table_is_found(table, tmp_path, ending):
    file = nf.save_paper_table(nf.paper_table(table), tmp_path / f"t.{ending}", title="Values")
    text = file.read_text("utf-8")
    texts = [line for line in text.splitlines() if line and line[0] not in "|%<"]
    footnote = max((line for line in texts if "&" not in line), key=len)
    changed = [footnote, *(line for line in texts if "Values" in line)]
    assert len(changed) == 2
    for line in changed:
        file.write_text(text.replace(line, f"{line} not"), "utf-8")
        (found,) = nf.verify(file, table).to_dict("records")
        assert found["written"].endswith("not")


def test_one_changed_cell_in_word_and_excel_is_found(table, tmp_path):
    docx, openpyxl = pytest.importorskip("docx"), pytest.importorskip("openpyxl")
    made = nf.paper_table(table)
    word = nf.save_paper_table(made, tmp_path / "t.docx")
    document = docx.Document(str(word))
    document.tables[0].rows[2].cells[2].paragraphs[0].runs[0].text = "9.999 ± 0.001"
    document.save(str(word))
    book = openpyxl.load_workbook(nf.save_paper_table(made, tmp_path / "t.xlsx"))
    book["table"]["C3"] = "9.999 ± 0.001"
    book.save(tmp_path / "t.xlsx")
    for file in (word, tmp_path / "t.xlsx"):
        (found,) = nf.verify(file, table).to_dict("records")
        assert found["written"] == "9.999 ± 0.001"


def test_changed_methods_in_word_and_excel_are_found(table, tmp_path):
    docx, openpyxl = pytest.importorskip("docx"), pytest.importorskip("openpyxl")
    made = nf.paper_table(table)
    document = docx.Document(str(nf.save_paper_table(made, tmp_path / "t.docx")))
    longest = max(document.paragraphs[:-1], key=lambda paragraph: len(paragraph.text))
    longest.add_run(" not")
    document.save(str(tmp_path / "t.docx"))
    book = openpyxl.load_workbook(nf.save_paper_table(made, tmp_path / "t.xlsx"))
    book["methods"]["A1"] = f"{book['methods']['A1'].value} not"
    book.save(tmp_path / "t.xlsx")
    for name in ("t.docx", "t.xlsx"):
        (found,) = nf.verify(tmp_path / name, table).to_dict("records")
        assert found["written"].endswith(" not")


def test_a_warning_of_the_table_is_not_repeated(table, tmp_path):
    table = table.reset_index(drop=True)
    table.loc[0, "value"] = 0.0
    with pytest.warns(ResultWarning, match="exactly 0"):
        made = nf.paper_table(table, metric=table.loc[0, "metric"])
    file = nf.save_paper_table(made, tmp_path / "t.md")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nf.verify(file, table).empty


@pytest.mark.parametrize("text", ["", "| a |\n| --- |\n| 1 |\n", "<!-- neuroflow: {bad -->", "x"])
def test_a_file_of_others_is_refused(table, tmp_path, text):
    file = tmp_path / "t.md"
    file.write_text(text)
    with pytest.raises(OptionError, match="does not state how"):
        nf.verify(file, table)


@pytest.mark.parametrize("made", ["report", "os.system", "paper_table"])
def test_a_recipe_that_cannot_be_followed_is_refused(tmp_path, table, made):
    file = tmp_path / "t.html"
    recipe = f'{{"made_by": "{made}", "options": {{"colour": 1}}}}'
    file.write_text(f'<script type="application/json" id="neuroflow-recipe">{recipe}</script>')
    with pytest.raises(OptionError):
        nf.verify(file, table)


def test_a_file_that_no_reader_knows_is_refused(tmp_path):
    with pytest.raises(OptionError, match="cannot be verified"):
        nf.verify(tmp_path / "t.pdf", pd.DataFrame())
