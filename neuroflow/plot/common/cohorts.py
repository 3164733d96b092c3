"""Effects of several cohorts in one panel, with diamonds for their summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D

from neuroflow.compare import RANDOM
from neuroflow.errors import OptionError
from neuroflow.matrix import FloatArray, as_list, require
from neuroflow.plot.common.style import current_style

_HALF = 0.08  # of the distance of two regions


def cohort_rows(
    effects: pd.DataFrame, value: str, contrasts: str | Sequence[str] | None
) -> pd.DataFrame:
    """Return the effects of one contrast in all cohorts, and their summary in the same columns."""
    require(effects, ["cohort"], advice="Pass what compare_cohorts returned.")
    known = list(dict.fromkeys(effects["contrast"]))
    chosen = as_list("contrasts", contrasts or known)
    if len(chosen) > 1:
        raise OptionError(
            f"The effects of cohorts are drawn for one contrast, not {len(chosen)}.",
            advice=f"Choose one of {', '.join(known)}.",
        )
    rows = effects[effects["contrast"].isin(chosen)].copy()
    summary = rows["cohort"] == RANDOM
    if effects.attrs.get("pooled", "estimate") != value:  # it has another unit
        rows = rows[~summary]
    elif value == "effect_size":
        for name, source in (
            ("effect_size", "estimate"),
            ("effect_size_ci_low", "ci_low"),
            ("effect_size_ci_high", "ci_high"),
        ):
            rows.loc[summary, name] = rows.loc[summary, source]
    order = [*(name for name in dict.fromkeys(rows["cohort"]) if name != RANDOM), RANDOM]
    return rows.sort_values("cohort", key=lambda names: names.map(order.index), kind="stable")


def cohorts_note(facts: Mapping[Any, Any], names: Sequence[str], alpha: float) -> str:
    """Return in words what is drawn for cohorts, and whether their summary is among it."""
    filled = f"Filled: q < {alpha:g}."
    if RANDOM in names:
        return (
            f"Diamonds: random-effects summary of {len(names) - 1} cohorts (REML, Hartung and "
            f"Knapp). {filled}"
        )
    if "pooled" in facts:
        what = "effect sizes" if facts["pooled"] == "effect_size" else "differences"
        return f"The summary of the cohorts is one of {what}, and not drawn. {filled}"
    return filled


def draw_diamonds(
    ax: Axes, low: FloatArray, middle: FloatArray, high: FloatArray, y: FloatArray
) -> Artist:
    """Draw a diamond per region, as wide as the interval; return the legend's mark."""
    color = current_style().palette.foreground
    known = np.isfinite(low) & np.isfinite(high)
    corners = [
        [(a, at), (m, at - _HALF), (b, at), (m, at + _HALF)]
        for a, m, b, at in zip(low[known], middle[known], high[known], y[known], strict=True)
    ]
    ax.add_collection(PolyCollection(corners, facecolor=color, edgecolor=color, zorder=3))
    ax.update_datalim(np.array([point for corner in corners for point in corner]).reshape(-1, 2))
    ax.autoscale_view()
    return Line2D([], [], color=color, marker="D", markersize=5, linestyle="", label=RANDOM)
