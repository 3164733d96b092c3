"""The reports of each study: read, and the one chosen whose facts count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from neuroflow.errors import ResultError
from neuroflow.results.reports import Report, read_report
from neuroflow.results.search import ReportFiles

MAX_DIFFERENCE = 0.01
"""Between two reports of one study: older forms print whole percent."""
_NAMED = 3  # lines in a warning


@dataclass(slots=True)
class StudyReport:
    """The contents of one study's reports."""

    report: Report = field(default_factory=Report)
    path: str = ""  # Of the report whose facts count; of the first text where none can be read
    picture: str = ""
    quality: str = ""  # The verdict of any of its reports
    not_read: Sequence[str] = ()  # Names of its further files, perhaps of another product
    warnings: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """True for a text that is a report and has neither class nor biomarker nor failure."""
        return self.report.n_lines > 0 and not self.report.is_understood


ReadReport = Callable[[str], Report]
"""Reads one report, or takes it from a cache."""


def read_reports(
    files: dict[str, ReportFiles],
    read: ReadReport = read_report,
    # where a file lies, for users
    name: Callable[[str], str] = str,
) -> dict[str, StudyReport]:
    """Read the reports of studies; what cannot be read is a warning of the study."""
    has_loose = any(each.is_loose for each in files.values())
    # `files` is used up, so that the paths of thousands do not stay beside what was read.
    take = files.__getitem__ if has_loose else files.pop
    found = {study: _read(take(study), read) for study in list(files)}
    if has_loose:
        # Files that only an order names belong to the study whose report names the same order.
        _join_loose(found, files, read)
    for each in found.values():
        each.path, each.picture = name(each.path), name(each.picture)
    return found


def _join_loose(
    found: dict[str, StudyReport], files: Mapping[str, ReportFiles], read: ReadReport
) -> None:
    """Read the files of an order with those of the study whose report names it."""
    orders = {
        each.report.order_id: study
        for study, each in found.items()
        if each.report.order_id and not files[study].is_loose
    }
    for order in [order for order, each in files.items() if each.is_loose and order in orders]:
        study = orders[order]
        found[study] = _read(_joined(files[study], files[order]), read)
        del found[order]


def _joined(one: ReportFiles, other: ReportFiles) -> ReportFiles:
    return ReportFiles(
        one.study_id,
        [*one.texts, *other.texts],
        [*one.pictures, *other.pictures],
        [*one.others, *other.others],
    )


def _read(files: ReportFiles, read: ReadReport) -> StudyReport:
    found: list[tuple[str, Report]] = []
    study = StudyReport(
        path=files.texts[0] if files.texts else "",
        picture=files.pictures[0] if files.pictures else "",
        not_read=tuple(files.others),
    )
    for path in files.texts:
        try:
            found.append((path, read(path)))
        except ResultError as error:
            study.warnings += (str(error),)
    if not found:
        return study
    study.path, study.report = min(found, key=_rank) if len(found) > 1 else found[0]
    study.quality = next((report.quality for _, report in found if report.quality), "")
    study.warnings += study.report.warnings
    if len(found) > 1:
        study.warnings += tuple(_contradictions(study, found))
    if study.is_silent:
        what = f"{Path(study.path).name}: neither a class nor a biomarker was found"
        study.warnings += (what,)
    elif study.report.n_unknown:
        lines = ", ".join(repr(line) for line in study.report.unknown[:_NAMED])
        study.warnings += (
            f"{Path(study.path).name}: {study.report.n_unknown} lines were not understood: {lines}",
        )
    return study


def _rank(pair: tuple[str, Report]) -> tuple[bool, bool]:
    return not pair[1].is_prediction, not pair[1].is_understood


def _contradictions(study: StudyReport, found: Sequence[tuple[str, Report]]) -> Iterable[str]:
    """Name the other reports of the study with other contents."""
    for path, report in found:
        names = report.classes.keys() & study.report.classes.keys()
        differ = sorted(
            name
            for name in names
            if abs(report.classes[name] - study.report.classes[name]) > MAX_DIFFERENCE
        )
        is_other = bool(
            report.order_id and study.report.order_id and report.order_id != study.report.order_id
        )
        if differ or is_other:
            what = ", ".join([*differ, *(["order"] if is_other else [])])
            yield f"{Path(study.path).name} and {Path(path).name} differ ({what})"
