"""Each study in one line: how many regions are far from the reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from neuroflow.contract import BIOMARKERS
from neuroflow.errors import OptionError
from neuroflow.matrix import check_number, labels, require

_FACTS = ("study_id", "participant_id", "session_id", "group")


def z_summary(scores: pd.DataFrame, *, metric: str = "FW", limit: float = 2.0) -> pd.DataFrame:
    """Summarise z-scores by study: how many regions exceed a limit, and the four biomarkers.

    Parameters
    ----------
    scores
        The table that `z_scores` returns: one row per study, region and metric.
    metric
        One metric.
    limit
        How many SDs from the expected value a region must be to count.

    Returns
    -------
    DataFrame
        One row per study: its ids and group, `regions` (with a z-score), `above`, `below`,
        `beyond` (both), `percent` (beyond, of `regions`), `expected` (percent of a healthy
        person's regions, given the size of the reference), `mean_z`, `max_z`, `region` (the
        farthest), and `z_pSN`, `z_Putamen`, `z_SCP`, `z_MCP` where the table has them
        (`z_pSN_left` and so on where a region has two sides).

    Raises
    ------
    OptionError
        There is no such metric.
    TableError
        The table does not have the columns that `z_scores` returns.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcde"), "group": ["Control"] * 4 + ["PSP"],
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.35, 0.55]})
    >>> from neuroflow.compare.norms import z_scores
    >>> z_summary(z_scores(table))[["study_id", "beyond", "z_SCP"]].round(2).values.tolist()[-1]
    ['e', 1, 4.9]
    """
    needed = ("study_id", "region", "metric", "z")
    require(scores, needed, advice="Pass the table that z_scores returns.")
    check_number("limit", limit)
    rows = scores[scores["metric"] == metric].reset_index(drop=True)
    if rows.empty:
        known = ", ".join(map(str, scores["metric"].unique()))
        raise OptionError(f"The table has no metric {metric}.", advice=f"Its metrics are {known}.")
    facts = [name for name in _FACTS if name in rows]
    z = rows["z"].astype(np.float64)
    counted = (
        rows[["study_id"]]
        .assign(regions=z.notna(), above=z > limit, below=z < -limit, mean_z=z, size=z.abs())
        .groupby("study_id", sort=False, observed=True)
        .agg({"regions": "sum", "above": "sum", "below": "sum", "mean_z": "mean", "size": "max"})
    )
    counted["beyond"] = counted["above"] + counted["below"]
    with np.errstate(invalid="ignore", divide="ignore"):
        counted["percent"] = 100 * counted["beyond"] / counted["regions"]
    by_study = rows["study_id"]
    expected = _expected_beyond(rows, scores.attrs.get("confidence"), limit)
    counted["expected"] = expected.groupby(by_study, sort=False, observed=True).mean()
    known_z = rows[z.notna()]
    far = known_z.loc[z[z.notna()].abs().groupby(known_z["study_id"], observed=True).idxmax()]
    far = far.set_index("study_id")[["z", "region"]]
    counted["max_z"] = far["z"].reindex(counted.index)
    counted["region"] = far["region"].reindex(counted.index)
    for name in BIOMARKERS:
        for side, mine in _by_side(rows[rows["region"] == name]):
            own = mine.set_index("study_id")["z"]
            counted[f"z_{name}{side}"] = own.reindex(counted.index)
    about = rows[facts].drop_duplicates("study_id").set_index("study_id")
    result = about.join(counted.drop(columns="size")).reset_index()[[*facts, *_order(counted)]]
    result.attrs |= {**scores.attrs, "limit": float(limit), "metric": metric}
    return result


def _expected_beyond(rows: pd.DataFrame, confidence: float | None, limit: float) -> pd.Series:
    """Return how often, in percent, a healthy value is beyond the limit in this reference.

    A z-score over sqrt(1 + leverage) follows the t distribution; the prediction interval holds
    the same root.

    References
    ----------
    Crawford JR, Howell DC (1998), Clin Neuropsychol 12:482-486.
    """
    needed = ("df", "sd", "pi_low", "pi_high")
    if confidence is None or any(name not in rows for name in needed):
        return pd.Series(200 * stats.norm.sf(limit), index=rows.index)
    df, sd, low, high = (rows[name].to_numpy(dtype=np.float64) for name in needed)
    with np.errstate(invalid="ignore", divide="ignore"):
        root = (high - low) / 2 / sd / stats.t.ppf((1 + confidence) / 2, df)
        beyond = 200 * stats.t.sf(limit / root, df)
    return pd.Series(np.where(rows["z"].notna(), beyond, np.nan), index=rows.index)


def _by_side(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the rows of one region; left and right apart, where it has both."""
    sides = labels(rows["hemisphere"]).fillna("") if "hemisphere" in rows else None
    if sides is None or sides.nunique() < 2:
        return [("", rows)] if len(rows) else []
    return [(f"_{name}" if name else "", rows[sides == name]) for name in sides.unique()]


def _order(counted: pd.DataFrame) -> list[str]:
    first = ["regions", "above", "below", "beyond", "percent", "expected"]
    first += ["mean_z", "max_z", "region"]
    return first + [str(name) for name in counted.columns if str(name).startswith("z_")]
