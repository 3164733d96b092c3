"""The answer of the Explore form: effects, methods, exports and code."""

from __future__ import annotations

import ipywidgets as widgets
from traitlets import link

from neuroflow.widgets.common import bind, button, field, html, private
from neuroflow.widgets.explore.fields import NARROW
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.question import form_entries
from neuroflow.widgets.explore.table import effects_table


def answer_panel(model: ExploreModel) -> widgets.VBox:
    """Draw the effects, the methods text, the exports and the code."""
    main = field(
        private.Dropdown,
        "Figure",
        "The figure to export and to draw with the code",
        options=[(entry.label, view) for view, entry in form_entries().items()],
        layout={"width": "260px"},
        **NARROW,
    )
    link((model, "main"), (main, "value"))
    exports = [
        button(
            model,
            "Export figure",
            "Save as PNG, SVG and PDF with the code, in the workspace's folder exports",
            model.export_figure,
            icon="download",
        ),
        button(
            model,
            "Export table",
            "Save the effects as CSV in the folder exports",
            model.export_table,
        ),
        button(
            model,
            "Export methods",
            "Save the methods text in the folder exports",
            model.export_methods,
        ),
    ]
    methods, code, status = private.HTML(), private.HTML(), private.HTML()

    def update_status() -> None:
        line = html.badge("good", model.notice) if model.notice else ""
        status.value = f'<div role="status">{line}</div>'

    def update() -> None:
        methods.value = (
            '<p class="nf-head">Methods</p>'
            f'<p class="nf-methods" tabindex="0">{html.text(model.methods)}</p>'
        )
        code.value = (
            '<p class="nf-head">Python code that reproduces these numbers and this figure</p>'
            f'<pre class="nf-code" tabindex="0">{html.text(model.code)}</pre>'
        )

    bind(model, ["methods", "code"], update)
    bind(model, ["notice"], update_status)
    bar = widgets.HBox([main, *exports], layout={"flex_flow": "row wrap"})
    return widgets.VBox([effects_table(model), methods, bar, status, code])
