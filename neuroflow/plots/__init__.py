"""From tables to figures: DataFrame in, Axes out; nothing is shown or printed.

A figure is drawn outside pyplot; a notebook shows what the last line of a cell returns.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_WHERE = {
    "brain": "brains",
    "caption": "figures",
    "correlation": "correlations",
    "coverage": "completeness",
    "forest": "effects",
    "heatmap": "matrix",
    "profile": "subject",
    "raincloud": "clouds",
    "read_masks": "masks",
    "save_figure": "figures",
    "scatter": "scatters",
    "strip": "points",
    "style": "styling",
    "styled": "styling",
    "trajectory": "visits",
    "volcano": "volcanoes",
    "write_nifti": "masks",
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
    from neuroflow.plots.brains import brain
    from neuroflow.plots.clouds import raincloud
    from neuroflow.plots.completeness import coverage
    from neuroflow.plots.correlations import correlation
    from neuroflow.plots.effects import forest
    from neuroflow.plots.figures import caption, save_figure
    from neuroflow.plots.masks import read_masks, write_nifti
    from neuroflow.plots.matrix import heatmap
    from neuroflow.plots.points import strip
    from neuroflow.plots.scatters import scatter
    from neuroflow.plots.styling import style, styled
    from neuroflow.plots.subject import profile
    from neuroflow.plots.visits import trajectory
    from neuroflow.plots.volcanoes import volcano


def __getattr__(name: str) -> Any:
    """Import a plot when it is first used: matplotlib takes half a second."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
