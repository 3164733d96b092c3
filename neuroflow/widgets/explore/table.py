"""The table of effects, for selecting a region and a contrast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from neuroflow.plot import region_labels
from neuroflow.widgets.common import DataTable, bind, private
from neuroflow.widgets.explore.fields import tick_box
from neuroflow.widgets.explore.model import ExploreModel

PER_PAGE = 10
"""Rows of a page: the figures below stay within reach."""
REASON = {"reason": "reason for no result"}
"""The column with why there is no result, and its header; left out where it is empty."""
COLUMNS = {
    "contrast": "contrast",
    "n1": "n1",
    "n2": "n2",
    "estimate": "difference",
    "ci_low": "CI low",
    "ci_high": "CI high",
    "effect_size": "effect size",
    "p": "p",
    "q": "q",
    **REASON,
}
"""Columns of `compare_groups` and their headers in the form."""


def rows_of(effects: pd.DataFrame) -> pd.DataFrame:
    """Return effects as shown in the form."""
    shown = labelled_rows(effects, COLUMNS)
    shown.insert(1, "system", effects["system"].astype("str").to_numpy())
    return shown


def labelled_rows(found: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return rows of an analysis under the headers of the form, each with its region's name."""
    kept = {name: header for name, header in columns.items() if name in found}
    if "reason" in kept and not found["reason"].fillna("").astype(str).str.strip().any():
        del kept["reason"]
    shown = found[list(kept)].rename(columns=kept).reset_index(drop=True)
    shown.insert(0, "region", region_labels(found))
    return shown


def effects_table(model: ExploreModel) -> private.VBox:
    """Draw the table of effects, in step with the selected region and contrast."""
    view = DataTable(model, "Effects: select a region", select="single", per_page=PER_PAGE)
    order = tick_box(
        model, "by_system", "By brain system", "Otherwise the smallest p values come first"
    )

    effects: pd.DataFrame | None = None

    def fill() -> None:
        nonlocal effects
        effects = model.listed_effects
        rows = pd.DataFrame() if effects is None else rows_of(effects)
        if rows.equals(view.frame):
            follow()  # the same answer, made again
        else:
            view.show(rows, selected=places()[:1])

    def places() -> list[int]:
        """Return the rows of the region and the contrast; a region has one per contrast."""
        if effects is None:
            return []
        here = effects["region"] == model.region
        if model.contrast in model.contrasts:
            here &= effects["contrast"] == model.contrast
        return [int(place) for place in here.to_numpy().nonzero()[0]]

    def follow() -> None:
        """Select the row of region and contrast, unless one of them is selected."""
        found = places()
        if found and not set(found) & set(view.selected):
            view.selected = (found[0],)

    def choose(change: Any) -> None:
        if change.new and effects is not None:
            row = effects.iloc[change.new[0]]
            model.set(region=str(row["region"]), contrast=str(row["contrast"]))

    bind(model, ["effects", "by_system"], fill)
    bind(model, ["region", "contrast"], follow)
    view.observe(lambda change: model.run_safely(lambda: choose(change)), names="selected")
    return private.VBox([order, view])
