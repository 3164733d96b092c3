"""Gallery of the reports: thumbnails, and one report in full with its text."""

from __future__ import annotations

import ipywidgets as widgets

from neuroflow.widgets.common import bind, button, html, private, problem_list, set_visible
from neuroflow.widgets.results.gallery_model import GalleryModel, Report

WARNING = (
    '<div class="nf-clinical" role="note">'
    '<span aria-hidden="true">!</span> Research use only. Not for clinical use.</div>'
)


def gallery(model: GalleryModel) -> widgets.VBox:
    """Draw the gallery."""
    head = private.HTML()
    back = button(model, "Back", "Previous page of reports", lambda: model.go_to(model.page - 1))
    forth = button(model, "Next", "Next page of reports", lambda: model.go_to(model.page + 1))
    grid = widgets.GridBox(
        layout={
            "grid_template_columns": "repeat(auto-fill, minmax(220px, 1fr))",
            "grid_gap": "10px",
        }
    )
    pages = widgets.VBox([grid, widgets.HBox([back, forth])])
    box = widgets.VBox(
        [head, private.HTML(WARNING), problem_list(model), _opened(model), pages],
    )

    def update() -> None:
        old = grid.children
        grid.children = [_card(model, report, small) for report, small in model.thumbnails]
        for card in old:
            card.close_all()

    def update_head() -> None:
        count = model.pages
        where = f"{len(model.reports)} reports, page {model.page + 1} of {count}"
        head.value = f'<p class="nf-head">{where}</p>'
        back.disabled, forth.disabled = model.page == 0, model.page >= count - 1
        set_visible(back, count > 1)
        set_visible(forth, count > 1)
        set_visible(box, bool(model.reports))
        set_visible(pages, not model.name)

    bind(model, ["thumbnails"], update)
    bind(model, ["reports", "page", "name"], update_head)
    return box


class _Card(widgets.VBox):  # type: ignore[misc]
    """A thumbnail and the button that opens its report."""

    def close_all(self) -> None:
        for child in self.children:
            child.close()
        self.close()


def _card(model: GalleryModel, report: Report, small: str) -> _Card:
    kind = "failure report" if report.is_failure else "report"
    words = html.badge("bad", f"Failed: {report.name}") if report.is_failure else ""
    image = (
        html.picture(small, alternative=f"Thumbnail of the {kind} of {report.name}")
        if small
        else '<p class="nf-dim">No picture.</p>'
    )
    opener = button(
        model, report.name, f"Open the {kind} of {report.name}", lambda: model.open(report)
    )
    opener.layout.width = "100%"
    return _Card([private.HTML(image + words), opener])


def _opened(model: GalleryModel) -> widgets.VBox:
    title = private.HTML()
    image = private.HTML(layout={"flex": "3 1 420px"})
    text = private.HTML(layout={"flex": "2 1 280px"})
    close = button(model, "All reports", "Close this report", model.close, icon="arrow-left")
    box = widgets.VBox(
        [
            widgets.HBox([close, title]),
            widgets.HBox([image, text], layout={"flex_flow": "row wrap", "width": "100%"}),
        ]
    )

    def update() -> None:
        set_visible(box, bool(model.name))
        title.value = f'<h2 class="nf-title" role="status">Report of {html.text(model.name)}</h2>'
        alternative = f"Report of {model.name}; the text is beside it"
        image.value = (
            html.picture(model.large, alternative=alternative)
            if model.large
            else '<p class="nf-dim">No picture.</p>'
        )
        whole = f'<pre class="nf-report" tabindex="0">{html.text(model.text)}</pre>'
        text.value = html.facts(model.facts, caption="Summary") + whole

    bind(model, ["name", "large", "text", "facts"], update)
    return box
