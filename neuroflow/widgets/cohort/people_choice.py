"""Which sheet and columns of a file of participants are read: asked only where a file needs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from traitlets import Dict, HasTraits, Instance, Unicode

from neuroflow.io import KNOWN, PeopleFile, look_at_people, read_participants
from neuroflow.widgets.common import (
    SHORT,
    WRAP_ROW,
    cure_on_change,
    disable_while_busy,
    field,
    private,
    problems_at,
    set_options,
    set_visible,
)

if TYPE_CHECKING:
    import pandas as pd

    from neuroflow.widgets.cohort.model import CohortModel

NOBODY = "Choose the column with the participants."
NO_SHEET = "Choose the sheet with the participants."
LABELS = {
    "participant_id": "Participant",
    "session_id": "Visit",
    "group": "Group",
    "site": "Site",
    "age": "Age in years",
    "sex": "Sex",
}
"""What the form calls the columns that are read."""


class PeopleChoice(HasTraits):
    """The file of participants that was named, and what is read of it."""

    file = Instance(PeopleFile, args=())
    sheet = Unicode("")
    columns = Dict()  # from what is read to the heading of its column

    def look(self, typed: str) -> None:
        """Look at another file; nothing is asked about one that is not there."""
        self._path = Path(os.path.expanduser(typed.strip()))  # noqa: PTH111  pathlib raises for ~nobody
        self._show(look_at_people(self._path) if self._path.is_file() else PeopleFile())

    def choose_sheet(self, name: str) -> None:
        """Look at another sheet of the file."""
        if name != self.sheet:
            self._show(look_at_people(self._path, name), name)

    def choose_column(self, name: str, heading: str) -> None:
        """Choose the column that is read; none if the heading is empty."""
        others = {each: heading for each, heading in self.columns.items() if each != name}
        self.columns = others | ({name: heading} if heading else {})

    @property
    def wrong(self) -> str:
        """Why the file is not a table; empty where another sheet of it may be one."""
        problem = None if self.file.sheets[1:] else self.file.problem
        return problem.worded_for("form").message if problem is not None else ""

    @property
    def blocker(self) -> str:
        """What has to be chosen before the file can be read; often nothing."""
        is_open = self.file.needs_choice and "participant_id" not in self.columns
        nobody = NO_SHEET if self.file.problem else NOBODY
        return nobody if is_open else ""

    def read(self, path: str | None) -> str | pd.DataFrame | None:
        """Return the participants for a cohort: the file as it is, or what was chosen of it."""
        if path is None or not self.file.needs_choice:
            return path
        return read_participants(path, columns=self.columns, sheet=self.sheet or None)

    def _show(self, file: PeopleFile, sheet: str = "") -> None:
        with self.hold_trait_notifications():
            self.file = file
            self.sheet = sheet or next(iter(file.sheets), "")
            self.columns = dict(file.columns)


def people_panel(model: CohortModel) -> private.VBox:
    """Draw the choice of sheet and columns; its controls are made when a file needs them."""
    box = private.VBox(classes="nf-panel")
    people = model.people

    def update() -> None:
        if people.file.needs_choice and not box.children:
            box.children = _controls(model)
            problems_at(model, box, {"sheet": box.children[1], "columns": box.children[2]})
        set_visible(box, people.file.needs_choice)

    people.observe(lambda _: model.run_safely(update), names=["file"])
    update()
    return box


def _controls(model: CohortModel) -> list[widgets.Widget]:
    words = private.HTML(
        '<p class="nf-head">Which columns of this file are read</p>'
        "<p>All others are kept and joined to the results. The file is not changed.</p>"
    )
    columns = private.Box([_column(model, name) for name in KNOWN], layout=WRAP_ROW)
    return [words, _sheet(model), columns]


def _sheet(model: CohortModel) -> Any:
    people = model.people
    menu = field(private.Dropdown, "Sheet", "The sheet of the Excel file", layout=SHORT)

    def update() -> None:
        set_options(menu, people.file.sheets, people.sheet or None)
        set_visible(menu, len(people.file.sheets) > 1)

    def chosen() -> None:
        if menu.value:
            model.cure("columns")
            people.choose_sheet(menu.value)

    people.observe(lambda _: update(), names=["file", "sheet"])
    update()
    menu.observe(lambda _: model.run_safely(chosen), names="value")
    cure_on_change(model, menu, "sheet")
    disable_while_busy(model, menu)
    return menu


def _column(model: CohortModel, name: str) -> Any:
    people = model.people
    menu = field(
        private.Dropdown,
        LABELS[name],
        f"The column of the file that is read as {name}",
        layout=SHORT,
    )
    is_filling = False

    def update() -> None:
        nonlocal is_filling
        is_filling = True
        try:
            options = [("(none)", ""), *((each, each) for each in people.file.headings)]
            set_options(menu, options, people.columns.get(name, ""))
        finally:
            is_filling = False

    def chosen() -> None:
        if not is_filling and menu.value is not None:
            people.choose_column(name, menu.value)

    people.observe(lambda _: update(), names=["file", "columns"])
    update()
    menu.observe(lambda _: model.run_safely(chosen), names="value")
    cure_on_change(model, menu, "columns")
    disable_while_busy(model, menu)
    return menu
