"""The cohort table as files for other programs, with a dictionary of its columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from neuroflow.errors import FolderError, MissingExtraError, OptionError, TableError
from neuroflow.escaping import for_cell, for_excel, visible, without_paths
from neuroflow.io import atomic_write
from neuroflow.matrix import resolve

DICTIONARY: dict[str, tuple[str, str, str]] = {
    "cohort_id": ("The cohort the study was sent with", "", "workspace"),
    "study_id": ("The study; the name of its result folder", "", "service"),
    "participant_id": ("The participant's label", "", "participants.tsv"),
    "session_id": ("The visit", "", "participants.tsv"),
    "group": ("The participant's group", "", "participants.tsv"),
    "site": ("The site of the scan", "", "participants.tsv"),
    "age": ("Age at the scan", "years", "participants.tsv"),
    "sex": ("Sex: M or F", "", "participants.tsv"),
    "region": ("The region's identifier", "", "neuroflow's dictionary of regions"),
    "region_name": ("The region's name", "", "neuroflow's dictionary of regions"),
    "kind": (
        "roi (region of interest), tcatt (transcallosal tract), smatt (sensorimotor area tract), "
        "tract, or unknown",
        "",
        "neuroflow's dictionary of regions",
    ),
    "system": ("The part of the brain", "", "neuroflow's dictionary of regions"),
    "hemisphere": (
        "left, right, midline, bilateral (one value for both sides), commissural, or unknown",
        "",
        "neuroflow's dictionary of regions",
    ),
    "metric": (
        "FW: free water, a fraction; FAt: fractional anisotropy after the free water was taken "
        "out, a fraction (files may write FA); MD: mean diffusivity",
        "",
        "aidp.csv",
    ),
    "value": ("The metric's mean in the region", "fraction (FW, FAt)", "aidp.csv"),
}
"""Columns of the cohort table: meaning, unit, source."""

FACTS: dict[str, tuple[str, str, str]] = {
    "in_studies": ("Whether the study belongs to the workspace", "", "workspace"),
    "in_participants": ("Whether participants.tsv has a row for it", "", "participants.tsv"),
    "source": ("The file that holds the values", "", "folder of results"),
    "layout": ("The layout of the file: long, wide or transposed", "", "recognised"),
    "delimiter": ("The character between its cells", "", "recognised"),
    "decimal": ("Its decimal mark", "", "recognised"),
    "encoding": ("Its character encoding", "", "recognised"),
    "sha256": ("Its digest", "", "computed"),
    "n_values": ("Number of numeric values in the file", "values", "aidp.csv"),
    "n_given": ("Number of values in the file", "values", "aidp.csv"),
    "labels": ("The classifications", "", "prediction.txt"),
    "product": ("The product that made the report", "", "prediction.txt"),
    "model_version": ("The version of its model", "", "prediction.txt"),
    "order_id": ("The service's order", "", "prediction.txt"),
    "report_date": ("The report's date", "", "prediction.txt"),
    "failure": ("Why the study failed; empty if it did not", "", "prediction.txt"),
    "quality": ("The verdict of a report on quality control: pass or fail", "", "report"),
    "report": ("Path of the text report", "", "folder of results"),
    "report_form": ("The form that the report was read as", "", "recognised"),
    "report_understood": ("Share of its lines that were understood", "fraction", "computed"),
    "cross_check": (
        "Whether the report's biomarkers are those of aidp.csv: agrees, differs or not compared",
        "",
        "computed",
    ),
    "cross_check_detail": (
        "Which agree; or which differ, and the likely cause",
        "",
        "computed",
    ),
    "picture": ("Path of the visual report", "", "folder of results"),
    "not_read": ("Further files of the study, perhaps of another product", "", "folder of results"),
    "warnings": ("Warnings about the study's files", "", "neuroflow"),
}
"""Columns of the facts of studies besides those of the cohort table."""

EFFECTS: dict[str, tuple[str, str, str]] = {
    "contrast": ("What is compared: the first side minus the second", "", "computed"),
    "n1": (
        "Studies of the first side; of all groups where any difference is tested",
        "",
        "computed",
    ),
    "n2": ("Studies of the second side", "", "computed"),
    "mean1": ("Mean of the first side, adjusted for covariates", "as the metric", "computed"),
    "mean2": ("Mean of the second side, adjusted for covariates", "as the metric", "computed"),
    "estimate": ("The difference of the means", "as the metric", "computed"),
    "se": ("Its standard error", "as the metric", "computed"),
    "ci_low": ("Lower end of its confidence interval", "as the metric", "computed"),
    "ci_high": ("Upper end of its confidence interval", "as the metric", "computed"),
    "statistic": ("t, F, U or H of the test", "", "computed"),
    "df": ("Degrees of freedom; of F those of the denominator", "", "computed"),
    "df_num": ("Degrees of freedom of the numerator", "", "computed"),
    "p": ("p value", "", "computed"),
    "q": ("p value corrected for multiple comparisons", "", "computed"),
    "effect_size": ("The standardised effect", "", "computed"),
    "effect_size_ci_low": ("Lower end of its confidence interval", "", "computed"),
    "effect_size_ci_high": ("Upper end of its confidence interval", "", "computed"),
    "np2": ("Partial eta squared", "", "computed"),
    "reason": ("Why the test could not be computed", "", "computed"),
}
"""Columns of comparisons of groups besides those of the cohort table."""

FINDINGS: dict[str, tuple[str, str, str]] = {
    "study": ("The study's label on this computer", "", "folders and headers"),
    "folder": ("The folder or archive of the study", "", "this computer"),
    "n_files": ("Files of the study", "files", "this computer"),
    "rule": ("The id of the rule, as overrides name it", "", "neuroflow"),
    "parameter": ("What the rule is about", "", "neuroflow"),
    "severity": ("error (blocks the study), warning or note", "", "neuroflow"),
    "measured": ("What the study has", "", "headers"),
    "accepted": ("What neuropacs accepts", "", "source"),
    "advice": ("What to do; how an overridden rule was justified", "", "neuroflow"),
    "source": ("The document that states the rule", "", "neuroflow"),
}
"""Columns of the findings of checks."""

_PREFIXES: dict[str, tuple[str, str, str]] = {
    "p_": ("Probability", "fraction", "prediction.txt"),
    "sentence_": ("What the report says of the class", "", "prediction.txt"),
    "control_mean_": ("Mean of the service's controls", "fraction", "prediction.txt"),
    "control_sd_": ("SD of the service's controls", "fraction", "prediction.txt"),
    "report_": ("Value in the report", "", "prediction.txt"),
    "aidp_": ("As it is in the file", "", "aidp.csv"),
}

_WITH_PATHS = ("report", "picture", "warnings", "failure", "reason")
EXCEL_ROWS = 1_048_575  # rows of a sheet, without the header


def data_dictionary(table: pd.DataFrame) -> pd.DataFrame:
    """Describe the columns of a table.

    Examples
    --------
    >>> data_dictionary(pd.DataFrame(columns=["age"])).iloc[0].tolist()
    ['age', 'Age at the scan', 'years', 'participants.tsv']
    """
    known = DICTIONARY | (EFFECTS if "estimate" in table else {})
    known |= FINDINGS if {"severity", "measured"} <= set(table) else {}
    describe = _described_fact if {"source", "warnings"} <= set(table) else _described
    rows = [(name, *(known.get(name) or describe(name))) for name in map(str, table)]
    return pd.DataFrame(rows, columns=["column", "meaning", "unit", "source"])


def _described(column: str) -> tuple[str, str, str]:
    """Describe a column that is not the cohort table's own: of a region, or a covariate."""
    found = resolve(column)
    if not found.known:
        return "A further column", "", "participants.tsv, or aidp.csv"
    unit = "" if found.metric == "MD" else "fraction"
    side = f", {found.hemisphere}" if found.hemisphere in ("left", "right") else ""
    metric = f": {found.metric}" if found.metric else ""
    return f"{found.region_name}{side}{metric}", unit, "aidp.csv"


