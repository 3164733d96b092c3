"""Further analyses as questions in plain words: what each calls, shows and concludes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from neuroflow.matrix import DAYS_OF_YEAR
from neuroflow.plot import region_labels
from neuroflow.widgets.explore.question import Choices, Question
from neuroflow.widgets.explore.steps import Call
from neuroflow.widgets.explore.table import REASON, labelled_rows

ANSWER = "answer"
"""The variable that holds the answer."""
ALPHA = 0.05
_LEVEL = f"q < {ALPHA}"
_INTERVAL = {"ci_low": "CI low", "ci_high": "CI high"}
_CONTRAST = {"contrast": "contrast"}
_DIFFERENCE = {"n1": "n1", "n2": "n2", "estimate": "difference", **_INTERVAL}
_TESTED = {"p": "p", "q": "q", **REASON}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What some of the questions ask for besides."""

    slowing: int = 30  # Percent of the change that a treatment prevents
    days: int = 90  # At most between scans that count as repeated


@dataclass(frozen=True, slots=True)
class Analysis:
    """One question."""

    question: str
    calls: Callable[[Question, Numbers], list[Call]]
    columns: Mapping[str, str]  # Those that are shown, and their headers; all where it is empty
    sentence: Callable[[pd.DataFrame], str]  # The answer in a sentence
    missing: Callable[[Choices], str] = lambda _: ""  # What the results lack for it; often nothing
    number: str = ""  # The field of `Numbers` that it asks for
    order: str = ""  # The column whose smallest values are shown first


def _options(question: Question, *, tests: bool = True, **more: Any) -> dict[str, Any]:
    """Return the options of an analysis: its own, and those that are set in the question."""
    options: dict[str, Any] = {"metric": question.metric, **more}
    if tests:
        options["correction"] = question.correction
    if question.exclude_suspect:
        options["exclude_suspect"] = True
    return options


def _accuracy(question: Question, _: Numbers) -> list[Call]:
    options = _options(question, reference=question.reference or "auto")
    return [Call(ANSWER, "diagnostic_accuracy", "shown", options)]


def _people(_question: Question, _: Numbers) -> list[Call]:
    return [Call(ANSWER, "table_one", "shown")]


def _cohorts(question: Question, _: Numbers) -> list[Call]:
    options = _options(question, covariates=list(question.covariates))
    return [Call(ANSWER, "compare_cohorts", "shown", options)]


def _sites(question: Question, _: Numbers) -> list[Call]:
    others = [name for name in question.covariates if name != "site"]
    return [Call(ANSWER, "compare_sites", "shown", _options(question, covariates=others))]


def _change_to(result: str, question: Question) -> Call:
    reference, covariates = question.reference or None, list(question.covariates)
    options = _options(question, reference=reference, covariates=covariates, method="mixed")
    return Call(result, "change_over_time", "table", options)


def _change(question: Question, _: Numbers) -> list[Call]:
    return [_change_to(ANSWER, question)]


def _trial(question: Question, numbers: Numbers) -> list[Call]:
    options = {"slowing": numbers.slowing / 100, "composite": False, "n_boot": 0}
    return [_change_to("change", question), Call(ANSWER, "sample_size", "change", options)]


def _repeats(question: Question, numbers: Numbers) -> list[Call]:
    options = _options(question, tests=False, within=round(numbers.days / DAYS_OF_YEAR, 4))
    return [Call(ANSWER, "repeatability", "table", options)]


def _no_repeats(choices: Choices) -> str:
    return "" if choices.has_repeated_visits else "nobody has several visits"


def _one_cohort(choices: Choices) -> str:
    return "" if len(choices.cohorts) > 1 else "there is one cohort"


def _one_site(choices: Choices) -> str:
    return "" if "site" in choices.covariates else "there is one site, or none is named"


def _one_group(choices: Choices) -> str:
    return "" if len(choices.groups) > 1 and choices.controls else "there are no controls"


def _accuracy_sentence(found: pd.DataFrame) -> str:
    best = found.dropna(subset=["auc"]).nlargest(1, "auc")
    if best.empty:
        return "No region could be judged."
    row, name = best.iloc[0], region_labels(best)[0]
    return (
        f"{name} distinguishes patients from controls best: area under the ROC curve "
        f"{row['auc']:.2f} (95 % CI {row['ci_low']:.2f} to {row['ci_high']:.2f}). "
        f"The area differs from 0.5 in {_count(found)} regions ({_LEVEL})."
    )


