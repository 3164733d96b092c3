"""The Results form: where studies stand, collecting, and the reports as a gallery."""

from __future__ import annotations

import ipywidgets as widgets

from neuroflow.states import State
from neuroflow.widgets import html
from neuroflow.widgets.gallery import gallery
from neuroflow.widgets.parts import button, form, problems, progress, watch
from neuroflow.widgets.results_model import TONES, ResultsModel
from neuroflow.widgets.tableview import TableView


def results_form(model: ResultsModel) -> widgets.VBox:
    """Draw the Results form.

    Parameters
    ----------
    model
        What it shows and does.

    Returns
    -------
    ipywidgets.VBox
        The form.
    """
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
    table = TableView(model, "Where every study stands", lambda state: TONES[State(state)])

    def update() -> None:
        look.disabled = collect.disabled = model.busy
        parts = [html.mark(TONES[State(state)], f"{n} {state}") for state, n in model.counts]
        looked = f"server looked at {model.looked}" if model.looked else "from the ledger"
        counts.value = (
            f'<p>{", ".join(parts)} <span class="nf-dim">({html.text(looked)})</span></p>'
            if parts
            else "<p>Nothing was sent from this workspace yet.</p>"
        )

    watch(model, ["busy", "counts", "looked"], update)
    watch(model, ["status"], lambda: table.show(model.status))
    return form(
        widgets.HTML(
            "<h2>Results</h2><p>The service usually answers within two to three hours.</p>"
        ),
        problems(model),
        widgets.HBox([look, collect]),
        counts,
        progress(model),
        table,
        gallery(model.gallery),
    )
