"""The figures of the Explore form, with a switch for each."""

from __future__ import annotations

from typing import Any

from traitlets import link

from neuroflow.widgets.common import (
    ClickableFigure,
    Picture,
    bind,
    fold_switch,
    html,
    in_row,
    private,
    set_visible,
)
from neuroflow.widgets.explore.fields import GRID, menu
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.question import form_entries


def figures_panel(model: ExploreModel) -> private.VBox:
    """Draw the figures and a switch for each."""
    about = "in Forest, Heatmap and Profile, and as they are exported"
    listed = private.GridBox(
        [
            menu(model, "shown", "Regions shown", f"Which regions are listed {about}"),
            menu(model, "order", "Order", f"The order of the regions {about}"),
        ],
        layout=GRID,
    )
    bar = in_row(
        private.HTML('<p class="nf-head">Figures</p>'),
        *(_switch(model, view) for view in form_entries()),
        fold_switch(
            "Regions", f"Show or hide which regions are listed, and their order, {about}", listed
        ),
    )
    return private.VBox([bar, listed, _figures(model)], classes="nf-figures")


def _switch(model: ExploreModel, view: str) -> Any:
    entry = form_entries()[view]
    switch = private.ToggleButton(
        value=view in model.views,
        description=entry.label,
        tooltip=f"Show: {entry.about}",
        layout={"width": "auto"},
    )

    def turn(change: Any) -> None:
        shown = {*model.views, view} if change.new else {*model.views} - {view}
        model.set(views=tuple(name for name in form_entries() if name in shown))

    def follow() -> None:
        switch.value = view in model.views
        switch.icon = "check" if switch.value else ""  # the state is not shown by colour alone

    bind(model, ["views"], follow)
    switch.observe(lambda change: model.run_safely(lambda: turn(change)), names="value")
    return switch


def _figures(model: ExploreModel) -> private.Box:
    """Draw the figures that are switched on; each is made when it is switched on first."""
    box = private.Box(layout={"flex_flow": "row wrap", "align_items": "flex-start"})
    cards: dict[str, private.VBox] = {}

    def update() -> None:
        cards.update({view: _figure(model, view) for view in model.views if view not in cards})
        for view, card in cards.items():
            set_visible(card, view in model.views)
        box.children = [cards[view] for view in form_entries() if view in cards]

    bind(model, ["views"], update)
    return box


def _figure(model: ExploreModel, view: str) -> private.VBox:
    entry = form_entries()[view]
    name, about, trait = entry.label, entry.about, entry.selects
    drawn = ClickableFigure(hint=f"{name}: choose a {'study' if trait == 'study_id' else 'region'}")
    why = private.HTML()
    card = private.VBox(
        [
            private.HTML(
                f'<p><span class="nf-head">{name}</span> <span class="nf-dim">{about}.</span></p>'
            ),
            why,
            drawn,
        ],
        layout={
            "margin": "var(--nf-space-2) var(--nf-space-4) var(--nf-space-3) 0",
            "max_width": "100%",
        },
        classes="nf-card" if entry.is_tall else "",  # tall with many regions: the card scrolls
    )

    def update() -> None:
        picture = model.pictures.get(view)
        line = "" if picture is None or picture.png else html.text(picture.alt)
        if view in model.drawing:
            line = html.badge("wait", "Drawing …")
        why.value = f'<p role="status">{line}</p>' if line else ""
        set_visible(why, bool(line))
        if picture is not None and picture is not shown.get(view):
            shown[view] = picture
            drawn.show(picture)

    shown: dict[str, Picture] = {}
    bind(model, ["pictures", "drawing"], update)
    link((model, trait), (drawn, "selected"))
    return card
