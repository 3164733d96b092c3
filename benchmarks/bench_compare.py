"""Comparisons and figures, beside what a researcher would write with statsmodels and pingouin.

Run with ``python benchmarks/bench_compare.py``; ``--studies N`` for another size. Ours reads the
cohort table each time; theirs is given a wide one. What takes the other packages minutes is
measured on a sample of columns, and scaled: both numbers are said. All run on one core, and are
measured by CPU seconds, which other jobs on the machine change little.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pingouin
import seaborn as sns
import statsmodels.formula.api as smf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from report import amount, ratio
from scipy import stats
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from neuroflow.compare import diagnostic_accuracy, harmonize
from neuroflow.compare.correlate import correlate_regions
from neuroflow.compare.groups import compare_groups
from neuroflow.plot import strip

GROUPS = ("Control", "PD", "MSA", "PSP")


def cohort(studies: int, columns: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make random values: the wide table with facts, and the cohort table."""
    rng = np.random.default_rng(0)
    group = np.array(GROUPS)[np.arange(studies) % 4]
    facts = pd.DataFrame(
        {
            "study_id": [f"s{i:05d}" for i in range(studies)],
            "group": group,
            "age": rng.normal(66, 8, studies),
            "sex": rng.choice(["F", "M"], studies),
        }
    )
    shift = np.array([GROUPS.index(name) for name in group]) * 0.02
    values = 0.3 + shift[:, None] + rng.normal(0, 0.04, (studies, columns))
    names = [f"r{i:03d}" for i in range(columns)]
    wide = pd.concat([facts, pd.DataFrame(values, columns=names)], axis=1)
    long = facts.loc[facts.index.repeat(columns)].reset_index(drop=True)
    long["region"], long["metric"] = np.tile(names, studies), "FW"
    long["value"] = values.ravel()
    for name in ("study_id", "group", "sex", "region", "metric"):
        long[name] = long[name].astype("category")
    return wide, long


def seconds(run: Callable[[], object], times: int = 3) -> float:
    """Measure the CPU seconds of the best of some runs; of many, where they are quick."""
    taken: list[float] = []
    while len(taken) < times or sum(taken) < 1:
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


def report(what: str, theirs: float, ours: float, how: str, aim: float | None = None) -> None:
    """Print one line."""
    print(f"  {what:<54} {theirs:9.2f} s {1000 * ours:8.1f} ms {theirs / ours:7.0f} x   {how}")
    ratio(what, how, theirs / ours, aim)


def two_groups(wide: pd.DataFrame, long: pd.DataFrame, columns: int, sample: int) -> None:
    """Compare two groups, adjusted for age and sex."""
    two = wide[wide["group"].isin(["Control", "PSP"])]
    rows = long[long["group"].isin(["Control", "PSP"])]

    def theirs() -> None:
        for i in range(sample):
            model = smf.ols(f"r{i:03d} ~ C(group) + age + C(sex)", two).fit()
            model.conf_int()

    options = {"groups": ["Control", "PSP"], "covariates": ["age", "sex"]}
    ours = seconds(lambda: compare_groups(rows, **options))
    scaled = seconds(theirs, 2) * columns / sample
    how = f"statsmodels, {sample} of {columns} columns scaled"
    report("adjusted comparison of two groups", scaled, ours, how, 400)


def four_groups(wide: pd.DataFrame, long: pd.DataFrame, columns: int, sample: int) -> None:
    """Compare four groups by ANCOVA."""
    numbers = wide.assign(male=(wide["sex"] == "M").astype(float))

    def theirs() -> None:
        for i in range(sample):
            pingouin.ancova(numbers, dv=f"r{i:03d}", between="group", covar=["age", "male"])

    scaled = seconds(theirs, 2) * columns / sample
    how = f"pingouin.ancova, {sample} of {columns} columns scaled"
    asked = (("F, p, q, eta squared", "only", 1200), ("and six pairs with intervals", True, None))
    for what, omnibus, aim in asked:
        options = {"covariates": ["age", "sex"], "omnibus": omnibus}
        ours = seconds(lambda options=options: compare_groups(long, **options))
        report(f"ANCOVA of four groups: {what}", scaled, ours, how, aim)


def strips(long: pd.DataFrame, columns: int) -> None:
    """Draw a strip plot with means and intervals."""
    some = [f"r{i:03d}" for i in range(columns)]
    rows = long[long["region"].isin(some)].copy()
    rows["region"] = rows["region"].cat.remove_unused_categories()
    size = (7.1, 0.33 * columns)

    def ours() -> None:
        FigureCanvasAgg(strip(rows, "all").figure).draw()

    def theirs() -> None:
        figure = Figure(figsize=size)
        axes = figure.subplots()
        options = {"data": rows, "y": "region", "x": "value", "hue": "group", "dodge": True}
        sns.stripplot(**options, size=2, ax=axes)
        sns.pointplot(**options, errorbar=("se", 1.96), linestyle="none", ax=axes)
        FigureCanvasAgg(figure).draw()

    report(f"strip plot of {columns} regions", seconds(theirs, 1), seconds(ours, 2), "seaborn", 8)


