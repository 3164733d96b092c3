"""Words at the axes: metrics with units, regions, groups with n."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroflow.contract import BIOMARKERS
from neuroflow.errors import OptionError
from neuroflow.matrix import METRIC_NAMES, BoolArray, FloatArray, as_list, check_name

SYSTEMS = (
    "midbrain",
    "basal ganglia",
    "thalamus",
    "brainstem",
    "cerebellum",
    "corpus callosum",
    "prefrontal",
    "orbitofrontal",
    "sensorimotor",
    "parietal",
    "temporal",
    "occipital",
)
"""The order of the systems in every figure; others follow as they come."""

_KINDS = {"tcatt": ("Transcallosal tract, ", "TC"), "smatt": ("Sensorimotor tract, ", "SM")}
KIND_NOTES = {"TC": "TC, transcallosal tract", "SM": "SM, sensorimotor tract"}


def metric_name(metric: str) -> str:
    """Return a metric in words."""
    if not isinstance(metric, str):
        raise OptionError("A figure shows one metric.", advice='Name it, for example metric="FW".')
    return METRIC_NAMES.get(metric, metric)


def unit(metric: str, values: FloatArray) -> str:
    """Return the unit of a metric's values.

    >>> unit("FW", np.array([0.2])), unit("MD", np.array([0.0009])), unit("MD", np.array([0.9]))
    ('fraction', 'mm²/s', '10⁻³ mm²/s')
    """
    if metric in ("FW", "FA", "FAt"):
        return "fraction"
    known = np.abs(values[np.isfinite(values)])
    if metric == "MD" and known.size:
        size = float(np.median(known))
        return "mm²/s" if size < 0.05 else "10⁻³ mm²/s" if size < 50 else "10⁻⁶ mm²/s"
    return "units as reported"


def region_labels(columns: pd.DataFrame) -> list[str]:
    """Return the names of regions as figures show them.

    Parameters
    ----------
    columns
        One row per region, with the columns `region_name`, `kind` and `hemisphere` of the cohort
        table.

    Returns
    -------
    list of str
        One name per row: the hemisphere behind a comma, the kind of a tract abbreviated.

    Examples
    --------
    >>> region_labels(pd.DataFrame({
    ...     "region_name": ["Midbrain", "Transcallosal tract, cuneus"],
    ...     "kind": ["roi", "tcatt"], "hemisphere": ["left", "commissural"]}))
    ['Midbrain, left', 'Cuneus (TC)']
    """
    names = []
    for name, kind, side in zip(
        columns["region_name"], columns["kind"], columns["hemisphere"], strict=True
    ):
        prefix, short = _KINDS.get(kind, ("", ""))
        text = str(name)
        if prefix and text.startswith(prefix):
            rest = text.removeprefix(prefix)
            text = f"{rest[0].upper()}{rest[1:]} ({short})"
        elif len(text) > 45 and " (" in text:
            text = text.split(" (")[0]
        names.append(f"{text}, {side}" if side in ("left", "right") else text)
    return names


def abbreviations(labels: Sequence[str]) -> str:
    """Return the abbreviations that region labels use, spelled out."""
    used = [note for short, note in KIND_NOTES.items() if any(f"({short})" in x for x in labels)]
    return f"{'; '.join(used)}." if used else ""


def order_systems(systems: Sequence[str]) -> list[str]:
    """Sort brain systems into the order that figures use.

    Parameters
    ----------
    systems
        Names of systems, as in the column `system` of the cohort table.

    Returns
    -------
    list of str
        Each name once; unknown ones at the end, in the order in which they came.

    Examples
    --------
    >>> order_systems(["cerebellum", "midbrain", "cerebellum"])
    ['midbrain', 'cerebellum']
    """
    found = list(dict.fromkeys(systems))
    return [name for name in SYSTEMS if name in found] + [n for n in found if n not in SYSTEMS]


def usual_regions(columns: pd.DataFrame) -> list[str] | None:
    """Return the regions that are meant where none is named: the biomarkers; None (all) without."""
    there = set(columns["region"])
    return [name for name in BIOMARKERS if name in there] or None


def chosen_regions(
    columns: pd.DataFrame, regions: Sequence[str] | str | None
) -> Sequence[str] | None:
    """Return the regions that an argument names; None for all."""
    if regions is None:
        return usual_regions(columns)
    if isinstance(regions, str):
        return None if regions == "all" else [regions]
    return regions


def pick_regions(columns: pd.DataFrame, regions: Sequence[str] | None) -> BoolArray:
    """Return which columns belong to the regions asked for."""
    if regions is None:
        return np.ones(len(columns), dtype=bool)
    wanted = [regions] if isinstance(regions, str) else as_list("regions", regions)
    if not wanted:
        raise OptionError("regions is empty.", advice="Omit it for all regions.")
    names = _names(columns)
    picked = np.zeros(len(columns), dtype=bool)
    for region in wanted:
        picked[_places(names, region)] = True
    return picked


def _names(columns: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return what the region of each column may be called: its key, its name, its label."""
    keys, names = (columns[name].astype(str).to_list() for name in ("region", "region_name"))
    return list(zip(keys, names, region_labels(columns), strict=True))


def _places(names: Sequence[tuple[str, str, str]], region: str) -> list[int]:
    """Return the columns that a name means; a key that is written exactly goes first."""
    found = [place for place, (key, *_) in enumerate(names) if key == region]
    if not found:
        folded = region.casefold()
        found = [i for i, each in enumerate(names) if folded in map(str.casefold, each)]
    if not found:
        known = [*(name for _, name, _ in names), *(key for key, _, _ in names)]
        pool = {text.casefold(): text for text in known}
        close = difflib.get_close_matches(region.casefold(), pool, n=3, cutoff=0.4)
        raise OptionError(
            f"The table has no region {region}.",
            advice=f"Did you mean {' or '.join(pool[text] for text in close)}?"
            if close
            else "The column region lists the regions.",
        )
    return found


def order_regions(columns: pd.DataFrame, regions: Sequence[str] | None) -> list[int]:
    """Return the positions of the columns in the order of a figure."""
    if regions is not None:
        names = _names(columns)
        places = (place for region in regions for place in _places(names, region))
        return list(dict.fromkeys(places))
    order = order_systems(columns["system"].tolist())
    return sorted(range(len(columns)), key=lambda i: order.index(columns["system"].iloc[i]))


def find_region(columns: pd.DataFrame, region: str) -> tuple[int, str]:
    """Find one region."""
    check_name("region", region)
    found = np.flatnonzero(pick_regions(columns, [region]))
    names = region_labels(columns.iloc[found])
    if len(found) > 1:
        raise OptionError(
            f"{region} matches several regions: {', '.join(names)}.",
            advice="Keep the rows of one hemisphere.",
        )
    return int(found[0]), names[0]


def lower_first(text: str) -> str:
    """Return a text with a small first letter, for the middle of a sentence."""
    return text[:1].lower() + text[1:]
