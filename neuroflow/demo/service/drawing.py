"""The visual report, prediction.png: drawn, simulated, and saying so."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable
from datetime import datetime
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image

from neuroflow.demo.service.aidp import NOTICE
from neuroflow.demo.service.reference_stats import GROUPS, group_statistics
from neuroflow.demo.service.report import BIOMARKERS, MODEL_VERSION, PRODUCT, Prediction

_INK, _GREY, _BLUE, _ORANGE, _RED = "#1f2a36", "#8a949e", "#2f6da8", "#d9822b", "#b3261e"
_SHADES = 16
"""Of each colour on white: a picture with a palette is written five times as fast."""
_LEFT, _WIDTH = 0.10, 0.80
_PANELS = {region: (0.10 + 0.205 * i, 0.12, 0.185, 0.32) for i, region in enumerate(BIOMARKERS)}
"""The place of a region's values: left, bottom, width and height; fractions of the page."""


def draw_prediction(prediction: Prediction, study_id: str, at: datetime) -> bytes:
    """Draw the report on a study."""
    figure = _begun(study_id, at)
    _probability_bar(figure, 0.70, "PD v Atypical", ("PD", "Atypical"), prediction.atypical)
    if prediction.is_atypical:
        _probability_bar(figure, 0.59, "PSPvsMSAp", ("MSAp", "PSP"), prediction.psp)
    else:
        figure.text(_LEFT, 0.605, "PSPvsMSAp: not applicable", color=_GREY, fontsize=11)
    for region, (left, bottom, width, height) in _PANELS.items():
        value = prediction.biomarkers[region]
        middle, level = left + width / 2, bottom + height * value
        figure.add_artist(Line2D([left, left + width], [level] * 2, color=_RED, lw=2))
        figure.text(middle, 0.445, f"{region}\n{value:.3f}", fontsize=12, color=_INK, ha="center")
    return _png(_form(_groups), figure)


def draw_failure(reason: str, study_id: str, at: datetime) -> bytes:
    """Draw the report on a study that could not be processed."""
    figure = _begun(study_id, at)
    figure.text(0.10, 0.72, "FAILURE REPORT", fontsize=18, weight="bold", color=_RED)
    figure.text(0.10, 0.68, "The study was not processed.", fontsize=12, color=_INK)
    figure.text(
        0.10, 0.66, textwrap.fill(reason, 80), fontsize=12, color=_INK, va="top", parse_math=False
    )
    return _png(_form(), figure)


def _sheet(color: str) -> Figure:
    return Figure(figsize=(8.5, 11), dpi=100, facecolor=color)


def _begun(study_id: str, at: datetime) -> Figure:
    """Begin what is written onto a form: which study it is on."""
    figure = _sheet("none")
    facts = (f"Order ID  {study_id}", f"Date  {at:%Y-%m-%d %H:%M}", f"Product  {PRODUCT}")
    for line, text in enumerate((*facts, f"Model version  {MODEL_VERSION}")):
        figure.text(_LEFT, 0.875 - 0.017 * line, text, fontsize=10, color=_INK, parse_math=False)
    return figure


@cache
def _form(draw: Callable[[Figure], None] | None = None) -> Image.Image:
    """Draw what all reports share, once: most of the work is in the axes."""
    figure = _sheet("white")
    figure.text(_LEFT, 0.93, "Diffusion MRI report", fontsize=22, weight="bold", color=_INK)
    figure.text(_LEFT, 0.902, NOTICE, fontsize=12, weight="bold", color=_RED)
    figure.text(
        0.5, 0.3, "SIMULATED", fontsize=90, color=_GREY, alpha=0.13, ha="center", rotation=50
    )
    figure.text(_LEFT, 0.04, NOTICE, fontsize=9, color=_GREY)
    if draw is not None:
        draw(figure)
    return _drawn(figure)


def _groups(figure: Figure) -> None:
    """Show the published values, for those of a study to stand among."""
    figure.text(_LEFT, 0.53, "Free water", fontsize=14, weight="bold", color=_INK)
    words = "This study (red) and mean ± SD of the groups"
    figure.text(_LEFT, 0.508, words, fontsize=10, color=_GREY)
    for region, place in _PANELS.items():
        _panel(figure.add_axes(place), region, first=place[0] == _LEFT)


def _panel(ax: Axes, region: str, *, first: bool) -> None:
    row = group_statistics().xs("FW", level="metric").loc[region]
    means, spreads = (row[[f"{group}_{what}" for group in GROUPS]] for what in ("mean", "sd"))
    ax.errorbar(range(4), means, yerr=spreads, fmt="o", color=_GREY, capsize=3, ms=5)
    ax.set_xticks(range(4), GROUPS, rotation=60, fontsize=9)
    ax.set_xlim(-0.6, 3.6)
    ax.set_ylim(0, 1)
    ax.spines[["top", "right"]].set_visible(False)
    if not first:
        ax.set_yticklabels([])


def _probability_bar(
    figure: Figure, bottom: float, title: str, names: tuple[str, str], second: float
) -> None:
    """Draw two probabilities that add up to one as one bar."""
    split, right = _LEFT + _WIDTH * (1 - second), _LEFT + _WIDTH
    figure.text(_LEFT, bottom + 0.068, title, fontsize=14, weight="bold", color=_INK)
    for left, end, color in ((_LEFT, split, _BLUE), (split, right, _ORANGE)):
        figure.add_artist(Rectangle((left, bottom), end - left, 0.036, color=color, lw=0))
    above = bottom + 0.042
    figure.text(_LEFT, above, f"{names[0]} {1 - second:.0%}", fontsize=10, color=_BLUE)
    figure.text(right, above, f"{names[1]} {second:.0%}", fontsize=10, color=_ORANGE, ha="right")


def _drawn(figure: Figure) -> Image.Image:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    return Image.fromarray(np.asarray(canvas.buffer_rgba()))  # type: ignore[no-untyped-call]


def _png(form: Image.Image, figure: Figure) -> bytes:
    """Lay what was written over the form."""
    buffer = io.BytesIO()
    page = Image.alpha_composite(form, _drawn(figure)).convert("RGB")
    few = page.quantize(palette=_palette(), dither=Image.Dither.NONE)
    few.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


@cache
def _palette() -> Image.Image:
    """Make the palette of all reports: each colour that is used, from white to full."""
    full = np.array([to_rgb(color) for color in (_INK, _GREY, _BLUE, _ORANGE, _RED)])
    share = np.linspace(0, 1, _SHADES)[:, None, None]
    shades = (255 * (1 - share * (1 - full))).round().astype(np.uint8)
    palette = Image.new("P", (1, 1))
    palette.putpalette(shades.tobytes())
    return palette
