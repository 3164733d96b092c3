"""What the shell completes: cohorts, studies, rules. No heavy library is loaded."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import typer


def cohort_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the cohorts of the workspace that was typed before."""
    found = (path.parent.name for path in _workspace(ctx).glob("cohorts/*/studies.tsv"))
    return sorted(name for name in found if name.startswith(incomplete))


def studies(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the labels of a cohort's studies."""
    return _column(ctx, "label", incomplete)


def study_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the ids of a cohort's studies, or of all studies where no cohort was typed."""
    return _column(ctx, "study_id", incomplete)


def rules(incomplete: str) -> list[str]:
    """Offer the ids of the protocol's rules."""
    from neuroflow.studies import rules_table

    return [rule for rule in rules_table()["rule"] if rule.startswith(incomplete)]


def _workspace(ctx: typer.Context) -> Path:
    typed = ctx.params.get("workspace") or ctx.params.get("source") or "."
    return Path(typed).expanduser()


def _column(ctx: typer.Context, column: str, incomplete: str) -> list[str]:
    pattern = f"cohorts/{ctx.params.get('cohort_id') or '*'}/studies.tsv"
    values = {row.get(column, "") for path in _workspace(ctx).glob(pattern) for row in _rows(path)}
    return sorted(value for value in values if value.startswith(incomplete))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines, delimiter="\t")
    except (OSError, UnicodeError):  # completion reports no errors
        return
