"""Tables of a paper as Markdown, LaTeX, Word and Excel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from neuroflow.compare.report.methods import methods_text
from neuroflow.errors import FolderError, MissingExtraError, OptionError
from neuroflow.escaping import for_excel, for_latex, for_markdown, for_word
from neuroflow.io import atomic_write
from neuroflow.matrix import require


def save_paper_table(table: pd.DataFrame, path: str | Path, *, title: str = "") -> Path:
    """Write a table for a paper.

    Parameters
    ----------
    table
        The table that `paper_table` returns, or any other; numbers are rounded to four digits.
    path
        A file ending in ``.md``, ``.tex`` (with the package booktabs), ``.docx`` or ``.xlsx``.
    title
        The title above the table.

    Returns
    -------
    Path
        The file, written atomically. The sentences of `methods_text`, if the table has them, are
        below the table.

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
    facts = {str(name): value for name, value in table.attrs.items()}
    note = facts.get("methods") or (methods_text(facts) if "method" in facts else "")
    with atomic_write(file, error=FolderError, parents=True) as temporary:
        write(_texts(table), temporary, title, note)
    return file


def to_markdown(table: pd.DataFrame, *, title: str = "", note: str = "") -> str:
    """Return a table as Markdown.

    Examples
    --------
    >>> print(to_markdown(pd.DataFrame({"Region": ["SCP"], "q": ["< 0.001"]})))
    | Region | q |
    | --- | --- |
    | SCP | < 0.001 |
    """
    rows = [list(map(str, table.columns)), ["---"] * table.shape[1], *_rows(table)]
    lines = ["| " + " | ".join(map(for_markdown, row)) + " |" for row in rows]
    parts = (for_markdown(title), "\n".join(lines), for_markdown(note))
    return "\n\n".join(part for part in parts if part)


def to_latex(table: pd.DataFrame, *, title: str = "", note: str = "") -> str:
    r"""Return a table as LaTeX, for the package booktabs.

    Examples
    --------
    >>> print(to_latex(pd.DataFrame({"Region": ["SCP"], "q": ["< 0.001"]})))
    \begin{table}
    \centering
    \begin{tabular}{ll}
    \toprule
    Region & q \\
    \midrule
    SCP & $<$ 0.001 \\
    \bottomrule
    \end{tabular}
    \end{table}
    """
    lines = [r"\begin{table}", r"\centering"]
    lines += [rf"\caption{{{for_latex(title)}}}"] if title else []
    lines += [rf"\begin{{tabular}}{{{'l' * table.shape[1]}}}", r"\toprule"]
    lines += [_latex_row(list(map(str, table.columns))), r"\midrule"]
    lines += [_latex_row(row) for row in _rows(table)]
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += ["", rf"\smallskip\footnotesize {for_latex(note)}"] if note else []
    return "\n".join([*lines, r"\end{table}"])


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(_rows(table), columns=[str(name) for name in table.columns])


def _rows(table: pd.DataFrame) -> list[list[str]]:
    return [[_cell(value) for value in row] for row in table.itertuples(index=False)]


def _cell(value: object) -> str:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124  (NaN)
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else " ".join(str(value).split())


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(map(for_latex, cells)) + r" \\"


def _write_markdown(table: pd.DataFrame, file: Path, title: str, note: str) -> None:
    heading = f"**{for_markdown(title)}**\n\n" if title else ""
    text = heading + to_markdown(table, note=note)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_latex(table: pd.DataFrame, file: Path, title: str, note: str) -> None:
    text = to_latex(table, title=title, note=note)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_word(table: pd.DataFrame, file: Path, title: str, note: str) -> None:
    if find_spec("docx") is None:
        raise MissingExtraError(
            "Word documents need the package python-docx.",
            advice='Install it with: pip install "neuroflow[word]"',
        )
    import docx

    document = docx.Document()
    if title:
        document.add_paragraph(for_word(title), style="Caption")
    rows = [list(table.columns), *table.to_numpy().tolist()]
    grid = document.add_table(len(rows), table.shape[1], style="Light List")
    for line, row in zip(grid.rows, rows, strict=True):
        for cell, text in zip(line.cells, row, strict=True):
            cell.text = for_word(text)
    if note:
        document.add_paragraph(for_word(note))
    with file.open("wb") as stream:
        document.save(stream)


def _write_excel(table: pd.DataFrame, file: Path, title: str, note: str) -> None:
    if find_spec("openpyxl") is None:
        raise MissingExtraError(
            "Excel workbooks need the package openpyxl.",
            advice='Install it with: pip install "neuroflow[excel]"',
        )
    with file.open("wb") as stream, pd.ExcelWriter(stream, engine="openpyxl") as book:
        fit = table.map(for_excel).rename(columns=for_excel)
        fit.to_excel(book, sheet_name="table", index=False, freeze_panes=(1, 1))
        about = pd.DataFrame({"about": [for_excel(text) for text in (title, note) if text]})
        about.to_excel(book, sheet_name="methods", index=False)
        for sheet in book.sheets.values():
            for cell in (cell for row in sheet.iter_rows() for cell in row):
                if cell.data_type == "f":  # a text is none because it begins with "="
                    cell.data_type = "s"


_WRITERS: dict[str, Callable[[pd.DataFrame, Path, str, str], None]] = {
    ".md": _write_markdown,
    ".tex": _write_latex,
    ".docx": _write_word,
    ".xlsx": _write_excel,
}
