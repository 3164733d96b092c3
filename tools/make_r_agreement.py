"""Measure how far neuroflow's analyses are from those of R packages.

``python tools/make_r_agreement.py`` (needs R with the packages of `PACKAGES`) writes the second
table of docs/statistics.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import r_models
from page_block import write_block

import neuroflow as nf

PAGE = Path(__file__).parent.parent / "docs" / "statistics.md"
START, END = "<!-- R: made by tools/make_r_agreement.py -->", "<!-- end of R -->"
PACKAGES = ("emmeans", "car", "sandwich", "clubSandwich", "effectsize", "pROC", "metafor", "psych")
LIMIT = 1e-6
SCRIPT = """
suppressMessages({library(emmeans); library(car); library(sandwich); library(clubSandwich)
library(pROC); library(metafor); library(psych); library(effectsize); library(splines)})
d <- read.csv(file.path(commandArgs(TRUE)[1], "wide.csv"), stringsAsFactors = TRUE)
d$group <- relevel(d$group, "Control")
two <- droplevels(subset(d, group %in% c("Control", "PSP")))
out <- list()
m <- lm(r0 ~ group + age + sex, d)
show <- function(grid) { s <- as.data.frame(summary(contrast(grid, "trt.vs.ctrl", ref = 1,
  adjust = "none"), infer = TRUE)); as.vector(t(s[, c("estimate", "SE", "lower.CL", "upper.CL",
  "p.value")])) }
out$adjusted <- show(emmeans(m, "group", weights = "proportional"))
out$means <- as.data.frame(emmeans(m, "group", weights = "proportional"))$emmean
out$equal <- as.data.frame(emmeans(m, "group", weights = "equal"))$emmean
out$hc3 <- show(emmeans(m, "group", vcov. = vcovHC(m, "HC3")))
out$ancova <- unlist(Anova(m, type = 2)["group", c("F value", "Pr(>F)")])
x <- lm(r0 ~ group * age + sex, d)
s <- as.data.frame(summary(contrast(emtrends(x, "group", "age"), "trt.vs.ctrl", ref = 1,
  adjust = "none"), infer = TRUE))
out$slopes <- as.vector(t(s[, c("estimate", "SE", "p.value")]))
n <- lm(r0 ~ group + ns(age, 3), d)
out$spline <- show(emmeans(n, "group"))
v <- lm(r0 ~ group, d)
k <- coef_test(v, vcovCR(v, d$person, "CR2"), test = "Satterthwaite")
out$cr2 <- as.vector(t(cbind(k$beta, k$SE, k$df, k$p_Satt)[-1, ]))
g <- hedges_g(r0 ~ relevel(group, "PSP"), data = two)
out$g <- g$Hedges_g
e <- F_to_eta2(Anova(m, type = 2)["group", "F value"], 3, m$df.residual, ci = 0.95,
  alternative = "two.sided")
out$eta <- e$Eta2_partial
r <- roc(two$group, two$r0, levels = c("Control", "PSP"), direction = "<", quiet = TRUE)
q <- roc(two$group, two$r1, levels = c("Control", "PSP"), direction = "<", quiet = TRUE)
out$auc <- c(as.numeric(auc(r)), sqrt(var(r)))
t <- roc.test(r, q, method = "delong")
out$delong <- c(as.numeric(t$statistic), t$p.value)
f <- read.csv(file.path(commandArgs(TRUE)[1], "cohorts.csv"))
p <- rma(estimate, sei = se, data = f, method = "REML", test = "knha",
  control = list(threshold = 1e-12, maxiter = 1000))
