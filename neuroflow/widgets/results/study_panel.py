"""The chosen study beside its report: a note for the team, and what was done with it."""

from __future__ import annotations

import pandas as pd

from neuroflow.errors import OptionError
from neuroflow.widgets.common import (
    bind,
    button,
    cure_on_change,
    field,
    folded,
    html,
    in_row,
    on_enter,
    private,
    problems_at,
    set_visible,
)
from neuroflow.widgets.results.model import ResultsModel, local_times

KEPT = "Notes stay in this workspace: they are not sent, and no export or report has them."
_SHOWN = ("started", "done", "failed")
"""Which lines of the log are shown: those of progress are not."""
_LAST = 40


def study_panel(model: ResultsModel) -> private.VBox:
    """Draw note and history of the chosen study."""
    head = private.HTML()
    box = private.VBox([head, _note(model), _study_history(model)], classes="nf-panel")

    def update() -> None:
        name = model.labels.get(model.chosen, "")
        head.value = f'<p class="nf-head">Study {html.text(name)}</p>'
        set_visible(box, bool(name))

    bind(model, ["chosen", "labels"], update)
    return box


def _note(model: ResultsModel) -> private.VBox:
    text = field(
        private.Text,
        "Note",
        f"A short note about this study for the team. {KEPT}",
        placeholder="e.g. asked the site for the first scan",
    )
    known = ""  # the note that the field began with

    def keep() -> None:
        nonlocal known
        try:
            model.write_note(text.value, known)
        except OptionError:
            known = model.notes.get(model.chosen, ("", ""))[0]  # it was shown now
            raise
        follow(is_other=True)

    about = private.HTML()
    save = button(model, "Save note", "Save the note; an empty one is removed", keep, icon="save")

    def follow(*, is_other: bool) -> None:
        nonlocal known
        kept, line = model.notes.get(model.chosen, ("", ""))
        if is_other or text.value == known:  # else somebody types here, and is not interrupted
            text.value = known = kept
        about.value = f'<p class="nf-dim" role="status">{html.text(line or KEPT)}</p>'
        fit()

    def fit() -> None:
        save.disabled = text.value == known

    on_enter(text, save)
    cure_on_change(model, text, "note")
    text.observe(lambda _: fit(), names="value")
    bind(model, ["chosen"], lambda: follow(is_other=True))
    bind(model, ["notes"], lambda: follow(is_other=False))
    row = in_row(text, save)
    problems_at(model, row, {"note": text})
    return private.VBox([row, about])


def _study_history(model: ResultsModel) -> private.VBox:
    shown = private.HTML()
    words = "Show or hide what was done with this study, and when"
    box = folded("What was done", words, private.VBox([shown]))
    switch = box.children[0]

    def update() -> None:
        is_open = switch.value and model.chosen
        events = model.ws.history(model.chosen, last=_LAST) if is_open else pd.DataFrame()
        shown.value = _lines(events, str(model.ws.log), switch.description) if is_open else ""

    switch.observe(lambda _: model.run_safely(update), names="value")
    bind(model, ["chosen", "status"], update)
    return box


def project_history(model: ResultsModel) -> private.HTML:
    """Draw what was done in the workspace."""
    shown = private.HTML()

    def update() -> None:
        events = model.ws.history(jobs_only=True, last=_LAST)
        shown.value = _lines(events, str(model.ws.log), "What was done in this project")

    bind(model, ["status", "busy"], update)
    return shown


def _lines(events: pd.DataFrame, log: str, caption: str) -> str:
    """Return lines of the log as a table, the latest first, and where the log is."""
    where = f'<p class="nf-dim">The whole log is {html.text(log)}</p>'
    kept = events[events["status"].isin(_SHOWN)] if len(events) else events
    if kept.empty:
        return f"<p>Nothing is in the log yet.</p>{where}"
    rows = pd.DataFrame(
        {
            "time": local_times(kept["at"], "%Y-%m-%d %H:%M:%S"),
            "what": kept["stage"].astype(str).str.capitalize() + ": " + kept["status"].astype(str),
            "message": kept.get("message", ""),
        }
    )
    return html.table(rows.iloc[::-1], caption=caption) + where
