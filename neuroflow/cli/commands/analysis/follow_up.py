"""Repeated visits: ``neuroflow power`` and ``neuroflow repeatability``."""

from __future__ import annotations

from typing import Annotated

import typer

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
from neuroflow.cli.outcome import output, refuse_unused
from neuroflow.cli.table_completion import columns
from neuroflow.errors import OptionError

TimeColumn = Annotated[
    str,
    typer.Option(
        "--time", help="The column with the age or date of the visit.", autocompletion=columns
    ),
]
Unit = Annotated[
    str | None, typer.Option(help="The unit of numbers in --time: years, months or days.")
]


def power(
    source: Source,
    slowing: Annotated[
        float, typer.Option(help="Share of the change that the treatment prevents.")
    ] = 0.3,
    power: Annotated[float, typer.Option(help="Power of the trial.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Two-sided level of the test.")] = 0.05,
    visits: Annotated[str, typer.Option(help="Times of the visits in years.")] = "0,0.5,1",
    dropout: Annotated[
        float, typer.Option(help="Share of people who leave before the last visit.")
    ] = 0.0,
    allocation: Annotated[
        float, typer.Option(help="Treated people for each one in the other arm.")
    ] = 1.0,
    composite: Annotated[
        bool,
        typer.Option(
            "--composite", help="Add the combination of regions that needs the fewest people."
        ),
    ] = False,
    n_boot: Annotated[int, typer.Option(help="Bootstrap samples for the interval; 0: none.")] = 0,
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
    """Compute how many participants per arm a trial needs, from the change of every region."""
    import neuroflow as nf

    times = _times(visits)
    with Console(as_json=as_json, quiet=quiet) as console:
        unused = seed != 0 and not (composite or n_boot)
        refuse_unused([(unused, "--seed", "--composite or --n-boot")])
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
            table=table if composite or n_boot else None,
            slowing=slowing,
            power=power,
            alpha=alpha,
            visits=times,
            dropout=dropout,
            allocation=allocation,
            composite=composite,
            n_boot=n_boot,
            seed=seed,
        )
        shown = ["region", "metric", "contrast", "n_per_arm", "n_ci_low", "n_ci_high", "n_total"]
        output(console, found, shown, to, "sizes")


def _times(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise OptionError(
            f"The visits {text!r} are not a plan.", advice="Give their times in years: 0,0.5,1."
        ) from error


def repeatability(
    source: Source,
    scanner: Annotated[
        str | None,
        typer.Option(
            help="The column with the scanner, where people were scanned on several.",
            autocompletion=columns,
        ),
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
