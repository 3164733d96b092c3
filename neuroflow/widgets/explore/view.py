"""The Explore form: compare groups; a selected region or study is shown in all figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets
from traitlets import link

from neuroflow.widgets.common import (
    ClickableFigure,
    bind,
    button,
    field,
    form,
    html,
    problem_list,
    set_visible,
    task_status,
)
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.question import VIEWS
from neuroflow.widgets.explore.table import effects_table

VIEW_LABELS = {
    "strip": (
        "Strip",
        "The value of every study in the selected region; click a study to select it",
    ),
    "heatmap": ("Heatmap", "Deviation of each study from the controls, in every region"),
    "forest": ("Forest", "Effects with confidence intervals, region by region"),
    "volcano": ("Volcano", "Effect size against p value"),
    "profile": ("Profile", "The selected study compared with the controls, region by region"),
    "brain": ("Brain", "The selected contrast on the brain"),
}
"""Name and description of each view."""
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


def explore_form(model: ExploreModel) -> widgets.VBox:
    """Draw the Explore form."""
    again = button(
        model, "Reload results", "Load results collected since then", model.reload, icon="refresh"
    )
    empty, work = widgets.HTML(), task_status(model, keep=False)
    body = widgets.VBox([_question(model), _selection(model), _views(model), _answer(model)])

    def update() -> None:
        set_visible(body, model.choices is not None)
        set_visible(work, model.busy)  # saved files are listed beside the export buttons
        missing = model.choices is None and not model.busy
        empty.value = (
            "<p>No results have been collected yet: see the Results form.</p>" if missing else ""
        )

    bind(model, ["choices", "busy"], update)
    whole = form(
        widgets.HTML("<h2>Explore</h2><p>Compare groups of studies, region by region.</p>"),
        problem_list(model),
        widgets.HBox([again]),
        empty,
        work,
        body,
    )
    whole.add_class("nf-wide")
    return whole


# -------------------------------------------------------------------------- question


def _question(model: ExploreModel) -> widgets.VBox:
    found = widgets.HTML()
    controls = [
        _menu(model, "cohort", "Cohort", "Which cohort; all cohorts together if none is selected"),
        _menu(model, "visit", "Visit", "Which visit of each participant is used"),
        _menu(model, "metric", "Metric", "The measured quantity"),
        _menu(
            model,
            "reference",
            "Compare with",
            "The reference group: every other group is compared with it",
        ),
        _multiple_menu(model, "groups", "Groups", "Which groups; all if none is selected"),
        _multiple_menu(model, "covariates", "Adjust for", "Covariates of the linear model"),
        _multiple_menu(
            model, "systems", "Systems", "Only regions of these systems; all if none is selected"
        ),
        _search(model),
        _menu(model, "method", "Model", "Statistical method for comparing groups"),
        _menu(model, "robust", "Standard errors", "Standard errors of the linear model"),
        _menu(model, "correction", "Correction", "Correction of p values for multiple comparisons"),
    ]

    def update() -> None:
        if model.choices is None:
            return
        found.value = f'<p class="nf-dim" role="status">{html.text(answer_summary(model))}</p>'

    bind(model, ["effects", "choices"], update)
    grid = widgets.GridBox(controls, layout={**_GRID, "align_items": "flex-start"})
    how = widgets.HTML(
        '<p class="nf-dim">If no group or system is selected, all are used. Hold Ctrl '
        "(Cmd on a Mac) and click to select several or to deselect.</p>"
    )
    return widgets.VBox([how, grid, found])


def answer_summary(model: ExploreModel) -> str:
    """Return how many regions were compared, and why others were not."""
    effects, total = model.effects, len(model.region_names)
    if effects is None:
        return f"0 of {total} regions are compared."
    answered = effects["estimate"].notna()
    n = effects.loc[answered, "region"].nunique()
    status = f"{n} of {total} regions are compared"
    status += "; p values are corrected over these." if n else "."
    reasons = Counter(effects.loc[~answered, "reason"]).most_common(1)
    if reasons:
        status += (
            f" {(~answered).sum()} of {len(effects)} comparisons could not be made, most often: "
        )
        status += f"{reasons[0][0]}."
    return status


def _options(model: ExploreModel, name: str) -> list[tuple[str, str]]:
    """Return the options of a menu as pairs of label and value."""
    known = model.choices
    if known is None:
        return []
    fixed = {"method": METHODS, "robust": STANDARD_ERRORS, "correction": CORRECTIONS}
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


def _menu(
    model: ExploreModel, name: str, label: str, description: str, changed: str = "choices"
) -> Any:
    """Return a menu linked to a trait, with options from the results."""
    menu = field(widgets.Dropdown, label, description, layout={"width": "98%"}, **_NARROW)
    return _bind_options(model, name, menu, lambda: _options(model, name), changed)


def _multiple_menu(model: ExploreModel, name: str, label: str, description: str) -> Any:
    """Return a multiple-choice list linked to a trait."""
    listed = field(
        widgets.SelectMultiple, label, description, layout={"width": "98%"}, rows=4, **_NARROW
    )

    def offered() -> tuple[str, ...]:
        return () if model.choices is None else tuple(getattr(model.choices, name))

    return _bind_options(model, name, listed, offered, "choices")


def _bind_options(
    model: ExploreModel, name: str, box: Any, offered: Callable[[], Sequence[Any]], changed: str
) -> Any:
    """Link the value of a box to a trait, and its options to another."""
    is_filling = False

    def choose(change: Any) -> None:
        # New options reset the value; only changes by the user count.
        if change.new is not None and not is_filling:
            model.set(**{name: change.new})

    def follow() -> None:
        nonlocal is_filling
        options = tuple(offered())
        is_filling = True
        try:
            if options != tuple(box.options):
                box.options = options
            if options and box.value != getattr(model, name):
                box.value = getattr(model, name)
        finally:
            is_filling = False

    bind(model, [changed, name], follow)
    box.observe(lambda change: model.run_safely(lambda: choose(change)), names="value")
    return box


def _search(model: ExploreModel) -> Any:
    words = field(
        widgets.Text,
        "Find regions",
        "Only regions whose names contain these words; separate alternatives with commas",
        placeholder="putamen, scp",
        continuous_update=False,
        layout={"width": "98%"},
        **_NARROW,
    )
    link((model, "search"), (words, "value"))
    return words


_GRID = {"grid_template_columns": "repeat(auto-fill, minmax(330px, 1fr))", "grid_gap": "4px 16px"}
_NARROW = {"style": {"description_width": "110px"}}

# -------------------------------------------------------------------------- selection


def _selection(model: ExploreModel) -> widgets.GridBox:
    region = _name_box(
        "Region",
        "The region of strip, profile and brain; also selected by clicking the table or a figure",
    )
    study = _name_box(
        "Study",
        "The study shown in the profile and in Results; also selected by clicking the strip",
    )
    contrast = _menu(
        model, "contrast", "Contrast", "The comparison shown in volcano and brain", "contrasts"
    )
    _bind_name(model, "region", region, ["choices"])
    _bind_name(model, "study_id", study, ["names"])
    return widgets.GridBox([contrast, region, study], layout={**_GRID, "margin": "10px 0 0"})


def _name_box(label: str, description: str) -> Any:
    """Return a text box that completes names."""
    return field(
        widgets.Combobox,
        label,
        description,
        layout={"width": "98%"},
        ensure_option=True,
        continuous_update=False,
        placeholder="type to search",
        **_NARROW,
    )


def _bind_name(model: ExploreModel, trait: str, box: Any, changed: list[str]) -> None:
    """Link a box of names to a trait that holds the key of the name."""
    names: dict[str, str] = {}  # from key to name

    def follow() -> None:
        fresh = model.region_names if trait == "region" else model.study_names
        if fresh != names:
            names.clear()
            names.update(fresh)
            box.value = ""
            box.options = tuple(names.values())
        box.value = names.get(getattr(model, trait), "")

    def choose(name: str) -> None:
        key = next((key for key, known in names.items() if known == name), None)
        if key is not None:
            model.set(**{trait: key})

    bind(model, [*changed, trait], follow)
    box.observe(lambda change: model.run_safely(lambda: choose(change.new)), names="value")


# -------------------------------------------------------------------------- figures


def _views(model: ExploreModel) -> widgets.VBox:
    switches = [_switch(model, view) for view in VIEWS]
    figures = widgets.Box(
        [_figure(model, view) for view in VIEWS],
        layout={"flex_flow": "row wrap", "align_items": "flex-start"},
    )
    head = widgets.HTML('<p class="nf-head">Figures</p>')
    bar = widgets.HBox(switches, layout={"flex_flow": "row wrap"})
    return widgets.VBox([head, bar, figures])


def _switch(model: ExploreModel, view: str) -> Any:
    name, about = VIEW_LABELS[view]
    switch = widgets.ToggleButton(
        value=view in model.views, description=name, tooltip=f"Show: {about}"
    )
    switch.layout.width = "auto"

    def turn(change: Any) -> None:
        shown = {*model.views, view} if change.new else {*model.views} - {view}
        model.set(views=tuple(name for name in VIEWS if name in shown))

    def follow() -> None:
        switch.value = view in model.views
        switch.icon = "check" if switch.value else ""  # the state is not shown by colour alone

    bind(model, ["views"], follow)
    switch.observe(lambda change: model.run_safely(lambda: turn(change)), names="value")
    return switch


def _figure(model: ExploreModel, view: str) -> widgets.VBox:
    name, about = VIEW_LABELS[view]
    trait = "study_id" if view == "strip" else "region"
    drawn = ClickableFigure(hint=f"{name}: choose a {'study' if view == 'strip' else 'region'}")
    why = widgets.HTML()
    card = widgets.VBox(
        [widgets.HTML(f'<p class="nf-head">{name}</p><p class="nf-dim">{about}.</p>'), why, drawn],
        layout={"margin": "4px 16px 8px 0", "max_width": "100%"},
    )
    if view in ("forest", "heatmap", "profile"):
        card.add_class("nf-card")  # tall with many regions: the card scrolls

    def update() -> None:
        set_visible(card, view in model.views)
        picture = model.pictures.get(view)
        if picture is None:
            return
        why.value = "" if picture.png else f'<p role="status">{html.text(picture.alt)}</p>'
        set_visible(why, not picture.png)
        drawn.show(picture)

    bind(model, ["pictures", "views"], update)
    link((model, trait), (drawn, "selected"))
    drawn.observe(lambda change: model.set(dark=change.new), names="dark")
    return card


# -------------------------------------------------------------------------- answer


def _answer(model: ExploreModel) -> widgets.VBox:
    main = field(
        widgets.Dropdown,
        "Figure",
        "The figure to export and to draw with the code",
        options=[(VIEW_LABELS[view][0], view) for view in VIEWS],
        layout={"width": "260px"},
        **_NARROW,
    )
    link((model, "main"), (main, "value"))
    exports = [
        button(
            model,
            "Export figure",
            "Save as PNG, SVG and PDF with the code, in the workspace's folder exports",
            model.export_figure,
            icon="download",
        ),
        button(
            model,
            "Export table",
            "Save the effects as CSV in the folder exports",
            model.export_table,
        ),
        button(
            model,
            "Export methods",
            "Save the methods text in the folder exports",
            model.export_methods,
        ),
    ]
    methods, code, status = widgets.HTML(), widgets.HTML(), widgets.HTML()

    def update_status() -> None:
        line = html.badge("good", model.notice) if model.notice else ""
        status.value = f'<div role="status">{line}</div>'

    def update() -> None:
        methods.value = (
            '<p class="nf-head">Methods</p>'
            f'<p class="nf-methods" tabindex="0">{html.text(model.methods)}</p>'
        )
        code.value = (
            '<p class="nf-head">Python code that reproduces these numbers and this figure</p>'
            f'<pre class="nf-code" tabindex="0">{html.text(model.code)}</pre>'
        )

    bind(model, ["methods", "code"], update)
    bind(model, ["notice"], update_status)
    bar = widgets.HBox([main, *exports], layout={"flex_flow": "row wrap"})
    return widgets.VBox([effects_table(model), methods, bar, status, code])
