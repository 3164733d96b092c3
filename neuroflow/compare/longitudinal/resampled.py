"""The people behind a change, drawn again: intervals and composites of regions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from neuroflow.compare.longitudinal.mixed_change import (
    MODEL_COLUMNS,
    VisitDesign,
    designs_of,
    fit_change,
)
from neuroflow.compare.longitudinal.models import MixedFit
from neuroflow.compare.longitudinal.visits import FollowUp, read_follow_up
from neuroflow.compare.stats import Contrast, make_contrasts, read_covariates
from neuroflow.errors import TableError, Wording
from neuroflow.matrix import FloatArray, IntArray, read_cells

COMPOSITE = "composite"
_FOLDS = 10
_LEAST = 5  # people with repeated visits in all regions, for weights


@dataclass(frozen=True, slots=True)
class Resampled:
    """A change over time together with the visits it was computed from."""

    data: FollowUp
    change: pd.DataFrame
    contrasts: list[Contrast]
    by: str
    in_slope: list[str]
    confidence: float

    @classmethod
    def of(cls, table: pd.DataFrame, change: pd.DataFrame) -> Resampled:
        """Read the visits again, as the change describes."""
        facts = change.attrs
        if facts.get("method") != "mixed":
            raise TableError(
                "The source does not state how it was computed.",
                advice=Wording(
                    'Pass what change_over_time(method="mixed") returned, before it is changed.',
                    cli="Pass a workspace, a folder of results or a cohort table.",
                ),
            )
        by = facts["by"]
        if by not in table and len(facts["groups"]) == 1:
            table = table.assign(**{by: next(iter(facts["groups"]))})
        cells = read_cells(
            table,
            metric=list(facts["metrics"]),
            needed=["participant_id", by, facts["time"], *facts["covariates"]],
            exclude_suspect=facts["exclude_suspect"],
        )
        data = read_follow_up(
            cells,
            by=by,
            time=facts["time"],
            unit=facts["unit"],
            groups=list(facts["groups"]),
            covariates=facts["covariate_terms"],
        )
        names = data.people.names
        wanted = [Contrast((name,), ()) for name in names]
        if facts["contrasts"]:
            wanted += make_contrasts(names, planned=facts["contrasts"])
        return cls(data, change, wanted, by, facts["slope_terms"], float(facts["confidence"]))

    def _designs(self, data: FollowUp) -> list[VisitDesign]:
        in_slope = read_covariates(data.people.cells.studies, self.in_slope)
        found = designs_of(data, self.by, in_slope)
        return [design for _, design in found if isinstance(design, VisitDesign)]

    def bootstrap(self, n: int, seed: int, composite: bool) -> Iterator[pd.DataFrame]:
        """Yield estimates and SDs in the order of the change's rows, people drawn by group."""
        rng = np.random.default_rng(seed)
        group = self.data.people.group
        members = [np.flatnonzero(group == code) for code in range(len(self.data.people.names))]
        combined = self._composite_values(seed) if composite else []
        sets = [(self._designs(data), data, wanted) for data, wanted in combined]
        whole = self._designs(self.data)
        for _ in range(n):
            weights = np.zeros(len(group))
            for mine in members:
                np.add.at(weights, rng.choice(mine, len(mine)), 1.0)
            parts = [self._drawn(whole, self.data, self.contrasts, weights)]
            parts += [self._drawn(each, data, wanted, weights) for each, data, wanted in sets]
            yield pd.concat(parts, ignore_index=True)

    def _drawn(
        self,
        designs: list[VisitDesign],
        data: FollowUp,
        wanted: list[Contrast],
        weights: FloatArray,
    ) -> pd.DataFrame:
        m = data.values.shape[1]
        numbers = {
            name: np.full((len(wanted), m), np.nan)
            for name in ("estimate", "sd_intercept", "sd_slope", "correlation", "sd_residual")
        }
        for design in designs:
            people = np.unique(data.person[design.rows])
            fit = design.fit(data.values, weights[people])
            _fill(numbers, wanted, design, fit)
        return pd.DataFrame({name: values.reshape(-1) for name, values in numbers.items()})

    def composites(self, seed: int) -> pd.DataFrame:
        """Return change of the cross-validated composite of every contrast and metric."""
        found = []
        for data, wanted in self._composite_values(seed):
            in_slope = read_covariates(data.people.cells.studies, self.in_slope)
            change = fit_change(
                data, wanted, by=self.by, in_slope=in_slope, confidence=self.confidence
            )
            frame = change.results.to_frame(data.columns, [item.name for item in wanted])
            for name in MODEL_COLUMNS:
                frame[name] = np.tile(change.models[name], len(wanted))
            found.append(frame)
        return pd.concat(found, ignore_index=True)

    def _composite_values(self, seed: int) -> list[tuple[FollowUp, list[Contrast]]]:
        """Return a composite for the first side of each contrast, in the order of the contrasts."""
        metrics = list(dict.fromkeys(self.data.columns["metric"]))
        return [
            (_combined(self.data, contrast, metric, seed), [contrast])
            for contrast in self.contrasts
            for metric in metrics
        ]


