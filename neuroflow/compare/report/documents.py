"""Tables of a paper as Markdown, LaTeX, HTML, Word and Excel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from neuroflow.compare.report.document import RECIPE, Document
from neuroflow.errors import FolderError, MissingExtraError, OptionError
from neuroflow.escaping import for_excel, for_html, for_latex, for_markdown, for_word
from neuroflow.io import atomic_write, finish_workbook, set_maker
from neuroflow.matrix import require

_PAGE_ROWS = 30  # of a landscape page; a table of more breaks over pages


def save_paper_table(table: pd.DataFrame, path: str | Path, *, title: str = "") -> Path:
    """Write a table for a paper.

    Parameters
    ----------
    table
        The table that `paper_table` returns, or any other; numbers are rounded to four digits.
    path
        A file ending in ``.md``, ``.tex`` (with the packages booktabs, and rotating for a wide
        table, or longtable and pdflscape for one of more than 30 rows), ``.html``, ``.docx`` or
        ``.xlsx``.
    title
        The title above the table; by default metric, regions and groups.

    Returns
    -------
    Path
        The file, written atomically. Below the table are what its cells are and, if the table has
        them, the sentences of `methods_text`. A table with more than six columns is on a landscape
        page. How `paper_table` and `table_one` were called is written too, so that
        ``neuroflow verify`` can compute the table again.

    Raises
    ------
    OptionError
        The file name has another ending.
    TableError
        `table` is not a DataFrame.
    MissingExtraError
        The extra for Word (`word`) or Excel (`excel`) is not installed.
    FolderError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"region": ["SCP"], "difference": [0.2]})
    >>> file = save_paper_table(table, Path(tempfile.mkdtemp()) / "table.md")
    >>> print(file.read_text("utf-8").rstrip())
    | region | difference |
    | --- | --- |
    | SCP | 0.2 |
    """
    require(table, ())
    file = Path(path)
    write = _WRITERS.get(file.suffix.lower())
    if write is None:
        raise OptionError(
            f"A table cannot be written as {file.name}.",
            advice=f"Use a file name that ends in {', '.join(_WRITERS)}.",
        )
    with atomic_write(file, error=FolderError, parents=True) as temporary:
        write(Document.of(table, title), temporary)
    return file


def to_markdown(document: Document) -> str:
    """Return a table as Markdown."""
    rows = [document.columns, ["---"] * len(document.columns), *document.rows]
    cells = [[" ".join(for_markdown(cell).splitlines()) for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    title = [f"**{for_markdown(document.title)}**"] if document.title else []
    recipe = [f"<!-- {RECIPE}{document.recipe_text} -->"] if document.recipe else []
    return "\n\n".join([*title, "\n".join(lines), *map(for_markdown, document.notes), *recipe])


def to_latex(document: Document) -> str:
    """Return a table as LaTeX, for the packages booktabs and rotating."""
    # This takes longtable and pdflscape instead, and breaks over pages.
    if len(document.rows) > _PAGE_ROWS:
        return _long_latex(document)
    kind = "sidewaystable" if document.is_wide else "table"
    lines = [f"% {RECIPE}{document.recipe_text}"] if document.recipe else []
    lines += [rf"\begin{{{kind}}}", r"\centering"]
    lines += [rf"\caption{{{for_latex(document.title)}}}"] if document.title else []
    lines += [r"\footnotesize"] if document.is_wide else []
    lines += [rf"\begin{{tabular}}{{{'l' * len(document.columns)}}}", r"\toprule"]
    lines += [_latex_row(document.columns), r"\midrule"]
    lines += [_latex_row(row) for row in document.rows]
    lines += [r"\bottomrule", r"\end{tabular}"]
    for note in document.notes:
        lines += ["", rf"\smallskip\footnotesize {for_latex(note)}"]
    return "\n".join([*lines, rf"\end{{{kind}}}"])


def _long_latex(document: Document) -> str:
    lines = [f"% {RECIPE}{document.recipe_text}"] if document.recipe else []
    lines += [r"\begin{landscape}"] if document.is_wide else []
    lines += [r"\footnotesize", rf"\begin{{longtable}}{{{'l' * len(document.columns)}}}"]
    lines += [rf"\caption{{{for_latex(document.title)}}} \\"] if document.title else []
    head = [r"\toprule", _latex_row(document.columns), r"\midrule"]
    lines += [*head, r"\endfirsthead", *head, r"\endhead"]
    lines += [r"\midrule", r"\endfoot", r"\bottomrule", r"\endlastfoot"]
    lines += [_latex_row(row) for row in document.rows]
    lines += [r"\end{longtable}"]
    for note in document.notes:
        lines += ["", rf"\smallskip\noindent {for_latex(note)}"]
    return "\n".join([*lines, *([r"\end{landscape}"] if document.is_wide else [])])


def to_html(document: Document) -> str:
    """Return a table as an HTML page that needs nothing else."""
    title = for_html(document.title or "Table")
    head = "".join(
        f'<th scope="col" data-key="column">{for_html(name)}</th>' for name in document.columns
    )
    rows = "\n".join(_html_row(document.columns, row) for row in document.rows)
    notes = "\n".join(f'<p data-key="text">{for_html(note)}</p>' for note in document.notes)
    recipe = document.recipe_text.replace("<", "\\u003c")
    script = f'<script type="application/json" id="neuroflow-recipe">{recipe}</script>'
    page = "@page { size: landscape; }" if document.is_wide else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{page}{_CSS}</style>
{script if document.recipe else ""}
</head>
<body>
<main>
<table>
<caption data-key="text">{title}</caption>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
{notes}
</main>
</body>
</html>"""


