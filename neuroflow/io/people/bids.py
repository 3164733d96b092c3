"""What BIDS keeps beside participants.tsv: participants.json, and sessions.tsv of each person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from neuroflow.errors import ParticipantsError
from neuroflow.io.limits import MAX_TABLE_BYTES
from neuroflow.io.text import TextTable, read_text_table


def read_description(path: Path) -> dict[str, dict[str, Any]]:
    """Read participants.json beside a table: what columns and codes mean; empty without one."""
    file = path.with_suffix(".json")
    try:
        if path.suffix.lower() not in (".tsv", ".csv") or file.stat().st_size > MAX_TABLE_BYTES:
            return {}
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name).casefold(): one for name, one in found.items() if isinstance(one, dict)}


def levels_of(description: Mapping[str, dict[str, Any]], name: str) -> dict[str, str]:
    """Return what the codes of a column mean.

    >>> levels_of({"sex": {"Levels": {"0": "male", "1": {"Description": "female"}}}}, "sex")
    {'0': 'male', '1': 'female'}
    """
    levels = description.get(name, {}).get("Levels")
    if not isinstance(levels, dict):
        return {}
    words = {
        str(code): word.get("Description", "") if isinstance(word, dict) else word
        for code, word in levels.items()
    }
    return {code: word for code, word in words.items() if isinstance(word, str) and word}


def is_in_months(description: Mapping[str, dict[str, Any]], name: str) -> bool:
    """Whether a column is in months."""
    unit = description.get(name, {}).get("Units")
    return isinstance(unit, str) and unit.casefold() in ("month", "months", "mo")


def read_sessions(path: Path) -> list[tuple[str, TextTable]]:
    """Read ``sub-X/sub-X_sessions.tsv`` beside participants.tsv: label and table of each person."""
    if path.name != "participants.tsv":
        return []
    found = []
    for file in sorted(path.parent.glob("sub-*/sub-*_sessions.tsv")):
        label = file.name.removesuffix("_sessions.tsv")
        if file.parent.name != label:
            continue
        text = read_text_table(file, error=ParticipantsError, known=("session_id", "age", "sex"))
        if "session_id" in text.header:
            found.append((label, text))
    return found


def with_sessions(people: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Add a row per visit; what a visit's table has takes the place of what the person's has."""
    whole = people if "session_id" in people else people.assign(session_id=None)
    known = set(zip(whole["participant_id"], whole["session_id"], strict=True))
    persons = whole[whole["session_id"].isna()].drop_duplicates("participant_id")
    rows = visits.merge(
        persons.drop(columns="session_id"),
        on="participant_id",
        how="inner",
        suffixes=("", "_person"),
    )
    for name in [str(name) for name in rows if str(name).endswith("_person")]:
        own = name.removesuffix("_person")
        rows[own] = rows[own].where(rows[own].notna(), rows[name])
        rows = rows.drop(columns=name)
    is_new = [
        key not in known for key in zip(rows["participant_id"], rows["session_id"], strict=True)
    ]
    # A person without a row of the visit keeps the row of all visits.
    columns = [*whole.columns, *(name for name in rows.columns if name not in whole.columns)]
    parts = [part for part in (whole, rows[is_new]) if len(part)]
    return pd.concat(parts, ignore_index=True)[columns] if parts else whole
