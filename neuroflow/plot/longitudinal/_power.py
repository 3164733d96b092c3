"""Power against the number of participants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from neuroflow.compare import TrialDesign, sample_size
from neuroflow.errors import OptionError
from neuroflow.matrix import as_list, percent_text
from neuroflow.plot.common import (
    SINGLE_COLUMN,
    add_legend,
    current_style,
    new_axes,
    record_marks,
    set_caption,
    styled,
)
from neuroflow.plot.figures import FigureSpec

_MOST = 6
_DASHES: tuple[Any, ...] = ("-", (0, (4, 2)), (0, (6, 2, 1, 2)), (0, (1, 1.5)), (0, (8, 3)), "-.")


def power(
    effects: pd.DataFrame | Mapping[str, Any],
    regions: str | Sequence[str] | None = None,
    metric: str | None = None,
    *,
    contrast: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the power of a study against the number of participants per arm.

    Parameters
    ----------
    effects
        What `sample_size` returned, or what it takes.
    regions
        Up to six regions, or ``"composite"``; None for those that need the fewest participants.
    metric
        The metric to draw; None for the first one.
    contrast
        The contrast or group to draw; None for the first one that is left.
    ax
        Axes to draw on; None makes a figure as wide as a journal's column (85 mm).

    Returns
    -------
    Axes
        Participants per arm along x, power up; marks are where the wanted power is reached.

    Raises
    ------
    OptionError
        There is no such region, metric or contrast, or there are more than six regions.
    TableError
        A sample size cannot be computed from the source.

    Examples
    --------
    >>> ax = power({"mean_change": [1.0, 0.8], "sd_change": [2.0, 1.0], "region": ["SCP", "pSN"]})
    >>> ax.get_legend_handles_labels()[1]
    ['pSN, n = 274', 'SCP, n = 699']
    """
    sizes = (
        effects
        if isinstance(effects, pd.DataFrame) and "plan" in effects.attrs
        else sample_size(effects)
    )
    facts = {str(name): value for name, value in sizes.attrs.items()}
    rows = _chosen(sizes, regions, metric, contrast)
    omitted = len(rows) - _MOST
    rows = rows.head(_MOST)
    design = TrialDesign(facts["power"], facts["alpha"], allocation=facts["allocation"])
    most = float(rows["n_per_arm"].max()) * 1.6
    n = np.linspace(2, max(most, 10), 300)
    with styled():
        new_figure = ax is None
        if ax is None:
            ax = new_axes(SINGLE_COLUMN, 75.0)
        theme = current_style().palette
        labels, marks = [], []
        numbers = rows[["n_per_arm", "variance", "difference"]].to_numpy(dtype=np.float64)
        for dashes, name, row in zip(_DASHES, rows["name"], numbers, strict=False):
            label = f"{name}, n = {row[0]:.0f}"
            curve = design.power_of(n, *row[1:])
            ax.plot(n, curve, color=theme.foreground, linestyle=dashes, linewidth=1.2, label=label)
            labels.append(label)
            marks.append((row[0], facts["power"]))
        ax.plot(*np.array(marks).T, "o", markersize=4, color=theme.foreground, zorder=3)
        ax.axhline(facts["power"], color=theme.muted, linewidth=0.8, linestyle=(0, (2, 2)))
        record_marks(ax, rows["name"].tolist(), labels, np.array(marks))
        ax.set_ylim(0, 1.02)
        ax.set_xlim(0, n[-1])
        ax.set_xlabel("Participants per arm")
        ax.set_ylabel("Power")
        ax.grid(zorder=0)
        ax.set_axisbelow(True)
        add_legend(ax, ax.get_legend_handles_labels()[0], new_figure=new_figure)
        note = (
            f"Two-sided test at {facts['alpha']:g}. Marks: power of {percent_text(facts['power'])}."
        )
        if omitted > 0:
            note += f" Drawn are the {_MOST} regions of {_MOST + omitted} that need the fewest."
        set_caption(ax, f"Power of {_what(facts, rows)}. {note}", note, new_figure=new_figure)
    return ax


FIGURE = FigureSpec(
    "power",
    power,
    needs="effects",
    title="Power: participants per arm",
    usual_names="power curve, sample size curve",
    example='nf.plot.power(effects, ["pSN", "Putamen", "SCP"], "FW", contrast="PD - Control")',
    order=86,
)


def _chosen(
    sizes: pd.DataFrame,
    regions: str | Sequence[str] | None,
    metric: str | None,
    contrast: str | None,
) -> pd.DataFrame:
    """Return the rows to draw, those with the fewest participants first."""
    rows = sizes[sizes["n_per_arm"].notna()].copy()
    rows["name"] = rows["region"].astype(str) if "region" in rows else "all"
    if regions is not None:
        wanted = as_list("regions", regions)
        if unknown := [name for name in wanted if name not in set(rows["name"])]:
            raise OptionError(f"There is no sample size of {', '.join(unknown)}.")
        rows = rows[rows["name"].isin(wanted)]
    if "contrast" in rows:
        known = list(dict.fromkeys(rows["contrast"]))
        if contrast is not None and contrast not in known:
            raise OptionError(
                f"There is no contrast {contrast!r}.", advice=f"Choose from {', '.join(known)}."
            )
        rows = rows[rows["contrast"] == (contrast or (known[0] if known else ""))]
    if "metric" in rows and len(rows):
        rows = rows[rows["metric"] == (metric or rows["metric"].iloc[0])]
    if not len(rows):
        raise OptionError("There is no sample size to draw.", advice="See the column reason.")
    rows = rows.sort_values("n_per_arm", kind="stable")
    if regions is not None and len(rows) > _MOST:
        raise OptionError(
            f"{len(rows)} curves cannot be distinguished.", advice=f"Choose up to {_MOST}."
        )
    return rows


def _what(facts: Mapping[str, Any], rows: pd.DataFrame) -> str:
    who = f" in {rows['contrast'].iloc[0]}" if "contrast" in rows else ""
    who += f" ({rows['metric'].iloc[0]})" if "metric" in rows else ""
    if facts["plan"] in ("slopes", "change"):
        return f"a trial that slows the change by {percent_text(facts['slowing'])}{who}"
    return f"a comparison with the same difference{who}"
