"""The question of the Explore form: which groups, regions and statistics."""

from __future__ import annotations

from collections import Counter

import ipywidgets as widgets

from neuroflow.widgets.common import bind, html, private
from neuroflow.widgets.explore.fields import GRID, menu, multiple_menu, search_box
from neuroflow.widgets.explore.model import ExploreModel


def question_panel(model: ExploreModel) -> widgets.VBox:
    """Draw the question: groups, regions and statistics."""
    found = private.HTML()
    controls = [
        menu(model, "cohort", "Cohort", "Which cohort; all cohorts together if none is selected"),
        menu(model, "visit", "Visit", "Which visit of each participant is used"),
        menu(model, "metric", "Metric", "The measured quantity"),
        menu(
            model,
            "reference",
            "Compare with",
            "The reference group: every other group is compared with it",
        ),
        multiple_menu(model, "groups", "Groups", "Which groups; all if none is selected"),
        multiple_menu(model, "covariates", "Adjust for", "Covariates of the linear model"),
        multiple_menu(
            model, "systems", "Systems", "Only regions of these systems; all if none is selected"
        ),
        search_box(model),
        menu(model, "method", "Model", "Statistical method for comparing groups"),
        menu(model, "robust", "Standard errors", "Standard errors of the linear model"),
        menu(model, "correction", "Correction", "Correction of p values for multiple comparisons"),
    ]

    def update() -> None:
        if model.choices is None:
            return
        found.value = f'<p class="nf-dim" role="status">{html.text(answer_summary(model))}</p>'

    bind(model, ["effects", "choices"], update)
    grid = widgets.GridBox(controls, layout={**GRID, "align_items": "flex-start"})
    how = private.HTML(
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