def matrix(wide: pd.DataFrame, long: pd.DataFrame, columns: int, sample: int) -> None:
    """Correlate every region with every other."""
    names = [f"r{i:03d}" for i in range(sample)]
    pairs = columns * (columns - 1) / (sample * (sample - 1))
    ours = seconds(lambda: correlate_regions(long))
    scaled = seconds(lambda: pingouin.pairwise_corr(wide[names]), 1) * pairs
    how = f"pingouin.pairwise_corr, {sample} of {columns} columns scaled by pairs"
    report(f"correlation matrix of {columns} regions", scaled, ours, how, 100)
    regions = wide.filter(regex=r"^r\d+$")
    theirs = seconds(regions.corr, 2)
    report("the same, r, interval, p and q", theirs, ours, "DataFrame.corr, which has r only", 1)
    gaps = np.random.default_rng(1).random(regions.shape) < 0.03
    holes, some = regions.mask(gaps), regions.mask(gaps)[names]
    missing = long.assign(value=long["value"].where(~gaps.ravel()))

    def with_p() -> None:
        some.corr(method=lambda x, y: stats.pearsonr(x, y).pvalue)

    ours = seconds(lambda: correlate_regions(missing))
    theirs = seconds(holes.corr, 2) + seconds(with_p, 2) * pairs
    report("the same, 3 % missing", theirs, ours, "DataFrame.corr, twice: r, p of SciPy", 20)


def areas(wide: pd.DataFrame, long: pd.DataFrame, columns: int, sample: int) -> None:
    """Compute areas under ROC curves with intervals."""
    rows = long[long["region"].isin([f"r{i:03d}" for i in range(columns)])]
    sick = (wide["group"] == "PSP").to_numpy()
    rng = np.random.default_rng(2)
    sample, n_boot = max(sample // 4, 1), 1000

    def theirs() -> None:
        for i in range(sample):
            values = wide[f"r{i:03d}"].to_numpy()
            for draw in rng.integers(0, len(values), (n_boot, len(values))):
                roc_auc_score(sick[draw], values[draw])

    ours = seconds(lambda: diagnostic_accuracy(rows, positive="PSP", reference=None, cutoff=None))
    scaled = seconds(theirs, 1) * columns / sample
    how = f"scikit-learn, bootstrap of {n_boot}, {sample} columns scaled"
    report(f"areas of {columns} regions with DeLong's intervals", scaled, ours, how, 100)


def permutations(long: pd.DataFrame, columns: int) -> None:
    """Correct by 10,000 permutations; the ratio is of one plain comparison to it."""
    rows = long[long["region"].isin([f"r{i:03d}" for i in range(columns)])]
    options = {"groups": ["Control", "PSP"], "covariates": ["age", "sex"]}
    plain = seconds(lambda: compare_groups(rows, **options))
    start = time.process_time()
    compare_groups(rows, correction="maxt", n_permutations=10_000, **options)
    times = (time.process_time() - start) / plain
    what = f"max-T of {columns} regions, 10,000 permutations"
    print(
        f"  {what:<54} {times * plain:9.2f} s {1000 * plain:8.1f} ms {times:7.0f} x   of one plain"
    )
    amount(what, times, "times one plain comparison", 2000)


def sites(wide: pd.DataFrame, long: pd.DataFrame) -> None:
    """Harmonise three sites."""
    place = np.array(["A", "B", "C"])[np.arange(len(wide)) // 4 % 3]
    per_study = len(long) // len(wide)
    table = long.assign(site=pd.Categorical(np.repeat(place, per_study)))
    values = wide.filter(regex=r"^r\d+$").to_numpy().T
    facts = wide[["group", "age", "sex"]].assign(site=place)
    ours = seconds(lambda: harmonize(table))
    try:
        from neuroCombat import neuroCombat
    except ImportError:
        print("  ComBat: neuroCombat is not installed")
        return

    def theirs() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            neuroCombat(values, facts, "site", ["group", "sex"], ["age"])

    report("ComBat of three sites", seconds(theirs, 2), ours, "neuroCombat", 1)


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--columns", type=int, default=264)
    parser.add_argument("--sample", type=int, default=12)
    arguments = parser.parse_args()
    columns, sample = arguments.columns, min(arguments.sample, arguments.columns)
    warnings.simplefilter("ignore")  # of the other packages
    wide, long = cohort(arguments.studies, columns)
    print(f"{arguments.studies} studies x {columns} columns; theirs, ours, ratio")
    with threadpool_limits(1):  # threads of BLAS wait for each other where something else runs
        two_groups(wide, long, columns, sample)
        four_groups(wide, long, columns, sample)
        strips(long, min(132, columns))
        matrix(wide, long, columns, sample)
        areas(wide, long, min(132, columns), sample)
        permutations(long, min(132, columns))
        sites(wide, long)


if __name__ == "__main__":
    main()
