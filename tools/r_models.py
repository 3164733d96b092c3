"""Numbers of R's sva, lme4 and nlme beside neuroflow's, for `make_r_agreement`."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import neuroflow as nf

PACKAGES = ("sva", "lme4", "lmerTest", "nlme")
# The iterations of sva end at a change of 1e-4; here both go on to rounding.
SCRIPT = """
suppressMessages({library(sva); library(lmerTest); library(nlme)})
folder <- commandArgs(TRUE)[1]
d <- read.csv(file.path(folder, "sites.csv"), stringsAsFactors = TRUE)
x <- t(as.matrix(read.csv(file.path(folder, "values.csv"))))
f <- sva:::it.sol
formals(f)$conv <- 1e-15
assignInNamespace("it.sol", f, "sva")
model <- model.matrix(~ group + age + sex, d)
out <- list()
out$combat <- as.vector(suppressMessages(ComBat(x, d$site, model)))
out$reference <- as.vector(suppressMessages(ComBat(x, d$site, model, ref.batch = "A")))
v <- read.csv(file.path(folder, "visits.csv"))
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e6))
m <- lmer(value ~ 0 + group + group:years + (years | person), v, control = control)
w <- rbind(c(0, 0, 1, 0), c(0, 0, 0, 1), c(0, 0, -1, 1))
s <- contest(m, w, joint = FALSE, confint = TRUE)
out$slopes <- c(s$Estimate, s$`Std. Error`)
out$tests <- c(s$df, s$`Pr(>|t|)`)
tight <- lmeControl(tolerance = 1e-12, msTol = 1e-14, opt = "optim", maxIter = 1000,
  msMaxIter = 5000)
n <- lme(value ~ 0 + group + group:years, v, random = ~ years | person, control = tight)
b <- fixef(n)
out$lme <- c(w %*% b, sqrt(diag(w %*% vcov(n) %*% t(w))))
out$versions <- sapply(commandArgs(TRUE)[-1], function(x) as.character(packageVersion(x)))
cat(jsonlite::toJSON(out, digits = 16))
"""


def sites(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw 60 people of three sites, with 30 regions."""
    n, m = 60, 30
    about = pd.DataFrame(
        {
            "study_id": [f"s{i:02d}" for i in range(n)],
            "site": np.array(["A", "B", "C"])[np.arange(n) % 3],
            "group": np.array(["Control", "PSP"])[np.arange(n) // 3 % 2],
            "age": rng.normal(66, 8, n),
            "sex": np.array(["F", "M"])[rng.integers(0, 2, n)],
        }
    )
    place = np.arange(n) % 3
    shift, scale = rng.normal(0, 0.02, (3, m)), rng.uniform(0.7, 1.4, (3, m))
    values = 0.3 + 0.001 * about["age"].to_numpy()[:, None] + shift[place]
    values = values + 0.03 * scale[place] * rng.normal(size=(n, m))
    return about, pd.DataFrame(values, columns=[f"r{j:02d}" for j in range(m)])


def visits(rng: np.random.Generator) -> pd.DataFrame:
    """Draw 40 people of two groups, with two to four visits."""
    rows = []
    for i in range(40):
        level, slope = rng.normal(0.3, 0.03), rng.normal(0.01 + 0.01 * (i % 2), 0.006)
        for visit in range(2 + i % 3):
            years = visit * (1 + 0.1 * rng.random())
            value = level + slope * years + rng.normal(0, 0.01)
            group = ("Control", "PSP")[i % 2]
            rows.append((f"p{i:02d}", f"p{i:02d}v{visit}", group, 60 + years, years, value))
    return pd.DataFrame(rows, columns=["person", "study_id", "group", "age", "years", "value"])


def measure() -> tuple[dict[tuple[str, str], float], dict[str, str]]:
    """Return the largest relative difference of every quantity, and the versions."""
    rng = np.random.default_rng(4)
    (about, values), course = sites(rng), visits(rng)
    with tempfile.TemporaryDirectory() as name:
        for file, frame in (("sites", about), ("values", values), ("visits", course)):
            frame.to_csv(Path(name) / f"{file}.csv", index=False, float_format="%.17g")
        (Path(name) / "run.R").write_text(SCRIPT, encoding="utf-8")
        command = ["Rscript", f"{name}/run.R", name, *PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    theirs = json.loads(done.stdout)
    table = pd.concat([about, values], axis=1).melt(list(about), var_name="region")
    table = table.assign(metric="FW")

    def even(**options: str) -> np.ndarray:
        found = nf.harmonize(table, **options)
        wide = found.pivot(index="study_id", columns="region", values="value")
        return wide.to_numpy().ravel()

    change = nf.change_over_time(
        course.rename(columns={"person": "participant_id"}).assign(region="r", metric="X"),
        method="mixed",
        time="years",
        covariates=(),
    ).set_index("contrast")
    change = change.loc[["Control", "PSP", "PSP - Control"]]
    ours: dict[tuple[str, str, str], object] = {
        ("ComBat: values of 60 studies, 30 regions, 3 sites", "sva", "combat"): even(),
        ("the same, with a reference site", "sva", "reference"): even(reference_batch="A"),
        ("mixed model, slopes within and between groups: estimate, SE", "lme4", "slopes"): change[
            ["estimate", "se"]
        ].to_numpy().T.ravel(),
        ("the same: estimate, SE", "nlme", "lme"): change[["estimate", "se"]].to_numpy().T.ravel(),
        ("the same: Satterthwaite's df, p", "lmerTest", "tests"): change[["df", "p"]]
        .to_numpy()
        .T.ravel(),
    }  # fmt: skip
    found = {}
    for (what, package, name), mine in ours.items():
        one_side, other = np.asarray(mine, dtype=float), np.asarray(theirs[name], dtype=float)
        found[(what, package)] = float((np.abs(one_side - other) / np.abs(other)).max())
    return found, dict(zip(PACKAGES, theirs["versions"], strict=True))
