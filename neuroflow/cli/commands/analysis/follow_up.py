"""Repeated visits: ``neuroflow power`` and ``neuroflow repeatability``."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroflow.cli.commands.analysis.outcome import output, refuse_unused
from neuroflow.cli.console import Console
from neuroflow.cli.inputs import cohort_table
from neuroflow.cli.options import (
    AsJson,
    By,
    Confidence,
    Covariates,
    ExcludeSuspect,
    Groups,
    Metrics,
    Participants,
    Quiet,
    Source,
    To,
    split_list,
)

TimeColumn = Annotated[
    str, typer.Option("--time", help="The column with the age or date of the visit.")
]
Unit = Annotated[str | None, typer.Option(help="The unit of numbers in it: years, months, days.")]


def power(
    source: Source,
    slowing: Annotated[float, typer.Option(help="Share of the change prevented.")] = 0.3,
    power: Annotated[float, typer.Option(help="Power of the trial.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Two-sided level of the test.")] = 0.05,
    visits: Annotated[str, typer.Option(help="Times of the visits in years.")] = "0,0.5,1",
    dropout: Annotated[float, typer.Option(help="Share that leaves before the last visit.")] = 0.0,
    allocation: Annotated[float, typer.Option(help="Treated for each one in the other arm.")] = 1.0,
    composite: Annotated[
        bool, typer.Option("--composite", help="Add the best combination of regions.")
    ] = False,
    draws: Annotated[int, typer.Option(help="Bootstrap samples for the interval; 0: none.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of bootstrap and composite.")] = 0,
    by: By = "group",
    time: TimeColumn = "age",
    unit: Unit = None,
    groups: Groups = None,
    covariates: Covariates = None,
    metric: Metrics = None,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compute participants per arm of a trial from the change per year of every region."""
    import neuroflow as nf

    times = [float(part) for part in visits.split(",")]
    with Console(as_json=as_json, quiet=quiet) as console:
        unused = seed != 0 and not (composite or draws)
        refuse_unused([(unused, "--seed", "--composite or --draws")])
        table = cohort_table(source, participants)
        change = nf.change_over_time(
            table,
            method="mixed",
            by=by,
            time=time,
            unit=unit,  # type: ignore[arg-type]  # checked there
            groups=split_list(groups),
            covariates=split_list(covariates) or [],
            metric=split_list(metric),
            exclude_suspect=exclude_suspect,
        )
        found = nf.sample_size(
            change,
            table=table if composite or draws else None,
            slowing=slowing,
            power=power,
            alpha=alpha,
            visits=times,
            dropout=dropout,
            allocation=allocation,
            composite=composite,
            n_boot=draws,
            seed=seed,
        )
        shown = ["region", "metric", "contrast", "n_per_arm", "n_ci_low", "n_ci_high", "n_total"]
        output(console, found, shown, to, "sizes")


def repeatability(
    source: Source,
    scanner: Annotated[
        str | None, typer.Option(help="The column with the scanner of travelling people.")
    ] = None,
    within: Annotated[
        float | None, typer.Option(help="Only scans at most so many years after the first.")
    ] = None,
    time: TimeColumn = "age",
    unit: Unit = None,
    metric: Metrics = None,
    confidence: Confidence = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compute how well repeated scans agree: ICC, within-subject SD, repeatability coefficient."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        unused = within is None and (time != "age" or unit is not None)
        refuse_unused([(unused, "--time or --unit", "--within")])
        found = nf.repeatability(
            cohort_table(source, participants),
            scanner=scanner,
            within=within,
            time=time,
            unit=unit,  # type: ignore[arg-type]  # checked there
            metric=split_list(metric),
            confidence=confidence,
            exclude_suspect=exclude_suspect,
        )
        shown = ["region", "metric", "n", "icc2", "icc3", "sd_within", "cv_within", "rc", "reason"]
        output(console, found, shown, to, "repeatability")
