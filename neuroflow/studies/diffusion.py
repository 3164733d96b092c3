"""Diffusion weighting, whatever file it came from: gradients, shells, directions, slice order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

B0_MAX = 50.0
"""s/mm²; scanners write 0 to 50 for images without diffusion weighting."""

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Gradient:
    """The diffusion weighting of one image."""

    b_value: float | None = None  # s/mm²; None where it is unknown
    # Components of the direction as the scanner wrote them; None where there is none.
    direction: Vector | None = None

    @property
    def is_b0(self) -> bool:
        """True where the image has no diffusion weighting."""
        return self.b_value is not None and self.b_value <= B0_MAX


def shells(b_values: Sequence[float], tolerance: float = 50.0) -> tuple[float, ...]:
    """Group b-values into shells.

    >>> shells([0, 5, 995, 1000, 1005, 2000])
    (0.0, 1000.0, 2000.0)
    """
    if not len(b_values):
        return ()
    rising = np.sort(np.asarray(b_values, dtype=float))
    groups = np.split(rising, np.flatnonzero(np.diff(rising) > tolerance) + 1)
    middles = (float(np.median(group)) for group in groups)
    return tuple(0.0 if middle <= tolerance else middle for middle in middles)


def lengths(vectors: np.ndarray) -> np.ndarray:
    """Return the length of each of the vectors (n, 3); a damaged header may have any numbers.

    >>> lengths(np.array([[3e200, 0, 4e200], [0, 0, 0]]))
    array([5.e+200, 0.e+000])
    """
    with np.errstate(over="ignore"):
        return np.asarray(np.hypot.reduce(vectors, axis=1))


def count_directions(gradients: Sequence[Gradient], degrees: float = 1.0) -> int:
    """Count the gradient directions, opposite ones as one."""
    weighted = [g.direction for g in gradients if not g.is_b0 and g.direction is not None]
    if not weighted:
        return 0
    vectors = np.array(weighted, dtype=float)
    length = lengths(vectors)[:, None]
    vectors = vectors / np.where(length > 0, length, 1)
    limit = np.cos(np.radians(degrees))
    near = np.abs(vectors @ vectors.T) >= limit
    # A direction counts where none before it is the same one.
    return int(np.sum(~np.any(np.tril(near, -1), axis=1)))


def interleaved(times: Sequence[float]) -> bool | None:
    """Check whether adjacent slices were acquired apart in time.

    >>> interleaved([0, 3, 1, 4, 2, 5]), interleaved([0, 1, 2, 3])
    (True, False)
    """
    if len(times) < 3:
        return None
    # Of slices acquired together (multi-band) the first stands for all.
    moments, firsts = np.unique(np.asarray(times, dtype=float), return_index=True)
    if len(moments) < 3:
        return None
    return bool(np.median(np.abs(np.diff(firsts))) >= 2)
