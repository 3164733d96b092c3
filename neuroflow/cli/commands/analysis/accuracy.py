"""How well regions and scores distinguish groups: ``neuroflow accuracy``, ``compare-auc``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import cohort_table, with_facts
from neuroflow.cli.options import (
    AsJson,
    Confidence,
    CorrectionName,
    ExcludeSuspect,
    Metric,
    Metrics,
    Participants,
    Quiet,
    Source,
    To,
    Visit,
    none_is_all,
    split_list,
)
from neuroflow.cli.outcome import output, refuse_unused
from neuroflow.cli.table_completion import columns, groups, in_list, references, regions
from neuroflow.errors import OptionError

SHOWN = (
    "n_positive",
    "n_negative",
    "auc",
    "ci_low",
    "ci_high",
    "q",
    "sensitivity",
    "specificity",
)
"""Columns that are shown on a terminal; a file has all."""


Truth = Annotated[
    str, typer.Option(help="The column with the true diagnosis.", autocompletion=columns)
]
Positive = Annotated[
    list[str] | None,
    typer.Option(help="Groups to detect; all patients if omitted.", autocompletion=in_list(groups)),
]
Negative = Annotated[
    str,
    typer.Option(
        help="Groups that are negative; auto: controls; none: all that are not positive.",
        autocompletion=references,
    ),
]
Direction = Annotated[str, typer.Option(help="Which values are positive: higher or lower.")]


def accuracy(
    source: Source,
    score: Annotated[
        list[str] | None,
        typer.Option(
            help="Columns of numbers; every region if omitted.", autocompletion=in_list(columns)
        ),
    ] = None,
    truth: Truth = "group",
    positive: Positive = None,
    reference: Negative = "auto",
    metric: Metrics = None,
    direction: Direction = "higher",
    cutoff: Annotated[
        str, typer.Option(help="A number, youden (cross-validated) or none (the area only).")
    ] = "youden",
    missing: Annotated[
        str, typer.Option(help="Studies without a value: exclude, or wrong (misclassified).")
    ] = "exclude",
    strata: Annotated[
        str | None,
        typer.Option(help="One row per label of this column.", autocompletion=columns),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the cross-validation.")] = 0,
    visit: Visit = None,
    correction: CorrectionName = "bh",
    confidence: Confidence = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compute how well every region or a score separates two groups: AUC, sensitivity..."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        refuse_unused(
            [
                (seed != 0 and cutoff != "youden", "--seed", "--cutoff youden"),
                (metric is not None and score is not None, "--metric", "regions, not --score"),
            ]
        )
        found = nf.diagnostic_accuracy(
            with_facts(source, participants, split_list(score)),
            split_list(score),
            truth=truth,
            positive=split_list(positive),
            reference=none_is_all(reference),
            metric=split_list(metric),
            direction=direction,  # type: ignore[arg-type]  # checked there
            cutoff=_cutoff(cutoff),
            missing=missing,  # type: ignore[arg-type]  # checked there
            strata=strata,
            seed=seed,
            visit=visit,
            correction=correction,  # type: ignore[arg-type]  # checked there
            confidence=confidence,
            exclude_suspect=exclude_suspect,
        )
        shown = ["stratum", "score", "region", "metric", *SHOWN]
        output(console, found, shown, to, "accuracy")


def compare_auc(
    source: Source,
    scores: Annotated[
        str,
        typer.Argument(
            help="Regions or columns of numbers, two or more: SCP,pSN.",
            autocompletion=in_list(regions),
        ),
    ],
    truth: Truth = "group",
    positive: Positive = None,
    reference: Negative = "auto",
    metric: Metric = "FW",
    direction: Direction = "higher",
    visit: Visit = None,
    correction: CorrectionName = "holm",
    confidence: Confidence = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare the areas under the ROC curves of regions or scores, in the same studies."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.compare_auc(
            cohort_table(source, participants),
            split_list([scores]) or [],
            truth=truth,
            positive=split_list(positive),
            reference=none_is_all(reference),
            metric=metric,
            direction=direction,  # type: ignore[arg-type]  # checked there
            visit=visit,
            correction=correction,  # type: ignore[arg-type]  # checked there
            confidence=confidence,
            exclude_suspect=exclude_suspect,
        )
        output(console, found, list(found.columns), to, "areas")


def _cutoff(text: str) -> float | Literal["youden"] | None:
    """Return what the option means."""
    if text == "youden":
        return "youden"
    if text == "none":
        return None
    try:
        return float(text)
    except ValueError as error:
        raise OptionError(
            f"There is no cut-off {text!r}.", advice="Choose a number, youden or none."
        ) from error
