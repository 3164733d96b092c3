"""Gallery of the reports: thumbnails, and one report in full with its text."""

from __future__ import annotations

from traitlets import link

from neuroflow.results import DIFFERS
from neuroflow.widgets.common import (
    WRAP_ROW,
    bind,
    button,
    drawn_when,
    field,
    html,
    private,
    problem_list,
    set_options,
    set_visible,
)
from neuroflow.widgets.results.gallery_model import GalleryModel, Report
from neuroflow.widgets.results.report_facts import Verdict
from neuroflow.widgets.results.set_aside import WHOLE, set_aside_panel

_CHECKS = {
    "agrees": ("good", "agrees with aidp.csv"),
    DIFFERS: ("bad", "differs from aidp.csv"),
}
"""How a card shows whether the report agrees with the values."""
WARNING = (
    '<div class="nf-clinical" role="note">'
    '<span aria-hidden="true">!</span> Research use only. Not for clinical use.</div>'
)


def gallery(model: GalleryModel) -> private.VBox:
    """Draw the gallery."""
    head = private.HTML()
    back = button(model, "Back", "Previous page of reports", lambda: model.go_to(model.page - 1))
    forth = button(model, "Next", "Next page of reports", lambda: model.go_to(model.page + 1))
    grid = private.GridBox(
        layout={
            "grid_template_columns": "repeat(auto-fill, minmax(min(100%, 390px), 1fr))",
            "grid_gap": "10px",
        }
    )
    grid.add_class("nf-gallery")
    number = field(
        private.Dropdown, "Page", "Which page of reports is shown", layout={"width": "260px"}
    )
    turn = private.HBox([back, number, forth])
    pages = private.VBox([_choices(model), grid, turn])
    opened = drawn_when(model, ["name"], lambda: bool(model.name), lambda: [_opened(model)])
    box = private.VBox(
        [head, private.HTML(WARNING), problem_list(model), opened, pages],
    )

    def update() -> None:
        old = grid.children
        grid.children = [_card(model, report, small) for report, small in model.thumbnails]
        for card in old:
            card.close_all()

    def update_head() -> None:
        count = model.pages
        found = len(model.found)
        of_all = "" if found == len(model.reports) else f" of {len(model.reports)}"
        where = f"{found}{of_all} reports, page {model.page + 1} of {count}"
        set_options(number, [(f"{n + 1} of {count}", n) for n in range(count)], model.page)
        if model.busy and model.show == DIFFERS and model.compared is None:
            where = f"{model.activity} …"
        head.value = f'<p class="nf-head" role="status">{where}</p>'
        back.disabled, forth.disabled = model.page == 0, model.page >= count - 1
        set_visible(turn, count > 1)
        set_visible(box, bool(model.reports))
        set_visible(pages, not model.name)

    def chosen() -> None:
        if number.value is not None and number.value != model.page:
            model.go_to(number.value)

    number.observe(lambda _: model.run_safely(chosen), names="value")
    bind(model, ["thumbnails", "aside"], update)
    names = ["reports", "page", "name", "search", "show", "verdicts", "aside", "compared", "busy"]
    bind(model, names, update_head)
    return box


def _choices(model: GalleryModel) -> private.HBox:
    """Draw the search and the menu of what is listed."""
    search = field(
        private.Text,
        "Search reports",
        "Parts of the names of studies",
        placeholder="words to find",
        layout={"width": "360px"},
    )
    link((model, "search"), (search, "value"))
    kind = field(private.Dropdown, "Reports", "Which reports are listed", layout={"width": "360px"})

    def update() -> None:
        values = {value for _, value in model.kinds}
        set_options(kind, model.kinds, model.show if model.show in values else model.kinds[0][1])

    def chosen() -> None:
        if kind.value is not None:
            model.show = kind.value

    kind.observe(lambda _: model.run_safely(chosen), names="value")
    bind(model, ["reports", "verdicts", "aside", "compared"], update)
    return private.HBox([search, kind], layout=WRAP_ROW)


class _Card(private.VBox):
    """A thumbnail and the button that opens its report."""

    def close_all(self) -> None:
        for child in self.children:
            child.close()
        self.close()


def _card(model: GalleryModel, report: Report, small: str) -> _Card:
    kind = "failure report" if report.is_failure else "report"
    verdict = model.verdicts.get(report.study_id, Verdict())
    words = [html.badge("bad", f"Failed: {report.name}")] if report.is_failure else []
    words += [f"Prediction {html.text(verdict.prediction)}"] if verdict.prediction else []
    words += [html.badge("warn", "Quality control")] if verdict.has_warning else []
    check = model.checks.get(report.study_id, "")
    if check in _CHECKS:
        words.append(html.badge(*_CHECKS[check]))
    if decided := model.aside.get(report.study_id, ()):
        what = ", ".join(f"{region or WHOLE} ({why})" for region, why in decided)
        words.append(html.badge("warn", f"Set aside: {what}"))
    below = "".join(f"<p>{part}</p>" for part in words)
    image = (
        html.picture(small, alternative=f"Thumbnail of the {kind} of {report.name}")
        if small
        else '<p class="nf-dim">No picture.</p>'
    )
    opener = button(
        model,
        report.name,
        f"Open the {kind} of {report.name}",
        lambda: model.open(report),
        layout={"width": "100%"},
    )
    return _Card([private.HTML(image + below), opener])


def _opened(model: GalleryModel) -> private.VBox:
    title = private.HTML()
    image = private.HTML(layout={"flex": "3 1 420px"})
    text = private.HTML(layout={"flex": "2 1 280px"})
    close = button(model, "All reports", "Close this report", model.close, icon="arrow-left")
    box = private.VBox(
        [
            private.HBox([close, title]),
            set_aside_panel(model),
            private.HBox([image, text], layout={"flex_flow": "row wrap", "width": "100%"}),
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
