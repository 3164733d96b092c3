"""Checks of the results of the pilot study."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from neuroflow.errors import ResultError
from neuroflow.models import RESULT_FILES
from neuroflow.results import AGREES, DIFFERS, load_results
from neuroflow.workspace.pilot.result import FAILED, PASSED, UNKNOWN

Row = tuple[str, str, str]


def check_results(folder: Path) -> pd.DataFrame:
    """Check one result folder: its files, its values, and whether report and values agree."""
    rows = [_files(folder)]
    try:
        results = load_results(folder)
        table, facts = results.table, results.studies
    except ResultError as error:
        rows.append(("values", FAILED, error.what.rstrip(".")))
    else:
        rows += [_values(table), *_warnings(facts), _biomarkers(facts)]
    return pd.DataFrame(rows, columns=["check", "result", "detail"])


def _files(folder: Path) -> Row:
    sizes = {path.name: path.stat().st_size for path in folder.glob("*")}
    missing = [name for name in RESULT_FILES if not sizes.get(name)]
    if missing:
        return "files", FAILED, f"{', '.join(missing)} missing or empty"
    return "files", PASSED, ", ".join(RESULT_FILES)


def _values(table: pd.DataFrame) -> Row:
    count = int(table["value"].notna().sum())
    if not count:
        return "values", FAILED, "aidp.csv holds no values"
    metrics = ", ".join(dict.fromkeys(table["metric"].astype(str)))
    return "values", PASSED, f"{count} values of {table['region'].nunique()} regions ({metrics})"


def _warnings(facts: pd.DataFrame) -> Iterator[Row]:
    for text in facts.get("warnings", ()):
        if text:
            yield "warnings", UNKNOWN, str(text)


def _biomarkers(facts: pd.DataFrame) -> Row:
    """Return whether the values that the report prints are those of the table."""
    result, detail = facts.loc[0, ["cross_check", "cross_check_detail"]]
    if result == DIFFERS:
        return "biomarkers", FAILED, str(detail)
    if result != AGREES:
        return "biomarkers", UNKNOWN, "the report holds no value that can be compared"
    return "biomarkers", PASSED, f"{detail} agree with the report"
