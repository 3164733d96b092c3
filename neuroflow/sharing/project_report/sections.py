"""The sections of a report about values: participants, quality, comparisons, change, methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import neuroflow.plot as plots
from neuroflow.compare import (
    change_over_time,
    compare_groups,
    diagnostic_accuracy,
    methods_text,
    table_one,
)
from neuroflow.contract import BIOMARKERS
from neuroflow.errors import NeuroflowError
from neuroflow.matrix import p_text
from neuroflow.results import coverage
from neuroflow.sharing.project_report.page import Grid, Picture, Section
from neuroflow.sharing.project_report.source import Source

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def participants_section(source: Source) -> Section:
    """Describe who was studied."""
    section = Section("participants", "Participants")
    with _or_reason(section):
        found = table_one(source.table, by=source.by, visit=source.first_visit)
        section.grids.append(Grid.of(found, found.attrs["title"], found.attrs["footnote"]))
    return section


def quality_section(source: Source) -> Section:
    """Report quality control, the cross-check and what is unexpected in the values."""
    section = Section("quality", "Quality control")
    for column, caption in (
        ("cross_check", "Biomarkers of the reports against the values of the result files"),
        ("quality", "Verdicts of the service's quality control"),
    ):
        if column in source.facts:
            counts = source.facts[column].replace("", "none").value_counts().sort_index()
            rows = [[str(name), str(n)] for name, n in counts.items()]
            section.grids.append(Grid(caption, ["Result", "Studies"], rows))
    notes = source.table.attrs.get("data_notes", [])
    section.paragraphs += notes or ["No value is unexpected."]
    return section


def coverage_section(source: Source) -> Section:
    """Count values that are present and missing."""
    section = Section("coverage", "Coverage")
    with _or_reason(section):
        found = coverage(source.table, by="metric")
        shown = found[["metric", "expected", "present", "missing", "percent"]]
        section.grids.append(Grid.of(shown, "Values of regions, by metric"))
        _draw(source, section, "coverage", lambda: plots.coverage(coverage(source.table)))
    return section


def comparison_section(source: Source) -> Section:
    """Compare the groups in every region."""
    section = Section("comparison", f"Comparison of groups: {source.metric}")
    with _or_reason(section):
        about = source.paper.attrs
        section.grids.append(Grid.of(source.paper, about["title"], about["footnote"]))
        effects = compare_groups(
            source.table, metric=source.metric, reference=source.reference, **source.chosen
        )
        for name, draw in (
            ("strip", lambda: plots.strip(source.once, metric=source.metric, by=source.by)),
            ("forest", lambda: plots.forest(effects, regions=BIOMARKERS)),
            ("brain", lambda: plots.brain(effects)),
        ):
            _draw(source, section, name, draw)
    return section


def accuracy_section(source: Source) -> Section:
    """Report how well the biomarkers separate patients from controls."""
    section = Section("accuracy", "Diagnostic accuracy of the biomarkers")
    with _or_reason(section):
        found = diagnostic_accuracy(
            source.table[source.table["region"].isin(BIOMARKERS)],
            truth=source.by,
            reference=source.reference,
            metric=source.metric,
            visit=source.first_visit,
        )
        section.paragraphs.append(methods_text(found).split("\n\n")[0])
        shown = found[["region", "n_positive", "n_negative", "auc", "ci_low", "ci_high"]]
        more = found[["cutoff", "sensitivity", "specificity"]]
        grid = shown.join(more).assign(q=[p_text(q) for q in found["q"]])
        section.grids.append(Grid.of(grid, "Area under the ROC curve, and at the cut-off"))
    return section


def change_section(source: Source) -> Section:
    """Report change over time."""
    section = Section("change", f"Change over time: {source.metric}")
    with _or_reason(section):
        found = change_over_time(
            source.table, by=source.by, reference=source.reference, metric=source.metric
        )
        section.paragraphs.append(methods_text(found).split("\n\n")[0])
        mine = found[found["region"].isin(BIOMARKERS)]
        section.grids.append(Grid.of(_as_change(mine), "Change per year in the biomarkers"))
        _draw(
            source,
            section,
            "trajectory",
            lambda: plots.trajectory(
                source.table, BIOMARKERS[0], metric=source.metric, by=source.by
            ),
        )
    return section


def _as_change(rows: pd.DataFrame) -> pd.DataFrame:
    names = ["region", "contrast", "n1", "n2", "estimate", "ci_low", "ci_high"]
    return rows[names].assign(p=[p_text(p) for p in rows["p"]], q=[p_text(q) for q in rows["q"]])


@contextmanager
def _or_reason(section: Section) -> Iterator[None]:
    """Write the reason into a section where it cannot be computed."""
    try:
        yield
    except NeuroflowError as error:
        why = f" {error.why}" if error.why else ""
        section.paragraphs.append(f"Not computed: {error.what}{why}")


def _draw(source: Source, section: Section, name: str, draw: Callable[[], Axes]) -> None:
    """Add a figure; one that cannot be drawn leaves its reason."""
    if source.figures:
        with _or_reason(section):
            section.pictures.append(Picture.of(name, draw()))