out$pooled <- c(p$beta, p$se, p$ci.lb, p$ci.ub, p$tau2, p$I2, p$QE)
w <- as.matrix(read.csv(file.path(commandArgs(TRUE)[1], "repeats.csv")))
i <- ICC(w, lmer = FALSE)$results
out$icc <- as.vector(t(i[2:3, c("ICC", "lower bound", "upper bound")]))
out$versions <- sapply(commandArgs(TRUE)[-1], function(x) as.character(packageVersion(x)))
cat(jsonlite::toJSON(out, digits = 16))
"""


def data() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw people with two regions, effects of cohorts, and repeats."""
    rng = np.random.default_rng(8)
    n = 96
    wide = pd.DataFrame(
        {
            "study_id": [f"s{i}" for i in range(n)],
            "group": np.array(["Control", "PD", "MSA", "PSP"])[np.arange(n) // 2 % 4],
            "person": [f"p{i // 2:02d}" for i in range(n)],
            "age": rng.normal(66, 8, n),
            "sex": np.array(["F", "M"])[rng.integers(0, 2, n)],
        }
    )
    shift = 0.02 * (wide["group"] == "PSP")
    for name in ("r0", "r1"):
        wide[name] = 0.3 + shift + 0.001 * wide["age"] + rng.normal(0, 0.03, n)
    cohorts = pd.DataFrame({"estimate": rng.normal(0.4, 0.2, 7), "se": rng.uniform(0.05, 0.2, 7)})
    people = rng.normal(0.4, 0.05, (20, 1))
    return wide, cohorts, pd.DataFrame(people + rng.normal(0, 0.02, (20, 3)))


def as_table(wide: pd.DataFrame, **more: object) -> pd.DataFrame:
    """Turn one row per study into a cohort table."""
    facts = [name for name in wide if name not in ("r0", "r1")]
    return wide.melt(facts, ["r0", "r1"], var_name="region").assign(metric="FW", **more)


def ask_r(wide: pd.DataFrame, cohorts: pd.DataFrame, repeats: pd.DataFrame) -> dict[str, list]:
    """Return R's numbers by name."""
    with tempfile.TemporaryDirectory() as name:
        for file, frame in (("wide", wide), ("cohorts", cohorts), ("repeats", repeats)):
            frame.to_csv(Path(name) / f"{file}.csv", index=False, float_format="%.17g")
        (Path(name) / "run.R").write_text(SCRIPT, encoding="utf-8")
        command = ["Rscript", f"{name}/run.R", name, *PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return json.loads(done.stdout)


def measure() -> tuple[dict[tuple[str, str], float], dict[str, str]]:
    """Return the largest relative difference of every quantity, and the versions."""
    wide, cohorts, repeats = data()
    theirs = ask_r(wide, cohorts, repeats)
    table = as_table(wide.assign(participant_id=wide["study_id"]))
    one = table[table["region"] == "r0"]
    adjust = {"covariates": ["age", "sex"]}
    five = ["estimate", "se", "ci_low", "ci_high", "p"]

    def compared(columns: list[str], **options: object) -> np.ndarray:
        found = nf.compare_groups(one, contrasts=order, **options)
        return found[columns].to_numpy(dtype=float).ravel()

    order = [f"{name} - Control" for name in ("MSA", "PD", "PSP")]
    cluster = as_table(wide.assign(participant_id=wide["person"]))
    by_person = nf.compare_groups(
        cluster[cluster["region"] == "r0"], contrasts=order, robust="cluster"
    )
    whole = nf.compare_groups(one, omnibus="only", **adjust).iloc[0]
    areas = nf.diagnostic_accuracy(one, positive="PSP", cutoff=None).iloc[0]
    pair = nf.compare_auc(table, ["r0", "r1"], positive="PSP").iloc[0]
    pooled = nf.pool_effects(
        cohorts.assign(cohort=list("ABCDEFG"), region="r", metric="FW", contrast="a - b")
    ).iloc[0]
    again = repeats.stack().rename("value").reset_index()
    again.columns = ["participant_id", "visit", "value"]
    again = again.assign(region="r", metric="X", study_id=again.index.astype(str))
    again["participant_id"] = again["participant_id"].astype(str)
    icc = nf.repeatability(again).iloc[0]
    ends = ["icc2", "icc2_ci_low", "icc2_ci_high", "icc3", "icc3_ci_low", "icc3_ci_high"]
    sizes = nf.compare_groups(one, contrasts=["PSP - Control"], groups=["Control", "PSP"])
    seven = [
        "estimate",
        "se",
        "ci_low",
        "ci_high",
        "tau2",
        "i2",
        "heterogeneity_q",
    ]
    ours: dict[tuple[str, str, str], object] = {
        ("adjusted contrasts: estimate, SE, interval, p", "emmeans", "adjusted"): compared(
            five, **adjust
        ),
        ("the same, HC3", "emmeans", "hc3"): compared(five, robust="HC3", **adjust),
        ("slopes of age between groups: estimate, SE, p", "emmeans", "slopes"): compared(
            ["estimate", "se", "p"], interaction="age", covariates=["age", "sex"]
        ),
        ("adjusted for a natural spline of age", "emmeans", "spline"): compared(
            five, covariates="spline(age, 3)"
        ),
        ("ANCOVA: F, p", "car", "ancova"): whole[["statistic", "p"]],
        ("partial η²", "effectsize", "eta"): whole[["np2"]],
        ("CR2 errors: estimate, SE, df, p", "clubSandwich", "cr2"): by_person[
            ["estimate", "se", "df", "p"]
        ]
        .to_numpy()
        .ravel(),
        ("Hedges' g", "effectsize", "g"): sizes["effect_size"],
        ("area under the ROC curve, DeLong's SE", "pROC", "auc"): areas[["auc", "se"]],
        ("two areas: DeLong's z, p", "pROC", "delong"): pair[["z", "p"]],
        (
            "random effects: estimate, SE, interval, τ², I², Q",
            "metafor",
            "pooled",
        ): pooled[seven],
        ("ICC(2,1), ICC(3,1), intervals", "psych", "icc"): icc[ends],
    }
    found = {}
    for (what, package, name), mine in ours.items():
        one_side, other = np.asarray(mine, dtype=float), np.asarray(theirs[name], dtype=float)
        found[(what, package)] = float((np.abs(one_side - other) / np.abs(other)).max())
    versions = dict(zip(PACKAGES, theirs["versions"], strict=True))
    return found, versions


def main() -> None:
    """Write the table into the page."""
    (found, versions), (more, others) = measure(), r_models.measure()
    found, versions = found | more, versions | others
    rows = ["| Quantity | R package | Largest relative difference |", "| --- | --- | --- |"]
    for (what, package), largest in found.items():
        sys.stdout.write(f"{what} ({package}): {largest:.1e}\n")
        power = int(np.ceil(np.log10(max(largest, 1e-16))))
        rows.append(f"| {what} | {package} {versions[package]} | below 1e{power} |")
    write_block(PAGE, START, END, rows)


if __name__ == "__main__":
    main()
