"""The further questions: a menu of questions, and the answer below it."""

from __future__ import annotations

from typing import Any

import pandas as pd
from traitlets import link

from neuroflow.widgets.browser import CopyButton
from neuroflow.widgets.common import (
    SHORT,
    WRAP_ROW,
    DataTable,
    bind,
    button,
    field,
    folded,
    html,
    in_row,
    private,
    problem_list,
    problems_at,
    set_visible,
)
from neuroflow.widgets.explore.fields import reset_row
from neuroflow.widgets.explore.further.analyses import ANALYSES, rows_of
from neuroflow.widgets.explore.further.model import FurtherModel
from neuroflow.widgets.explore.take_away_panel import saved_files

_QUESTION = "Question"
_WIDE = {"layout": SHORT}


def further_panel(model: FurtherModel) -> private.VBox:
    """Draw the further questions, folded; their controls are made when they are opened first."""
    return folded(
        "Further questions",
        "Show or hide questions on people, accuracy, change, trials, cohorts and sites",
        private.VBox(),
        lambda: _questions(model),
    )


def _questions(model: FurtherModel) -> list[Any]:
    intro = private.HTML(
        '<p class="nf-dim">About the cohort, groups, regions, visit and covariates that are chosen '
        "in the question, with its correction and its choice about suspect values.</p>"
    )
    ask = button(model, "Answer", "Answer the chosen question", model.ask, icon="question")
    slowing, days = _numbers(model)
    numbers = private.VBox([slowing, days])  # of which one is seen, its problem below it
    problems_at(model, numbers, {"slowing": slowing, "days": days})
    bind(model, ["analysis"], lambda: set_visible(numbers, bool(model.chosen.number)))
    row = in_row(_menu(model), numbers, ask)
    labels = {"analysis": _QUESTION, "slowing": slowing.description, "days": days.description}
    opening = {name: FurtherModel.class_traits()[name].default() for name in labels}
    reset = reset_row(model, "Reset further question", labels, lambda: opening)
    return [intro, row, *reset, _not_offered(model), problem_list(model), _answer(model)]


def _menu(model: FurtherModel) -> Any:
    box = field(
        private.Dropdown,
        _QUESTION,
        "What to ask about the chosen studies",
        options=[(each.question, name) for name, each in ANALYSES.items()],
    )
    link((model, "analysis"), (box, "value"))
    return box


def _numbers(model: FurtherModel) -> list[Any]:
    slowing = field(
        private.IntText,
        "The treatment slows it by (%)",
        "Percent of the change per year that the treatment prevents",
        **_WIDE,
    )
    days = field(
        private.IntText,
        "Repeated within (days)",
        "Scans of a person at most so many days apart count as repeated",
        **_WIDE,
    )
    link((model, "slowing"), (slowing, "value"))
    link((model, "days"), (days, "value"))

    def update() -> None:
        set_visible(slowing, model.chosen.number == "slowing")
        set_visible(days, model.chosen.number == "days")

    bind(model, ["analysis"], update)
    return [slowing, days]


def _not_offered(model: FurtherModel) -> Any:
    line = private.HTML()

    def update() -> None:
        parts = [f"{ANALYSES[name].question} ({why})" for name, why in model.missing.items()]
        text = f"These results cannot answer: {'; '.join(parts)}" if parts else ""
        line.value = f'<p class="nf-dim">{html.text(text)}</p>' if text else ""

    bind(model.explore, ["choices"], update)
    return line


def _answer(model: FurtherModel) -> private.VBox:
    sentence = private.HTML()
    table = DataTable(model, "Answer")
    methods = private.HTML()
    copy_methods = CopyButton(label="Copy methods", tooltip="Copy the methods text")
    code = private.HTML()
    copy_code = CopyButton(label="Copy code", tooltip="Copy the Python code to the clipboard")
    save = button(
        model, "Export answer", "Save the table in the folder exports", model.export_answer
    )
    save_methods = button(
        model, "Export methods", "Save the methods text in the exports", model.export_methods
    )
    row = private.HBox([save, save_methods, copy_methods, copy_code], layout=WRAP_ROW)
    whole = private.VBox([sentence, table, row, saved_files(model), methods, code])

    def update() -> None:
        set_visible(whole, model.answer is not None)
        sentence.value = "" if model.answer is None else _sentence(model)
        shown = pd.DataFrame() if model.answer is None else rows_of(model.chosen, model.answer)
        table.show(shown)
        copy_methods.text, copy_code.text = model.methods, model.code
        set_visible(copy_methods, bool(model.methods))
        set_visible(save_methods, bool(model.methods))
        methods.value = f'<p class="nf-methods" tabindex="0">{html.text(model.methods)}</p>'
        code.value = f'<pre class="nf-code" tabindex="0">{html.text(model.code)}</pre>'

    bind(model, ["answer", "sentence", "remarks", "methods", "code"], update)
    return whole


def _sentence(model: FurtherModel) -> str:
    """Return the answer in a sentence, and what the analysis warned of."""
    notes = "".join(f"<li>{html.text(note)}</li>" for note in model.remarks)
    return (
        f'<div role="status" class="nf-panel"><p>{html.text(model.sentence)}</p>'
        f'<ul class="nf-steps">{notes}</ul></div>'
    )
