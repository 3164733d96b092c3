import json
import re

import pandas as pd
import pytest
from support.comparison_tables import realistic_table

from neuroflow.compare.groups import compare_groups
from neuroflow.compare.report import documents
from neuroflow.compare.report.document import RECIPE, Document, study_marks
from neuroflow.compare.report.documents import save_paper_table, to_html, to_latex, to_markdown
from neuroflow.compare.report.methods import methods_text
from neuroflow.compare.report.paper_table import paper_table
from neuroflow.errors import FolderError, MissingExtraError, OptionError
from neuroflow.results.export.dictionary import data_dictionary
from neuroflow.results.export.files import save_cohort_table


@pytest.fixture(scope="module")
def paper():
    table = realistic_table({"Control": 12, "PSP": 12})
    return paper_table(table[table["region"].isin(["pSN", "Putamen", "SCP", "MCP"])])


def test_markdown_has_every_cell_and_the_methods(paper, tmp_path):
    text = save_paper_table(paper, tmp_path / "t.md", title="Free water").read_text(
        encoding="utf-8"
    )
    lines = text.splitlines()
    assert lines[0] == "**Free water**"
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[4:8]]
    assert cells == paper.to_numpy().tolist()
    assert paper.attrs["methods"].replace("&", "&amp;") in text.replace("&", "&amp;")


def test_latex_is_escaped_and_balanced(paper, tmp_path):
    text = save_paper_table(paper, tmp_path / "t.tex", title="50 % of_all").read_text(
        encoding="utf-8"
    )
    assert r"\caption{50 \% of\_all}" in text
    assert r"Partial $\eta^2$" in text
    assert text.count(r"\\") == 5
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    assert r"\textbackslash{}" in to_latex(Document.of(pd.DataFrame({"a\\b": [1.0]})))


@pytest.mark.parametrize(("rows", "kind"), [(30, "table"), (31, "longtable"), (132, "longtable")])
@pytest.mark.parametrize("columns", [3, 12])
def test_latex_of_many_rows_breaks_over_pages(rows, kind, columns):
    names = [f"c{i}" for i in range(columns)]
    text = to_latex(
        Document.of(pd.DataFrame([[f"r{i}"] * columns for i in range(rows)], None, names))
    )
    begun = re.findall(r"\\begin\{(\w+)\}", text)
    ended = re.findall(r"\\end\{(\w+)\}", text)
    assert begun == ended[::-1]
    assert ("longtable" in begun) is (kind == "longtable")
    assert text.count(r"\endhead") == (kind == "longtable")
    assert sum(line.startswith("r") for line in text.splitlines()) == rows


def test_word_has_every_cell_title_and_methods(paper, tmp_path):
    docx = pytest.importorskip("docx")
    document = docx.Document(str(save_paper_table(paper, tmp_path / "t.docx", title="Free water")))
    (grid,) = document.tables
    cells = [[cell.text for cell in row.cells] for row in grid.rows]
    assert cells == [list(paper.columns), *paper.to_numpy().tolist()]
    texts = [paragraph.text for paragraph in document.paragraphs]
    notes = [paper.attrs["footnote"], *paper.attrs["methods"].split("\n\n")]
    assert texts[:-1] == ["Free water", *notes]
    assert document.paragraphs[-1].runs[0].font.hidden
    assert texts[-1].startswith(RECIPE)
    page = document.sections[0]
    assert page.page_width > page.page_height


def test_excel_has_every_cell_and_the_methods(paper, tmp_path):
    pytest.importorskip("openpyxl")
    file = save_paper_table(paper, tmp_path / "t.xlsx")
    sheets = pd.read_excel(file, sheet_name=None, dtype=str, keep_default_na=False)
    assert sheets["table"].to_numpy().tolist() == paper.to_numpy().tolist()
    notes = [paper.attrs["footnote"], *paper.attrs["methods"].split("\n\n")]
    assert sheets["methods"]["about"].tolist() == [paper.attrs["title"], *notes]
    assert json.loads(sheets["neuroflow"]["recipe"][0])["made_by"] == "paper_table"


