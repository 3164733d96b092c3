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
    from neuroflow.plots._brain.draw import brain
    from neuroflow.plots._brain.masks import read_masks, write_nifti
    from neuroflow.plots._correlation import correlation
    from neuroflow.plots._coverage import coverage
    from neuroflow.plots._forest import forest
    from neuroflow.plots._heatmap import heatmap
    from neuroflow.plots._profile import profile
    from neuroflow.plots._raincloud import raincloud
    from neuroflow.plots._scatter import scatter
    from neuroflow.plots._strip import strip
    from neuroflow.plots._trajectory import trajectory
    from neuroflow.plots._volcano import volcano
    from neuroflow.plots.common.figure import caption, save_figure
    from neuroflow.plots.common.style import style, styled


def __getattr__(name: str) -> Any:
    """Import a plot when it is first used: matplotlib takes half a second."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
