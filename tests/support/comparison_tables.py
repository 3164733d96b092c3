"""Cohort tables for the tests of compare and plots: plain random ones, and ones like the real."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd

from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.matrix.regions import resolve

GROUPS = {"Control": 12, "PD": 14, "MSA": 9, "PSP": 11}


def people(groups: Mapping[str, int] = GROUPS, seed: int = 0) -> pd.DataFrame:
    """One row per study: group, age, sex, site, without a visit repeated."""
    rng = np.random.default_rng(seed)
    group = np.repeat(list(groups), list(groups.values()))
    n = len(group)
    return pd.DataFrame(
        {
            "cohort_id": "TEST",
            "study_id": [f"study{i:04d}" for i in range(n)],
            "participant_id": [f"p{i:04d}" for i in range(n)],
            "session_id": "1",
            "group": group,
            "site": rng.choice(["A", "B", "C"], n),
            "age": rng.normal(66, 8, n).round(1),
            "sex": rng.choice(["F", "M"], n),
        }
    )


def long(studies: pd.DataFrame, values: np.ndarray, metrics: int = 1) -> pd.DataFrame:
    """A cohort table of normal values: studies x columns, split evenly over metrics M0, M1, ..."""
    n, m = values.shape
    regions = [f"r{i:02d}" for i in range(m // metrics)] * metrics
    table = studies.loc[studies.index.repeat(m)].reset_index(drop=True)
    table["region"] = regions * n
    table["metric"] = np.tile(np.repeat([f"M{k}" for k in range(metrics)], m // metrics), n)
    table["value"] = values.ravel()
    return table


def normal_table(
    groups: Mapping[str, int] = GROUPS, m: int = 5, seed: int = 0, missing: float = 0.0
) -> pd.DataFrame:
    """Random values that depend on group, age and site; a share of them missing."""
    rng = np.random.default_rng(seed)
    studies = people(groups, seed)
    shift = studies["group"].map({name: 0.4 * i for i, name in enumerate(groups)})
    mean = shift + 0.03 * studies["age"] + 0.5 * (studies["site"] == "B")
    values = mean.to_numpy()[:, None] + rng.normal(0, 1, (len(studies), m))
    values[rng.random(values.shape) < missing] = np.nan
    return long(studies, values)


def realistic_table(
    groups: Mapping[str, int] = GROUPS, seed: int = 0, missing: float = 0.0
) -> pd.DataFrame:
    """66 regions and 2 metrics drawn from the published group statistics."""
    return _drawn(tuple(groups.items()), seed, missing).copy()


@cache
def _drawn(counts: tuple[tuple[str, int], ...], seed: int, missing: float) -> pd.DataFrame:
    groups = dict(counts)
    studies = people(groups, seed)
    frames = [
        simulate(Subject(row.participant_id, row.group, row.age, row.sex), seed).assign(
            study_id=row.study_id
        )
        for row in studies.itertuples()
    ]
    values = pd.concat(frames, ignore_index=True)
    names = {stem: resolve(stem) for stem in values["region"].unique()}
    for column in ("region_name", "kind", "system", "hemisphere"):
        values[column] = values["region"].map({s: getattr(n, column) for s, n in names.items()})
    values["region"] = values["region"].map({stem: name.region for stem, name in names.items()})
    values["metric"] = values["metric"].replace("FA", "FAt")
    rng = np.random.default_rng(seed)
    values.loc[rng.random(len(values)) < missing, "value"] = np.nan
    return studies.merge(values, on="study_id")


def wide(table: pd.DataFrame, metric: str | None = None) -> pd.DataFrame:
    """One row per study with its covariates and one column per region, for other packages."""
    rows = table if metric is None else table[table["metric"] == metric]
    facts = [c for c in ("study_id", "participant_id", "group", "site", "age", "sex") if c in rows]
    return rows.pivot(index=facts, columns="region", values="value").reset_index()
