"""Sentences for the methods section about repeated visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuroflow.matrix import percent_text


def mixed_sentences(facts: Mapping[str, Any]) -> list[str]:
    """Describe mixed models of change: who, fixed and random effects, tests."""
    named = [f"{name} (n = {n})" for name, n in facts["groups"].items()]
    *most, last = named
    who = f"{', '.join(most)} and {last}" if most else last
    random = "a random intercept and slope" if facts["random_slopes"] else "a random intercept"
    adjusted = ""
    if names := facts["covariates"]:
        adjusted = f", adjusted for {' and '.join(names)} at the first visit"
        if own := facts["slope_covariates"]:
            adjusted += f" (level, and change by {' and '.join(own)})"
    sentences = [
        f"Change per year of {who} was estimated in each region by a linear mixed model of the "
        f"value on {facts['by']}, years since the first visit and their interaction{adjusted}, "
        f"with {random} for each participant, by restricted maximum likelihood, with "
        "Satterthwaite's degrees of freedom.",
        f"All {facts['n_studies']} visits of {facts['n_participants']} participants were used"
        + (f", also of the {facts['one_visit']} with one visit." if facts["one_visit"] else "."),
    ]
    if facts["simplified"]:
        what = "a model" if len(facts["simplified"]) == 1 else "models"
        sentences.append(
            f"In {len(facts['simplified'])} regions and metrics {what} with simpler random effects "
            "replaced a singular one."
        )
    sentences.append(
        f"{percent_text(facts['confidence'])} confidence intervals are reported; "
        f"effect sizes are {facts['effect_size']}."
    )
    return sentences


def plan_sentences(facts: Mapping[str, Any]) -> list[str]:
    """Describe how participants per arm were computed."""
    what = {
        "slopes": f"slows the change per year by {percent_text(facts['slowing'])}, from the "
        "variances of mixed models with random intercepts and slopes (generalised least squares; "
        f"visits at {', '.join(f'{time:g}' for time in facts['visits'])} years)",
        "change": f"slows the change by {percent_text(facts['slowing'])}",
        "area": "finds the same area under the ROC curve, against 0.5",
        "difference": "finds the same standardised difference",
    }[facts["plan"]]
    sentences = [
        f"Participants per arm were computed for a study that {what}, with a power of "
        f"{percent_text(facts['power'])} in a two-sided test at {facts['alpha']:g}, a dropout of "
        f"{percent_text(facts['dropout'])} and {facts['allocation']:g} treated for each one in the "
        "other arm."
    ]
    if facts["n_boot"]:
        sentences.append(
            f"{percent_text(facts['confidence'])} intervals come from {facts['n_boot']} bootstrap "
            "samples of participants; weights of composites are cross-validated."
        )
    return sentences


def repeatability_sentences(facts: Mapping[str, Any]) -> list[str]:
    """Describe how repeated scans were compared."""
    how = "on several scanners" if facts["repeatability"] == "scanners" else "repeatedly"
    return [
        f"{facts['n_participants']} participants were scanned {how}. Intraclass correlations for "
        "absolute agreement, ICC(2,1), and consistency, ICC(3,1), are reported with the intervals "
        "of McGraw and Wong, the within-subject SD, and the repeatability coefficient.",
        f"{percent_text(facts['confidence'])} confidence intervals are reported.",
    ]


def arms_sentences(facts: Mapping[str, Any]) -> list[str]:
    """Describe the analysis of a randomised trial."""
    named = ", ".join(f"{name} (n = {n})" for name, n in facts["arms"].items())
    how = (
        "a repeated-measures model of arm by visit and baseline by visit with an unstructured "
        "covariance, by restricted maximum likelihood, with Satterthwaite's degrees of freedom"
        if facts["arm_method"] == "mmrm"
        else "analysis of covariance with the baseline value, at each visit"
    )
    return [
        f"Randomised: {named}. The estimand is the {facts['estimand']}.",
        f"Change from {facts['baseline']} was compared by {how}.",
        f"{percent_text(facts['confidence'])} confidence intervals are reported.",
    ]


def individual_sentences(facts: Mapping[str, Any]) -> list[str]:
    """Describe how one person's change was compared with a reference."""
    adjusted = " and ".join(["the interval", *facts["covariates"]])
    return [
        f"Each person's change from first to last visit was compared with that expected in "
        f"{facts['individual']} (n = {facts['n_reference']}), by a linear model adjusted for "
        f"{adjusted} in which the person had no part.",
        f"{percent_text(facts['confidence'])} prediction intervals are reported.",
    ]
