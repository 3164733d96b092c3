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
