"""The figures of the Explore form, with a switch for each."""

from __future__ import annotations

from typing import Any

from traitlets import link

from neuroflow.widgets.common import ClickableFigure, bind, drawn_when, html, private, set_visible
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.question import form_entries


def figures_panel(model: ExploreModel) -> private.VBox:
    """Draw the figures and a switch for each."""
    switches = [_switch(model, view) for view in form_entries()]
    figures = private.Box(
        [_place(model, view) for view in form_entries()],
        layout={"flex_flow": "row wrap", "align_items": "flex-start"},
    )
    head = private.HTML('<p class="nf-head">Figures</p>')
    bar = private.HBox(switches, layout={"flex_flow": "row wrap"})
    return private.VBox([head, bar, figures])


def _switch(model: ExploreModel, view: str) -> Any:
    entry = form_entries()[view]
    switch = private.ToggleButton(
        value=view in model.views, description=entry.label, tooltip=f"Show: {entry.about}"
    )
    switch.layout.width = "auto"

    def turn(change: Any) -> None:
        shown = {*model.views, view} if change.new else {*model.views} - {view}
        model.set(views=tuple(name for name in form_entries() if name in shown))

    def follow() -> None:
        switch.value = view in model.views
        switch.icon = "check" if switch.value else ""  # the state is not shown by colour alone

    bind(model, ["views"], follow)
    switch.observe(lambda change: model.run_safely(lambda: turn(change)), names="value")
    return switch


def _place(model: ExploreModel, view: str) -> private.VBox:
    """Return the place of a figure, whose controls are made once it is switched on."""
    return drawn_when(model, ["views"], lambda: view in model.views, lambda: [_figure(model, view)])


def _figure(model: ExploreModel, view: str) -> private.VBox:
    entry = form_entries()[view]
    name, about, trait = entry.label, entry.about, entry.selects
    drawn = ClickableFigure(hint=f"{name}: choose a {'study' if trait == 'study_id' else 'region'}")
    why = private.HTML()
    card = private.VBox(
        [private.HTML(f'<p class="nf-head">{name}</p><p class="nf-dim">{about}.</p>'), why, drawn],
        layout={"margin": "4px 16px 8px 0", "max_width": "100%"},
    )
    if entry.is_tall:
        card.add_class("nf-card")  # tall with many regions: the card scrolls

    def update() -> None:
        picture = model.pictures.get(view)
        if picture is None:
            return
        why.value = "" if picture.png else f'<p role="status">{html.text(picture.alt)}</p>'
        set_visible(why, not picture.png)
        drawn.show(picture)

    bind(model, ["pictures"], update)
    link((model, trait), (drawn, "selected"))
    drawn.observe(lambda change: model.set(dark=change.new), names="dark")
    return card
