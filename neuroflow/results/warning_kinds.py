"""The kinds of warnings about the values of one study, and their words for many studies."""

from __future__ import annotations

from enum import StrEnum


class WarningKind(StrEnum):
    """How a warning of one study begins; a count and examples follow."""

    OUTSIDE = "outside 0 to 1"
    EXTREME = "exactly 0 or 1"
    CODES = "missing codes, read as missing"
    PERCENT = "percent without a sign"
    DECIMAL_MARK = "written with another decimal mark"
    UNUSED_COLUMNS = "columns with numbers not used"
    NO_NUMBER = "no number"
    NO_VALUES = "no values at all"
    FEW_VALUES = "far fewer values than most"
    OUTLIERS = "outliers"
    CONTRADICTORY = "found twice with different values, set to missing"
    NO_METRIC = "some values have no metric"
    SUMMARY_ROWS = "rows of summaries left out"
    OTHER_LINES = "lines around the table left out"
    CASE_ONLY = "id differs in case only"
    NUMBERED = "no column names the studies"


KINDS = {
    WarningKind.OUTSIDE: "values outside 0 to 1",
    WarningKind.EXTREME: "values of exactly 0 or 1, as in regions outside the brain mask",
    WarningKind.CODES: "codes for missing values, read as missing",
    WarningKind.PERCENT: "values that look like percent without a sign",
    WarningKind.DECIMAL_MARK: "values written with another decimal mark",
    WarningKind.UNUSED_COLUMNS: "columns with numbers that were not used",
    WarningKind.NO_NUMBER: "cells that hold no number",
    WarningKind.NO_VALUES: "files without any number",
    WarningKind.FEW_VALUES: "studies with far fewer values than most",
    WarningKind.OUTLIERS: "studies with outliers (beyond 6 robust SD) in many regions",
    WarningKind.CONTRADICTORY: "values given twice, set to missing",
    WarningKind.NO_METRIC: "values without a metric",
    WarningKind.SUMMARY_ROWS: "rows of summaries, excluded",
    WarningKind.OTHER_LINES: "lines around the table, excluded",
    WarningKind.CASE_ONLY: "ids that differ from another in case only",
    WarningKind.NUMBERED: "tables without a column that names the studies",
}
"""The warnings of studies that are reported of all studies together, in this order."""
