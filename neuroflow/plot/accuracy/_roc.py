"""ROC curves: sensitivity against specificity at every cut-off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from neuroflow.compare import area_inference, read_labelled, roc_area, roc_points
from neuroflow.errors import OptionError, Wording
from neuroflow.matrix import (
    BoolArray,
    ExcludeSuspect,
    FloatArray,
    Labels,
    as_list,
    check_number,
    percent_text,
)
from neuroflow.plot.common import (
    SINGLE_COLUMN,
    abbreviations,
    add_legend,
    current_style,
    is_narrow,
    lower_first,
    metric_name,
    new_axes,
    order_regions,
    pick_regions,
    record_marks,
    region_labels,
    set_caption,
    styled,
    usual_regions,
)
from neuroflow.plot.figures import FigureSpec, FormEntry

_MOST = 6
_DASHES: tuple[tuple[float, tuple[float, ...] | None], ...] = (
    (0, None),
    (0, (4, 2)),
    (0, (6, 2, 1, 2)),
    (0, (1, 1.5)),
    (0, (5, 1, 1, 1, 1, 1)),
    (0, (8, 3)),
)


def roc(
    table: pd.DataFrame,
    regions: Sequence[str] | str | None = None,
    metric: str = "FW",
    *,
    score: str | Sequence[str] | None = None,
    truth: str = "group",
    positive: Labels | None = None,
    reference: Labels | None = "auto",
    visit: str | None = None,
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw ROC curves of a few regions or scores, with the areas under them.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    regions
        Identifiers or names of up to six regions; None for the four biomarkers (pSN, Putamen,
        SCP, MCP), or all if the table has none of these.
    metric
        The metric to draw, such as ``"FW"``.
    score
        Columns of numbers to draw instead of regions, such as probabilities of the service.
    truth, positive, reference, visit
        As for `neuroflow.diagnostic_accuracy`.
    confidence
        Level of the areas' intervals (DeLong, logit scale), between 0 and 1.
    exclude_suspect
        As for `neuroflow.compare_groups`.
    ax
        Axes to draw on; None makes a figure as wide as a journal's column (85 mm).

    Returns
    -------
    Axes
        1 - specificity along x and sensitivity up, both from 0 to 1.

    Raises
    ------
    CompareError
        A side has no study, or participants have repeated visits and none is chosen.
    OptionError
        There are more than six curves, or an argument is outside its choices.
    TableError
        The table lacks a column.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcd"), "group": ["Control"] * 2 + ["PSP"] * 2,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.50, 0.45, 0.55]})
    >>> roc(table, "SCP").get_legend_handles_labels()[1]
    ['SCP, AUC 0.75 [0.00, 1.00]']
    """
    check_number("confidence", confidence, below=1)
    labelled = read_labelled(
        table,
        truth=truth,
        positive=positive,
        reference=reference,
        score=score,
        metric=metric if score is None else None,
        visit=visit,
        exclude_suspect=exclude_suspect,
    )
    names, chosen = _curves(labelled.columns, regions, score)
    values = labelled.values[:, chosen]
    labels = _legend(names, values, labelled.positive, confidence)
    with styled():
        new_figure = ax is None
        if ax is None:
            ax = new_axes(SINGLE_COLUMN, 85.0 + 5 * len(names))
        breaks = "\n" if not new_figure and is_narrow(ax) else " "
        shown = [label.replace(", AUC", f",{breaks}AUC") for label in labels]
        _draw(ax, values, labelled.positive, shown)
        record_marks(ax, names, labels, np.full((len(names), 2), np.nan))
        add_legend(ax, ax.get_legend_handles_labels()[0], new_figure=new_figure)
        facts = labelled.facts
        what = lower_first(metric_name(metric)) if score is None else "scores"
        who = f"{' or '.join(facts['positive'])} against {' or '.join(facts['negative'])}"
        n = f"n = {facts['n_positive']} and {facts['n_negative']}"
        note = f"AUC with {percent_text(confidence)} CI (DeLong, logit scale)."
        gaps = int(np.isnan(values).sum())
        note += f" {gaps} missing value{'s are' if gaps > 1 else ' is'} excluded." if gaps else ""
        foot = " ".join(text for text in (note, abbreviations(names)) if text)
        set_caption(
            ax,
            f"ROC curves of {what}: {who} ({n}). {note}",
            foot,
            new_figure=new_figure,
            notes=facts["data_notes"],
        )
    return ax


FIGURE = FigureSpec(
    "roc",
    roc,
    needs="table",
    title="ROC: how well regions separate groups",
    usual_names="receiver operating characteristic, AUC",
    example='nf.plot.roc(table, positive="PSP")',
    form=FormEntry("ROC", "Sensitivity and specificity of regions at every cut-off", ("regions",)),
    order=80,
)


def _curves(
    columns: pd.DataFrame, regions: Sequence[str] | str | None, score: str | Sequence[str] | None
) -> tuple[list[str], list[int]]:
    """Return the names of the curves and their columns."""
    if score is not None:
        names = as_list("score", score)
        chosen = list(range(len(names)))
    else:
        regions = usual_regions(columns) if regions is None else regions
        picked = np.flatnonzero(pick_regions(columns, regions))
        rows = columns.iloc[picked].reset_index(drop=True)
        order = order_regions(rows, [regions] if isinstance(regions, str) else regions)
        chosen = [int(picked[i]) for i in order]
        names = region_labels(columns.iloc[chosen].reset_index(drop=True))
    if len(names) > _MOST:
        raise OptionError(
            f"{len(names)} curves cannot be distinguished.",
            advice=Wording(
                f"Choose up to {_MOST} regions; diagnostic_accuracy computes all.",
                cli=f"Choose up to {_MOST} with --regions; `neuroflow accuracy` computes all.",
                form=f"Choose up to {_MOST} regions.",
            ),
        )
    return names, chosen


def _legend(
    names: Sequence[str], values: FloatArray, positive: BoolArray, confidence: float
) -> list[str]:
    """Return each curve's name with the area under it."""
    area = roc_area(values[positive], values[~positive])
    found = area_inference(area, confidence)
    return [
        f"{name}, AUC {auc:.2f} [{low:.2f}, {high:.2f}]"
        if np.isfinite(low)
        else f"{name}, AUC – (too few)"
        for name, auc, low, high in zip(
            names, area.auc, found["ci_low"], found["ci_high"], strict=True
        )
    ]


def _draw(ax: Axes, values: FloatArray, positive: BoolArray, labels: Sequence[str]) -> None:
    theme = current_style().palette
    ax.plot([0, 1], [0, 1], color=theme.muted, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    colors = (theme.foreground, *theme.extra_groups)
    for place, label in enumerate(labels):
        x, y = roc_points(values[:, place], positive)
        (line,) = ax.plot(x, y, color=colors[place], linewidth=1.4, zorder=2, label=label)
        offset, dashes = _DASHES[place]
        line.set_linestyle((offset, dashes) if dashes else "-")
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")
    ax.set_xlabel("1 − specificity")
    ax.set_ylabel("Sensitivity")
    ax.grid(zorder=0)
    ax.set_axisbelow(True)