_CSS = """
body { font-family: serif; margin: 2em; }
table { border-collapse: collapse; border-top: 2px solid; border-bottom: 2px solid; }
caption { text-align: left; font-weight: bold; padding-bottom: .5em; }
th, td { text-align: left; padding: .15em .6em; vertical-align: top; }
thead th { border-bottom: 1px solid; }
tbody th { font-weight: normal; }
tr { break-inside: avoid; }
"""


def _html_row(columns: Sequence[str], row: Sequence[str]) -> str:
    names = [for_html(f"{row[0]} / {name}") for name in columns]
    first, *others = (for_html(cell) for cell in row)
    cells = "".join(
        f'<td data-key="{key}">{text}</td>' for key, text in zip(names[1:], others, strict=True)
    )
    return f'<tr><th scope="row" data-key="{names[0]}">{first}</th>{cells}</tr>'


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(map(for_latex, cells)) + r" \\"


def _write_text(make: Callable[[Document], str]) -> Callable[[Document, Path], None]:
    def write(document: Document, file: Path) -> None:
        file.write_text(make(document) + "\n", encoding="utf-8", newline="\n")

    return write


def _write_word(document: Document, file: Path) -> None:
    if find_spec("docx") is None:
        raise MissingExtraError(
            "Word documents need the package python-docx.",
            advice="Install it with: pip install python-docx",
        )
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    paper = docx.Document()
    set_maker(paper.core_properties)
    if document.is_wide:
        page = paper.sections[0]
        page.orientation = WD_ORIENT.LANDSCAPE
        page.page_width, page.page_height = page.page_height, page.page_width
    if document.title:
        paper.add_paragraph(for_word(document.title), style="Caption")
    rows = [document.columns, *document.rows]
    grid = paper.add_table(len(rows), len(document.columns), style="Light List")
    for line, row in zip(grid.rows, rows, strict=True):
        for cell, text in zip(line.cells, row, strict=True):
            run = cell.paragraphs[0].add_run(for_word(text))
            run.font.size = Pt(8) if document.is_wide else None
    heading = OxmlElement("w:tblHeader")  # the first row again on every page
    grid.rows[0]._tr.get_or_add_trPr().append(heading)
    for note in document.notes:
        paper.add_paragraph(for_word(note))
    if document.recipe:
        run = paper.add_paragraph().add_run(RECIPE + document.recipe_text)
        run.font.hidden = True
    with file.open("wb") as stream:
        paper.save(stream)


def _write_excel(document: Document, file: Path) -> None:
    if find_spec("openpyxl") is None:
        raise MissingExtraError(
            "Excel workbooks need the package openpyxl.",
            advice="Install it with: pip install openpyxl",
        )
    texts = pd.DataFrame(document.rows, columns=document.columns)
    with file.open("wb") as stream, pd.ExcelWriter(stream, engine="openpyxl") as book:
        fit = texts.map(for_excel).rename(columns=for_excel)
        fit.to_excel(book, sheet_name="table", index=False, freeze_panes=(1, 1))
        above_and_below = [text for text in (document.title, *document.notes) if text]
        about = pd.DataFrame({"about": list(map(for_excel, above_and_below))})
        about.to_excel(book, sheet_name="methods", index=False)
        if document.recipe:
            recipe = pd.DataFrame({"recipe": [document.recipe_text]})
            recipe.to_excel(book, sheet_name="neuroflow", index=False)
        for sheet in book.sheets.values():
            sheet.page_setup.orientation = "landscape" if document.is_wide else "portrait"
        finish_workbook(book.book)


_WRITERS: dict[str, Callable[[Document, Path], None]] = {
    ".md": _write_text(to_markdown),
    ".tex": _write_text(to_latex),
    ".docx": _write_word,
    ".xlsx": _write_excel,
    ".html": _write_text(to_html),
}
