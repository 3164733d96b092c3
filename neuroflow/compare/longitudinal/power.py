"""Closed forms of sample size and power: slopes, differences and areas under ROC curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from neuroflow.errors import OptionError
from neuroflow.matrix import FloatArray, check_number


@dataclass(frozen=True, slots=True)
class TrialDesign:
    """How a trial is planned."""

    power: float = 0.8
    alpha: float = 0.05  # two-sided
    visits: tuple[float, ...] = (0.0, 0.5, 1.0)  # years
    dropout: float = 0.0  # share lost by the last visit, the same share of people between visits
    allocation: float = 1.0  # treated participants for each one in the other arm

    @classmethod
    def check(
        cls,
        power: float,
        alpha: float,
        visits: Sequence[float],
        dropout: float,
        allocation: float,
    ) -> TrialDesign:
        """Refuse what cannot be planned."""
        check_number("power", power, below=1)
        check_number("alpha", alpha, below=1)
        check_number("allocation", allocation)
        if not 0 <= dropout < 1:
            raise OptionError(
                f"dropout is a share from 0 up to 1, not {dropout}.", advice="Write it like 0.2."
            )
        times = tuple(float(time) for time in visits)
        if len(times) < 2 or any(np.diff(times) <= 0):
            raise OptionError(
                f"The visits {list(visits)} are not a plan.",
                advice="Give their times in years in order, such as (0, 0.5, 1).",
            )
        return cls(power, alpha, times, float(dropout), float(allocation))

    def needed(self, variance: FloatArray, difference: FloatArray) -> FloatArray:
        """Return participants per arm that is not treated, not rounded.

        `variance` is that of one participant's contribution. The normal deviates of the closed
        forms are corrected for the t distribution.

        References
        ----------
        Liu G, Liang KY (1997), Biometrics 53:937-947.
        Edland SD (2010), arXiv:1009.3660 (random slopes).
        Guenther WC (1981), Am Stat 35:243-244 (correction for t).
        """
        z = stats.norm.ppf(1 - self.alpha / 2)
        total = (z + stats.norm.ppf(self.power)) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            n = (1 + 1 / self.allocation) * variance * total / difference**2
        n += z**2 / 2 / (1 + self.allocation)
        return np.where(np.isfinite(n), n, np.nan)

    def power_of(self, n: FloatArray, variance: float, difference: float) -> FloatArray:
        """Return the power with n participants per arm that is not treated."""
        z = stats.norm.ppf(1 - self.alpha / 2)
        used = np.maximum(n - z**2 / 2 / (1 + self.allocation), 1e-9)
        error = np.sqrt((1 + 1 / self.allocation) * variance / used)
        return np.asarray(stats.norm.cdf(abs(difference) / error - z), dtype=np.float64)


def slope_variance(random: FloatArray, residual: FloatArray, design: TrialDesign) -> FloatArray:
    """Return the variance of one participant's slope in an arm, by generalised least squares.

    `random` holds variance of intercepts, covariance, variance of slopes, m x 3. Participants leave
    at a constant rate, and their visits until then count.
    """
    times = np.array(design.visits)
    k = len(times)
    staying = (1 - design.dropout) ** (np.arange(k) / (k - 1))
    leaving = -np.diff(np.r_[staying, 0.0])  # the share whose last visit is this one
    information = np.zeros((len(residual), 2, 2))
    d = np.stack([random[:, [0, 1]], random[:, [1, 2]]], axis=1)
    for last, share in enumerate(leaving, start=1):
        z = np.column_stack([np.ones(last), times[:last]])
        v = z @ d @ z.T + residual[:, None, None] * np.eye(last)
        information += share * (z.T @ np.linalg.solve(v, np.broadcast_to(z, (len(v), *z.shape))))
    return np.asarray(np.linalg.inv(information)[:, 1, 1], dtype=np.float64)


def area_variance(auc: FloatArray, allocation: float) -> tuple[FloatArray, FloatArray]:
    """Return the variance of an area over positive studies for the null and for `auc`.

    `allocation` is the number of positive studies for each negative one.

    References
    ----------
    Hanley JA, McNeil BJ (1982), Radiology 143:29-36.
    Obuchowski NA, McClish DK (1997), Stat Med 16:1529-1542.
    """
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    some: FloatArray = allocation * (q1 - auc**2) + q2 - auc**2
    none: FloatArray = np.full_like(auc, (1 / 12) * (1 + allocation))
    return none, some
