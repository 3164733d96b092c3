"""Simulated situations whose truth is known: comparisons of groups, correlations and scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import neuroflow as nf
from neuroflow.compare.accuracy.roc import area_inference, compare_areas, roc_area
from neuroflow.compare.correlate import correlation_inference
from neuroflow.compare.stats.correlation import Correlations
from neuroflow.matrix import FloatArray

Shares = dict[str, float]
Run = Callable[[np.random.Generator, int], Shares]
FALSE = "false positives"


@dataclass(frozen=True, slots=True)
class Case:
    """One situation: what is analysed, how, and whether the method's assumptions hold."""

    part: str
    what: str
    run: Run
    holds: bool = True


def studies(groups: Mapping[str, int], visits: int = 1) -> pd.DataFrame:
    """Return one row per study, visit by visit of each person."""
    group = np.repeat(list(groups), [n * visits for n in groups.values()])
    n = len(group)
    person = np.arange(n) // visits
    return pd.DataFrame(
        {
            "study_id": [f"s{i}" for i in range(n)],
            "participant_id": [f"p{i}" for i in person],
            "session_id": (np.arange(n) % visits).astype(str),
            "group": group,
        }
    )


def as_table(rows: pd.DataFrame, values: FloatArray) -> pd.DataFrame:
    """Return a cohort table with one region per simulated sample."""
    n, m = values.shape
    repeated = {name: np.repeat(rows[name].to_numpy(), m) for name in rows}
    return pd.DataFrame(
        repeated
        | {
            "region": np.tile([f"r{i}" for i in range(m)], n),
            "metric": "X",
            "value": values.ravel(),
        }
    )


def inside(found: Any, low: str, high: str, truth: Any) -> float:
    """Return the share of intervals that hold the truth."""
    low, high = np.asarray(found[low], dtype=float), np.asarray(found[high], dtype=float)
    there = np.isfinite(low) & np.isfinite(high)
    return float(((low <= truth) & (truth <= high))[there].mean())


def below(found: Any, name: str = "p", level: float = 0.05) -> float:
    """Return the share of p values below a level."""
    p = np.asarray(found[name], dtype=float)
    return float((p[np.isfinite(p)] < level).mean())


@dataclass(frozen=True, slots=True)
class Groups:
    """Two groups that differ by so many pooled SDs, compared with some options."""

    n: tuple[int, int]
    sd: tuple[float, float] = (1.0, 1.0)
    shift: float = 0.0
    visits: int = 1
    icc: float = 0.0
    adjusted: bool = False

    def __call__(self, rng: np.random.Generator, draws: int, **options: Any) -> Shares:
        """Return the shares of one simulation."""
        rows = studies({"Control": self.n[0], "PSP": self.n[1]}, self.visits)
        sick = (rows["group"] == "PSP").to_numpy(dtype=float)
        who = np.arange(len(rows)) // self.visits
        sd = np.where(sick, self.sd[1], self.sd[0])
        own = rng.normal(size=(who[-1] + 1, draws))[who]
        values = np.sqrt(self.icc) * own + np.sqrt(1 - self.icc) * rng.normal(size=own.shape)
        design = [1 - sick, sick]
        if self.adjusted:
            rows["age"] = rng.normal(65, 8, len(rows))
            design.append(rows["age"].to_numpy() - 65)
            options = {"covariates": ["age"], **options}
        x = np.column_stack(design)
        method = options.get("method", "linear")
        unit = (
            self._sd_of(x, sd, who) if method == "linear" else np.sqrt(np.mean(np.square(self.sd)))
        )
        truth = self.shift * unit
        values = sd[:, None] * values + truth * sick[:, None]
        found = nf.compare_groups(as_table(rows, values), **options)
        shares = {
            "difference": inside(found, "ci_low", "ci_high", truth),
            "effect size": inside(
                found, "effect_size_ci_low", "effect_size_ci_high", self._effect(method)
            ),
        }
        if found["np2_ci_low"].notna().any() and self.sd[0] == self.sd[1]:
            size = np.linalg.inv(x.T @ x)
            shift = truth**2 / (size[0, 0] + size[1, 1] - 2 * size[0, 1])
            shares["partial η²"] = inside(
                found, "np2_ci_low", "np2_ci_high", shift / (shift + len(rows))
            )
        if not self.shift:
            shares[FALSE] = below(found)
        return shares

    def _effect(self, method: str) -> float:
        if method == "mannwhitney":
            sd = np.hypot(*self.sd)
            unit = np.sqrt(np.mean(np.square(self.sd)))
            return 2 * float(stats.norm.cdf(self.shift * unit / sd)) - 1
        return self.shift

    def _sd_of(self, x: FloatArray, sd: FloatArray, who: FloatArray) -> float:
        """Return the SD that the model's residual SD estimates."""
        same = (who[:, None] == who) * self.icc + np.eye(len(who)) * (1 - self.icc)
        rest = np.eye(len(x)) - x @ np.linalg.pinv(x)
        return float(np.sqrt(np.trace(rest @ (same * sd * sd[:, None])) / (len(x) - x.shape[1])))


def groups(part: str, what: str, model: Groups, *, holds: bool = True, **options: Any) -> Case:
    """Return a comparison of two groups."""
    return Case(part, what, lambda rng, draws: model(rng, draws, **options), holds)


