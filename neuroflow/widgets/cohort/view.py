"""The Cohort form: folder and participants, studies, findings and decisions."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
from traitlets import link

from neuroflow.widgets.cohort.decisions_panel import decisions_panel
from neuroflow.widgets.cohort.demographics_panel import demographics_panel
from neuroflow.widgets.cohort.model import ALL, CohortModel
from neuroflow.widgets.cohort.people_choice import people_panel
from neuroflow.widgets.cohort.table import TONES, UNCHECKED
from neuroflow.widgets.common import (
    SHORT,
    DataTable,
    PathInput,
    bind,
    button,
    disable_while_busy,
    drawn_when,
    field,
    form,
    html,
    private,
    problem_list,
    problems_at,
    set_options,
    set_visible,
    side_by_side,
    task_status,
)


def cohort_form(model: CohortModel) -> private.VBox:
    """Draw the Cohort form."""
    fields = _fields(model)
    ask = [
        *fields,
        people_panel(model),
        _question(model),
        *_check(model),
        task_status(model, keep=False),
        drawn_when(
            model,
            ["cohort", "findings"],
            lambda: bool(model.missing_demographics),
            lambda: [demographics_panel(model)],
        ),
    ]
    decide = drawn_when(
        model, ["selected"], lambda: bool(model.selected), lambda: [decisions_panel(model)]
    )
    work = side_by_side(ask, [_studies(model)], [decide])
    problems_at(
        model,
        work.children[0],
        dict(zip(("cohort_id", "folder", "participants"), fields, strict=True)),
    )
    return form(
        private.HTML(
            "<h2>Cohort</h2><p>Choose the studies to send together and check them against the "
            "acquisition protocol. Nothing is sent here, and no scan is changed.</p>"
        ),
        problem_list(model),
        work,
        _findings(model),
        is_wide=True,
    )


def _fields(model: CohortModel) -> list[widgets.Widget]:
    cohort = field(
        private.Combobox,
        "Cohort id",
        "The cohort's folder on the server, as agreed with neuropacs",
        ensure_option=False,
        placeholder="TEST_STUDY_123",
    )
    link((model, "cohort_id"), (cohort, "value"))
    bind(model, ["cohort_ids"], lambda: setattr(cohort, "options", list(model.cohort_ids)))
    disable_while_busy(model, cohort)
    participants = PathInput(
        model,
        "participants",
        "Participants",
        "Group, age and sex of the participants, as participants.tsv, CSV or Excel; the file is "
        "copied, never changed",
        folders_only=False,
    )

    def hint() -> None:
        participants.typed.placeholder = (
            "leave empty to keep the table copied earlier"
            if model.cohort_id.strip() in model.cohort_ids
            else "a table with one row per participant or visit (optional)"
        )

    bind(model, ["cohort_ids", "cohort_id"], hint)
    return [
        cohort,
        PathInput(
            model,
            "folder",
            "Scan folder",
            "DICOM or NIfTI files, in any folder structure",
            folders_only=True,
        ),
        participants,
    ]


def _question(model: CohortModel) -> private.VBox:
    """Ask what is meant by a known cohort with another folder."""
    words = private.HTML()
    add = button(
        model,
        "Add the new studies",
        "Keep the studies of the cohort and add those of this folder that are new",
        model.add_folder,
    )
    known = button(
        model,
        "Show the cohort as it is",
        "Return to the folder with which the cohort was made",
        model.show_known,
    )
    box = private.VBox([words, private.HBox([add, known])], classes="nf-panel")
    disable_while_busy(model, add, known)

    def update() -> None:
        words.value = f'<p role="alert">{html.text(model.question)}</p>'
        set_visible(box, bool(model.question))

    bind(model, ["question"], update)
    return box


def _check(model: CohortModel) -> list[widgets.Widget]:
    check = button(
        model,
        "Check studies",
        "Find the studies and check them against the protocol; nothing is sent",
        model.check,
        icon="search",
        rank="primary",
    )
    blockers = private.HTML()

    def update() -> None:
        check.disabled = model.busy or bool(model.blockers)
        left = model.not_at_fields(model.blockers)
        blockers.value = "" if model.busy else html.bullets(left, heading="Before checking:")

    bind(model, ["busy", "blockers", "wrong"], update)
    return [private.HBox([check]), blockers]


def _studies(model: CohortModel) -> private.VBox:
    """Draw the table of studies, filtered by state, with selection of rows."""
    table = DataTable(model, "Studies", TONES.__getitem__, select="multiple")
    filter_ = field(
        private.Dropdown,
        "Show",
        "Which studies are listed",
        options=[("All", ALL)],
        value=ALL,
        layout=SHORT,
    )

    def selected() -> None:
        model.selected = tuple(table.frame["study"].iloc[list(table.selected)])

    def update() -> None:
        counts = [(f"{state} ({count})", state) for state, count in model.counts]
        options = [(f"All ({len(model.studies)})", ALL), *counts]
        if list(filter_.options) != options:
            kept = model.filter if model.filter in {state for _, state in options} else ALL
            set_options(filter_, options, kept)
            model.filter = kept
        table.show(model.filtered)
        set_visible(filter_, not model.studies.empty)

    def picked(change: Any) -> None:
        if change.new:
            model.filter = change.new

    filter_.observe(lambda change: model.run_safely(lambda: picked(change)), names="value")
    table.observe(lambda _: model.run_safely(selected), names="selected")
    bind(model, ["studies", "filter"], update)
    return private.VBox([filter_, table])


def _findings(model: CohortModel) -> private.VBox:
    table = DataTable(model, "Findings of the protocol check", _tone_of_severity, by="severity")
    save = button(
        model,
        "Save findings",
        "Write all findings to a table in the workspace, for the people who scan and export",
        model.save_findings,
        icon="download",
    )
    disable_while_busy(model, save)

    def update() -> None:
        table.show(model.details)
        set_visible(save, model.findings is not None and len(model.findings) > 0)

    bind(model, ["findings", "selected"], update)
    return private.VBox([table, save])


def _tone_of_severity(severity: str) -> str:
    return {"error": "bad", "warning": "warn", UNCHECKED: "warn"}.get(severity, "")
