"""Sentences on what was measured: metrics, regions, the service, and the software."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neuroflow._version import __version__
from neuroflow.matrix import METRIC_NAMES

_UNITS = {
    "FW": "fraction of the voxel's signal, 0 to 1",
    "FAt": "0 to 1",
    "FA": "0 to 1",
    "MD": "in the unit of the result files",
}


def measured(facts: Mapping[str, Any]) -> list[str]:
    """Return what the values are, and which service and model they come from."""
    names = [_metric(name) for name in facts.get("metrics", ())]
    sentences = []
    if names:
        n = int(facts["n_regions"])
        where = "one region" if n == 1 else f"each of {n} regions"
        words = f"{listed(names)} {'was' if len(names) == 1 else 'were'} analysed in {where}."
        sentences.append(words[0].upper() + words[1:])
    if service := service_words(facts):
        sentences.append(f"The values were computed by the neuropacs service ({service}).")
    return sentences


def _metric(name: str) -> str:
    known = METRIC_NAMES.get(name)
    if known is None:
        return name
    return f"{known[0].lower()}{known[1:]} ({name}{f'; {_UNITS[name]}' if name in _UNITS else ''})"


def service_words(facts: Mapping[str, Any]) -> str:
    """Return products and model versions of the service; how many studies where they differ."""
    found: Sequence[Mapping[str, Any]] = facts.get("service") or []
    texts = []
    for item in found:
        model = f", model version {item['model_version']}" if item["model_version"] else ""
        many = f", {item['n']} studies" if len(found) > 1 else ""
        texts.append(f"product {item['product']}{model}{many}")
    return "; ".join(texts)


def computed(facts: Mapping[str, Any]) -> str:
    """Return the software that computed a result."""
    more = ", ".join(f"{name} {number}" for name, number in facts.get("software", {}).items())
    return (
        f"Computed with neuroflow {facts.get('neuroflow', __version__)}{f' ({more})' * bool(more)}."
    )


def listed(parts: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    >>> listed(["age", "sex", "site"])
    'age, sex and site'
    """
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
