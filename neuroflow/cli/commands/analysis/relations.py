"""Scores, regions and sides: ``neuroflow correlate``, ``correlate-regions``, ``asymmetry``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import cohort_table
from neuroflow.cli.options import (
    AsJson,
    By,
    Confidence,
    CorrectionName,
    Covariates,
    ExcludeSuspect,
    Groups,
    Metric,
    Metrics,
    Participants,
    Quiet,
    Source,
    To,
    Visit,
    split_list,
)
from neuroflow.cli.outcome import output
from neuroflow.cli.table_completion import columns

Kind = Annotated[str, typer.Option("--method", help="pearson or spearman.")]


def correlate(
    source: Source,
    score: Annotated[
        str,
        typer.Argument(
            help="The column with the score, such as age or UPDRS.", autocompletion=columns
        ),
    ],
    by: By = "group",
    groups: Groups = None,
    covariates: Covariates = None,
    metric: Metrics = None,
    method: Kind = "pearson",
    visit: Visit = None,
    correction: CorrectionName = "bh",
    confidence: Confidence = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Correlate every region with a clinical score, in all studies or in some groups."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.correlate(
            cohort_table(source, participants),
            score,
            by=by,
            groups=split_list(groups),
            covariates=split_list(covariates) or [],
            metric=split_list(metric),
            method=method,  # type: ignore[arg-type]  # checked there
            visit=visit,
            correction=correction,  # type: ignore[arg-type]  # checked there
            confidence=confidence,
            exclude_suspect=exclude_suspect,
        )
        shown = ["region", "metric", "n", "r", "ci_low", "ci_high", "p", "q", "reason"]
        output(console, found, shown, to, "correlations")


def correlate_regions(
    source: Source,
    by: By = "group",
    groups: Groups = None,
    covariates: Covariates = None,
    metric: Metric = "FW",
    method: Kind = "pearson",
    visit: Visit = None,
    correction: CorrectionName = "bh",
    confidence: Confidence = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Correlate every region with every other: a table; `plot correlation` draws it."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.correlate_regions(
            cohort_table(source, participants),
            metric,
            by=by,
            groups=split_list(groups),
            covariates=split_list(covariates) or [],
            method=method,  # type: ignore[arg-type]  # checked there
            visit=visit,
            correction=correction,  # type: ignore[arg-type]  # checked there
            confidence=confidence,
            exclude_suspect=exclude_suspect,
        )
        shown = ["region_1", "region_2", "metric", "n", "r", "ci_low", "ci_high", "p", "q"]
        output(console, found, shown, to, "correlations")


def asymmetry(
    source: Source,
    to: Annotated[Path, typer.Option(help="The table: .csv, .tsv, .parquet or .xlsx.")],
    absolute: Annotated[
        bool,
        typer.Option("--absolute", help="Take the absolute difference, whichever side is larger."),
    ] = False,
    metric: Metrics = None,
    exclude_suspect: ExcludeSuspect = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a cohort table of the difference between left and right, in percent of their mean."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        table = nf.asymmetry(
            cohort_table(source, participants),
            metric=split_list(metric),
            absolute=absolute,
            exclude_suspect=exclude_suspect,
        )
        file = nf.save_cohort_table(table, to)
        console.output({"file": file, "rows": len(table)})
        console.print(str(file))