def raw_sd(shift: float) -> Run:
    """Return an adjusted difference over the SD within groups; the ages are drawn anew."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        each, found = 50, []
        for _ in range(max(draws // each, 1)):
            rows = studies({"Control": 30, "PSP": 30})
            age = rng.normal(0, 1, (60, 1))
            values = age + rng.normal(size=(60, each))
            values += shift * np.sqrt(2) * (rows["group"] == "PSP").to_numpy()[:, None]
            table = as_table(rows.assign(age=age[:, 0]), values)
            found.append(nf.compare_groups(table, covariates="age", standardizer="raw"))
        names = ("effect_size_ci_low", "effect_size_ci_high")
        return {"effect size": inside(pd.concat(found), *names, shift)}

    return run


def slopes(rng: np.random.Generator, draws: int) -> Shares:
    """Return how often intervals hold the difference of two slopes of age."""
    rows = studies({"Control": 20, "PSP": 15}).assign(age=rng.normal(65, 8, 35))
    sick = (rows["group"] == "PSP").to_numpy(dtype=float)
    mean = rows["age"].to_numpy() * (0.02 + 0.03 * sick)
    found = nf.compare_groups(
        as_table(rows, mean[:, None] + rng.normal(size=(35, draws))), interaction="age"
    )
    return {"difference of slopes": inside(found, "ci_low", "ci_high", 0.03)}


def omnibus(method: str, robust: str = "none", sd: float = 1.0) -> Run:
    """Any difference between three groups that do not differ."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        rows = studies({"Control": 20, "MSA": 12, "PSP": 16})
        spread = np.where(rows["group"] == "MSA", sd, 1.0)[:, None]
        values = spread * rng.normal(size=(48, draws))
        found = nf.compare_groups(
            as_table(rows, values), method=method, robust=robust, omnibus="only"
        )
        shares = {FALSE: below(found)}
        if found["np2_ci_low"].notna().any() and sd == 1.0:
            shares["partial η²"] = inside(found, "np2_ci_low", "np2_ci_high", 0.0)
        return shares

    return run


def equivalence(rng: np.random.Generator, draws: int) -> Shares:
    """Return how often a difference at the margin is called smaller."""
    rows = studies({"Control": 30, "PSP": 30})
    values = rng.normal(size=(60, draws)) + (rows["group"] == "PSP").to_numpy()[:, None]
    found = nf.compare_groups(as_table(rows, values), margin=1.0)
    return {FALSE: below(found, "p_equivalence")}


def largest_t(rng: np.random.Generator, draws: int) -> Shares:
    """Return how often any of 20 correlated regions is found by max-T where none differs."""
    rows = studies({"Control": 15, "PSP": 15}).assign(age=rng.normal(65, 8, 30))
    families = max(draws // 20, 20)
    common = rng.normal(size=(30, families, 1))
    values = (common + rng.normal(size=(30, families, 20))).reshape(30, -1)
    table = as_table(rows, values)
    metric = np.repeat([f"m{i}" for i in range(families)], 20)
    table["metric"], table["region"] = (
        np.tile(metric, 30),
        np.tile([f"r{i}" for i in range(20)], families * 30),
    )
    found = nf.compare_groups(table, covariates="age", correction="maxt", n_permutations=499)
    return {FALSE: float((found.groupby("metric")["q"].min() < 0.05).mean())}


def correlation(kind: str, rho: float, n: int, adjusted: int = 0) -> Run:
    """Correlations of normal values; partial ones have the distribution of fewer studies."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        x, z = rng.normal(size=(2, n, draws))
        y = rho * x + np.sqrt(1 - rho**2) * z
        truth = rho
        if kind == "spearman":
            x, y = stats.rankdata(x, axis=0), stats.rankdata(y, axis=0)
            truth = 6 / np.pi * np.arcsin(rho / 2)
        basis = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, adjusted))]))[0]
        x, y = x - basis @ (basis.T @ x), y - basis @ (basis.T @ y)
        r = (x * y).sum(axis=0) / np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
        all_n, all_k = np.full(draws, float(n)), np.full(draws, float(adjusted))
        found = correlation_inference(Correlations(r, all_n, all_k), 0.95, kind)  # type: ignore[arg-type]
        shares = {"correlation": inside(found, "ci_low", "ci_high", truth)}
        return shares | ({FALSE: below(found)} if not rho else {})

    return run


def area(auc: float, positive: int, negative: int) -> Run:
    """Areas under the ROC curve of normal scores."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        shift = np.sqrt(2) * stats.norm.ppf(auc)
        sick = rng.normal(size=(positive, draws)) + shift
        found = area_inference(roc_area(sick, rng.normal(size=(negative, draws))), 0.95)
        shares = {"area": inside(found, "ci_low", "ci_high", auc)}
        return shares | ({FALSE: below(found)} if auc == 0.5 else {})

    return run


def two_areas(first: float, second: float, n: int) -> Run:
    """Differences of two areas of correlated scores."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        shifts = np.sqrt(2) * stats.norm.ppf([first, second])
        parts = []
        for sick in (1, 0):
            common = rng.normal(size=(n, draws))
            parts.append(
                [np.sqrt(0.5) * (common + rng.normal(size=(n, draws))) + sick * s for s in shifts]
            )
        one, other = (roc_area(parts[0][i], parts[1][i]) for i in (0, 1))
        found = compare_areas(one, other, 0.95)
        shares = {"difference of areas": inside(found, "ci_low", "ci_high", first - second)}
        return shares | ({FALSE: below(found)} if first == second else {})

    return run
