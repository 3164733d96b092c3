"""All forms in one row of tabs; each tab opens once the steps before it are done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal
from weakref import WeakValueDictionary

import ipywidgets as widgets
from traitlets import Dict, HasTraits, Tuple, link

from neuroflow.errors import OptionError
from neuroflow.ledger import LedgerRow, State
from neuroflow.widgets.about import about_form
from neuroflow.widgets.cohort import CohortModel, cohort_form
from neuroflow.widgets.common import (
    FormModel,
    Tab,
    bind,
    button,
    call_every,
    call_later,
    html,
    private,
    set_visible,
)
from neuroflow.widgets.common import form as framed
from neuroflow.widgets.connect import ConnectModel, connect_form
from neuroflow.widgets.explore import ExploreModel, explore_form
from neuroflow.widgets.header import HeaderModel, header
from neuroflow.widgets.results import ResultsModel, results_form
from neuroflow.widgets.simulated import COHORT
from neuroflow.widgets.steps import step_of, traits_of
from neuroflow.widgets.submit import SubmitModel, submit_form
from neuroflow.workspace import COHORTS, CohortStore, Workspace

POLL_SECONDS = 2.0
"""How often the forms check for changes made by other programs."""
AWAKE_SECONDS = 60.0
"""How often a job sends a sign of life: a server ends a program that sends nothing for long."""
LATER_SECONDS = 1.0
"""After how long the forms that are not open are loaded."""
FormName = Literal["connect", "cohort", "submit", "results", "explore"]
_FORMS: dict[str, Callable[[Any], widgets.Widget]] = {
    "connect": connect_form,
    "cohort": cohort_form,
    "submit": submit_form,
    "results": results_form,
    "explore": explore_form,
}
"""The forms in the order of the work, each with the function that draws it."""


class AppModel(HasTraits):
    """The models of all forms of one workspace, kept in step with each other."""

    locked = Dict()
    unloaded = Tuple()  # the forms of which nothing is known yet

    def __init__(self, ws: Workspace) -> None:
        super().__init__()
        self.ws = ws
        self._shown_form = ""
        self.connect = ConnectModel(ws)
        self.cohort = CohortModel(ws, load=False)
        self.submit = SubmitModel(ws, self.cohort)
        self.results = ResultsModel(ws, load=False)
        # What the open form shows is loaded first, and the rest after it.
        self._due = {"cohort": self._load_cohort, "results": self.results.restore}
        self.unloaded = tuple(self._due)
        self.explore = ExploreModel(ws, load=False)  # loaded when its tab is opened
        self.header = HeaderModel(ws, self.is_working)
        link((self.explore, "study_id"), (self.results, "study_id"))
        self.connect.observe(lambda _: self.submit.refresh(), names=["tone"])
        self.connect.observe(self._on_simulation, names=["simulation"])
        self.submit.observe(self._on_busy_change, names=["busy"])
        self.results.observe(self._on_busy_change, names=["busy"])
        self.cohort.observe(lambda _: self._update_locked(), names=["cohort_ids"])
        self._update_locked()
        private.PageLink.call_when_open(
            lambda: call_later(LATER_SECONDS, lambda: self._load(*self._due))
        )
        call_every(POLL_SECONDS, self.poll)
        call_every(AWAKE_SECONDS, self.stay_awake, needs_audience=False)

    @property
    def forms(self) -> dict[str, FormModel]:
        """Map the names of the forms to their models, in the order of the work."""
        return {name: getattr(self, name) for name in _FORMS}

    def is_working(self) -> bool:
        """Return whether a job of one of the forms is running or paused."""
        return any(form.busy for form in self.forms.values())

    def stay_awake(self) -> None:
        """Keep the program from being ended as idle during a job, also a paused one."""
        if self.is_working():
            private.PageLink.current().send({"alive": True})

    @property
    def current_form(self) -> str:
        """Name of the first form with something left to do."""
        rows = self.ws.ledger.rows()
        if rows:
            here = all(row.state.is_collected for row in rows)
            done = "explore" if here and "explore" not in self.locked else "results"
            return done if self._all_sent(rows) else "submit"
        self._load("cohort")
        if self.cohort.cohort is not None:
            return "cohort" if self.cohort.blocked else "submit"
        return "connect" if self.ws.service.profile is None else "cohort"

    def _all_sent(self, rows: Sequence[LedgerRow]) -> bool:
        """Return whether all studies of the latest cohort that are not excluded were sent."""
        cohort_id = self.cohort.latest
        if not cohort_id:
            return False
        ids = set(CohortStore(self.ws.folder / COHORTS).frame(cohort_id)["study_id"])
        left = ids - set(self.ws.excluded(cohort_id))
        return left <= {row.study_id for row in rows if row.state.is_sent}

    def _load_cohort(self) -> None:
        self.cohort.cohort_id = self.cohort.cohort_id or self.cohort.latest

    def _load(self, *names: str) -> None:
        """Load what some forms show, unless it is there."""
        for name in names:
            if action := self._due.pop(name, None):
                self.submit.run_safely(action)
        self.unloaded = tuple(self._due)

    def poll(self) -> None:
        """Show changes made by code, the command line or another notebook."""
        follows = [self.header.poll, self.cohort.poll, self.submit.poll, self._update_locked]
        follows.append(self.connect.keep_simulation)
        if self._shown_form == "results":
            follows.append(self.results.poll)
        for form in self.forms.values():
            form.follow_orders()
        for follow in follows:
            self.submit.run_safely(follow)  # a ledger that cannot be read now may be read next time

    def open_form(self, name: str) -> None:
        """Update a form when it is opened; the first one once the page is there."""
        self._shown_form = name
        private.PageLink.call_when_open(lambda: self._show(name))

    def _show(self, name: str) -> None:
        if name != self._shown_form:
            return  # another one was opened meanwhile
        self._load({"submit": "cohort"}.get(name, name))
        self.poll()
        if name == "submit" and not self.submit.busy:
            self.submit.run_safely(self.submit.refresh)
        if name == "explore" and self.explore.choices is None:
            self.explore.reload()

    def _on_simulation(self, change: Any) -> None:
        """Fill in the Cohort form for the simulated scans, unless they are a cohort already."""
        self.header.poll()
        if COHORT not in self.cohort.cohort_ids:
            self.cohort.set(
                folder=str(change.new.scans),
                participants=str(change.new.participants),
                cohort_id=COHORT,
            )

    def _update_locked(self) -> None:
        missing = {
            "submit": "" if self.cohort.cohort_ids else "Check the studies of a cohort first.",
            "results": "" if self._has_sent() else "Send the studies of a cohort first.",
            "explore": "" if self._has_results() else "Collect results first.",
        }
        self.locked = {name: text for name, text in missing.items() if text}

    def _has_sent(self) -> bool:
        states = {row.state for row in self.ws.ledger.rows()}
        return self.ws.results_folder.exists() or bool(states - {State.PACKAGED})

    def _has_results(self) -> bool:
        return any(self.ws.results_folder.glob("*"))

    def _on_busy_change(self, change: Any) -> None:
        """Update the other forms when a task of one form has ended."""
        if change.new:
            return
        if change.owner is self.submit:
            self.cohort.poll()
            self.results.restore()
        else:
            self.submit.run_safely(self.submit.refresh)
            if self.explore.choices is not None:
                self.explore.run_safely(self.explore.reload)
        self.submit.run_safely(self._update_locked)


_models: WeakValueDictionary[str, AppModel] = WeakValueDictionary()


def app(ws: Workspace, form: FormName | None = None) -> widgets.Widget:
    """Open the forms of a workspace: Connect, Cohort, Submit, Results, Explore.

    Parameters
    ----------
    ws
        The workspace. The forms show everything that was saved, decided, sent and collected in
        it. Two calls for one workspace return two views of the same forms.
    form
        The name of the only form to show: ``"connect"``, ``"cohort"``, ``"submit"``,
        ``"results"`` or ``"explore"``. By default all forms are shown, one tab each.

    Returns
    -------
    ipywidgets.Widget
        The forms; a notebook shows them if this is the last line of a cell.

    Raises
    ------
    OptionError
        No form has this name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Workspace(folder) as ws:
    ...     [title.split()[1] for title in app(ws).titles]
    ['Connect', 'Cohort', 'Submit', 'Results', 'Explore']
    """
    key = str(ws.folder)
    model = _models.get(key)
    if model is None or model.ws is not ws:
        model = _models[key] = AppModel(ws)
    if form is None:
        return _Page(model, _tabs(model))
    if form not in _FORMS:
        raise OptionError(f"There is no form {form!r}.", advice=f"Forms are: {', '.join(_FORMS)}.")
    model.open_form(form)
    return _Page(model, _FORMS[form](getattr(model, form)), form)


class _Page(private.VBox):
    """The header above the forms, or above one of them, and below them what the open one is for."""

    def __init__(self, model: AppModel, forms: widgets.Widget, form: str = "") -> None:
        about = private.HTML()
        super().__init__([header(model.header), forms, about], classes="nf-app")
        self.forms = forms

        def show_help(_: object = None) -> None:
            about.value = about_form(form or [*_FORMS][forms.selected_index or 0])

        if not form:
            forms.observe(show_help, names="selected_index")
        show_help()
        self.neuroflow = model  # keeps the models alive as long as the view

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the tabs."""
        found: tuple[str, ...] = self.forms.titles
        return found