def test_words_like_formulas_stay_words_in_every_document(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    table = pd.DataFrame({"Region": ["=1+1", "a|b\nc", "$x_1$ & 50 %"], "q": [0.5, None, 1e-9]})
    sheet = openpyxl.load_workbook(save_paper_table(table, tmp_path / "t.xlsx"))["table"]
    assert [cell.data_type for cell in sheet["A"]] == ["s"] * 4
    assert sheet["A2"].value == "=1+1"
    lines = save_paper_table(table, tmp_path / "t.md").read_text(encoding="utf-8").splitlines()
    assert lines[2:] == ["| =1+1 | 0.5 |", r"| a\|b c | – |", "| $x_1$ & 50 % | 1e-09 |"]
    latex = save_paper_table(table, tmp_path / "t.tex").read_text(encoding="utf-8")
    assert r"\$x\_1\$ \& 50 \% & 1e-09 \\" in latex


@pytest.fixture
def effects():
    table = realistic_table({"Control": 6, "PSP": 6})
    table.loc[table["study_id"] == "study0003", "age"] = None
    return compare_groups(table[table["region"] == "SCP"], covariates=["age"])


def test_effects_are_saved_with_their_methods(effects, tmp_path):
    text = save_paper_table(effects, tmp_path / "t.md").read_text(encoding="utf-8")
    assert text.endswith(methods_text(effects) + "\n")


def test_data_files_say_how_effects_were_computed(effects, tmp_path):
    for ending in ("csv", "tsv"):
        file = save_cohort_table(effects, tmp_path / ending / f"effects.{ending}")
        about = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        assert about["Computation"] == effects.attrs
        assert about["effect_size"]["Description"] == "The standardised effect"
    assert about["Computation"]["exclusions"][0]["study_ids"] == ["study0003"]
    parquet = save_cohort_table(effects, tmp_path / "effects.parquet")
    assert pd.read_parquet(parquet).attrs == effects.attrs
    pytest.importorskip("openpyxl")
    sheets = pd.read_excel(
        save_cohort_table(effects, tmp_path / "e.xlsx"), sheet_name="computation"
    )
    assert dict(sheets.to_numpy())["model"] == "value ~ group + age"


def test_every_column_of_effects_is_described(effects):
    described = data_dictionary(effects)
    assert not described["meaning"].eq("A further column").any()


def test_a_missing_extra_is_named(paper, tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install python-docx"):
        save_paper_table(paper, tmp_path / "t.docx")
    with pytest.raises(MissingExtraError, match=r"pip install openpyxl"):
        save_paper_table(paper, tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_said(paper, tmp_path):
    with pytest.raises(OptionError, match=r"\.md, \.tex, \.docx, \.xlsx, \.html"):
        save_paper_table(paper, tmp_path / "t.pdf")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FolderError, match=r"t\.md cannot be written"):
        save_paper_table(paper, tmp_path / "file" / "t.md")


def test_names_with_line_breaks_stay_in_their_row(tmp_path):
    frame = pd.DataFrame({"PSP\nRichardson": ["0.3\n0.4"]})
    text = save_paper_table(frame, tmp_path / "t.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows == ["| PSP Richardson |", "| --- |", "| 0.3 0.4 |"]


SMALL = Document.of(pd.DataFrame({"Region": ["SCP"], "q": ["< 0.001"]}))
LATEX = r"""\begin{table}
\centering
\begin{tabular}{ll}
\toprule
Region & q \\
\midrule
SCP & $<$ 0.001 \\
\bottomrule
\end{tabular}
\end{table}"""


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (to_markdown, "| Region | q |\n| --- | --- |\n| SCP | < 0.001 |"),
        (to_latex, LATEX),
    ],
)
def test_a_table_is_written_as_markdown_and_latex(write, expected):
    assert write(SMALL) == expected


def test_a_page_has_the_cells_of_its_table():
    assert '<td data-key="SCP / q">&lt; 0.001</td>' in to_html(SMALL)


def test_the_marks_of_a_study_are_found_with_their_salt():
    marks = study_marks(pd.DataFrame({"study_id": ["a", "b", "a"]}))
    more = study_marks(pd.DataFrame({"study_id": ["c", "b", "a"]}), salt=marks[0])
    assert len(marks) == 3
    assert set(marks) <= set(more)
