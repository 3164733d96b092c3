"""The figures of the Explore form, with a switch for each."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
from traitlets import link

from neuroflow.widgets.common import ClickableFigure, bind, html, set_visible
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.question import VIEWS

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


def figures_panel(model: ExploreModel) -> widgets.VBox:
    """Draw the figures and a switch for each."""
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
