"""Gather the facts of each study besides its values: source, prediction, reports, warnings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neuroflow.io import in_unicode
from neuroflow.results.cross_check import CrossCheck
from neuroflow.results.table.join import StudyRow
from neuroflow.results.table.remarks import case_warnings, count_warning, value_warnings
from neuroflow.results.table.study_reports import StudyReport
from neuroflow.results.table.values import ValueMatrix

FILE_COLUMNS = ("source", "layout", "delimiter", "decimal", "encoding", "sha256")


def facts_table(
    rows: Sequence[StudyRow],
    joined: pd.DataFrame,
    values: ValueMatrix,
    reports: Mapping[str, StudyReport],
    check: CrossCheck,
    *,
    counts: Sequence[int],
    warnings: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """Gather the facts of studies; `counts` of their numbers and `warnings` are known."""
    record = np.array([row.record for row in rows], dtype=np.int64)
    files = values.rows.reindex(record).reset_index(drop=True)
    facts = joined.reset_index(drop=True).copy()
    for name in FILE_COLUMNS:
        facts[name] = files[name]
    given = {key: len(names) for key, names in values.sets.items()}
    facts["n_values"] = list(counts)
    facts["n_given"] = [given.get(key, 0) for key in files["names"]]
    found = [reports.get(row.study_id, StudyReport()) for row in rows]
    outcomes = [check.outcomes[row.study_id] for row in rows]
    facts = pd.concat([facts, _of_reports(found), _of_files(files)], axis=1)
    facts["cross_check"] = [outcome.result for outcome in outcomes]
    facts["cross_check_detail"] = [outcome.detail for outcome in outcomes]
    facts["warnings"] = ["; ".join(warnings.get(row.study_id, ())) for row in rows]
    return facts


def warnings_by_study(
    rows: Sequence[StudyRow],
    values: ValueMatrix,
    reports: Mapping[str, StudyReport],
    check: CrossCheck,
    counts: Sequence[int],
) -> dict[str, list[str]]:
    """Gather the warnings about values and reports, of studies that have some; opens no file."""
    with_values = [n for n, row in zip(counts, rows, strict=True) if row.row >= 0]
    usual = pd.Series(with_values).mode().max() if with_values else 0
    texts, errors = values.rows["warnings"].tolist(), values.rows["error"].tolist()
    of_values = value_warnings(values)
    of_ids = case_warnings(row.study_id for row in rows)
    gathered = {}
    for row, n in zip(rows, counts, strict=True):
        parts: list[str] = []
        if row.record >= 0:
            text, error = texts[row.record], errors[row.record]
            parts = [*(json.loads(text) if text != "[]" else ()), *([error] if error else ())]
        parts += row.warnings
        parts += filter(None, [of_ids.get(row.study_id)])
        if row.row >= 0:
            parts += of_values.get(row.row, [])
            parts += filter(None, [count_warning(n, int(usual), len(with_values))])
        report = reports.get(row.study_id)
        if report is not None:
            parts += report.warnings
            if row.record < 0 and report.not_read and not report.report.failure:
                what = "results of a product that is not read"
                parts.append(f"{what}: {', '.join(report.not_read)}")
        if check.outcomes[row.study_id].is_accused:
            parts.append(check.outcomes[row.study_id].detail)
        if parts:
            gathered[row.study_id] = parts
    return gathered


def count_numbers(rows: Sequence[StudyRow], values: ValueMatrix) -> list[int]:
    """Count the numbers of each study."""
    counts = np.isfinite(values.matrix).sum(axis=1).tolist()
    return [counts[row.row] if row.row >= 0 else 0 for row in rows]


def _of_reports(found: Sequence[StudyReport]) -> pd.DataFrame:
    """Spread the contents of the reports into columns."""
    return pd.DataFrame([_of_report(study) for study in found])


def _of_report(study: StudyReport) -> dict[str, object]:
    report = study.report
    row: dict[str, object] = {
        "labels": "; ".join(f"{name}: {text}" for name, text in report.labels.items()),
        "product": report.product,
        "model_version": report.model_version,
        "order_id": report.order_id,
        "report_date": report.date,
        "failure": report.failure,
        "quality": study.quality,
        "report": in_unicode(study.path),
        "report_form": report.grammar,
        "report_understood": report.share if report.n_lines else np.nan,
        "picture": in_unicode(study.picture),
        "not_read": ", ".join(study.not_read),
    }
    row |= {f"p_{name}": share for name, share in report.classes.items()}
    classes = {name.casefold() for name in report.classes}
    row |= {
        f"p_{name}": share
        for name, share in report.probabilities.items()
        if name.casefold() not in classes
    }
    row |= {f"sentence_{name}": text for name, text in report.sentences.items()}
    for region, biomarker in report.biomarkers.items():
        row[f"report_{region}"] = biomarker.value
        if biomarker.mean is not None:
            row[f"control_mean_{region}"] = biomarker.mean
        if biomarker.sd is not None:
            row[f"control_sd_{region}"] = biomarker.sd
    return row


def _of_files(files: pd.DataFrame) -> pd.DataFrame:
    """Spread the facts of the files into columns, as written."""
    texts = files["facts"].fillna("{}").tolist()
    if all(text == "{}" for text in texts):
        return pd.DataFrame(index=files.index)
    return pd.DataFrame([json.loads(text) for text in texts]).add_prefix("aidp_")
