"""Calibration: what was true of studies with a given probability."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from neuroflow.compare import calibrate, calibration_curve, read_labelled
from neuroflow.errors import OptionError
from neuroflow.matrix import FloatArray, Labels, percent_text
from neuroflow.plot.common import (
    SINGLE_COLUMN,
    current_style,
    new_axes,
    record_marks,
    set_caption,
    styled,
)
from neuroflow.plot.figures import FigureSpec


def calibration(
    table: pd.DataFrame,
    score: str,
    *,
    truth: str = "group",
    positive: Labels | None = None,
    reference: Labels | None = "auto",
    visit: str | None = None,
    bins: int = 5,
    confidence: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often a diagnosis was true, against the probability that was given for it.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    score
        A column of probabilities, between 0 and 1, one per study.
    truth, positive, reference, visit
        As for `neuroflow.diagnostic_accuracy`.
    bins
        Number of marks; each stands for the same number of studies.
    confidence
        Level of the exact intervals, between 0 and 1.
    ax
        Axes to draw on; None makes a figure as wide as a journal's column (85 mm).

    Returns
    -------
    Axes
        Mean probability along x and the observed share up, both from 0 to 1; the line is where
        both are equal, the ticks at the foot are the studies.

    Raises
    ------
    CompareError
        A side has no study, or participants have repeated visits and none is chosen.
    OptionError
        The column does not contain probabilities, or an argument is outside its choices.
    TableError
        The table lacks a column.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcd"), "group": ["Control"] * 2 + ["PSP"] * 2, "region": "SCP",
    ...     "metric": "FW", "value": 0.3, "p_psp": [0.1, 0.6, 0.4, 0.9]})
    >>> calibration(table, "p_psp", bins=2).get_ylabel()
    'Observed share of PSP'
    """
    if not 1 <= bins <= 50:
        raise OptionError(f"bins is {bins}.", advice="Choose a number from 1 to 50.")
    labelled = read_labelled(
        table, truth=truth, positive=positive, reference=reference, score=score, visit=visit
    )
    found = calibrate(labelled, score, confidence)
    known = np.isfinite(labelled.values[:, 0])
    p, y = labelled.values[known, 0], labelled.positive[known].astype(np.float64)
    curve = calibration_curve(p, y, bins, confidence)
    sick = " or ".join(found.attrs["positive"])
    with styled():
        new_figure = ax is None
        if ax is None:
            ax = new_axes(SINGLE_COLUMN, 90.0)
        _draw(ax, curve, p)
        ax.set_xlabel(f"Probability ({score})")
        ax.set_ylabel(f"Observed share of {sick}")
        marks = curve[["expected", "observed"]].to_numpy(dtype=np.float64)
        shown = [f"{x:.2f} given, {y:.2f} observed" for x, y in marks]
        record_marks(ax, [f"bin {i + 1}" for i in range(len(curve))], shown, marks)
        note = f"Marks: {len(curve)} bins of equal size with exact {percent_text(confidence)} CI."
        text = f"Calibration of {score} for {sick} (n = {len(p)}). {note} {_numbers(found)}"
        set_caption(ax, text, f"{note} {_numbers(found)}", new_figure=new_figure)
    return ax


FIGURE = FigureSpec(
    "calibration",
    calibration,
    needs="table",
    title="Calibration: whether predicted probabilities agree with observed frequencies",
    usual_names="reliability diagram",
    example='nf.plot.calibration(table, "p_atypical", positive=["MSA", "PSP"], reference="PD")',
    order=85,
)


def _draw(ax: Axes, curve: pd.DataFrame, p: FloatArray) -> None:
    theme = current_style().palette
    ax.plot([0, 1], [0, 1], color=theme.muted, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    ax.vlines(p, -0.05, -0.02, color=theme.muted, linewidth=0.5, zorder=1)
    x, y = curve["expected"].to_numpy(), curve["observed"].to_numpy()
    ax.vlines(x, curve["ci_low"], curve["ci_high"], color=theme.foreground, linewidth=1.0, zorder=2)
    ax.plot(x, y, color=theme.foreground, linewidth=1.0, zorder=2)
    ax.scatter(x, y, s=24, color=theme.foreground, edgecolor=theme.background, zorder=3)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.05, 1.02)
    ax.set_aspect("equal")
    ax.grid(zorder=0)
    ax.set_axisbelow(True)


def _numbers(found: pd.DataFrame) -> str:
    """Return slope, intercept and Brier score, with intervals."""
    parts = []
    for name, word in (("slope", "slope"), ("intercept", "intercept"), ("Brier", "Brier score")):
        row = found[found["measure"] == name]
        value, low, high = row[["value", "ci_low", "ci_high"]].to_numpy(dtype=np.float64)[0]
        parts.append(
            f"{word} {value:.2f} [{low:.2f}, {high:.2f}]" if np.isfinite(low) else f"{word} –"
        )
    text = ", ".join(parts).replace("-", "−")
    return f"{text[0].upper()}{text[1:]}."
