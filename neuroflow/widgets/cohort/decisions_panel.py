"""Decisions on the selected studies: exclude them or override a rule, with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from neuroflow.studies import rule_words
from neuroflow.widgets.cohort.model import CohortModel
from neuroflow.widgets.common import (
    SHORT,
    WRAP_ROW,
    bind,
    button,
    cure_on_change,
    disable_while_busy,
    field,
    html,
    private,
    problems_at,
    set_options,
    set_visible,
)

WITHDRAW = "Consent withdrawn"


def decisions_panel(model: CohortModel) -> private.VBox:
    """Draw the decisions that apply to the selected studies."""
    words = private.HTML()
    reason = field(
        private.Text,
        "Reason",
        "Why you decided this; saved with the decision",
        placeholder="e.g. head motion, or agreed with neuropacs",
    )
    decisions = [*_exclusion(model, reason), _rules(model, reason), _withdrawal(model)]
    box = private.VBox([words, reason, *decisions], classes="nf-panel")
    cure_on_change(model, reason, "reason")
    problems_at(model, box, {"reason": reason})

    def update() -> None:
        words.value = html.selection(model.selected)
        set_visible(box, bool(model.selected))

    bind(model, ["selected"], update)
    return box


def _exclusion(model: CohortModel, reason: Any) -> list[widgets.Widget]:
    needed = private.HTML()
    out = _deciding(model, reason, "Exclude", "Exclude the selected studies", model.exclude)
    back = button(model, "Include again", "Include the selected studies again", model.include)
    disable_while_busy(model, back)

    def update() -> None:
        set_visible(out, len(model.selected_excluded) < len(model.selected))
        set_visible(back, bool(model.selected_excluded))

    def check_reason() -> None:
        needs = len(model.selected_excluded) < len(model.selected) or bool(model.violated_rules)
        is_missing = needs and not reason.value.strip()
        words = "Enter a reason first; it is saved with the decision."
        needed.value = f'<p class="nf-dim">{words}</p>' if is_missing else ""

    bind(model, ["selected", "excluded"], update)
    bind(model, ["selected", "excluded", "findings"], check_reason)
    reason.observe(lambda _: check_reason(), names="value")
    return [needed, private.HBox([out, back])]


def _rules(model: CohortModel, reason: Any) -> private.HBox:
    rule = field(private.Dropdown, "Rule", "The rule to override", options=[], layout=SHORT)
    aside = _deciding(
        model,
        reason,
        "Override the rule",
        "Send the selected studies although they violate this rule",
        lambda why: model.override(rule.value, why),
    )
    for_all = _deciding(
        model,
        reason,
        "Override for all studies",
        "Send all studies of the cohort although they may violate this rule",
        lambda why: model.override_for_all(rule.value, why),
    )
    again = button(
        model,
        "Apply the rule again",
        "Check the selected studies against this rule again",
        lambda: model.override(rule.value, ""),
    )
    disable_while_busy(model, again)
    row = private.HBox([rule, aside, for_all, again], layout=WRAP_ROW)

    def update() -> None:
        names = sorted({*model.violated_rules, *model.overridden_rules})
        chosen = rule.value if rule.value in names else next(iter(names), None)
        set_options(rule, tuple((rule_words(name), name) for name in names), chosen)
        set_visible(row, bool(names))
        fit()

    def fit() -> None:
        set_visible(aside, rule.value in model.violated_rules)
        set_visible(for_all, rule.value in model.violated_rules)
        set_visible(again, rule.value in model.overridden_rules)

    rule.observe(lambda _: fit(), names="value")
    bind(model, ["selected", "findings"], update)
    return row


def _withdrawal(model: CohortModel) -> private.VBox:
    """Draw the removal of the selected studies, which has to be confirmed."""
    warning = private.HTML(
        "<p>Consent withdrawn: this removes packages, results, entries of the map and of "
        "participants.tsv for good, and the studies are never sent again.</p>"
    )

    def ask(is_asked: bool) -> None:
        set_visible(confirm, is_asked)
        set_visible(start, not is_asked)

    def remove() -> None:
        ask(False)
        model.forget()

    start = button(
        model,
        WITHDRAW,
        "Remove the selected studies from this workspace",
        lambda: ask(True),
        rank="quiet",
    )
    yes = button(model, "Remove for good", "Remove them", remove, rank="danger")
    no = button(model, "Keep them", "Change nothing", lambda: ask(False))
    disable_while_busy(model, start, yes)
    confirm = private.VBox([warning, private.HBox([yes, no])])
    ask(False)
    bind(model, ["selected"], lambda: ask(False))
    return private.VBox([start, confirm])


def _deciding(
    model: CohortModel, reason: Any, label: str, description: str, decide: Callable[[str], None]
) -> private.Button:
    """Return a button that is enabled once a reason is entered, and clears the reason."""

    def act() -> None:
        decide(reason.value)
        reason.value = ""

    made = button(model, label, description, act)

    def update() -> None:
        made.disabled = model.busy or not reason.value.strip()

    reason.observe(lambda _: update(), names="value")
    bind(model, ["busy"], update)
    return made
