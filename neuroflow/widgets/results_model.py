"""What the Results form knows and does: where studies stand, and bringing results."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from threading import Event as StopEvent

import pandas as pd
from traitlets import Any, Dict, Tuple, Unicode

from neuroflow.models import OnEvent
from neuroflow.states import State
from neuroflow.widgets.gallery_model import GalleryModel
from neuroflow.widgets.labels import study_labels
from neuroflow.widgets.model import FormModel
from neuroflow.workspace import Workspace

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
"""How a state is shown."""
COLUMNS = ("study", "cohort", "state", "since", "message")


class ResultsModel(FormModel):
    """Where every study stands and what came back, as a form.

    Parameters
    ----------
    ws
        The workspace; its ledger and its results fill the form.

    Attributes
    ----------
    status : pandas.DataFrame
        One row per study, for people: study, cohort, state, since, message.
    counts : tuple
        Pairs of a state and how many studies are in it.
    looked : str
        When the server was looked at last; empty if not yet.
    labels : dict
        From `study_id` to what a study is called here.
    gallery : GalleryModel
        The reports that came back.
    """

    status = Any()
    counts = Tuple()
    looked = Unicode("")
    labels = Dict()

    def __init__(self, ws: Workspace) -> None:
        super().__init__(status=pd.DataFrame(columns=list(COLUMNS)))
        self.ws = ws
        self.gallery = GalleryModel(ws.results_folder)
        self.restore()

    def restore(self) -> None:
        """Show what the ledger and the disk know; the server is not asked."""
        self.attempt(lambda: self._show(self.ws.status(look=False)))

    def refresh(self) -> None:
        """Look at the server."""

        def work(_tell: OnEvent, _stop: StopEvent) -> pd.DataFrame:
            return self.ws.status()

        self.run("Looking at the server", work, self._looked)

    def collect(self) -> None:
        """Bring every result that is new or changed; `stop` finishes those under way."""

        def work(tell: OnEvent, stop: StopEvent) -> pd.DataFrame:
            self.ws.collect(on_event=tell, stop=stop)
            return self.ws.status()

        self.run("Collecting results", work, self._collected, can_stop=True)

    def _looked(self, table: pd.DataFrame) -> None:
        self.looked = datetime.now().astimezone().strftime("%H:%M:%S")
        self._show(table)

    def _collected(self, table: pd.DataFrame) -> None:
        self._looked(table)
        states = Counter(table["state"])
        here = states[State.COLLECTED] + states[State.FAILED]
        self.notice = f"{here} of {len(table)} studies have their results on this disk."

    def _show(self, table: pd.DataFrame) -> None:
        labels = study_labels(self.ws)
        names = [labels.get(study_id, study_id) for study_id in table["study_id"]]
        since = pd.to_datetime(table["since"], utc=True)
        local = datetime.now().astimezone().tzinfo
        shown = pd.DataFrame(
            {
                "study": names,
                "cohort": table["cohort_id"],
                "state": table["state"],
                "since": since.dt.tz_convert(local).dt.strftime("%Y-%m-%d %H:%M"),
                "message": table["message"],
            }
        )
        counts = tuple(Counter(str(state) for state in table["state"]).items())
        self.set(
            status=shown.sort_values(["cohort", "study"], kind="stable", ignore_index=True),
            counts=counts,
            labels=labels,
            tone=_overall([State(state) for state, _ in counts]),
        )
        self.gallery.look(labels)


def _overall(states: list[State]) -> str:
    """Return one tone for all studies: the one that asks most for attention."""
    tones = {TONES[state] for state in states}
    return next((tone for tone in ("bad", "warn", "wait", "good") if tone in tones), "")
