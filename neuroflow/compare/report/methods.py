"""Sentences for the methods section: what was computed, in words."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pandas as pd

from neuroflow.compare.accuracy import accuracy_sentences
from neuroflow.compare.longitudinal import (
    arms_sentences,
    individual_sentences,
    mixed_sentences,
    plan_sentences,
    repeatability_sentences,
)
from neuroflow.compare.norms import reference_text
from neuroflow.compare.report.measured import computed, listed, measured
from neuroflow.compare.report.references import references
from neuroflow.compare.stats import CORRECTION_NAMES
from neuroflow.errors import CompareError
from neuroflow.matrix import count_text, percent_text

_METHODS = {
    "linear": "a linear model",
    "welch": "Welch's t test",
    "mannwhitney": "the Mann-Whitney test",
}
_ERRORS = {
    "ordinary": "",
    "HC3": ", with HC3 standard errors",
    "cluster": ", with standard errors robust to clusters (a participant's studies)",
}
_WHERE = {
    "all": "over all tests",
    "metric": "within each metric",
    "contrast": "within each contrast",
    "region": "within each region and metric",
}
_NAMED = 10  # studies in a sentence


def methods_text(effects: pd.DataFrame | Mapping[Any, Any]) -> str:
    """Return sentences for the methods section of a paper that describe the computation.

    Parameters
    ----------
    effects
        The table that `compare_groups`, `change_over_time`, `correlate`, `correlate_regions`,
        `z_scores`, `z_summary`, `sample_size`, `repeatability`, `compare_arms`, `person_change`,
        `diagnostic_accuracy`, `compare_auc`, `calibration`, `confusion_matrix`,
        `compare_cohorts`, `pool_effects` or `replication` returned, or its ``.attrs``.

    Returns
    -------
    str
        What was measured, by which product and model of the service; who was studied, model,
        standard errors, effect sizes, correction, exclusions, versions; and, in a paragraph of
        its own, the works to cite.

    Raises
    ------
    CompareError
        The table has lost its ``.attrs``.

    Examples
    --------
    >>> from neuroflow.compare.groups import compare_groups
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.50, 0.55, 0.60]})
    >>> print(methods_text(compare_groups(table)).split(". ")[1])
    Control (n = 3) and PSP (n = 3) were compared in each region by a linear model of the value on
    group
    """
    given = effects.attrs if isinstance(effects, pd.DataFrame) else effects
    given = given if isinstance(given, Mapping) else {}
    facts = {str(name): value for name, value in given.items()}
    for name, describe in (
        ("method", _groups),
        ("plan", plan_sentences),
        ("repeatability", repeatability_sentences),
        ("arms", lambda facts: [*arms_sentences(facts), corrected(facts)]),
        ("individual", individual_sentences),
        ("correlation", _correlations),
        ("reference", _scores),
        ("accuracy", _accuracy),
        ("pooled", _pooled),
        ("replication", _replicated),
    ):
        if name in facts:
            left_out = [f"{item['n']} ({item['reason']})" for item in facts.get("exclusions", [])]
            excluded = [f"Studies excluded: {listed(left_out)}."] if left_out else []
            notes = [*facts.get("data_notes", []), *facts.get("interval_notes", [])]
            data = [_sentence(note) for note in notes]
            checked = _checked(facts.get("cross_check"))
            text = [*measured(facts), *describe(facts), *excluded, *data, *checked]
            works = [f"References: {'; '.join(found)}."] if (found := references(facts)) else []
            return "\n\n".join([" ".join([*text, computed(facts)]), *works])
    raise CompareError(
        "The table does not state how it was computed.",
        advice="Pass the table that compare_groups returned, before it is merged with others.",
    )


def _checked(check: Mapping[str, Any] | None) -> list[str]:
    """Describe how many reports agree with the values, of all studies collected."""
    if not check:
        return []
    agrees, differs = check.get("agrees", 0), check.get("differs", 0)
    text = (
        "The free water that the service's reports print agrees with the values used here at the "
        f"printed precision in {agrees} of {agrees + differs} collected studies"
    )
    if named := list(check.get("accused", [])):
        shown = ", ".join(named[:_NAMED]) + (", ..." if len(named) > _NAMED else "")
        text += f"; it differs in {shown}"
    return [f"{text}.", *(f"{remark[:1].upper()}{remark[1:]}." for remark in check["remarks"])]


def _sentence(note: str) -> str:
    return f"{note[0].upper()}{note[1:].rstrip('.')}."


def _groups(facts: Mapping[str, Any]) -> list[str]:
    if facts["method"] == "mixed":
        contrasts = [_contrasts(facts)] if facts["contrasts"] else []
        return [*mixed_sentences(facts), *contrasts, corrected(facts)]
    people = facts.get("people", facts["groups"])
    named = [f"{name} ({count_text(people[name], n)})" for name, n in facts["groups"].items()]
    how = _METHODS[facts["method"]]
    if facts["method"] == "linear":
        how += f" of the {model_words(facts)}"
    how += _ERRORS[facts["standard_errors"]]
    sentences = [f"{listed(named)} were compared in each region by {how}."]
    if facts["n_participants"] < facts["n_studies"]:
        sentences.append(
            f"The {facts['n_studies']} studies come from {facts['n_participants']} participants."
        )
    if "time" in facts:
        sentences.append(
            "A participant's change per year is the least-squares slope of the values over "
            f"{facts['time']}."
        )
    if facts.get("contrasts"):
        sentences.append(_contrasts(facts))
    if facts.get("interaction"):
        sentences.append(
            f"Compared was the effect of {facts['interaction']} within the groups (interaction of "
            f"{facts['by']} and {facts['interaction']}), per unit of {facts['interaction']} or "
            "between its categories."
        )
    if facts.get("omnibus"):
        sentences.append(f"Any difference between the groups was tested by {facts['omnibus']}.")
    if facts.get("weights") == "equal":
        sentences.append("Adjusted means are of equally frequent categories of the covariates.")
    if "margin" in facts:
        sentences.append(
            f"Differences were tested to be smaller than {facts['margin']:g} either way by two "
            "one-sided tests."
        )
    if facts["effect_size"]:
        sentences.append(
            f"{percent_text(facts['confidence'])} confidence intervals are reported; "
            f"effect sizes are {facts['effect_size']}."
        )
    sentences.append(corrected(facts))
    if facts["visit"]:
        sentences.append(_visit(str(facts["visit"])))
    return sentences


def _visit(visit: str) -> str:
    which = f"{visit} visit" if visit in ("first", "last") else f"visit of session {visit}"
    return f"Only each participant's {which} was analysed."


def _contrasts(facts: Mapping[str, Any]) -> str:
    names = facts["contrasts"]
    pairs = [f"{one} - {other}" for one, other in permutations(facts["groups"], 2)]
    pooled = not set(names) <= set(pairs)
    if not pooled and len(names) == len(pairs) // 2 > 1:
        return "All pairs of groups were compared."
    text = f"{'The contrasts were' if len(names) > 1 else 'The contrast was'} {listed(names)}"
    linear = facts["method"] in ("linear", "mixed")
    how = "the mean of their adjusted means" if linear else "all their studies together"
    return f"{text}{f'; groups joined by + are represented by {how}' if pooled else ''}."


def _correlations(facts: Mapping[str, Any]) -> list[str]:
    partial = "partial " if facts["covariates"] else ""
    by_ranks = facts["correlation"] == "spearman"
    bonett = " with Bonett and Wright's standard error" if by_ranks else ""
    kind = f"{partial}{str(facts['correlation']).capitalize()} correlation{_adjusted(facts)}"
    what = f"with {facts['score']}" if "score" in facts else "with each other"
    return [
        f"Regions of {facts['n_studies']} studies were correlated {what} ({kind}).",
        f"{percent_text(facts['confidence'])} confidence intervals are based on "
        f"Fisher's transformation{bonett}.",
        corrected(facts),
        *_all_groups(facts),
    ]


def _all_groups(facts: Mapping[str, Any]) -> list[str]:
    """Return that groups were pooled, which can cause a correlation that no group has."""
    if not (groups := facts.get("pooled_groups")):
        return []
    return [
        f"The correlations are over all of {listed(groups)}, not adjusted for group: they "
        "include the differences between the groups."
    ]


def _scores(facts: Mapping[str, Any]) -> list[str]:
    return [
        f"{facts['n_studies']} studies were compared in each region with the reference "
        f"{reference_text(facts)} as z-scores, in residual standard "
        f"deviations of a linear model of the reference{_adjusted(facts)}.",
        "The norms were fitted beforehand, and are the same for every study."
        if facts.get("from_norms")
        else "Each member of the reference was compared with the other members.",
        *_counted_beyond(facts),
        f"{percent_text(facts['confidence'])} prediction intervals are reported.",
    ]


def _counted_beyond(facts: Mapping[str, Any]) -> list[str]:
    """Return which z-scores a summary counts."""
    if "limit" not in facts:
        return []
    limit = f"{facts['limit']:g}"
    return [f"Regions with a z-score above {limit} or below -{limit} were counted."]


def _pooled(facts: Mapping[str, Any]) -> list[str]:
    what = "differences" if facts["pooled"] == "estimate" else "effect sizes"
    named = f"{len(facts['cohorts'])} cohorts ({listed(facts['cohorts'])})"
    how = f" by a model of the {model_words(facts)}" if "model" in facts else ""
    sentences = [
        f"Groups were compared in each of {named}{how}, and the {what} summarised by a "
        "random-effects model (REML; intervals and tests after Hartung and Knapp).",
        f"{percent_text(facts['confidence'])} confidence and prediction intervals are reported; "
        "the latter take into account that the variance between cohorts is estimated.",
    ]
    if facts.get("failed"):
        sentences.append(f"Excluded: {'; '.join(map(': '.join, facts['failed'].items()))}")
    return [*sentences, corrected(facts)]


def _replicated(facts: Mapping[str, Any]) -> list[str]:
    what = "effect sizes" if facts["replication"] == "effect_size" else "differences"
    sentences = [f"The {what} of all regions in one cohort were correlated with those in another."]
    if facts["regions_correlate"]:
        sentences.append(
            f"The {percent_text(facts['confidence'])} confidence interval counts the regions as so "
            "many independent ones as their correlation within groups leaves (Clifford, Richardson "
            "and Hémon; Dutilleul)."
        )
    return sentences


def _accuracy(facts: Mapping[str, Any]) -> list[str]:
    across = [corrected(facts)] if "correction" in facts else []
    visit = [_visit(str(facts["visit"]))] if facts["visit"] else []
    return [*accuracy_sentences(facts), *across, *visit]


def model_words(facts: Mapping[str, Any]) -> str:
    """Return a linear model in words."""
    what = "change per year" if "time" in facts else "value"
    return f"{what} on {facts['by']}{_adjusted(facts)}"


def _adjusted(facts: Mapping[str, Any]) -> str:
    if not (names := facts["covariates"]):
        return ""
    as_classes = [name for name in names if f"C({name})" in str(facts.get("model", ""))]
    more = f" ({listed(as_classes)} as categorical)" if as_classes else ""
    return f", adjusted for {listed(names)}{more}"


def corrected(facts: Mapping[str, Any]) -> str:
    """Return how p values were corrected for multiple comparisons."""
    if facts["correction"] == "none":
        return "p values were not corrected for multiple comparisons."
    family = " and ".join(_WHERE[name] for name in facts["family"])
    how = CORRECTION_NAMES[facts["correction"]]
    if facts["correction"] == "maxt":
        blocks = f" within {facts['blocks']}" if facts["blocks"] else ""
        how += f": {facts['n_permutations']:,} permutations{blocks} after Freedman and Lane"
        how += f", seed {facts['seed']}"
    text = f"p values were corrected {family} ({how})"
    if facts.get("omnibus") and facts.get("contrasts"):
        text += ", separately for tests of any difference and for contrasts"
    if "time" in facts and len(facts["groups"]) > 1:
        text += ", separately for changes within groups and for contrasts"
    if facts.get("post_hoc"):
        where = f"q < {facts['post_hoc_alpha']:g}"
        text += f", and those of post-hoc comparisons (where {where}) within each region"
        text += f" ({CORRECTION_NAMES[facts['post_hoc']]})"
    return f"{text}."
