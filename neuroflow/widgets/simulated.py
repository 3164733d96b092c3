"""How simulated work is known and marked in the forms and in all that is exported from them."""

from __future__ import annotations

import pandas as pd

from neuroflow.workspace import Workspace

SIMULATED = "SIMULATED"
"""The mark of simulated rows, in the column `data` of tables."""
NOTE = "SIMULATED data, not for clinical use"
"""Stands in the header of the forms, below figures, and in methods texts."""
COHORT = "SIMULATED"
"""The id of the simulated cohort."""
FOLDER = "simulated"
"""The folder of a workspace that holds simulated scans and their service."""


def look(note: str) -> dict[str, str]:
    """Return what a figure's style is given for a note; nothing, so that another one stays."""
    return {"note": note} if note else {}


def is_simulated(ws: Workspace) -> bool:
    """Return whether a workspace has simulated scans."""
    return (ws.folder / FOLDER).is_dir()


def has_simulated_rows(table: pd.DataFrame | None) -> bool:
    """Return whether a cohort table holds simulated values."""
    return table is not None and "data" in table and bool((table["data"] == SIMULATED).any())
