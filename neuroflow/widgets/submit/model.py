"""Model of the Submit form: the plan first, then each study is sent once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event as StopEvent
from typing import ClassVar

import pandas as pd
from traitlets import Any, Bool, Dict, Tuple, Unicode, observe

from neuroflow.errors import FirstSubmissionError, NeuroflowError
from neuroflow.ledger import LedgerRow, State
from neuroflow.models import Cohort, Event, OnEvent
from neuroflow.widgets.browser import notify
from neuroflow.widgets.cohort import CohortModel
from neuroflow.widgets.common import Bar, FormModel, Progress, in_form_words
from neuroflow.widgets.submit.plan_table import (
    EXCLUDED,
    bar_of,
    is_complete,
    is_news,
    not_sendable,
    outcome_text,
    plan_rows,
    plan_text,
)
from neuroflow.workspace import PilotResult, Workspace

TO_RETRY = frozenset({State.FAILED, State.UNCONFIRMED})
"""States from which a study is sent again only on request."""
PLANNING, SENDING = "De-identifying and zipping", "Sending studies"
PILOT = "Sending one study and waiting for its results"
NOT_PACKAGED = "not packaged"
REFRESH_INTERVAL = timedelta(seconds=2)
"""How often the table is refreshed while studies are sent."""
COLUMNS = ("study", "state", "since", "MB", "message")


class SubmitModel(FormModel):
    """Plan and send the studies of a cohort.

    `selected` are the labels of the studies to send again; `planned_again` are the ids of those
    whose plan is shown.
    """

    places: ClassVar = {FirstSubmissionError: "not_sent_before"}

    only_good = Bool(False)
    asks_first = Bool(False)
    not_sent_before = Bool(False)
    pilot_first = Bool(False)
    plan = Any(None, allow_none=True)
    plan_text = Unicode("")
    other_job_running = Bool(False)
    blockers = Tuple()
    rows = Any()
    to_retry = Tuple()
    labels = Dict()
    selected = Tuple()
    planned_again = Tuple()

    def __init__(self, ws: Workspace, cohorts: CohortModel | None = None) -> None:
        super().__init__(rows=pd.DataFrame(columns=list(COLUMNS)))
        self.ws = ws
        self.cohorts = cohorts or CohortModel(ws)
        self._states: dict[str, LedgerRow] = {}
        self._refreshed_at = datetime.min.replace(tzinfo=UTC)
        self.cohorts.observe(
            lambda _: self.run_safely(self._on_cohort_change),
            names=["cohort", "blocked", "excluded"],
        )
        self.cohorts.observe(lambda _: self._update_blockers(), names=["busy"])
        self.run_safely(self.refresh)
        self.run_safely(self._update_notice)

    @property
    def cohort(self) -> Cohort | None:
        """The cohort to send."""
        found: Cohort | None = self.cohorts.cohort
        return found

    def make_plan(self) -> None:
        """De-identify and zip new studies and show what would be sent; nothing is sent."""
        self.refresh()
        cohort = self.cohort
        if cohort is None or self.plan_blockers() or not self.can_start(PLANNING):
            return

        def work(on_event: OnEvent, stop: StopEvent) -> pd.DataFrame:
            return self.ws.submit(cohort, dry_run=True, on_event=on_event, stop=stop)

        self.set(tone="wait", plan=None, plan_text="")
        self.run(PLANNING, work, self._show_plan, can_stop=True)

    def submit(self) -> None:
        """Send every study that was not sent yet; `stop` finishes uploads that have begun."""
        if self.cohort is not None and self.pilot_first:
            self._send_pilot(self.cohort)
        elif self.cohort is not None:
            self._send(self.cohort)

    def choose_failed(self) -> None:
        """Select the studies that failed or whose arrival is unconfirmed, and plan them."""
        self.refresh()
        self.selected = tuple(self.labels[study_id] for study_id in self.to_retry)
        self.plan_again()

    @property
    def chosen_again(self) -> tuple[str, ...]:
        """Ids of the selected studies that can be sent again."""
        chosen = set(self._selected_ids())
        return tuple(study_id for study_id in self.to_retry if study_id in chosen)

    @property
    def to_repeat(self) -> str:
        """Id of the selected study if it is one and was sent; it can be repeated."""
        ids = self._selected_ids()
        is_one = len(ids) == 1 and ids[0] in self._states
        return ids[0] if is_one and self._states[ids[0]].state.is_sent else ""

    def _selected_ids(self) -> list[str]:
        names = set(self.selected)
        return [study_id for study_id, label in self.labels.items() if label in names]

    def plan_again(self) -> None:
        """Show what would be sent again of the selected studies; nothing is sent."""
        self.refresh()
        cohort, chosen = self.cohort, self.chosen_again
        if cohort is None or not chosen or self.plan_blockers() or not self.can_start(PLANNING):
            return

        def work(on_event: OnEvent, stop: StopEvent) -> pd.DataFrame:
            return self.ws.submit(
                cohort, only=chosen, replace=True, dry_run=True, on_event=on_event, stop=stop
            )

        def show(plan: pd.DataFrame) -> None:
            self._show_plan(plan)
            self.set(planned_again=chosen if self.plan is not None else ())

        self.set(tone="wait", plan=None, plan_text="", planned_again=())
        self.run(PLANNING, work, show, can_stop=True)

    def leave_plan(self) -> None:
        """Show the studies again, to select others; the plan stays valid."""
        self.plan_text = ""

    def send_again(self) -> None:
        """Send again the studies whose plan is shown."""
        if self.cohort is not None and self.is_planned_again:
            self._send(self.cohort, again=self.planned_again)

    @property
    def is_planned_again(self) -> bool:
        """True while the plan that is shown is that of the selected studies."""
        return bool(self.planned_again) and self.planned_again == self.chosen_again

    def repeat(self, reason: str) -> None:
        """Prepare the selected study, which was sent, to be sent once more under a new id."""
        study_id, cohort = self.to_repeat, self.cohort
        if not study_id or cohort is None:
            return
        self.ws.repeat(cohort, study_id, reason=reason)
        self.selected = ()
        self.cohorts.open_cohort(cohort.cohort_id)
        self.cohorts.check()  # what was not checked cannot be sent

    def _send_pilot(self, cohort: Cohort) -> None:
        """Send one study, wait for its results and check them; `stop` ends the waiting."""
        self.refresh()
        if self.blockers or not self.can_start(PILOT):
            return
        only_good = self.only_good
        not_sent_before = self.not_sent_before

        def work(on_event: OnEvent, stop: StopEvent) -> PilotResult:
            return self.ws.pilot(
                cohort,
                only_good=only_good,
                not_sent_before=not_sent_before,
                on_event=on_event,
                stop=stop,
                pause=self._pause,
            )

        self.set(tone="wait", plan_text="")
        self.run(PILOT, work, self._show_pilot, can_stop=True, can_pause=True)

    def _send(self, cohort: Cohort, *, again: tuple[str, ...] = ()) -> None:
        self.refresh()
        blockers = self.plan_blockers() if again else self.blockers
        if blockers or not self.can_start(SENDING):
            return
        only_good = self.only_good
        not_sent_before = self.not_sent_before

        def work(on_event: OnEvent, stop: StopEvent) -> pd.DataFrame:
            return self.ws.submit(
                cohort,
                only=again or None,
                only_good=only_good,
                replace=bool(again),
                not_sent_before=not_sent_before,
                on_event=on_event,
                stop=stop,
                pause=self._pause,
            )

        # The table of states takes the place of the plan.
        self.set(tone="wait", plan_text="", planned_again=())
        self.run(SENDING, work, self._show_outcome, can_stop=True, can_pause=True)

    def plan_blockers(self) -> tuple[str, ...]:
        """Return the reasons why no plan can be made now."""
        cohort, blocked = self.cohort, self.cohorts.blocked
        if cohort is None:
            return ("Choose a cohort and check its studies first.",)
        blockers = []
        if self.cohorts.busy:
            blockers.append("The cohort is being checked.")
        if self.other_job_running:
            job = self.ws.running_job
            blockers.append(
                "Another form, notebook or command is working in this workspace, and is paused: "
                "continue or stop it above."
                if job is not None and job.is_paused
                else "Another form, notebook or command is working in this workspace. Wait until "
                "it has finished, or stop it above."
            )
        left = len(cohort.studies) - len(self.cohorts.excluded)
        unchecked = len(self.cohorts.unchecked)
        if blocked and len(blocked) == left:
            all_wrong = ("All studies have errors.",)
            lines = not_sendable(left, unchecked, left)
            blockers += [f"{line}." for line in lines] if unchecked else all_wrong
        elif not left:
            blockers.append("All studies are excluded.")
        return tuple(blockers)

    def refresh(self) -> None:
        """Show the states that the ledger has for the cohort."""
        cohort = self.cohort
        self.other_job_running = not self.busy and self.ws.is_busy
        if cohort is None:
            self._states = {}
            self.set(rows=pd.DataFrame(columns=list(COLUMNS)), to_retry=(), labels={}, selected=())
        else:
            self._states = {row.study_id: row for row in self.ws.ledger.rows(cohort.cohort_id)}
            self._show_rows(cohort)
        self._update_blockers()

    def poll(self) -> None:
        """Show the progress of another program in this workspace, read from the ledger."""
        if self.busy:
            return
        was, now = self.other_job_running, self.ws.is_busy
        if was or now:
            self.run_safely(self.refresh)
            self.run_safely(self._update_notice)

    def _show_rows(self, cohort: Cohort) -> None:
        excluded = self.cohorts.excluded
        labels = {str(study.study_id): study.label for study in cohort.studies}
        lines: list[tuple[object, ...]] = []
        for study_id, label in labels.items():
            row = self._states.get(study_id)
            if row is not None and (row.state.is_sent or study_id not in excluded):
                since = f"{row.since.astimezone():%Y-%m-%d %H:%M}"
                message = in_form_words(row.message)
                lines.append((label, str(row.state), since, row.size / 1e6, message))
            elif study_id in excluded:
                lines.append((label, EXCLUDED, "", None, excluded[study_id]))
            else:
                reason = self.cohorts.blocked.get(study_id, "")
                lines.append((label, NOT_PACKAGED, "", None, reason))
        table = pd.DataFrame(lines, columns=list(COLUMNS)).astype({"MB": float}).round({"MB": 1})
        retry = tuple(i for i in labels if i in self._states and self._states[i].state in TO_RETRY)
        known = set(labels.values())
        self.set(
            labels=labels,
            selected=tuple(label for label in self.selected if label in known),
            to_retry=retry,
            rows=table.sort_values("study", kind="stable", ignore_index=True),
        )

    def _update_blockers(self) -> None:
        blockers = list(self.plan_blockers())
        blocked = self.cohorts.blocked
        if not blockers and blocked and not self.only_good:
            lines = not_sendable(len(blocked), len(self.cohorts.unchecked), len(self.labels))
            blockers += [f"{line}, or tick 'Send only studies without errors'." for line in lines]
        if not self._has_profile():
            blockers.append("Complete the Connect form first.")
        if (self.plan is None or self.planned_again) and self.cohort is not None:
            blockers.append(
                "Make the plan first. It shows how many studies will be sent, their size and "
                "the time."
            )
        self.blockers = tuple(blockers)

    def _has_profile(self) -> bool:
        try:
            return self.ws.service.profile is not None
        except NeuroflowError:
            return False  # the Connect form shows what is wrong with neuroflow.toml

    @observe("only_good", "plan", "planned_again")
    def _on_choice(self, _change: object) -> None:
        self._update_blockers()

    def _on_cohort_change(self) -> None:
        """Discard the plan after the cohort or a decision has changed."""
        if not self.busy:
            self.set(plan=None, plan_text="", planned_again=(), progress=Progress())
            self.set(notice="", tone="")
            self.refresh()
            self._update_notice()

    def _update_notice(self) -> None:
        """Report what was sent before; while another program sends, show its progress."""
        ids = [i for i in self.labels if i not in self.cohorts.excluded]
        counts = Counter(self._states[i].state for i in ids if i in self._states)
        sent = sum(count for state, count in counts.items() if state.is_sent)
        known = counts.total()
        if self.other_job_running and sent < len(ids):
            in_flight = [
                i for i in ids if i in self._states and self._states[i].state is State.UPLOADING
            ]
            bars = tuple(bar_of(self._states[i]) for i in in_flight)
            self.progress = Progress((Bar("sent", sent, len(ids)),), bars)
            text = "Another form, notebook or command is working in this workspace: "
            self.set(notice=f"{text}{sent} of {len(ids)} studies have been sent.", tone="wait")
        elif known and sent < len(ids):
            self.set(
                progress=Progress(),
                tone="warn" if sent else "",
                notice=f"{sent} of {len(ids)} studies have been sent so far. Make the plan, then "
                "Send: sending resumes where it stopped, and no study is sent twice.",
            )
        elif known:
            self.set(progress=Progress(), notice=f"All {sent} studies have been sent.", tone="good")

    def _on_events(self, events: Sequence[Event]) -> None:
        super()._on_events(
            [event for event in events if event.stage != "plan"]
        )  # planning has its own text
        moved = [event.at for event in events if event.study_id and is_news(event, self._states)]
        is_due = moved and moved[-1] - self._refreshed_at >= REFRESH_INTERVAL
        if is_due and self.activity == SENDING:
            self._refreshed_at = moved[-1]
            self.refresh()

    def _show_plan(self, plan: pd.DataFrame) -> None:
        # Ids are renewed where an account key was imported; the form still shows the old ones.
        studies = self.ws.cohort(self.cohort.cohort_id).studies if self.cohort else ()
        labels = {**self.labels, **{str(study.study_id): study.label for study in studies}}
        self.refresh()
        if is_complete(plan):
            self.set(plan=plan_rows(plan, labels), plan_text=plan_text(plan))
            self.set(notice="The plan is ready. Nothing has been sent yet.", tone="")
        else:
            self.set(plan=None, plan_text="")
            self.set(notice="Stopped before the plan was complete.", tone="warn")

    def _show_pilot(self, result: PilotResult) -> None:
        self.refresh()
        notify("Sending one study first has ended: see the Submit form.")
        if result.is_passed:
            details = "; ".join(f"{row.check}: {row.detail}" for row in result.checks.itertuples())
            words = f"{result.summary} {details}. Press Send to send the other studies."
            self.set(pilot_first=False, tone="good", notice=words)
        elif result.is_waiting:
            again = "Press Send to continue to wait; no second study is sent meanwhile."
            self.set(tone="warn", notice=f"{result.summary} {again}")
        else:
            why = "Find out why before you send the other studies."
            self.set(tone="bad", notice=f"{result.summary} {why}")

    def _show_outcome(self, outcome: pd.DataFrame) -> None:
        self.refresh()
        text, left = outcome_text(outcome, was_stopped=self._was_stopped)
        self.set(notice=text, tone="warn" if left else "good", plan_text="")
        notify(text)

    @property
    def _was_stopped(self) -> bool:
        return self._task is not None and self._task.stop.is_set()

    def report_error(self, error: Exception, at: str = "") -> None:
        """Show an error, and the studies that were sent before it."""
        super().report_error(error, at)
        if isinstance(error, FirstSubmissionError):
            self.asks_first = True
        if self.tone == "wait":
            self.tone = "bad"
            self.refresh()
            notify("Sending has ended with an error: see the Submit form.")
