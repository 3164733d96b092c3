"""Repeatability, against pingouin and Shrout and Fleiss's published example."""

import numpy as np
import pandas as pd
import pingouin
import pytest

import neuroflow as nf
from neuroflow.errors import CompareError

# Shrout PE, Fleiss JL (1979), Psychol Bull 86:420-428, table 2.
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def repeats(values, **more):
    values = np.asarray(values, dtype=float)
    rows = [
        {
            "study_id": f"p{i}s{j}",
            "participant_id": f"p{i}",
            "scanner": "ABCD"[j],
            "age": 60 + j / 10,
            "region": "SCP",
            "metric": "FW",
            "value": values[i, j],
        }
        for i in range(values.shape[0])
        for j in range(values.shape[1])
    ]
    return pd.DataFrame(rows).assign(**more)


def found(values, **how):
    return nf.repeatability(repeats(values), **how).iloc[0]


def test_the_example_of_shrout_and_fleiss_is_reproduced():
    row = found(JUDGES, scanner="scanner", exclude_suspect=False)
    numbers = [row.icc2, row.icc2_ci_low, row.icc2_ci_high]
    assert numbers == pytest.approx([0.29, 0.02, 0.76], abs=0.005)
    numbers = [row.icc3, row.icc3_ci_low, row.icc3_ci_high]
    assert numbers == pytest.approx([0.71, 0.34, 0.95], abs=0.005)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("k", [2, 3])
def test_icc_and_intervals_equal_those_of_pingouin(k):
    rng = np.random.default_rng(k)
    values = 0.4 + rng.normal(0, 0.05, (20, 1)) + rng.normal(0, 0.02, (20, k))
    values[:, 1] += 0.02
    table = repeats(values)
    theirs = pingouin.intraclass_corr(
        table, "participant_id", "scanner", "value", nan_policy="omit"
    )
    row = found(values, scanner="scanner")
    for name, place in (("icc2", 1), ("icc3", 2)):
        their = theirs.iloc[place]
        interval = next(their[c] for c in theirs.columns if c.startswith("CI95"))
        assert row[name] == pytest.approx(their["ICC"], rel=1e-6)
        ours = [row[f"{name}_ci_low"], row[f"{name}_ci_high"]]
        assert ours == pytest.approx(list(interval), abs=0.006)


def test_within_subject_sd_is_that_of_bland_and_altman():
    rng = np.random.default_rng(0)
    values = 0.4 + rng.normal(0, 0.05, (30, 1)) + rng.normal(0, 0.01, (30, 2))
    row = found(values)
    difference = np.diff(values, axis=1)
    assert row.sd_within == pytest.approx(np.sqrt((difference**2).mean() / 2))
    assert row.rc == pytest.approx(1.959964 * np.sqrt(2) * row.sd_within)
    assert row.mdc == pytest.approx(1.959964 * difference.std(ddof=1))
    assert row.rc_ci_low < row.rc < row.rc_ci_high
    change = 2.042272 * np.sqrt(2) * row.sd_within  # Student's quantile with 30 degrees of freedom
    assert row.claim.startswith(f"A measured change of {change:.3f} or more indicates")


def test_a_biased_scanner_is_named_with_its_bias():
    rng = np.random.default_rng(0)
    values = 0.4 + rng.normal(0, 0.05, (30, 1)) + rng.normal(0, 0.01, (30, 3))
    values[:, 2] += 0.05
    row = found(values, scanner="scanner")
    assert row.bias_of.startswith("C - ")
    assert row.bias == pytest.approx(0.05, abs=0.01)
    assert row.p_bias < 1e-9
    assert row.icc2 < row.icc3


def test_people_with_gaps_count_for_the_sd_only():
    rng = np.random.default_rng(0)
    values = 0.4 + rng.normal(0, 0.05, (12, 1)) + rng.normal(0, 0.01, (12, 3))
    values[0, 1], values[1, 1:] = np.nan, np.nan
    row = found(values)
    assert (row.n, row.n_icc) == (11, 10)


def test_scans_far_apart_are_left_out_on_request():
    values = [[0.3, 0.31, 0.9], [0.4, 0.39, 0.8], [0.5, 0.52, 0.1], [0.35, 0.36, 0.2]]
    near = found(values, within=0.15)
    assert near.rc < 0.1 < found(values).rc


def test_repeats_that_are_missing_or_double_are_refused():
    with pytest.raises(CompareError, match="0 participants have repeated"):
        nf.repeatability(repeats([[0.3], [0.4]]))
    with pytest.raises(CompareError, match="several scans of one scanner"):
        nf.repeatability(repeats([[0.3, 0.3], [0.4, 0.4]], scanner="A"), scanner="scanner")


def test_bland_altman_shows_bias_and_limits():
    rng = np.random.default_rng(0)
    values = 0.4 + rng.normal(0, 0.05, (30, 1)) + rng.normal(0, 0.01, (30, 2))
    ax = nf.plot.bland_altman(repeats(values), "SCP", scanner="scanner")
    assert ax.get_ylabel() == "B − A (fraction)"
    levels = sorted(line.get_ydata()[0] for line in ax.lines if len(line.get_ydata()) == 2)
    difference = np.diff(values, axis=1)
    half = 1.959964 * difference.std(ddof=1)
    assert levels == pytest.approx(
        [difference.mean() - half, difference.mean(), difference.mean() + half]
    )


def test_identical_repeats_have_a_reason():
    row = found([[0.3, 0.3], [0.4, 0.4], [0.5, 0.5]])
    assert row["reason"] == "all repeats of each participant are the same"
    assert np.isnan([row["icc2"], row["sd_within"], row["rc"]]).all()
