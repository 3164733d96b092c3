"""Repeated visits: never silently independent."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from neuroflow.compare.cells import BoolArray, labels
from neuroflow.errors import CompareError, OptionError


def participants(studies: pd.DataFrame) -> pd.Series:
    """Return whose each study is; a study without a participant stands for its own.

    Parameters
    ----------
    studies
        One row per study, with `study_id` and, if known, `participant_id`.

    Returns
    -------
    Series
        One label per study.
    """
    known = "participant_id" in studies
    named = labels(studies["participant_id"]).tolist() if known else [None] * len(studies)
    whose = [
        name or f"study {study}"
        for name, study in zip(named, studies["study_id"].tolist(), strict=True)
    ]
    return pd.Series(whose, index=studies.index, dtype=object)


def choose_visits(studies: pd.DataFrame, visit: str | None) -> BoolArray:
    """Tell which studies to keep so that every participant counts once.

    Parameters
    ----------
    studies
        One row per study: `study_id`, `participant_id`, and `session_id` and `age` if known.
    visit
        ``"first"``, ``"last"``, a session id, or None where there are no repeated visits.

    Returns
    -------
    ndarray of bool, shape (n_studies,)
        True where the study stays.

    Raises
    ------
    CompareError
        A participant has several studies and no visit was chosen, or still has several.
    OptionError
        There is no such session.

    Notes
    -----
    Visits are ordered by age where all visits of a participant have one, then by session id with
    numbers in it read as numbers.
    """
    who = participants(studies)
    keep = np.ones(len(studies), dtype=bool)
    if visit in ("first", "last") and who.duplicated().any():
        keep[:] = False
        ordered = _by_time(studies)
        ends = who.iloc[ordered].drop_duplicates(keep="first" if visit == "first" else "last")
        keep[ends.index] = True
    elif visit not in ("first", "last", None):
        keep = _session(studies, visit)
    repeated = who[keep][who[keep].duplicated()]
    if len(repeated):
        raise CompareError(
            f"{repeated.nunique()} participants have more than one study "
            f"({', '.join(map(str, repeated.unique()[:3]))}{', ...' * (repeated.nunique() > 3)}).",
            why="Repeated visits are not independent, and would make p values too small.",
            advice='Choose one visit, as visit="first" or a session id, or keep all with '
            'robust="cluster" (method "linear").',
        )
    return keep


def _session(studies: pd.DataFrame, visit: str) -> BoolArray:
    wanted = visit.removeprefix("ses-")
    if "session_id" not in studies:
        raise OptionError("The table has no session_id.", advice='Leave visit out, or say "first".')
    sessions = labels(studies["session_id"]).map(lambda s: s and s.removeprefix("ses-"))
    keep: BoolArray = (sessions == wanted).to_numpy(dtype=bool)
    if not keep.any():
        known = sorted({s for s in sessions if s}, key=_natural)
        raise OptionError(
            f"No study has the session {visit!r}.",
            advice=f"There are {', '.join(known) or 'none'}; or say first, or last.",
        )
    return keep


def _by_time(studies: pd.DataFrame) -> list[int]:
    """Return the studies' positions, earliest visit first."""
    nothing = pd.Series(index=studies.index, dtype=object)
    ages = pd.to_numeric(studies.get("age", nothing), errors="coerce")
    aged = ages.notna().groupby(participants(studies)).transform("all")
    sessions = labels(studies.get("session_id", nothing))
    places = [
        (age, _natural(session or ""))
        for age, session in zip(ages.where(aged, 0.0).tolist(), sessions.tolist(), strict=True)
    ]
    return sorted(range(len(studies)), key=places.__getitem__)


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", text.casefold())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts if part]
