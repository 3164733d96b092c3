"""Gallery of the reports: thumbnails, and one report in full with its text."""

from __future__ import annotations

from traitlets import link

from neuroflow.results import DIFFERS
from neuroflow.widgets.common import (
    AS_WIDE,
    SHORT,
    bind,
    button,
    drawn_when,
    field,
    html,
    in_row,
    private,
    problem_list,
    set_options,
    set_visible,
)
from neuroflow.widgets.results.gallery_model import GalleryModel, Report
from neuroflow.widgets.results.report_facts import Verdict
from neuroflow.widgets.results.set_aside import part_name, set_aside_panel

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
    grid = private.Box(classes="nf-gallery")
    number = field(private.Dropdown, "Page", "Which page of reports is shown", layout=AS_WIDE)
    turn = in_row(back, number, forth)
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
        layout=SHORT,
    )
    link((model, "search"), (search, "value"))
    kind = field(private.Dropdown, "Reports", "Which reports are listed", layout=SHORT)

    def update() -> None:
        values = {value for _, value in model.kinds}
        set_options(kind, model.kinds, model.show if model.show in values else model.kinds[0][1])

    def chosen() -> None:
        if kind.value is not None:
            model.show = kind.value

    kind.observe(lambda _: model.run_safely(chosen), names="value")
    bind(model, ["reports", "verdicts", "aside", "compared"], update)
    return in_row(search, kind)


class _Card(private.VBox):
    """A thumbnail and the button that opens its report."""

    def close_all(self) -> None:
        for child in self.children:
            child.close()
        self.close()


def _card(model: GalleryModel, report: Report, small: str) -> _Card:
    kind = "failure report" if report.is_failure else "report"
    alternative = f"Thumbnail of the {kind} of {report.name}"
    image = html.picture(small, alternative=alternative, part="nf-top") if small else _why(report)
    opener = button(
        model,
        report.name,
        f"Open the {kind} of {report.name}",
        lambda: model.open(report),
        rank="quiet",
    )
    card = _Card(
        [private.HTML(image), opener, private.HTML(_below(model, report))], classes="nf-report"
    )
    return card


def _why(report: Report) -> str:
    """Return what stands in place of a picture."""
    words = "Its picture cannot be read." if report.picture else "It came without a picture."
    if not report.picture and not report.text:
        words = "It came without a report."
    return f'<div class="nf-top">{words}</div>'


def _below(model: GalleryModel, report: Report) -> str:
    """Return what stands below the name of a report: its prediction, and its marks."""
    verdict = model.verdicts.get(report.study_id, Verdict())
    marks = [("bad", "failed")] if report.is_failure else []
    marks += [("warn", "Quality control")] if verdict.has_warning else []
    check = model.checks.get(report.study_id, "")
    marks += [_CHECKS[check]] if check in _CHECKS else []
    decided = model.aside.get(report.study_id, ())
    marks += [("warn", "set aside")] if decided else []
    what = ", ".join(f"{part_name(region)} ({why})" for region, why in decided)
    shown = verdict.prediction or ("none" if report.is_failure else "not stated")
    lines = [f"Prediction {html.text(shown)}", html.chips(marks), html.text(what)]
    return "".join(f"<p>{line}</p>" for line in lines if line)


def _opened(model: GalleryModel) -> private.VBox:
    title = private.HTML()
    image, text = private.HTML(), private.HTML()
    close = button(model, "All reports", "Close this report", model.close, icon="arrow-left")
    beside = private.HBox([image, text], classes="nf-beside")
    box = private.VBox([private.HBox([close, title]), set_aside_panel(model), beside])

    def update() -> None:
        set_visible(box, bool(model.name))
        title.value = f'<h2 class="nf-title" role="status">Report of {html.text(model.name)}</h2>'
        alternative = f"Report of {model.name}; the text is beside it"
        image.value = (
            html.picture(model.large, alternative=alternative)
            if model.large
            else '<p class="nf-dim">No picture.</p>'
        )
        whole = f'<pre class="nf-text" tabindex="0">{html.text(model.text)}</pre>'
        text.value = html.facts(model.facts, caption="Summary") + whole

    bind(model, ["name", "large", "text", "facts"], update)
    return box
