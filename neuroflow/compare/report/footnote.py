"""Title and footnote of a table for a paper: what its cells are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuroflow.compare.report.measured import listed, service_words
from neuroflow.compare.report.methods import corrected, model_words
from neuroflow.matrix import METRIC_NAMES


def paper_title(facts: Mapping[str, Any]) -> str:
    """Return the title of a table for a paper: metric, regions, groups.

    >>> paper_title({"metrics": ["FW"], "n_regions": 66, "groups": {"Control": 9, "PSP": 8}})
    'Free water (FW) in 66 regions: Control and PSP'
    """
    (metric,) = facts["metrics"]
    name = f"{METRIC_NAMES[metric]} ({metric})" if metric in METRIC_NAMES else metric
    n = facts["n_regions"]
    return f"{name} in {n} region{'s' * (n != 1)}: {listed(list(facts['groups']))}"


def paper_footnote(facts: Mapping[str, Any]) -> str:
    """Return the sentences below a table for a paper, without which its cells mean nothing."""
    (metric,) = facts["metrics"]
    linear = facts["method"] == "linear"
    adjusted = "adjusted mean" if facts["covariates"] else "mean"
    unit = "a fraction between 0 and 1" if metric in ("FW", "FAt", "FA") else "as reported"
    cells = f"Cells are {adjusted} ± SE (standard error) of {metric}, {unit}"
    model = f", from a linear model of the {model_words(facts)}" if linear else ""
    by_ranks = facts["method"] == "mannwhitney"
    statistic = "H" if by_ranks else "F"
    test = f"{statistic}, df and p: {facts['omnibus']} for any difference between the groups"
    post_hoc = (
        f"Post hoc: differences with Holm-corrected p < {facts['post_hoc_alpha']:g} in regions "
    )
    return " ".join(
        [
            f"{cells}{model}.",
            f"{listed([_counted(name, n, facts) for name, n in facts['groups'].items()])}.",
            f"{test}; q: p corrected over {facts['n_regions']} regions.",
            corrected({**facts, "post_hoc": "", "contrasts": []}),
            f"{post_hoc}with q < {facts['post_hoc_alpha']:g}.",
            *([f"neuropacs {service}."] if (service := service_words(facts)) else []),
        ]
    )


def _counted(name: str, n: int, facts: Mapping[str, Any]) -> str:
    people = facts["people"][name]
    if people == n:
        return f"{name}: n = {n} people, one study each"
    return f"{name}: n = {n} studies of {people} people"
