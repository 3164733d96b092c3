"""Differences of repeated scans against their means."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from neuroflow.compare import limits_of_agreement, needed_columns, read_repeats
from neuroflow.errors import CompareError
from neuroflow.matrix import (
    BoolArray,
    ExcludeSuspect,
    TimeUnit,
    check_number,
    percent_text,
    read_cells,
)
from neuroflow.plot.common import (
    SINGLE_COLUMN,
    abbreviations,
    current_style,
    data_notes,
    find_region,
    metric_name,
    new_axes,
    record_marks,
    set_caption,
    styled,
)
from neuroflow.plot.common import (
    unit as metric_unit,
)
from neuroflow.plot.figures import FigureSpec


def bland_altman(
    table: pd.DataFrame,
    region: str,
    metric: str = "FW",
    *,
    scanner: str | None = None,
    within: float | None = None,
    time: str = "age",
    unit: TimeUnit | None = None,
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the difference of two scans of each person against their mean.

    Parameters
    ----------
    table
        The cohort table, with repeated scans.
    region
        Identifier or name of one region.
    metric
        The metric to draw, such as ``"FW"``.
    scanner, within, time, unit
        As for `neuroflow.repeatability`; the first two repeats or scanners are compared.
    confidence
        Level of the limits of agreement and of the intervals, between 0 and 1.
    exclude_suspect
        As for `neuroflow.compare_groups`.
    ax
        Axes to draw on; None makes a figure as wide as a journal's column (85 mm).

    Returns
    -------
    Axes
        Means along x, differences up; lines are the bias and the limits of agreement, bands their
        confidence intervals.

    Raises
    ------
    CompareError
        Fewer than three people have two values of the region.
    OptionError
        The table lacks the region or metric, or several regions have this name.
    TableError
        The table lacks a column.

    References
    ----------
    Bland JM, Altman DG (1999), Stat Methods Med Res 8:135-160.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "participant_id": list("xxyyzz"), "region": "SCP",
    ...     "metric": "FW", "value": [0.30, 0.31, 0.40, 0.39, 0.50, 0.52]})
    >>> bland_altman(table, "SCP").get_ylabel()
    'second − first (fraction)'
    """
    check_number("confidence", confidence, below=1)
    needed = needed_columns(scanner, time, within)
    cells = read_cells(table, metric=metric, needed=needed, exclude_suspect=exclude_suspect)
    place, name = find_region(cells.columns, region)
    repeats = read_repeats(cells, scanner, time=time, unit=unit, within=within)
    pairs = repeats.values[:, :2, place]
    both: BoolArray = np.asarray(np.isfinite(pairs).all(axis=1), dtype=bool)
    if both.sum() < 3:
        raise CompareError(f"{both.sum()} people have two values of {name}; three are needed.")
    people = [who for who, here in zip(repeats.people, both, strict=True) if here]
    mean, difference = pairs[both].mean(axis=1), np.diff(pairs[both], axis=1)[:, 0]
    found = limits_of_agreement(difference[:, None], confidence)
    numbers = {name: float(values[0]) for name, values in found.items()}
    n, bias, low, high = len(mean), *(numbers[name] for name in ("bias", "lower", "upper"))
    quantity = f"{name}, {metric_name(metric).lower()} ({metric_unit(metric, mean)})"
    with styled():
        new_figure = ax is None
        if ax is None:
            ax = new_axes(SINGLE_COLUMN, 70.0)
        theme = current_style().palette
        for line in ("bias", "lower", "upper"):
            dashes = "-" if line == "bias" else (0, (4, 2))
            ends = (numbers[f"{line}_low"], numbers[f"{line}_high"])
            ax.axhspan(*ends, color=theme.muted, alpha=0.2, linewidth=0)
            ax.axhline(numbers[line], color=theme.foreground, linewidth=0.9, linestyle=dashes)
        ax.plot(mean, difference, "o", markersize=3.5, color=theme.foreground, alpha=0.7)
        shown = [f"{x:.3g}, difference {y:.3g}" for x, y in zip(mean, difference, strict=True)]
        record_marks(ax, people, shown, np.column_stack([mean, difference]))
        ax.set_xlabel(textwrap.fill(f"Mean of both, {quantity}", 40))
        ax.xaxis.set_major_locator(MaxNLocator(6, prune="upper"))  # a number at the end is cut
        difference_of = f"{repeats.names[1]} − {repeats.names[0]}"
        ax.set_ylabel(f"{difference_of} ({metric_unit(metric, mean)})")
        note = (
            f"Lines: bias {bias:.2g} and {percent_text(confidence)} limits of agreement "
            f"({low:.2g} to {high:.2g}), n = {n}. Bands: "
            f"{percent_text(confidence)} CI."
        )
        foot = " ".join(text for text in (note, abbreviations([quantity])) if text)
        text = f"Difference of repeated scans against their mean: {quantity}. {note}"
        set_caption(ax, text, foot, new_figure=new_figure, notes=data_notes(cells))
    return ax


FIGURE = FigureSpec(
    "bland_altman",
    bland_altman,
    needs="visits",
    title="Bland-Altman: agreement of repeated scans",
    usual_names="mean-difference plot, limits of agreement",
    example='nf.plot.bland_altman(visits, "SCP")',
    order=88,
)
