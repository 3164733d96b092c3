"""``neuroflow compare``: groups compared in every region, as a table and for a paper."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import cohort_table
from neuroflow.cli.options import (
    AsJson,
    By,
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
    parse_contrasts,
    split_list,
)
from neuroflow.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd

SHOWN = ("region", "metric", "contrast", "n1", "n2", "estimate", "effect_size", "p", "q", "reason")
"""Columns that are shown on a terminal; a file has all."""


class Omnibus(StrEnum):
    """The test for any difference between groups: none, besides the contrasts, or alone."""

    NO = "no"
    YES = "yes"
    ONLY = "only"


def compare(
    source: Source,
    by: By = "group",
    reference: Reference = "auto",
    groups: Groups = None,
    contrasts: Contrasts = None,
    covariates: Covariates = None,
    metric: Metrics = None,
    method: Annotated[str, typer.Option(help="linear, welch or mannwhitney.")] = "linear",
    robust: Annotated[str, typer.Option(help="none, HC3 or cluster.")] = "none",
    omnibus: Annotated[
        Omnibus,
        typer.Option(help="Test for any difference between the groups (F) as well, or only."),
    ] = Omnibus.NO,
    visit: Visit = None,
    correction: CorrectionName = "bh",
    family: Annotated[
        list[str] | None,
        typer.Option(help="Tests that are corrected together: all, or per metric, contrast..."),
    ] = None,
    confidence: Confidence = 0.95,
    to: Annotated[Path | None, typer.Option(help=".csv, .tsv, .parquet or .xlsx")] = None,
    paper: Annotated[
        Path | None, typer.Option(help="Also write a table for a paper: .docx, .tex, .md or .xlsx")
    ] = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare groups in every region and metric: adjusted, FDR-corrected, with effect sizes."""
    import neuroflow as nf

    options: dict[str, Any] = {
        "by": by,
        "reference": None if reference == "none" else reference,
        "contrasts": parse_contrasts(contrasts),
        "groups": split_list(groups),
        "covariates": split_list(covariates) or [],
        "method": method,
        "robust": robust,
        "visit": visit,
        "correction": correction,
    }
    more: dict[str, Any] = {
        "metric": split_list(metric),
        "omnibus": "only" if omnibus is Omnibus.ONLY else omnibus is Omnibus.YES,
        "family": split_list(family) or "metric",
        "confidence": confidence,
    }
    with Console(as_json=as_json, quiet=quiet) as console:
        table = cohort_table(source, participants)
        effects = nf.compare_groups(table, **options, **more)
        methods = nf.methods_text(effects)
        model = {name: value for name, value in effects.attrs.items() if name != "exclusions"}
        effects.attrs["methods"] = methods  # so that a file has it, too
        files = [nf.save_cohort_table(effects, to)] if to else []
        if paper:
            one = _one_metric(table, more["metric"])
            files.append(nf.save_paper_table(nf.paper_table(table, metric=one, **options), paper))
        answer = {"methods": methods, "model": model, "files": files, "effects": effects}
        console.output(answer, None if files else effects[list(SHOWN)])
        console.print("\n".join([methods, *map(str, files)]))


def _one_metric(table: pd.DataFrame, metrics: list[str] | None) -> str:
    """Choose the metric of the table for a paper: the requested one, else free water."""
    if metrics and len(metrics) > 1:
        raise OptionError(
            "A table for a paper has one metric.",
            advice=f"Use --metric {metrics[0]}, and --metric {metrics[1]} in a second run.",
        )
    known = list(dict.fromkeys(table["metric"].astype(str)))
    return metrics[0] if metrics else "FW" if "FW" in known else known[0]
