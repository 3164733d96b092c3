"""Figures of a form: drawn one after the other, and ahead of what may be asked for next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from traitlets import Bool, Dict, Float, Tuple

from neuroflow.errors import NeuroflowError
from neuroflow.widgets.common import FormModel, IdleWork, Problem, call_soon
from neuroflow.widgets.explore.figures.kept import KeptPictures
from neuroflow.widgets.explore.figures.render import Look
from neuroflow.widgets.explore.steps import Call

QUICK = "strip"
"""The figure that is drawn first: what was clicked for, and soon there."""


class FiguresModel(FormModel):
    """The figures of an answer. What a click may ask for is drawn while nobody asks."""

    views = Tuple(("forest", QUICK, "brain"))
    pictures = Dict()
    drawing = Tuple()  # the views whose pictures are due
    dark = Bool(False)
    ratio = Float(1.0)  # pixels of the screen per CSS pixel

    def __init__(self, *, defer: Callable[[Callable[[], None]], None] = call_soon) -> None:
        super().__init__()
        self._defer = defer
        self._scope: dict[str, Any] = {}
        self._drawn: dict[str, object] = {}
        self._kept = KeptPictures()
        self._idle = IdleWork()
        self._due: set[Callable[[], None]] = set()

    @property
    def note(self) -> str:
        """What stands below each figure."""
        return ""

    @property
    def look(self) -> Look:
        """How the page shows figures."""
        return Look(self.dark, self.ratio, self.note)

    def step(self, view: str) -> Call:
        """Return the step that draws a view."""
        raise NotImplementedError

    def steps_ahead(self) -> Iterable[Call]:
        """Return the steps of what may be asked for next, the likeliest first."""
        return ()

    def describe_figures(self) -> None:
        """Show the texts that follow the figures."""

    def update_figures(self) -> None:
        """Show what has changed: pictures that are there, then texts, then all other pictures."""
        self._idle.give_up()
        due = self._outdated_views()
        self._draw(due, [view for view, how in due.items() if view == QUICK or self._has(how)])
        self._later(self._describe)

    def _has(self, how: Call | str) -> bool:
        return self._kept.has(how, self._scope, self.look)

    def _outdated_views(self) -> dict[str, Call | str]:
        """Return the outdated views, each with the step that draws it or the reason it cannot."""
        due: dict[str, Call | str] = {}
        for view in sorted(self.views, key=lambda name: name != QUICK):
            try:
                how: Call | str = self.step(view)
            except NeuroflowError as error:
                how = Problem.of(error).what
            if self._drawn.get(view) != (how, self.look):
                due[view] = how
        return due

    def _draw(self, due: Mapping[str, Call | str], views: Sequence[str]) -> None:
        """Draw some of the views that are due, and show which are due still."""
        self._drawn.update({view: (due[view], self.look) for view in views})
        drawn = {view: self._kept.picture(due[view], self._scope, self.look) for view in views}
        left = tuple(view for view in due if view not in drawn)
        self.set(pictures={**self.pictures, **drawn}, drawing=left)

    def _describe(self) -> None:
        self.describe_figures()
        self._later(self._draw_next)

    def _draw_next(self) -> None:
        """Draw one figure and the others after pending events; at last, what may be asked for."""
        if due := self._outdated_views():
            self._draw(due, list(due)[:1])
            self._later(self._draw_next)
        else:
            self._idle.begin(self._draw_ahead())

    def _draw_ahead(self) -> Iterator[None]:
        """Draw what may be asked for next, one picture at each step."""
        for how in self.steps_ahead():
            if self.busy:
                return
            if not self._has(how):
                self._kept.picture(how, self._scope, self.look)
                yield

    def _later(self, action: Callable[[], None]) -> None:
        """Act after pending events; once, however often this is asked for meanwhile."""

        def act() -> None:
            self._due.discard(action)
            self.run_safely(action)

        if action not in self._due:
            self._due.add(action)
            self._defer(act)
