"""Model of the Results form: status of the studies, and collecting results."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from threading import Event as StopEvent

import pandas as pd
from traitlets import Any, Dict, Instance, Int, Tuple, Unicode

from neuroflow.errors import OptionError
from neuroflow.io import Mtimes, mtimes
from neuroflow.ledger import State
from neuroflow.models import OnEvent
from neuroflow.transfer import StatusUpdate
from neuroflow.widgets.browser import notify
from neuroflow.widgets.common import (
    FormModel,
    Problem,
    format_duration,
    in_form_words,
    study_labels,
)
from neuroflow.widgets.results.auto_refresh import AutoRefreshModel
from neuroflow.widgets.results.gallery_model import GalleryModel
from neuroflow.wording import counted
from neuroflow.workspace import LEDGER_FILES, NOTES_FILE, SET_ASIDE_FILE, Workspace, usual_time

TONES = {
    State.COLLECTED: "good",
    State.DELIVERED: "good",
    State.FAILED: "bad",
    State.OVERDUE: "warn",
    State.UNCONFIRMED: "warn",
    State.PARTLY_SENT: "warn",
    State.UNKNOWN: "warn",
    State.SUBMITTED: "wait",
    State.PROCESSING: "wait",
    State.PARTIAL: "wait",
    State.UPLOADING: "wait",
    State.PACKAGED: "",
}
"""Tone of each state."""
FAILURE_DELIVERED = "failure report delivered"
"""What a delivered study is called whose result is a failure report."""
NEWS = {
    "newly_failed": ("has failed", "Select a study below to see its failure report."),
    "newly_overdue": ("is overdue", "Ask neuropacs support, with the study ids."),
}
"""Attributes of a status that name new failures and overdue studies, and what to do."""
KINDS = ("result", "failure")
ANSWERS = {
    **dict.fromkeys(map(str, (State.DELIVERED, State.COLLECTED)), KINDS[0]),
    **dict.fromkeys((FAILURE_DELIVERED, str(State.FAILED)), KINDS[1]),
}
"""What the service has answered in each state, as the form names it."""
MAX_NAMED = 5
COLUMNS = ("study", "cohort", "state", "since", "message")


class ResultsModel(FormModel):
    """Status of every study, and the results collected."""

    status = Any()
    counts = Tuple()
    n_elsewhere = Int(0)  # results of other projects on the account
    listed_at = Instance(datetime, allow_none=True)
    study_id = Unicode("")
    ids = Tuple()
    labels = Dict()
    usual = Unicode(usual_time(None))  # how long results take
    chosen = Unicode("")  # the study whose note and history are shown
    notes = Dict()  # by study: its note, and who wrote it when

    def __init__(self, ws: Workspace, *, load: bool = True) -> None:
        super().__init__(status=pd.DataFrame(columns=list(COLUMNS)))
        self.ws = ws
        self._mtimes: Mtimes = ()
        self._noted: Mtimes = ()
        self._doubts: list[Problem] = []  # about the ledger, at the last look
        self.gallery = GalleryModel(ws.results_folder, ws)
        self.auto_refresh = AutoRefreshModel(lambda stop: ws.watch(stop=stop))
        self.auto_refresh.observe(
            lambda change: self.run_safely(lambda: self._on_update(change.new)), ["last_update"]
        )
        self.gallery.observe(lambda _: self.set(chosen=self.gallery.opened), ["name"])
        self.observe(lambda change: self._choose(change.new), ["study_id"])
        if load:
            self.restore()

    def restore(self) -> None:
        """Show the status from ledger and disk, without contacting the server."""
        self.run_safely(lambda: self._show(self.ws.status(offline=True, all_studies=True)))

    def poll(self) -> None:
        """Show what another form or program has sent, collected or written."""
        noted = mtimes(self.ws.folder, (NOTES_FILE,))
        if noted != self._noted:
            self._noted = noted
            self._read_notes()
        samples = mtimes(
            self.ws.folder, (*LEDGER_FILES, self.ws.results_folder.name, SET_ASIDE_FILE)
        )
        if not self.busy and samples != self._mtimes:
            self._mtimes = samples
            self.restore()

    def write_note(self, text: str, known: str) -> None:
        """Write the note of the chosen study in place of the one that was shown."""
        self._read_notes()
        now, line = self.notes.get(self.chosen, ("", ""))
        if now != known:
            raise OptionError(
                "Somebody else has changed this note meanwhile.",
                why=f"It is now: {now or '(empty)'} {line}",
                advice="Save again to replace it.",
                about="note",
            )
        self.ws.note(self.chosen, text)
        self._read_notes()

    def _read_notes(self) -> None:
        table = self.ws.notes()
        lines = "Written by " + table["by"] + ", " + local_times(table["at"]) + "."
        pairs = zip(table["note"], lines, strict=True)
        self.notes = dict(zip(table["study_id"], pairs, strict=True))

    def _choose(self, study_id: str) -> None:
        self.gallery.follow(study_id)
        self.chosen = study_id

    def refresh(self) -> None:
        """Check the server for new results."""

        def work(_on_event: OnEvent, _stop: StopEvent) -> pd.DataFrame:
            return self.ws.status(all_studies=True)

        self.run("Checking the server", work, self._show)

    def collect(self) -> None:
        """Download every new or changed result; `stop` finishes downloads that have begun."""

        def work(on_event: OnEvent, stop: StopEvent) -> pd.DataFrame:
            collected = self.ws.collect(on_event=on_event, stop=stop, pause=self._pause)
            table = self.ws.status(all_studies=True)
            table.attrs |= {name: collected.attrs[name] for name in NEWS}
            return table

        self.run("Collecting results", work, self._show_collected, can_stop=True, can_pause=True)

    def age_text(self, now: datetime) -> str:
        """Return the age of the last status check and the time to the next one as text."""
        if self.listed_at is None:
            return "from the records of this workspace; the server has not been checked yet"
        age = format_duration((now - self.listed_at).total_seconds())
        words = f"server checked {age} ago"
        update = self.auto_refresh.last_update
        if self.auto_refresh.on and update is not None:
            lost = "no connection, trying again" if update.error else "next check"
            words += f"; {lost} in {format_duration(self.auto_refresh.next_at(now))}"
        return words

    def _on_update(self, update: StatusUpdate) -> None:
        if update.error is None:
            before = self._answers
            self._show(update.table)
            self._show_news(update.table)
            self._notify(before)

    @property
    def _answers(self) -> dict[str, str]:
        """Map the studies that the service has answered for to the kind of the answer."""
        states = self.status["state"].map(lambda name: ANSWERS.get(name, ""))
        return {study_id: kind for study_id, kind in zip(self.ids, states, strict=True) if kind}

    def _notify(self, before: dict[str, str]) -> None:
        """Notify of what was answered since: counts, and no study."""
        now = self._answers
        own = [study_id for study_id in now if study_id in self.labels]
        new = Counter(now[study_id] for study_id in own if now[study_id] != before.get(study_id))
        parts = [counted(new[one], f"new {one}", f"new {one}s") for one in KINDS if new[one]]
        if parts:
            notify(f"{', '.join(parts)}.")

    def _show_collected(self, table: pd.DataFrame) -> None:
        self._show(table)
        self._show_news(table)
        states = Counter(dict(self.counts))  # those of other projects are not among them
        collected, failed = states[State.COLLECTED], states[State.FAILED]
        text = f"Results of {collected} of {states.total()} studies have been collected"
        self.notice = f"{text}; {failed} failed (see the reports)." if failed else f"{text}."

    def _show_news(self, table: pd.DataFrame) -> None:
        """List newly failed and overdue studies among the problems, until dismissed."""
        for name, (words, advice) in NEWS.items():
            studies = [self.labels.get(study_id, study_id) for study_id in table.attrs[name]]
            if not studies:
                continue
            count = "1 study" if len(studies) == 1 else f"{len(studies)} studies"
            verb = words if len(studies) == 1 else words.replace("has", "have").replace("is", "are")
            more = f", and {len(studies) - MAX_NAMED} more" if len(studies) > MAX_NAMED else ""
            problem = Problem(
                f"{count} {verb}.", f"{', '.join(studies[:MAX_NAMED])}{more}.", advice
            )
            self.problems = (*self.problems, problem)

    def _show(self, table: pd.DataFrame) -> None:
        labels = study_labels(self.ws)
        names = [labels.get(study_id, study_id) for study_id in table["study_id"]]
        shown = pd.DataFrame(
            {
                "study_id": table["study_id"],
                "study": names,
                "cohort": table["cohort_id"],
                "state": [*map(_named, table["state"], table["message"])],
                "since": local_times(table["since"]),
                "message": table["message"].map(in_form_words),
            }
        )
        # Results of other projects on the account come last, and say nothing of this one.
        is_unknown = (table["state"] == State.UNKNOWN).to_numpy()
        shown["elsewhere"] = is_unknown & (shown["study"] == shown["study_id"])
        own = Counter(shown.loc[~shown["elsewhere"], "state"])
        counts = tuple(own.items())
        shown = shown.sort_values(
            ["elsewhere", "cohort", "study"], kind="stable", ignore_index=True
        )
        hours = table.attrs.get("result_hours")  # a check that repeats itself does not state them
        self.set(
            listed_at=table.attrs.get("listed_at"),
            status=shown.drop(columns=["study_id", "elsewhere"]),
            ids=tuple(shown["study_id"]),
            counts=counts,
            n_elsewhere=int(shown["elsewhere"].sum()),
            labels=labels,
            usual=self.usual if hours is None else usual_time(hours),
            tone=_overall([name for name, _ in counts]),
        )
        doubts = [Problem(sentence) for sentence in table.attrs["ledger_warnings"]]
        others = [problem for problem in self.problems if problem not in self._doubts]
        self._doubts = doubts
        self.problems = (*others, *(problem for problem in doubts if problem not in others))
        self.gallery.reload(labels)


def local_times(times: pd.Series[str], pattern: str = "%Y-%m-%d %H:%M") -> pd.Series[str]:
    """Write times as this computer's clock shows them."""
    zone = datetime.now().astimezone().tzinfo
    return pd.to_datetime(times, utc=True, errors="coerce").dt.tz_convert(zone).dt.strftime(pattern)


def counted_state(name: str, n: int) -> str:
    """Return how many studies have a state, as the form names it."""
    return (
        f"{n} failure reports delivered" if name == FAILURE_DELIVERED and n > 1 else f"{n} {name}"
    )


def tone_of(name: str) -> str:
    """Return the tone of a state as the form names it; empty for an unknown one."""
    if name == FAILURE_DELIVERED:
        return "bad"
    return {state.value: tone for state, tone in TONES.items()}.get(name, "")


def _named(state: str, message: str) -> str:
    """Name a state; a failure report that waits is no success."""
    is_failure = state == State.DELIVERED and "a failure report is ready" in message
    return FAILURE_DELIVERED if is_failure else str(state)


def _overall(names: list[str]) -> str:
    """Return the most urgent tone of some states."""
    tones = {tone_of(name) for name in names}
    return next((tone for tone in ("bad", "warn", "wait", "good") if tone in tones), "")
