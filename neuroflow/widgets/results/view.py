"""The Results form: status of the studies, collecting, and a gallery of reports."""

from __future__ import annotations

from datetime import UTC, datetime

from traitlets import link

from neuroflow.widgets.browser import notify_box
from neuroflow.widgets.common import (
    AS_WIDE,
    DataTable,
    bind,
    button,
    call_every,
    drawn_when,
    field,
    folded,
    form,
    html,
    in_row,
    private,
    problem_list,
    problems_at,
    task_status,
)
from neuroflow.widgets.results.bundle import bundle_panel
from neuroflow.widgets.results.gallery import gallery
from neuroflow.widgets.results.model import ResultsModel, counted_state, tone_of
from neuroflow.widgets.results.study_panel import project_history, study_panel

AGE_SECONDS = 5.0
"""How often the age of the last status check is updated."""


def results_form(model: ResultsModel) -> private.VBox:
    """Draw the Results form."""
    refresh = button(
        model, "Refresh", "Check the server for new results", model.refresh, icon="refresh"
    )
    collect = button(
        model,
        "Collect",
        "Download every new or changed result",
        model.collect,
        rank="primary",
        icon="download",
    )
    head, counts = private.HTML(), private.HTML()

    def update() -> None:
        refresh.disabled = collect.disabled = model.busy
        parts = [(tone_of(state), counted_state(state, n)) for state, n in model.counts]
        if model.n_elsewhere:
            parts.append(("", f"{model.n_elsewhere} of other projects"))
        counts.value = (
            f'<p role="status">{html.chips(parts)}</p>'
            if parts
            else "<p>No study has been sent from this workspace yet.</p>"
        )

    def update_head() -> None:
        head.value = f"<h2>Results</h2><p>{html.text(model.usual)}</p>"

    bind(model, ["busy", "counts", "n_elsewhere"], update)
    bind(model, ["usual"], update_head)
    study = drawn_when(model, ["chosen"], lambda: bool(model.chosen), lambda: [study_panel(model)])
    opened = private.VBox([study, gallery(model.gallery)])
    pair = private.Box([_table(model), opened], classes="nf-pair")
    return form(
        head,
        problem_list(model),
        _actions(model, refresh, collect),
        counts,
        _Age(model),
        task_status(model),
        pair,
        folded(
            "History and download",
            "Show or hide what was done in this project, and the download of all results",
            private.VBox(),
            lambda: [bundle_panel(model), project_history(model)],
        ),
        is_wide=True,
    )


def _actions(model: ResultsModel, *buttons: private.Button) -> private.HBox:
    """Lay out the buttons and the switch; why it went off stands after it."""
    switch = _auto(model)
    bell = notify_box("when a check that runs automatically finds results")
    row = in_row(*buttons, switch, bell)
    problems_at(model.auto_refresh, row, {"on": switch})
    return row


def _auto(model: ResultsModel) -> private.Checkbox:
    """Return the switch for automatic status checks."""
    switch: private.Checkbox = field(
        private.Checkbox,
        "Refresh automatically",
        "Check the server regularly, less often while nothing changes",
        indent=False,
        layout=AS_WIDE,
    )
    link((model.auto_refresh, "on"), (switch, "value"))
    return switch


class _Age(private.HTML):
    """Age of the last status check, updated every few seconds."""

    def __init__(self, model: ResultsModel) -> None:
        super().__init__()
        self._model = model
        model.observe(lambda _: self.update_age(), names=["listed_at"])
        model.auto_refresh.observe(lambda _: self.update_age(), names=["on", "last_update"])
        self.update_age()
        call_every(AGE_SECONDS, self.update_age)

    def update_age(self) -> None:
        words = self._model.age_text(datetime.now(UTC))
        self.value = f'<p class="nf-dim">{html.text(words)}</p>' if self._model.counts else ""


def _table(model: ResultsModel) -> DataTable:
    """Return the table of states; selecting a study opens its report."""
    table = DataTable(
        model,
        "Status of every study: select one to see its report",
        tone_of,
        select="single",
    )

    def choose(selected: tuple[int, ...]) -> None:
        if selected:
            model.study_id = model.ids[selected[0]]

    def follow() -> None:
        """Select the row of a study that was opened elsewhere, as in a figure."""
        if model.study_id in model.ids:
            table.selected = (model.ids.index(model.study_id),)

    bind(model, ["status"], lambda: table.show(model.status, model.ids))
    bind(model, ["study_id"], follow)
    table.observe(lambda change: model.run_safely(lambda: choose(change.new)), names="selected")
    return table
