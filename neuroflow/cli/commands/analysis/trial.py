"""People who are followed: ``neuroflow compare-arms`` and ``neuroflow person-change``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuroflow.cli.commands.analysis.follow_up import TimeColumn, Unit
from neuroflow.cli.console import Console
from neuroflow.cli.inputs import cohort_table, read_repeatability
from neuroflow.cli.options import (
    AsJson,
    By,
    Confidence,
    CorrectionName,
    Covariates,
    ExcludeSuspect,
    Metrics,
    Participants,
    Quiet,
    Source,
    To,
    none_is_empty,
    split_list,
)
from neuroflow.cli.outcome import output
from neuroflow.cli.table_completion import columns, in_list, references


def compare_arms(
    source: Source,
    by: Annotated[
        str, typer.Option(help="The column with the arms.", autocompletion=columns)
    ] = "arm",
    reference: Annotated[
        str,
        typer.Option(
            help="The control arm; auto: placebo, sham or controls.", autocompletion=references
        ),
    ] = "auto",
    visit: Annotated[
        str,
        typer.Option(
            help="The column with the planned visits; the earliest is the baseline.",
            autocompletion=columns,
        ),
    ] = "session_id",
    time: TimeColumn = "age",
    unit: Unit = None,
    covariates: Covariates = None,
    method: Annotated[
        str, typer.Option(help="mmrm (all visits in one model) or ancova (each by itself).")
    ] = "mmrm",
    metric: Metrics = None,
    correction: CorrectionName = "bh",
    confidence: Confidence = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare the arms of a randomised trial: change from baseline at every planned visit."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.compare_arms(
            cohort_table(source, participants),
            by=by,
            reference=reference,
            visit=visit,
            time=time,
            unit=unit,  # type: ignore[arg-type]  # checked there
            covariates=split_list(covariates) or [],
            method=method,  # type: ignore[arg-type]  # checked there
            metric=split_list(metric),
            correction=correction,  # type: ignore[arg-type]  # checked there
            confidence=confidence,
            exclude_suspect=exclude_suspect,
        )
        shown = ["region", "metric", "contrast", "visit", "n1", "n2", "estimate", "p", "q"]
        output(console, found, [*shown, "reason"], to, "effects")


def person_change(
    source: Source,
    by: By = "group",
    reference: Annotated[
        str,
        typer.Option(
            help="The group that changes as expected; auto: controls.", autocompletion=references
        ),
    ] = "auto",
    time: TimeColumn = "age",
    unit: Unit = None,
    covariates: Annotated[
        list[str] | None,
        typer.Option(
            help="Adjust for columns of numbers: age,updrs, or none; age if omitted.",
            autocompletion=in_list(columns),
        ),
    ] = None,
    repeatability: Annotated[
        Path | None,
        typer.Option(
            help="A table of neuroflow repeatability --to: marks changes beyond its coefficient."
        ),
    ] = None,
    metric: Metrics = None,
    confidence: Annotated[
        float, typer.Option(help="Level of the prediction intervals, between 0 and 1.")
    ] = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare each person's change with that expected in the controls for the same interval."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.person_change(
            cohort_table(source, participants),
            by=by,
            reference=reference,
            time=time,
            unit=unit,  # type: ignore[arg-type]  # checked there
            covariates=none_is_empty(split_list(covariates) or ["age"]),
            repeatability=read_repeatability(repeatability),
            metric=split_list(metric),
            confidence=confidence,
            exclude_suspect=exclude_suspect,
        )
        shown = ["participant_id", "region", "metric", "years", "change", "expected", "z", "beyond"]
        output(console, found, [*shown, "reason"], to, "changes")
