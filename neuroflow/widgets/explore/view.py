"""The Explore form: compare groups; a selected region or study is shown in all figures."""

from __future__ import annotations

from weakref import ref

from neuroflow.widgets.common import (
    bind,
    button,
    form,
    in_row,
    private,
    problem_list,
    problems_at,
    set_visible,
    task_status,
)
from neuroflow.widgets.explore.effects_panel import effects_panel
from neuroflow.widgets.explore.fields import GRID_OF_THREE, bind_name, menu, name_box
from neuroflow.widgets.explore.figures_panel import figures_panel
from neuroflow.widgets.explore.further import FurtherModel, further_panel
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.question_panel import question_panel
from neuroflow.widgets.explore.take_away_panel import take_away_panel


def explore_form(model: ExploreModel) -> private.VBox:
    """Draw the Explore form."""
    _follow_look(model)
    again = button(
        model, "Reload results", "Load results collected since then", model.reload, icon="refresh"
    )
    empty, work = private.HTML(), task_status(model, keep=False)
    body = private.Box(classes="nf-columns")

    def update() -> None:
        set_visible(body, model.choices is not None)
        if model.choices is not None and not body.children:  # loads matplotlib, as drawing does
            answer = private.VBox(
                [
                    effects_panel(model),
                    _selection(model),
                    figures_panel(model),
                    further_panel(FurtherModel(model)),
                    take_away_panel(model),
                ],
                classes="nf-answer",
            )
            body.children = [question_panel(model), answer]
        set_visible(work, model.busy)  # saved files are listed beside the export buttons
        missing = model.choices is None and not model.busy
        empty.value = (
            "<p>No results have been collected yet: see the Results form.</p>" if missing else ""
        )

    bind(model, ["choices", "busy"], update)
    return form(
        in_row(
            private.HTML("<h2>Explore</h2><p>Compare groups of studies, region by region.</p>"),
            again,
        ),
        problem_list(model),
        empty,
        work,
        body,
        is_wide=True,
    )


def _follow_look(model: ExploreModel) -> None:
    """Draw figures in the theme of the page, and for its screen."""
    page, known = private.PageLink.current(), ref(model)  # the page outlives the model

    def follow(_change: object = None) -> None:
        if (here := known()) is not None:
            here.set(dark=page.dark, ratio=page.ratio)

    page.observe(follow, names=["dark", "ratio"])
    follow()


def _selection(model: ExploreModel) -> private.GridBox:
    region = name_box(
        "Region",
        "The region of strip, profile and brain; also selected by clicking the table or a figure",
    )
    study = name_box(
        "Study",
        "The study shown in the profile and in Results; also selected by clicking the strip",
    )
    contrast = menu(
        model, "contrast", "Contrast", "The comparison shown in volcano and brain", "contrasts"
    )
    bind_name(model, "region", region, ["choices"])
    bind_name(model, "study_id", study, ["names"])
    grid = private.GridBox([contrast, region, study], layout=GRID_OF_THREE, classes="nf-row")
    problems_at(model, grid, {"region": region, "study_id": study})
    return grid
