"""The question of the Explore form: which groups, regions and statistics."""

from __future__ import annotations

from neuroflow.widgets.common import bind, private, problems_at, set_visible
from neuroflow.widgets.explore.fields import folded, menu, search_box, tick_box, tick_list
from neuroflow.widgets.explore.model import QUESTION, ExploreModel


def question_panel(model: ExploreModel) -> private.VBox:
    """Draw the question: groups, regions and, folded, statistics."""
    cohort = menu(
        model, "cohort", "Cohort", "Which cohort; all cohorts together if none is selected"
    )
    reference = menu(
        model,
        "reference",
        "Compare with",
        "The reference group: every other group is compared with it",
    )
    fields = {
        QUESTION: private.HTML('<p class="nf-head">Question</p>'),
        "cohort": cohort,
        "visit": menu(model, "visit", "Visit", "Which visit of each participant is used"),
        "metric": menu(model, "metric", "Metric", "The measured quantity"),
        "reference": reference,
        "groups": tick_list(model, "groups", "Groups", "(all if none is ticked)"),
        "covariates": tick_list(
            model, "covariates", "Adjust for", "(covariates of the linear model)"
        ),
        "systems": tick_list(model, "systems", "Systems", "(all regions if none is ticked)"),
        "search": search_box(model),
    }

    def update() -> None:
        if model.choices is not None:
            set_visible(cohort, len(model.choices.cohorts) > 1)

    bind(model, ["choices"], update)
    box = private.VBox([*fields.values(), _statistics(model)])
    problems_at(model, box, fields)
    return box


def _statistics(model: ExploreModel) -> private.VBox:
    """Draw the statistical choices, which most questions leave as they are."""
    fields = private.VBox(
        [
            menu(model, "method", "Model", "Statistical method for comparing groups"),
            menu(model, "robust", "Standard errors", "Standard errors of the linear model"),
            menu(
                model, "correction", "Correction", "Correction of p values for multiple comparisons"
            ),
            tick_box(
                model,
                "exclude_suspect",
                "Exclude suspect values",
                "Exclude impossible values and those of exactly 0 or 1, and show what changes",
            ),
        ]
    )
    return folded("Statistics", "Show or hide model, standard errors and correction", fields)
