"""All forms together, one tab each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakValueDictionary

import ipywidgets as widgets

from neuroflow.widgets.connect import connect_form
from neuroflow.widgets.connect_model import ConnectModel
from neuroflow.widgets.html import MARKS
from neuroflow.widgets.model import FormModel
from neuroflow.widgets.results import results_form
from neuroflow.widgets.results_model import ResultsModel
from neuroflow.widgets.submit import submit_form
from neuroflow.widgets.submit_model import SubmitModel
from neuroflow.workspace import Workspace


class AppModel:
    """The models of all forms of one workspace, and what one tells another.

    Parameters
    ----------
    ws
        The workspace.

    Attributes
    ----------
    connect, submit, results
        One model per form.
    """

    def __init__(self, ws: Workspace) -> None:
        self.ws = ws
        self.connect = ConnectModel(ws)
        self.submit = SubmitModel(ws)
        self.results = ResultsModel(ws)
        self.connect.observe(lambda _: self.submit.refresh(), names=["tone"])
        self.submit.observe(self._worked, names=["busy"])
        self.results.observe(self._worked, names=["busy"])

    def look(self, number: int | None) -> None:
        """Bring a form up to date as it is opened: the command line may have worked meanwhile.

        Parameters
        ----------
        number
            Which of `forms`.
        """
        if number == 1 and not self.submit.busy:
            self.submit.refresh()

    def _worked(self, change: Any) -> None:
        """Let one form show what another one has done."""
        if change.new:
            return
        if change.owner is self.submit:
            self.results.restore()
        else:
            self.submit.refresh()

    @property
    def forms(self) -> Sequence[tuple[str, FormModel]]:
        """The forms in the order of the work, by their titles."""
        return (("Connect", self.connect), ("Submit", self.submit), ("Results", self.results))

    @property
    def turn(self) -> int:
        """Which form's turn it is: the first that has something left to do."""
        if self.ws.ledger.rows():
            return 2 if self.submit.tone == "good" else 1
        return 1 if self.connect.tone == "good" else 0


_open: WeakValueDictionary[str, AppModel] = WeakValueDictionary()


def app(ws: Workspace) -> widgets.Tab:
    """Open the forms of a workspace: Connect, Submit, Results.

    Parameters
    ----------
    ws
        The workspace. What was saved, sent and fetched in it is shown again; run twice, both
        views show the same work.

    Returns
    -------
    ipywidgets.Tab
        To be the last line of a cell.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Workspace(folder) as ws:
    ...     [title.split()[-1] for title in app(ws).titles]
    ['Connect', 'Submit', 'Results']
    """
    key = str(ws.folder)
    model = _open.get(key)
    if model is None or model.ws is not ws:
        model = _open[key] = AppModel(ws)
    views = [connect_form(model.connect), submit_form(model.submit), results_form(model.results)]
    tabs = widgets.Tab(views, selected_index=model.turn)
    tabs.observe(lambda change: model.look(change.new), names=["selected_index"])
    tabs.neuroflow = model  # the models live as long as a view of them
    for number, (title, form) in enumerate(model.forms):
        _titled(tabs, number, title, form)
    return tabs


def _titled(tabs: widgets.Tab, number: int, title: str, form: FormModel) -> None:
    """Keep a tab's title true: its number, its name and a mark of how it stands."""

    def update(*_: object) -> None:
        tone = "wait" if form.busy else "bad" if form.problems else form.tone
        mark = f"{MARKS[tone]} " if tone else ""
        tabs.set_title(number, f"{mark}{number + 1} {title}")

    form.observe(update, names=["tone", "busy", "problems"])
    update()
