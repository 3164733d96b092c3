"""The visual report, prediction.png: drawn, simulated, and saying so."""

from __future__ import annotations

import io
import textwrap
from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroflow.demo.aidp import NOTICE
from neuroflow.demo.report import BIOMARKERS, MODEL_VERSION, PRODUCT, Prediction
from neuroflow.demo.statistics import GROUPS, group_statistics

_INK, _GREY, _BLUE, _ORANGE, _RED = "#1f2a36", "#8a949e", "#2f6da8", "#d9822b", "#b3261e"


def draw_prediction(prediction: Prediction, study_id: str, at: datetime) -> bytes:
    """Draw the report on a study.

    Parameters
    ----------
    prediction
        What to show.
    study_id
        Stands as the order's id.
    at
        When it was processed.

    Returns
    -------
    bytes
        A PNG of 850 x 1100 pixels.
    """
    figure = _page(study_id, at)
    bars = figure.add_axes((0.10, 0.70, 0.80, 0.04))
    _probability_bar(bars, "PD v Atypical", ("PD", "Atypical"), prediction.atypical)
    below = figure.add_axes((0.10, 0.59, 0.80, 0.04))
    if prediction.is_atypical:
        _probability_bar(below, "PSPvsMSAp", ("MSAp", "PSP"), prediction.psp)
    else:
        below.set_axis_off()
        below.text(0, 0.5, "PSPvsMSAp: not applicable", color=_GREY, va="center", fontsize=11)
    figure.text(0.10, 0.53, "Free water", fontsize=14, weight="bold", color=_INK)
    figure.text(
        0.10, 0.508, "This study (red) and mean ± SD of the groups", fontsize=10, color=_GREY
    )
    axes = [figure.add_axes((0.10 + 0.205 * i, 0.12, 0.185, 0.32)) for i in range(4)]
    for ax, region in zip(axes, BIOMARKERS, strict=True):
        _biomarker(ax, region, prediction.biomarkers[region], first=ax is axes[0])
    return _png(figure)


def draw_failure(reason: str, study_id: str, at: datetime) -> bytes:
    """Draw the report on a study that could not be processed.

    Parameters
    ----------
    reason
        Why not; one or two sentences.
    study_id
        Stands as the order's id.
    at
        When it was tried.

    Returns
    -------
    bytes
        A PNG of 850 x 1100 pixels.
    """
    figure = _page(study_id, at)
    figure.text(0.10, 0.72, "FAILURE REPORT", fontsize=18, weight="bold", color=_RED)
    figure.text(0.10, 0.68, "The study was not processed.", fontsize=12, color=_INK)
    figure.text(
        0.10, 0.66, textwrap.fill(reason, 80), fontsize=12, color=_INK, va="top", parse_math=False
    )
    return _png(figure)


def _page(study_id: str, at: datetime) -> Figure:
    figure = Figure(figsize=(8.5, 11), dpi=100, facecolor="white")
    figure.text(0.10, 0.93, "Diffusion MRI report", fontsize=22, weight="bold", color=_INK)
    figure.text(0.10, 0.902, NOTICE, fontsize=12, weight="bold", color=_RED)
    facts = (f"Order ID  {study_id}", f"Date  {at:%Y-%m-%d %H:%M}", f"Product  {PRODUCT}")
    for line, text in enumerate((*facts, f"Model version  {MODEL_VERSION}")):
        figure.text(0.10, 0.875 - 0.017 * line, text, fontsize=10, color=_INK, parse_math=False)
    figure.text(
        0.5, 0.3, "SIMULATED", fontsize=90, color=_GREY, alpha=0.13, ha="center", rotation=50
    )
    figure.text(0.10, 0.04, NOTICE, fontsize=9, color=_GREY)
    return figure


def _probability_bar(ax: Axes, title: str, names: tuple[str, str], second: float) -> None:
    """Draw two probabilities that add up to one as one bar."""
    ax.barh([0], [1 - second], color=_BLUE)
    ax.barh([0], [second], left=[1 - second], color=_ORANGE)
    ax.set_xlim(0, 1)
    ax.set_axis_off()
    ax.set_title(title, loc="left", fontsize=14, weight="bold", color=_INK, pad=22)
    ax.text(0, 1.05, f"{names[0]} {1 - second:.0%}", transform=ax.transAxes, color=_BLUE)
    ax.text(1, 1.05, f"{names[1]} {second:.0%}", transform=ax.transAxes, color=_ORANGE, ha="right")


def _biomarker(ax: Axes, region: str, value: float, *, first: bool) -> None:
    """Show one value among the published means of the groups."""
    row = group_statistics().xs("FW", level="metric").loc[region]
    means, spreads = (row[[f"{group}_{what}" for group in GROUPS]] for what in ("mean", "sd"))
    ax.errorbar(range(4), means, yerr=spreads, fmt="o", color=_GREY, capsize=3, ms=5)
    ax.axhline(value, color=_RED, lw=2)
    ax.set_title(f"{region}\n{value:.3f}", fontsize=12, color=_INK)
    ax.set_xticks(range(4), GROUPS, rotation=60, fontsize=9)
    ax.set_xlim(-0.6, 3.6)
    ax.set_ylim(0, max(0.8, value + 0.05))
    ax.spines[["top", "right"]].set_visible(False)
    if not first:
        ax.set_yticklabels([])


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
