"""``neuroflow coverage``: which values are there and which are missing."""

from __future__ import annotations

from typing import Annotated

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import cohort_table
from neuroflow.cli.options import AsJson, Participants, Quiet, Source, To
from neuroflow.cli.outcome import output_plain


def coverage(
    source: Source,
    by: Annotated[
        str,
        typer.Option(
            help="region, metric, study, participant, cohort, site, group, or visit: which "
            "sessions each participant has."
        ),
    ] = "region",
    to: To = None,
    participants: Participants = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Count the values that are present and missing; `plot coverage` draws them."""
    import neuroflow as nf

    with Console(as_json=as_json, quiet=quiet) as console:
        found = nf.coverage(cohort_table(source, participants), by=by)
        if by == "visit":
            found = found.reset_index()
        output_plain(console, found, list(found.columns), to, "coverage")
