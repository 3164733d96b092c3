"""What the shell completes: cohorts, studies, rules. No heavy library is loaded."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import typer

from neuroflow.workspace import COHORTS, SET_ASIDE_FILE, STUDIES_NAME


def cohort_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the cohorts of the workspace that was typed before."""
    found = (path.parent.name for path in _workspace(ctx).glob(f"{COHORTS}/*/{STUDIES_NAME}"))
    return sorted(name for name in found if name.startswith(incomplete))


def studies(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the labels of studies: of a cohort, or of all; their ids once one is begun."""
    return _named(_studies(ctx), ("label",), incomplete)


def people_and_studies(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the participants and the labels of studies; their ids once one is begun."""
    return _named(_studies(ctx), ("participant_id", "label"), incomplete)


def studies_set_aside(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the studies of which a result is set aside."""
    chosen = {row.get("study_id") for row in _rows(_workspace(ctx) / SET_ASIDE_FILE)}
    rows = [row for row in _studies(ctx) if row.get("study_id") in chosen]
    return _named(rows, ("label",), incomplete)


def regions_set_aside(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the regions that are set aside of the study that was typed before."""
    study = typed(ctx, "study")
    ids = {row["study_id"] for row in _studies(ctx) if study in (row["label"], row["study_id"])}
    rows = [row for row in _rows(_workspace(ctx) / SET_ASIDE_FILE) if row.get("study_id") in ids]
    return _named(rows, ("region",), incomplete)


def rules(incomplete: str) -> list[str]:
    """Offer the ids of the protocol's rules."""
    from neuroflow.studies import rules_table

    return [rule for rule in rules_table()["rule"] if rule.startswith(incomplete)]


def typed(ctx: typer.Context, *names: str) -> str | None:
    """Return what was typed before for the first of some arguments or options that has a value."""
    places = [each.name for each in ctx.command.params if each.param_type_name == "argument"]
    # While the value of an option is completed, the arguments before it are not parsed yet.
    found = dict(zip(places, ctx.args, strict=False))
    found |= {name: value for name, value in ctx.params.items() if value is not None}
    return next((str(found[name]) for name in names if found.get(name)), None)


def _workspace(ctx: typer.Context) -> Path:
    return Path(typed(ctx, "workspace", "source") or ".").expanduser()


def _studies(ctx: typer.Context) -> list[dict[str, str]]:
    pattern = f"{COHORTS}/{typed(ctx, 'cohort_id') or '*'}/{STUDIES_NAME}"
    return [row for path in _workspace(ctx).glob(pattern) for row in _rows(path)]


def _named(rows: list[dict[str, str]], columns: tuple[str, ...], incomplete: str) -> list[str]:
    """Return what is begun: of some columns, and the ids, which nobody chooses from a list."""
    also = ("study_id",) if incomplete else ()
    values = {row.get(column) or "" for row in rows for column in (*columns, *also)}
    return sorted(value for value in values - {""} if value.startswith(incomplete))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines, delimiter="\t")
    except (OSError, UnicodeError):  # completion reports no errors
        return