def _tabs(model: AppModel) -> widgets.Tab:
    names = list(_FORMS)
    tabs = Tab([private.VBox() for _ in names], selected_index=names.index(model.current_form))

    def draw_form() -> None:
        """Draw the open form; the others are drawn when they are opened."""
        name = names[tabs.selected_index or 0]
        place = tabs.children[tabs.selected_index or 0]
        if name in model.locked:
            place.children = [_locked_page(model, tabs, name)]
        elif not hasattr(place, "neuroflow"):
            place.neuroflow = _FORMS[name](getattr(model, name))
            place.children = [place.neuroflow]
            if name != names[-1]:
                place.neuroflow.children += (_next_step(model, tabs, name),)

    def on_tab_change(_change: Any) -> None:
        model.open_form(names[tabs.selected_index or 0])
        draw_form()

    tabs.observe(on_tab_change, names=["selected_index"])
    model.observe(lambda _: draw_form(), names=["locked"])
    for number, name in enumerate(names):
        _bind_title(tabs, model, number, name)
    on_tab_change(None)
    return tabs


def _locked_page(model: AppModel, tabs: widgets.Tab, name: str) -> private.VBox:
    """Show what is missing before a form opens, with a button to the form that comes first."""
    names = list(_FORMS)
    before = [each for each in names[: names.index(name)] if each not in model.locked][-1]

    def go() -> None:
        tabs.selected_index = names.index(before)

    way = button(
        model.forms[name],
        f"Go to {before.capitalize()}",
        f"Open the {before.capitalize()} form",
        go,
    )
    words = f"<h2>{name.capitalize()}</h2><p>{html.badge('', model.locked[name])}</p>"
    return framed(private.HTML(words), private.HBox([way]))


