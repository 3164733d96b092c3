"""From tables to figures: DataFrame in, Axes out; nothing is shown or printed.

A figure is drawn outside pyplot; a notebook shows what the last line of a cell returns.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_WHERE = {
    "brain": "_brain.draw",
    "caption": "common.figure",
    "correlation": "_correlation",
    "coverage": "_coverage",
    "forest": "_forest",
    "heatmap": "_heatmap",
    "profile": "_profile",
    "raincloud": "_raincloud",
    "read_masks": "_brain.masks",
    "save_figure": "common.figure",
    "scatter": "_scatter",
    "strip": "_strip",
    "style": "common.style",
    "styled": "common.style",
    "trajectory": "_trajectory",
    "volcano": "_volcano",
    "write_nifti": "_brain.masks",
}

__all__ = [
    "brain",
    "caption",
    "correlation",
    "coverage",
    "forest",
    "heatmap",
    "profile",
    "raincloud",
    "read_masks",
    "save_figure",
    "scatter",
    "strip",
    "style",
    "styled",
    "trajectory",
    "volcano",
    "write_nifti",
]

if TYPE_CHECKING:
    from neuroflow.plot._brain.draw import brain
    from neuroflow.plot._brain.masks import read_masks, write_nifti
    from neuroflow.plot._correlation import correlation
    from neuroflow.plot._coverage import coverage
    from neuroflow.plot._forest import forest
    from neuroflow.plot._heatmap import heatmap
    from neuroflow.plot._profile import profile
    from neuroflow.plot._raincloud import raincloud
    from neuroflow.plot._scatter import scatter
    from neuroflow.plot._strip import strip
    from neuroflow.plot._trajectory import trajectory
    from neuroflow.plot._volcano import volcano
    from neuroflow.plot.common.figure import caption, save_figure
    from neuroflow.plot.common.style import style, styled


def __getattr__(name: str) -> Any:
    """Import a plot when it is first used: matplotlib takes half a second."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
