"""Mixed models of change in every region, beside statsmodels' MixedLM and R's lme4.

Run with ``python benchmarks/bench_follow_up.py``; ``--people N`` for another size. 1,000 people of
two groups, four visits, 264 columns, a random intercept and slope by REML. The others are measured
on some columns, and scaled. CPU seconds count; those of R are of the fits alone, without reading.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from report import amount, ratio
from threadpoolctl import threadpool_limits

import neuroflow as nf

VISITS = 4
MOST_MEMORY = 1_000  # MB
LME4 = """
suppressMessages({library(lme4); library(lmerTest)})
given <- commandArgs(TRUE)
d <- read.csv(given[1], stringsAsFactors = TRUE)
start <- proc.time()
for (column in grep("^r[0-9]", names(d), value = TRUE)) {
  fit <- suppressMessages(suppressWarnings(lmerTest::lmer(as.formula(paste(column,
    "~ group * years + (1 + years | participant_id)")), d)))
  s <- suppressMessages(summary(fit))
}
cat(sum((proc.time() - start)[1:2]))
"""


def cohort(people: int, columns: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make values of people with slopes of their own: the wide table, and the cohort table."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(people), VISITS)
    years = np.tile(np.arange(VISITS, dtype=float), people) + rng.normal(0, 0.05, len(person))
    years -= years.reshape(people, VISITS)[:, :1].repeat(VISITS, axis=1).ravel()
    is_case = person % 2
    level = rng.normal(0, 0.05, (people, columns))[person]
    slope = rng.normal(0.005, 0.01, (people, columns))[person] + 0.01 * is_case[:, None]
    noise = rng.normal(0, 0.01, (len(person), columns))
    values = 0.3 + level + slope * years[:, None] + noise
    facts = pd.DataFrame(
        {
            "study_id": [f"s{row:05d}" for row in range(len(person))],
            "participant_id": [f"p{one:04d}" for one in person],
            "group": np.where(is_case, "PSP", "Control"),
            "years": years,
            "age": 60 + years,
        }
    )
    names = [f"r{column:03d}" for column in range(columns)]
    wide = pd.concat([facts, pd.DataFrame(values, columns=names)], axis=1)
    long = facts.loc[facts.index.repeat(columns)].reset_index(drop=True)
    long["region"], long["metric"] = np.tile(names, len(person)), "FW"
    long["value"] = values.ravel()
    for name in ("study_id", "participant_id", "group", "region", "metric"):
        long[name] = long[name].astype("category")
    return wide, long


def seconds(run: Callable[[], object], times: int) -> float:
    """Measure the CPU seconds of the best of some runs."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


def with_statsmodels(wide: pd.DataFrame, sample: int) -> None:
    """Fit the same model to some columns."""
    for column in range(sample):
        model = smf.mixedlm(
            f"r{column:03d} ~ group * years", wide, groups="participant_id", re_formula="~years"
        )
        model.fit(reml=True)


def with_lme4(wide: pd.DataFrame, sample: int) -> float | None:
    """Return R's CPU seconds for some columns; None without R and its packages."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as place:
        table, script = Path(place) / "wide.csv", Path(place) / "fit.R"
        kept = ["participant_id", "group", "years", *(f"r{i:03d}" for i in range(sample))]
        wide[kept].to_csv(table, index=False)
        script.write_text(LME4, encoding="ascii")
        done = subprocess.run([program, script, table], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--columns", type=int, default=264)
    parser.add_argument("--sample", type=int, default=12)
    options = parser.parse_args()
    wide, long = cohort(options.people, options.columns)
    change = {"method": "mixed", "time": "age"}
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        ours = seconds(lambda: nf.change_over_time(long, **change), 3)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3  # Linux: kilobytes
        scale = options.columns / options.sample
        print(f"{options.people} people x {VISITS} visits x {options.columns} columns")
        print(f"  neuroflow    {ours:9.2f} s, {memory:.0f} MB")
        theirs = seconds(lambda: with_statsmodels(wide, options.sample), 1) * scale
    what = "mixed model: random intercept and slope"
    how = f"statsmodels' MixedLM, {options.sample} of {options.columns} columns scaled"
    print(f"  statsmodels  {theirs:9.2f} s {theirs / ours:9.0f} x")
    ratio(what, how, theirs / ours, 100)
    in_r = with_lme4(wide, options.sample)
    if in_r is None:
        print("  lme4: not measured, R with lme4 and lmerTest is not here")
    else:
        in_r *= scale
        print(f"  lme4         {in_r:9.2f} s {in_r / ours:9.0f} x")
        how = f"R's lme4 with lmerTest, {options.sample} of {options.columns} columns scaled"
        ratio(what, how, in_r / ours, 10)
    amount("its peak memory, with the table", memory, "MB", MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
