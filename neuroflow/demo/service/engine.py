"""Simulated results: 132 values of a subject, drawn from published statistics of its group."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from neuroflow.demo.service.course import SLOPE_SD, YEARLY_CHANGE
from neuroflow.demo.service.reference_stats import (
    COMPOSED,
    GROUPS,
    METRICS,
    SIDE_SD,
    group_statistics,
)
from neuroflow.errors import DemoError

REFERENCE_AGE = 65.0
"""Age in years at which a group's mean applies: our assumption, the table states no mean age."""

VISIT_CORRELATION = 0.9
"""Correlation of a subject's deviations at two visits: our assumption."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A simulated person.

    Parameters
    ----------
    participant_id
        With the seed, determines the position of the person within the group.
    group
        ``"Control"``, ``"PD"``, ``"MSA"`` or ``"PSP"``.
    age
        Age at the scan, in years.
    sex
        ``"M"`` or ``"F"``. Without effect: the statistics do not separate the sexes.
    visit
        Counted from 1; values of one person's visits are similar, not equal.
    years
        Since the first visit; values change by `YEARLY_CHANGE`, of each person a little apart.
    """

    participant_id: str
    group: str
    age: float
    sex: str
    visit: int = 1
    years: float = 0.0


def simulate(subject: Subject, seed: int = 0) -> pd.DataFrame:
    """Draw the values of one study from the statistics of `group_statistics`.

    Every value has a beta distribution by its moments: Johnson, Kotz, Balakrishnan, Continuous
    Univariate Distributions vol. 2, ch. 25.
    """
    if subject.group not in GROUPS:
        raise DemoError(
            f"There are no statistics of a group {subject.group!r} to simulate.",
            advice=f"Use one of {', '.join(GROUPS)}.",
        )
    mean = _column(f"{subject.group}_mean")
    # The age slope of the controls moves the mean of every group.
    mean = mean + _column("control_age_slope_per_year") * (subject.age - REFERENCE_AGE)
    mean = mean + _course(subject, seed)
    # Deviations of one metric share one factor with the published loadings; those of two visits
    # correlate by `VISIT_CORRELATION`.
    published = _beta_values(_deviations(subject, seed), mean, _column(f"{subject.group}_sd"))
    stems, places = _layout()
    rows = dict(zip(stems, published[places], strict=True))
    sides = _generator(seed, subject.participant_id, subject.visit, "sides")
    for stem, parts in COMPOSED.items():
        own = SIDE_SD if stem.startswith(("Left_", "Right_")) else 0.0
        composed = np.mean([rows[part] for part in parts], axis=0)
        rows[stem] = np.clip(composed + own * sides.standard_normal(len(METRICS)), 0.0, 1.0)
    values = np.array(list(rows.values()))
    return pd.DataFrame(
        {
            "region": list(rows) * len(METRICS),
            "metric": np.repeat(METRICS, len(rows)),
            "value": values.T.ravel(),
        }
    )


def _course(subject: Subject, seed: int) -> NDArray[np.float64]:
    """Return how far a person's values have changed since the first visit."""
    index = group_statistics().index
    change = np.zeros(len(index))
    yearly = YEARLY_CHANGE[subject.group]
    if subject.years and yearly:
        own = _generator(seed, subject.participant_id, "course").standard_normal(len(yearly))
        for (region, slope), deviation in zip(yearly.items(), own, strict=True):
            change[index.get_loc((region, "FW"))] = slope * (1 + SLOPE_SD * deviation)
    return change * subject.years


@cache
def _column(name: str) -> NDArray[np.float64]:
    """Return a column of the statistics; never change it."""
    return group_statistics()[name].to_numpy()


@cache
def _layout() -> tuple[list[str], NDArray[np.intp]]:
    """Return the published regions, and the places of their metrics in the statistics."""
    index = group_statistics().index
    places = pd.Series(range(len(index)), index=index).unstack("metric")[list(METRICS)]
    return list(places.index), places.to_numpy()


@cache
def _metric_numbers() -> NDArray[np.intp]:
    """Return the place in `METRICS` of the metric of each of the 120."""
    index = group_statistics().index
    return np.array([METRICS.index(metric) for metric in index.get_level_values("metric")])


def _deviations(subject: Subject, seed: int) -> NDArray[np.float64]:
    """Draw standard normal deviations of the 120: a shared factor per metric, and their own."""
    person = _generator(seed, subject.participant_id)
    visit = _generator(seed, subject.participant_id, subject.visit)
    loading, which = _column("first_factor_loading"), _metric_numbers()

    def draw(generator: np.random.Generator) -> NDArray[np.float64]:
        factors = generator.standard_normal(len(METRICS))[which]
        own = generator.standard_normal(which.size)
        return np.asarray(loading * factors + np.sqrt(1 - loading**2) * own)

    stable, passing = draw(person), draw(visit)
    mixed: NDArray[np.float64] = (
        np.sqrt(VISIT_CORRELATION) * stable + np.sqrt(1 - VISIT_CORRELATION) * passing
    )
    return mixed


def _beta_values(
    deviations: NDArray[np.float64], mean: NDArray[np.float64], sd: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn standard normal deviations into beta variates of these means and SDs."""
    mean = np.clip(mean, 0.01, 0.99)
    # No beta distribution is as wide as this bound; ages far from the reference could ask for one.
    variance = np.minimum(sd**2, 0.9 * mean * (1 - mean))
    concentration = mean * (1 - mean) / variance - 1
    quantiles = special.ndtr(deviations)
    shapes = mean * concentration, (1 - mean) * concentration
    # Exactly 0 or 1 are the values of regions outside the brain mask.
    return np.clip(special.betaincinv(*shapes, quantiles), 0.001, 0.999)


def _generator(*parts: object) -> np.random.Generator:
    """Make a generator that depends on these words alone, whatever the order of the studies."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))
