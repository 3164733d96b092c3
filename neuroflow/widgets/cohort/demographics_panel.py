"""Panel to fill in missing ages and sexes, one row per study."""

from __future__ import annotations

from typing import Any

from neuroflow.errors import OptionError
from neuroflow.studies import parse_age
from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.widgets.common import (
    WRAP_ROW,
    bind,
    button,
    disable_while_busy,
    private,
    set_visible,
)

Missing = tuple[str, str, bool, bool]
"""A study_id, its label, and whether the age and the sex are missing."""
ROWS_AT_ONCE = 10
"""How many studies are shown at a time; the next ones follow once these are saved."""


def demographics_panel(model: CohortModel) -> private.VBox:
    """Draw fields for the missing ages and sexes."""
    words, lines = private.HTML(), private.VBox()
    asked: dict[Missing, tuple[Any, Any]] = {}

    def save() -> None:
        facts = {
            study_id: (_age(age.value, age.description), sex.value or None)
            for (study_id, *_), (age, sex) in asked.items()
            if age.value.strip() or sex.value
        }
        if facts:
            model.fill_in(facts)

    keep = button(model, "Save ages and sexes", "Save them in this workspace and check again", save)
    box = private.VBox([words, lines, private.HBox([keep])])
    box.add_class("nf-panel")
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
            kept = {one: asked.get(one) or _line(*one[1:]) for one in now}
            asked.clear()
            asked.update(kept)
            lines.children = [private.HBox(list(pair), layout=WRAP_ROW) for pair in kept.values()]

    bind(model, ["cohort", "findings"], update)
    return box


def _line(label: str, needs_age: bool, needs_sex: bool) -> tuple[Any, Any]:
    wide, layout = {"description_width": "220px"}, {"width": "min(340px, 98%)"}
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
    return age, sex


def _age(typed: str, what: str) -> float | None:
    if not typed.strip():
        return None
    age = parse_age(typed.replace(",", "."))
    if age is None:
        raise OptionError(f"{what}: “{typed}” is not an age.", advice="Enter years from 0 to 130.")
    return age
