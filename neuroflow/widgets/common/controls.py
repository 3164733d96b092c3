"""Controls that the forms are built from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from neuroflow.escaping import visible
from neuroflow.widgets.common import html, private
from neuroflow.widgets.common.form_model import FormModel

# The widths are those of the design sheet.
FIELD_WIDTH = "var(--nf-field)"
LABEL_WIDTH = "var(--nf-label)"
LABEL_WIDE = "var(--nf-label-wide)"
"""Of labels that name a study."""
SHORT = {"width": "var(--nf-field-short)"}
"""Layout of a field with little in it."""
AS_WIDE = {"width": "auto"}
"""Layout of a control that is as wide as its words."""
WRAP_ROW = {"flex_flow": "row wrap"}
"""Layout of a row of controls that wraps in a narrow window."""
Rank = Literal["primary", "plain", "quiet", "danger"]
"""How much a button asks to be pressed: one of a form is primary; danger removes something."""


def form(*children: Any, is_wide: bool = False) -> private.VBox:
    """Stack the parts of a form, with the script and the style sheets of their page."""
    classes = "nf-form nf-wide" if is_wide else "nf-form"
    return private.VBox([private.PageLink.current(), *children], classes=classes)


def side_by_side(ask: Sequence[Any], listed: Sequence[Any], decide: Sequence[Any] = ()) -> Any:
    """Return what is asked, what is listed and what is decided, in two columns where they fit."""
    parts = {"nf-ask": ask, "nf-listed": listed, "nf-decide": decide}
    boxes = [private.VBox(list(own), classes=name) for name, own in parts.items() if own]
    return private.Box(boxes, classes="nf-work")


def field(kind: type[Any], label: str, description: str, **options: Any) -> Any:
    """Return a control with a label and a description (tooltip, also for screen readers)."""
    options.setdefault("layout", {"width": FIELD_WIDTH})
    options.setdefault("style", {"description_width": LABEL_WIDTH})
    return kind(description=visible(label), tooltip=visible(description), **options)


def button(
    model: FormModel,
    label: str,
    description: str,
    action: Callable[[], object],
    *,
    rank: Rank = "plain",
    **options: Any,
) -> private.Button:
    """Return a button whose errors are shown in its form."""
    made = private.Button(
        description=visible(label),
        tooltip=visible(description),
        button_style=_style_of(rank),
        classes="nf-quiet" if rank == "quiet" else "",
        **options,
    )
    made.on_click(lambda _: model.run_safely(action, label))
    return made


def set_rank(made: private.Button, rank: Literal["primary", "plain"]) -> None:
    """Change which button of a form asks to be pressed."""
    made.button_style = _style_of(rank)


def _style_of(rank: Rank) -> str:
    """Return what ipywidgets calls the style of a button."""
    return rank if rank in {"primary", "danger"} else ""


def in_row(*controls: Any) -> private.HBox:
    """Lay out fields and buttons in a row that wraps, each label as wide as its words."""
    return private.HBox(list(controls), classes="nf-row")


def on_enter(control: Any, target: private.Button) -> None:
    """Let Enter in a field of text press a button, unless it is off."""

    def pressed(_control: Any, message: Any, _buffers: Any) -> None:
        if message.get("event") == "submit" and not target.disabled:
            target.click()

    control.on_msg(pressed)


def bind(model: FormModel, names: list[str], update: Callable[[], None]) -> None:
    """Call a function now and whenever one of the named traits changes."""
    model.observe(lambda _: model.run_safely(update), names=names)
    update()


def disable_while_busy(model: FormModel, *controls: Any) -> None:
    """Disable controls while a task of their form is running."""

    def update() -> None:
        for control in controls:
            control.disabled = model.busy

    bind(model, ["busy"], update)


def set_options(menu: Any, options: Sequence[Any], value: Any) -> None:
    """Set the options of a menu and select one of them."""
    if list(menu.options) != list(options):
        menu.value = None  # new options would keep the position of the old selection
        menu.options = options
    menu.value = value


def set_visible(widget: Any, visible: bool) -> None:
    """Show or hide a widget."""
    widget.set_visible(visible)


def drawn_when(
    model: FormModel,
    names: list[str],
    is_shown: Callable[[], bool],
    draw: Callable[[], Sequence[Any]],
) -> private.VBox:
    """Return a place for controls that are made when they are shown for the first time."""
    place = private.VBox()

    def update() -> None:
        shown = is_shown()
        if shown and not place.children:
            place.children = tuple(draw())
        set_visible(place, shown)

    bind(model, names, update)
    return place


def folded(
    label: str,
    description: str,
    body: private.VBox,
    draw: Callable[[], Sequence[Any]] = tuple,
) -> private.VBox:
    """Return a button above what it shows and hides; `draw` fills an empty body when opened."""
    return private.VBox([fold_switch(label, description, body, draw), body])


def fold_switch(
    label: str,
    description: str,
    body: private.Box,
    draw: Callable[[], Sequence[Any]] = tuple,
) -> private.ToggleButton:
    """Return the button that shows and hides a body which stands elsewhere."""
    switch = private.ToggleButton(
        description=label,
        tooltip=description,
        layout=AS_WIDE,
    )

    def follow(_: object = None) -> None:
        if switch.value and not body.children:
            body.children = draw()
        set_visible(body, switch.value)
        switch.icon = "chevron-down" if switch.value else "chevron-right"

    switch.observe(follow, names="value")
    follow()
    return switch


def problem_list(model: FormModel) -> private.VBox:
    """Draw the problems of a form, each with a button that dismisses it."""
    box = private.VBox([])
    rows: dict[Any, private.HBox] = {}

    def row(problem: Any) -> private.HBox:
        dismiss = button(
            model,
            "Dismiss",
            f"Dismiss: {problem.what}",
            lambda: model.dismiss(problem),
            rank="quiet",
        )
        return private.HBox([private.HTML(html.problem(problem)), dismiss])

    def update() -> None:
        due = [problem for problem in model.problems if problem.at not in model.fields]
        gone = [problem for problem in rows if problem not in due]
        for problem in due:
            if problem not in rows:
                rows[problem] = row(problem)
        box.children = [rows[problem] for problem in due]
        for problem in gone:
            rows.pop(problem).close()

    bind(model, ["problems", "fields"], update)
    return box


def problems_at(model: FormModel, box: Any, fields: Mapping[str, Any]) -> Any:
    """Show the problems of fields below them, in the box that holds them; return the box."""
    # Made when a problem is reported, and removed when it is cured.
    places: dict[str, private.HTML] = {}

    def update() -> None:
        due = {name: html.problems_of(name, model.problems, model.wrong) for name in fields}
        due = {name: f'<div class="nf-at">{words}</div>' for name, words in due.items() if words}
        gone = [places.pop(name) for name in [*places] if name not in due]
        for name, words in due.items():
            places.setdefault(name, private.HTML(layout={"width": FIELD_WIDTH})).value = words
        own = [child for child in box.children if child not in (*gone, *places.values())]
        follows = {id(control): places[name] for name, control in fields.items() if name in places}
        rows = [[child, follows.get(id(child))] for child in own]
        shown = tuple(part for row in rows for part in row if part is not None)
        if shown != tuple(box.children):
            box.children = shown
        for place in gone:
            place.close()

    model.fields = tuple(dict.fromkeys((*model.fields, *fields)))
    bind(model, ["problems", "wrong"], update)
    return box


def cure_on_change(model: FormModel, control: Any, name: str) -> None:
    """Remove the problems of a field that is no trait of the model when its control changes."""
    control.observe(lambda _: model.cure(name), names="value")


def task_status(model: FormModel, *, keep: bool = True) -> private.VBox:
    """Draw the running task with progress bars, Pause and Stop, then its outcome."""
    bars = private.HTML()
    status = private.HTML()
    stop = button(model, "Stop", "Finish what has started and start nothing else", model.stop)
    pause = button(model, "Pause", "Pause or continue; nothing is lost", model.toggle_pause)

    def update_bars() -> None:
        names = getattr(model, "labels", None)
        is_running = model.busy and not model.paused  # paused there is no rate
        bars.value = html.progress(model.progress, names, is_running=is_running)
        set_visible(bars, keep or model.busy)

    def update() -> None:
        set_visible(stop, model.can_stop and model.busy)
        set_visible(pause, model.can_pause and model.busy)
        stop.disabled = pause.disabled = model.stopping
        pause.description = "Continue" if model.paused else "Pause"
        tone = model.tone if model.tone in html.SYMBOLS else ""
        line = html.badge("wait", _activity_text(model)) if model.busy else ""
        if model.notice and not model.busy:
            line = html.badge(tone, model.notice)
        status.value = f'<div role="status" class="nf-notice">{line}</div>' if line else ""

    bind(model, ["progress", "busy", "paused"], update_bars)
    names = ["busy", "can_stop", "stopping", "can_pause", "paused", "activity", "notice", "tone"]
    bind(model, names, update)
    line = in_row(status, pause, stop)
    return private.VBox([line, bars])


def _activity_text(model: FormModel) -> str:
    count = len(model.progress.in_flight)
    if model.stopping:
        what = {0: "what has started", 1: "the study in progress"}
        return f"Stopping: finishing {what.get(count, f'the {count} studies in progress')} …"
    return "Paused. Nothing is sent until you continue." if model.paused else f"{model.activity} …"
