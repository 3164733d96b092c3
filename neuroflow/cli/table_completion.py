"""What the shell completes from a cohort table: columns, metrics, regions, groups, visits.

The table is read as the command will read it, so that what is offered is what it takes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from neuroflow.cli.completion import typed
from neuroflow.cli.inputs import cohort_table

if TYPE_CHECKING:
    import pandas as pd

Offer = Callable[[typer.Context, str], list[str]]

_OF_VALUES = frozenset(
    {"region", "region_name", "kind", "system", "hemisphere", "metric", "value", "set_aside"}
)
"""Columns that differ within a study: they neither group studies nor describe them."""

SERVICE = "neuropacs"
"""The word for the norms that the service prints in its reports."""


def in_list(offer: Offer) -> Offer:
    """Complete the last word of a list with commas: ``pSN,Pu`` becomes ``pSN,Putamen``."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        before, comma, word = incomplete.rpartition(",")
        taken = before.split(",")
        return [f"{before}{comma}{name}" for name in offer(ctx, word) if name not in taken]

    return complete


def columns(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the columns that describe studies."""
    table = _table(ctx)
    names = [] if table is None else [str(name) for name in table if name not in _OF_VALUES]
    return [name for name in names if name.startswith(incomplete)]


def metrics(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the metrics."""
    return _labels(ctx, "metric", incomplete)


def regions(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the identifiers of the regions."""
    return _labels(ctx, "region", incomplete)


def groups(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the labels of the column with the groups."""
    return _labels(ctx, typed(ctx, "by", "truth") or "group", incomplete)


def references(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the groups, and the words that stand for the controls or for no group."""
    return [*_starting(("auto", "none"), incomplete), *groups(ctx, incomplete)]


def norms(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the groups and words of `references`, and the norms of the service's reports."""
    return [*references(ctx, incomplete), *_starting((SERVICE,), incomplete)]


def batches(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the sites or scanners."""
    return _labels(ctx, typed(ctx, "batch") or "site", incomplete)


def studies(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the studies of the table by participant and session; their ids once one is begun."""
    table = _table(ctx)
    if table is None:
        return []
    each = table.drop_duplicates("study_id")
    names = {str(name) for name in each["study_id"]} if incomplete else set()
    if {"participant_id", "session_id"} <= set(each):
        known = each[["participant_id", "session_id"]].dropna().astype(str)
        names |= {_study_name(*pair) for pair in known.itertuples(index=False, name=None)}
    return sorted(_starting(names, incomplete))


def visits(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer first, last and the ids of the sessions."""
    words = _starting(("first", "last"), incomplete)
    return [*words, *_labels(ctx, "session_id", incomplete)]


def _study_name(participant: str, session: str) -> str:
    """Return the name with both prefixes, or without as the participant is."""
    from neuroflow.io import without_prefix

    person, visit = without_prefix(participant), without_prefix(session)
    has_prefix = participant != person
    return f"sub-{person}_ses-{visit}" if has_prefix else f"{person}_{visit}"


def _labels(ctx: typer.Context, column: str, incomplete: str) -> list[str]:
    table = _table(ctx)
    if table is None or column not in table:
        return []
    return sorted(_starting(table[column].dropna().astype(str).unique(), incomplete))


def _starting(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _table(ctx: typer.Context) -> pd.DataFrame | None:
    """Read the table that was typed before; None where there is none."""
    source, people = typed(ctx, "source", "workspace", "table"), typed(ctx, "participants")
    if source is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return cohort_table(Path(source), Path(people) if people else None)
    except Exception:  # noqa: BLE001  completion reports no errors
        return None
