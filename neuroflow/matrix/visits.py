"""Repeated visits: never silently independent."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from neuroflow.errors import CompareError, OptionError, Wording
from neuroflow.matrix.cells import BoolArray, IntArray, coded, labels


def participants(studies: pd.DataFrame) -> IntArray:
    """Return a code of each study's participant; a study without one counts as its own.

    Examples
    --------
    >>> participants(pd.DataFrame({"participant_id": ["p2", None, "p1", "p2", None]})).tolist()
    [1, 3, 0, 1, 6]
    """
    own = np.arange(len(studies))
    if "participant_id" not in studies:
        return own
    codes, names = coded(studies["participant_id"])
    return np.where(codes < 0, len(names) + own, codes)


def choose_visits(studies: pd.DataFrame, visit: str | None) -> BoolArray:
    """Return which studies to keep so that every participant counts once.

    Notes
    -----
    Visits are ordered by age where all visits of a participant have one, then by session id with
    numbers in it read as numbers.
    """
    who = participants(studies)
    everyone = np.ones(len(studies), dtype=bool)
    alone = np.bincount(who).max(initial=0) < 2
    if alone and visit in ("first", "last", None):
        return everyone
    keep = everyone
    if visit in ("first", "last"):
        ordered = _by_time(studies, who)
        ends = pd.Series(who[ordered]).duplicated(keep="first" if visit == "first" else "last")
        keep[ordered[ends]] = False
    elif visit is not None:
        keep = _session(studies, visit)
    repeated = pd.unique(who[keep][pd.Series(who[keep]).duplicated()])
    if len(repeated):
        named = [labels(studies["participant_id"])[who == one].iloc[0] for one in repeated[:3]]
        raise CompareError(
            f"{len(repeated)} participants have more than one study "
            f"({', '.join(map(str, named))}{', ...' * (len(repeated) > 3)}).",
            why="Repeated visits are not independent and would make p values too small.",
            advice=Wording(
                'Choose one visit with visit="first", "last" or a session id, or keep all visits '
                'with robust="cluster" (linear model only).',
                cli="Choose one visit with --visit first, last or a session id, or keep all visits "
                "with --robust cluster (linear model only).",
                form="Choose one visit, or keep all visits with cluster-robust standard errors.",
            ),
        )
    return keep


def _session(studies: pd.DataFrame, visit: str) -> BoolArray:
    wanted = str(visit).removeprefix("ses-")
    if "session_id" not in studies:
        raise OptionError(
            "The table has no sessions (column session_id).",
            advice=Wording(
                'Omit visit, or use "first" or "last".',
                cli="Omit --visit, or use first or last.",
                form="Use the first or the last visit.",
            ),
        )
    sessions = labels(studies["session_id"]).map(lambda s: s and s.removeprefix("ses-"))
    keep: BoolArray = (sessions == wanted).to_numpy(dtype=bool)
    if not keep.any():
        known = sorted({s for s in sessions if s}, key=_natural)
        raise OptionError(
            f"No study has the session {visit!r}.",
            advice=f"There are {', '.join(known)}; first and last work as well."
            if known
            else "No study has a session; use first or last.",
        )
    return keep


def _by_time(studies: pd.DataFrame, who: IntArray) -> IntArray:
    """Return the studies' positions, earliest visit first."""
    nothing = pd.Series(index=studies.index, dtype=object)
    ages = pd.to_numeric(studies.get("age", nothing), errors="coerce")
    aged = ages.notna().groupby(who).transform("all")
    sessions = labels(studies.get("session_id", nothing))
    places = [
        (age, _natural(session or ""))
        for age, session in zip(ages.where(aged, 0.0).tolist(), sessions.tolist(), strict=True)
    ]
    return np.array(sorted(range(len(studies)), key=places.__getitem__), dtype=np.intp)


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", text.casefold())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts if part]
