"""People followed over time, of known variances: for tests, and for the same models in R."""

from __future__ import annotations

import numpy as np
import pandas as pd

SEEDS = range(50)


def follow_up(seed: int) -> pd.DataFrame:
    """One row per visit: person, group, age at the first visit, time, value.

    Groups, people, visits, dropout, variances and units differ from seed to seed.
    """
    rng = np.random.default_rng(seed)
    names = ["Control", "PSP", "MSA"][: 2 + seed % 2]
    n = int(rng.integers(15, 61))
    planned, dropout = 3 + seed % 3, (0.0, 0.2)[seed // 2 % 2]
    sd_intercept, sd_slope, sd = rng.uniform(0.5, 2, 3) * (1, 0.3, 0.4)
    correlation = rng.uniform(-0.5, 0.5)
    mixing = np.linalg.cholesky([[1, correlation], [correlation, 1]])
    rows = []
    for code, name in enumerate(names):
        effects = (mixing @ rng.normal(size=(2, n))) * np.array([[sd_intercept], [sd_slope]])
        for person in range(n):
            visits = planned if rng.random() >= dropout else int(rng.integers(1, planned))
            time = np.cumsum(np.r_[0, rng.uniform(0.5, 1.5, visits - 1)])
            age = rng.normal(66, 8)
            level = 5 + 0.3 * code + 0.02 * (age - 66) + effects[0, person]
            rate = 0.1 + 0.2 * code + effects[1, person]
            values = level + rate * time + sd * rng.normal(size=visits)
            who = f"{name}{person:03d}"
            rows += [(who, name, age, at, y) for at, y in zip(time, values, strict=True)]
    return pd.DataFrame(rows, columns=["person", "group", "age", "time", "value"])


def cohort(
    seed: int = 0, regions: tuple[str, ...] = ("pSN", "SCP"), noise: float = 0.0
) -> pd.DataFrame:
    """A cohort table of the people of `follow_up`; the first region has their values."""
    table = follow_up(seed).rename(columns={"person": "participant_id"})
    table["study_id"] = [f"s{i:04d}" for i in range(len(table))]
    table["first_age"], table["age"] = table["age"], table["age"] + table["time"]
    frames = [
        table.assign(
            region=region,
            metric="FW",
            value=(5 + i + table["value"]) / 40
            + np.random.default_rng(i).normal(0, noise * i + 1e-12, len(table)),
        )
        for i, region in enumerate(regions)
    ]
    return pd.concat(frames, ignore_index=True)


def design_of(table: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Group means, group slopes, and age with its effect on both."""
    names = list(dict.fromkeys(table["group"]))
    member = (table["group"].to_numpy()[:, None] == np.array(names)).astype(float)
    time, age = table["time"].to_numpy()[:, None], table["age"].to_numpy()[:, None] - 66
    return np.hstack([member, member * time, age, age * time]), names


def contrasts_of(names: list[str]) -> dict[str, np.ndarray]:
    """Slopes within groups, and of the other groups less the first, over `design_of`."""
    k = len(names)
    slopes = {name: np.eye(2 * k + 2)[k + place] for place, name in enumerate(names)}
    return slopes | {f"{name} - {names[0]}": slopes[name] - slopes[names[0]] for name in names[1:]}
