"""The Results form: where studies stand, collecting, and the reports as a gallery."""

from __future__ import annotations

from datetime import UTC, datetime

import ipywidgets as widgets
from traitlets import link

from neuroflow.ledger import State
from neuroflow.widgets.common import (
    DataTable,
    bind,
    button,
    call_every,
    field,
    form,
    html,
    problem_list,
    task_status,
)
from neuroflow.widgets.results.gallery import gallery
from neuroflow.widgets.results.model import TONES, ResultsModel

AGE_SECONDS = 5.0
"""How often the age of the listing is told."""


def results_form(model: ResultsModel) -> widgets.VBox:
    """Draw the Results form."""
    refresh = button(
        model, "Refresh", "Look at the server for results", model.refresh, icon="refresh"
    )
    collect = button(
        model,
        "Collect",
        "Bring every result that is new or changed",
        model.collect,
        button_style="primary",
        icon="download",
    )
    counts = widgets.HTML()

    def update() -> None:
        refresh.disabled = collect.disabled = model.busy
        parts = [html.badge(TONES[State(state)], f"{n} {state}") for state, n in model.counts]
        counts.value = (
            f'<p role="status">{", ".join(parts)}</p>'
            if parts
            else "<p>Nothing was sent from this workspace yet.</p>"
        )

    bind(model, ["busy", "counts"], update)
    return form(
        widgets.HTML(
            "<h2>Results</h2><p>The service usually answers within two to three hours.</p>"
        ),
        problem_list(model),
        problem_list(model.auto_refresh),
        widgets.HBox([refresh, collect, _auto(model)]),
        counts,
        _Age(model),
        task_status(model),
        _table(model),
        gallery(model.gallery),
    )


def _auto(model: ResultsModel) -> widgets.Checkbox:
    """Return the switch that keeps looking at the server."""
    switch = field(
        widgets.Checkbox,
        "Refresh by itself",
        "Look at the server again and again, less often while nothing changes",
        indent=False,
        layout={"width": "auto", "margin": "2px 12px"},
    )
    link((model.auto_refresh, "on"), (switch, "value"))
    return switch


class _Age(widgets.HTML):  # type: ignore[misc]
    """How old the listing is, told anew every few seconds."""

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
    """Return the table of states; choosing a study opens its report."""
    tone = {state.value: TONES[state] for state in TONES}
    table = DataTable(
        model,
        "Where every study stands: choose one to see its report",
        lambda state: tone.get(state, ""),
        select="single",
    )

    def choose(selected: tuple[int, ...]) -> None:
        if selected:
            model.study_id = model.ids[selected[0]]

    bind(model, ["status"], lambda: table.show(model.status, model.ids))
    table.observe(lambda change: model.run_safely(lambda: choose(change.new)), names="selected")
    return table
