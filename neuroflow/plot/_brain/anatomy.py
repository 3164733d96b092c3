"""Where regions lie in the schematic brain: discs and curves from the dictionary's coordinates."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from scipy.interpolate import make_interp_spline

from neuroflow.matrix import FloatArray, load_regions

VIEWS = {"sagittal": (1, 2), "coronal": (0, 2), "axial": (0, 1)}
"""The MNI axes that run along and up in each view."""

# Schematic, read off the template: where fibres from a cortex at this y cross the midline.
_CROSSING_Y = (-80.0, -50.0, -20.0, 14.0, 50.0)
_CROSSING = {"y": (-38.0, -32.0, -12.0, 14.0, 29.0), "z": (14.0, 22.0, 27.0, 23.0, 10.0)}
_CAPSULE = ((24.0, -14.0, 10.0), (13.0, -20.0, -12.0))
_PEDUNCLE = ((21.0, -35.0, -36.0),)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one region lies."""

    region: str  # As in the cohort table
    hemisphere: str
    # One array per side, points x 3 in mm (MNI): one point for a region of interest, a curve for a
    # tract.
    lines: tuple[FloatArray, ...]

    @property
    def is_tract(self) -> bool:
        """Whether it is drawn as a curve."""
        return len(self.lines[0]) > 1


@lru_cache(maxsize=1)
def places() -> dict[tuple[str, str], Place]:
    """Return the place of every region of the dictionary that has coordinates.

    >>> [line.round().tolist() for line in places()["Putamen", "bilateral"].lines]
    [[[26.0, 3.0, 1.0]], [[-26.0, 3.0, 1.0]]]
    """
    found = {}
    rows: list[Any] = load_regions().to_dict("records")
    for row in rows:
        if not row["start_mni"]:
            continue
        line = _line(row)
        lines = (line, line * (-1, 1, 1)) if row["hemisphere"] == "bilateral" else (line,)
        found[row["region"], row["hemisphere"]] = Place(row["region"], row["hemisphere"], lines)
    return found


def _line(row: dict[str, str]) -> FloatArray:
    start = _point(row["start_mni"])
    if not row["end_mni"]:
        return start[None, :]
    end = _point(row["end_mni"])
    between: tuple[tuple[float, ...], ...] = ()
    if row["hemisphere"] == "commissural":
        crossing = [np.interp(start[1], _CROSSING_Y, _CROSSING[axis]) for axis in "yz"]
        between = ((0.0, *map(float, crossing)),)
    elif row["kind"] == "smatt":
        between = _CAPSULE
    elif row["region"] == "Cerebellar_MCP":
        between = _PEDUNCLE
    points = np.array([start, *between, end])
    if len(points) == 2:
        return points
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    curve = make_interp_spline(steps, points, k=min(len(points) - 1, 2))
    return np.asarray(curve(np.linspace(0, steps[-1], 40)), dtype=np.float64)


def _point(text: str) -> FloatArray:
    return np.array([float(part) for part in text.split()])


@dataclass(frozen=True, slots=True)
class Outline:
    """Lines of the template in one view."""

    outer: tuple[FloatArray, ...]  # Around it, and within it; each points x 2 in mm
    inner: tuple[FloatArray, ...]


@lru_cache(maxsize=1)
def outlines() -> dict[str, Outline]:
    """Return the outline of the MNI152 template in the three views.

    Fonov V et al. (2009), NeuroImage 47:S102; see the head of outline.csv for its licence.
    """
    text = files("neuroflow.plot._brain").joinpath("outline.csv").read_text(encoding="ascii")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    frame = pd.DataFrame(list(rows)).astype({"h": float, "v": float})
    rings: dict[tuple[str, str], list[FloatArray]] = {}
    for (view, line, _), ring in frame.groupby(["view", "line", "ring"], sort=False):
        rings.setdefault((str(view), str(line)), []).append(ring[["h", "v"]].to_numpy(np.float64))
    return {
        view: Outline(tuple(rings[view, "outline"]), tuple(rings[view, "inner"])) for view in VIEWS
    }
