"""What a cohort table knows of its own values, handed on to what is computed from it."""

from __future__ import annotations

from typing import Any

import pandas as pd

CARRIED = ("cross_check",)
"""Names in ``.attrs`` of a cohort table that results computed from it keep."""


def carried_facts(table: pd.DataFrame) -> dict[str, Any]:
    """Return what a table knows of its values.

    Examples
    --------
    >>> table = pd.DataFrame()
    >>> table.attrs |= {"cross_check": {"agrees": 12}, "other": 1}
    >>> carried_facts(table)
    {'cross_check': {'agrees': 12}}
    """
    return {name: table.attrs[name] for name in CARRIED if name in table.attrs}