def _next_step(model: AppModel, tabs: widgets.Tab, name: str) -> private.HBox:
    """Offer the next form once it has something to do."""
    names = list(_FORMS)
    following = names[names.index(name) + 1]

    def go() -> None:
        tabs.selected_index = names.index(following)

    words = f"Next: {following.capitalize()}"
    hint = f"Open the {following.capitalize()} form"
    way = button(model.forms[name], words, hint, go, icon="arrow-right")
    own = model.forms[name]

    def update() -> None:
        is_done = own.tone == "good" if name == "connect" else following not in model.locked
        set_visible(way, is_done and not own.busy)

    bind(own, ["tone", "busy"], update)
    model.observe(lambda _: update(), names=["locked"])
    row = private.HBox([way], classes="nf-end")
    return row


def _bind_title(tabs: widgets.Tab, model: AppModel, number: int, name: str) -> None:
    """Keep a tab's title up to date: its number and name, and below them its state."""
    form, place = model.forms[name], number + 1
    shown = ""

    def update() -> None:
        nonlocal shown
        is_loaded = {"submit": "cohort"}.get(name, name) not in model.unloaded
        tone, word = step_of(name, form, is_locked=name in model.locked, is_loaded=is_loaded)
        tabs.set_title(number, f"{place} {name.capitalize()}\n{html.SYMBOLS[tone]} {word}")
        if tone != shown:
            tabs.remove_class(f"nf-{place}-{shown}")
            shown = tone
            if tone:
                tabs.add_class(f"nf-{place}-{tone}")

    bind(form, traits_of(name), update)
    model.observe(lambda _: update(), names=["locked", "unloaded"])
