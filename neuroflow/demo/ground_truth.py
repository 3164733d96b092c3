"""Whose study it is: known to the demo alone, which owns the workspace and the service."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from neuroflow.demo.service import GroundTruth, Subject
from neuroflow.io import ParticipantRows, read_participants, without_prefix


def ground_truth_of(folder: Path | str, participants: Path | str) -> GroundTruth:
    """Look up whose a study is where the workspace keeps it.

    A real service does not know it. The demo's does, so that its simulated values fit the groups
    that are compared.
    """

    def truth(study_id: str) -> Subject | None:
        people = read_participants(participants)
        for path in sorted(Path(folder).glob("cohorts/*/studies.tsv")):
            with path.open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines, delimiter="\t"):
                    if row["study_id"] == study_id:
                        return _subject(people, row["participant_id"], row["session_id"] or None)
        return None

    return truth


def _subject(people: pd.DataFrame, participant_id: str, session_id: str | None) -> Subject | None:
    row = ParticipantRows(people).find(participant_id, session_id)
    if row is None or row.reindex(["group", "age", "sex"]).isna().any():
        return None
    return Subject(
        participant_id=str(row["participant_id"]),
        group=str(row["group"]),
        age=float(row["age"]),
        sex=str(row["sex"]),
        visit=_visit(people, str(row["participant_id"]), session_id),
        years=_years(people, str(row["participant_id"]), float(row["age"])),
    )


def _visit(people: pd.DataFrame, participant_id: str, session_id: str | None) -> int:
    """Count visits in the order of their sessions."""
    if "session_id" not in people or session_id is None:
        return 1
    theirs = people.loc[people["participant_id"] == participant_id, "session_id"]
    sessions = sorted(theirs.dropna())
    session = without_prefix(session_id)
    return sessions.index(session) + 1 if session in sessions else 1


def _years(people: pd.DataFrame, participant_id: str, age: float) -> float:
    """Return the years since a person's first visit."""
    theirs = people.loc[people["participant_id"] == participant_id, "age"]
    return round(age - float(theirs.astype(float).min()), 6)
