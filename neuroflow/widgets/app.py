"""All forms together, one tab each, that open as their turn comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal
from weakref import WeakValueDictionary

import ipywidgets as widgets
from traitlets import Dict, HasTraits, link

from neuroflow.errors import OptionError
from neuroflow.ledger import State
from neuroflow.widgets.cohort import CohortModel, cohort_form
from neuroflow.widgets.common import FormModel, button, every, html, watch
from neuroflow.widgets.common import form as framed
from neuroflow.widgets.connect import ConnectModel, connect_form
from neuroflow.widgets.explore import ExploreModel, explore_form
from neuroflow.widgets.results import ResultsModel, results_form
from neuroflow.widgets.submit import SubmitModel, submit_form
from neuroflow.workspace import Workspace

LOOK_SECONDS = 2.0
"""How often the forms look whether somebody else works in the workspace."""
FormName = Literal["connect", "cohort", "submit", "results", "explore"]
_DRAW: dict[str, Callable[[Any], widgets.Widget]] = {
    "connect": connect_form,
    "cohort": cohort_form,
    "submit": submit_form,
    "results": results_form,
    "explore": explore_form,
}
"""The forms in the order of the work, and what draws each."""


class AppModel(HasTraits):
    """The models of all forms of one workspace, and what one tells another."""

    waiting = Dict()

    def __init__(self, ws: Workspace) -> None:
        super().__init__()
        self.ws = ws
        self._opened = ""
        self.connect = ConnectModel(ws)
        self.cohort = CohortModel(ws)
        self.submit = SubmitModel(ws, self.cohort)
        self.results = ResultsModel(ws)
        self.explore = ExploreModel(ws, load=False)  # read when somebody wants to see it
        link((self.explore, "study_id"), (self.results, "study_id"))
        self.connect.observe(lambda _: self.submit.refresh(), names=["tone"])
        self.submit.observe(self._worked, names=["busy"])
        self.results.observe(self._worked, names=["busy"])
        self.cohort.observe(lambda _: self._see_whose_turn(), names=["known"])
        self._see_whose_turn()
        every(LOOK_SECONDS, self.poll)

    @property
    def forms(self) -> dict[str, FormModel]:
        """The forms in the order of the work, by their names."""
        return {name: getattr(self, name) for name in _DRAW}

    @property
    def turn(self) -> str:
        """Which form's turn it is: the first that has something left to do."""
        if self.ws.ledger.rows():
            here = {row.state for row in self.ws.ledger.rows()} <= {State.COLLECTED, State.FAILED}
            done = "explore" if here and "explore" not in self.waiting else "results"
            return done if self.submit.tone == "good" else "submit"
        if self.cohort.cohort is not None:
            return "cohort" if self.cohort.blocked else "submit"
        return "connect" if self.ws.service.profile is None else "cohort"

    def poll(self) -> None:
        """Follow what code, the command line or another notebook does in this workspace."""
        follows = [self.cohort.poll, self.submit.poll, self._see_whose_turn]
        if self._opened == "results":
            follows.append(self.results.poll)
        for follow in follows:
            self.submit.attempt(follow)  # a ledger that cannot be read now may be read next time

    def look(self, name: str) -> None:
        """Bring a form up to date as it is opened."""
        self._opened = name
        self.poll()
        if name == "submit" and not self.submit.busy:
            self.submit.attempt(self.submit.refresh)
        if name == "explore" and self.explore.choices is None:
            self.explore.look()

    def _see_whose_turn(self) -> None:
        missing = {
            "submit": "" if self.cohort.known else "First check the studies of a cohort.",
            "results": "" if self._has_sent() else "First send the studies of a cohort.",
            "explore": "" if self._has_results() else "First collect results.",
        }
        self.waiting = {name: text for name, text in missing.items() if text}

    def _has_sent(self) -> bool:
        states = {row.state for row in self.ws.ledger.rows()}
        return self.ws.results_folder.exists() or bool(states - {State.PACKAGED})

    def _has_results(self) -> bool:
        return any(self.ws.results_folder.glob("*"))

    def _worked(self, change: Any) -> None:
        """Let one form show what another one has done."""
        if change.new:
            return
        if change.owner is self.submit:
            self.cohort.poll()
            self.results.restore()
        else:
            self.submit.attempt(self.submit.refresh)
            if self.explore.choices is not None:
                self.explore.attempt(self.explore.look)
        self.submit.attempt(self._see_whose_turn)


