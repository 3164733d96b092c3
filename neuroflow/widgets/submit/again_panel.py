"""Sending selected studies again: the plan of them first, or once more under a new id."""

from __future__ import annotations

from neuroflow.widgets.common import (
    WRAP_ROW,
    bind,
    button,
    cure_on_change,
    field,
    html,
    in_row,
    private,
    problems_at,
    set_visible,
)
from neuroflow.widgets.submit.model import SubmitModel

_AGAIN = (
    "Failed or unconfirmed: the service may process a study again that is sent again, and count it."
)
_REPEAT = (
    "This study was sent. It can be sent once more under a new id, for instance if neuropacs asks "
    "for it; its earlier results are then set aside."
)


def again_panel(model: SubmitModel) -> private.VBox:
    """Draw what can be done with the selected studies."""
    words = private.HTML()
    box = private.VBox([words, _retry(model), _repetition(model)], classes="nf-panel")

    def update() -> None:
        nothing = "" if model.chosen_again or model.to_repeat else (
            "<p>Nothing to send again: choose studies that failed, or one that was sent.</p>"
        )  # fmt: skip
        words.value = html.selection(model.selected) + nothing
        set_visible(box, bool(model.selected))

    bind(model, ["selected", "rows"], update)
    return box


def _retry(model: SubmitModel) -> private.VBox:
    plan = button(
        model,
        "Plan to send again",
        "Show what would be sent again; nothing is sent",
        model.plan_again,
        icon="list",
    )
    send = button(
        model,
        "Send again",
        "Send the selected studies again; the service may process them again",
        model.send_again,
        icon="upload",
    )
    box = private.VBox(
        [private.HTML(f"<p>{_AGAIN}</p>"), private.HBox([plan, send], layout=WRAP_ROW)]
    )

    def update() -> None:
        count = len(model.chosen_again)
        set_visible(box, count > 0)
        send.description = f"Send again ({count})"
        plan.disabled = model.busy or bool(model.plan_blockers())
        send.disabled = plan.disabled or not model.is_planned_again

    bind(model, ["selected", "rows", "planned_again", "busy", "blockers"], update)
    return box


def _repetition(model: SubmitModel) -> private.VBox:
    reason = field(
        private.Text,
        "Reason",
        "Why it is sent once more; it appears in captions and methods texts",
        placeholder="e.g. asked for by neuropacs",
    )

    def act() -> None:
        model.repeat(reason.value)
        reason.value = ""

    prepare = button(
        model,
        "Prepare a repetition",
        "Add the study once more under a new id; the next Send sends it",
        act,
        icon="copy",
    )
    row = in_row(reason, prepare)
    box = private.VBox([private.HTML(f"<p>{_REPEAT}</p>"), row])
    cure_on_change(model, reason, "reason")
    problems_at(model, row, {"reason": reason})

    def update() -> None:
        set_visible(box, bool(model.to_repeat))
        prepare.disabled = (
            model.busy or model.other_job_running or not model.to_repeat or not reason.value.strip()
        )

    reason.observe(lambda _: update(), names="value")
    bind(model, ["selected", "rows", "busy", "other_job_running"], update)
    return box