def _described_fact(column: str) -> tuple[str, str, str]:
    """Describe a column of the facts of studies."""
    of_prefix = (meaning for start, meaning in _PREFIXES.items() if column.startswith(start))
    return FACTS.get(column) or next(of_prefix, None) or _described(column)


def save_cohort_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table to a file; the ending of its name decides the format.

    Parameters
    ----------
    table
        Any table; an index with a name becomes the first column. How it was computed, if its
        ``.attrs`` know, is written too: into a ``.json`` beside a CSV or TSV, into the metadata of
        a Parquet file, onto a sheet of a workbook.
    path
        ``.csv``; ``.parquet``; ``.tsv`` (as BIDS: ``n/a`` for missing values, and a ``.json`` with
        the meaning of each column beside it); ``.xlsx`` (with the meanings on a second sheet).

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
    if any(name is not None for name in table.index.names):
        table = table.reset_index()
    table = _portable(table)
    with atomic_write(path, error=FolderError, parents=True) as temporary:
        writer(table, temporary)
    if path.suffix.lower() == ".tsv" or (path.suffix.lower() == ".csv" and table.attrs):
        _write_sidecar(table, path.with_suffix(".json"))
    return path


def cells_for_text(table: pd.DataFrame) -> pd.DataFrame:
    """Clean all texts of a table for CSV or TSV, headers included: no formula, nothing invisible.

    Examples
    --------
    >>> cells_for_text(pd.DataFrame({"=1": ["@SUM(A1)", "-0.5"]})).to_dict("list")
    {"'=1": ["'@SUM(A1)", '-0.5']}
    """
    return _mapped(table, for_cell).rename(columns=lambda name: for_cell(str(name)))


