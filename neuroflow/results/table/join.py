"""Join values with participants: one row per study.

All matching is exact. A study that is not in the map, or not in participants.tsv, keeps its values
and has no participant; nothing falls out of the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow.errors import TableError
from neuroflow.io import BIDS_LABELS, without_prefix
from neuroflow.matrix import REGION_COLUMNS
from neuroflow.models import STUDY_KEYS
from neuroflow.results.search import SUFFIX
from neuroflow.results.table.values import ValueMatrix

COVARIATES = ("group", "site", "age", "sex")
JOIN_FLAGS = ("in_studies", "in_participants")
OTHER_VALUES = "found again with other values"
RESERVED = (*REGION_COLUMNS, "value")
"""Columns of the cohort table that a covariate must not take the name of."""


@dataclass(slots=True)
class StudyRow:
    """One study and where its values are."""

    study_id: str  # Which
    row: int  # The row of `ValueMatrix.matrix`, or -1 where the study has none.
    record: int  # The row of `ValueMatrix.rows` that describes its file, or -1.
    warnings: tuple[str, ...] = ()  # What is unexpected about their files


def select_rows(values: ValueMatrix, also: Sequence[str] = ()) -> list[StudyRow]:
    """Choose for each study the values for the table."""
    rows: dict[str, StudyRow] = {}
    errors = values.rows["error"].tolist()
    for at, study_id in enumerate(_study_ids(values.rows)):
        readable = not errors[at]
        old = rows.get(study_id)
        if old is None:
            rows[study_id] = StudyRow(study_id, at if readable else -1, at)
        elif readable and old.row < 0:
            old.warnings += (f"cannot be read: {values.rows['source'].iat[old.record]}",)
            old.row = old.record = at
        else:
            old.warnings += tuple(_found_again(values, old, at, readable))
    for study_id in also:
        rows.setdefault(study_id, StudyRow(study_id, -1, -1))
    return list(rows.values())


def _study_ids(rows: pd.DataFrame) -> list[str]:
    """Name the study of each row: after its folder, or its id in a report of many."""
    sources = rows["source"].tolist()
    counts = Counter(sources)
    seen: dict[str, int] = {}
    ids = []
    for source, folder_id, own_id in zip(
        sources, rows["study_id"].tolist(), rows["id"].tolist(), strict=True
    ):
        count = counts[source]
        if folder_id and count == 1:  # nearly all
            ids.append(folder_id)
            continue
        seen[source] = seen.get(source, 0) + 1
        if own_id:
            ids.append(own_id.removesuffix(SUFFIX))
        else:
            stem = folder_id or PurePosixPath(source).stem
            ids.append(stem if count == 1 else f"{stem}#{seen[source]}")
    return ids


def _found_again(values: ValueMatrix, old: StudyRow, at: int, readable: bool) -> list[str]:
    """Report values that are not used; a report of many studies may repeat some."""
    source = str(values.rows["source"].iat[at])
    if not readable:
        return [f"cannot be read: {source}"]
    ours, theirs = values.matrix[old.row], values.matrix[at]
    there = np.isfinite(theirs)
    is_of_many = not values.rows["study_id"].iat[at]
    if is_of_many and np.array_equal(ours[there], theirs[there]):
        return []
    same = np.array_equal(ours, theirs, equal_nan=True)
    return [f"{'found again with the same values' if same else OTHER_VALUES}, not used: {source}"]


@dataclass(frozen=True, slots=True)
class Joined:
    """Studies with their participants."""

    # One row per study: `STUDY_KEYS`, `COVARIATES`, further covariates; then ``in_studies`` and
    # ``in_participants`` (true or false; missing where no such table was given).
    frame: pd.DataFrame
    # Of each column with text, its values in the order in which tables shall show them.
    order: dict[str, list[str]]
    without_study: list[str]  # Participants that none of the studies belongs to
    bids_labels: bool  # Whether participants came with sub-


def join_participants(
    study_ids: Sequence[str],
    studies: pd.DataFrame | None,
    participants: pd.DataFrame | None,
    cohort_id: str = "",
) -> Joined:
    """Join studies with the map of studies and with participants."""
    _check(studies, participants)
    bids_labels = _has_prefixes(studies) or _has_prefixes(participants)
    participants = _without_prefixes(participants)
    frame = pd.DataFrame({"study_id": list(study_ids)})
    known = _looked_up(study_ids, studies)
    frame["in_studies"] = known is not None and known["found"]
    for name in ("cohort_id", "participant_id", "session_id"):
        frame[name] = None if known is None or name not in known else _clean(known[name])
    frame["cohort_id"] = frame["cohort_id"].where(frame["cohort_id"].notna(), cohort_id or None)
    if participants is not None:
        _name_participants(frame, participants)
    at = _positions(frame, participants)
    frame["in_participants"] = at >= 0
    if studies is None:
        frame["in_studies"] = None
    if participants is None:
        frame["in_participants"] = None if known is None else known.get("in_participants")
    tables = [table for table in (participants, studies) if table is not None]
    for name in _covariates(tables):
        column = None if known is None or name not in known else known[name]
        if participants is not None and name in participants and len(participants):
            theirs = participants[name].take(np.maximum(at, 0)).reset_index(drop=True)
            theirs = theirs.where(at >= 0)
            column = theirs if column is None else theirs.where(theirs.notna(), column)
        frame[_free(name)] = column if column is not None else None
    order = {_free(name): _in_order(tables, name) for name in _covariates(tables) if name != "age"}
    lone = _without_study(frame, studies, participants)
    return Joined(_arranged(frame), order, lone, bids_labels)


def _without_study(
    frame: pd.DataFrame, studies: pd.DataFrame | None, participants: pd.DataFrame | None
) -> list[str]:
    """Name the participants that none of the studies belongs to."""
    if participants is not None:
        unused = ~participants["participant_id"].isin(frame["participant_id"].dropna())
        return list(participants.loc[unused, "participant_id"].drop_duplicates())
    if studies is None or "in_participants" not in studies:
        return []
    labels = [name for name in ("cohort_id", "participant_id") if name in studies]
    persons = studies.loc[studies["in_participants"].ne(False), labels].dropna()
    persons = persons.assign(participant_id=_clean(persons["participant_id"])).drop_duplicates()
    there = set(frame[labels].dropna().itertuples(index=False, name=None))
    rows = persons.itertuples(index=False, name=None)
    return [str(row[-1]) for row in rows if row not in there]


def _check(studies: pd.DataFrame | None, participants: pd.DataFrame | None) -> None:
    if studies is not None and "study_id" not in studies:
        raise TableError("The map of studies has no column study_id.")
    if participants is not None and "participant_id" not in participants:
        raise TableError("The table of participants has no column participant_id.")
    if studies is not None:
        known = studies[[name for name in STUDY_KEYS if name in studies]].dropna(subset="study_id")
        known = known.drop_duplicates()
        twice = known.loc[known["study_id"].duplicated(), "study_id"].astype(str).unique()
        if len(twice):
            raise TableError(
                f"The map of studies contradicts itself for {', '.join(twice[:5])}.",
                advice="Each study has one participant, session and cohort.",
            )


def _without_prefixes(participants: pd.DataFrame | None) -> pd.DataFrame | None:
    if participants is None:
        return None
    names = [name for name in ("participant_id", "session_id") if name in participants]
    return participants.assign(**{name: _clean(participants[name]) for name in names})


def _looked_up(study_ids: Sequence[str], studies: pd.DataFrame | None) -> pd.DataFrame | None:
    if studies is None:
        return None
    once = studies.dropna(subset="study_id").drop_duplicates("study_id").assign(found=True)
    found = once.set_index("study_id").reindex(list(study_ids)).reset_index(drop=True)
    return found.assign(found=found["found"].notna())


def _has_prefixes(table: pd.DataFrame | None) -> bool:
    if table is None or "participant_id" not in table:
        return False
    ids = table["participant_id"].dropna().astype(str)
    return bool(table.attrs.get(BIDS_LABELS) or ids.str.startswith("sub-").any())


def _clean(labels: pd.Series) -> pd.Series:
    return labels.map(without_prefix, na_action="ignore").astype(object).replace({"": None})


def _name_participants(frame: pd.DataFrame, participants: pd.DataFrame) -> None:
    """Find the participant of studies outside the map by their id, exactly."""
    by_study: dict[str, tuple[object, object]] = {}
    ids = participants["participant_id"].tolist()
    sessions = participants["session_id"].tolist() if "session_id" in participants else None
    if "study_id" in participants:
        for position, study_id in enumerate(participants["study_id"].tolist()):
            session = None if sessions is None else sessions[position]
            by_study[str(study_id)] = (ids[position], session)
    labels = set(ids)
    persons, visits = frame["participant_id"].tolist(), frame["session_id"].tolist()
    for position, study_id in enumerate(frame["study_id"].tolist()):
        if not pd.isna(persons[position]):
            continue
        label = without_prefix(study_id)
        if study_id in by_study:
            persons[position], visits[position] = by_study[study_id]
        elif label in labels:
            persons[position] = label
    frame["participant_id"], frame["session_id"] = _objects(persons), _objects(visits)


def _positions(frame: pd.DataFrame, participants: pd.DataFrame | None) -> npt.NDArray[np.int64]:
    """Find each study's row of participants.tsv: the visit's own, else the person's; else -1."""
    if participants is None:
        return np.full(len(frame), -1)
    ids = participants["participant_id"].tolist()
    sessions: list[object] = [None] * len(ids)
    if "session_id" in participants:
        sessions = participants["session_id"].astype(object).tolist()
    own = {
        (person, _none(visit)): n
        for n, (person, visit) in enumerate(zip(ids, sessions, strict=True))
    }
    wanted = zip(frame["participant_id"].tolist(), frame["session_id"].tolist(), strict=True)
    return np.array(
        [own.get((person, _none(visit)), own.get((person, None), -1)) for person, visit in wanted],
        dtype=np.int64,
    )


