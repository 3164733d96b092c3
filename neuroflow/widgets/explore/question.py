"""A question to a cohort table, and the steps that answer it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from neuroflow.compare import controls_of
from neuroflow.errors import OptionError
from neuroflow.matrix import REGION_COLUMNS, group_order
from neuroflow.models import STUDY_KEYS
from neuroflow.plot import FIGURES, FormEntry, order_systems, region_labels
from neuroflow.widgets.explore.steps import Call, ChooseVisit, KeepRows, Step

MAX_CONTRASTS = 3
"""How many contrasts are drawn in one forest plot."""
ALPHA = 0.05
"""What q is compared with."""
SIGNIFICANT, BY_EFFECT = "significant", "effect"
"""Which regions figures list: those that differ; and in which order: the largest effect first."""
MOST_AHEAD = 14
"""How many regions are drawn ahead: those beside the selected one and a page of the table."""
USUAL_COVARIATES = ("age", "sex", "site")
"""The covariates that are usually adjusted for."""
_NO_COVARIATES = {
    *STUDY_KEYS,
    *REGION_COLUMNS,
    "group",
    "value",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What to compare, and how."""

    cohorts: tuple[str, ...] = ()  # Only these; empty for all
    groups: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    visit: str | None = None  # ``"first"``, ``"last"``, a session id, or None for every visit
    reference: str = ""  # Every other group is compared with this one; empty for all pairs
    metric: str = "FW"  # Which metric
    covariates: tuple[str, ...] = ()  # What is adjusted for
    method: str = "linear"  # As for `neuroflow.compare_groups`.
    robust: str = "none"
    correction: str = "bh"
    exclude_suspect: bool = False  # Leave out impossible values and those of exactly 0 or 1

    def row_steps(self) -> list[Step]:
        """Return the steps that select rows: `table` for statistics, `shown` for figures."""
        pairs = (("cohort_id", self.cohorts), ("group", self.groups), ("region", self.regions))
        return [
            *(KeepRows(column, values) for column, values in pairs if values),
            ChooseVisit(self.visit),
        ]

    def report_options(self) -> dict[str, Any]:
        """Return what of the question a report of the whole project asks, too."""
        return {
            "metric": self.metric,
            "reference": self.reference or None,
            "covariates": list(self.covariates),
            "visit": self.visit,
        }

    def comparison_step(self) -> Call:
        """Return the step that compares the groups."""
        options: dict[str, Any] = {
            "reference": self.reference or None,
            "covariates": list(self.covariates) if self.method == "linear" else [],
            "metric": self.metric,
            "method": self.method,
            "robust": self.robust if self.method == "linear" else "none",
            "visit": self.visit,
            "correction": self.correction,
            "exclude_suspect": self.exclude_suspect or None,
        }
        return Call("effects", "compare_groups", "table", _without_defaults(options))

    def figure_step(
        self,
        view: str,
        *,
        region: str,
        study_id: str,
        contrast: str,
        contrasts: Sequence[str],
        listed: Sequence[str] = (),
    ) -> Call:
        """Return the step that draws a view; a tall one lists these regions, or all if empty."""
        known: dict[str, Any] = {
            "region": region,
            "regions": [region],
            "study_id": study_id,
            "contrast": contrast,
            "contrasts": drawn_contrasts(contrast, contrasts),
            "reference": self.reference or "auto",
            "covariates": list(self.covariates),
        }
        options = {name: known[name] for name in form_entries()[view].takes}
        if listed and form_entries()[view].is_tall:
            options["regions"] = list(listed)
        if self.exclude_suspect and _may_exclude(view):
            options["exclude_suspect"] = True
        table_name = "effects" if FIGURES[view].needs == "effects" else "shown"
        return Call("ax", f"plot.{view}", table_name, {"metric": self.metric, **options})


def drawn_contrasts(chosen: str, contrasts: Sequence[str]) -> list[str]:
    """Return the contrasts of a forest plot: all, or if they are many the chosen one."""
    return list(contrasts) if len(contrasts) <= MAX_CONTRASTS else [chosen]


def listed_regions(
    effects: pd.DataFrame, contrasts: Sequence[str], which: str, order: str
) -> list[str]:
    """Return the regions that tall figures list, or none for all of them, by system."""
    if not which and not order:
        return []
    rows = effects[effects["contrast"].isin(contrasts)].dropna(subset=["estimate"])
    if which == SIGNIFICANT:
        rows = rows[rows["q"] < ALPHA]
    if rows.empty:
        raise OptionError(f"No region differs (q < {ALPHA}).", advice="Show all regions.")
    sizes = rows["effect_size"].fillna(rows["estimate"]).abs()
    largest = sizes.groupby(rows["region"].astype("str")).max()
    largest = largest.sort_values(ascending=False, kind="stable")
    found = list(largest.index[: int(which) if which.isdigit() else None])
    if order == BY_EFFECT:
        return found
    system = dict(
        zip(effects["region"].astype("str"), effects["system"].astype("str"), strict=True)
    )
    systems = order_systems(list(dict.fromkeys(system.values())))
    usual = list(system)  # within a system as in the table
    return sorted(found, key=lambda name: (systems.index(system[name]), usual.index(name)))


