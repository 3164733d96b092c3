"""What a cohort table knows of its own values, handed on to what is computed from it."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version
from typing import Any

import pandas as pd

from neuroflow.matrix.regions import REGION_KEY

CARRIED = ("cross_check", "service")
"""Names in ``.attrs`` of a cohort table that results computed from it keep."""

_COMPUTING = ("numpy", "scipy", "pandas")


def carried_facts(table: pd.DataFrame, result: pd.DataFrame | None = None) -> dict[str, Any]:
    """Return what a table knows of its values, and what a result computed from it covers."""
    facts = {name: table.attrs[name] for name in CARRIED if name in table.attrs}
    if result is not None and set(REGION_KEY) <= set(result):
        facts["metrics"] = [str(name) for name in dict.fromkeys(result["metric"].tolist())]
        facts["n_regions"] = len(result[["region", "hemisphere"]].drop_duplicates())
    return facts | {"software": software_versions()}


def software_versions() -> dict[str, str]:
    """Return the versions that numbers depend on besides that of neuroflow."""
    return {"Python": platform.python_version()} | {name: _version(name) for name in _COMPUTING}


@cache
def _version(name: str) -> str:
    """Return the version of a package; looking it up takes longer than a comparison's model."""
    return version(name)
