"""A smooth function of many values, computed at few of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
from numpy.polynomial import Chebyshev, chebyshev

from neuroflow.matrix import FloatArray

_POINTS = (20, 40, 60)
_LEAST = 3  # times as many values as points, or interpolation saves nothing
_REST = 1e-12  # of the largest coefficient; the last ones show what the polynomial leaves


def on_curves(
    solve: Callable[..., FloatArray], x: FloatArray, fixed: Sequence[FloatArray]
) -> FloatArray:
    """Return ``solve(x, *fixed)``, interpolated over the values that share all that is fixed."""
    if len(x) and all((part == part[0]).all() for part in fixed):
        return interpolated(partial(_along, solve, [part[0] for part in fixed]), x)
    result = np.empty_like(x)
    _, first, curve, n = np.unique(
        np.stack(fixed), axis=1, return_index=True, return_inverse=True, return_counts=True
    )
    curve = curve.ravel()  # numpy 2.0.0 gives it two dimensions
    long = n >= _LEAST * _POINTS[0]
    few = ~long[curve]
    result[few] = solve(x[few], *(part[few] for part in fixed))
    for one in np.flatnonzero(long):
        own = [part[first[one]] for part in fixed]
        result[curve == one] = interpolated(partial(_along, solve, own), x[curve == one])
    return result


def _along(
    solve: Callable[..., FloatArray], fixed: Sequence[float], some: FloatArray
) -> FloatArray:
    return solve(some, *(np.full(some.shape, value) for value in fixed))


def interpolated(function: Callable[[FloatArray], FloatArray], x: FloatArray) -> FloatArray:
    """Return a smooth function of `x` to some eleven digits of its largest value.

    Each value of the function is a root to find; those of many regions lie on one curve.
    """
    # Trefethen LN (2013), Approximation theory and approximation practice, 3 and 8.
    for points in _POINTS:
        if len(x) < _LEAST * points or x.min() == x.max():
            break
        nodes, weights = _nodes(points)
        low, high = float(x.min()), float(x.max())
        coefficients = weights @ function(low + (nodes + 1) * ((high - low) / 2))
        size = np.abs(coefficients)
        if size[-3:].max() <= _REST * size.max():
            return np.asarray(Chebyshev(coefficients, domain=[low, high])(x))
    return function(x)


@cache
def _nodes(points: int) -> tuple[FloatArray, FloatArray]:
    """Return where a curve is computed, and what turns its values there into coefficients."""
    nodes: FloatArray = np.asarray(chebyshev.chebpts1(points), dtype=np.float64)
    basis = np.asarray(chebyshev.chebvander(nodes, points - 1), dtype=np.float64)
    weights: FloatArray = basis.T * (2 / points)
    weights[0] /= 2
    return nodes, weights
