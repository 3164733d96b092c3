"""What is decided of the chosen studies: left out, or a rule set aside, always with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.widgets.common import WRAP, button, field, html, offer, show, still, watch


def decisions(model: CohortModel) -> widgets.VBox:
    """Offer what can be decided of the chosen studies, and only that."""
    words = widgets.HTML()
    reason = field(
        widgets.Text,
        "Reason",
        "Why; it is kept in this workspace beside the decision",
        placeholder="moved in the scanner; the vendor agreed; ...",
    )
    box = widgets.VBox([words, reason, *_leaving_out(model, reason), _rules(model, reason)])
    box.add_class("nf-panel")

    def update() -> None:
        count, some = len(model.chosen), ", ".join(model.chosen[:3])
        more = f" and {count - 3} more" if count > 3 else ""
        words.value = f'<p class="nf-head" role="status">Chosen: {html.text(some + more)}</p>'
        show(box, count > 0)

    watch(model, ["chosen"], update)
    return box


def _leaving_out(model: CohortModel, reason: Any) -> list[widgets.Widget]:
    needed = widgets.HTML()
    out = _deciding(model, reason, "Leave out", "Leave the chosen studies out", model.exclude)
    back = button(model, "Take in again", "Take the chosen studies in again", model.include)
    still(model, back)

    def update() -> None:
        show(out, len(model.chosen_out) < len(model.chosen))
        show(back, bool(model.chosen_out))

    def ask() -> None:
        needs = len(model.chosen_out) < len(model.chosen) or bool(model.rules_broken)
        is_missing = needs and not reason.value.strip()
        needed.value = html.bullets(["Give a reason first; it is kept."]) if is_missing else ""

    watch(model, ["chosen", "excluded"], update)
    watch(model, ["chosen", "excluded", "findings"], ask)
    reason.observe(lambda _: ask(), names="value")
    return [needed, widgets.HBox([out, back])]


def _rules(model: CohortModel, reason: Any) -> widgets.HBox:
    rule = field(widgets.Dropdown, "Rule", "Which rule is set aside", options=[])
    rule.layout.width = "340px"
    aside = _deciding(
        model,
        reason,
        "Set the rule aside",
        "Send the chosen studies though they break this rule",
        lambda why: model.set_aside(rule.value, why),
    )
    again = button(
        model,
        "Apply the rule again",
        "Hold the chosen studies against this rule again",
        lambda: model.set_aside(rule.value, ""),
    )
    still(model, again)
    row = widgets.HBox([rule, aside, again], layout=WRAP)

    def update() -> None:
        names = sorted({*model.rules_broken, *model.rules_aside})
        offer(rule, names, rule.value if rule.value in names else next(iter(names), None))
        show(row, bool(names))
        fit()

    def fit() -> None:
        show(aside, rule.value in model.rules_broken)
        show(again, rule.value in model.rules_aside)

    rule.observe(lambda _: fit(), names="value")
    watch(model, ["chosen", "findings"], update)
    return row


def _deciding(
    model: CohortModel, reason: Any, label: str, description: str, decide: Callable[[str], None]
) -> widgets.Button:
    """Return a button that can be pressed once a reason is given, and uses it up."""

    def act() -> None:
        decide(reason.value)
        reason.value = ""

    made = button(model, label, description, act)

    def update() -> None:
        made.disabled = model.busy or not reason.value.strip()

    reason.observe(lambda _: update(), names="value")
    watch(model, ["busy"], update)
    return made
