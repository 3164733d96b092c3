"""``neuroflow compare``: groups compared in every region, as a table and for the paper."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroflow.cli.console import Voice
from neuroflow.cli.inputs import cohort_table
from neuroflow.cli.options import (
    AsJson,
    Between,
    Confidence,
    Contrasts,
    CorrectionName,
    Covariates,
    Groups,
    Metrics,
    Participants,
    Quiet,
    Reference,
    Source,
    Visit,
    contrasts_of,
    listed,
)
from neuroflow.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd

SHOWN = ("region", "metric", "contrast", "n1", "n2", "estimate", "effect_size", "p", "q", "reason")
"""Columns that are shown on a terminal; a file has all."""


class Omnibus(StrEnum):
    """Whether any difference between the groups is tested: not, besides the contrasts, or alone."""

    NO = "no"
    YES = "yes"
    ONLY = "only"


def compare(
    source: Source,
    between: Between = "group",
    reference: Reference = None,
    groups: Groups = None,
    contrasts: Contrasts = None,
    covariates: Covariates = None,
    metric: Metrics = None,
    method: Annotated[str, typer.Option(help="linear, welch or mannwhitney.")] = "linear",
    robust: Annotated[str, typer.Option(help="none, HC3 or cluster.")] = "none",
    omnibus: Annotated[
        Omnibus, typer.Option(help="Test for any difference too (F), or only for that.")
    ] = Omnibus.NO,
    visit: Visit = None,
    correction: CorrectionName = "bh",
    family: Annotated[
        list[str] | None, typer.Option(help="Corrected together: all, or per metric, contrast...")
    ] = None,
    confidence: Confidence = 0.95,
    to: Annotated[Path | None, typer.Option(help=".csv, .tsv, .parquet or .xlsx")] = None,
    paper: Annotated[
        Path | None, typer.Option(help="A table for the paper too: .docx, .tex, .md or .xlsx")
    ] = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare groups in every region and metric; adjusted, corrected, with effect sizes."""
    import neuroflow as nf

    options: dict[str, Any] = {
        "between": between,
        "groups": listed(groups),
        "covariates": listed(covariates) or [],
        "visit": visit,
        "correction": correction,
    }
    more: dict[str, Any] = {
        "reference": reference,
        "contrasts": contrasts_of(contrasts),
        "metric": listed(metric),
        "method": method,
        "robust": robust,
        "omnibus": "only" if omnibus is Omnibus.ONLY else omnibus is Omnibus.YES,
        "family": listed(family) or "metric",
        "confidence": confidence,
    }
    with Voice(as_json=as_json, quiet=quiet) as voice:
        table = cohort_table(source, participants)
        effects = nf.compare_groups(table, **options, **more)
        methods = nf.methods_text(effects)
        model = {name: value for name, value in effects.attrs.items() if name != "exclusions"}
        effects.attrs["methods"] = methods  # a file tells it, too
        files = [nf.write_table(effects, to)] if to else []
        if paper:
            one = _one_metric(table, more["metric"])
            files.append(nf.save_table(nf.paper_table(table, metric=one, **options), paper))
        answer = {"methods": methods, "model": model, "files": files, "effects": effects}
        voice.answer(answer, None if files else effects[list(SHOWN)])
        voice.say("\n".join([methods, *map(str, files)]))


def _one_metric(table: pd.DataFrame, metrics: list[str] | None) -> str:
    """Choose the metric of the paper's table: the one asked for, else free water."""
    if metrics and len(metrics) > 1:
        raise OptionError(
            "A table of the paper holds one metric.",
            advice=f"Say --metric {metrics[0]}, and --metric {metrics[1]} in a second run.",
        )
    known = list(dict.fromkeys(table["metric"].astype(str)))
    return metrics[0] if metrics else "FW" if "FW" in known else known[0]
