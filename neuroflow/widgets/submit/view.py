"""The Submit form: plan, progress of sending, and what has to be done first."""

from __future__ import annotations

from collections import Counter

import ipywidgets as widgets
from traitlets import link

from neuroflow.ledger import State
from neuroflow.widgets.browser import notify_box
from neuroflow.widgets.common import (
    AS_WIDE,
    DataTable,
    bind,
    button,
    disable_while_busy,
    drawn_when,
    field,
    form,
    html,
    in_row,
    private,
    problem_list,
    problems_at,
    set_options,
    set_rank,
    set_visible,
    side_by_side,
    task_status,
)
from neuroflow.widgets.results import TONES
from neuroflow.widgets.submit.again_panel import again_panel
from neuroflow.widgets.submit.model import NOT_PACKAGED, SubmitModel
from neuroflow.widgets.submit.plan_table import EXCLUDED, SKIPPED, is_all_sent

ACTIONS = {"send": "wait", "check": "wait", SKIPPED: "good", "blocked": "bad", "refused": "bad"}
"""Tone of each action of a plan."""


def submit_form(model: SubmitModel) -> private.VBox:
    """Draw the Submit form."""
    again = drawn_when(
        model, ["selected"], lambda: bool(model.selected), lambda: [again_panel(model)]
    )
    return form(
        private.HTML(
            "<h2>Submit</h2><p>Every study is de-identified, zipped and sent once. Names and dates "
            "of birth stay on this computer.</p>"
        ),
        problem_list(model),
        side_by_side(
            [_cohort(model), *_actions(model), task_status(model)],
            [_plan(model), _rows(model)],
            [again],
        ),
        is_wide=True,
    )


def _cohort(model: SubmitModel) -> private.VBox:
    choice = field(
        private.Dropdown, "Cohort", "The cohort to send; cohorts are made in the Cohort form"
    )
    words = private.HTML()

    def update() -> None:
        cohorts = model.cohorts
        here = cohorts.cohort.cohort_id if cohorts.cohort is not None else ""
        options = list(cohorts.cohort_ids) if here else ["", *cohorts.cohort_ids]
        set_options(choice, options, here)
        counts = Counter(model.rows["state"])
        shown = html.chips((_tone_of_state(state), f"{n} {state}") for state, n in counts.items())
        words.value = f"<p>{shown}</p>" if here else ""

    def selected() -> None:
        name = choice.value
        if name and (model.cohort is None or model.cohort.cohort_id != name):
            model.cohorts.open_cohort(name)

    choice.observe(lambda _: model.run_safely(selected), names="value")
    disable_while_busy(model, choice)
    bind(model, ["labels", "rows"], update)
    return private.VBox([choice, words])


def _actions(model: SubmitModel) -> list[widgets.Widget]:
    plan = button(
        model,
        "Make the plan",
        "De-identify and zip new studies and show what would be sent; nothing is sent",
        model.make_plan,
        icon="list",
    )
    send = button(
        model,
        "Send",
        "Send every study that has not been sent yet; each is sent once",
        model.submit,
        icon="upload",
    )
    retry = button(
        model,
        "Retry failed studies",
        "Choose the studies that failed or whose outcome is unknown, and show what would be sent "
        "again",
        model.choose_failed,
        icon="refresh",
    )
    only_good = _checkbox(
        model,
        "only_good",
        "Send only studies without errors",
        "Do not send studies with errors",
    )
    pilot_first = _checkbox(
        model,
        "pilot_first",
        "Send one study first",
        "Send one study, wait for its results and check them before the others are sent",
    )
    blockers = private.HTML()

    def update() -> None:
        plan.disabled = model.busy or bool(model.plan_blockers())
        send.disabled = model.busy or bool(model.blockers)
        is_ready = model.plan is not None and not model.planned_again
        set_rank(plan, "plain" if is_ready else "primary")
        set_rank(send, "primary" if is_ready else "plain")
        retry.disabled = plan.disabled
        set_visible(retry, bool(model.to_retry))
        retry.description = f"Retry failed studies ({len(model.to_retry)})"
        set_visible(only_good, bool(model.cohorts.blocked))
        is_over = model.busy or is_all_sent(model.rows)
        blockers.value = "" if is_over else html.bullets(model.blockers, heading="Before sending:")

    names = ["busy", "blockers", "rows", "to_retry", "other_job_running", "plan", "planned_again"]
    bind(model, names, update)
    confirmed = _first_submission(model)
    bell = notify_box("when sending has ended")
    row = in_row(plan, send, retry, only_good, pilot_first, confirmed, bell)
    problems_at(model, row, {"not_sent_before": confirmed})
    return [row, blockers]


def _checkbox(model: SubmitModel, name: str, description: str, tooltip: str) -> private.Checkbox:
    """Draw the checkbox of a choice of the model, off while a job runs."""
    box = private.Checkbox(description=description, tooltip=tooltip, indent=False, layout=AS_WIDE)
    link((model, name), (box, "value"))
    disable_while_busy(model, box)
    return box


def _first_submission(model: SubmitModel) -> private.Checkbox:
    """Draw the answer to the question of a first submission, once it was asked."""
    box = _checkbox(
        model,
        "not_sent_before",
        "These studies were never sent before",
        "Confirm it where the workspace cannot know what was sent",
    )
    bind(model, ["asks_first"], lambda: set_visible(box, model.asks_first))
    return box


def _plan(model: SubmitModel) -> private.VBox:
    words = private.HTML()
    back = button(
        model,
        "All studies",
        "Close the plan and show the state of every study, to select some",
        model.leave_plan,
        icon="arrow-left",
    )
    table = DataTable(model, "Plan for each study", _tone_of_action, by="action")
    box = private.VBox([words, back, table])

    def update() -> None:
        words.value = (
            f'<p class="nf-plan" role="status"><strong>Plan:</strong> {html.text(model.plan_text)}'
            "</p>"
        )
        set_visible(box, bool(model.plan_text))
        if model.plan is not None:
            table.show(model.plan)

    bind(model, ["plan", "plan_text"], update)
    return box


def _rows(model: SubmitModel) -> private.VBox:
    table = DataTable(
        model, "Studies of this cohort: packaging and sending", _tone_of_state, select="multiple"
    )

    def selected() -> None:
        model.selected = tuple(table.frame["study"].iloc[list(table.selected)])

    def update() -> None:
        table.show(model.rows)
        set_visible(table, not model.plan_text and not model.rows.empty)

    def choose() -> None:
        names = set(model.selected)
        table.selected = tuple(n for n, name in enumerate(model.rows["study"]) if name in names)

    table.observe(lambda _: model.run_safely(selected), names="selected")
    bind(model, ["rows", "plan_text"], update)
    bind(model, ["selected"], choose)
    return table


def _tone_of_action(action: str) -> str:
    return ACTIONS.get(action, "")


def _tone_of_state(state: str) -> str:
    return "" if state in {EXCLUDED, NOT_PACKAGED} else TONES[State(state)]
