"""Rendering of a figure step to a picture."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from neuroflow.widgets.common import Picture
from neuroflow.widgets.explore.hit_regions import hit_regions
from neuroflow.widgets.explore.steps import Call, run_steps

SCREEN_DPI = 104
"""CSS pixels per inch of a figure, so that small text is readable without zooming."""
PIXEL_RATIO = 1.5
"""Pixels of the picture per CSS pixel."""


def draw(call: Call, scope: Mapping[str, Any], *, dark: bool = False) -> Picture:
    """Draw a figure for the screen."""
    from neuroflow.plot import caption, styled  # matplotlib takes half a second

    with styled(theme="dark" if dark else "light"):
        ax = run_steps([call], **scope)["ax"]
        png = as_png(ax.figure)
    named = ax.get_xticklabels() if "regions" in call.options else ()
    regions = ", ".join(tick.get_text().replace("\n", " ") for tick in named)
    return Picture(
        png=png,
        alt=": ".join(filter(None, (regions, caption(ax)))),
        width=round(ax.figure.get_size_inches()[0] * SCREEN_DPI),
        hit_regions=hit_regions(ax, scope["names"]),
    )


def as_png(figure: Any) -> bytes:
    """Return a figure as the page shows it: 256 colours are sent and drawn sooner than all."""
    from PIL import Image

    raw, dpi = BytesIO(), SCREEN_DPI * PIXEL_RATIO
    figure.savefig(raw, format="rgba", dpi=dpi)
    size = tuple(int(inches * dpi) for inches in figure.get_size_inches())
    pixels = Image.frombytes("RGB", size, raw.getvalue(), "raw", "RGBX")
    few = pixels.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    png = BytesIO()
    few.save(png, "PNG")
    return png.getvalue()
