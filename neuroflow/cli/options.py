"""Arguments and options that several commands share; each is named as in the Python API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from neuroflow.cli.completion import cohort_ids
from neuroflow.cli.table_completion import (
    columns,
    groups,
    in_list,
    metrics,
    references,
    visits,
)


def _limit_processes(count: int | None) -> int | None:
    """Let the whole command work with this many processes."""
    if count is not None:
        from neuroflow.studies import limit_processes

        limit_processes(count)
    return count


WorkspaceFolder = Annotated[Path, typer.Argument(help="The workspace folder.")]
CohortId = Annotated[str, typer.Argument(help="The cohort's id.", autocompletion=cohort_ids)]
ScansFolder = Annotated[
    Path | None,
    typer.Argument(help="The folder of scans; omit it for an existing cohort."),
]
Source = Annotated[
    Path,
    typer.Argument(help="A workspace, a folder of results, or a cohort table in a file."),
]
Participants = Annotated[
    Path | None, typer.Option(help="The table of participants: participants.tsv.")
]
Sheet = Annotated[
    str | None, typer.Option(help="The sheet of an Excel file of participants; the first.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        help="What a column of the participants is read as: participant_id, session_id, group, "
        "site, age or sex, as in --column age=Alter; repeated for each.",
    ),
]
SchemaFile = Annotated[
    Path | None,
    typer.Option("--schema", help="A TOML file that describes the result files."),
]
HostKey = Annotated[
    str | None, typer.Option(help="Trust this fingerprint, SHA256:..., without asking.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts.")]
To = Annotated[
    Path | None, typer.Option(help="Write the table to a file: .csv, .tsv, .parquet or .xlsx.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors and warnings only.")]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Number of worker processes; by default the cores of this job.",
        callback=_limit_processes,
    ),
]

By = Annotated[str, typer.Option(help="The column with the groups.", autocompletion=columns)]
Groups = Annotated[
    list[str] | None,
    typer.Option(help="Use only these groups: A,B.", autocompletion=in_list(groups)),
]
Reference = Annotated[
    str,
    typer.Option(
        help="Compare every other group with this one; auto: controls; none: pairs.",
        autocompletion=references,
    ),
]
Contrasts = Annotated[
    list[str] | None,
    typer.Option(
        help='Planned contrasts: "MSA+PSP - PD,PSP - MSA", or planned for the published ones.'
    ),
]
Covariates = Annotated[
    list[str] | None,
    typer.Option(
        help='Adjust for columns: age,sex or "age + group:sex".', autocompletion=in_list(columns)
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(help="Metrics: FW,FAt; all if omitted.", autocompletion=in_list(metrics)),
]
Metric = Annotated[str, typer.Option(help="One metric.", autocompletion=metrics)]
Visit = Annotated[
    str | None,
    typer.Option(
        help="The visit of each participant to use: first, last, or a session id.",
        autocompletion=visits,
    ),
]
CorrectionName = Annotated[
    str,
    typer.Option(help="Correction for multiple comparisons: bh (FDR), holm, bonferroni or none."),
]
Confidence = Annotated[
    float, typer.Option(help="Level of the confidence intervals, between 0 and 1.")
]

ExcludeSuspect = Annotated[
    bool | None,
    typer.Option(
        "--exclude-suspect/--keep-suspect",
        help="Exclude impossible values and those of exactly 0 or 1, or keep all; impossible "
        "ones are refused without a choice.",
    ),
]


_COMMA = re.compile(r",(?![^(]*\))")  # not that of "spline(age, 3)"


def split_list(words: Sequence[str] | None) -> list[str] | None:
    """Read an option that may be given several times, or once with commas.

    >>> split_list(["age,sex", "site"])
    ['age', 'sex', 'site']
    """
    if not words:
        return None
    return [part.strip() for word in words for part in _COMMA.split(word) if part.strip()]


_Names = TypeVar("_Names", list[str], list[str] | None)


NONE = "none"
"""The word for no column, and for no reference group."""


def none_is_empty(names: _Names) -> _Names:
    """Read the word ``none`` in a list of columns as no column at all.

    >>> none_is_empty(["none"]), none_is_empty(["age"])
    ([], ['age'])
    """
    return [] if names == [NONE] else names


def none_is_all(reference: str) -> str | None:
    """Read the word ``none`` for a reference group as no group: all studies.

    >>> none_is_all("none"), none_is_all("auto")
    (None, 'auto')
    """
    return None if reference == NONE else reference


def parse_contrasts(words: Sequence[str] | None) -> list[str] | str | None:
    """Read the contrasts: a list, or the word ``planned``, which the API takes as it is.

    >>> parse_contrasts(["planned"]), parse_contrasts(["PSP - PD,MSA - PD"])
    ('planned', ['PSP - PD', 'MSA - PD'])
    """
    found = split_list(words)
    return "planned" if found == ["planned"] else found
