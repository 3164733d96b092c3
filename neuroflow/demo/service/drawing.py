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
from matplotlib.font_manager import FontProperties, findfont
from PIL import Image, ImageDraw, ImageFont

from neuroflow.contract import BIOMARKERS
from neuroflow.demo.service.aidp import NOTICE
from neuroflow.demo.service.reference_stats import GROUPS, group_statistics
from neuroflow.demo.service.report import MODEL_VERSION, PRODUCT, Prediction

_INK, _GREY, _BLUE, _ORANGE, _RED = "#1f2a36", "#8a949e", "#2f6da8", "#d9822b", "#b3261e"
_SHADES = 16
"""Of each colour on white: a picture with a palette is written five times as fast."""
_SIZE, _DPI = (850, 1100), 100
_LEFT, _WIDTH = 0.10, 0.80
_PANELS = {region: (0.10 + 0.205 * i, 0.12, 0.185, 0.32) for i, region in enumerate(BIOMARKERS)}
"""The place of a region's values: left, bottom, width and height; fractions of the page."""


def draw_prediction(prediction: Prediction, study_id: str, at: datetime) -> bytes:
    """Draw the report on a study."""
    page = _Page(_form(_groups))
    page.write_facts(study_id, at)
    _probability_bar(page, 0.70, "PD v Atypical", ("PD", "Atypical"), prediction.atypical)
    if prediction.is_atypical:
        _probability_bar(page, 0.59, "PSPvsMSAp", ("MSAp", "PSP"), prediction.psp)
    else:
        page.write(_LEFT, 0.605, "PSPvsMSAp: not applicable", 11, color=_GREY)
    for region, (left, bottom, width, height) in _PANELS.items():
        value = prediction.biomarkers[region]
        middle, level = left + width / 2, bottom + height * value
        page.fill(left, level + 0.001, width, 0.0025, _RED)
        page.write(middle, 0.463, region, 12, anchor="ms")
        page.write(middle, 0.445, f"{value:.3f}", 12, anchor="ms")
    return page.png()


def draw_failure(reason: str, study_id: str, at: datetime) -> bytes:
    """Draw the report on a study that could not be processed."""
    page = _Page(_form())
    page.write_facts(study_id, at)
    page.write(0.10, 0.72, "FAILURE REPORT", 18, color=_RED, bold=True)
    page.write(0.10, 0.68, "The study was not processed.", 12)
    page.write(0.10, 0.66, textwrap.fill(reason, 80), 12, anchor="la")
    return page.png()


class _Page:
    """What is written onto a form; places are fractions of the page, from its lower left."""

    def __init__(self, form: Image.Image) -> None:
        self._image = form.copy()
        self._draw = ImageDraw.Draw(self._image)

    def write_facts(self, study_id: str, at: datetime) -> None:
        """Write which study the report is on."""
        facts = (f"Order ID  {study_id}", f"Date  {at:%Y-%m-%d %H:%M}", f"Product  {PRODUCT}")
        for line, text in enumerate((*facts, f"Model version  {MODEL_VERSION}")):
            self.write(_LEFT, 0.875 - 0.017 * line, text, 10)

    def write(
        self,
        x: float,
        y: float,
        text: str,
        points: float,
        *,
        color: str = _INK,
        bold: bool = False,
        anchor: str = "ls",
    ) -> None:
        """Write a text; `anchor` as Pillow names it, "ls" for left on the baseline."""
        place = _SIZE[0] * x, _SIZE[1] * (1 - y)
        self._draw.text(place, text, fill=color, font=_font(points, bold=bold), anchor=anchor)

    def fill(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle whose upper left corner is at x and y."""
        left, top = round(_SIZE[0] * x), round(_SIZE[1] * (1 - y))
        corner = left + round(_SIZE[0] * width) - 1, top + round(_SIZE[1] * height) - 1
        self._draw.rectangle((left, top, *corner), fill=color)

    def png(self) -> bytes:
        """Return the page as a file."""
        buffer = io.BytesIO()
        few = self._image.quantize(palette=_palette(), dither=Image.Dither.NONE)
        few.save(buffer, "png", compress_level=1)
        return buffer.getvalue()


@cache
def _font(points: float, *, bold: bool) -> ImageFont.FreeTypeFont:
    """Return the font of matplotlib's own texts."""
    name = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    return ImageFont.truetype(findfont(name), points * _DPI / 72)


@cache
def _form(draw: Callable[[Figure], None] | None = None) -> Image.Image:
    """Draw what all reports share, once: most of the work is in the axes."""
    figure = Figure(figsize=(_SIZE[0] / _DPI, _SIZE[1] / _DPI), dpi=_DPI, facecolor="white")
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
    page: _Page, bottom: float, title: str, names: tuple[str, str], second: float
) -> None:
    """Draw two probabilities that add up to one as one bar."""
    page.write(_LEFT, bottom + 0.068, title, 14, bold=True)
    first, top = _WIDTH * (1 - second), bottom + 0.036
    page.fill(_LEFT, top, _WIDTH, 0.036, _ORANGE)
    if first * _SIZE[0] >= 1:
        page.fill(_LEFT, top, first, 0.036, _BLUE)
    above = bottom + 0.042
    page.write(_LEFT, above, f"{names[0]} {1 - second:.0%}", 10, color=_BLUE)
    page.write(_LEFT + _WIDTH, above, f"{names[1]} {second:.0%}", 10, color=_ORANGE, anchor="rs")


def _drawn(figure: Figure) -> Image.Image:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # type: ignore[no-untyped-call]


@cache
def _palette() -> Image.Image:
    """Make the palette of all reports: each colour that is used, from white to full."""
    full = np.array([to_rgb(color) for color in (_INK, _GREY, _BLUE, _ORANGE, _RED)])
    share = np.linspace(0, 1, _SHADES)[:, None, None]
    shades = (255 * (1 - share * (1 - full))).round().astype(np.uint8)
    palette = Image.new("P", (1, 1))
    palette.putpalette(shades.tobytes())
    return palette
