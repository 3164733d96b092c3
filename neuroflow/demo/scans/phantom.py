"""A small diffusion phantom, the object that the simulated scanners image; it has no anatomy."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

WIDTH = 16
"""Rows and columns of a slice; small, so that a cohort is small."""

SLICES = 64
"""The fewest the service accepts."""

VOXEL_MM = 2.0
"""Edge of a voxel, slice thickness and distance of slices, in mm."""

B_VALUE = 1000.0
"""In s/mm²."""

N_B0, N_DIRECTIONS = 2, 30
"""Images without and with diffusion weighting, the fewest the service accepts."""


def half_sphere(count: int) -> NDArray[np.float64]:
    """Spread directions over a half sphere; shape (count, 3).

    Points by the golden angle: Vogel 1979, Mathematical Biosciences 44: 179.
    """
    index = np.arange(count)
    z = (index + 0.5) / count
    angle = index * np.pi * (3 - np.sqrt(5))
    radius = np.sqrt(1 - z**2)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), z])


@cache
def gradients() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the b-values (n,) and directions (n, 3) of the acquisition."""
    weighted = half_sphere(N_DIRECTIONS)
    b_values = np.concatenate([np.zeros(N_B0), np.full(N_DIRECTIONS, B_VALUE)])
    return b_values, np.vstack([np.zeros((N_B0, 3)), weighted])


def image(seed: int) -> NDArray[np.uint16]:
    """Simulate the signal of all volumes.

    Signal of a diffusion tensor: Basser, Mattiello, Le Bihan 1994, Biophysical Journal 66: 259.
    """
    noise = np.random.default_rng(seed).standard_normal(_signal().shape, dtype=np.float32)
    return np.clip(_signal() + 12.0 * noise + 30.0, 0, 4095).astype(np.uint16)


@cache
def _signal() -> NDArray[np.float32]:
    """Compute the noiseless signal: an ellipsoid whose fibres turn from left-right to up-down."""
    z, y, x = np.meshgrid(
        *(np.linspace(-1, 1, count) for count in (SLICES, WIDTH, WIDTH)), indexing="ij"
    )
    inside = x**2 + y**2 + z**2 < 0.9
    turn = (z + 1) * np.pi / 4
    fibre = np.stack([np.cos(turn), np.zeros_like(turn), np.sin(turn)], axis=-1)
    b_values, directions = gradients()
    along = np.einsum("...i,vi->v...", fibre, directions) ** 2
    diffusivity = 0.4e-3 + 1.2e-3 * along  # mm²/s, white matter
    decay = np.exp(-b_values[:, None, None, None] * diffusivity)
    return np.asarray(1000.0 * inside * decay, dtype=np.float32)


def slice_times(repetition_time: float, n_slices: int = SLICES) -> NDArray[np.float64]:
    """Return when each slice is excited: odd slices first, then the even ones (interleaved).

    >>> slice_times(6400.0)[:3]
    array([   0., 3200.,  100.])
    """
    order = np.concatenate([np.arange(0, n_slices, 2), np.arange(1, n_slices, 2)])
    times = np.empty(n_slices)
    times[order] = np.arange(n_slices) * repetition_time / n_slices
    return times
