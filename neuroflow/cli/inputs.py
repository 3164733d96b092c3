"""Where a command takes its scans and its cohort table from, and its workspace."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuroflow.cli.passphrase import ask_in_terminal
from neuroflow.errors import FolderError, OptionError, ResultError, WorkspaceError
from neuroflow.models import STUDY_KEYS
from neuroflow.workspace import CONFIG_NAME, LEDGER_NAME, WITNESS_NAME

if TYPE_CHECKING:
    import pandas as pd

    from neuroflow.models import OnEvent, Study
    from neuroflow.results import Schema
    from neuroflow.workspace import Workspace

_ENDINGS_OF_TEXT = (".csv", ".tsv")
_ENDINGS = (*_ENDINGS_OF_TEXT, ".parquet", ".xlsx")
_TEXTS = (*STUDY_KEYS, "group", "site", "region")
"""Columns that stay text though they may look like numbers: session 01 is not 1."""


def read_people(
    participants: Path | None, sheet: str | None, columns: Sequence[str] | None
) -> pd.DataFrame | None:
    """Read the participants table of a command; a bad one is reported before a long search."""
    import neuroflow as nf

    if participants is None:
        if sheet or columns:
            raise typer.BadParameter("needs --participants", param_hint="--sheet, --column")
        return None
    pairs = [word.partition("=") for word in columns or ()]
    if bad := [name for name, sign, heading in pairs if not (sign and heading)]:
        raise typer.BadParameter(f"{bad[0]}: write NAME=COLUMN", param_hint="--column")
    chosen = {name.strip(): heading for name, _, heading in pairs}
    return nf.read_participants(participants, columns=chosen, sheet=sheet)


def people_to_copy(
    participants: Path | None, sheet: str | None, columns: Sequence[str] | None
) -> Path | pd.DataFrame | None:
    """Return what a cohort is made with: the file as it is, or what was chosen of it."""
    table = read_people(participants, sheet, columns)
    return table if sheet or columns else participants


def find_scans(folder: Path | None, on_event: OnEvent) -> list[Study] | None:
    """Find the scans for a cohort."""
    import neuroflow as nf

    return None if folder is None else nf.find_studies(folder, on_event=on_event)


def cohort_table(
    source: Path,
    participants: Path | None = None,
    schema: Schema | None = None,
    *,
    all_studies: bool = False,
) -> pd.DataFrame:
    """Read the cohort table of a workspace, of a folder of results, or of a file."""
    import neuroflow as nf

    if is_workspace(source):
        _refuse(participants, "a workspace has its own participants")
        with nf.Workspace(source) as ws:
            return ws.table(schema=schema, all_studies=all_studies)
    if _is_file(source) and (table := _read_file(source)) is not None:
        _refuse(participants, "a cohort table contains its participants")
        _refuse(schema, "a cohort table needs no schema", "--schema")
        return table
    return nf.read_results(source, participants=participants, schema=schema)


def study_facts(
    source: Path,
    participants: Path | None = None,
    schema: Schema | None = None,
    *,
    all_studies: bool = False,
) -> pd.DataFrame | None:
    """Read what is known of every study; None where the source is a table in a file."""
    import neuroflow as nf

    if is_workspace(source):
        with nf.Workspace(source) as ws:
            return ws.study_facts(schema=schema, all_studies=all_studies)
    if _is_file(source):
        return None
    return nf.study_facts(source, participants=participants, schema=schema)


def with_facts(
    source: Path, participants: Path | None, columns: Sequence[str] | None
) -> pd.DataFrame:
    """Read the cohort table, with what the reports say where a column is not in the table."""
    table = cohort_table(source, participants)
    if not columns or set(columns) <= set(table) or _is_file(source):
        return table
    facts = study_facts(source, participants)
    if facts is None:
        return table
    new = [name for name in columns if name in facts and name not in table]
    return table.merge(facts[["study_id", *new]], on="study_id", how="left")


def read_effects(path: Path) -> pd.DataFrame:
    """Read effects that were saved with ``compare --to``."""
    return _read_saved(path, "effects", "compare")


def read_repeatability(path: Path | None) -> pd.DataFrame | None:
    """Read what was saved with ``repeatability --to``; None where no file is named."""
    return None if path is None else _read_saved(path, "repeatability", "repeatability")


def _read_saved(path: Path, contents: str, command: str) -> pd.DataFrame:
    """Read a table that a command of neuroflow wrote."""
    try:
        return _read_by_ending(path)
    except (OSError, ValueError, ImportError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise FolderError(
            f"{path} cannot be read as a table of {contents}.",
            why=f"{reason or str(error).splitlines()[0].rstrip('.')}.",
            advice=f"Pass a .csv, .tsv, .parquet or .xlsx that neuroflow {command} --to wrote.",
        ) from error


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113  pathlib raises below an unreadable folder


def is_workspace(folder: Path) -> bool:
    """Return whether a folder is a workspace: it has a ledger, or settings."""
    home = os.path.expanduser(folder)  # noqa: PTH111  pathlib raises for ~nobody ...
    names = (LEDGER_NAME, CONFIG_NAME, WITNESS_NAME)
    return any(os.path.exists(f"{home}/{name}") for name in names)  # noqa: PTH110  ... and here


def open_workspace(folder: Path, *, may_create: bool = False) -> Workspace:
    """Open an existing workspace: a misspelt path must not make an empty one."""
    import neuroflow as nf

    is_there = is_workspace(folder) or os.path.isfile(folder)  # noqa: PTH113  as above
    if not is_there and not may_create:
        raise missing_workspace(folder)
    ws = nf.Workspace(folder)
    ask_in_terminal(ws)
    return ws


def missing_workspace(folder: Path) -> WorkspaceError:
    """Return the error of a path that is no workspace."""
    return WorkspaceError(
        f"There is no workspace in {folder}.",
        advice="Check the path; `neuroflow connect` makes a workspace.",
    )


def read_schema(path: Path | None) -> Schema | None:
    """Read the schema of result files from a TOML file."""
    if path is None:
        return None
    import tomllib

    from neuroflow.results import Schema

    try:
        return Schema(**tomllib.loads(path.expanduser().read_text(encoding="utf-8")))
    except OSError as error:
        raise FolderError(f"{path} cannot be read.", why=f"{error.strerror}.") from error
    except (TypeError, ValueError) as error:  # TOML's own errors and UTF-8's are ValueErrors
        raise OptionError(
            f"{path} is not a schema.",
            why=f"{error}.",
            advice=f"Its keys are {', '.join(Schema.__slots__)}, written as TOML.",
        ) from error


def _refuse(given: object, reason: str, option: str = "--participants") -> None:
    if given is not None:
        raise typer.BadParameter(reason, param_hint=option)


def _read_file(path: Path) -> pd.DataFrame | None:
    """Read a cohort table from a file; None where the file is something else, as an aidp.csv."""
    if path.suffix.lower() not in _ENDINGS:
        return None
    try:
        if path.suffix.lower() in _ENDINGS_OF_TEXT:
            head = _read_by_ending(path, nrows=0, encoding_errors="replace")
            if not _is_cohort_table(head):
                return None
        table = _read_by_ending(path, dtype=dict.fromkeys(_TEXTS, "str"))
    except ImportError as error:
        raise _missing_excel() from error
    except OSError as error:
        raise FolderError(f"{path} cannot be read.", why=f"{error.strerror or error}.") from error
    except ValueError as error:
        raise ResultError(
            f"{path} is not a table.",
            why=f"{str(error).splitlines()[0]}.",
            advice="Write it again: neuroflow export, or neuroflow table --to.",
        ) from error
    return table if _is_cohort_table(table) else None


def _read_by_ending(path: Path, **options: Any) -> pd.DataFrame:
    """Read a table by its file's ending; the options are those of text and Excel."""
    import pandas as pd

    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise ValueError(f"{ending or 'no ending'} is not the ending of a table")
    table: pd.DataFrame
    if ending == ".parquet":
        table = pd.read_parquet(path)
    elif ending == ".xlsx":
        table = pd.read_excel(path, **options)
    else:
        if tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1):
            # These do not always read the last digit of a number as it was written.
            options["float_precision"] = "round_trip"
        table = pd.read_csv(path, sep="," if ending == ".csv" else "\t", **options)
    return table


def _is_cohort_table(table: pd.DataFrame) -> bool:
    return {"study_id", "region", "metric", "value"} <= set(table)


def _missing_excel() -> Exception:
    from neuroflow.errors import MissingExtraError

    return MissingExtraError(
        "Reading Excel files needs openpyxl.",
        advice="Install it with: pip install openpyxl",
    )
