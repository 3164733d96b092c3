"""Probabilities and what was true: ``neuroflow calibration`` and ``confusion-matrix``."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroflow.cli.commands.analysis.accuracy import Negative, Positive, Truth
from neuroflow.cli.console import Console
from neuroflow.cli.inputs import with_facts
from neuroflow.cli.options import (
    AsJson,
    Confidence,
    Participants,
    Quiet,
    Source,
    To,
    Visit,
    none_is_all,
    split_list,
)
from neuroflow.cli.outcome import output
from neuroflow.cli.table_completion import columns
from neuroflow.errors import OptionError


def calibration(
    source: Source,
    score: Annotated[
        str, typer.Argument(help="The column with the probabilities.", autocompletion=columns)
    ],
    truth: Truth = "group",
    positive: Positive = None,
    reference: Negative = "auto",
    visit: Visit = None,
    confidence: Confidence = 0.95,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compute how well probabilities agree with what was true; `plot calibration` draws it.

    A column that the table lacks is taken from the reports of the service, such as p_atypical.
    """
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.calibration(
            with_facts(source, participants, [score]),
            score,
            truth=truth,
            positive=split_list(positive),
            reference=none_is_all(reference),
            visit=visit,
            confidence=confidence,
        )
        output(console, found, list(found.columns), to, "calibration")


def confusion_matrix(
    source: Source,
    truth: Truth = "group",
    atypical: Annotated[
        str,
        typer.Option(
            help="The column with the probability of an atypical syndrome.", autocompletion=columns
        ),
    ] = "p_atypical",
    psp_vs_msap: Annotated[
        str,
        typer.Option(
            help="The column with the probability of PSP, not MSA.", autocompletion=columns
        ),
    ] = "p_psp_vs_msap",
    cutoff: Annotated[float, typer.Option(help="The cut-off of both steps.")] = 0.5,
    names: Annotated[
        list[str] | None,
        typer.Option(help="Which of PD, MSA and PSP your labels mean: PSP-RS=PSP,IPD=PD."),
    ] = None,
    visit: Visit = None,
    confidence: Confidence = 0.95,
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Count what the two steps of the service made of each diagnosis."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.confusion_matrix(
            with_facts(source, participants, [atypical, psp_vs_msap]),
            truth=truth,
            atypical=atypical,
            psp_vs_msap=psp_vs_msap,
            cutoff=cutoff,
            visit=visit,
            confidence=confidence,
            names=_names(split_list(names)),
        )
        output(console, found, list(found.columns), to, "counts")


def _names(words: list[str] | None) -> dict[str, str] | None:
    """Read what labels mean: LABEL=PSP."""
    if words is None:
        return None
    pairs = [word.partition("=") for word in words]
    if wrong := [label for label, sign, meaning in pairs if not (label and sign and meaning)]:
        raise OptionError(
            f"--names has {wrong[0]!r} without a meaning.", advice="Write LABEL=PSP, with commas."
        )
    return {label.strip(): meaning.strip() for label, _, meaning in pairs}
