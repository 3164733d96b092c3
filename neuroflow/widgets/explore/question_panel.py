"""The question of the Explore form: which groups, regions and statistics."""

from __future__ import annotations

from typing import Any

from neuroflow.widgets.common import bind, folded, private, problems_at, set_visible
from neuroflow.widgets.explore.fields import (
    menu,
    reset_row,
    search_box,
    tick_box,
    tick_list,
)
from neuroflow.widgets.explore.model import QUESTION, ExploreModel
from neuroflow.widgets.explore.question import allowed

_LABELS = {
    "cohort": "Cohort",
    "visit": "Visit",
    "metric": "Metric",
    "reference": "Compare with",
    "groups": "Groups",
    "covariates": "Adjust for",
    "systems": "Systems",
    "search": "Find regions",
    "method": "Model",
    "robust": "Standard errors",
    "correction": "Correction",
    "exclude_suspect": "Exclude suspect values",
}
"""What the fields of the question are called."""


def question_panel(model: ExploreModel) -> private.VBox:
    """Draw the question: groups, regions and, folded, statistics."""
    cohort = menu(
        model, "cohort", _LABELS["cohort"], "Which cohort; all cohorts together if none is selected"
    )
    reference = menu(
        model,
        "reference",
        _LABELS["reference"],
        "The reference group: every other group is compared with it",
    )
    fields = {
        QUESTION: private.HTML('<p class="nf-head">Question</p>'),
        "cohort": cohort,
        "visit": menu(model, "visit", _LABELS["visit"], "Which visit of each participant is used"),
        "metric": menu(model, "metric", _LABELS["metric"], "The measured quantity"),
        "reference": reference,
        "groups": tick_list(model, "groups", _LABELS["groups"], "(all if none is ticked)"),
        "covariates": tick_list(
            model, "covariates", _LABELS["covariates"], "(covariates of the linear model)"
        ),
        "systems": tick_list(
            model, "systems", _LABELS["systems"], "(all regions if none is ticked)"
        ),
        "search": search_box(model, _LABELS["search"]),
    }

    def update() -> None:
        if model.choices is not None:
            set_visible(cohort, len(model.choices.cohorts) > 1)

    bind(model, ["choices"], update)

    def first() -> dict[str, Any]:
        return {} if model.choices is None else allowed(model.opening, model.choices)

    reset = reset_row(model, "Reset question", _LABELS, first)
    box = private.VBox([*fields.values(), _statistics(model), *reset])
    problems_at(model, box, fields)
    return box


def _statistics(model: ExploreModel) -> private.VBox:
    """Draw the statistical choices, which most questions leave as they are."""
    fields = private.VBox(
        [
            menu(model, "method", _LABELS["method"], "Statistical method for comparing groups"),
            menu(model, "robust", _LABELS["robust"], "Standard errors of the linear model"),
            menu(
                model,
                "correction",
                _LABELS["correction"],
                "Correction of p values for multiple comparisons",
            ),
            tick_box(
                model,
                "exclude_suspect",
                _LABELS["exclude_suspect"],
                "Exclude impossible values and those of exactly 0 or 1, and show what changes",
            ),
        ]
    )
    return folded("Statistics", "Show or hide model, standard errors and correction", fields)
