"""Gather the facts of each study besides its values: source, prediction, reports, warnings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuroflow.errors import ResultError
from neuroflow.results.prediction import Prediction, read_prediction
from neuroflow.results.table.find_files import Report
from neuroflow.results.table.join import StudyRow
from neuroflow.results.table.values import ValueMatrix

FILE_COLUMNS = ("source", "layout", "delimiter", "decimal", "encoding", "sha256")


def facts_table(
    rows: Sequence[StudyRow],
    joined: pd.DataFrame,
    values: ValueMatrix,
    reports: Mapping[str, Report],
) -> pd.DataFrame:
    """Gather the facts of studies."""
    record = np.array([row.record for row in rows], dtype=np.int64)
    files = values.rows.reindex(record).reset_index(drop=True)
    facts = joined.reset_index(drop=True).copy()
    for name in FILE_COLUMNS:
        facts[name] = files[name]
    given = {key: len(names) for key, names in values.sets.items()}
    facts["n_values"] = _counts(rows, values)
    facts["n_given"] = [given.get(key, 0) for key in files["names"]]
    found = [_predictions(reports.get(row.study_id)) for row in rows]
    facts = pd.concat([facts, _of_reports(found), _of_files(files)], axis=1)
    of_values = warnings_by_study(rows, values)
    facts["warnings"] = [
        "; ".join([*parts, *report]) for parts, (_, _, report) in zip(of_values, found, strict=True)
    ]
    return facts


def warnings_by_study(rows: Sequence[StudyRow], values: ValueMatrix) -> list[list[str]]:
    """Gather the warnings about the values of studies; no file is opened."""
    counts = _counts(rows, values)
    with_values = [n for n, row in zip(counts, rows, strict=True) if row.row >= 0]
    usual = pd.Series(with_values).mode().max() if with_values else 0
    texts, errors = values.rows["warnings"].tolist(), values.rows["error"].tolist()
    gathered = []
    for row, n in zip(rows, counts, strict=True):
        parts: list[str] = []
        if row.record >= 0:
            parts = [*json.loads(texts[row.record]), *filter(None, [errors[row.record]])]
        parts += row.warnings
        if row.row >= 0 and n != usual:
            parts.append(f"{n} numbers, most studies have {usual}")
        gathered.append(parts)
    return gathered


def _counts(rows: Sequence[StudyRow], values: ValueMatrix) -> list[int]:
    """Count the numbers of each study."""
    counts = np.isfinite(values.matrix).sum(axis=1).tolist()
    return [counts[row.row] if row.row >= 0 else 0 for row in rows]


def _predictions(report: Report | None) -> tuple[Report, Prediction, list[str]]:
    report = report or Report("")
    prediction, warnings = Prediction(), []
    for path in report.texts:
        try:
            prediction = read_prediction(Path(path))
        except ResultError as error:
            warnings.append(str(error))
        else:
            break
    return report, prediction, [*warnings, *prediction.warnings]


def _of_reports(found: Sequence[tuple[Report, Prediction, list[str]]]) -> pd.DataFrame:
    rows = []
    for report, prediction, _ in found:
        row: dict[str, object] = {
            "labels": "; ".join(f"{name}: {says}" for name, says in prediction.labels.items()),
            "product": prediction.product,
            "model_version": prediction.model_version,
            "order_id": prediction.order_id,
            "report_date": prediction.date,
            "failure": prediction.failure,
            "report": _first(report.texts),
            "picture": _first(report.pictures),
        }
        row |= {f"p_{name}": share for name, share in prediction.probabilities.items()}
        row |= {f"report_{name}": value for name, value in prediction.biomarkers.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def _first(paths: Sequence[str]) -> str:
    return paths[0] if paths else ""


def _of_files(files: pd.DataFrame) -> pd.DataFrame:
    """Spread the facts of the files into columns, as written."""
    texts = files["facts"].fillna("{}").tolist()
    if all(text == "{}" for text in texts):
        return pd.DataFrame(index=files.index)
    return pd.DataFrame([json.loads(text) for text in texts]).add_prefix("aidp_")