def _none(label: object) -> object:
    return None if label is None or label != label else label  # noqa: PLR0124 - NaN


def _objects(values: list[object]) -> pd.Series:
    return pd.Series([_none(value) for value in values], dtype=object)


def _covariates(tables: Sequence[pd.DataFrame]) -> list[str]:
    given = dict.fromkeys(str(name) for table in tables for name in table.columns)
    return [name for name in given if name not in (*STUDY_KEYS, *JOIN_FLAGS)]


def _free(name: str) -> str:
    return f"{name}_of_participant" if name in RESERVED else name


def _in_order(tables: Sequence[pd.DataFrame], name: str) -> list[str]:
    values = [table[name].dropna().tolist() for table in tables if name in table]
    return list(dict.fromkeys(str(value) for column in values for value in column))


def _arranged(frame: pd.DataFrame) -> pd.DataFrame:
    for name in COVARIATES:
        if name not in frame:
            frame[name] = None
    try:
        frame["age"] = pd.to_numeric(frame["age"]).astype("float64")
    except (ValueError, TypeError) as error:
        raise TableError("An age is not a number.", why=f"{error}.") from error
    further = [name for name in frame if name not in (*STUDY_KEYS, *COVARIATES, *JOIN_FLAGS)]
    return frame[[*STUDY_KEYS, *COVARIATES, *further, *JOIN_FLAGS]]
