"""Region names: which region, side and metric a name in a result file means.

One name per metric. The public AID-P code writes ``<region>_FW`` (free water) and ``<region>_FA``.
Its FA is free-water-corrected, which the literature calls FAt. neuroflow
therefore calls the metric **FAt**, whether a file has ``FA`` or ``FAt``; files stay as they are.
Only where one file holds both, its ``FA`` must be something else, the uncorrected one: it then
stays ``FA``, with a warning (see `neuroflow.results.aidp.layouts`).

Names are matched exactly, after case folding, or through an alias listed in ``regions.csv``; never
by likeness: ``MCP`` is a region, ``Cerebellar_MCP`` a tract; ``M1_Final`` a transcallosal tract,
``M1_SMATT`` a sensorimotor one.
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import pandas as pd

REGION_FACTS = ("region", "region_name", "kind", "system", "hemisphere")
"""The columns of tables that hold what is known of a region."""

REGION_COLUMNS = (*REGION_FACTS, "metric")
"""The columns of tables that name what a value is of."""

REGION_KEY = ("region", "hemisphere", "metric")
"""The columns that together distinguish what a value is of."""

UNKNOWN = "unknown"
"""The kind, system or hemisphere of a name the dictionary does not have."""

METRICS = {
    "fw": "FW",
    "freewater": "FW",
    "freewaterfraction": "FW",
    "fa": "FAt",
    "fat": "FAt",
    "fractionalanisotropy": "FAt",
    "freewatercorrectedfa": "FAt",
    "fwcorrectedfa": "FAt",
    "md": "MD",
    "meandiffusivity": "MD",
    "freieswasser": "FW",
    "freiwasser": "FW",
    "anteilfreieswasser": "FW",
    "freieswasserfraktion": "FW",
    "eaulibre": "FW",
    "fractiondeaulibre": "FW",
    "fraktionelleanisotropie": "FAt",
    "anisotropiefractionnelle": "FAt",
    "mittlerediffusivität": "MD",
    "mittlerediffusivitaet": "MD",
    "diffusivitémoyenne": "MD",
    "diffusivitemoyenne": "MD",
}
"""How a metric is written (case folded, letters only) and what it is called here."""

METRIC_NAMES = {
    "FW": "Free water",
    "FAt": "Free-water-corrected FA",
    "FA": "Fractional anisotropy",
    "MD": "Mean diffusivity",
}
"""Metrics in words, for tables, sentences and figures."""

FRACTIONS = ("FW", "FAt", "FA")
"""The metrics that are fractions between 0 and 1; MD has a unit (mm²/s, or as the file has it)."""

METRIC_ORDER = ("FW", "FAt", "FA", "MD")
"""The order of metrics in tables."""

EXPECTED_VALUES = 132
"""66 regions x 2 metrics: the values a complete result file holds."""

_NO_NAMES = frozenset(["", *"0123456789.+-"])
_METRIC_SUFFIX = re.compile(r"(?P<name>.+?)[ _.\-](?P<metric>FW|FAt|FA|MD)", re.IGNORECASE)
_SIDES = {"left": "left", "lh": "left", "l": "left", "right": "right", "rh": "right", "r": "right"}
_SIDE_FIRST = re.compile(r"(?:ctx[_.\- ])?(?P<side>left|right|lh|rh|[lr])[_.\- ](?P<name>.+)", re.I)
_SIDE_LAST = re.compile(
    r"(?P<name>.+)[_.\- ](?P<bracket>\()?(?P<side>left|right|lh|rh|[lr])(?(bracket)\))", re.I
)
_METRIC_FIRST = re.compile(r"(?P<metric>FW|FAt|FA|MD)[ _.\-](?P<name>.+)", re.IGNORECASE)
_MEAN = re.compile(
    r"(?:mean|average|avg)[ _.\-](?P<name>.+)|(?P<first>.+)[ _.\-](?:mean|average|avg)", re.I
)
_SPREAD = re.compile(r"(?:std|sd|stdev|sem|se|median|min|max|n|nvox|count)[ _.\-].+", re.I)
_SEPARATORS = re.compile(r"[\s\-]+")
_STATISTICS = frozenset(
    {"mean", "average", "median", "std", "sd", "sem", "se", "min", "max", "n", "count", "squared"}
)


@dataclass(frozen=True, slots=True)
class RegionName:
    """What a name in a result file means."""

    # The identifier used in the cohort table; for unknown names, what was written, without the
    # parts that name side and metric.
    region: str
    region_name: str  # The name for people
    # ``"roi"``, ``"tcatt"`` (transcallosal tract), ``"smatt"`` (sensorimotor area tract),
    # ``"tract"`` or ``"unknown"``.
    kind: str
    system: str  # The part of the brain, for grouping
    # ``"left"``, ``"right"``, ``"midline"``, ``"bilateral"`` (one value for both sides),
    # ``"commissural"`` or ``"unknown"``.
    hemisphere: str
    metric: str | None  # ``"FW"``, ``"FAt"``, ``"MD"``, or None where the name has none
    known: bool  # True where the dictionary has the region
    suffix: str = ""  # The metric as it was written, or an empty string


def metric_name(written: str) -> str | None:
    """Return the metric's name in the cohort table.

    >>> metric_name("fa"), metric_name("Free water"), metric_name("volume")
    ('FAt', 'FW', None)
    """
    return METRICS.get("".join(filter(str.isalpha, written.casefold())))


@lru_cache(maxsize=8192)
def resolve(name: str, side: str = "") -> RegionName:
    """Return the region, side and metric that a name means."""
    text, given = name.strip(), _SIDES.get(side.casefold())
    stem, suffix = _without_metric(text)
    for written, metric in ((text, ""), (stem, suffix)):
        found = _dictionary().get(written.casefold()) or _with_separators().get(_folded(written))
        if found is not None and given in (None, found["hemisphere"]):
            return _known(found, metric)
    if given is not None:
        return _sided(stem, given, suffix)
    mean = _MEAN.fullmatch(text)
    if mean is not None:
        inner = resolve(mean["name"] or mean["first"], side)
        if inner.known or inner.suffix:
            return inner
    sided = _side_and_name(stem)
    if suffix and _SPREAD.fullmatch(sided[1] if sided else stem):
        return _unknown(text, UNKNOWN, "")  # std_pSN_FW is no value of a region
    if sided is not None:
        return _sided(sided[1], _SIDES[sided[0].casefold()], suffix)
    return _unknown(stem, UNKNOWN, suffix)


def is_region(name: str) -> bool:
    """Check whether a name is a region's: the dictionary has it, or it ends in a metric.

    >>> is_region("Putamen"), is_region("Hippocampus_FW"), is_region("Age")
    (True, True, False)
    """
    if name[:1] in _NO_NAMES and not name[-1:].isalpha():  # numbers: most cells of a file
        return False
    found = resolve(name)
    return found.known or found.suffix != ""


def load_regions() -> pd.DataFrame:
    """Return the dictionary of regions.

    Names of columns: Archer et al., Lancet Digital Health 2019, doi 10.1016/S2589-7500(19)30105-0,
    and the public AID-P code.
    """
    return pd.DataFrame([dict(row) for row in _rows()])


@lru_cache(maxsize=1)
def _with_separators() -> dict[str, dict[str, str]]:
    """Names of several words, which may be written with blanks or dashes.

    Not those that end in the name of another region: "Cerebellar MCP" may mean the MCP.
    """
    known = _dictionary()
    return {
        folded: row
        for name, row in known.items()
        if "_" in (folded := _folded(name)) and folded.rsplit("_", 1)[1] not in known
    }


def _folded(name: str) -> str:
    """Write a name in lower case with ``_`` for blanks and dashes."""
    return _SEPARATORS.sub("_", name.casefold())


def _without_metric(text: str) -> tuple[str, str]:
    """Part a name from its metric: behind it, before or within a name with a side or known."""
    stem, metric = _metric_behind(text)
    if metric:
        return stem, metric
    stem, metric = _metric_before(text)
    if metric and (_side_and_name(stem) or resolve(stem).known):
        return stem, metric
    if found := _side_and_name(text):
        side, name = found
        for part in (_metric_behind, _metric_before):
            stem, metric = part(name)
            if metric:
                return f"{side}_{stem}", metric
    return text, ""


def _metric_behind(text: str) -> tuple[str, str]:
    match = _METRIC_SUFFIX.fullmatch(text)
    if match is None or match["name"].casefold() in _STATISTICS:
        return text, ""
    return match["name"], match["metric"]


def _metric_before(text: str) -> tuple[str, str]:
    match = _METRIC_FIRST.fullmatch(text)
    if match is None or match["name"].casefold() in _STATISTICS:
        return text, ""
    return match["name"], match["metric"]


def _side_and_name(text: str) -> tuple[str, str] | None:
    """Return the side and the rest of a name; None where it has no side, or a statistic only."""
    for pattern in (_SIDE_FIRST, _SIDE_LAST):
        if (sided := pattern.fullmatch(text)) and sided["name"].casefold() not in _STATISTICS:
            return sided["side"], sided["name"]
    return None


def _known(row: dict[str, str], suffix: str) -> RegionName:
    return RegionName(
        region=row["region"],
        region_name=row["region_name"],
        kind=row["kind"],
        system=row["system"],
        hemisphere=row["hemisphere"],
        metric=metric_name(suffix),
        known=True,
        suffix=suffix,
    )


def _sided(name: str, side: str, suffix: str) -> RegionName:
    """Resolve a name with a side: the dictionary has some (midbrain), most it has not."""
    for row in _rows():
        names = (row["region"].casefold(), row["stem"].casefold())
        if row["hemisphere"] == side and name.casefold() in names:
            return _known(row, suffix)
    return _unknown(name, side, suffix)


def _unknown(name: str, hemisphere: str, suffix: str) -> RegionName:
    return RegionName(name, name, UNKNOWN, UNKNOWN, hemisphere, metric_name(suffix), False, suffix)


@lru_cache(maxsize=1)
def dictionary_digest() -> str:
    """Return the digest of the dictionary of regions, in hexadecimal; caches depend on it."""
    return hashlib.sha256(repr(_rows()).encode()).hexdigest()


@lru_cache(maxsize=1)
def _rows() -> tuple[dict[str, str], ...]:
    text = files("neuroflow.matrix").joinpath("regions.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, dict[str, str]]:
    """Every name of a region, case folded; a name that fits two sides is left out."""
    names: dict[str, dict[str, str]] = {}
    regions = [row["region"] for row in _rows()]
    for row in _rows():
        written = [row["stem"], *filter(None, row["aliases"].split("|"))]
        if regions.count(row["region"]) == 1:
            written += [row["region"], row["region_name"]]
        names.update({name.casefold(): row for name in written})
    return names
