"""Across cohorts: ``harmonize``, ``compare-cohorts``, ``pool-effects``, ``replication``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import cohort_table, read_effects
from neuroflow.cli.options import (
    AsJson,
    By,
    Confidence,
    Contrasts,
    CorrectionName,
    Covariates,
    ExcludeSuspect,
    Groups,
    Metrics,
    Participants,
    Quiet,
    Reference,
    Source,
    To,
    Visit,
    none_is_all,
    none_is_empty,
    parse_contrasts,
    split_list,
)
from neuroflow.cli.outcome import output
from neuroflow.cli.table_completion import batches, columns, in_list, references
from neuroflow.errors import OptionError

POOLED = (
    *("region", "metric", "contrast", "cohort", "k", "estimate", "ci_low", "ci_high"),
    *("p", "q", "tau2", "i2", "reason"),
)
"""Columns that are shown on a terminal; a file has all."""


def harmonize(
    source: Source,
    to: Annotated[Path, typer.Option(help="The harmonized table: .csv, .tsv, .parquet or .xlsx.")],
    batch: Annotated[
        str, typer.Option(help="The column with sites or scanners.", autocompletion=columns)
    ] = "site",
    method: Annotated[str, typer.Option(help="combat, longitudinal or linear.")] = "combat",
    by: By = "group",
    covariates: Annotated[
        list[str] | None,
        typer.Option(
            help="Columns whose effects stay: age,sex; or none.", autocompletion=in_list(columns)
        ),
    ] = None,
    fit: Annotated[
        str | None,
        typer.Option(
            help="The group to compare sites in; auto: controls; all studies if omitted.",
            autocompletion=references,
        ),
    ] = None,
    reference_batch: Annotated[
        str | None,
        typer.Option(help="A site whose values stay as they are.", autocompletion=batches),
    ] = None,
    metric: Metrics = None,
    exclude_suspect: ExcludeSuspect = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Remove differences between sites from the values (ComBat), keeping those of people."""
    import neuroflow as nf

    adjust = none_is_empty(split_list(covariates))
    with Console(as_json=as_json, quiet=quiet) as console:
        table = nf.harmonize(
            cohort_table(source, participants),
            batch=batch,
            method=method,  # type: ignore[arg-type]  # checked there
            by=by,
            covariates=("age", "sex") if adjust is None else adjust,
            fit=fit,
            reference_batch=reference_batch,
            metric=split_list(metric),
            exclude_suspect=exclude_suspect,
        )
        files = [nf.save_cohort_table(table, to)]
        console.output({"files": files, "harmonized": str(table.attrs.get("harmonized", method))})
        console.print("\n".join(map(str, files)))


def compare_cohorts(
    source: Source,
    cohort: Annotated[
        str, typer.Option(help="The column with the cohorts.", autocompletion=columns)
    ] = "cohort_id",
    by: By = "group",
    reference: Reference = "auto",
    groups: Groups = None,
    contrasts: Contrasts = None,
    covariates: Covariates = None,
    metric: Metrics = None,
    method: Annotated[str, typer.Option(help="linear, welch or mannwhitney.")] = "linear",
    robust: Annotated[
        str, typer.Option(help="Standard errors: none (ordinary), HC3 or cluster.")
    ] = "none",
    value: Annotated[
        str, typer.Option(help="What is summarised: estimate or effect_size.")
    ] = "estimate",
    visit: Visit = None,
    correction: CorrectionName = "bh",
    confidence: Confidence = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare groups in every cohort and summarise them by a random-effects model."""
    import neuroflow as nf

    options: dict[str, Any] = {"method": method, "robust": robust, "value": value}
    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.compare_cohorts(
            cohort_table(source, participants),
            cohort=cohort,
            by=by,
            reference=none_is_all(reference),
            groups=split_list(groups),
            contrasts=parse_contrasts(contrasts),
            covariates=split_list(covariates) or [],
            metric=split_list(metric),
            visit=visit,
            correction=correction,  # type: ignore[arg-type]  # checked there
            confidence=confidence,
            exclude_suspect=exclude_suspect,
            **options,
        )
        output(console, found, POOLED, to, "effects")


def pool_effects(
    effects: Annotated[
        list[Path], typer.Argument(help="Effects of two or more cohorts, from compare --to.")
    ],
    names: Annotated[
        list[str] | None,
        typer.Option(help="The cohorts, in this order: Graz,Ulm; the files' names if omitted."),
    ] = None,
    value: Annotated[
        str, typer.Option(help="What is summarised: estimate or effect_size.")
    ] = "estimate",
    correction: CorrectionName = "bh",
    confidence: Confidence = 0.95,
    to: To = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Summarise effects of several cohorts, also of other teams, by a random-effects model."""
    import pandas as pd

    import neuroflow as nf

    cohorts = split_list(names) or [path.stem for path in effects]
    with Console(as_json=as_json, quiet=quiet) as console:
        if len(cohorts) != len(effects) or len(set(cohorts)) != len(cohorts):
            raise OptionError(
                f"{len(effects)} files of effects need as many different names; there are "
                f"{len(set(cohorts))}.",
                advice="Name each cohort with --names A,B.",
            )
        tables = [
            read_effects(path).assign(cohort=name)
            for path, name in zip(effects, cohorts, strict=True)
        ]
        found = nf.pool_effects(
            pd.concat(tables, ignore_index=True),
            value=value,  # type: ignore[arg-type]  # checked there
            correction=correction,  # type: ignore[arg-type]  # checked there
            confidence=confidence,
        )
        output(console, found, POOLED, to, "effects")


def replication(
    first: Annotated[Path, typer.Argument(help="Effects of the first cohort, from compare --to.")],
    second: Annotated[Path, typer.Argument(help="Effects of the second cohort.")],
    table: Annotated[
        Path | None, typer.Option(help="The cohort table of either, for the interval.")
    ] = None,
    value: Annotated[
        str, typer.Option(help="What is compared: effect_size or estimate.")
    ] = "effect_size",
    by: By = "group",
    metric: Metrics = None,
    confidence: Confidence = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare the map of effects of one cohort with that of another."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.replication(
            read_effects(first),
            read_effects(second),
            table=None if table is None else cohort_table(table),
            by=by,
            value=value,  # type: ignore[arg-type]  # checked there
            metric=split_list(metric),
            confidence=confidence,
            exclude_suspect=exclude_suspect,
        )
        output(console, found, list(found.columns), to, "replication")
