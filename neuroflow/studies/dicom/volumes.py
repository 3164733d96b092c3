"""Sort slices into volumes, and count those that are missing or repeated."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuroflow.studies.dicom.header import Frame, Header
from neuroflow.studies.diffusion import Gradient

POSITION_TOLERANCE = 0.01
"""mm; positions closer than this are the same slice."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The volumes that the slices of a series make up."""

    n_slices: int  # Slices per volume, those missing everywhere included
    gradients: tuple[Gradient, ...]  # One per volume
    spacing: float | None  # mm from slice to slice; None with a single one
    missing: int  # Slices
    repeated: int  # Slices
    incomplete: int  # Volumes with missing slices
    orientations: int  # How many different orientations there are


def stack(frames: Sequence[Frame]) -> Stack | None:
    """Sort the slices of one diffusion series into volumes."""
    placed = [frame for frame in frames if frame.position and frame.orientation]
    if not placed:
        return None
    orientations = Counter(_rounded(frame.orientation or (), 2) for frame in placed)
    depths = _depths(placed, orientations.most_common(1)[0][0])
    levels, spacing, holes = _levels(depths)
    # One group per gradient; rounding joins values that differ in the last written digit.
    groups: dict[tuple[object, ...], Counter[int]] = defaultdict(Counter)
    gradients: dict[tuple[object, ...], Gradient] = {}
    for frame, level in zip(placed, levels, strict=True):
        key = _key(frame.gradient)
        groups[key][int(level)] += 1
        gradients.setdefault(key, frame.gradient)
    # The number of volumes with the same gradient, such as those with b = 0, is how often a
    # position occurs among them.
    n_levels = int(levels.max()) + 1
    missing = repeated = incomplete = 0
    volumes: list[Gradient] = []
    for key, counts in groups.items():
        per_level = [counts[level] for level in range(n_levels)]
        times = max(Counter(per_level).most_common(1)[0][0], 1)
        volumes += [gradients[key]] * times
        lacking = [max(times - count, 0) for count in per_level]
        missing += sum(lacking)
        repeated += sum(max(count - times, 0) for count in per_level)
        incomplete += max(lacking)
    if holes:
        missing += holes * len(volumes)
        incomplete = len(volumes)
    return Stack(
        n_levels + holes, tuple(volumes), spacing, missing, repeated, incomplete, len(orientations)
    )


def mosaic_stack(mosaics: Sequence[Header]) -> Stack:
    """Count the slices of Siemens mosaics, each of which holds one volume."""
    counts = Counter(header.mosaic_slices for header in mosaics)
    n_slices = counts.most_common(1)[0][0]
    lacking = [max(n_slices - header.mosaic_slices, 0) for header in mosaics]
    return Stack(
        n_slices=n_slices,
        gradients=tuple(header.frames[0].gradient for header in mosaics),
        spacing=None,
        missing=sum(lacking),
        repeated=0,
        incomplete=sum(1 for count in lacking if count),
        orientations=len({header.frames[0].orientation for header in mosaics}),
    )


def _depths(frames: Sequence[Frame], orientation: tuple[float, ...]) -> np.ndarray:
    normal = np.cross(orientation[:3], orientation[3:])
    length = float(np.linalg.norm(normal)) or 1.0
    positions = np.array([frame.position for frame in frames], dtype=float)
    return np.asarray(positions @ (normal / length))


def _levels(depths: np.ndarray) -> tuple[np.ndarray, float | None, int]:
    """Return the level of each position from below, the spacing in mm, and the missing levels."""
    order = np.sort(depths)
    starts = np.concatenate(([True], np.diff(order) > POSITION_TOLERANCE))
    unique = order[starts]
    levels = np.clip(np.searchsorted(unique, depths + POSITION_TOLERANCE) - 1, 0, None)
    steps = np.diff(unique)
    if len(unique) < 2 or not np.isfinite(steps).all():
        return levels, None, 0
    spacing = float(np.median(steps))
    holes = int(np.sum(np.maximum(np.rint(steps / spacing) - 1, 0)))
    return levels, round(spacing, 4), holes


def _key(gradient: Gradient) -> tuple[object, ...]:
    if gradient.is_b0:
        return ("b0",)
    return (gradient.b_value, _rounded(gradient.direction or (), 4))


def _rounded(numbers: Sequence[float], digits: int) -> tuple[float, ...]:
    return tuple(round(number, digits) + 0.0 for number in numbers)
