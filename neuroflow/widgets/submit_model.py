"""What the Submit form knows and does: find, check, and send each study once."""

from __future__ import annotations

import os
from threading import Event as StopEvent

import pandas as pd
from traitlets import Any, Bool, Dict, Tuple, Unicode, observe

from neuroflow.cohorts import CohortStore
from neuroflow.errors import IdError, NeuroflowError
from neuroflow.models import Cohort, OnEvent
from neuroflow.preparation import blocked_studies
from neuroflow.states import State
from neuroflow.studies.discover import find_studies
from neuroflow.transfer.paths import check_cohort_id
from neuroflow.widgets.labels import study_labels
from neuroflow.widgets.model import FormModel
from neuroflow.workspace import Workspace

SENT = frozenset({State.SUBMITTED, State.COLLECTED, State.FAILED})
"""States of a study that the service has, or has answered."""


class SubmitModel(FormModel):
    """A cohort and the way of its studies to the service, as a form.

    Parameters
    ----------
    ws
        The workspace; its last cohort fills the form.

    Attributes
    ----------
    folder, participants : str
        Where the scans are, and participants.tsv; empty keeps what the workspace knows.
    cohort_id : str
        The folder on the server.
    known : tuple of str
        The cohorts of this workspace.
    only_good : bool
        Send the studies without errors though others have some.
    cohort : Cohort or None
        What was checked.
    findings : pandas.DataFrame or None
        What the check said.
    blocked : dict
        From `study_id` to the reasons of studies with errors.
    blockers : tuple of str
        What stands in the way of sending.
    rows : pandas.DataFrame
        Where each study of the cohort stands, from the ledger: study, state, since, MB, message.
    labels : dict
        From `study_id` to what a study is called here.
    """

    folder = Unicode("")
    participants = Unicode("")
    cohort_id = Unicode("")
    known = Tuple()
    only_good = Bool(False)
    cohort = Any(None, allow_none=True)
    findings = Any(None, allow_none=True)
    blocked = Dict()
    blockers = Tuple()
    rows = Any()
    labels = Dict()

    def __init__(self, ws: Workspace) -> None:
        super().__init__(rows=pd.DataFrame())
        self.ws = ws
        self.attempt(self._restore)
        self.refresh()

    def check(self) -> None:
        """Find the studies, give them their ids, and check them; nothing is sent."""
        problem = self.what_is_missing()
        if self.busy or problem:
            return
        cohort_id, folder = self.cohort_id.strip(), self.folder.strip()
        participants = self.participants.strip() or None

        def work(tell: OnEvent, _stop: StopEvent) -> tuple[Cohort, pd.DataFrame]:
            studies = find_studies(folder, on_event=tell) if folder else None
            cohort = self.ws.cohort(cohort_id, studies, participants=participants)
            return cohort, self.ws.check(cohort, on_event=tell)

        self.run("Looking for studies and checking them", work, self._checked)

    def submit(self) -> None:
        """Send every study that was not sent yet; `stop` finishes those under way."""
        self.refresh()
        if self.busy or self.blockers:
            return
        cohort, only_good = self.cohort, self.only_good

        def work(tell: OnEvent, stop: StopEvent) -> pd.DataFrame:
            return self.ws.submit(cohort, only_good=only_good, on_event=tell, stop=stop)

        self.tone = "wait"
        self.run("Sending studies", work, self._sent, can_stop=True)

    def what_is_missing(self) -> tuple[str, ...]:
        """Tell what must be filled in before the studies can be checked.

        Returns
        -------
        tuple of str
            One sentence each, for people.
        """
        missing = []
        cohort_id = self.cohort_id.strip()
        if not cohort_id:
            missing.append("Name the cohort: its folder on the server.")
        else:
            try:
                check_cohort_id(cohort_id)
            except IdError as error:
                missing.append(str(error))
        if not self.folder.strip() and cohort_id not in self.known:
            missing.append("Choose the folder of scans.")
        return tuple(missing)

    @observe("folder", "participants", "cohort_id")
    def _edited(self, _change: object) -> None:
        self.set(cohort=None, findings=None, blocked={}, tone="", notice="")
        if self.cohort_id.strip() in self.known or not self.rows.empty:
            self.refresh()
        else:
            self._find_blockers()  # an id half typed: no need to read the ledger

    @observe("only_good", "busy")
    def _toggled(self, _change: object) -> None:
        self._find_blockers()

    def refresh(self) -> None:
        """Look at workspace and ledger again; the command line may have worked meanwhile."""
        self.attempt(self._look)
        self._find_blockers()

    def _look(self) -> None:
        labels = study_labels(self.ws)
        self.set(known=tuple(self.ws.cohorts()), labels=labels, rows=self._ledger_rows(labels))

    def _ledger_rows(self, labels: dict[str, str]) -> pd.DataFrame:
        cohort_id = self.cohort_id.strip()
        rows = self.ws.ledger.rows(cohort_id) if cohort_id in self.ws.cohorts() else []
        return pd.DataFrame(
            [
                (
                    labels.get(row.study_id, row.study_id),
                    str(row.state),
                    row.since.astimezone().strftime("%Y-%m-%d %H:%M"),
                    f"{row.size / 1e6:.1f}",
                    row.message,
                )
                for row in rows
            ],
            columns=["study", "state", "since", "MB", "message"],
        ).sort_values("study", kind="stable", ignore_index=True)

    def _find_blockers(self) -> None:
        blockers = list(self.what_is_missing())
        if not blockers and self.cohort is None:
            blockers.append("Check the studies first.")
        if self.blocked and not self.only_good:
            total = len(self.cohort.studies)
            blockers.append(
                f"{len(self.blocked)} of {total} studies have errors: mend them, "
                "or tick 'Send only the studies without errors'."
            )
        elif self.cohort is not None and len(self.blocked) == len(self.cohort.studies):
            blockers.append("No study is without errors.")
        if not self._has_profile():
            blockers.append("Fill the Connect form first.")
        self.blockers = tuple(blockers)

    def _has_profile(self) -> bool:
        try:
            return self.ws.service.profile is not None
        except NeuroflowError:
            return False  # the Connect form shows what is wrong with neuroflow.toml

    def _restore(self) -> None:
        store = CohortStore(self.ws.folder / "cohorts")
        ids = store.ids()
        if not ids:
            return
        last = max(ids, key=lambda each: (store.folder / each).stat().st_mtime)
        self.set(cohort_id=last, folder=_common_folder(store.read(last)))
        states = [row.state for row in self.ws.ledger.rows(last)]
        sent = sum(state in SENT for state in states)
        if states and sent < len(states):
            self.notice = (
                f"{sent} of {len(states)} packaged studies were sent so far. Check, then Submit: "
                "it goes on where it was, and no study is sent twice."
            )
        elif states:
            self.set(notice=f"All {sent} packaged studies were sent.", tone="good")

    def _checked(self, result: tuple[Cohort, pd.DataFrame]) -> None:
        cohort, findings = result
        blocked = blocked_studies(cohort, findings)
        good = len(cohort.studies) - len(blocked)
        self.set(
            cohort=cohort,
            findings=findings,
            blocked=blocked,
            notice=f"{len(cohort.studies)} studies found, {good} without errors.",
            tone="warn" if blocked else "",
        )
        self.refresh()

    def _sent(self, outcome: pd.DataFrame) -> None:
        self.refresh()
        sent = int(outcome["state"].isin([str(state) for state in SENT]).sum())
        left = len(outcome) - sent
        text = f"{sent} of {len(outcome)} studies are sent."
        if left:
            text += " Press Submit again for the rest; the table says why."
        self.set(notice=text, tone="warn" if left else "good")

    def complain(self, error: Exception) -> None:
        """Show an error; what was sent before it stays sent and is shown."""
        super().complain(error)
        if self.tone == "wait":
            self.tone = "bad"
            self.refresh()


def _common_folder(cohort: Cohort) -> str:
    """Return the folder that holds all studies of a cohort; empty on several drives."""
    roots = [s.root if s.root.suffix.lower() != ".zip" else s.root.parent for s in cohort.studies]
    try:
        return os.path.commonpath(roots) if roots else ""
    except ValueError:
        return ""
