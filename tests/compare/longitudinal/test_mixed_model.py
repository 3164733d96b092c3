"""Mixed models against lme4 and lmerTest (lmer.csv, made by tools/make_mixed_golden.py)."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from support.follow_up import SEEDS, contrasts_of, design_of, follow_up

from neuroflow.compare.longitudinal.models import fit_mixed

GOLDEN = pd.read_csv(Path(__file__).with_name("lmer.csv"))


@cache
def fitted(seed, slope):
    table = follow_up(seed)
    design, names = design_of(table)
    who = pd.factorize(table["person"])[0]
    values = table[["value"]].to_numpy()
    return fit_mixed(design, table["time"].to_numpy(), values, who, slope=slope), names


@pytest.mark.parametrize(
    ("random", "seeds"), [("intercept and slope", SEEDS[::3]), ("intercept", SEEDS[::7])]
)
def test_estimates_errors_and_df_equal_those_of_lmertest(random, seeds):
    compared = 0
    for seed in seeds:
        theirs = GOLDEN[(GOLDEN["seed"] == seed) & (GOLDEN["random"] == random)]
        if theirs["singular"].any():
            continue
        fit, names = fitted(seed, random != "intercept")
        assert fit.names == [random]
        for name, weights in contrasts_of(names).items():
            row = theirs[theirs["contrast"] == name].iloc[0]
            estimate, se, df = (float(part[0]) for part in fit.contrast(weights))
            assert se == pytest.approx(row["se"], rel=1e-5)
            assert estimate == pytest.approx(row["estimate"], rel=1e-5, abs=1e-5 * se)
            assert df == pytest.approx(row["df"], rel=1e-5, abs=1e-3)
            compared += 1
    assert compared >= 3 * 0.9 * len(seeds)
