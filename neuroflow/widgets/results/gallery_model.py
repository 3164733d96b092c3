"""Model of the gallery: pages of thumbnails, and one report in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event as StopEvent
from typing import Protocol

import pandas as pd
from traitlets import Bunch, Dict, Int, Tuple, Unicode

from neuroflow.contract import RESULT_SUFFIX
from neuroflow.errors import NeuroflowError, ResultError
from neuroflow.models import OnEvent
from neuroflow.results import DIFFERS, folder_verdict, load_results
from neuroflow.widgets.common import FormModel
from neuroflow.widgets.results.pictures import picture, upper_part
from neuroflow.widgets.results.report_facts import Verdict, facts_of, verdict_of

PER_PAGE = 12
"""Full rows of two, three or four cards."""
LARGE = (1100, 1100)
MAX_TEXT = 20_000
"""How many characters of a report are shown."""
_RESULTS = (".csv", ".tsv", ".xlsx", ".nii", ".nii.gz")
EVERYTHING, FAILURES, WARNINGS, ASIDE = "all", "failures", "warnings", "set aside"
"""What can be listed, apart from each prediction."""


@dataclass(frozen=True, slots=True)
class Report:
    """The collected report of one study."""

    study_id: str  # Which study
    name: str  # What it is called here
    picture: Path | None  # The report's files, if there
    text: Path | None
    is_failure: bool  # There are no values: the service could not process the study


@dataclass(frozen=True, slots=True)
class _Values:
    """A summary of the values of one study."""

    check: str = ""  # Whether its report agrees with them, in a word
    detail: str = ""  # And in full
    regions: tuple[str, ...] = ()


class Decider(Protocol):
    """A workspace, as far as results are set aside in it."""

    def exclude_result(self, study: str, region: str | None = None, *, reason: str) -> None:
        """Set a result aside."""

    def include_result(self, study: str, region: str | None = None) -> None:
        """Include a result again."""

    def excluded_results(self) -> pd.DataFrame:
        """Return what is set aside."""


_Drawn = tuple[tuple[tuple[Report, str], ...], dict[str, Verdict], dict[str, str]]


class GalleryModel(FormModel):
    """The reports in a folder of results."""

    reports = Tuple()
    page = Int(0)
    thumbnails = Tuple()
    name = Unicode("")
    large = Unicode("")
    text = Unicode("")
    facts = Tuple()
    search = Unicode("")
    show = Unicode(EVERYTHING)
    verdicts = Dict()  # of each report by study_id: prediction, and whether it has a warning
    checks = Dict()  # whether the reports of the page agree with their values
    compared = Dict(None, allow_none=True)  # the same of all reports, once it was asked for
    aside = Dict()  # what is set aside, by study_id: (region or "", reason) of each decision
    regions = Tuple()  # those of the opened study
    decisions = Tuple()  # about the opened study

    def __init__(self, folder: Path, ws: Decider | None = None) -> None:
        super().__init__()
        self._ws = ws
        self._opened = ""  # which study is shown in full
        self.observe(self._on_selection, names=["search", "show", "compared"])
        self.folder = folder
        self._requested: Report | None = None
        self._drawn: tuple[Report, ...] | None = None
        self._read: dict[str, Verdict] = {}

    @property
    def pages(self) -> int:
        """Number of pages, at least one."""
        return max(1, -(-len(self.found) // PER_PAGE))

    @property
    def found(self) -> tuple[Report, ...]:
        """The reports that are searched for and of the kind to show."""
        words = self.search.casefold().split()
        return tuple(
            report
            for report in self.reports
            if all(word in report.name.casefold() for word in words) and self._is_shown(report)
        )

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """What can be shown, each with its number of reports: text and value."""
        verdicts = [self.verdicts.get(report.study_id, Verdict()) for report in self.reports]
        failures = sum(report.is_failure for report in self.reports)
        warned = sum(verdict.has_warning for verdict in verdicts)
        kinds = [(f"All ({len(self.reports)})", EVERYTHING)]
        kinds += [(f"Failures ({failures})", FAILURES)] if failures else []
        kinds += [(f"Warnings ({warned})", WARNINGS)] if warned else []
        out = sum(report.study_id in self.aside for report in self.reports)
        kinds += [(f"Set aside ({out})", ASIDE)] if out else []
        differ = "compare all" if (c := self.compared) is None else Counter(c.values())[DIFFERS]
        kinds += [(f"Differs from its values ({differ})", DIFFERS)] if self.reports else []
        predictions = Counter(verdict.prediction for verdict in verdicts if verdict.prediction)
        return kinds + [
            (f"Prediction {name} ({count})", name) for name, count in sorted(predictions.items())
        ]

    def _is_shown(self, report: Report) -> bool:
        verdict: Verdict = self.verdicts.get(report.study_id, Verdict())
        if self.show == FAILURES:
            return report.is_failure
        if self.show == WARNINGS:
            return verdict.has_warning
        if self.show == DIFFERS:
            return (self.compared or {}).get(report.study_id) == DIFFERS
        if self.show == ASIDE:
            return report.study_id in self.aside
        return self.show in {EVERYTHING, verdict.prediction}

    def reload(self, names: Mapping[str, str]) -> None:
        """Read the folder again."""
        found = [_report(path, names) for path in self.folder.glob(f"*{RESULT_SUFFIX}")]
        # As in the table, results of other projects on the account come last.
        found.sort(key=lambda report: (report.study_id not in names, report.name))
        self.reports = tuple(found)
        self._read = {}
        self.set_trait("compared", None)
        self._drawn = None  # a picture may have changed under the same name
        self._read_decisions()
        self.go_to(self.page)

    def _on_selection(self, change: Bunch) -> None:
        """Show the first page of what is found now; comparisons that are dropped find nothing."""
        if change.new is not None:
            self.go_to(0)

    def go_to(self, page: int) -> None:
        """Show another page."""
        self.page = max(0, min(page, self.pages - 1))
        self._continue()

    def open(self, report: Report) -> None:
        """Show one report in full."""
        self._requested = report
        self._continue()

    def follow(self, study_id: str) -> None:
        """Show the report of a study that was selected in another form."""
        found = next((report for report in self.reports if report.study_id == study_id), None)
        if found is not None:
            self.open(found)
        else:
            self.close()

    def close(self) -> None:
        """Return to the thumbnails."""
        self._requested, self._opened = None, ""
        self.set(name="", large="", text="", facts=(), regions=(), decisions=())

    @property
    def opened(self) -> str:
        """The study whose report is shown in full."""
        return self._opened

    @property
    def can_decide(self) -> bool:
        """True in a workspace, for a report with values; what was decided can be taken back."""
        if self._ws is None:
            return False
        failed = {report.study_id for report in self.reports if report.is_failure}
        return self._opened not in failed or bool(self.decisions)

    def exclude(self, region: str, reason: str) -> None:
        """Set the opened result aside: one region of it, or all where the region is empty."""
        if self._ws is not None:
            self._ws.exclude_result(self._opened, region or None, reason=reason)
            self._read_decisions()

    def include(self, region: str) -> None:
        """Include the opened result again: one region of it, or all of it."""
        if self._ws is not None:
            self._ws.include_result(self._opened, region or None)
            self._read_decisions()

    def _read_decisions(self) -> None:
        if self._ws is None:
            return
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for study_id, *decision in self._ws.excluded_results().itertuples(index=False):
            found[study_id] = (*found.get(study_id, ()), (decision[0], decision[1]))
        self.set(aside=found, decisions=found.get(self._opened, ()))

    def _continue(self) -> None:
        """Start the next pending task: thumbnails of the page, then the requested report."""
        here = self.found[self.page * PER_PAGE : (self.page + 1) * PER_PAGE]
        if self.busy:
            return  # called again when the task ends
        if self.show == DIFFERS and self.compared is None:
            self._compare()
        elif here != self._drawn:
            self._draw(here)
        elif self._requested is not None:
            self._open(self._requested)

    def _compare(self) -> None:
        """Compare all reports with their values; that takes a while, so it is asked for."""
        ids = [report.study_id for report in self.reports]

        def work(_on_event: OnEvent, _stop: StopEvent) -> dict[str, str]:
            return {study_id: _values(self.folder, study_id).check for study_id in ids}

        self.run(
            "Comparing reports with their values", work, lambda found: self.set(compared=found)
        )

    def _draw(self, here: tuple[Report, ...]) -> None:
        known, all_reports = self._read, self.reports

        def work(_on_event: OnEvent, _stop: StopEvent) -> _Drawn:
            verdicts = known or {r.study_id: verdict_of(_read(r.text)) for r in all_reports}
            checks = {r.study_id: _values(self.folder, r.study_id).check for r in here}
            return tuple((report, _thumbnail(report)) for report in here), verdicts, checks

        def show(drawn: _Drawn) -> None:
            self._read = drawn[1]
            self.set(thumbnails=drawn[0], verdicts=drawn[1], checks=drawn[2])
            self._continue()

        self._drawn = here
        self.run("Drawing thumbnails", work, show)

    def _open(self, report: Report) -> None:
        def work(_on_event: OnEvent, _stop: StopEvent) -> tuple[str, str, _Values]:
            large = picture(report.picture, LARGE) if report.picture else ""
            return large, _read(report.text), _values(self.folder, report.study_id)

        def show(found: tuple[str, str, _Values]) -> None:
            if self._requested is report:  # else it was closed, or another one was requested
                large, text, values = found
                self._requested, self._opened = None, report.study_id
                facts = facts_of(text)
                if values.detail:
                    facts += (("Against aidp.csv", values.detail),)
                self.set(
                    name=report.name,
                    large=large,
                    text=text,
                    facts=facts,
                    regions=values.regions,
                    decisions=self.aside.get(report.study_id, ()),
                )
            self._continue()

        self.run("Opening a report", work, show)

    def report_error(self, error: Exception, at: str = "") -> None:
        """Show an error; the report is not requested again."""
        super().report_error(error, at)
        self._requested = None
        self._continue()


def _thumbnail(report: Report) -> str:
    """Return the thumbnail; an unreadable one must not hide the others."""
    try:
        return upper_part(report.picture) if report.picture else ""
    except ResultError:
        return ""  # the card says so; opening the report shows the error


def _report(folder: Path, names: Mapping[str, str]) -> Report:
    study_id = folder.name.removesuffix(RESULT_SUFFIX)
    return Report(
        study_id=study_id,
        name=names.get(study_id, study_id),
        picture=_file(folder, "prediction.png"),
        text=_file(folder, "prediction.txt"),
        is_failure=_is_failure(folder),
    )


def _is_failure(folder: Path) -> bool:
    """Check for a folder without results of any product, and without a report that has some."""
    names = [path.name.lower() for path in folder.glob("*")]
    if any(name.endswith(_RESULTS) for name in names):
        return False
    return folder_verdict(folder) != "report"


def _values(folder: Path, study_id: str) -> _Values:
    """Summarise the values of a study."""
    place = folder / f"{study_id}{RESULT_SUFFIX}"
    try:
        results = load_results(place)
    except NeuroflowError:
        return _Values()
    outcome, regions = results.cross_check.outcomes.get(study_id), results.regions
    if outcome is None or not outcome.detail:
        return _Values(regions=regions)
    is_short = outcome.result != DIFFERS
    detail = f"{outcome.detail}: {outcome.result}" if is_short else outcome.detail
    return _Values(outcome.result, detail, regions)


def _file(folder: Path, usual: str) -> Path | None:
    """Return the usual file, or the first of its kind: failure reports have other names."""
    if (folder / usual).is_file():
        return folder / usual
    return next(iter(sorted(folder.glob(f"*{Path(usual).suffix}"))), None)


def _read(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(MAX_TEXT)
    except OSError as error:
        raise ResultError(f"{path.name} cannot be read.", why=f"{error.strerror}.") from error
