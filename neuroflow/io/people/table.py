"""The table of people as a grid of texts: from a text file or from Excel, with its id column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from unicodedata import normalize

import pandas as pd

from neuroflow.errors import MissingExtraError, NeuroflowError, OptionError, ParticipantsError
from neuroflow.io.file_kinds import EXCEL_KIND, advice_for, kind_of_file
from neuroflow.io.limits import MAX_TABLE_BYTES
from neuroflow.io.text import TextTable, read_text_table, table_of_rows

EXCEL = (".xlsx", ".xlsm")
IDS = (
    "participantid", "participant", "subjectid", "subject", "subjid", "subid", "sub", "subj",
    "patientid", "patient", "ptid", "pid", "mrn", "recordid", "proband", "probandid",
    "patientennummer", "probandennummer", "sujet", "personid", "person", "id", "code", "name",
)  # fmt: skip
"""Names of the column of participants, letters only, the likeliest first."""


KNOWN = ("participant_id", "session_id", "group", "site", "age", "sex")
"""The columns that are read; all others are kept as they are."""
_USUAL = {
    "participant_id": (
        *IDS, "teilnehmer", "teilnehmerid", "teilnehmernummer", "patientenid", "patientennr",
        "probandennr", "versuchsperson", "pseudonym", "identifiant", "participante",
        "idparticipante", "paciente", "idpaciente", "sujeto", "identificador",
    ),
    "session_id": (
        "sessionid", "session", "ses", "visit", "visitid", "timepoint", "visite", "besuch",
        "sitzung", "zeitpunkt", "messzeitpunkt", "séance", "seance", "visita", "sesión", "sesion",
    ),
    "group": (
        "group", "diagnosis", "dx", "diagnose", "gruppe", "arm", "groupe", "diagnostic", "grupo",
        "diagnóstico", "diagnostico", "cohort", "kohorte", "cohorte",
    ),
    "site": (
        "site", "center", "centre", "zentrum", "standort", "centro", "hospital", "hôpital",
        "hopital", "scanner",
    ),
    "age": (
        "age", "ageyears", "ageatscan", "ageatvisit", "alter", "alterjahre", "alterinjahren",
        "âge", "âgeans", "ageans", "edad", "edadaños", "edadanos",
    ),
    "sex": ("sex", "gender", "geschlecht", "sexe", "genre", "sexo", "género", "genero"),
}  # fmt: skip
"""How other tables call the columns that are read, letters only, in English, German, French and
Spanish. They are proposed where a choice is made; only `IDS` are read without one."""


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """What a file of participants offers to choose from."""

    sheets: tuple[str, ...] = ()  # Of an Excel file
    headings: tuple[str, ...] = ()  # The names of its columns
    columns: Mapping[str, str] = field(default_factory=dict)  # What is likely read from which
    problem: NeuroflowError | None = None  # Why it is no table

    @property
    def needs_choice(self) -> bool:
        """Whether it has several sheets, or columns that are called as BIDS calls none."""
        others = {name: each for name, each in self.columns.items() if name != "participant_id"}
        is_renamed = any(name != heading for name, heading in others.items())
        is_unknown = len(self.headings) > 1 and not others
        is_nobody = bool(self.headings) and id_heading(self.headings) is None
        return len(self.sheets) > 1 or is_renamed or is_unknown or is_nobody


def look_at_people(path: Path, sheet: str | None = None) -> PeopleFile:
    """Return the sheets and headings of a file of participants."""
    sheets: tuple[str, ...] = ()
    if path.suffix.lower() in EXCEL:
        with suppress(Exception), pd.ExcelFile(path) as book:
            sheets = tuple(map(str, book.sheet_names))  # no workbook is reported when it is read
    try:
        text = read_any_table(path, error=ParticipantsError, known=KNOWN, sheet=sheet)
        refuse_one_column(text)
    except ParticipantsError as error:
        return PeopleFile(sheets, problem=error)  # another sheet may be a table
    return PeopleFile(sheets, tuple(text.header), likely_columns(text.header))


def likely_columns(header: Collection[str]) -> dict[str, str]:
    """Return which columns are likely meant: those of BIDS, else of other usual names."""
    found = {name: name for name in KNOWN if name in header}
    for name, words in _USUAL.items():
        likely = _usual_name([each for each in header if each not in found.values()], words)
        if name not in found and likely is not None:
            found[name] = likely
    return found


def _usual_name(header: Sequence[str], words: Sequence[str]) -> str | None:
    """Return the heading that is one of some words, letters only; the likeliest word first."""
    written = {normalize("NFC", name).casefold(): name for name in reversed(header)}
    letters = {"".join(filter(str.isalpha, name)): heading for name, heading in written.items()}
    return next((letters[word] for word in words if word in letters), None)


def read_any_table(
    path: Path,
    *,
    error: type[NeuroflowError],
    known: Collection[str] = (),
    sheet: str | None = None,
) -> TextTable:
    """Read a text file or a sheet of an Excel file, by default the first."""
    if path.suffix.lower() not in EXCEL:
        if sheet is not None:
            raise OptionError(f"{path} has no sheets.", why="It is no Excel file.", about="sheet")
        return read_text_table(path, error=error, known=known)
    if find_spec("openpyxl") is None:
        raise MissingExtraError(
            f"{path} cannot be read without openpyxl.",
            advice="Install it: pip install openpyxl; or save the table as text.",
        )
    try:
        with pd.ExcelFile(path) as book:
            names = [str(name) for name in book.sheet_names]
            is_there = sheet is None or sheet in names
            cells = (
                pd.read_excel(book, sheet_name=sheet or 0, header=None, dtype=object)
                if is_there
                else None
            )
    except FileNotFoundError as missing:
        raise error(f"{path} does not exist.", advice="Check the path.") from missing
    except Exception as failed:
        raise _no_workbook(path, error, failed) from failed
    if cells is None:
        raise OptionError(
            f"{path} has no sheet {sheet!r}.",
            advice=f"Its sheets are {', '.join(names)}.",
            about="sheet",
        )
    rows = [[_text(cell) for cell in row] for row in cells.to_numpy(dtype=object).tolist()]
    numbered = [(row, n) for n, row in enumerate(rows, start=1) if any(row)]
    return table_of_rows(
        path, [row for row, _ in numbered], [n for _, n in numbered], error=error, known=known
    )


def _no_workbook(path: Path, error: type[NeuroflowError], failed: Exception) -> NeuroflowError:
    """Make the error of a file that is called .xlsx and cannot be read: it names what it is."""
    with suppress(OSError), path.open("rb") as file:
        data = file.read(MAX_TABLE_BYTES)
        if not data:
            return error(f"{path} is empty.", advice="The file needs a header and data rows.")
        kind = kind_of_file(data)
        if not kind and b"\0" not in data:
            advice = "Rename it, so that its name ends with .csv."
            return error(f"{path} is no Excel file.", why="It is text.", advice=advice)
        if kind not in ("", EXCEL_KIND):
            advice = advice_for(kind)
            return error(f"{path} is no Excel file.", why=f"It is {kind}.", advice=advice)
    return error(
        f"{path} cannot be read.",
        why=f"{type(failed).__name__}: {failed}.",
        advice="Save it again as .xlsx or as tab-separated text.",
    )


def refuse_one_column(text: TextTable) -> None:
    """Refuse a table of one column that does not name participants: nothing separates its cells."""
    if len(text.header) == 1 and id_heading(text.header) is None:
        raise ParticipantsError(
            f"{text.path} has one column only, and it is not participant_id.",
            why=f"Its heading is {text.header[0]!r}.",
            advice="Separate the columns by tabs, semicolons or commas, or save the table as "
            ".xlsx; it needs a column with the participants.",
        )


def with_chosen_columns(text: TextTable, columns: Mapping[str, str]) -> TextTable:
    """Call columns as they are read; one that has such a name already becomes ``other_...``."""
    if unknown := [name for name in columns if name not in KNOWN]:
        raise OptionError(
            f"No column is read as {unknown[0]!r}.",
            advice=f"Choose columns for {', '.join(KNOWN)}.",
            about="columns",
        )
    folded = {name.casefold(): name for name in text.header}
    new: dict[str, str] = {}
    for name, heading in columns.items():
        found = folded.get(str(heading).strip().casefold())
        if found is None or found in new:
            why = "is chosen twice" if found in new else "is not in the file"
            raise ParticipantsError(
                f"The column {heading!r} {why}.",
                why=f"The columns of {text.path} are {', '.join(text.header)}.",
                advice="Choose another one.",
                about="columns",
            )
        new[found] = name
    taken = {*new.values()}
    header = [new.get(n) or (f"other_{n}" if n in taken else n) for n in text.header]
    return replace(text, header=header)


def with_id_column(text: TextTable) -> TextTable:
    """Call the column of participants participant_id where it has another usual name."""
    found = id_heading(text.header)
    if found is None:
        return text
    header = [*text.header]
    header[header.index(found)] = "participant_id"
    return replace(text, header=header)


def id_heading(header: Sequence[str]) -> str | None:
    """Return the heading of the column of participants that is read without a choice."""
    return "participant_id" if "participant_id" in header else _usual_name(header, IDS)


def _text(cell: object) -> str:
    """Write a cell as Excel shows it: whole numbers without a point, dates as ISO."""
    if cell is None or cell is pd.NaT or cell != cell:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat()
    return str(cell).strip()
