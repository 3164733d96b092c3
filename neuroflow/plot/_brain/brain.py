"""Values on the brain: a schematic glass brain in MNI space, offline."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from neuroflow.errors import OptionError
from neuroflow.matrix import check_number
from neuroflow.plot._brain.anatomy import places
from neuroflow.plot._brain.drawing import (
    Scene,
    draw_masks,
    draw_outlines,
    draw_schematic,
    number_strongest,
)
from neuroflow.plot._brain.masks import Masks
from neuroflow.plot._brain.projections import project_masks
from neuroflow.plot._brain.region_values import RegionNumbers, region_numbers
from neuroflow.plot._forest import model_note
from neuroflow.plot.common import (
    DOUBLE_COLUMN,
    abbreviations,
    add_lines,
    current_style,
    data_notes,
    figure_of,
    is_narrow,
    new_axes,
    panel_size,
    pick_regions,
    region_labels,
    set_caption,
    styled,
    width_of,
)
from neuroflow.plot.figures import FigureSpec, FormEntry

_LIST_AT = (190.0, -70.0)  # where the list begins
_LIST_HEIGHT = 120.0  # mm of the panel, below which its lines would lie over each other
_LIST_PITCH, _LIST_ROWS = 9.8, 14  # height and number of the lines of the list
_SCHEMATIC = (
    "Schematic: discs are regions and curves are tracts, at approximate positions in MNI space; "
    "bilateral values are drawn on both sides."
)


def brain(
    result: pd.DataFrame | pd.Series,
    regions: Sequence[str] | None = None,
    *,
    value: str | None = None,
    metric: str | None = None,
    contrast: str | None = None,
    study_id: str | None = None,
    masks: Masks | None = None,
    cut: tuple[float, float, float] | None = None,
    alpha: float = 0.05,
    limit: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one number per region on the brain, seen from three sides.

    Without masks the brain is schematic: regions are discs and tracts are curves at approximate
    places. A tract is never painted on the cortex it comes from.

    Parameters
    ----------
    result
        What `compare_groups`, `z_scores`, `change_over_time`, `correlate` or `asymmetry` return,
        any table with `region` and numbers, or a Series with regions as index.
    regions
        Identifiers or names of regions, in the order to draw; None for all.
    value
        Which column; None takes the first of `effect_size`, `z`, `r`, `value`.
    metric, contrast, study_id
        Which part of the result; None takes free water, or else the first; the figure states it.
    masks
        The regions' real shapes, from `read_masks`: they are projected instead of the drawing.
    cut
        Slices of the masks through this point (x, y, z in mm) instead of projections.
    alpha
        Regions with q at or above it are drawn hollow and thin; without q all are full.
    limit
        Where colours end; None takes the largest number drawn.
    ax
        Where to draw; None makes a figure of a journal's page width.

    Returns
    -------
    Axes
        What has no place is listed beside the picture, with its number; in a panel as narrow as
        a journal's column, in the caption.

    Raises
    ------
    OptionError
        A column, metric, contrast, study or region is not there, or `cut` without masks.
    TableError
        There are no regions, or two numbers for one.

    References
    ----------
    Fonov V et al. (2009), NeuroImage 47:S102: the template whose outline is drawn.

    Examples
    --------
    >>> ax = brain(pd.Series({"SCP": 2.0, "pSN": 0.5, "Somewhere": 1.0}, name="z"))
    >>> [text.get_text() for text in ax.texts if "Somewhere" in text.get_text()]
    ['Somewhere  1.00']
    """
    check_number("alpha", alpha, below=1)
    if limit is not None:
        check_number("limit", limit)
    numbers = region_numbers(result, value, metric=metric, contrast=contrast, study_id=study_id)
    if cut is not None and masks is None:
        raise OptionError("A cut needs masks.", advice="Pass masks=read_masks(...).")
    with styled():
        scene = _scene(numbers, regions, masks, alpha, limit)
        projections = {} if masks is None else project_masks(masks, scene.rows, cut)
        new_figure = ax is None
        if ax is None:
            ax = new_axes(DOUBLE_COLUMN, 38 + 0.9 * width_of(DOUBLE_COLUMN))
        draw_outlines(ax)
        listed = not is_narrow(ax) and panel_size(ax)[1] >= _LIST_HEIGHT
        if masks is None:
            draw_schematic(ax, scene)
        else:
            draw_masks(ax, scene, projections)
        if masks is None and listed:
            number_strongest(ax, scene)
        if listed:
            _draw_list(ax, scene, numbered=masks is None)
        _draw_colorbar(ax, scene, numbers)
        title, how = _title(numbers), _SCHEMATIC if masks is None else _how(cut)
        text, foot = _note(numbers, scene, how, alpha)
        if not listed and scene.numbered:
            strongest = "; ".join(_entry(scene, place) for place in scene.numbered)
            text += f" Strongest: {strongest}."
        words = ". ".join(part for part in (title, numbers.quantity) if part)
        set_caption(ax, f"{words}. {text}", foot, new_figure=new_figure, notes=data_notes(result))
        _set_title(ax, title, listed)
    return ax


