"""Print how often the intervals of mixed models hold the truth, and how fast they are.

python tools/simulate_follow_up.py (some minutes)
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np
from scipy import stats

from neuroflow.compare.longitudinal.models import fit_mixed

DESIGNS, COLUMNS = 8, 500  # draws of who comes when, and of values for each
RATE, SD = np.array([0.0, 0.3]), np.array([1.0, 0.15, 0.4])  # slopes; intercept, slope, residual


def coverage(n: int, visits: int) -> tuple[float, float, float]:
    """Return coverage within and between groups, and false positives; a fifth drop out."""
    rng = np.random.default_rng([n, visits])
    inside, between, false = [], [], []
    for _ in range(DESIGNS):
        stay = np.where(rng.random(2 * n) < 0.2, rng.integers(1, visits, 2 * n), visits)
        who = np.repeat(np.arange(2 * n), stay)
        gaps = np.where(np.r_[True, np.diff(who) > 0], 0, rng.uniform(0.8, 1.2, len(who)))
        total = np.cumsum(gaps)
        years = total - total[np.r_[0, np.flatnonzero(np.diff(who)) + 1]][who]
        second = (who >= n).astype(float)
        effects = rng.normal(size=(2, 2 * n, COLUMNS)) * SD[:2, None, None]
        noise = SD[2] * rng.normal(size=(len(who), COLUMNS))
        rate = RATE[second.astype(int)][:, None]
        values = effects[0][who] + (rate + effects[1][who]) * years[:, None] + noise
        design = np.column_stack([1 - second, second, years * (1 - second), years * second])
        fit = fit_mixed(design, years, values, who)
        for weights, truth, found in (
            ((0, 0, 0, 1), RATE[1], inside),
            ((0, 0, -1, 1), RATE[1] - RATE[0], between),
        ):
            estimate, se, df = fit.contrast(np.array(weights, dtype=float))
            found.append(np.abs(estimate - truth) <= stats.t.ppf(0.975, df) * se)
        null = values - RATE[1] * second[:, None] * years[:, None]
        estimate, se, df = fit_mixed(design, years, null, who).contrast(np.array([0, 0, -1.0, 1]))
        false.append(2 * stats.t.sf(np.abs(estimate / se), df) < 0.05)
    return tuple(float(np.mean(each)) for each in (inside, between, false))  # type: ignore[return-value]


def speed(columns: int = 264, people: int = 1000, compared: int = 2) -> tuple[float, float]:
    """Return seconds for all columns, and the same for a loop of statsmodels, scaled."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(people), 4)
    years = np.tile(np.arange(4.0), people) + rng.uniform(0, 0.3, 4 * people)
    second = (who % 2).astype(float)
    values = rng.normal(size=(people, columns))[who]
    values = values + 0.3 * rng.normal(size=(people, columns))[who] * years[:, None]
    values = values + 0.4 * rng.normal(size=values.shape)
    design = np.column_stack([1 - second, second, years * (1 - second), years * second])
    start = time.process_time()
    fit_mixed(design, years, values, who).contrast(np.array([0, 0, -1.0, 1]))
    ours = time.process_time() - start
    start = time.process_time()
    random = np.column_stack([np.ones(len(years)), years])
    for column in range(compared):
        MixedLM(values[:, column], design, groups=who, exog_re=random).fit(reml=True)
    return ours, (time.process_time() - start) * columns / compared


def main() -> None:
    """Print both tables."""
    say = sys.stdout.write
    say("| per group | visits | within | between | false positives |\n")
    for n in (15, 30, 60):
        for visits in (2, 3, 5):
            shown = " | ".join(f"{100 * share:.1f} %" for share in coverage(n, visits))
            say(f"| {n} | {visits} | {shown} |", flush=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = speed()
    say(f"264 columns x 1,000 people x 4 visits: {ours:.1f} s; statsmodels {theirs:.0f} s\n")


if __name__ == "__main__":
    main()
