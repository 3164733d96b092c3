"""Count completeness: which regions, metrics, studies and visits are missing."""

from __future__ import annotations

import pandas as pd

from neuroflow.errors import OptionError
from neuroflow.matrix import REGION_KEY, require
from neuroflow.models import STUDY_KEYS

VIEWS = {
    "region": REGION_KEY,
    "metric": ("metric",),
    "study": ("cohort_id", "participant_id", "session_id", "study_id"),
    "participant": ("cohort_id", "participant_id"),
    "cohort": ("cohort_id",),
    "site": ("site",),
    "group": ("group",),
}
"""What completeness is counted by, and the columns that name it."""

_NAMED = 5


def coverage(table: pd.DataFrame, by: str = "region") -> pd.DataFrame:
    """Count the values that are present and missing.

    Parameters
    ----------
    table
        A cohort table. A value counts as missing where it is NaN, or where a study has no row for
        a region, side and metric that another study has.
    by
        One of `VIEWS`; or ``"visit"``: for each participant, which of all sessions have a study.

    Returns
    -------
    DataFrame
        One row per region (study, ...): its name, ``expected``, ``present``, ``missing``,
        ``percent`` (of the expected that are present) and ``missing_in`` (the first studies, or
        regions, with something missing). The least complete first. For ``"visit"``: one row per
        participant, one column per session, True where there is a study.

    Raises
    ------
    TableError
        The table lacks columns.
    OptionError
        `by` is unknown.

    Examples
    --------
    >>> table = pd.DataFrame({"study_id": ["a", "a", "b"], "region": ["pSN", "MCP", "pSN"],
    ...     "hemisphere": "bilateral", "metric": "FW", "value": [0.2, 0.1, 0.3]})
    >>> coverage(table)[["region", "expected", "present", "missing", "missing_in"]]
      region  expected  present  missing missing_in
    0    MCP         2        1        1          b
    1    pSN         2        2        0
    """
    if by == "visit":
        return _visits(table)
    if by not in VIEWS:
        choices = ", ".join(map(repr, [*VIEWS, "visit"]))
        raise OptionError(f"There is no coverage by {by!r}.", advice=f"Choose one of {choices}.")
    require(table, ("study_id", *REGION_KEY, "value"))
    columns = [name for name in VIEWS[by] if name in table]
    require(table, columns or VIEWS[by][:1])
    grid = _complete(table)
    of_region = set(columns) <= set(REGION_KEY)
    grid["missing_in"] = (
        grid["study_id"].astype(str)
        if of_region
        else grid["region"].astype(str) + " " + grid["metric"].astype(str)
    ).where(~grid["present"], "")
    groups = grid.groupby(columns, sort=False, dropna=False, observed=True)
    counted = groups.agg(
        expected=("present", "size"), present=("present", "sum"), missing_in=("missing_in", _first)
    ).reset_index()
    counted["missing"] = counted["expected"] - counted["present"]
    counted["percent"] = 100 * counted["present"] / counted["expected"]
    counted = counted[[*columns, "expected", "present", "missing", "percent", "missing_in"]]
    return counted.sort_values("missing", ascending=False, kind="stable", ignore_index=True)


def _complete(table: pd.DataFrame) -> pd.DataFrame:
    """Cross all studies with all regions, sides and metrics; mark which have a value."""
    about = [name for name in (*STUDY_KEYS, "group", "site") if name in table]
    key = ["study_id", *REGION_KEY]
    studies = table[about].drop_duplicates("study_id")
    names = table[key[1:]].drop_duplicates()
    grid = studies.merge(names, how="cross")
    there = table.loc[table["value"].notna(), key].drop_duplicates().assign(present=True)
    grid = grid.merge(there, on=key, how="left")
    grid["present"] = grid["present"].notna()
    return grid


def _first(where: pd.Series) -> str:
    named = [text for text in where if text]
    return ", ".join(named[:_NAMED]) + (", ..." if len(named) > _NAMED else "")


def _visits(table: pd.DataFrame) -> pd.DataFrame:
    require(table, ("study_id", "participant_id", "session_id", "value"))
    there = table.loc[table["value"].notna(), ["participant_id", "session_id"]].drop_duplicates()
    there = there[there["participant_id"].notna()].astype(object)
    sessions = there["session_id"].where(there["session_id"].notna(), "no session")
    return pd.crosstab(there["participant_id"], sessions).astype(bool)
