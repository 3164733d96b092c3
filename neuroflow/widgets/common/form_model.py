"""Base model of the forms: one task at a time, progress, errors until they are cured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event as ThreadEvent
from typing import Any, ClassVar, TypeVar

from traitlets import Bool, Dict, HasTraits, Instance, Tuple, Unicode, observe

from neuroflow.errors import NeuroflowError, OptionError
from neuroflow.models import Event
from neuroflow.widgets.common.background import BackgroundTask, Work
from neuroflow.widgets.common.progress import Progress
from neuroflow.widgets.common.study_labels import study_labels

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the forms show it."""

    what: str  # As in `neuroflow.errors.NeuroflowError`.
    why: str = ""
    advice: str = ""
    anchor: str = ""
    at: str = ""  # The field that is wrong, if the form shows the problem there
    action: str = field(default="", compare=False)  # The button after which it was shown

    @classmethod
    def of(cls, error: Exception, label: str = "") -> Problem:
        """Describe an error in the wording for forms, with the label of its study."""
        if isinstance(error, NeuroflowError):
            worded = error.worded_for("form")
            name = f"{label} ({error.study_id})" if label else error.study_id
            subject = f"Study {name}: " if name else ""
            return cls(subject + worded.what, worded.why, worded.advice, error.anchor)
        return cls(
            "Something unexpected went wrong; the form can still be used.",
            f"{type(error).__name__}: {error}",
            "If it happens again, report it with the text above.",
        )


class FormModel(HasTraits):
    """State of a form, without a display."""

    busy = Bool(False)
    can_stop = Bool(False)
    stopping = Bool(False)
    can_pause = Bool(False)
    paused = Bool(False)
    activity = Unicode("")
    notice = Unicode("")
    progress = Instance(Progress, args=())
    problems = Tuple()
    tone = Unicode("")
    wrong = Dict()  # what is wrong in a field as it stands, by its name
    fields = Tuple()  # those below which the view shows their problems
    places: ClassVar[Mapping[type[Exception], str]] = {}
    """The fields that errors of these kinds are about, if the error itself names none."""

    def __init__(self, **traits: Any) -> None:
        self._paused_at: datetime | None = None
        super().__init__(**traits)
        self.last_error: Exception | None = None
        self._task: BackgroundTask[Any] | None = None
        self._pause = ThreadEvent()
        self._action = ""

    def run(
        self,
        activity: str,
        work: Work[Result],
        done: Callable[[Result], None],
        *,
        can_stop: bool = False,
        can_pause: bool = False,
    ) -> None:
        """Start a task in the background; the same task is not started twice."""
        if not self.can_start(activity):
            return
        self._pause.clear()
        self.set(
            can_stop=can_stop,
            can_pause=can_pause,
            stopping=False,
            paused=False,
            activity=activity,
            progress=Progress(),
            notice="",
        )
        self.busy = True
        action = self._action

        def failed(error: Exception) -> None:
            self._action = action
            self.report_error(error)
            self._action = ""

        self._task = BackgroundTask(
            work,
            on_events=self._on_events,
            on_done=lambda result: self._finish(lambda: done(result)),
            on_error=lambda error: self._finish(lambda: failed(error)),
        )

    def can_start(self, activity: str) -> bool:
        """Return whether a task can start; False for a second click, an error for another task."""
        if self.busy and activity != self.activity:
            raise OptionError(
                "This has to wait: another task is running in this form.",
                why=f"Running now: {self.activity}.",
                advice="Try again when it has finished.",
            )
        return not self.busy

    def stop(self) -> None:
        """Ask the task to finish what it has started and to start nothing else."""
        if self._task is not None and self.busy:
            self.stopping = True
            self._task.stop.set()

    def toggle_pause(self) -> None:
        """Ask the task to pause, or to continue."""
        if self.busy and self.can_pause:
            (self._pause.clear if self.paused else self._pause.set)()
            self.paused = not self.paused

    def follow_orders(self) -> None:
        """Show that another program paused, resumed or stopped the task."""
        if self.busy and self._task is not None:
            self.paused = self.can_pause and self._pause.is_set()
            self.stopping = self._task.stop.is_set()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the task and those that it starts; for scripts and tests."""
        job = None
        while job is not self._task:
            job = self._task
            if job is not None and not job.join(timeout):
                return False
        return True

    def run_safely(self, action: Callable[[], object], name: str = "") -> None:
        """Call an action and show any exception as a problem; the form stays usable."""
        if name:
            # Those of the last use of this button are removed first.
            self.problems = tuple(each for each in self.problems if each.action != name)
            self._action = name
        try:
            action()
        except Exception as error:  # noqa: BLE001  the edge of the page: nothing may fail silently
            self.report_error(error)
        finally:
            self._action = "" if name else self._action

    def report_error(self, error: Exception, at: str = "") -> None:
        """Show an error at a field, by default at the one that it is about; once."""
        self.last_error = error
        place = at or self.place_of(error)
        problem = replace(Problem.of(error, self._label_of(error)), action=self._action, at=place)
        if problem not in self.problems:
            self.problems = (*self.problems, problem)

    def _label_of(self, error: Exception) -> str:
        """Return how the study of an error is called in the forms; empty if it is unknown."""
        study, ws = getattr(error, "study_id", None), getattr(self, "ws", None)
        if not study or ws is None:
            return ""
        with suppress(NeuroflowError):  # a damaged map is reported by what needs it
            return study_labels(ws).get(study, "")
        return ""

    def place_of(self, error: Exception) -> str:
        """Return the field that an error is about; empty if it is about none."""
        usual = (name for kind, name in self.places.items() if isinstance(error, kind))
        return getattr(error, "about", "") or next(usual, "")

    def not_at_fields(self, lines: Iterable[str]) -> list[str]:
        """Return the lines that do not stand at a field already."""
        return [line for line in lines if line not in self.wrong.values()]

    def cure(self, *fields: str) -> None:
        """Remove the problems of fields that were changed."""
        if any(problem.at in fields for problem in self.problems):
            self.problems = tuple(other for other in self.problems if other.at not in fields)

    def notify_change(self, change: Any) -> None:
        """Remove the problems of a field that was changed, then call those who observe it."""
        self.cure(change.name)
        super().notify_change(change)

    def dismiss(self, problem: Problem) -> None:
        """Remove a problem from the list."""
        self.problems = tuple(other for other in self.problems if other != problem)

    def set(self, **traits: Any) -> None:
        """Change several traits; observers are notified once all have changed."""
        with self.hold_trait_notifications():
            for name, value in traits.items():
                self.set_trait(name, value)

    @observe("paused")
    def _leave_out_pause(self, change: Any) -> None:
        now = datetime.now(UTC)
        if not change.new and self._paused_at is not None:
            self.progress = self.progress.after_pause(self._paused_at, now)
        self._paused_at = now if change.new else None

    def _on_events(self, events: Sequence[Event]) -> None:
        self.progress = self.progress.after(events)

    def _finish(self, show_outcome: Callable[[], None]) -> None:
        # Not busy first: `show_outcome` may start the next task.
        self.set(busy=False, stopping=False, paused=False, activity="")
        self.run_safely(show_outcome)
