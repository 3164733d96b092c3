"""Fields of the Explore form, linked to the traits of its model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from traitlets import link

from neuroflow.errors import OptionError
from neuroflow.escaping import visible
from neuroflow.widgets.common import (
    AS_WIDE,
    LABEL_WIDTH,
    FormModel,
    bind,
    button,
    cure_on_change,
    field,
    html,
    private,
)
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.question import ALPHA, BY_EFFECT, SIGNIFICANT

METHODS = (
    ("linear model", "linear"),
    ("Welch's t-test", "welch"),
    ("Mann-Whitney U test", "mannwhitney"),
)
STANDARD_ERRORS = (
    ("ordinary", "none"),
    ("robust to unequal variance (HC3)", "HC3"),
    ("cluster-robust, keeps all visits", "cluster"),
)
CORRECTIONS = (
    ("Benjamini-Hochberg", "bh"),
    ("Holm", "holm"),
    ("Bonferroni", "bonferroni"),
    ("none", "none"),
)
SHOWN = (
    ("all regions", ""),
    (f"only those that differ (q < {ALPHA})", SIGNIFICANT),
    *((f"the {n} largest effects", str(n)) for n in (10, 20, 40)),
)
ORDERS = (("by system", ""), ("by size of effect", BY_EFFECT))
GRID = {
    "grid_template_columns": "repeat(auto-fill, minmax(var(--nf-card), 1fr))",
    "grid_gap": "var(--nf-space-2) var(--nf-space-4)",
}
GRID_OF_THREE = {
    **GRID,
    "grid_template_columns": "repeat(auto-fill, minmax(calc(var(--nf-card) * 0.75), 1fr))",
}
"""As `GRID`, for fields of which three fit beside the question."""
NARROW = {"style": {"description_width": LABEL_WIDTH}}


class _Filling:
    """Marks changes that the form makes to its own fields: only those by the user are choices."""

    is_on = False

    def __enter__(self) -> None:
        self.is_on = True

    def __exit__(self, *_: object) -> None:
        self.is_on = False


def _options(model: ExploreModel, name: str) -> list[tuple[str, str]]:
    """Return the options of a menu as pairs of label and value."""
    known = model.choices
    if known is None:
        return []
    fixed = {
        "method": METHODS,
        "robust": STANDARD_ERRORS,
        "correction": CORRECTIONS,
        "shown": SHOWN,
        "order": ORDERS,
    }
    if name in fixed:
        return list(fixed[name])
    if name == "visit":
        ends = [("all visits", ""), ("first", "first"), ("last", "last")]
        return [*ends, *((f"session {session}", session) for session in known.sessions)]
    if name == "contrast":
        return [(text, text) for text in model.contrasts]
    first = {"cohort": [("all", "")], "reference": [("all pairs of groups", "")]}
    names = {"cohort": known.cohorts, "reference": known.groups, "metric": known.metrics}
    return [*first.get(name, []), *((text, text) for text in names[name])]


def menu(
    model: ExploreModel, name: str, label: str, description: str, changed: str = "choices"
) -> Any:
    """Return a menu linked to a trait, with options from the results."""
    box = field(private.Dropdown, label, description, layout={"width": "98%"}, **NARROW)
    return _bind_options(model, name, box, lambda: _options(model, name), changed)


def tick_box(model: ExploreModel, name: str, label: str, description: str) -> Any:
    """Return a box to tick, linked to a trait that is true or false."""
    box = private.Checkbox(description=label, tooltip=description, indent=False)
    link((model, name), (box, "value"))
    return box


def tick_list(model: ExploreModel, name: str, label: str, description: str) -> private.VBox:
    """Return boxes to tick, linked to a trait that holds the ticked ones."""
    boxes = private.Box(classes="nf-ticks")

    def box_of(option: str) -> Any:
        box = private.Checkbox(
            description=visible(option),
            tooltip=visible(f"{label}: {option}"),
            value=option in getattr(model, name),
            indent=False,
            layout=AS_WIDE,
        )
        box.observe(lambda _: model.run_safely(choose), names="value")
        return box

    ticks: dict[str, Any] = {}
    filling = _Filling()

    def choose() -> None:
        if not filling.is_on:
            model.set(**{name: tuple(option for option, box in ticks.items() if box.value)})

    def follow() -> None:
        offered = () if model.choices is None else tuple(getattr(model.choices, name))
        if offered != tuple(ticks):
            ticks.clear()
            ticks.update({option: box_of(option) for option in offered})
            boxes.children = tuple(ticks.values())
        chosen = set(getattr(model, name))
        with filling:
            for option, box in ticks.items():
                box.value = option in chosen

    bind(model, ["choices", name], follow)
    head = private.HTML(
        f'<p>{html.text(label)} <span class="nf-dim">{html.text(description)}</span></p>'
    )
    return private.VBox([head, boxes], layout={"width": "98%"})


def _bind_options(
    model: ExploreModel, name: str, box: Any, offered: Callable[[], Sequence[Any]], changed: str
) -> Any:
    """Link the value of a box to a trait, and its options to another."""
    filling = _Filling()  # new options reset the value

    def choose(change: Any) -> None:
        if change.new is not None and not filling.is_on:
            model.set(**{name: change.new})

    def follow() -> None:
        options = tuple(offered())
        with filling:
            if options != tuple(box.options):
                box.options = options
            if options and box.value != getattr(model, name):
                box.value = getattr(model, name)

    bind(model, [changed, name], follow)
    box.observe(lambda change: model.run_safely(lambda: choose(change)), names="value")
    return box


def search_box(model: ExploreModel, label: str) -> Any:
    """Return the field that searches regions by words."""
    words = field(
        private.Text,
        label,
        "Only regions whose names contain these words; separate alternatives with commas",
        placeholder="putamen, scp",
        continuous_update=False,
        layout={"width": "98%"},
        **NARROW,
    )
    link((model, "search"), (words, "value"))
    return words


def name_box(label: str, description: str) -> Any:
    """Return a text box that completes names."""
    return field(
        private.Combobox,
        label,
        description,
        layout={"width": "98%"},
        continuous_update=False,
        placeholder="type to search",
        **NARROW,
    )


def reset_row(
    model: FormModel,
    label: str,
    names: Mapping[str, str],
    first: Callable[[], Mapping[str, Any]],
) -> list[Any]:
    """Return a button that sets fields back to how the form opens, and which ones it has set."""
    done = private.HTML()
    filling = _Filling()

    def differing() -> list[str]:
        values = first()
        return [
            name
            for name in names
            if name in values and _in_order(getattr(model, name)) != _in_order(values[name])
        ]

    def reset() -> None:
        changed, values = differing(), first()
        with filling:
            model.set(**{name: values[name] for name in changed})
        words = ", ".join(dict.fromkeys(names[name] for name in changed))
        done.value = f'<span role="status" class="nf-dim">Set back: {html.text(words)}.</span>'

    way = button(model, label, "Set these fields back to how the form opens", reset, icon="undo")

    def follow() -> None:
        way.disabled = not differing()
        if not filling.is_on:
            done.value = ""

    bind(model, list(names), follow)
    return [way, done]


def _keys_in_table(model: ExploreModel) -> dict[str, str]:
    """Map the names of regions in the table of effects to region keys."""
    if model.effects is None:
        return {}
    from neuroflow.plot import region_labels

    return dict(zip(region_labels(model.effects), model.effects["region"], strict=True))


def _in_order(value: Any) -> Any:
    """Return a value to compare: of what is ticked, the order does not count."""
    return sorted(value) if isinstance(value, tuple) else value


def bind_name(model: ExploreModel, trait: str, box: Any, changed: list[str]) -> None:
    """Link a box of names to a trait that holds the key of the name."""
    names: dict[str, str] = {}  # from key to name
    filling = _Filling()

    def follow() -> None:
        fresh = model.region_names if trait == "region" else model.study_names
        with filling:
            if fresh != names:
                names.clear()
                names.update(fresh)
                box.options = tuple(names.values())
            box.value = names.get(getattr(model, trait), "")

    def choose(name: str) -> None:
        if filling.is_on:
            return
        keys = {known: key for key, known in names.items()}
        if trait == "region":  # as the table calls it, too
            keys = _keys_in_table(model) | keys
        elif not name:
            keys[""] = ""  # no study is chosen
        if name in keys:
            model.set(**{trait: keys[name]})
        elif name:
            raise OptionError(
                f"There is no {box.description.lower()} {name!r} here.",
                advice="Choose one of the list that opens while you type.",
                about=trait,
            )
        follow()

    bind(model, [*changed, trait], follow)
    cure_on_change(model, box, trait)  # first: the new name may be wrong, too
    box.observe(lambda change: model.run_safely(lambda: choose(change.new)), names="value")
