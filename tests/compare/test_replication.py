"""Maps of effects of two cohorts: correlation with an interval for correlated regions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.comparison_tables import long, people

import neuroflow as nf
from neuroflow.compare.cohorts.replication import effective_regions
from neuroflow.errors import CompareError, OptionError


def maps(first, second, q=0.01):
    names = [f"r{i:02d}" for i in range(len(first))]
    both = []
    for values in (first, second):
        both.append(
            pd.DataFrame(
                {"region": names, "metric": "M0", "contrast": "PSP - Control", "q": q}
            ).assign(effect_size=values)
        )
    return both


def related(n, strength):
    place = np.arange(n)
    return strength ** np.abs(place[:, None] - place)


def cohort(correlation, n=200, seed=0):
    drawn = np.random.default_rng(seed).normal(size=(len(correlation), n))
    noise = np.linalg.cholesky(correlation) @ drawn
    return long(people({"Control": n // 2, "PSP": n // 2}), noise.T)


def test_regions_without_correlation_count_fully():
    assert effective_regions(np.eye(30)) == pytest.approx(30)
    assert effective_regions(related(30, 0.9)) < 8


def test_correlation_and_interval_are_fishers_of_the_effective_number():
    rng = np.random.default_rng(1)
    first = rng.normal(size=20)
    second = first + rng.normal(size=20)
    table = cohort(related(20, 0.5))
    row = nf.replication(*maps(first, second), table=table).iloc[0]
    wide = table.pivot(index=["study_id", "group"], columns="region", values="value")
    rest = wide - wide.groupby("group").transform("mean")
    centred = (np.eye(20) - 1 / 20) @ np.corrcoef(rest.to_numpy().T)
    n = 1 + np.trace(centred) ** 2 / np.trace(centred @ centred)
    assert row["r"] == pytest.approx(stats.pearsonr(first, second)[0])
    assert row["n_effective"] == pytest.approx(n)
    ends = np.tanh(np.arctanh(row["r"]) + np.array([-1.959964, 1.959964]) / np.sqrt(n - 3))
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(list(ends))
    assert row["slope"] == pytest.approx((first * second).sum() / (first**2).sum())


def test_unrelated_maps_of_correlated_regions_are_rarely_significant():
    correlation = related(40, 0.8)
    root = np.linalg.cholesky(correlation)
    rng = np.random.default_rng(2)
    table = cohort(correlation, n=600)
    n = effective_regions(correlation)
    naive, found = [], []
    for _ in range(1500):
        r = np.corrcoef(*(root @ rng.normal(size=(40, 2))).T)[0, 1]
        for count, size in ((naive, 40), (found, n)):
            t = abs(r) * np.sqrt((size - 2) / (1 - r**2))
            count.append(2 * stats.t.sf(t, size - 2) < 0.05)
    assert np.mean(naive) > 0.2
    assert 0.01 < np.mean(found) < 0.06  # never more often than it says
    row = nf.replication(*maps(*(root @ rng.normal(size=(40, 2))).T), table=table).iloc[0]
    assert row["n_effective"] == pytest.approx(n, rel=0.1)


def test_signs_and_findings_are_counted():
    first, second = maps([1.0, 0.5, -0.2, 0.3, 0.1], [0.8, -0.1, -0.4, 0.2, 0.3])
    first["q"], second["q"] = [0.01, 0.01, 0.2, 0.04, 0.5], [0.03, 0.5, 0.01, 0.2, 0.01]
    row = nf.replication(first, second).iloc[0]
    counts = row[["n_regions", "same_sign", "n_found", "n_found_same_sign", "n_found_again"]]
    assert list(counts) == [5, 4, 3, 2, 1]
    assert np.isnan(row["ci_low"])
    assert row["reason"] == "no table with the correlation of these regions"


def test_order_of_rows_does_not_matter():
    first, second = maps(np.arange(6.0), [1.0, 3, 2, 5, 4, 6])
    table = cohort(related(6, 0.3))
    one = nf.replication(first, second, table=table)
    other = nf.replication(first, second.iloc[::-1], table=table.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(one, other)


def test_tables_without_a_common_contrast_are_refused():
    first, second = maps([1.0, 2, 3, 4], [1.0, 2, 3, 4])
    with pytest.raises(CompareError, match="no contrast"):
        nf.replication(first, second.assign(contrast="PD - Control"))
    with pytest.raises(OptionError):
        nf.replication(first, second, value="p")


def test_methods_text_describes_the_interval():
    table = cohort(related(6, 0.3))
    found = nf.replication(*maps(np.arange(6.0), np.arange(6.0) ** 2), table=table)
    assert "as so many independent ones" in nf.methods_text(found)
