"""Effect sizes against p values, the strongest effects named."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from neuroflow.errors import OptionError
from neuroflow.matrix import BoolArray, FloatArray, check_number
from neuroflow.plot._forest import effect_axis, effect_rows, model_note
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
    abbreviations,
    add_legend,
    current_style,
    data_notes,
    figure_of,
    group_styles,
    new_axes,
    point_handle,
    record_marks,
    region_labels,
    set_caption,
    styled,
)
from neuroflow.plot.figures import FigureSpec, FormEntry


def volcano(
    effects: pd.DataFrame,
    *,
    contrast: str | None = None,
    metric: str | None = None,
    alpha: float = 0.05,
    n_labels: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """Draw the effect size of every region against its p value.

    Parameters
    ----------
    effects
        The table that `compare_groups` returns: one row per contrast, region and metric.
    contrast
        The contrast to draw; None if the table has only one.
    metric
        The metric to draw; None for free water (FW) if the table has it, else the first.
    alpha
        Effects with q below it are filled.
    n_labels
        How many of these are labelled, smallest p first.
    ax
        Axes to draw on; None makes a figure.

    Returns
    -------
    Axes
        Labels that would overlap are omitted.

    Raises
    ------
    OptionError
        The table lacks a metric or contrast, or has several contrasts and `contrast` is None.
    TableError
        The table does not have the columns that `compare_groups` returns.

    Examples
    --------
    >>> from neuroflow.compare.groups import compare_groups
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.50, 0.55, 0.60]})
    >>> volcano(compare_groups(table)).get_ylabel()
    'p value'
    """
    check_number("alpha", alpha, below=1)
    wanted = None if contrast is None else [contrast]
    rows, metric = effect_rows(effects, metric, wanted, "effect_size")
    found = list(dict.fromkeys(rows["contrast"]))
    if len(found) > 1:
        raise OptionError(
            "A volcano plot shows one contrast.", advice=f"Choose one: {', '.join(found)}."
        )
    rows = rows[rows["p"].notna()].reset_index(drop=True)
    with styled():
        new_figure = ax is None
        if ax is None:
            ax = new_axes(DOUBLE_COLUMN, 105)
        p = rows["p"].to_numpy(dtype=np.float64)
        height = -np.log10(np.maximum(p, np.finfo(np.float64).tiny))
        points = np.column_stack([rows["effect_size"].to_numpy(dtype=np.float64), height])
        significant = (rows["q"] < alpha).to_numpy(dtype=bool)
        handles = _draw(ax, points, significant, found[0], alpha)
        ax.set_xlabel(effect_axis(effects.attrs, rows, metric, "effect_size").rsplit(" (", 1)[0])
        ax.set_ylabel("p value")
        add_legend(ax, handles, new_figure=new_figure)
        labels = region_labels(rows)
        record_marks(ax, rows["region"].astype(str), labels, points)
        note = " ".join(
            part for part in (model_note(effects.attrs, alpha), abbreviations(labels)) if part
        )
        text = f"{found[0].replace(' - ', ' − ')}, {ax.get_xlabel()}. {note}"
        set_caption(ax, text, note, new_figure=new_figure, notes=data_notes(effects))
        chosen = [int(i) for i in np.argsort(p, kind="stable") if significant[i]][
            : max(n_labels, 0)
        ]
        _label_points(ax, points, labels, chosen)
    return ax


FIGURE = FigureSpec(
    "volcano",
    volcano,
    needs="effects",
    title="Volcano plot: effect sizes and p values",
    usual_names="p values against effects",
    example='nf.plot.volcano(effects, contrast="MSA - Control")',
    form=FormEntry("Volcano", "Effect size against p value", takes=("contrast",)),
    order=40,
)


def _draw(
    ax: Axes, points: FloatArray, significant: BoolArray, contrast: str, alpha: float
) -> list[Artist]:
    x, y = points.T
    theme = current_style().palette
    first = contrast.split(" - ", maxsplit=1)[0]
    color, marker = group_styles([first])[first] if "+" not in first else (theme.foreground, "o")
    for filled in (False, True):
        some = significant == filled
        ax.scatter(
            x[some],
            y[some],
            s=20,
            marker=marker,
            facecolor=color if filled else theme.background,
            edgecolor=color,
            linewidths=1.0,
            zorder=3,
        )
    ax.axvline(0, color=theme.muted, linewidth=0.8, zorder=1)
    top = max(1.0, float(np.ceil(y.max(initial=0))))
    if top <= 2:
        values = [p for p in (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01) if -np.log10(p) <= top]
        ax.set_yticks(-np.log10(values), [f"{p:g}" for p in values])
    else:
        powers = range(0, int(top) + 1, max(1, int(np.ceil(top / 8))))
        labels = [f"$10^{{-{t}}}$" if t else "1" for t in powers]
        ax.set_yticks(list(powers), labels, parse_math=True)
    ax.set_ylim(-0.03 * top, 1.08 * top)
    wide = float(np.abs(x).max(initial=0.5)) * 1.25
    ax.set_xlim(min(-wide * 0.2, x.min(initial=0) * 1.25), max(wide * 0.2, x.max(initial=0) * 1.25))
    ax.grid(zorder=0)
    ax.set_axisbelow(True)
    name = contrast.replace(" - ", " − ")
    return [
        point_handle(f"{name}: q < {alpha:g}", color, marker),
        point_handle(f"q ≥ {alpha:g}", color, marker, face=theme.background),
    ]


def _label_points(ax: Axes, points: FloatArray, labels: list[str], chosen: list[int]) -> None:
    """Write names beside their points where nothing else is."""
    figure = figure_of(ax)
    if figure is None or not chosen:
        return
    figure.draw_without_rendering()  # places are known only after the layout
    point = figure.dpi / 72
    pixels = ax.transData.transform(points)
    taken = [
        Bbox.from_bounds(x - 3 * point, y - 3 * point, 6 * point, 6 * point) for x, y in pixels
    ]
    inside = ax.get_window_extent()
    for i in chosen:
        text = ax.annotate(
            labels[i],
            (points[i, 0], points[i, 1]),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize=current_style().small,
            va="center",
            zorder=4,
        )
        others = [box for place, box in enumerate(taken) if place != i]
        for far, (side, up) in product((6, 16, 30, 48, 66), _DIRECTIONS):
            text.set_position((side * far, up * far))
            text.set_horizontalalignment("left" if side > 0 else "right" if side < 0 else "center")
            box = text.get_window_extent().padded(1.5 * point)
            end = np.clip(pixels[i], box.min, box.max)
            if _is_free(box, pixels[i], end, inside, others) and not box.overlaps(taken[i]):
                taken.append(box)
                _draw_leader(ax, points[i], (end - pixels[i]) / point)
                break
        else:
            text.remove()


def _is_free(
    box: Bbox, start: FloatArray, end: FloatArray, inside: Bbox, others: Sequence[Bbox]
) -> bool:
    """Return whether a name and the line to it overlap nothing."""
    within = inside.x0 <= box.x0 and box.x1 <= inside.x1
    within = within and inside.y0 <= box.y0 and box.y1 <= inside.y1
    if not within or box.count_overlaps(others):
        return False
    line = start + np.linspace(0, 1, 12)[:, None] * (end - start)
    texts = [other for other in others if other.width > 2 * other.height]  # names, not points
    return not any(other.contains(x, y) for other in texts for x, y in line)


def _draw_leader(ax: Axes, spot: FloatArray, to: FloatArray) -> None:
    """Draw a line from a point to the near edge of its name, if that is not beside it."""
    if np.hypot(*to) > 8:
        ax.annotate(
            "",
            (spot[0], spot[1]),
            xytext=(to[0], to[1]),
            textcoords="offset points",
            arrowprops={
                "arrowstyle": "-",
                "linewidth": 0.6,
                "color": current_style().palette.muted,
                "shrinkA": 0,
                "shrinkB": 3,
            },
        )


_DIRECTIONS: Sequence[tuple[float, float]] = (
    *((1, 0), (-1, 0), (1, 0.6), (-1, 0.6), (1, -0.6), (-1, -0.6)),
    *((0, 1), (0, -1), (1, 1.2), (-1, 1.2)),
)
