"""Simulated situations whose truth is known: cohorts, norms, accuracy, repeated visits."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats
from simulated_groups import FALSE, Run, Shares, as_table, below, inside, studies

import neuroflow as nf
from neuroflow.compare.accuracy.calibration import calibrate
from neuroflow.compare.accuracy.labelled import Labelled
from neuroflow.compare.accuracy.proportions import exact_interval, rates
from neuroflow.compare.cohorts.meta_analysis import pool
from neuroflow.compare.cohorts.prediction import predict_another
from neuroflow.compare.longitudinal.repeatability import limits_of_agreement
from neuroflow.matrix import FloatArray


def cohorts(k: int, tau: float) -> Run:
    """Return the random-effects mean of k cohorts."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        found = pool(*_effects(rng, draws, k, tau), 0.95)
        return {"mean of cohorts": inside(found, "ci_low", "ci_high", 0.5)}

    return run


def another_cohort(k: int, tau: float) -> Run:
    """Return the prediction of another cohort's true effect."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        low, high = predict_another(*_effects(rng, draws, k, tau), 0.95)
        another = 0.5 + tau * rng.normal(size=draws)
        found = {"pi_low": low, "pi_high": high}
        return {"prediction of another": inside(found, "pi_low", "pi_high", another)}

    return run


def _effects(
    rng: np.random.Generator, draws: int, k: int, tau: float
) -> tuple[FloatArray, FloatArray]:
    n = np.linspace(10, 60, k)[:, None]
    true = 0.5 + tau * rng.normal(size=(k, draws))
    errors = np.sqrt(2 / n * rng.chisquare(2 * n - 2, (k, draws)) / (2 * n - 2))
    return true + np.sqrt(2 / n) * rng.normal(size=(k, draws)), errors


def norms(n: int, adjusted: bool, saved: bool) -> Run:
    """Predict healthy people outside the reference, and of its own members."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        rows = studies({"Control": n, "PD": 10}).assign(age=rng.normal(65, 8, n + 10))
        values = 0.03 * rows["age"].to_numpy()[:, None] + rng.normal(size=(len(rows), draws))
        table = as_table(rows, values)
        adjust = ["age"] if adjusted else []
        if saved:
            fitted = nf.fit_norms(table, covariates=adjust)
            found = nf.z_scores(table[table["group"] == "PD"], reference=fitted)
        else:
            found = nf.z_scores(table, covariates=adjust)
        shares = {}
        for name, rows in found.groupby("group"):
            key = "prediction, others" if name == "PD" else "prediction, members"
            shares[key] = inside(rows, "pi_low", "pi_high", rows["value"].to_numpy())
        return shares

    return run


def counted(n: int, truth: float) -> Run:
    """Sensitivity, specificity, predictive values, likelihood ratios at a fixed cut-off."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        tp, fp = rng.binomial(n, truth, draws), rng.binomial(n, 1 - truth, draws)
        numbers = (part.astype(float) for part in (tp, n - tp, fp, n - fp))
        found = rates(*numbers, 0.95)
        ratio = truth / (1 - truth)
        return {
            "sensitivity": inside(found, "sensitivity_ci_low", "sensitivity_ci_high", truth),
            "likelihood ratio +": inside(found, "lr_positive_ci_low", "lr_positive_ci_high", ratio),
            "likelihood ratio -": inside(
                found, "lr_negative_ci_low", "lr_negative_ci_high", 1 / ratio
            ),
        }

    return run


def share(n: int, truth: float) -> Run:
    """Predictive values, accuracy, calibration curves: exact intervals of a share."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        hits = rng.binomial(n, truth, draws).astype(float)
        low, high = exact_interval(hits, np.full(draws, float(n)), 0.95)
        return {"share": float(((low <= truth) & (truth <= high)).mean())}

    return run


def calibration(n: int) -> Run:
    """Slope, intercept, ratio and Brier score of probabilities that are right."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        found = []
        logit = rng.normal(0, 1.2, (draws, n))
        p = special.expit(logit)
        true = special.expit(rng.normal(0, 1.2, 1_000_000))
        brier = float(np.mean(true * (1 - true)))
        for row in p:
            nothing = pd.DataFrame()
            facts: dict[str, Any] = {"exclusions": []}
            labelled = Labelled(nothing, nothing, row[:, None], rng.random(n) < row, facts)
            found.append(calibrate(labelled, "p", 0.95))
        every = pd.concat(found)
        truths = {"slope": 1.0, "intercept": 0.0, "Brier": brier, "observed / expected": 1.0}
        return {
            name: inside(every[every["measure"] == name], "ci_low", "ci_high", truth)
            for name, truth in truths.items()
        }

    return run


def repeats(n: int, k: int = 2, icc: float = 0.8) -> Run:
    """Repeated scans of the same people."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        rows = studies({"Control": n}, k)
        own = rng.normal(size=(n, draws)).repeat(k, axis=0)
        sd = np.sqrt(1 - icc)
        values = np.sqrt(icc) * own + sd * rng.normal(size=own.shape)
        found = nf.repeatability(as_table(rows, values))
        truths = {"icc2": icc, "icc3": icc, "sd_within": sd, "rc": 1.959964 * np.sqrt(2) * sd}
        names = {"icc2": "ICC(2,1)", "icc3": "ICC(3,1)", "sd_within": "within-person SD"}
        names["rc"] = "repeatability coefficient"
        shares = {
            names[key]: inside(found, f"{key}_ci_low", f"{key}_ci_high", truth)
            for key, truth in truths.items()
        }
        new = sd * np.sqrt(2) * rng.normal(size=draws)
        shares["changes within the coefficient"] = float(
            (np.abs(new) <= found["rc"].to_numpy()).mean()
        )
        return shares | {FALSE: below(found, "p_bias")}

    return run