def _fill(
    numbers: dict[str, FloatArray], wanted: list[Contrast], design: VisitDesign, fit: MixedFit
) -> None:
    columns, random = design.columns, fit.random * fit.variance[:, None]
    both = np.sqrt(random[:, 0] * random[:, 2])
    numbers["sd_intercept"][:, columns] = np.sqrt(random[:, 0])
    numbers["sd_slope"][:, columns] = np.sqrt(random[:, 2])
    numbers["correlation"][:, columns] = random[:, 1] / np.where(both > 0, both, 1)
    numbers["sd_residual"][:, columns] = np.sqrt(fit.variance)
    for row, contrast in enumerate(wanted):
        if set(contrast.groups) <= set(design.slope):
            weights = design.weights(contrast, design.slope)
            numbers["estimate"][row, columns] = weights @ fit.coefficients


def _combined(data: FollowUp, contrast: Contrast, metric: str, seed: int) -> FollowUp:
    """Return visits with one column: the combination of regions, weights from other people."""
    here = (data.columns["metric"] == metric).to_numpy()
    values = data.values[:, here]
    enough = np.isfinite(values).mean(axis=0) > 0.9
    values = values[:, enough]
    whole = np.isfinite(values).all(axis=1)
    slopes, people = _own_slopes(data.person[whole], data.years[whole], values[whole])
    names = data.people.names
    group = data.people.group[people]
    first = np.isin(group, [names.index(name) for name in contrast.first])
    second = np.isin(group, [names.index(name) for name in contrast.second])
    fold = np.random.default_rng(seed).permutation(len(data.people.group)) % _FOLDS
    score = np.full(len(values), np.nan)
    for number in range(_FOLDS):
        train = fold[people] != number
        weights = best_weights(slopes[first & train], slopes[second & train])
        mine = (fold[data.person] == number) & whole
        score[mine] = values[mine] @ weights
    columns = pd.DataFrame(
        {
            name: [metric if name == "metric" else "" if name == "hemisphere" else COMPOSITE]
            for name in data.columns
        }
    )
    cells = replace(data.people.cells, columns=columns, suspect=None)
    return replace(data, people=replace(data.people, cells=cells), values=score[:, None])


def _own_slopes(
    person: IntArray, years: FloatArray, values: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Return the least-squares slopes of people with visits at different times."""
    count = int(person.max(initial=-1)) + 1
    n = np.maximum(np.bincount(person, minlength=count), 1)
    centred = years - (np.bincount(person, years, count) / n)[person]
    squares = np.bincount(person, centred**2, count)
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, person, centred[:, None] * values)
    people = np.flatnonzero(squares > 0)
    return sums[people] / squares[people, None], people


def best_weights(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return weights of the columns whose combination has the most change for its spread.

    The combination, of variance one, is after Ard MC, Edland SD (2011), J Alzheimers Dis 26 Suppl
    3:369-377 (composites for trials).
    """
    mean = first.mean(axis=0) - (second.mean(axis=0) if len(second) else 0)
    n, m = first.shape
    sd = first.std(axis=0, ddof=1)
    if n < _LEAST or m == 1:
        weights = mean / sd**2
    else:
        z = (first - first.mean(axis=0)) / sd
        products = z[:, :, None] * z[:, None]
        r = products.mean(axis=0)
        # The covariance is shrunk towards its diagonal: Schäfer J, Strimmer K (2005), Stat Appl
        # Genet Mol Biol 4:32.
        spread = n / (n - 1) ** 3 * ((products - r) ** 2).sum(axis=0)
        off = ~np.eye(m, dtype=bool)
        shrink = float(np.clip(spread[off].sum() / (r[off] ** 2).sum(), 0, 1))
        r = (1 - shrink) * r * n / (n - 1) * off + np.eye(m)
        weights = np.linalg.solve(r, mean / sd) / sd
    size = np.sqrt(weights @ np.atleast_2d(np.cov(first, rowvar=False)) @ weights)
    return np.asarray(weights / size, dtype=np.float64)