FIGURE = FigureSpec(
    "brain",
    brain,
    needs="effects",
    title="Brain: effects in their regions",
    usual_names="glass brain, brain map, atlas figure",
    example='nf.plot.brain(effects, contrast="PSP - Control")',
    form=FormEntry("Brain", "The selected contrast on the brain", takes=("contrast",)),
    order=60,
)


def _set_title(ax: Axes, title: str, listed: bool) -> None:
    """Write what is drawn above the views, on several lines where these are narrow."""
    figure = figure_of(ax)
    if is_narrow(ax) and figure is not None:
        title = textwrap.fill(title, 36)
        add_lines(figure, 2 * title.count("\n"))
    ax.set_title(title, loc="left", pad=6 if listed else 14)


def _how(cut: tuple[float, float, float] | None) -> str:
    if cut is None:
        return "User's masks, projected: the value farthest from zero along each line of sight."
    x, y, z = (f"{place:g}".replace("-", "−") for place in cut)
    where = f"User's masks, cut at x = {x}, y = {y}, z = {z} mm"
    return f"{where}; where masks overlap, the value farthest from zero."


def _scene(
    numbers: RegionNumbers,
    regions: Sequence[str] | None,
    masks: Masks | None,
    alpha: float,
    limit: float | None,
) -> Scene:
    rows = numbers.rows[pick_regions(numbers.rows, regions)].reset_index(drop=True)
    order = np.argsort(-np.abs(rows["number"].to_numpy()), kind="stable")
    rows = rows.iloc[order].reset_index(drop=True)
    rows["label"] = region_labels(rows)
    q = rows["q"] if "q" in rows and numbers.column not in ("p", "q") else None
    rows["significant"] = True if q is None else (q < alpha).to_numpy(dtype=bool, na_value=False)
    keys = list(zip(rows["region"], rows["hemisphere"], strict=True))
    known = places()
    places_found = [known.get(key) for key in keys]
    rows["placed"] = [
        place is not None if masks is None else masks.has(*key)
        for place, key in zip(places_found, keys, strict=True)
    ]
    drawn = rows["number"].where(rows["placed"]).dropna()
    finite = drawn.to_numpy(dtype=np.float64)
    end = limit or float(np.abs(finite).max(initial=0)) or 1.0
    theme = current_style().palette
    signed = bool((finite < 0).any()) or numbers.column in ("effect_size", "z", "r", "estimate")
    return Scene(
        rows,
        places_found,
        Normalize(-end if signed else 0.0, end),
        theme.diverging if signed else theme.sequential,
    )


