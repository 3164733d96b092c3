"""Natural cubic splines, as columns of a design matrix."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import BSpline

from neuroflow.matrix import FloatArray

_DEGREE = 3


def natural_spline(x: FloatArray, known: FloatArray, df: int) -> FloatArray:
    """Return the basis of a natural cubic spline at x, its knots at quantiles of `known`.

    A straight line beyond them, and equal to ``splines::ns`` of R: Hastie TJ (1992), Generalized
    additive models, in Statistical models in S, chapter 7.
    """
    # ``cr`` of patsy spans the same curves.
    return spline_basis(x, spline_knots(known, df))


def spline_knots(known: FloatArray, df: int) -> FloatArray:
    """Return the knots: the smallest value, df - 1 quantiles, the largest."""
    return np.asarray(np.quantile(known, np.arange(df + 1) / df))


def spline_basis(x: FloatArray, places: FloatArray) -> FloatArray:
    """Return the basis of a natural cubic spline with these knots at x."""
    (low, *inner, high) = places.tolist()
    knots = np.concatenate([[low] * (_DEGREE + 1), inner, [high] * (_DEGREE + 1)])
    n_basis = len(knots) - _DEGREE - 1
    curves = BSpline(knots, np.eye(n_basis), _DEGREE)
    bends = curves.derivative(2)(np.array([low, high]))[:, 1:]
    # What bends at neither end is orthogonal to both second derivatives.
    q, _ = np.linalg.qr(bends.T, mode="complete")
    inside = np.clip(x, low, high)
    basis = curves(inside)
    slopes = curves.derivative(1)(np.where(x < low, low, high))
    basis = basis + slopes * (x - inside)[:, None]
    result: FloatArray = basis[:, 1:] @ q[:, 2:]
    return result
