"""Sites and scanners: ``neuroflow compare-sites`` and ``site-differences``."""

from __future__ import annotations

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
    Metrics,
    Participants,
    Quiet,
    Source,
    To,
    Visit,
    none_is_all,
    none_is_empty,
    split_list,
)
from neuroflow.cli.outcome import output, output_plain
from neuroflow.cli.table_completion import columns, in_list, references

Site = Annotated[
    str, typer.Option(help="The column with sites or scanners.", autocompletion=columns)
]


def compare_sites(
    source: Source,
    site: Site = "site",
    by: By = "group",
    reference: Annotated[
        str,
        typer.Option(
            help="Compare sites within this group; auto: controls; none: all.",
            autocompletion=references,
        ),
    ] = "auto",
    covariates: Covariates = None,
    metric: Metrics = None,
    visit: Visit = None,
    correction: CorrectionName = "bh",
    confidence: Confidence = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare the sites in every region, to see whether `harmonize` is needed."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.compare_sites(
            cohort_table(source, participants),
            site=site,
            by=by,
            reference=none_is_all(reference),
            covariates=split_list(covariates) or [],
            metric=split_list(metric),
            visit=visit,
            correction=correction,  # type: ignore[arg-type]  # checked there
            confidence=confidence,
            exclude_suspect=exclude_suspect,
        )
        shown = ["region", "metric", "contrast", "n1", "n2", "estimate", "effect_size", "p", "q"]
        output(console, found, [*shown, "reason"], to, "effects")


def site_differences(
    source: Source,
    site: Site = "site",
    by: By = "group",
    covariates: Annotated[
        list[str] | None,
        typer.Option(
            help="Adjust for columns: age,sex if omitted; none for none.",
            autocompletion=in_list(columns),
        ),
    ] = None,
    metric: Metrics = None,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Describe each site by its shift and its spread, after group and covariates."""
    import neuroflow as nf

    adjust = none_is_empty(split_list(covariates))
    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.site_differences(
            cohort_table(source, participants),
            site=site,
            by=by,
            covariates=("age", "sex") if adjust is None else adjust,
            metric=split_list(metric),
            exclude_suspect=exclude_suspect,
        )
        columns_shown = ["region", "metric", "site", "n", "shift", "sd"]
        output_plain(console, found, columns_shown, to, "sites")
