"""Tables as files for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from neuroflow.errors import FolderError, MissingExtraError, OptionError, TableError, Wording
from neuroflow.escaping import for_excel, visible
from neuroflow.io import atomic_write, finish_workbook
from neuroflow.results.export.cleaned import cells_for_text, portable, warn_of_excel
from neuroflow.results.export.dictionary import data_dictionary

EXCEL_ROWS = 1_048_575  # rows of a sheet, without the header


def save_cohort_table(
    table: pd.DataFrame, path: str | Path, *, bids_labels: bool | None = None
) -> Path:
    """Write a table to a file; the ending of its name decides the format.

    Parameters
    ----------
    table
        Any table; an index with a name becomes the first column. How it was computed, if its
        ``.attrs`` know, is written too: into a ``.json`` beside a CSV or TSV, into the metadata of
        a Parquet file, onto a sheet of a workbook.
    path
        ``.csv`` (UTF-8, with a byte-order mark for Excel where letters are beyond ASCII);
        ``.parquet``; ``.tsv`` (as BIDS: ``n/a`` for missing values, and a ``.json`` with
        the meaning of each column beside it); ``.xlsx`` (with the meanings on a second sheet).
    bids_labels
        Whether participants and visits are written as ``sub-001`` and ``ses-2``, so that the file
        joins with a BIDS dataset, and no program takes 001 for the number 1. None writes them as
        participants.tsv or the scans had them; in CSV and TSV also where labels look like numbers.

    Returns
    -------
    Path
        The file, written atomically.

    Raises
    ------
    OptionError
        The file name has another ending.
    FolderError
        The file cannot be written.
    TableError
        The table is too long for Excel.
    MissingExtraError
        The ending is ``.xlsx`` and openpyxl is not installed.

    Warns
    -----
    ResultWarning
        A CSV or TSV has texts that spreadsheets take for numbers, such as 001.

    Notes
    -----
    Absolute paths of this computer are shortened to their last two parts.

    Examples
    --------
    >>> import tempfile
    >>> path = save_cohort_table(pd.DataFrame({"age": [61.0]}), Path(tempfile.mkdtemp()) / "t.tsv")
    >>> sorted(file.name for file in path.parent.iterdir())
    ['t.json', 't.tsv']
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise OptionError(
            f"A table cannot be written as {path.suffix or path.name!r}.",
            advice=f"Choose one of {', '.join(_WRITERS)}.",
        )
    as_text = path.suffix.lower() in (".csv", ".tsv")
    table = portable(table, bids_labels=bids_labels, as_text=as_text)
    if as_text:
        warn_of_excel(table, path)
    with atomic_write(path, error=FolderError, parents=True) as temporary:
        writer(table, temporary)
    if path.suffix.lower() == ".tsv" or (path.suffix.lower() == ".csv" and table.attrs):
        _write_sidecar(table, path.with_suffix(".json"))
    return path


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV; Excel reads letters beyond ASCII only after a byte-order mark."""
    cells = cells_for_text(table)
    encoding = "utf-8" if _is_ascii(cells) else "utf-8-sig"
    cells.to_csv(path, index=False, lineterminator="\n", encoding=encoding)


def _is_ascii(table: pd.DataFrame) -> bool:
    """Return whether all names and values of a table are ASCII."""
    texts = [column for _, column in table.items() if not pd.api.types.is_numeric_dtype(column)]
    values = (value for column in texts for value in column.unique())
    return all(str(value).isascii() for value in (*table.columns, *values))


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    plain = table.copy(deep=False)
    plain.attrs = json.loads(json.dumps(dict(table.attrs), default=str))  # times become texts
    plain.to_parquet(path, index=False)


def write_tsv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as BIDS has it: tabs, ``n/a`` for missing values."""
    cells = cells_for_text(table)
    cells.to_csv(path, sep="\t", index=False, na_rep="n/a", lineterminator="\n")


def _write_sidecar(table: pd.DataFrame, path: Path) -> None:
    meanings: dict[str, object] = {
        row["column"]: {"Description": row["meaning"]}
        | ({"Units": row["unit"]} if row["unit"] else {})
        | {"Source": row["source"]}
        for row in data_dictionary(table).to_dict("records")
    }
    about = {"Computation": dict(table.attrs)} if table.attrs else {}
    text = json.dumps(meanings | about, indent=2, default=str, ensure_ascii=False)
    with atomic_write(path, error=FolderError) as temporary:
        temporary.write_text(visible(text) + "\n", encoding="utf-8")


def _write_excel(table: pd.DataFrame, path: Path) -> None:
    if find_spec("openpyxl") is None:
        raise MissingExtraError(
            "Writing Excel files needs openpyxl.",
            advice="Install it with: pip install openpyxl",
        )
    if len(table) > EXCEL_ROWS:
        raise TableError(
            f"The table has {len(table)} rows, an Excel sheet holds {EXCEL_ROWS}.",
            advice=Wording(
                "Write the wide table (to_wide), or a .csv or .parquet file.",
                cli="Write the wide table (--wide METRIC), or a .csv or .parquet file.",
                form="Choose the wide table, or a .csv or .parquet file.",
            ),
        )
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        fit = _fit_for_excel(table)
        fit.to_excel(book, sheet_name="table", index=False, freeze_panes=(1, 0))
        dictionary = _fit_for_excel(data_dictionary(table))
        dictionary.to_excel(book, sheet_name="data dictionary", index=False)
        if table.attrs:
            rows = [(str(name), str(value)) for name, value in table.attrs.items()]
            about = _fit_for_excel(pd.DataFrame(rows, columns=["fact", "value"]))
            about.to_excel(book, sheet_name="computation", index=False)
        finish_workbook(book.book)


def _fit_for_excel(table: pd.DataFrame) -> pd.DataFrame:
    """Take out what a sheet cannot hold: control characters, and time zones (UTC stays)."""
    fit = table.copy(deep=False)
    for name in fit.columns:
        column = fit[name]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            fit[name] = column.dt.tz_convert("UTC").dt.tz_localize(None)
        elif not pd.api.types.is_numeric_dtype(column.dtype):
            fit[name] = column.map(_printable, na_action="ignore")
    return fit.rename(columns=lambda name: for_excel(str(name)))


def _printable(value: object) -> object:
    return for_excel(value) if isinstance(value, str) else value


_WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": _write_csv,
    ".tsv": write_tsv,
    ".parquet": _write_parquet,
    ".xlsx": _write_excel,
}
