"""Rendering of a figure step to a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pandas as pd

from neuroflow.errors import NeuroflowError
from neuroflow.widgets.common import Picture
from neuroflow.widgets.explore.figures.hit_regions import hit_regions
from neuroflow.widgets.explore.steps import Call, run_steps
from neuroflow.widgets.simulated import look as noted

SCREEN_DPI = 104
"""CSS pixels per inch of a figure, so that small text is readable without zooming."""
MOST_RATIO = 2.0
"""At most so many pixels of the picture per CSS pixel."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a page shows figures."""

    dark: bool = False
    ratio: float = 1.0  # Pixels of its screen per CSS pixel
    note: str = ""  # Stands below each figure

    @property
    def style(self) -> dict[str, Any]:
        """What the figures' style is given."""
        return {"theme": "dark" if self.dark else "light", **noted(self.note)}


def draw(call: Call, scope: Mapping[str, Any], look: Look) -> Picture:
    """Draw a figure for a page."""
    from neuroflow.plot import caption, styled  # matplotlib takes half a second

    with styled(**look.style):
        ax = run_steps([call], **scope)["ax"]
        png = as_png(ax.figure, look.ratio)
    named = ax.get_xticklabels() if "regions" in call.options else ()
    regions = ", ".join(tick.get_text().replace("\n", " ") for tick in named)
    shown = ": ".join(filter(None, (regions, caption(ax))))
    return Picture(
        png=png,
        alt=" ".join(filter(None, (shown, result_text(call, scope.get("effects"))))),
        width=round(ax.figure.get_size_inches()[0] * SCREEN_DPI),
        hit_regions=hit_regions(ax, scope["names"]),
    )


def picture_of(call: Call, scope: Mapping[str, Any], look: Look) -> Picture:
    """Return the figure of a step, or no picture and the reason why it cannot be drawn."""
    try:
        return draw(call, scope, look)
    except NeuroflowError as error:
        return Picture(b"", error.worded_for("form").message, 0)


def result_text(call: Call, effects: pd.DataFrame | None) -> str:
    """Return what a figure shows to those who do not see it; empty where nothing is compared."""
    from neuroflow.compare import key_findings

    if effects is None:
        return ""
    if call.table_name == "effects":
        return " ".join(key_findings(effects).splitlines())
    bare = pd.DataFrame(effects)  # pandas would copy `.attrs` at each step
    here = bare["region"].isin(call.options.get("regions", ()))
    rows = bare.loc[here, ["contrast", "estimate", "ci_low", "ci_high", "q"]]
    return " ".join(
        f"{row.contrast}: difference {row.estimate:.3g} (95 % CI {row.ci_low:.3g} to "
        f"{row.ci_high:.3g}), q {row.q:.2g}."
        for row in rows.dropna(subset=["estimate"]).itertuples()
    )


def as_png(figure: Any, ratio: float = 1.0) -> bytes:
    """Return a figure as the page shows it: 256 colours are sent and drawn sooner than all."""
    from PIL import Image

    raw, dpi = BytesIO(), SCREEN_DPI * min(max(ratio, 1.0), MOST_RATIO)
    figure.savefig(raw, format="rgba", dpi=dpi)
    width, height = (int(inches * dpi) for inches in figure.get_size_inches())
    pixels = Image.frombytes("RGB", (width, height), raw.getvalue(), "raw", "RGBX")
    few = pixels.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    png = BytesIO()
    few.save(png, "PNG")
    return png.getvalue()
