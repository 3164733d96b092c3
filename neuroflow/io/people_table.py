"""The table of people as a grid of texts: from a text file or from Excel, with its id column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from neuroflow.errors import MissingExtraError, NeuroflowError
from neuroflow.io.text import TextTable, read_text_table, table_of_rows

EXCEL = (".xlsx", ".xlsm")
IDS = (
    "participantid", "participant", "subjectid", "subject", "subjid", "subid", "sub", "subj",
    "patientid", "patient", "ptid", "pid", "mrn", "recordid", "proband", "probandid",
    "patientennummer", "probandennummer", "sujet", "personid", "person", "id", "code", "name",
)  # fmt: skip
"""Names of the column of participants, letters only, the likeliest first."""


def read_any_table(
    path: Path, *, error: type[NeuroflowError], known: Collection[str] = ()
) -> TextTable:
    """Read a text file or the first sheet of an Excel file."""
    if path.suffix.lower() not in EXCEL:
        return read_text_table(path, error=error, known=known)
    if find_spec("openpyxl") is None:
        raise MissingExtraError(
            f"{path} cannot be read without openpyxl.",
            advice="Install it: pip install 'neuroflow[excel]'; or save the table as text.",
        )
    try:
        sheet = pd.read_excel(path, header=None, dtype=object)
    except FileNotFoundError as missing:
        raise error(f"{path} does not exist.", advice="Check the path.") from missing
    except Exception as failed:
        raise error(
            f"{path} cannot be read.",
            why=f"{type(failed).__name__}: {failed}.",
            advice="Save it again as .xlsx or as tab-separated text.",
        ) from failed
    rows = [[_text(cell) for cell in row] for row in sheet.to_numpy(dtype=object).tolist()]
    numbered = [(row, n) for n, row in enumerate(rows, start=1) if any(row)]
    return table_of_rows(
        path, [row for row, _ in numbered], [n for _, n in numbered], error=error, known=known
    )


def with_id_column(text: TextTable) -> TextTable:
    """Call the column of participants participant_id where it has another usual name."""
    if "participant_id" in text.header:
        return text
    plain = ["".join(filter(str.isalpha, name.casefold())) for name in text.header]
    found = next((plain.index(word) for word in IDS if word in plain), None)
    if found is None:
        return text
    header = ["participant_id" if j == found else name for j, name in enumerate(text.header)]
    return replace(text, header=header)


def _text(cell: object) -> str:
    """Write a cell as Excel shows it: whole numbers without a point, dates as ISO."""
    if cell is None or cell is pd.NaT or cell != cell:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat()
    return str(cell).strip()
