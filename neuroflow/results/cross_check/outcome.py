"""The outcome of comparing the report of one study with a table."""

from __future__ import annotations

from typing import NamedTuple

AGREES, DIFFERS, NOT_COMPARED = "agrees", "differs", "not compared"


class Outcome(NamedTuple):
    """The outcome for one study."""

    result: str = NOT_COMPARED
    detail: str = ""  # Which regions agree; or which differ, by how much, and the likely cause
    # True where the same values of other studies agree: then this study is mixed up.
    is_accused: bool = False
