"""Groups of a cohort table: ``neuroflow compare`` and ``table-one``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import cohort_table, read_repeatability
from neuroflow.cli.options import (
    AsJson,
    By,
    Confidence,
    Contrasts,
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
    parse_contrasts,
    split_list,
)
from neuroflow.cli.outcome import refuse_unused, save_with_methods
from neuroflow.cli.table_completion import columns as columns_of
from neuroflow.cli.table_completion import in_list
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
    interaction: Annotated[
        str | None,
        typer.Option(
            help="Compare the slopes over this covariate between groups (group x age).",
            autocompletion=columns_of,
        ),
    ] = None,
    weights: Annotated[
        str, typer.Option(help="Weights of categories in adjusted means: proportional or equal.")
    ] = "proportional",
    metric: Metrics = None,
    method: Annotated[str, typer.Option(help="linear, welch or mannwhitney.")] = "linear",
    robust: Annotated[
        str, typer.Option(help="Standard errors: none (ordinary), HC3 or cluster.")
    ] = "none",
    standardizer: Annotated[
        str, typer.Option(help="SD that effect sizes are divided by: residual or raw.")
    ] = "residual",
    omnibus: Annotated[
        Omnibus,
        typer.Option(help="Test for any difference between the groups (F) as well, or only."),
    ] = Omnibus.NO,
    margin: Annotated[
        float | None, typer.Option(help="Test that differences are smaller than this (TOST).")
    ] = None,
    visit: Visit = None,
    change: Annotated[
        bool,
        typer.Option("--change", help="Compare the change per year, by mixed models."),
    ] = False,
    time: Annotated[
        str,
        typer.Option(
            help="With --change: the column with the age or date of the visit.",
            autocompletion=columns_of,
        ),
    ] = "age",
    unit: Annotated[
        str | None,
        typer.Option(help="With --change: the unit of numbers in --time: years, months or days."),
    ] = None,
    repeatability: Annotated[
        Path | None,
        typer.Option(
            help="With --change: the table of neuroflow repeatability; counts true changes."
        ),
    ] = None,
    correction: Annotated[
        str,
        typer.Option(
            help="Correction for multiple comparisons: bh (FDR), holm, bonferroni, none, or maxt "
            "(permutation)."
        ),
    ] = "bh",
    n_permutations: Annotated[
        int, typer.Option(help="With maxt: number of permutations.")
    ] = 10_000,
    blocks: Annotated[
        str | None,
        typer.Option(
            help="With maxt: a column to permute within, such as site.", autocompletion=columns_of
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="With maxt: seed of the permutations.")] = 0,
    family: Annotated[
        list[str] | None,
        typer.Option(
            help="Tests that are corrected together: all, or per metric, contrast or region."
        ),
    ] = None,
    confidence: Confidence = 0.95,
    exclude_suspect: ExcludeSuspect = None,
    to: To = None,
    paper: Annotated[
        Path | None,
        typer.Option(help="Also write a table for a paper: .docx, .xlsx, .tex, .md or .html."),
    ] = None,
    title: Annotated[str, typer.Option(help="The title of the table for a paper.")] = "",
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare groups in every region and metric: adjusted, FDR-corrected, with effect sizes."""
    import neuroflow as nf

    options: dict[str, Any] = {
        "by": by,
        "reference": none_is_all(reference),
        "contrasts": parse_contrasts(contrasts),
        "groups": split_list(groups),
        "covariates": split_list(covariates) or [],
        "interaction": interaction,
        "weights": weights,
        "n_permutations": n_permutations,
        "blocks": blocks,
        "seed": seed,
        "method": method,
        "robust": robust,
        "visit": visit,
        "correction": correction,
        "exclude_suspect": exclude_suspect,
    }
    more: dict[str, Any] = {
        "metric": split_list(metric),
        "omnibus": "only" if omnibus is Omnibus.ONLY else omnibus is Omnibus.YES,
        "family": split_list(family) or "metric",
        "confidence": confidence,
        "margin": margin,
        "standardizer": standardizer,
    }
    with Console(as_json=as_json, quiet=quiet) as console:
        of_change = [
            (time != "age", "--time"),
            (unit is not None, "--unit"),
            (repeatability is not None, "--repeatability"),
        ]
        _refuse_unused(options, paper=paper, title=title, change=change, of_change=of_change)
        table = cohort_table(source, participants)
        if change:
            known = read_repeatability(repeatability)
            when: dict[str, Any] = {"time": time, "unit": unit, "repeatability": known}
            effects = nf.change_over_time(table, **when, **_of_change(options, more))
        else:
            effects = nf.compare_groups(table, **options, **more)
        model = {name: value for name, value in effects.attrs.items() if name != "exclusions"}
        methods, files = save_with_methods(effects, to)
        if paper:
            one = _one_metric(table, more["metric"])
            made = nf.paper_table(table, metric=one, **options)
            files.append(nf.save_paper_table(made, paper, title=title))
        findings = nf.key_findings(effects) if more["omnibus"] != "only" and not change else ""
        answer = {
            "findings": findings,
            "methods": methods,
            "model": model,
            "files": files,
            "effects": effects,
        }
        counts = [name for name in ("n_exceed", "n_several") if name in effects]
        console.output(answer, None if files else effects[[*SHOWN, *counts]])
        console.print("\n".join(filter(None, [findings, methods, *map(str, files)])))