def likely_next(rows: Sequence[str], region: str) -> list[str]:
    """Return the regions that may be selected next: beside the one that is, then the first ones.

    >>> likely_next(["a", "a", "b", "c", "d", "e", "f", "a"], "d")
    ['e', 'c', 'f', 'b', 'a']
    """
    order = list(dict.fromkeys(rows))
    place = order.index(region) if region in order else -len(order)
    beside = [place + step for step in (1, -1, 2, -2)]
    near = [order[there] for there in beside if 0 <= there < len(order)]
    return list(dict.fromkeys([*near, *(name for name in order if name != region)]))[:MOST_AHEAD]


@cache
def form_entries() -> dict[str, FormEntry]:
    """Return how the form offers each of its figures; loads matplotlib."""
    figures = FIGURES.in_order()
    return {figure.name: figure.form for figure in figures if figure.form is not None}


@cache
def _may_exclude(view: str) -> bool:
    """Return whether a figure reads values itself, and can leave some out."""
    return "exclude_suspect" in inspect.signature(FIGURES[view].draw).parameters


_DEFAULTS: dict[str, Any] = {
    "reference": "auto",
    "covariates": [],
    "visit": None,
    "exclude_suspect": None,
}


def _without_defaults(options: dict[str, Any]) -> dict[str, Any]:
    """Drop options that have their default value."""
    return {name: v for name, v in options.items() if name not in _DEFAULTS or v != _DEFAULTS[name]}


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices that a cohort table offers."""

    # Names; groups as they are shown in figures, systems in the order of the figures.
    cohorts: tuple[str, ...]
    groups: tuple[str, ...]
    metrics: tuple[str, ...]
    systems: tuple[str, ...]
    sessions: tuple[str, ...]
    covariates: tuple[str, ...]
    regions: pd.DataFrame  # One row per region and hemisphere: region, hemisphere, label, system
    controls: str  # The group of controls, empty if there is none
    has_repeated_visits: bool  # Some participants have several studies

    @classmethod
    def of(cls, table: pd.DataFrame) -> Choices:
        """Collect the choices of a table."""
        studies = table.drop_duplicates("study_id")
        kept = [name for name in table.columns if name not in _NO_COVARIATES]
        regions = table.drop_duplicates(["region", "hemisphere"]).reset_index(drop=True)
        columns = ["region", "hemisphere", "region_name", "system"]
        participants = studies["participant_id"].dropna()
        return cls(
            cohorts=_names(studies["cohort_id"]),
            groups=tuple(group_order(_names(studies["group"]))),
            metrics=_names(table["metric"]),
            systems=tuple(order_systems([str(name) for name in regions["system"]])),
            sessions=_names(studies["session_id"]),
            covariates=tuple(name for name in kept if _varies(studies[name])),
            regions=regions[columns].astype("str").assign(label=region_labels(regions)),
            controls=controls_of(table) or "",
            has_repeated_visits=bool(participants.duplicated().any()),
        )

    @property
    def region_names(self) -> dict[str, str]:
        """Map region keys to names; both hemispheres share one key."""
        rows = self.regions.drop_duplicates("region")
        named = rows["region_name"]
        plain = named.where(~named.duplicated(keep=False), named + " (" + rows["region"] + ")")
        return dict(zip(rows["region"], plain, strict=True))

    def asked_regions(self, systems: Sequence[str], search: str) -> tuple[str, ...]:
        """Return the regions that are asked for, or none for all of them."""
        if not systems and not search.strip():
            return ()
        if found := self.matching_regions(systems, search):
            return found
        raise OptionError(
            "No region has this name.",
            advice="Enter part of a name, for example: putamen, scp.",
            about="search",
        )

    def matching_regions(self, systems: Sequence[str], search: str) -> tuple[str, ...]:
        """Return the regions of the given systems whose names contain the search words."""
        rows = self.regions
        if systems:
            rows = rows[rows["system"].isin(list(systems))]
        words = [word.strip().casefold() for word in search.split(",") if word.strip()]
        if words:
            names = rows["region"] + " " + rows["label"] + " " + rows["region_name"]
            names = names.str.casefold()
            hits = [names.str.contains(word, regex=False) for word in words]
            rows = rows[pd.concat(hits, axis="columns").any(axis="columns")]
        return tuple(dict.fromkeys(rows["region"]))


def allowed(asked: Mapping[str, Any], choices: Choices) -> dict[str, Any]:
    """Return what is asked without what the results do not contain."""
    lists = {name: getattr(choices, name) for name in ("groups", "systems", "covariates")}
    kept = {name: tuple(each for each in asked[name] if each in lists[name]) for name in lists}
    menus = {
        "cohort": (choices.cohorts, ""),
        "reference": (choices.groups, ""),
        "metric": (choices.metrics, choices.metrics[0]),
        "visit": (("first", "last", *choices.sessions), ""),
    }
    named = {
        name: asked[name] if asked[name] in known else instead
        for name, (known, instead) in menus.items()
    }
    return {**asked, **kept, **named}


def _names(column: pd.Series[Any]) -> tuple[str, ...]:
    return tuple(sorted({str(value) for value in column.dropna().unique()} - {""}))


def _varies(column: pd.Series[Any]) -> bool:
    """Return whether a column can be a covariate: several values, not one per study."""
    n = column.nunique()
    return n > 1 and (pd.api.types.is_numeric_dtype(column) or n < max(3, len(column) // 2))
