"""The Results form: where studies stand, collecting, and the reports as a gallery."""

from __future__ import annotations

from datetime import UTC, datetime

import ipywidgets as widgets
from traitlets import link

from neuroflow.ledger import State
from neuroflow.widgets.common import (
    TableView,
    button,
    every,
    field,
    form,
    html,
    job_status,
    problems,
    watch,
)
from neuroflow.widgets.results.gallery import gallery
from neuroflow.widgets.results.model import TONES, ResultsModel

SECONDS = 5.0
"""How often the age of the listing is told."""


def results_form(model: ResultsModel) -> widgets.VBox:
    """Draw the Results form."""
    look = button(model, "Refresh", "Look at the server for results", model.refresh, icon="refresh")
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
        look.disabled = collect.disabled = model.busy
        parts = [html.mark(TONES[State(state)], f"{n} {state}") for state, n in model.counts]
        counts.value = (
            f'<p role="status">{", ".join(parts)}</p>'
            if parts
            else "<p>Nothing was sent from this workspace yet.</p>"
        )

    watch(model, ["busy", "counts"], update)
    return form(
        widgets.HTML(
            "<h2>Results</h2><p>The service usually answers within two to three hours.</p>"
        ),
        problems(model),
        problems(model.watcher),
        widgets.HBox([look, collect, _auto(model)]),
        counts,
        _Age(model),
        job_status(model),
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
    link((model.watcher, "on"), (switch, "value"))
    return switch


class _Age(widgets.HTML):  # type: ignore[misc]
    """How old the listing is, told anew every few seconds."""

    def __init__(self, model: ResultsModel) -> None:
        super().__init__()
        self._model = model
        model.observe(lambda _: self.tell(), names=["looked_at"])
        model.watcher.observe(lambda _: self.tell(), names=["on", "look"])
        self.tell()
        every(SECONDS, self.tell)

    def tell(self) -> None:
        words = self._model.said(datetime.now(UTC))
        self.value = f'<p class="nf-dim">{html.text(words)}</p>' if self._model.counts else ""


def _table(model: ResultsModel) -> TableView:
    """Return the table of states; choosing a study opens its report."""
    tone = {state.value: TONES[state] for state in TONES}
    table = TableView(
        model,
        "Where every study stands: choose one to see its report",
        lambda state: tone.get(state, ""),
        select="single",
    )

    def choose(chosen: tuple[int, ...]) -> None:
        if chosen:
            model.study_id = model.ids[chosen[0]]

    watch(model, ["status"], lambda: table.show(model.status, model.ids))
    table.observe(lambda change: model.attempt(lambda: choose(change.new)), names="chosen")
    return table
