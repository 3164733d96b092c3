"""The Submit form: folder, participants, cohort; findings and blockers; sending with bars."""

from __future__ import annotations

import ipywidgets as widgets
from traitlets import link

from neuroflow.models import Severity
from neuroflow.states import State
from neuroflow.widgets import html
from neuroflow.widgets.parts import button, field, form, problems, progress, show, watch
from neuroflow.widgets.pathfield import PathField
from neuroflow.widgets.results_model import TONES
from neuroflow.widgets.submit_model import SubmitModel
from neuroflow.widgets.tableview import TableView

ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def submit_form(model: SubmitModel) -> widgets.VBox:
    """Draw the Submit form.

    Parameters
    ----------
    model
        What it shows and does.

    Returns
    -------
    ipywidgets.VBox
        The form.
    """
    cohort = field(
        widgets.Combobox,
        "Cohort id",
        "The cohort's folder on the server, as agreed with the vendor",
        ensure_option=False,
        placeholder="TEST_STUDY_123",
    )
    link((model, "cohort_id"), (cohort, "value"))
    watch(model, ["known"], lambda: setattr(cohort, "options", list(model.known)))
    return form(
        widgets.HTML(
            "<h2>Submit</h2><p>Every study is checked, de-identified, zipped and sent once. "
            "Names and dates of birth stay on this computer.</p>"
        ),
        problems(model),
        PathField(
            model, "folder", "Folder of scans", "DICOM or NIfTI, in any order", folders_only=True
        ),
        PathField(
            model,
            "participants",
            "participants.tsv",
            "Group, age and sex of the participants",
            folders_only=False,
        ),
        cohort,
        *_actions(model),
        progress(model),
        _findings(model),
        _rows(model),
    )


def _actions(model: SubmitModel) -> list[widgets.Widget]:
    check = button(
        model,
        "Check studies",
        "Find the studies and check them; nothing is sent",
        model.check,
        icon="search",
    )
    submit = button(
        model,
        "Submit",
        "De-identify, zip and send every study that was not sent yet",
        model.submit,
        button_style="primary",
        icon="upload",
    )
    only_good = widgets.Checkbox(
        description="Send only the studies without errors",
        tooltip="Leave studies with errors behind",
        indent=False,
        layout={"width": "auto"},
    )
    link((model, "only_good"), (only_good, "value"))
    blockers = widgets.HTML()

    def update() -> None:
        check.disabled = model.busy or bool(model.what_is_missing())
        submit.disabled = model.busy or bool(model.blockers)
        show(only_good, bool(model.blocked))
        blockers.value = (
            "" if model.busy else html.bullets(model.blockers, heading="Before sending:")
        )

    watch(model, ["busy", "blockers", "blocked", "cohort_id", "folder", "known"], update)
    return [widgets.HBox([check, submit, only_good]), blockers]


def _findings(model: SubmitModel) -> widgets.VBox:
    table = TableView(model, "Findings: what the checks say", _tone_of_severity, by="severity")

    def update() -> None:
        show(table, False)
        if model.findings is not None:
            order = model.findings["severity"].map(ORDER)
            table.show(
                model.findings.assign(order=order)
                .sort_values(["order", "study"], kind="stable", ignore_index=True)
                .drop(columns="order")
                .rename(columns={"advice": "what to do"})
            )

    watch(model, ["findings"], update)
    return table


def _rows(model: SubmitModel) -> widgets.VBox:
    table = TableView(model, "Studies of this cohort: packaged and sent", _tone_of_state)
    watch(model, ["rows"], lambda: table.show(model.rows))
    return table


def _tone_of_severity(severity: str) -> str:
    return {"error": "bad", "warning": "warn"}.get(severity, "")


def _tone_of_state(state: str) -> str:
    return TONES[State(state)]