def _refuse_unused(
    options: dict[str, Any],
    *,
    paper: Path | None,
    title: str,
    change: bool,
    of_change: Sequence[tuple[bool, str]],
) -> None:
    """Refuse options that the chosen analysis does not use."""
    if change and paper:
        raise OptionError("--change has no table for a paper.", advice="Omit --paper.")
    if change and options["correction"] == "maxt":
        raise OptionError(
            "--change has no permutations.", advice="Choose --correction bh, holm or bonferroni."
        )
    unused = [
        (options["n_permutations"] != 10_000, "--n-permutations", "--correction maxt"),
        (options["blocks"] is not None, "--blocks", "--correction maxt"),
        (options["seed"] != 0, "--seed", "--correction maxt"),
    ]
    unused = [] if options["correction"] == "maxt" else unused
    unused.append((bool(title) and not paper, "--title", "--paper"))
    unused += [(is_given and not change, name, "--change") for is_given, name in of_change]
    refuse_unused(unused)


def _of_change(options: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return the options of mixed models; refuse those of one visit."""
    given = options | more
    for name, usual in (
        ("method", "linear"),
        ("robust", "none"),
        ("visit", None),
        ("omnibus", False),
        ("interaction", None),
        ("margin", None),
        ("weights", "proportional"),
        ("standardizer", "residual"),
    ):
        if given[name] != usual:
            raise OptionError(
                f"--change uses all visits in a model of its own; --{name} does not fit.",
                advice=f"Omit --{name}.",
            )
    names = ("by", "reference", "groups", "contrasts", "covariates", "metric", "correction")
    kept = {name: given[name] for name in (*names, "family", "confidence", "exclude_suspect")}
    return kept | {"method": "mixed"}


def table_one(
    source: Source,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            help="Columns to describe; age, sex and site if omitted.",
            autocompletion=in_list(columns_of),
        ),
    ] = None,
    by: By = "group",
    groups: Groups = None,
    categorical: Annotated[
        list[str] | None,
        typer.Option(help="Columns of numbers that are codes.", autocompletion=in_list(columns_of)),
    ] = None,
    tests: Annotated[bool, typer.Option("--tests", help="Add p values.")] = False,
    visit: Visit = None,
    to: Annotated[
        Path | None,
        typer.Option(help="Write the table to a file: .docx, .xlsx, .tex, .md or .html."),
    ] = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Describe who was studied, by group: the first table of a paper."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.table_one(
            cohort_table(source, participants),
            split_list(columns),
            by=by,
            groups=split_list(groups),
            categorical=split_list(categorical) or [],
            tests=tests,
            visit=visit,
        )
        files = [nf.save_paper_table(found, to)] if to else []
        console.output({"files": files, "table": found}, None if files else found)
        console.print("\n".join(map(str, files)))


def _one_metric(table: pd.DataFrame, metrics: list[str] | None) -> str:
    """Choose the metric of the table for a paper: the requested one, else free water."""
    from neuroflow.matrix import usual_metric

    if metrics and len(metrics) > 1:
        raise OptionError(
            "A table for a paper has one metric.",
            advice=f"Use --metric {metrics[0]}, and --metric {metrics[1]} in a second run.",
        )
    known = list(dict.fromkeys(table["metric"].astype(str)))
    return metrics[0] if metrics else usual_metric(known)
