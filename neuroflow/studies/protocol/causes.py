"""One finding per cause: what another finding explains is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from neuroflow.models import Finding, Severity
from neuroflow.studies.acquisition import Acquisition

GRADIENT_RULES = ("b_values", "b0_images", "directions")
"""Rules of the gradients, which are unknown all at once."""
_WORDS = (
    "diffusion_series modality field_strength patients age age_40 sex transfer_syntax burned_in"
    " unreadable_files copies placeholder_id"
)
_OF_THE_FILES = frozenset(_WORDS.split())
"""Rules that mean something in a study without a diffusion series; images of all sorts are mixed
in its other facts."""
OF_THE_STUDY = _OF_THE_FILES | {"left_out"}
"""Rules whose facts are those of a whole study, also where it has several diffusion series."""
_NAMED = 3
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def of_one_cause(found: Iterable[Finding | None], facts: Acquisition) -> list[Finding]:
    """Leave out what another finding explains, and name the series where there are several."""
    findings = {one.rule: one for one in found if one is not None}
    if "diffusion_series" in findings:
        if facts.completeness.diffusion_series == 0:
            return [one for rule, one in findings.items() if rule in _OF_THE_FILES]
        one = findings["diffusion_series"]
        findings["diffusion_series"] = replace(one, measured=_names(facts))
    for rule, explained in _explained(findings, facts):
        if rule in findings:
            for other in explained:
                findings.pop(other, None)
    return list(findings.values())


def _names(facts: Acquisition) -> str:
    names = facts.completeness.series_names
    shown = ", ".join(names[:_NAMED]) + ", ..." * (len(names) > _NAMED)
    return f"{len(names)}: {shown}"


def _explained(
    findings: dict[str, Finding], facts: Acquisition
) -> Iterable[tuple[str, Collection[str]]]:
    """Yield findings that are causes, each with those that follow from it."""
    unknown = [rule for rule in GRADIENT_RULES if _is_unknown(findings.get(rule))]
    yield "gradient_count", unknown
    yield "finite_gradients", unknown
    if len(unknown) == len(GRADIENT_RULES):
        yield "b_values", unknown[1:]
    yield "directions", ("declared_directions",)
    complete = facts.completeness
    if "missing_slices" in findings and complete.incomplete_volumes:
        volumes = f"{complete.incomplete_volumes} volume{'s' * (complete.incomplete_volumes > 1)}"
        one = findings["missing_slices"]
        findings["missing_slices"] = replace(one, measured=f"{one.measured} in {volumes}")
        yield "missing_slices", ("incomplete_volumes",)
    if len(complete.missing_instances or ()) <= len(complete.unreadable_files or ()):
        yield "unreadable_files", ("missing_instances",)
    if (complete.repeated_instances or 0) >= (facts.geometry.n_volumes or 1):
        # Of images with one identifier, one alone was counted.
        yield "repeated_instances", (*GRADIENT_RULES, "missing_slices", "incomplete_volumes")


def _is_unknown(one: Finding | None) -> bool:
    return one is not None and one.measured.startswith("unknown")


def of_several_series(
    whole: Iterable[Finding],
    series: dict[str, list[Finding]],
    shared: Collection[str],  # rules whose facts are those of the whole study
) -> list[Finding]:
    """Join the findings of a study's diffusion series: each states which series it is of."""
    joined = [one for one in whole if one.rule in shared]
    rules = dict.fromkeys(one.rule for found in series.values() for one in found)
    for rule in rules:
        if rule in shared:
            continue
        of_rule = {name: one for name, found in series.items() for one in found if one.rule == rule}
        first = next(iter(of_rule.values()))
        if len({one.measured for one in of_rule.values()}) == 1 and len(of_rule) == len(series):
            joined.append(first)
            continue
        texts = [f"series {name}: {one.measured}" for name, one in of_rule.items()]
        worst = min(of_rule.values(), key=lambda one: _ORDER.index(one.severity))
        joined.append(replace(worst, measured="; ".join(texts)))
    return joined