def _draw_list(ax: Axes, scene: Scene, *, numbered: bool) -> None:
    """Write the strongest regions and those without a place beside the picture."""
    theme = current_style().palette
    lines = [("strongest", theme.muted)] if scene.numbered else []
    lines += [
        (f"{place + 1}  " * numbered + _entry(scene, row), theme.foreground)
        for place, row in enumerate(scene.numbered)
    ]
    unplaced = scene.unplaced
    if unplaced:
        lines.append(("not in the figure", theme.muted))
        free = _LIST_ROWS - len(lines)
        shown = unplaced if len(unplaced) <= free else unplaced[: free - 1]
        lines += [(_entry(scene, row), theme.foreground) for row in shown]
        if len(shown) < len(unplaced):
            rest = len(unplaced) - len(shown)
            lines.append((f"and {rest} more, see the caption", theme.foreground))
    for place, (text, color) in enumerate(lines):
        height = _LIST_AT[1] - _LIST_PITCH * place
        ax.text(_LIST_AT[0], height, text, fontsize=current_style().small, color=color, va="top")


def _entry(scene: Scene, index: int) -> str:
    row = scene.rows.iloc[index]
    label = textwrap.shorten(str(row["label"]), 46, placeholder=" …")
    return f"{label}  {_format_number(row['number'], scene.norm.vmax or 1.0)}"


def _format_number(number: float, end: float) -> str:
    if not np.isfinite(number):
        return "no value"
    text = f"{number:.2f}" if end >= 0.5 else f"{number:.3f}" if end >= 0.05 else f"{number:.2g}"
    return text.replace("-", "−")


def _draw_colorbar(ax: Axes, scene: Scene, numbers: RegionNumbers) -> None:
    figure = figure_of(ax)
    if figure is None:
        return
    place = ax.inset_axes((_LIST_AT[0], -52.0, 130.0, 6.0), transform=ax.transData)
    bar = figure.colorbar(
        ScalarMappable(scene.norm, scene.cmap), cax=place, orientation="horizontal"
    )
    bar.outline.set_linewidth(0.6)
    bar.ax.locator_params(nbins=3 if is_narrow(ax) else 5)
    bar.ax.tick_params(labelsize=current_style().small)
    bar.ax.xaxis.set_label_position("top")
    quantity = numbers.quantity
    words = quantity[0].upper() + quantity[1:]
    words = textwrap.fill(words, 16) if is_narrow(ax) else words
    bar.set_label(words, fontsize=current_style().small)


def _title(numbers: RegionNumbers) -> str:
    chosen = [text for name, text in numbers.chosen.items() if name != "metric"]
    return ", ".join(text.replace(" - ", " − ") for text in chosen)


def _note(numbers: RegionNumbers, scene: Scene, how: str, alpha: float) -> tuple[str, str]:
    """Return caption and footnote: what is drawn, how, what was left to choose."""
    rows, parts = scene.rows, [how]
    if (rows["number"] < 0).any() and how == _SCHEMATIC:
        parts.append("Squares and dashed lines: values below zero.")
    elif (rows["number"] < 0).any():
        parts.append("Dotted outlines: values below zero.")
    if "method" in numbers.facts:
        note = model_note(numbers.facts, alpha)
        parts.append(note if how == _SCHEMATIC else note.replace("Filled", "Named as strongest"))
    elif not rows["significant"].all():
        parts.append(f"Filled: q < {alpha:g}.")
    parts += [
        f"Not drawn: {name.replace('_', ' ')} {', '.join(texts[:4])}{', ...' * (len(texts) > 4)}."
        for name, texts in numbers.others.items()
    ]
    if (empty := int(rows["number"].isna().sum())) > 0:
        parts.append(f"{empty} regions have no value.")
    used = [rows["label"].iloc[i] for i in [*scene.numbered, *scene.unplaced]]
    parts.append(abbreviations(used))
    foot = " ".join(part for part in parts if part)
    away = ", ".join(_entry(scene, row) for row in scene.unplaced)
    return f"{foot} Not in the figure: {away}." if away else foot, foot
