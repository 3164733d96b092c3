"""Sentences for the methods section: how accuracy was computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuroflow.matrix import percent_text


def accuracy_sentences(facts: Mapping[str, Any]) -> list[str]:
    """Return what was classified, and by which methods."""
    kind = facts["accuracy"]
    if kind == "two steps":
        return _two_steps(facts)
    level = f"{percent_text(facts['confidence'])} confidence intervals"
    sick, well = " or ".join(facts["positive"]), " or ".join(facts["negative"])
    who = f"{sick} (n = {facts['n_positive']}) and {well} (n = {facts['n_negative']})"
    if kind == "pairs":
        return [
            f"Areas under the ROC curves for {who} were compared within the same studies by "
            f"DeLong's test; {level} of the differences are reported."
        ]
    if kind == "calibration":
        return [
            f"The calibration of {facts['score']} for {who} is described by Cox's intercept and "
            f"slope (logistic regression) and the Brier score, with {level}."
        ]
    what = "each region" if kind == "region" else "each score"
    return [
        f"The accuracy of {what} for {who} is described by the area under the ROC curve "
        f"({facts['direction']} values are positive), with {level} from DeLong's variance on the "
        "logit scale.",
        *_cutoff(facts, level),
        *_missing(facts),
    ]


def _cutoff(facts: Mapping[str, Any], level: str) -> list[str]:
    cutoff = facts["cutoff"]
    if cutoff == "":
        return []
    end = (
        f"with exact {level} (Clopper-Pearson); intervals of likelihood ratios are based on "
        "logarithms."
    )
    measures = "Sensitivity, specificity and predictive values"
    if cutoff != "youden":
        return [f"{measures} are those at a cut-off of {cutoff:g}, {end}"]
    return [
        f"{measures} are those of studies left out while the cut-off was chosen (Youden's index, "
        f"{facts['folds']}-fold cross-validation, seed {facts['seed']}), {end}"
    ]


def _missing(facts: Mapping[str, Any]) -> list[str]:
    absent = f", {facts['n_absent']} of them without any result" if facts["n_absent"] else ""
    if facts["missing"] == "wrong":
        return [f"Studies without a value{absent} were counted as misclassified."]
    return [f"Studies without a value{absent} were excluded and counted."]


def _two_steps(facts: Mapping[str, Any]) -> list[str]:
    first, second = facts["score"]
    return [
        f"{facts['n_studies']} studies were classified in two steps: PD where {first} was below "
        f"{facts['cutoff']:g}, or else PSP where {second} was at or above it, or else MSA.",
        f"{percent_text(facts['confidence'])} confidence intervals of shares are exact "
        "(Clopper-Pearson); studies without an answer were never counted as right.",
    ]
