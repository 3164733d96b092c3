"""What the figures have in common: legends above, systems beside."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from neuroflow.plots.styling import MM, current


def add_legend(ax: Axes, handles: Sequence[Artist], *, own: bool, markerscale: float = 1) -> None:
    """Put a legend above the panel, in as many columns as the width holds.

    Parameters
    ----------
    ax
        The panel.
    handles
        What to explain, with labels.
    own
        True where the figure has this panel only: then the legend may take its whole width.
    markerscale
        How much larger than in the panel the markers are.
    """
    figure = ax.get_figure(root=True)
    if figure is None or not handles:
        return
    width = figure.get_size_inches()[0] * (1 if own else ax.get_position().width)
    # A letter is about 0.6 of its size wide; 9 mm are marker and gaps.
    longest = max(len(str(handle.get_label())) for handle in handles)
    column = longest * 0.58 * current().small / 72 + 9 * MM
    columns = max(1, min(len(handles), int(width / column)))
    if own:
        figure.legend(
            handles=handles, loc="outside upper left", ncols=columns, markerscale=markerscale
        )
    else:
        ax.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=columns,
            borderaxespad=0.3,
            markerscale=markerscale,
        )


def mark_systems(ax: Axes, systems: Sequence[str], *, at: float = 1.01) -> None:
    """Name the systems beside their regions, and draw a line between them.

    Parameters
    ----------
    ax
        Regions at y = 0, 1, 2, ...
    systems
        The system of each, in that order; blank ones are not named.
    at
        Where the names begin, in widths of the panel.
    """
    theme = current().palette
    start = 0
    runs = [(name, len(list(run))) for name, run in groupby(systems)]
    if len(runs) == len(systems) > 1 and len(set(systems)) < len(systems):
        return  # in the user's own order, not by system
    for name, length in runs:
        if name:
            ax.annotate(
                name[0].upper() + name[1:],
                (at, start + (length - 1) / 2),
                xycoords=ax.get_yaxis_transform(),
                ha="left",
                va="center",
                fontsize=current().small,
                color=theme.quiet,
                annotation_clip=False,
            )
        start += length
        if start < len(systems):
            ax.axhline(start - 0.5, color=theme.quiet, linewidth=0.8, zorder=1)
