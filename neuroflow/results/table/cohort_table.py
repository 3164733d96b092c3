"""The cohort table: every value of every study, one row each; and what is known of each study."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow.contract import is_uuid
from neuroflow.errors import ResultError, ResultWarning
from neuroflow.events import warn_user
from neuroflow.io import BIDS_LABELS, garbage_stays, read_participants, scratch_folder
from neuroflow.results.aidp import AidpReader, Schema
from neuroflow.results.cross_check import CrossCheck, cross_check
from neuroflow.results.search import Found, GroupZips, scan
from neuroflow.results.table.join import (
    OTHER_VALUES,
    Joined,
    StudyRow,
    join_participants,
    select_rows,
)
from neuroflow.results.table.load import read_values
from neuroflow.results.table.remarks import Remark, as_notes, summarise
from neuroflow.results.table.reshape import COLUMNS, long_table, to_wide
from neuroflow.results.table.study_facts import count_numbers, facts_table, warnings_by_study
from neuroflow.results.table.study_reports import StudyReport, read_reports
from neuroflow.results.table.values import ValueMatrix

__all__ = ["COLUMNS", "Results", "load_results", "read_results", "study_facts", "to_wide"]

_NAMED = 10  # studies named in a warning
_UNMATCHED = {
    "in_studies": "studies not in the map of studies",
    "in_participants": "studies without a row in participants.tsv",
}


class Results:
    """What a folder of results holds, joined with what is known of its studies."""

    def __init__(
        self,
        values: ValueMatrix,
        found: Found,
        reports: Mapping[str, StudyReport] | None = None,
        *,
        studies: pd.DataFrame | None = None,
        participants: pd.DataFrame | None = None,
        cohort_id: str = "",
        own: Collection[str] | None = None,
    ) -> None:
        self._own = own
        self._values = values
        self._found = found
        self._reports = reports or {}
        self._has_warned = False
        self._tables = (studies, participants, cohort_id)

    @cached_property
    @garbage_stays()
    def table(self) -> pd.DataFrame:
        """The cohort table; see `read_results`."""
        rows, joined = self._matched
        with_values = [n for n, row in enumerate(rows) if row.row >= 0]
        if not with_values and (bad := self._unreadable):
            more = f" {len(bad) - 1} more could not be read either." if len(bad) > 1 else ""
            raise ResultError("No result file could be read.", why=f"{bad[0]}{more}")
        self._warn(joined)
        self._warn_of_reports()
        matrix = self._take_matrix([rows[n].row for n in with_values])
        table = long_table(matrix, self._values.names, joined, with_values)
        if joined.bids_labels:
            table.attrs[BIDS_LABELS] = True
        if self.cross_check.has_compared:
            table.attrs["cross_check"] = self.cross_check.facts
        if service := self._service([rows[n].study_id for n in with_values]):
            table.attrs["service"] = service
        if self.remarks:
            table.attrs["data_notes"] = as_notes(self.remarks)
            table.attrs["unexpected"] = {each.kind: each.n for each in self.remarks}
        return table

    @cached_property
    @garbage_stays()
    def studies(self) -> pd.DataFrame:
        """One row per study; see `study_facts`."""
        rows, joined = self._matched
        self._warn_of_reports()
        facts = facts_table(
            rows,
            joined.frame,
            self._values,
            self._reports,
            self.cross_check,
            counts=self._numbers,
            warnings=self._gathered,
        )
        if joined.bids_labels:
            facts.attrs[BIDS_LABELS] = True
        return facts

    @cached_property
    def cross_check(self) -> CrossCheck:
        """The biomarkers of each study's report against its values."""
        rows, _ = self._matched
        nothing = StudyReport()
        biomarkers = [self._reports.get(row.study_id, nothing).report.biomarkers for row in rows]
        ids, at = [row.study_id for row in rows], [row.row for row in rows]
        return cross_check(ids, biomarkers, self._values.names, self._values.matrix, at)

    @cached_property
    def warnings(self) -> dict[str, str]:
        """Warnings about the values and reports of studies, by study."""
        return {study: "; ".join(parts) for study, parts in self._gathered.items()}

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that have values, in the order of the files."""
        return tuple(dict.fromkeys(name.region for name in self._values.names))

    def _service(self, study_ids: list[str]) -> list[dict[str, object]]:
        """Count the studies of each product and model version that their reports state."""
        known = (self._reports[each].report for each in study_ids if each in self._reports)
        counts = Counter((one.product, one.model_version) for one in known if one.product)
        return [
            {"product": product, "model_version": model, "n": n}
            for (product, model), n in sorted(counts.items())
        ]

    @cached_property
    def remarks(self) -> list[Remark]:
        """What is unexpected in the values, by kind."""
        return summarise(self._gathered)

    @cached_property
    def _gathered(self) -> dict[str, list[str]]:
        rows, _ = self._matched
        return warnings_by_study(rows, self._values, self._reports, self.cross_check, self._numbers)

    @cached_property
    def _numbers(self) -> list[int]:
        """How many numbers each study has."""
        return count_numbers(self._matched[0], self._values)

    def _take_matrix(self, rows: list[int]) -> npt.NDArray[np.float64]:
        """Hand over some rows of the matrix, which nothing needs after it was examined."""
        _ = self.cross_check, self._gathered
        matrix = self._values.matrix
        self._values = replace(self._values, matrix=np.empty((0, len(self._values.names))))
        return matrix if rows == list(range(len(matrix))) else matrix[rows]

    @cached_property
    def _matched(self) -> tuple[list[StudyRow], Joined]:
        studies, participants, cohort_id = self._tables
        rows = select_rows(self._values, sorted(self._reports))
        if (own := self._own) is not None:
            rows = [row for row in rows if row.study_id in own or not is_uuid(row.study_id)]
        known = studies if studies is not None else participants
        if known is not None and "study_id" in known:
            rank = {study_id: n for n, study_id in enumerate(known["study_id"].tolist())}
            rows.sort(key=lambda row: rank.get(row.study_id, len(rank)))
        return rows, join_participants(
            [row.study_id for row in rows], studies, participants, cohort_id
        )

    @property
    def _unreadable(self) -> list[str]:
        """Return why each unreadable file could not be read."""
        errors: list[str] = self._values.rows["error"].tolist()
        return [error for error in errors if error]

    def _warn_of_reports(self) -> None:
        if self._has_warned:
            return
        self._has_warned = True
        silent = [each.path for each in self._reports.values() if each.is_silent]
        _warn_of("reports with neither a class nor a biomarker", silent)
        _warn_of("studies whose report and aidp.csv differ", self.cross_check.accused)
        for remark in self.cross_check.remarks:
            warn_user(f"{remark[0].upper()}{remark[1:]}", ResultWarning)

    def _warn(self, joined: Joined) -> None:
        _warn_of("unreadable result files", self._unreadable)
        _warn_of("unreadable folders", list(self._found.unreadable))
        _warn_of("ZIPs of results that were not read, or not wholly", list(self._found.packed))
        studies = self._tables[0]
        for flag, what in _UNMATCHED.items():
            strangers = joined.frame[flag].eq(False)
            if flag != "in_studies" or (studies is not None and len(studies)):
                _warn_of(what, joined.frame.loc[strangers, "study_id"].tolist())
        rows, _ = self._matched
        again = [row.study_id for row in rows if any(OTHER_VALUES in w for w in row.warnings)]
        _warn_of("studies with other values in a further file, which is not used", again)
        _warn_of("participants without results", joined.without_study)
        for remark in self.remarks:
            warn_user(str(remark), ResultWarning)


def read_results(
    folder: str | Path,
    *,
    participants: pd.DataFrame | str | Path | None = None,
    studies: pd.DataFrame | None = None,
    cohort_id: str = "",
    schema: Schema | None = None,
    executor: Executor | None = None,
) -> pd.DataFrame:
    r"""Read all results in a folder, however they were downloaded, into the cohort table.

    Parameters
    ----------
    folder
        Result folders at any depth, or one file.
    participants
        participants.tsv, or what `read_participants` made of it; joined by ``participant_id`` and
        ``session_id``. Where `studies` does not name a study's participant, the column
        ``study_id`` of participants.tsv does, or a study's id that is a participant's.
    studies
        The map of studies: ``study_id``, ``participant_id``, ``session_id``, ``cohort_id``.
    cohort_id
        The cohort of studies that `studies` does not name.
    schema
        How to read the files; None, or a field that is None, is recognised from their content.
    executor
        Where the files are read, for instance on a Dask cluster whose workers see the same disk;
        None reads them in this process.

    Returns
    -------
    DataFrame
        One row per study, region, hemisphere and metric: `COLUMNS`, then further covariates.
        ``value`` is NaN where a study has none. FW and FAt are fractions between 0 and 1.
        ``.attrs["unexpected"]`` counts what the warnings report.

    Raises
    ------
    FolderError
        The folder is missing, unreadable, or holds no results.
    ResultError
        There are result files, but none can be read.

    Warns
    -----
    ResultWarning
        Some files cannot be read, or studies and participants do not match; the rest is returned.
        Or values are unexpected: outside 0 to 1, exactly 0 or 1, codes for missing values, columns
        that were not used, outliers, ...: one warning per kind, with counts and ids.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for study in ("a", "b"):
    ...     _ = (folder / f"{study}_out").mkdir()
    ...     _ = (folder / f"{study}_out" / "aidp.csv").write_text("pSN_FW,0.2\nMCP_FW,0.1\n")
    >>> read_results(folder)[["study_id", "region", "metric", "value"]]
      study_id region metric  value
    0        a    pSN     FW    0.2
    1        a    MCP     FW    0.1
    2        b    pSN     FW    0.2
    3        b    MCP     FW    0.1
    """
    return load_results(
        folder,
        participants=participants,
        studies=studies,
        cohort_id=cohort_id,
        schema=schema,
        read=partial(_read_all, executor=executor),
    ).table


def study_facts(
    folder: str | Path,
    *,
    participants: pd.DataFrame | str | Path | None = None,
    studies: pd.DataFrame | None = None,
    cohort_id: str = "",
    schema: Schema | None = None,
) -> pd.DataFrame:
    r"""Return the metadata of each study in a folder of results.

    Parameters
    ----------
    folder, participants, studies, cohort_id, schema
        As for `read_results`.

    Returns
    -------
    DataFrame
        One row per study, including those without values: participant, prediction, source file
        with its layout, dialect and digest, number of values, other fields of the file
        (``aidp_...``), paths of the reports, the reason of a failure, and all warnings.

    Raises
    ------
    FolderError
        The folder is missing, unreadable, or holds no results.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for study in ("a", "b"):
    ...     _ = (folder / f"{study}_out").mkdir()
    ...     _ = (folder / f"{study}_out" / "aidp.csv").write_text("pSN_FW,0.2\nMCP_FW,0.1\n")
    >>> study_facts(folder)[["study_id", "n_values"]].values.tolist()
    [['a', 2], ['b', 2]]
    """
    return load_results(
        folder, participants=participants, studies=studies, cohort_id=cohort_id, schema=schema
    ).studies


ReadFolder = Callable[[Path, AidpReader], tuple[Found, ValueMatrix, dict[str, StudyReport]]]


def _read_all(
    folder: Path, reader: AidpReader, executor: Executor | None = None
) -> tuple[Found, ValueMatrix, dict[str, StudyReport]]:
    with ExitStack() as copies:
        zips = GroupZips(lambda: copies.enter_context(scratch_folder()))
        found = scan(folder, zips=zips)
        values = read_values(found.values, reader, executor=executor).values
        return found, values, read_reports(found.reports, name=zips.name)


@garbage_stays()
def load_results(
    folder: str | Path,
    *,
    participants: pd.DataFrame | str | Path | None = None,
    studies: pd.DataFrame | None = None,
    cohort_id: str = "",
    schema: Schema | None = None,
    read: ReadFolder = _read_all,
    # Results with ids of workspaces that are not among them are left out.
    own: Collection[str] | None = None,
) -> Results:
    """Find and read the results in a folder; tables are made when they are asked for."""
    if isinstance(participants, (str, Path)):
        participants = read_participants(participants)
    folder = Path(os.path.expanduser(folder))  # noqa: PTH111  pathlib raises for ~nobody
    found, values, reports = read(folder, AidpReader(schema))
    return Results(
        values,
        replace(found, values=(), reports={}),  # thousands of paths, all read by now
        reports,
        studies=studies,
        participants=participants,
        cohort_id=cohort_id,
        own=own,
    )


def _warn_of(what: str, names: list[str]) -> None:
    if names:
        shown = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
        warn_user(f"{what[0].upper()}{what[1:]} ({len(names)}): {shown}", ResultWarning)