def followed(n: int, visits: int, method: str, dropout: float = 0.2) -> Run:
    """Return changes per year within and between two groups, with a random intercept and slope."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        table = visits_of(rng, n, visits, draws, dropout)
        found = nf.change_over_time(table, method=method)
        by = found.set_index("contrast")
        shares = {
            "change within a group": inside(by.loc["PSP"], "ci_low", "ci_high", 0.3),
            "difference of changes": inside(by.loc["PSP - Control"], "ci_low", "ci_high", 0.3),
        }
        return shares | {FALSE: below(by.loc["Control"])}

    return run


def visits_of(
    rng: np.random.Generator, n: int, visits: int, draws: int, dropout: float
) -> pd.DataFrame:
    """Return people with yearly visits, some of whom leave; the second group changes by 0.3."""
    rows = studies({"Control": n, "PSP": n}, visits)
    who, visit = np.arange(len(rows)) // visits, np.arange(len(rows)) % visits
    years = visit * rng.uniform(0.8, 1.2, 2 * n)[who]
    rows["age"] = rng.normal(65, 8, 2 * n)[who] + years
    rate = 0.3 * (rows["group"] == "PSP").to_numpy()[:, None]
    level, slope = rng.normal(size=(2, 2 * n, draws))
    values = level[who] + (rate + 0.15 * slope[who]) * years[:, None]
    values += 0.4 * rng.normal(size=values.shape)
    last = np.where(rng.random(2 * n) < dropout, rng.integers(1, visits, 2 * n), visits)
    kept = visit < last[who]
    return as_table(rows[kept].reset_index(drop=True), values[kept])


def arms(method: str, n: int, dropout: float) -> Run:
    """Differences of change between two randomised arms."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        table = visits_of(rng, n, 3, draws, dropout)
        table["arm"] = np.where(table["group"] == "PSP", "drug", "placebo")
        found = nf.compare_arms(table, method=method)
        at = {"1": 0.3, "2": 0.6}
        truth = found["visit"].astype(str).map(at).to_numpy()
        return {"difference of arms": inside(found, "ci_low", "ci_high", truth)}

    return run


def one_person(n: int) -> Run:
    """Prediction intervals of one healthy person's change."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        table = visits_of(rng, n, 2, draws, 0.0)
        steps = rng.normal(size=len(table))
        table["value"] = steps
        found = nf.person_change(table)
        return {
            f"prediction, {'others' if name == 'PSP' else 'members'}": inside(
                rows, "low", "high", rows["change"].to_numpy()
            )
            for name, rows in found.groupby("group")
        }

    return run


def agreement_limits(n: int) -> Run:
    """Bands of the bias and of the limits of agreement (Bland and Altman)."""

    def run(rng: np.random.Generator, draws: int) -> Shares:
        found = limits_of_agreement(rng.normal(size=(n, draws)), 0.95)
        half = stats.norm.ppf(0.975)
        return {
            "bias": inside(found, "bias_low", "bias_high", 0.0),
            "limits of agreement": inside(found, "upper_low", "upper_high", half),
        }

    return run


def size_of_trial(rng: np.random.Generator, draws: int) -> Shares:
    """Return how often the interval of n holds the n of the true variances."""
    runs = max(draws // 10, 2)
    table = visits_of(rng, 40, 4, runs, 0.1)
    table = table[table["group"] == "PSP"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        change = nf.change_over_time(table, method="mixed")
        found = nf.sample_size(change, table=table, composite=False, n_boot=200, visits=(0, 1, 2))
    true: dict[str, Any] = {"estimate": 0.3, "sd_intercept": 1.0, "sd_slope": 0.15}
    plan = nf.sample_size(true | {"sd_residual": 0.4}, visits=(0, 1, 2))
    n = float(plan["n_per_arm"].iloc[0])
    return {"participants per arm": inside(found, "n_ci_low", "n_ci_high", n)}
