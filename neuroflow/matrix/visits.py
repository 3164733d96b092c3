"""Repeated visits: never silently independent."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from neuroflow.errors import CompareError, OptionError, Wording
from neuroflow.matrix.cells import BoolArray, IntArray, coded, labels
from neuroflow.wording import counted

_EARLY = ("screening", "scr", "baseline", "base", "bl", "pre", "initial", "first")
_LATE = ("post", "followup", "fu", "final", "end", "last")
"""Words for visits whose order is plain."""


def participants(studies: pd.DataFrame) -> IntArray:
    """Return a code of each study's participant; a study without one counts as its own."""
    own = np.arange(len(studies))
    if "participant_id" not in studies:
        return own
    codes, names = coded(studies["participant_id"])
    return np.where(codes < 0, len(names) + own, codes)


_ONE = Wording(
    'Choose one visit with visit="first", "last" or a session id.',
    cli="Choose one visit with --visit first, last or a session id.",
    form="Choose one visit.",
)
_ONE_OR_ROBUST = Wording(
    'Choose one visit with visit="first", "last" or a session id, or keep all visits '
    'with robust="cluster" (linear model only).',
    cli="Choose one visit with --visit first, last or a session id, or keep all visits "
    "with --robust cluster (linear model only).",
    form="Choose one visit, or keep all visits with cluster-robust standard errors.",
)


def choose_visits(studies: pd.DataFrame, visit: str | None, *, robust: bool = False) -> BoolArray:
    """Return which studies to keep so that every participant counts once.

    Visits are ordered by age where all have one; those of one age by numbers in the session's name,
    or by words for an order (baseline, followup, pre, post); others are refused.
    """
    # `robust` advises cluster-robust errors to who has a model with them.
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
            f"{counted(len(repeated), 'participant has', 'participants have')} more than one study "
            f"({', '.join(map(str, named))}{', ...' * (len(repeated) > 3)}).",
            why="Repeated visits are not independent and would make p values too small.",
            advice=_ONE_OR_ROBUST if robust else _ONE,
            about="visit",
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
            about="visit",
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
            about="visit",
        )
    return keep


def _by_time(studies: pd.DataFrame, who: IntArray) -> IntArray:
    """Return the studies' positions, earliest visit first."""
    nothing = pd.Series(index=studies.index, dtype=object)
    ages = pd.to_numeric(studies.get("age", nothing), errors="coerce")
    aged = ages.notna().groupby(who).transform("all")
    sessions = labels(studies.get("session_id", nothing))
    times = ages.where(aged, 0.0)
    _refuse_without_order(studies, who, times, sessions)
    places = [
        (age, _rank(session or "")[:2], _natural(session or ""))
        for age, session in zip(times.tolist(), sessions.tolist(), strict=True)
    ]
    return np.array(sorted(range(len(studies)), key=places.__getitem__), dtype=np.intp)


def _refuse_without_order(
    studies: pd.DataFrame, who: IntArray, times: pd.Series, sessions: pd.Series
) -> None:
    """Refuse visits at the same age whose names do not state which was first."""
    key = pd.DataFrame({"who": who, "time": times.to_numpy()})
    tied = key.duplicated(keep=False).to_numpy()
    names = [session or "" for session in sessions]
    for _, rows in key[tied].groupby(["who", "time"]):
        mine = list(dict.fromkeys(names[row] for row in rows.index))
        ranks = [_rank(name) for name in mine]
        stems = {stem for place, _, stem in ranks if place == 1}
        if len(mine) > 1 and (any(place < 0 for place, *_ in ranks) or len(stems) > 1):
            person = studies["participant_id"].iloc[rows.index[0]]
            raise CompareError(
                f"The visits of participant {person} cannot be put in order: {', '.join(mine)}.",
                why="They have no ages that differ, and their names do not state which was first.",
                advice=Wording(
                    "Name one session with visit=..., or give each visit its age.",
                    cli="Name one session with --visit, or give each visit its age.",
                    form="Choose one session, or give each visit its age.",
                ),
                about="visit",
            )


def _rank(session: str) -> tuple[int, int, str]:
    """Return the place of a session by its name, and what numbers count in it; -1 if unknown."""
    name = re.sub(r"[\s_-]+", "", session.casefold())
    if name in _EARLY:
        return 0, _EARLY.index(name), ""
    if name in _LATE:
        return 2, _LATE.index(name), ""
    stem = re.sub(r"\d+", "", name)
    return (1, 0, stem) if stem != name else (-1, 0, "")


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", text.casefold())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts if part]