_open: WeakValueDictionary[str, AppModel] = WeakValueDictionary()


def app(ws: Workspace, form: FormName | None = None) -> widgets.Widget:
    """Open the forms of a workspace: Connect, Cohort, Submit, Results, Explore.

    Parameters
    ----------
    ws
        The workspace. What was saved, decided, sent and fetched in it is shown again; run twice,
        both views show the same work.
    form
        The name of one form to be shown alone: ``"connect"``, ``"cohort"``, ``"submit"``,
        ``"results"`` or ``"explore"``.

    Returns
    -------
    ipywidgets.Widget
        To be the last line of a cell.

    Raises
    ------
    OptionError
        There is no such form.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Workspace(folder) as ws:
    ...     [title.split()[2] for title in app(ws).titles]
    ['Connect', 'Cohort', 'Submit', 'Results', 'Explore']
    """
    key = str(ws.folder)
    model = _open.get(key)
    if model is None or model.ws is not ws:
        model = _open[key] = AppModel(ws)
    if form is None:
        return _tabs(model)
    if form not in _DRAW:
        raise OptionError(f"There is no form {form!r}.", advice=f"Forms are: {', '.join(_DRAW)}.")
    model.look(form)
    view = _DRAW[form](getattr(model, form))
    view.neuroflow = model
    return view


def _tabs(model: AppModel) -> widgets.Tab:
    names = list(_DRAW)
    tabs = widgets.Tab([widgets.VBox() for _ in names], selected_index=names.index(model.turn))
    tabs.neuroflow = model  # the models live as long as a view of them

    def opened() -> None:
        """Draw the form that is looked at: the others wait until somebody wants to see them."""
        name = names[tabs.selected_index or 0]
        place = tabs.children[tabs.selected_index or 0]
        if name in model.waiting:
            place.children = [_closed(model, tabs, name)]
        elif not hasattr(place, "neuroflow"):
            place.neuroflow = _DRAW[name](getattr(model, name))
            place.children = [place.neuroflow]

    def turned(_change: Any) -> None:
        model.look(names[tabs.selected_index or 0])
        opened()

    tabs.observe(turned, names=["selected_index"])
    model.observe(lambda _: opened(), names=["waiting"])
    for number, name in enumerate(names):
        _titled(tabs, model, number, name)
    turned(None)
    return tabs


def _closed(model: AppModel, tabs: widgets.Tab, name: str) -> widgets.VBox:
    """Say what is missing before a form's turn comes, and lead to the last one that is open."""
    names = list(_DRAW)
    before = [each for each in names[: names.index(name)] if each not in model.waiting][-1]

    def go() -> None:
        tabs.selected_index = names.index(before)

    way = button(model.forms[name], f"Go to {before.capitalize()}", f"Open the form {before}", go)
    words = f"<h2>{name.capitalize()}</h2><p>{html.mark('', model.waiting[name])}</p>"
    return framed(widgets.HTML(words), widgets.HBox([way]))


def _titled(tabs: widgets.Tab, model: AppModel, number: int, name: str) -> None:
    """Keep a tab's title true: a mark of how it stands, its number and its name."""
    form = model.forms[name]

    def update() -> None:
        tone = "wait" if form.busy else "bad" if form.problems else form.tone
        later = " (later)" if name in model.waiting else ""
        tabs.set_title(number, f"{html.MARKS[tone]} {number + 1} {name.capitalize()}{later}")

    watch(form, ["tone", "busy", "problems"], update)
    model.observe(lambda _: update(), names=["waiting"])
