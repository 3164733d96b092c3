"""Panel to fill in missing ages and sexes, one row per study."""

from __future__ import annotations

from typing import Any

from neuroflow.errors import OptionError
from neuroflow.studies import parse_age
from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.widgets.common import (
    LABEL_WIDE,
    SHORT,
    WRAP_ROW,
    bind,
    button,
    cure_on_change,
    disable_while_busy,
    private,
    problems_at,
    set_visible,
)

Missing = tuple[str, str, bool, bool]
"""A study_id, its label, and whether the age and the sex are missing."""
ROWS_AT_ONCE = 10
"""How many studies are shown at a time; the next ones follow once these are saved."""


def demographics_panel(model: CohortModel) -> private.VBox:
    """Draw fields for the missing ages and sexes."""
    words, lines = private.HTML(), private.VBox()
    asked: dict[Missing, tuple[Any, Any, private.HBox]] = {}

    def save() -> None:
        facts, wrong = {}, False
        for (study_id, *_), (age, sex, _row) in asked.items():
            try:
                if age.value.strip() or sex.value:
                    facts[study_id] = _age(age.value, age.description), sex.value or None
            except OptionError as error:
                model.report_error(error, at=f"age {study_id}")
                wrong = True
        if facts and not wrong:
            model.fill_in(facts)

    keep = button(model, "Save ages and sexes", "Save them in this workspace and check again", save)
    box = private.VBox([words, lines, private.HBox([keep])], classes="nf-panel")
    disable_while_busy(model, keep)

    def update() -> None:
        missing = model.missing_demographics
        set_visible(box, bool(missing))
        more = f" The first {ROWS_AT_ONCE} are shown." if len(missing) > ROWS_AT_ONCE else ""
        words.value = (
            f'<p class="nf-head">Age or sex is missing for {len(missing)} '
            f"{'study' if len(missing) == 1 else 'studies'}.{more}</p>"
            "<p>Your entries are saved in this workspace; participants.tsv is not changed.</p>"
        )
        now = missing[:ROWS_AT_ONCE]
        if now != list(asked):
            # Rows that remain keep what was typed into them.
            kept = {one: asked.get(one) or _line(model, *one) for one in now}
            asked.clear()
            asked.update(kept)
            lines.children = [row for _age_field, _sex_field, row in kept.values()]

    bind(model, ["cohort", "findings"], update)
    return box


def _line(
    model: CohortModel, study_id: str, label: str, needs_age: bool, needs_sex: bool
) -> tuple[Any, Any, private.HBox]:
    """Return the fields of a study and their row, in which stands what is wrong in them."""
    wide, layout = {"description_width": LABEL_WIDE}, SHORT
    age = private.Text(
        description=f"Age of {label}",
        tooltip=f"Age of {label} at the scan, in years",
        placeholder="years",
        style=wide,
        layout=layout,
    )
    sex = private.Dropdown(
        description=f"Sex of {label}",
        tooltip=f"Sex of {label}, required by the service",
        options=[("choose", ""), ("female", "F"), ("male", "M")],
        style=wide,
        layout=layout,
    )
    set_visible(age, needs_age)
    set_visible(sex, needs_sex)
    row = private.HBox([age, sex], layout=WRAP_ROW)
    places = {f"age {study_id}": age, f"sex {study_id}": sex}
    for name, control in places.items():
        cure_on_change(model, control, name)
    problems_at(model, row, places)
    return age, sex, row


def _age(typed: str, what: str) -> float | None:
    if not typed.strip():
        return None
    age = parse_age(typed.replace(",", "."))
    if age is None:
        raise OptionError(f"{what}: “{typed}” is not an age.", advice="Enter years from 0 to 130.")
    return age