def _portable(table: pd.DataFrame) -> pd.DataFrame:
    """Take the paths of this computer out of a table and of what it knows of itself."""
    portable = _mapped(table, without_paths, [name for name in _WITH_PATHS if name in table])
    portable.attrs = {name: _without_paths(value) for name, value in table.attrs.items()}
    return portable


def _without_paths(value: object) -> object:
    if isinstance(value, str):
        return without_paths(value)
    if isinstance(value, Path):
        return value.name
    if isinstance(value, (list, tuple)):
        return [_without_paths(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_paths(each) for name, each in value.items()}
    return value


def _mapped(
    table: pd.DataFrame, clean: Callable[[str], str], names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Change the texts of some columns; of all without `names`. Each text is cleaned once."""
    changed = table.copy(deep=False)
    for name in table.columns if names is None else names:
        column = table[name]
        if isinstance(column, pd.DataFrame) or pd.api.types.is_numeric_dtype(column.dtype):
            continue
        texts = [each for each in column.unique() if isinstance(each, (str, Path))]
        new = {each: cleaned for each in texts if (cleaned := clean(str(each))) != each}
        if new:
            changed[name] = column.astype(object).map(lambda each, new=new: _instead(each, new))
    return changed


def _instead(value: object, new: Mapping[object, str]) -> object:
    return new.get(value, value) if isinstance(value, (str, Path)) else value


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    cells_for_text(table).to_csv(path, index=False, lineterminator="\n")


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    plain = table.copy(deep=False)
    plain.attrs = json.loads(json.dumps(dict(table.attrs), default=str))  # times become texts
    plain.to_parquet(path, index=False)


def _write_tsv(table: pd.DataFrame, path: Path) -> None:
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
            advice='Install it with: pip install "neuroflow[excel]"',
        )
    if len(table) > EXCEL_ROWS:
        raise TableError(
            f"The table has {len(table)} rows, an Excel sheet holds {EXCEL_ROWS}.",
            advice="Write the wide table (to_wide), or a .csv or .parquet file.",
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
        _keep_texts(book)


def _keep_texts(book: pd.ExcelWriter) -> None:
    """Let no text become a formula because it begins with ``=``: it may come from anybody."""
    for sheet in book.sheets.values():
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    cell.data_type = "s"


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
    ".tsv": _write_tsv,
    ".parquet": _write_parquet,
    ".xlsx": _write_excel,
}
