"""Checks of the results of the pilot study."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from neuroflow.errors import ResultError
from neuroflow.models import RESULT_FILES
from neuroflow.results import read_results, study_facts
from neuroflow.workspace.pilot.result import FAILED, PASSED, UNKNOWN

METRIC = "FW"
"""The metric of the values in the text report."""
_REPORT = "report_"

Row = tuple[str, str, str]


def check_results(folder: Path) -> pd.DataFrame:
    """Check one result folder: its files, its values, and whether report and values agree."""
    rows = [_files(folder)]
    try:
        table, facts = read_results(folder), study_facts(folder)
    except ResultError as error:
        rows.append(("values", FAILED, error.what.rstrip(".")))
    else:
        rows += [_values(table), *_warnings(facts), _biomarkers(table, facts)]
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


def _biomarkers(table: pd.DataFrame, facts: pd.DataFrame) -> Row:
    """Compare the values that the report prints with the same values in the table.

    The report rounds them: half a unit of its last digit is the largest difference.
    """
    of_metric = table[(table["metric"] == METRIC) & table["value"].notna()]
    values = of_metric.groupby(of_metric["region"].astype(str), observed=True)["value"].first()
    agreed, differing = [], []
    for column in facts.columns[facts.columns.str.startswith(_REPORT)]:
        region, printed = column.removeprefix(_REPORT), facts[column].iloc[0]
        if region not in values.index or not isinstance(printed, float) or np.isnan(printed):
            continue
        digits = len(f"{float(printed)!r}".partition(".")[2])
        if abs(values[region] - printed) <= 0.5000001 * 10.0**-digits:
            agreed.append(region)
        else:
            differing.append(
                f"{region} is {printed:g} in the report and {values[region]:.4g} in aidp.csv"
            )
    if differing:
        return "biomarkers", FAILED, "; ".join(differing)
    if not agreed:
        return "biomarkers", UNKNOWN, "the report holds no value that can be compared"
    return "biomarkers", PASSED, f"{', '.join(agreed)} agree with the report"