def _change_sentence(found: pd.DataFrame) -> str:
    parts = [
        f"{contrast} {_count(rows)}"
        for contrast, rows in found.groupby("contrast", sort=False, observed=True)
    ]
    return f"Regions in which the change per year differs from zero ({_LEVEL}): {', '.join(parts)}."


def _trial_sentence(found: pd.DataFrame) -> str:
    known = found.dropna(subset=["n_per_arm"])
    if known.empty:
        return "No region changes so that a trial could see its slowing."
    best = known.nsmallest(1, "n_per_arm")
    return (
        f"Fewest participants per arm: {best['n_per_arm'].iloc[0]} by {region_labels(best)[0]} in "
        f"{best['contrast'].iloc[0]}. The number of the best of many regions is optimistic."
    )


def _repeats_sentence(found: pd.DataFrame) -> str:
    known = found["icc2"].dropna()
    if known.empty:
        return "No region has enough repeated scans."
    n = int(found["n"].max())
    return f"Repeated scans of {n} people agree with a median ICC of {known.median():.2f}."


_FEW_DF = 4
"""Below these degrees of freedom, of the t distribution, an interval is far wider than normal."""


def _pooled_sentence(found: pd.DataFrame) -> str:
    from neuroflow.compare import RANDOM  # loads scipy

    pooled = found[found["cohort"] == RANDOM]
    words = f"In the summary of all cohorts {_count(pooled)} comparisons show a difference"
    df = pooled["df"].max()
    few = f" Of {df + 1:.0f} cohorts its intervals are wide: few differences can be seen."
    return f"{words} ({_LEVEL}).{few if df < _FEW_DF else ''}"


def _sites_sentence(found: pd.DataFrame) -> str:
    return f"{_count(found)} comparisons between sites show a difference ({_LEVEL})."


def _people_sentence(found: pd.DataFrame) -> str:
    first = found.iloc[0].drop(labels=["Characteristic", "All", "Missing", "SMD"], errors="ignore")
    groups = ", ".join(f"{name} {n}" for name, n in first.items())
    return f"{found['All'].iloc[0]} studies in all: {groups}."


def _count(rows: pd.DataFrame) -> str:
    return f"{int((rows['q'] < ALPHA).sum())} of {int(rows['q'].notna().sum())}"


ANALYSES: dict[str, Analysis] = {
    "people": Analysis("Who was studied? (Table 1)", _people, {}, _people_sentence),
    "accuracy": Analysis(
        "Which regions distinguish patients from controls?",
        _accuracy,
        {
            "n_positive": "patients", "n_negative": "controls", "auc": "area (ROC)", **_INTERVAL,
            "sensitivity": "sensitivity", "specificity": "specificity", **_TESTED,
        },
        _accuracy_sentence,
        _one_group,
        order="p",
    ),
    "change": Analysis(
        "How do regions change per year?",
        _change,
        {
            **_CONTRAST, "n1": "people", "estimate": "change per year", **_INTERVAL,
            "percent": "percent", **_TESTED,
        },
        _change_sentence,
        _no_repeats,
        order="p",
    ),
    "trial": Analysis(
        "How many participants would a trial need?",
        _trial,
        {
            **_CONTRAST, "difference": "difference per year", "n_per_arm": "per arm",
            "n_total": "in all", **REASON,
        },
        _trial_sentence,
        _no_repeats,
        "slowing",
        "n_per_arm",
    ),
    "repeats": Analysis(
        "How well do repeated scans agree?",
        _repeats,
        {
            "n": "people", "icc2": "ICC(2,1)", "sd_within": "SD within a person",
            "rc": "repeatability coefficient", "claim": "claim", **REASON,
        },
        _repeats_sentence,
        _no_repeats,
        "days",
    ),
    "cohorts": Analysis(
        "Do the cohorts agree?",
        _cohorts,
        {**_CONTRAST, "cohort": "cohort", **_DIFFERENCE, "i2": "I²", **_TESTED},
        _pooled_sentence,
        _one_cohort,
    ),
    "sites": Analysis(
        "Do the sites differ in their controls?",
        _sites,
        {**_CONTRAST, **_DIFFERENCE, **_TESTED},
        _sites_sentence,
        _one_site,
        order="p",
    ),
}  # fmt: skip
"""The questions in the order of the menu."""


def rows_of(analysis: Analysis, found: pd.DataFrame) -> pd.DataFrame:
    """Return an answer as the form shows it: what it is about comes first."""
    if not analysis.columns:
        return found.reset_index(drop=True)
    if analysis.order:
        found = found.sort_values(analysis.order, kind="stable")
    return labelled_rows(found, analysis.columns)
