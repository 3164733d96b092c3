"""Every study compared with the controls or with norms: ``z-scores`` and ``z-summary``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import cohort_table
from neuroflow.cli.options import (
    NONE,
    AsJson,
    By,
    Covariates,
    ExcludeSuspect,
    Metric,
    Metrics,
    Participants,
    Quiet,
    Source,
    To,
    none_is_all,
    split_list,
)
from neuroflow.cli.outcome import output, refuse_unused
from neuroflow.cli.table_completion import SERVICE, norms

if TYPE_CHECKING:
    from neuroflow.compare import Norms


Against = Annotated[
    str,
    typer.Option(
        help="The reference group; auto: controls; none: all studies; neuropacs: the controls "
        "of its reports; or a file of norms (.json).",
        autocompletion=norms,
    ),
]
Prediction = Annotated[
    float, typer.Option(help="Level of the prediction intervals, between 0 and 1.")
]


def z_scores(
    source: Source,
    by: By = "group",
    reference: Against = "auto",
    covariates: Covariates = None,
    metric: Metrics = None,
    confidence: Prediction = 0.95,
    save_norms: Annotated[
        Path | None, typer.Option(help="Also save the norms of the reference group, as .json.")
    ] = None,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare every study with the controls, or with norms: z and centiles per region."""
    import neuroflow as nf

    adjust = split_list(covariates) or []
    with Console(as_json=as_json, quiet=quiet) as console:
        against = _reference(reference, adjust, save_norms)
        table = cohort_table(source, participants)
        how: dict[str, Any] = {"by": by, "metric": split_list(metric)}
        how["exclude_suspect"] = exclude_suspect
        if save_norms is not None:
            nf.fit_norms(table, reference=reference, covariates=adjust, **how).save(save_norms)
        found = nf.z_scores(
            table, reference=against, covariates=adjust, confidence=confidence, **how
        )
        shown = ["study_id", "region", "metric", "value", "expected", "z", "centile"]
        output(console, found, shown, to, "scores")


def z_summary(
    source: Source,
    limit: Annotated[
        float, typer.Option(help="How many SDs from the expected value a region counts.")
    ] = 2.0,
    by: By = "group",
    reference: Against = "auto",
    covariates: Covariates = None,
    metric: Metric = "FW",
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Summarise the z-scores of every study: how many regions are far from the reference."""
    import neuroflow as nf

    adjust = split_list(covariates) or []
    with Console(as_json=as_json, quiet=quiet) as console:
        scores = nf.z_scores(
            cohort_table(source, participants),
            by=by,
            reference=_reference(reference, adjust),
            covariates=adjust,
            metric=metric,
            exclude_suspect=exclude_suspect,
        )
        found = nf.z_summary(scores, metric=metric, limit=limit)
        output(console, found, list(found.columns), to, "summary")


def _reference(name: str, covariates: list[str], save: Path | None = None) -> str | Norms | None:
    """Return what a reference means, and refuse options that saved norms do not use."""
    import neuroflow as nf

    is_file = name.endswith(".json")
    are_norms = is_file or name == SERVICE
    refuse_unused(
        [
            (are_norms and bool(covariates), "--covariates", "a reference group, not norms"),
            ((are_norms or name == NONE) and save is not None, "--save-norms", "a reference group"),
        ]
    )
    if is_file:
        return nf.read_norms(name)
    return nf.service_norms() if name == SERVICE else none_is_all(name)
